//! Rules over one association that has ended (PS3.8): how it was answered and how it ended. Knows no timing.

use super::codes::{self, Code};
use super::groups::Place;
use super::text;
use super::timing::Timing;
use crate::dicom::names;
use crate::event::{AssociationRecord, EndedBy, FindingRecord, MessageRecord, NO_TIME, Outcome, PeerRecord, Sender, Stamp, Time};

/// Bytes from which on the size of PDUs matters.
const SMALL_PDU_BYTES: u64 = 1_000_000;
/// What DCMTK, dcm4che and most others have agreed for decades.
const COMMON_MAX_PDU: u32 = 16_384;

/// An association that has ended, with what was seen on it.
pub(super) struct Ended<'a> {
    pub(super) record: &'a AssociationRecord,
    pub(super) progress: &'a Progress,
}

/// What happened on an association so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) last: Option<Last>,
    /// Requests without a final response; and the first of them.
    pub(super) unanswered: u64,
    pub(super) first_unanswered: Option<(Place, String)>,
    /// C-GET sub-operations that failed.
    pub(super) get_failed: u64,
    /// C-FIND that succeeded, and those without a match.
    pub(super) finds: u64,
    pub(super) empty_finds: u64,
    pub(super) timing: Timing,
}

/// What a finding says of the last message: kept for each open association, so small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) message: u64,
    pub(super) sender: Sender,
    pub(super) command_field: Option<u16>,
    pub(super) message_id: Option<u16>,
    pub(super) status: Option<u16>,
    pub(super) stamp: Stamp,
    pub(super) complete: bool,
}

impl Last {
    pub(super) fn of(record: &MessageRecord) -> Self {
        let command = &record.command;
        Self {
            message: record.message,
            sender: record.sender,
            command_field: command.command_field,
            message_id: command.message_id.or(command.message_id_responded_to),
            status: command.status,
            stamp: record.last,
            complete: record.complete,
        }
    }
}

impl Progress {
    /// Whether something was under way.
    pub(super) fn busy(&self) -> bool {
        self.unanswered > 0 || self.last.as_ref().is_some_and(|last| !last.complete)
    }

    /// What came last, and how long before `end`.
    fn before(&self, end: Time) -> String {
        let Some(last) = &self.last else { return "no message before it".to_owned() };
        let ago = (end != NO_TIME && last.stamp.time != NO_TIME).then(|| end.saturating_sub(last.stamp.time));
        let ago = ago.map(|ago| format!(", {} before", text::seconds(ago))).unwrap_or_default();
        format!("last message: {}{ago}", text::message(last))
    }
}

impl Ended<'_> {
    fn finding(&self, code: &'static Code, told: &str) -> FindingRecord {
        let record = self.record;
        self.place(record.first.packet, record.first.time).finding(code, format!("{}: {told}", text::parties(record)))
    }

    /// A finding about its end.
    fn finding_at_end(&self, code: &'static Code, told: &str) -> FindingRecord {
        let record = self.record;
        let mut finding = self.place(record.last.packet, record.last.time).finding(code, format!("{}: {told}", text::parties(record)));
        finding.message = self.progress.last.as_ref().map(|last| last.message);
        finding
    }

    fn place(&self, packet: u64, time: Time) -> Place {
        Place { association: Some(self.record.association), connection: Some(self.record.connection), packet: Some(packet), time }
    }
}

pub(super) const RULES: &[fn(&Ended<'_>) -> Option<FindingRecord>] = &[
    rejected,
    unanswered,
    aborted,
    connection_broken,
    closed_without_release,
    request_unanswered,
    role_selection_missing,
    small_max_pdu,
    pdu_larger_than_agreed,
];

/// A-ASSOCIATE-RJ, by source and reason (PS3.8 table 9-21).
fn rejected(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    let [result, source, reason] = record.reject?;
    let code = match (source, reason) {
        (1, 2) => &codes::APPLICATION_CONTEXT_NOT_SUPPORTED,
        (1, 3) => &codes::CALLING_AE_NOT_RECOGNIZED,
        (1, 7) => &codes::CALLED_AE_NOT_RECOGNIZED,
        (2, 2) => &codes::PROTOCOL_VERSION_NOT_SUPPORTED,
        (3, 1) => &codes::TEMPORARY_CONGESTION,
        (3, 2) => &codes::LOCAL_LIMIT_EXCEEDED,
        _ => &codes::ASSOCIATION_REJECTED,
    };
    let told = format!(
        "result {result} ({}), source {source} ({}), reason {reason} ({}){}{}{}",
        names::reject_result_text(result),
        names::reject_source_text(source),
        names::reject_reason_text(source, reason),
        oddity("calling", record.calling_ae_raw),
        oddity("called", record.called_ae_raw),
        application_context(code, record),
    );
    Some(ended.finding(code, &told))
}

fn application_context(code: &Code, record: &AssociationRecord) -> String {
    if std::ptr::eq(code, &raw const codes::APPLICATION_CONTEXT_NOT_SUPPORTED) {
        format!("; application context {}", text::uid(record.application_context.as_deref()))
    } else {
        String::new()
    }
}

/// What the eye does not see in an AE title (PS3.5 section 6.2: AE).
fn oddity(which: &str, raw: Option<[u8; 16]>) -> String {
    let Some(raw) = raw else { return String::new() };
    let odd = if raw.iter().all(|byte| matches!(byte, b' ' | 0)) {
        "is blank"
    } else if raw.iter().any(|byte| !matches!(byte, b' '..=b'~')) {
        "holds bytes that are not printable"
    } else if raw.starts_with(b" ") {
        "begins with spaces"
    } else {
        return String::new();
    };
    format!("; the {which} AE title {odd}")
}

fn unanswered(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    (record.outcome == Outcome::Unanswered).then(|| {
        let told = format!(
            "A-ASSOCIATE-RQ in packet {} without an answer; ended by: {}{}",
            record.first.packet,
            record.ended_by.name(),
            missing(record)
        );
        ended.finding(&codes::ASSOCIATION_UNANSWERED, &told)
    })
}

/// A caution where the capture itself may be the reason.
pub(super) fn missing(record: &AssociationRecord) -> &'static str {
    if record.complete { "" } else { "; the capture does not hold every byte of it" }
}

/// A-ABORT (PS3.8 section 9.3.8).
fn aborted(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    if !matches!(record.ended_by, EndedBy::RequestorAbort | EndedBy::AcceptorAbort | EndedBy::ProviderAbort) {
        return None;
    }
    let reason = record.abort.map_or_else(
        || "source not captured".to_owned(),
        |[source, reason]| {
            let why = if source == 0 { String::new() } else { format!(", reason {reason} ({})", names::abort_reason_text(source, reason)) };
            format!("source {source} ({}){why}", names::abort_source_text(source))
        },
    );
    let told = format!("A-ABORT by the {}, {reason}; {}", text::side(record.abort_sender), ended.progress.before(record.last.time));
    Some(ended.finding_at_end(&codes::ASSOCIATION_ABORTED, &told))
}

/// FIN or RST on an accepted association while a request or message was under way.
fn connection_broken(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    let code = match record.ended_by {
        EndedBy::Rst => &codes::CONNECTION_RESET,
        EndedBy::Fin => &codes::CLOSED_MID_TRANSFER,
        _ => return None,
    };
    (record.outcome != Outcome::Unanswered && ended.progress.busy()).then(|| {
        let open = text::count(ended.progress.unanswered, "request");
        let told = format!("TCP {} with {open} open; {}", record.ended_by.name().to_uppercase(), ended.progress.before(record.last.time));
        ended.finding_at_end(code, &told)
    })
}

/// FIN or RST on an accepted association with nothing under way.
fn closed_without_release(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    let closed = matches!(record.ended_by, EndedBy::Fin | EndedBy::Rst) && record.outcome == Outcome::Accepted;
    (closed && !ended.progress.busy()).then(|| {
        let told = format!("TCP {} without A-RELEASE; {}", record.ended_by.name().to_uppercase(), ended.progress.before(record.last.time));
        ended.finding_at_end(&codes::CLOSED_WITHOUT_RELEASE, &told)
    })
}

fn request_unanswered(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    let (place, first) = ended.progress.first_unanswered.as_ref()?;
    let open = text::count(ended.progress.unanswered, "request");
    let told =
        format!("{open} without a final response; first: {first}; association ended by: {}{}", record.ended_by.name(), missing(record));
    Some(place.finding(&codes::REQUEST_UNANSWERED, format!("{}: {told}", text::parties(ended.record))))
}

/// C-GET stores over the same association, which needs the requestor as SCP (PS3.7 annex D.3.3.4, PS3.4 annex C.4.3).
fn role_selection_missing(ended: &Ended<'_>) -> Option<FindingRecord> {
    let record = ended.record;
    let scp = record.contexts.iter().any(|context| context.scp_role_accepted == Some(true));
    let certain = record.outcome == Outcome::Accepted && !record.contexts.is_empty() && !scp;
    (certain && ended.progress.get_failed > 0).then(|| {
        let proposed = record.contexts.iter().filter(|context| context.scp_role_proposed == Some(true)).count();
        let told = format!(
            "{} of C-GET failed; the SCP role was proposed for {proposed} of {} contexts and accepted for none",
            text::count(ended.progress.get_failed, "sub-operation"),
            record.contexts.len(),
        );
        ended.finding(&codes::ROLE_SELECTION_MISSING, &told)
    })
}

/// Each side with the one that receives from it.
fn directions(record: &AssociationRecord) -> [(&'static str, &PeerRecord, &'static str, &PeerRecord); 2] {
    let (requestor, acceptor) = (&record.requestor_peer, &record.acceptor_peer);
    [("requestor", requestor, "acceptor", acceptor), ("acceptor", acceptor, "requestor", requestor)]
}

fn small_max_pdu(ended: &Ended<'_>) -> Option<FindingRecord> {
    directions(ended.record).into_iter().find_map(|(from, sender, to, receiver)| {
        let max = receiver.max_pdu.filter(|max| (1..COMMON_MAX_PDU).contains(max))?;
        (sender.bytes > SMALL_PDU_BYTES).then(|| {
            let told = format!("the {to} receives at most {max} bytes in one PDU; the {from} sent {} bytes", sender.bytes);
            ended.finding(&codes::SMALL_MAX_PDU, &told)
        })
    })
}

/// PS3.8 annex D.1.
fn pdu_larger_than_agreed(ended: &Ended<'_>) -> Option<FindingRecord> {
    let told = directions(ended.record).into_iter().filter_map(|(from, sender, to, receiver)| {
        let (sent, max) = (sender.max_pdu_sent?, receiver.max_pdu.filter(|max| *max > 0)?);
        (sent > max).then(|| format!("the {from} sent a P-DATA-TF of {sent} bytes, the {to} allows {max}"))
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| ended.finding(&codes::PDU_LARGER_THAN_AGREED, &told.join("; ")))
}
