//! `associations`: one row per DICOM association (PS3.8). The smallest of the larger tables, and the template for a new one: list
//! the columns below, name the module in `table.rs`, and call `append` from its `Sink`.

use super::column::{columns, rate, span};
use crate::dicom::names;
use crate::event::{AssociationRecord, Outcome};

columns! {
    AssociationRecord as row;
    let negotiated = row.requested.is_some() || !row.contexts.is_empty();
    let answer_seen = row.answered.is_some() || matches!(row.outcome, Outcome::Accepted | Outcome::Rejected);
    let reject = row.reject;
    let abort = row.abort;
    /// Number of the association, from 0 in order of the first byte.
    association: U64 = row.association;
    /// Number of the TCP connection that carries it, as in `connections`.
    connection: U64 = row.connection;
    /// Number of the input that holds its first packet, as in `capture_info`.
    capture: U64 = u64::from(row.capture);
    /// Calling AE title (PS3.8 section 9.3.2), padding trimmed, unprintable bytes escaped.
    calling_ae: Word = row.calling_ae.as_deref();
    /// Called AE title (PS3.8 section 9.3.2), padding trimmed, unprintable bytes escaped.
    called_ae: Word = row.called_ae.as_deref();
    /// The 16 bytes of the calling AE title as sent.
    calling_ae_raw: Bytes = row.calling_ae_raw.as_ref().map(<[u8; 16]>::as_slice);
    /// The 16 bytes of the called AE title as sent.
    called_ae_raw: Bytes = row.called_ae_raw.as_ref().map(<[u8; 16]>::as_slice);
    /// Address of the side that sent A-ASSOCIATE-RQ.
    requestor_ip: Ip = row.requestor.ip;
    /// TCP port of the side that sent A-ASSOCIATE-RQ.
    requestor_port: U16 = row.requestor.port;
    /// Address of the side that was asked.
    acceptor_ip: Ip = row.acceptor.ip;
    /// TCP port of the side that was asked.
    acceptor_port: U16 = row.acceptor.port;
    /// Time of the first byte of A-ASSOCIATE-RQ; null where the capture began later.
    requested: Time = row.requested;
    /// Time of A-ASSOCIATE-AC or A-ASSOCIATE-RJ.
    answered: Time = row.answered;
    /// Time of A-RELEASE-RP; null where the association did not end by release.
    released: Time = row.released;
    /// Time of the last byte of the association.
    end: Time = row.last.time;
    /// From the first to the last byte of the association.
    duration: Duration = span(row.first.time, row.last.time);
    /// From `requested` to `answered`.
    negotiation_time: Duration = span(row.requested, row.answered);
    /// "accepted", "rejected", "aborted" (before an answer), "unanswered", or "unknown" where the answer was not captured.
    outcome: Word = row.outcome.name();
    /// "release", "requestor abort", "acceptor abort", "provider abort", "fin", "rst", or "open" at the end of the capture.
    ended_by: Word = row.ended_by.name();
    /// Result of A-ASSOCIATE-RJ (PS3.8 section 9.3.4): 1 permanent, 2 transient.
    reject_result: U8 = reject.map(|[result, ..]| result);
    /// `reject_result` in words.
    reject_result_text: Word = reject.map(|[result, ..]| names::reject_result_text(result));
    /// Source of A-ASSOCIATE-RJ (PS3.8 section 9.3.4): 1 service-user, 2 service-provider (ACSE), 3 service-provider (presentation).
    reject_source: U8 = reject.map(|[_, source, _]| source);
    /// `reject_source` in words.
    reject_source_text: Word = reject.map(|[_, source, _]| names::reject_source_text(source));
    /// Reason of A-ASSOCIATE-RJ (PS3.8 section 9.3.4); its meaning depends on `reject_source`.
    reject_reason: U8 = reject.map(|[.., reason]| reason);
    /// `reject_reason` in words.
    reject_reason_text: Word = reject.map(|[_, source, reason]| names::reject_reason_text(source, reason));
    /// Source of A-ABORT (PS3.8 section 9.3.8): 0 service-user, 2 service-provider.
    abort_source: U8 = abort.map(|[source, _]| source);
    /// `abort_source` in words.
    abort_source_text: Word = abort.map(|[source, _]| names::abort_source_text(source));
    /// Reason of A-ABORT (PS3.8 section 9.3.8); not significant where the source is the service-user.
    abort_reason: U8 = abort.map(|[_, reason]| reason);
    /// `abort_reason` in words.
    abort_reason_text: Word = abort.map(|[source, reason]| names::abort_reason_text(source, reason));
    /// Side that sent A-ABORT, as the packet tells: "requestor" or "acceptor".
    abort_sender: Word = row.abort_sender.map(crate::event::Sender::name);
    /// Application context name (UID, PS3.7 annex A).
    application_context: Word = row.application_context.as_deref();
    /// Protocol version bits of A-ASSOCIATE-RQ (PS3.8 section 9.3.2).
    protocol_version: U16 = row.protocol_version;
    /// Largest P-DATA-TF the requestor is willing to receive, in bytes; 0 means no limit (PS3.8 annex D.1).
    requestor_max_pdu: U32 = row.requestor_peer.max_pdu;
    /// Largest P-DATA-TF the acceptor is willing to receive, in bytes; 0 means no limit (PS3.8 annex D.1).
    acceptor_max_pdu: U32 = row.acceptor_peer.max_pdu;
    /// Implementation class UID of the requestor (PS3.7 annex D.3.3.2).
    requestor_implementation_class_uid: Word = row.requestor_peer.implementation_class_uid.as_deref();
    /// Implementation version name of the requestor (PS3.7 annex D.3.3.2).
    requestor_implementation_version: Word = row.requestor_peer.implementation_version.as_deref();
    /// Implementation class UID of the acceptor (PS3.7 annex D.3.3.2).
    acceptor_implementation_class_uid: Word = row.acceptor_peer.implementation_class_uid.as_deref();
    /// Implementation version name of the acceptor (PS3.7 annex D.3.3.2).
    acceptor_implementation_version: Word = row.acceptor_peer.implementation_version.as_deref();
    /// Operations the requestor may have outstanding, as agreed; 0 means no limit (PS3.7 annex D.3.3.3).
    async_invoked: U16 = row.async_invoked;
    /// Operations the acceptor may have outstanding, as agreed; 0 means no limit (PS3.7 annex D.3.3.3).
    async_performed: U16 = row.async_performed;
    /// Kind of user identity that was offered (PS3.7 annex D.3.3.7). The secret is never kept.
    user_identity_type: U8 = row.user_identity_type;
    /// `user_identity_type` in words.
    user_identity_type_text: Word = row.user_identity_type.map(names::user_identity_type_text);
    /// Presentation contexts in A-ASSOCIATE-RQ.
    contexts_proposed: U64 = negotiated.then_some(row.contexts.len() as u64);
    /// Presentation contexts whose result is acceptance; null where no answer was seen.
    contexts_accepted: U64 = answer_seen.then(|| row.contexts.iter().filter(|context| context.result == Some(0)).count() as u64);
    /// DIMSE messages of both sides.
    messages: U64 = row.messages;
    /// DIMSE requests of both sides.
    operations: U64 = row.operations;
    /// C-STORE operations that succeeded.
    stored: U64 = row.stored;
    /// Operations with a failure status.
    failed: U64 = row.failed;
    /// Bytes of the requestor's PDUs, headers included.
    requestor_bytes: U64 = row.requestor_peer.bytes;
    /// Bytes of the acceptor's PDUs, headers included.
    acceptor_bytes: U64 = row.acceptor_peer.bytes;
    /// Bytes of data sets, both directions.
    dataset_bytes: U64 = row.dataset_bytes;
    /// Data set bytes per second, from the first to the last byte of a data set.
    throughput: F64 = rate(row.dataset_bytes, row.dataset_span.and_then(|(first, last)| span(first, last)));
    /// Largest P-DATA-TF the requestor sent, in bytes (its length field).
    requestor_max_pdu_sent: U32 = row.requestor_peer.max_pdu_sent;
    /// Largest P-DATA-TF the acceptor sent, in bytes (its length field).
    acceptor_max_pdu_sent: U32 = row.acceptor_peer.max_pdu_sent;
    /// First packet that carries a byte of the association.
    first_packet: U64 = row.first.packet;
    /// Last packet that carries a byte of the association.
    last_packet: U64 = row.last.packet;
    /// Whether every byte of both directions from request to end was seen.
    complete: Bool = row.complete;
    /// Whether a live capture lost packets while it was under way, which may or may not have been its own.
    capture_loss: Bool = row.capture_loss;
    and budget: super::budget::Builder = &row.budget;
}
