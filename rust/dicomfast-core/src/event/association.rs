//! What is told of an association (PS3.8): its row, its PDUs, and its events as they happen.

use super::{Budget, Endpoint, Sender, Stamp, Time, Uid};

/// How an association came out (`associations.outcome`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Rejected,
    Aborted,
    Unanswered,
    Unknown,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Aborted => "aborted",
            Self::Unanswered => "unanswered",
            Self::Unknown => "unknown",
        }
    }
}

/// What ended an association (`associations.ended_by`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    Release,
    /// A-ABORT of the service user (source 0), sent by this side.
    RequestorAbort,
    AcceptorAbort,
    /// A-ABORT of the service provider (source 2), whichever side sent it.
    ProviderAbort,
    Fin,
    Rst,
    Open,
}

impl EndedBy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::RequestorAbort => "requestor abort",
            Self::AcceptorAbort => "acceptor abort",
            Self::ProviderAbort => "provider abort",
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Open => "open",
        }
    }
}

/// A proposed presentation context with its answer (PS3.8 section 9.3.2.2 and 9.3.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextRecord {
    pub context_id: u8,
    pub abstract_syntax: Option<Uid>,
    pub proposed_transfer_syntaxes: Vec<Uid>,
    /// 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax not supported, 4 transfer syntaxes not supported.
    pub result: Option<u8>,
    /// Only where the result is acceptance: PS3.8 says it is not significant otherwise.
    pub transfer_syntax: Option<Uid>,
    pub scu_role_proposed: Option<bool>,
    pub scp_role_proposed: Option<bool>,
    pub scu_role_accepted: Option<bool>,
    pub scp_role_accepted: Option<bool>,
    /// Operations that used this context.
    pub used: u64,
}

/// What one side said of itself in its user information item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerRecord {
    /// 0 means no limit.
    pub max_pdu: Option<u32>,
    pub implementation_class_uid: Option<Uid>,
    pub implementation_version: Option<String>,
    /// Bytes of this side's PDUs, headers included.
    pub bytes: u64,
    /// Largest P-DATA-TF length sent.
    pub max_pdu_sent: Option<u32>,
}

/// A row of `associations`, with its presentation contexts.
#[derive(Clone, Debug)]
pub struct AssociationRecord {
    pub association: u64,
    pub connection: u64,
    /// Index of the input file that holds the first packet.
    pub capture: u32,
    /// Trimmed of padding, unprintable bytes escaped; the 16 bytes as sent are in `*_raw`.
    pub calling_ae: Option<String>,
    pub called_ae: Option<String>,
    pub calling_ae_raw: Option<[u8; 16]>,
    pub called_ae_raw: Option<[u8; 16]>,
    pub requestor: Endpoint,
    pub acceptor: Endpoint,
    pub requested: Option<Time>,
    pub answered: Option<Time>,
    pub released: Option<Time>,
    pub first: Stamp,
    pub last: Stamp,
    pub outcome: Outcome,
    pub ended_by: EndedBy,
    /// Result, source, reason of A-ASSOCIATE-RJ (PS3.8 section 9.3.4).
    pub reject: Option<[u8; 3]>,
    /// Source and reason of A-ABORT (PS3.8 section 9.3.8).
    pub abort: Option<[u8; 2]>,
    pub abort_sender: Option<Sender>,
    pub application_context: Option<Uid>,
    pub protocol_version: Option<u16>,
    pub requestor_peer: PeerRecord,
    pub acceptor_peer: PeerRecord,
    /// Asynchronous operations window as agreed (the acceptor's answer, else 1 by PS3.7 where the answer was seen).
    pub async_invoked: Option<u16>,
    pub async_performed: Option<u16>,
    /// 1 username, 2 username and passcode, 3 Kerberos, 4 SAML, 5 JSON web token. The secret is never kept.
    pub user_identity_type: Option<u8>,
    pub contexts: Vec<ContextRecord>,
    pub messages: u64,
    pub operations: u64,
    pub stored: u64,
    pub failed: u64,
    pub dataset_bytes: u64,
    /// First and last byte of data sets, for the throughput.
    pub dataset_span: Option<(Time, Time)>,
    /// Where the time from `first` to `last` went.
    pub budget: Option<Budget>,
    /// Every byte of both directions from request to end was seen.
    pub complete: bool,
    /// Packets were lost by a live capture while it was under way; whoever knows of the losses sets it.
    pub capture_loss: bool,
}

/// A row of `pdus` (PS3.8 section 9.3).
#[derive(Clone, Debug)]
pub struct PduRecord {
    pub association: u64,
    pub connection: u64,
    pub sender: Sender,
    pub pdu_type: u8,
    /// The length field: bytes after it.
    pub length: u32,
    /// Of the PDU's first byte in its direction of the connection.
    pub stream_offset: u64,
    pub first: Stamp,
    pub last: Stamp,
    /// Presentation data values that began in it.
    pub pdvs: u32,
    /// The first bytes as sent: PDU header, and for P-DATA-TF the first PDV's header.
    pub header: [u8; 12],
    pub header_length: u8,
    pub complete: bool,
}

/// A row of `events`, for those who print as it happens: an association event, or a DIMSE message that is whole.
#[derive(Clone, Debug)]
pub struct EventRecord {
    pub association: u64,
    pub connection: u64,
    /// As in [`MessageRecord`](super::MessageRecord).
    pub message: Option<u64>,
    pub stamp: Stamp,
    pub sender: Sender,
    pub source: Endpoint,
    pub destination: Endpoint,
    /// "A-ASSOCIATE-RQ" ... "A-ABORT", or the command's name.
    pub name: &'static str,
    pub calling_ae: Option<String>,
    pub called_ae: Option<String>,
    pub context_id: Option<u8>,
    pub message_id: Option<u16>,
    pub sop_class: Option<Uid>,
    pub sop_instance: Option<Uid>,
    pub status: Option<u16>,
    pub dataset_bytes: Option<u64>,
    pub complete: bool,
    /// One line: the reason in words, counts of contexts, sub-operations.
    pub summary: String,
    /// More lines for `-v`: every item of the negotiation, every element of the command set.
    pub details: Vec<String>,
}
