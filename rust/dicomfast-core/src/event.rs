//! What happened, in the words of PS3.7, PS3.8 and RFC 9293, as plain values; and [`Sink`], which takes them. The protocol
//! stages make these, the tables and findings take them; neither knows the other.

mod association;
mod budget;
mod connection;
mod dataset;
mod frame;
mod message;
mod pdu;
mod report;
mod segment;
mod stall;
mod wants;

pub use association::{AssociationRecord, ContextRecord, EndedBy, EventRecord, Outcome, PduRecord, PeerRecord};
pub use budget::{Budget, Class, Spent};
pub use connection::{Closed, ConnectionRecord, Opened, Protocol, SideCounts, Tap};
pub use dataset::{Attributes, DataEvent, ElementRecord, ExportRecord, LostRange, ObjectRecord};
pub use frame::{EthernetRecord, FragmentRecord, FrameRecord, HeadersRecord, IpRecord, Mac, TagRecord, TcpRecord, UdpRecord};
pub use message::{CommandSet, MessageRecord, OperationRecord};
pub use pdu::{ItemPlace, ItemRecord, PdvRecord};
pub use report::{CaptureRecord, FindingRecord, Severity};
pub use segment::{Sack, SegmentRecord, analysis};
pub use stall::{Cause, Confidence, StallRecord};
pub use wants::{Condition, Connections, Titles, Wants};

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
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A side of an association (PS3.8): the requestor sent A-ASSOCIATE-RQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A UID; one of the standard's own (SOP classes, transfer syntaxes) is not allocated ([`crate::dicom::names::known_uid`]).
pub type Uid = std::borrow::Cow<'static, str>;

/// Takes what happened, each record as a value of its own. Each method has an empty default, so a consumer names only what it wants.
pub trait Sink {
    fn connection(&mut self, _record: ConnectionRecord) {}
    fn association(&mut self, _record: AssociationRecord) {}
    fn message(&mut self, _record: MessageRecord) {}
    fn operation(&mut self, _record: OperationRecord) {}
    fn pdu(&mut self, _record: PduRecord) {}
    fn pdv(&mut self, _record: PdvRecord) {}
    fn item(&mut self, _record: (ItemPlace, ItemRecord)) {}
    fn frame(&mut self, _record: FrameRecord) {}
    fn segment(&mut self, _record: SegmentRecord) {}
    fn stall(&mut self, _record: StallRecord) {}
    fn event(&mut self, _record: EventRecord) {}
    fn anomaly(&mut self, _record: Anomaly) {}
    fn capture(&mut self, _record: CaptureRecord) {}
    fn element(&mut self, _record: ElementRecord) {}
    fn object(&mut self, _record: ObjectRecord) {}
    fn data(&mut self, _event: DataEvent<'_>) {}
    fn export(&mut self, _record: ExportRecord) {}
    /// Which of the costlier records are worth making.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}
