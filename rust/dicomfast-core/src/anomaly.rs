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
    ($($(#[$doc:meta])* $variant:ident = $name:literal in $layer:literal,)*) => {
        /// The stable kinds, each with the layer it belongs to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AnomalyKind { $($(#[$doc])* $variant,)* }

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
        }
    };
}

kinds! {
    /// The file ends inside a record; everything before it was read.
    TruncatedTail = "truncated-tail" in "capture",
    /// A record or block header that cannot be right; reading of this file stopped or went on at the next plausible place.
    BadRecord = "bad-record" in "capture",
    BadBlock = "bad-block" in "capture",
    UnknownInterface = "unknown-interface" in "capture",
    /// captured length above the file's snap length, or above the original length.
    RecordLength = "record-length" in "capture",
    TimestampOrder = "timestamp-order" in "capture",
    TimestampInvalid = "timestamp-invalid" in "capture",
    MissingTime = "missing-time" in "capture",
    /// The compressed stream ends early or is damaged; everything before was read.
    DamagedCompression = "damaged-compression" in "capture",
    FileChanged = "file-changed" in "capture",
    /// Packets the capturing program itself reports as dropped.
    CaptureLoss = "capture-loss" in "capture",
    UnsupportedLinkType = "unsupported-link-type" in "link",
    TruncatedHeader = "truncated-header" in "link",
    TooManyHeaders = "too-many-headers" in "link",
    /// Frames shorter in the capture than on the wire (snap length).
    CutPacket = "cut-packet" in "link",
    BadIpHeader = "bad-ip-header" in "ip",
    BadIpLength = "bad-ip-length" in "ip",
    FragmentOverlap = "fragment-overlap" in "ip",
    FragmentTimeout = "fragment-timeout" in "ip",
    FragmentLimit = "fragment-limit" in "ip",
    BadFragment = "bad-fragment" in "ip",
    BadTcpHeader = "bad-tcp-header" in "tcp",
    BadTcpFlags = "bad-tcp-flags" in "tcp",
    /// A segment with a wrong checksum, left out of the stream.
    BadChecksum = "bad-checksum" in "tcp",
    /// Sent bytes that the capture does not have.
    LostBytes = "lost-bytes" in "tcp",
    /// Bytes cut off by the snap length: sent and seen, but not stored.
    NotCaptured = "not-captured" in "tcp",
    OverlapConflict = "overlap-conflict" in "tcp",
    /// Every packet, or many, twice: a mirror port that copies both ways.
    DuplicatePackets = "duplicate-packets" in "tcp",
    SynOnLiveConnection = "syn-on-live-connection" in "tcp",
    TupleReused = "tuple-reused" in "tcp",
    ResetIgnored = "reset-ignored" in "tcp",
    DataAfterFin = "data-after-fin" in "tcp",
    UrgentData = "urgent-data" in "tcp",
    OneDirection = "one-direction" in "tcp",
    HeldBytesLimit = "held-bytes-limit" in "tcp",
    ConnectionLimit = "connection-limit" in "tcp",
    OutOfWindow = "out-of-window" in "tcp",
    BadPdu = "bad-pdu" in "upper-layer",
    UnknownPduType = "unknown-pdu-type" in "upper-layer",
    PduTooLarge = "pdu-too-large" in "upper-layer",
    BadPdv = "bad-pdv" in "upper-layer",
    BadItem = "bad-item" in "upper-layer",
    UnknownItem = "unknown-item" in "upper-layer",
    BadContextId = "bad-context-id" in "upper-layer",
    ContextNotAccepted = "context-not-accepted" in "upper-layer",
    UnexpectedPdu = "unexpected-pdu" in "upper-layer",
    DataAfterRelease = "data-after-release" in "upper-layer",
    Resynchronised = "resynchronised" in "upper-layer",
    NotSynchronised = "not-synchronised" in "upper-layer",
    Midstream = "midstream" in "upper-layer",
    PrefixBytes = "prefix-bytes" in "upper-layer",
    BadCommand = "bad-command" in "dimse",
    UnknownCommand = "unknown-command" in "dimse",
    DataSetMismatch = "data-set-mismatch" in "dimse",
    InterleavedMessage = "interleaved-message" in "dimse",
    UnpairedResponse = "unpaired-response" in "dimse",
    PendingLimit = "pending-limit" in "dimse",
    IncompleteMessage = "incomplete-message" in "dimse",
}
