//! What happened, in the words of PS3.7, PS3.8 and RFC 9293, as plain values; and [`Sink`], which takes them. The protocol
//! stages make these, the tables and findings take them; neither knows the other.

use std::net::IpAddr;

use crate::anomaly::Anomaly;

/// Nanoseconds since 1970-01-01 UTC, of the capture. [`NO_TIME`] where the record has none (pcapng Simple Packet Block).
pub type Time = i64;
pub const NO_TIME: Time = i64::MIN;

/// Which packet, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// 1-based, as Wireshark's `frame.number`.
    pub packet: u64,
    pub time: Time,
}

/// A side of a TCP connection. The client sent the SYN; with no SYN seen, it is the side with the ephemeral port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Client,
    Server,
}

impl Side {
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A side of an association (PS3.8): the requestor sent A-ASSOCIATE-RQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    Requestor,
    Acceptor,
}

impl Sender {
    pub fn name(self) -> &'static str {
        match self {
            Self::Requestor => "requestor",
            Self::Acceptor => "acceptor",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Requestor => Self::Acceptor,
            Self::Acceptor => Self::Requestor,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub ip: IpAddr,
    pub port: u16,
}

/// What a connection carries (`connections.protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Dicom,
    DicomTls,
    Tls,
    Other,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dicom => "dicom",
            Self::DicomTls => "dicom-tls",
            Self::Tls => "tls",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    Handshake,
    Midstream,
}

impl Opened {
    pub fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Midstream => "midstream",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    Fin,
    Rst,
    Open,
    TupleReused,
}

impl Closed {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Open => "open",
            Self::TupleReused => "tuple_reused",
        }
    }
}

/// One side's counters of a connection. Durations in nanoseconds; `None` where it cannot be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideCounts {
    pub mss: Option<u16>,
    pub window_scale: Option<u8>,
    pub packets: u64,
    pub payload_bytes: u64,
    pub retransmitted_bytes: u64,
    pub retransmissions: u64,
    pub fast_retransmissions: Option<u64>,
    pub spurious_retransmissions: Option<u64>,
    pub out_of_order: u64,
    pub duplicate_acks: u64,
    /// Copies of a packet that the capture holds twice (same sequence number, length and IP identification).
    pub duplicate_packets: u64,
    pub lost_bytes: u64,
    pub not_captured_bytes: u64,
    pub bad_checksums: u64,
    pub zero_windows: u64,
    pub zero_window_time: Option<i64>,
    pub window_full: Option<u64>,
    pub rtt_min: Option<i64>,
    pub rtt_median: Option<i64>,
    pub rtt_p95: Option<i64>,
    pub max_bytes_in_flight: Option<u64>,
    pub max_window: Option<u64>,
}

/// A row of `connections`, made when the connection ends (or the input does).
#[derive(Clone, Debug)]
pub struct ConnectionRecord {
    pub connection: u64,
    pub client: Endpoint,
    pub server: Endpoint,
    pub vlan: Option<u16>,
    /// The headers around the IP packet, outermost first, for example "gre" or "vxlan 4711".
    pub tunnel: Option<String>,
    pub protocol: Protocol,
    pub first: Stamp,
    pub last: Stamp,
    pub opened: Opened,
    pub closed: Closed,
    /// SYN to the client's first acknowledgement of the SYN-ACK.
    pub syn_rtt: Option<i64>,
    pub sack_permitted: Option<bool>,
    pub client_counts: SideCounts,
    pub server_counts: SideCounts,
    pub associations: u64,
}

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
    pub abstract_syntax: Option<String>,
    pub proposed_transfer_syntaxes: Vec<String>,
    /// 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax not supported, 4 transfer syntaxes not supported.
    pub result: Option<u8>,
    /// Only where the result is acceptance: PS3.8 says it is not significant otherwise.
    pub transfer_syntax: Option<String>,
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
    pub implementation_class_uid: Option<String>,
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
    pub application_context: Option<String>,
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
    /// Every byte of both directions from request to end was seen.
    pub complete: bool,
}

/// The command set of a message (PS3.7 section 9.3, 10.3 and annex E), each element as it stood; `None` where absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandSet {
    pub affected_sop_class: Option<String>,
    pub requested_sop_class: Option<String>,
    pub command_field: Option<u16>,
    pub message_id: Option<u16>,
    pub message_id_responded_to: Option<u16>,
    pub move_destination: Option<String>,
    pub priority: Option<u16>,
    /// 0x0101 means that no data set follows.
    pub data_set_type: Option<u16>,
    pub status: Option<u16>,
    pub offending_elements: Vec<u32>,
    pub error_comment: Option<String>,
    pub error_id: Option<u16>,
    pub affected_sop_instance: Option<String>,
    pub requested_sop_instance: Option<String>,
    pub event_type_id: Option<u16>,
    pub attribute_identifiers: Vec<u32>,
    pub action_type_id: Option<u16>,
    pub remaining_suboperations: Option<u16>,
    pub completed_suboperations: Option<u16>,
    pub failed_suboperations: Option<u16>,
    pub warning_suboperations: Option<u16>,
    pub move_originator_ae: Option<String>,
    pub move_originator_message_id: Option<u16>,
    /// Elements that the standard does not define or has retired.
    pub other_elements: u32,
}

impl CommandSet {
    /// Affected, else requested, SOP class.
    pub fn sop_class(&self) -> Option<&str> {
        self.affected_sop_class.as_deref().or(self.requested_sop_class.as_deref())
    }

    pub fn sop_instance(&self) -> Option<&str> {
        self.affected_sop_instance.as_deref().or(self.requested_sop_instance.as_deref())
    }
}

/// A row of `messages`: a command set and the data set that may follow it.
#[derive(Clone, Debug)]
pub struct MessageRecord {
    pub association: u64,
    /// Number within the capture, in the order in which messages began to be seen complete or lost.
    pub message: u64,
    pub sender: Sender,
    pub context_id: u8,
    pub transfer_syntax: Option<String>,
    pub command: CommandSet,
    /// From the command set, or from the bytes where the command set was lost.
    pub has_dataset: bool,
    pub command_bytes: u64,
    /// Bytes of the data set that its PDVs announced, lost ones inside a known PDV included.
    pub dataset_bytes: u64,
    /// PDUs that carried a part of the message.
    pub pdus: u32,
    pub first: Stamp,
    pub last: Stamp,
    /// False where any byte of it was lost, cut or never sent.
    pub complete: bool,
}

/// A row of `operations`: a request with all its responses.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    pub association: u64,
    pub connection: u64,
    pub message_id: Option<u16>,
    pub context_id: u8,
    /// Command field of the request.
    pub command_field: u16,
    pub initiator: Sender,
    pub sop_class: Option<String>,
    pub sop_instance: Option<String>,
    pub transfer_syntax: Option<String>,
    /// Of the last response.
    pub status: Option<u16>,
    pub error_comment: Option<String>,
    pub offending_elements: Vec<u32>,
    pub responses: u64,
    pub dataset_bytes: u64,
    pub response_dataset_bytes: u64,
    pub request_start: Option<Time>,
    pub request_end: Option<Time>,
    pub first_response: Option<Time>,
    pub end: Option<Time>,
    pub priority: Option<u16>,
    pub move_destination: Option<String>,
    pub move_originator_ae: Option<String>,
    pub move_originator_message_id: Option<u16>,
    pub remaining_suboperations: Option<u16>,
    pub completed_suboperations: Option<u16>,
    pub failed_suboperations: Option<u16>,
    pub warning_suboperations: Option<u16>,
    /// A C-CANCEL-RQ was sent for it.
    pub cancelled: bool,
    pub first_packet: u64,
    pub last_packet: u64,
    pub complete: bool,
    /// A final response was seen.
    pub answered: bool,
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
    pub sop_class: Option<String>,
    pub sop_instance: Option<String>,
    pub status: Option<u16>,
    pub dataset_bytes: Option<u64>,
    pub complete: bool,
    /// One line: the reason in words, counts of contexts, sub-operations.
    pub summary: String,
    /// More lines for `-v`: every item of the negotiation, every element of the command set.
    pub details: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A row of `findings`: something worth telling a person.
#[derive(Clone, Debug)]
pub struct FindingRecord {
    pub severity: Severity,
    /// Stable, kebab-case.
    pub code: &'static str,
    pub title: &'static str,
    pub association: Option<u64>,
    pub connection: Option<u64>,
    pub message: Option<u64>,
    pub packet: Option<u64>,
    pub time: Time,
    /// The numbers and names.
    pub evidence: String,
    pub advice: &'static str,
}

/// A row of `capture_info`: one input.
#[derive(Clone, Debug, Default)]
pub struct CaptureRecord {
    pub capture: u32,
    /// Path or "-" as given.
    pub name: String,
    /// "pcap" or "pcapng", with the compression around it, for example "pcap (gzip)".
    pub format: String,
    pub link_types: Vec<String>,
    pub snap_length: Option<u32>,
    pub packets: u64,
    /// Captured and original bytes of all packets.
    pub bytes: u64,
    pub original_bytes: u64,
    /// Packets shorter than on the wire.
    pub cut_packets: u64,
    /// Dropped packets as the capturing program reports them (pcapng interface statistics); `None` where not told.
    pub dropped: Option<u64>,
    pub first_time: Option<Time>,
    pub last_time: Option<Time>,
    pub comments: Vec<String>,
    pub hardware: Option<String>,
    pub operating_system: Option<String>,
    pub application: Option<String>,
    /// Whether the input was read to its end without damage.
    pub complete: bool,
}

/// Takes what happened. Each method has an empty default, so a consumer names only what it wants.
pub trait Sink {
    fn connection(&mut self, _record: &ConnectionRecord) {}
    fn association(&mut self, _record: &AssociationRecord) {}
    fn message(&mut self, _record: &MessageRecord) {}
    fn operation(&mut self, _record: &OperationRecord) {}
    fn pdu(&mut self, _record: &PduRecord) {}
    fn event(&mut self, _record: &EventRecord) {}
    fn anomaly(&mut self, _record: &Anomaly) {}
    fn capture(&mut self, _record: &CaptureRecord) {}
    /// Which of the costlier records are worth making.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

/// What a consumer wants: records that nobody asked for are not made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    pub pdus: bool,
    pub events: bool,
}
