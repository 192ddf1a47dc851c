//! What is told of a stall: a time in which a message stood still.

use super::{Class, Sender, Stamp};

/// Why a message stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The receiver announced a window of zero, or one too small for a segment: its program did not read.
    WindowClosed,
    /// As much was in flight as the receiver's window takes.
    WindowFull,
    /// Lost bytes were sent again only when the retransmission timer ran out (RFC 6298).
    RetransmissionTimeout,
    /// Lost bytes were sent again after duplicate or selective acknowledgements (RFC 5681, RFC 6675).
    FastRecovery,
    /// A small segment waited for an acknowledgement that the receiver held back (RFC 896, RFC 1122 section 4.2.3.2).
    NagleDelayedAck,
    /// The congestion window was full: the next segment waited for an acknowledgement (RFC 5681).
    CongestionWindow,
    /// Nothing kept the sender from sending.
    SenderIdle,
    /// Bytes lost by the capture.
    CaptureGap,
    /// It did not end while it was watched, and nothing tells why.
    Unknown,
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Self::WindowClosed => "window-closed",
            Self::WindowFull => "window-full",
            Self::RetransmissionTimeout => "retransmission-timeout",
            Self::FastRecovery => "fast-recovery",
            Self::NagleDelayedAck => "nagle-delayed-ack",
            Self::CongestionWindow => "congestion-window",
            Self::SenderIdle => "sender-idle",
            Self::CaptureGap => "capture-gap",
            Self::Unknown => "unknown",
        }
    }

    /// The class of the time budget that the time belongs to.
    pub fn class(self) -> Class {
        match self {
            Self::WindowClosed | Self::WindowFull => Class::StalledWindow,
            Self::RetransmissionTimeout | Self::FastRecovery => Class::StalledLoss,
            Self::NagleDelayedAck | Self::CongestionWindow => Class::StalledAck,
            Self::SenderIdle => Class::StalledSender,
            Self::CaptureGap | Self::Unknown => Class::Unknown,
        }
    }
}

/// How much speaks for a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is what is left.
    Low,
    /// The packets fit it, and hardly anything else.
    Medium,
    /// The packets show it.
    High,
}

impl Confidence {
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A row of `stalls`: one wait, or a row of waits of one cause with little sent between them.
#[derive(Clone, Debug)]
pub struct StallRecord {
    pub connection: u64,
    pub association: u64,
    /// Message ID and command field of the message that stood still, where its command set is known.
    pub operation: Option<(u16, u16)>,
    /// Who sends the message that stood still.
    pub sender: Sender,
    /// The last packet with new bytes before it, and the first one after it.
    pub before: Stamp,
    pub after: Stamp,
    /// Whether the sender went on. Else `after` is the last packet.
    pub resumed: bool,
    /// How many waits, and their nanoseconds together.
    pub waits: u32,
    pub waited: i64,
    pub cause: Cause,
    pub confidence: Confidence,
    /// Bytes that the sender had sent and not seen acknowledged when the (longest) wait began.
    pub bytes_in_flight: Option<u64>,
    /// The receiver's window, in bytes, as announced last in that wait.
    pub window: Option<u64>,
    /// Round-trip time of the connection, in nanoseconds.
    pub rtt: Option<i64>,
}
