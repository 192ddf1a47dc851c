//! What the network, a peer or the capture did wrong, as a value. Every stage reports with it; it becomes an `anomalies` row.

use std::borrow::Cow;

use crate::event::{NO_TIME, Stamp, Time};

/// One broken rule or damaged byte range. `detail` holds numbers and our own words, never bytes from the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    pub connection: Option<u64>,
    pub association: Option<u64>,
    pub packet: Option<u64>,
    pub time: Time,
    /// Where it concerns a stretch of time that ends at `time`: its beginning.
    pub since: Option<Time>,
    pub stream_offset: Option<u64>,
    pub length: Option<u64>,
    pub detail: Cow<'static, str>,
}

impl Anomaly {
    pub fn new(kind: AnomalyKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            connection: None,
            association: None,
            packet: None,
            time: NO_TIME,
            since: None,
            stream_offset: None,
            length: None,
            detail: detail.into(),
        }
    }

    #[must_use]
    pub fn at(mut self, stamp: Stamp) -> Self {
        self.packet = Some(stamp.packet);
        self.time = stamp.time;
        self
    }

    #[must_use]
    pub fn since(mut self, time: Time) -> Self {
        self.since = Some(time);
        self
    }

    #[must_use]
    pub fn on(mut self, connection: u64) -> Self {
        self.connection = Some(connection);
        self
    }

    #[must_use]
    pub fn within(mut self, association: Option<u64>) -> Self {
        self.association = association;
        self
    }

    #[must_use]
    pub fn spanning(mut self, stream_offset: u64, length: u64) -> Self {
        self.stream_offset = Some(stream_offset);
        self.length = Some(length);
        self
    }

    #[must_use]
    pub fn long(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }
}

macro_rules! kinds {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal in $layer:literal,)*) => {
        /// The stable kinds, each with the layer it belongs to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AnomalyKind { $(#[doc = $doc] $variant,)* }

        impl AnomalyKind {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The `kind` column.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The `layer` column: capture, link, ip, tcp, upper-layer or dimse.
            pub fn layer(self) -> &'static str {
                match self { $(Self::$variant => $layer,)* }
            }

            /// What it means, in one line.
            pub fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc.trim_ascii_start(),)* }
            }
        }
    };
}

kinds! {
    /// The file ends inside a record; everything before it was read.
    TruncatedTail = "truncated-tail" in "capture",
    /// A record header that cannot be right; reading of this file stopped or went on at the next plausible place.
    BadRecord = "bad-record" in "capture",
    /// A pcapng block that cannot be right; it was skipped, or reading of this file stopped.
    BadBlock = "bad-block" in "capture",
    /// A pcapng packet of an interface that was never described.
    UnknownInterface = "unknown-interface" in "capture",
    /// A captured length above the file's snap length, or above the original length.
    RecordLength = "record-length" in "capture",
    /// Packets are not in the order of their times.
    TimestampOrder = "timestamp-order" in "capture",
    /// A time that cannot be: its fraction is a second or more, or it is beyond what 64-bit nanoseconds hold.
    TimestampInvalid = "timestamp-invalid" in "capture",
    /// Packets without a time of their own (pcapng Simple Packet Blocks).
    MissingTime = "missing-time" in "capture",
    /// The compressed stream ends early or is damaged; everything before was read.
    DamagedCompression = "damaged-compression" in "capture",
    /// The file was cut, or could not be opened again, while it was read.
    FileChanged = "file-changed" in "capture",
    /// Packets the capturing program itself reports as dropped.
    CaptureLoss = "capture-loss" in "capture",
    /// An interface that is captured on went down or away.
    InterfaceDown = "interface-down" in "capture",
    /// It is captured on again.
    InterfaceUp = "interface-up" in "capture",
    /// Packets with a VLAN tag that a capture filter did not look into.
    FilterMissedTagged = "filter-missed-tagged" in "capture",
    /// Rows that nobody took in time; those of whole batches were left out.
    RowsShed = "rows-shed" in "capture",
    /// Frames of a link type that is not decoded.
    UnsupportedLinkType = "unsupported-link-type" in "link",
    /// A frame that ends inside one of its headers.
    TruncatedHeader = "truncated-header" in "link",
    /// More headers or tunnels in one another than the limit allows.
    TooManyHeaders = "too-many-headers" in "link",
    /// Frames shorter in the capture than on the wire (snap length).
    CutPacket = "cut-packet" in "link",
    /// An IP header that cannot be right.
    BadIpHeader = "bad-ip-header" in "ip",
    /// An IP length that disagrees with the frame.
    BadIpLength = "bad-ip-length" in "ip",
    /// Overlapping IP fragments; the packet was left out (RFC 5722).
    FragmentOverlap = "fragment-overlap" in "ip",
    /// An IP packet whose other fragments never came.
    FragmentTimeout = "fragment-timeout" in "ip",
    /// More unfinished IP packets or fragments than the limit allows.
    FragmentLimit = "fragment-limit" in "ip",
    /// An IP fragment that cannot be right.
    BadFragment = "bad-fragment" in "ip",
    /// A TCP header that cannot be right.
    BadTcpHeader = "bad-tcp-header" in "tcp",
    /// A combination of TCP flags that has no meaning.
    BadTcpFlags = "bad-tcp-flags" in "tcp",
    /// A segment with a wrong checksum, left out of the stream.
    BadChecksum = "bad-checksum" in "tcp",
    /// Sent bytes that the capture does not have.
    LostBytes = "lost-bytes" in "tcp",
    /// Bytes cut off by the snap length: sent and seen, but not stored.
    NotCaptured = "not-captured" in "tcp",
    /// A retransmission with other bytes than the first time.
    OverlapConflict = "overlap-conflict" in "tcp",
    /// A SYN on a connection that is open.
    SynOnLiveConnection = "syn-on-live-connection" in "tcp",
    /// The addresses and ports of an earlier connection, used again.
    TupleReused = "tuple-reused" in "tcp",
    /// A RST that the receiver cannot have accepted.
    ResetIgnored = "reset-ignored" in "tcp",
    /// Bytes beyond the end of the stream.
    DataAfterFin = "data-after-fin" in "tcp",
    /// TCP urgent data, which DICOM does not use.
    UrgentData = "urgent-data" in "tcp",
    /// Only one side of the connection is in the capture.
    OneDirection = "one-direction" in "tcp",
    /// More bytes out of order than the limit allows; the gap before them was given up.
    HeldBytesLimit = "held-bytes-limit" in "tcp",
    /// More connections at a time than the limit allows; the one that was silent longest was closed.
    ConnectionLimit = "connection-limit" in "tcp",
    /// A PDU that cannot be right.
    BadPdu = "bad-pdu" in "upper-layer",
    /// A PDU type that PS3.8 does not define.
    UnknownPduType = "unknown-pdu-type" in "upper-layer",
    /// A P-DATA-TF longer than the receiver had announced as its maximum.
    PduTooLarge = "pdu-too-large" in "upper-layer",
    /// A presentation data value that does not fit its PDU, or one of another message in between.
    BadPdv = "bad-pdv" in "upper-layer",
    /// An item of an A-ASSOCIATE PDU that cannot be right.
    BadItem = "bad-item" in "upper-layer",
    /// An item type that PS3.8 does not define.
    UnknownItem = "unknown-item" in "upper-layer",
    /// A presentation context ID that was never proposed, or is even.
    BadContextId = "bad-context-id" in "upper-layer",
    /// A message on a presentation context that was not accepted.
    ContextNotAccepted = "context-not-accepted" in "upper-layer",
    /// A PDU that has no place in the state of the association (PS3.8 section 9.2).
    UnexpectedPdu = "unexpected-pdu" in "upper-layer",
    /// Data on an association that was released.
    DataAfterRelease = "data-after-release" in "upper-layer",
    /// After a loss a PDU boundary was found again.
    Resynchronised = "resynchronised" in "upper-layer",
    /// The capture begins in the middle of an association.
    Midstream = "midstream" in "upper-layer",
    /// Bytes before the first PDU.
    PrefixBytes = "prefix-bytes" in "upper-layer",
    /// A command set that cannot be right.
    BadCommand = "bad-command" in "dimse",
    /// A command field that PS3.7 does not define.
    UnknownCommand = "unknown-command" in "dimse",
    /// A data set where the command set announces none, or none where it announces one.
    DataSetMismatch = "data-set-mismatch" in "dimse",
    /// Fragments of two messages mixed on one association.
    InterleavedMessage = "interleaved-message" in "dimse",
    /// A response without a request.
    UnpairedResponse = "unpaired-response" in "dimse",
    /// More requests without a response than the limit allows.
    PendingLimit = "pending-limit" in "dimse",
    /// An element, item or sequence of a data set that cannot be right, or its end is missing.
    BadElement = "bad-element" in "dimse",
    /// A data set in another encoding than its presentation context has.
    DataSetEncoding = "data-set-encoding" in "dimse",
    /// More elements, levels or bytes of a data set than the limit allows; the rest was not read.
    DataSetLimit = "data-set-limit" in "dimse",
    /// A message whose last fragment never came.
    IncompleteMessage = "incomplete-message" in "dimse",
}
