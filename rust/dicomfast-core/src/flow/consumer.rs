//! What the flow stage hands to the next one: the bytes of both directions in order, holes as values, and how it ended.

use crate::anomaly::Anomaly;
use crate::event::{Closed, ConnectionRecord, Endpoint, Stamp};
use crate::net::segment::{Address, Batch, Segment};

/// One of the two ends of a connection, in the order of their first packet. Which of them is the client is told by
/// [`Info::client`], since it may be learned later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    First,
    Second,
}

impl End {
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// A value for each end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends<T> {
    pub first: T,
    pub second: T,
}

impl<T> Ends<T> {
    #[inline]
    pub fn get(&self, end: End) -> &T {
        match end {
            End::First => &self.first,
            End::Second => &self.second,
        }
    }

    #[inline]
    pub fn get_mut(&mut self, end: End) -> &mut T {
        match end {
            End::First => &mut self.first,
            End::Second => &mut self.second,
        }
    }
}

/// Who a connection is between, for the consumer.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    pub connection: u64,
    pub capture: u32,
    pub addresses: Ends<Address>,
    /// The end that opened the connection (RFC 9293), as far as it is known.
    pub client: End,
    /// The same addresses and ports were used before.
    pub reused: bool,
    /// The consumer wants its rows ([`Consumer::holds`]).
    pub held: bool,
    /// Whether each direction's first byte is known to be the first that was sent.
    pub from_start: Ends<bool>,
    /// The position of each direction's first byte, once it has begun. Positions count on, whether a direction has begun or not.
    pub starts: Ends<u64>,
}

impl Info {
    /// The two ends, as rows tell them.
    pub fn endpoints(&self) -> [Endpoint; 2] {
        [self.addresses.first.endpoint(), self.addresses.second.endpoint()]
    }

    /// The position of an offset.
    #[inline]
    pub fn position(&self, end: End, offset: u64) -> u64 {
        self.starts.get(end) + offset
    }
}

/// Where bytes stood and when they came.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub stamp: Stamp,
    /// Offset of the first byte in its direction.
    pub offset: u64,
    /// The position up to which the sender had received the other direction by then, which may not have begun in the capture.
    /// `None` where the packet does not tell.
    pub received: Option<u64>,
}

/// A segment as it came.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub segment: &'a Segment,
    pub batch: &'a Batch,
    /// The capture has it already (a mirror port that shows it twice).
    pub copy: bool,
}

impl<'a> Seen<'a> {
    /// The TCP header with its options.
    pub fn header(&self) -> &'a [u8] {
        self.batch.header(self.segment)
    }
}

/// Why bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Not in the capture.
    Lost,
    /// Cut off by the snap length.
    NotCaptured,
}

/// Takes one connection's streams. One value serves all connections; what belongs to one is its `State`.
pub trait Consumer {
    type State: Default;

    /// Whether the rows of a connection that begins are wanted.
    fn holds(&self, _info: &Info) -> bool {
        true
    }
    /// A segment with payload has come, and what it brings is not handed on yet.
    fn arrive(&mut self, _state: &mut Self::State, _info: &Info, _end: End, _segment: &Segment) {}
    /// A segment, in the order of the capture, after what it brought was handed on.
    fn segment(&mut self, _state: &mut Self::State, _info: &Info, _end: End, _seen: &Seen<'_>) {}
    /// Takes a segment whose bytes are the next ones and no others, and says nothing else: what `arrive`, `data` and `segment` would do, in one
    /// step. `false`: nothing was done, it has to go that way.
    fn passes(&mut self, _state: &mut Self::State, _info: &Info, _end: End, _segment: &Segment, _place: Place) -> bool {
        false
    }
    /// The same for an acknowledgement of more, without payload: what `segment` would do.
    fn acknowledges(&mut self, _state: &mut Self::State, _info: &Info, _end: End, _segment: &Segment) -> bool {
        false
    }
    /// How many of the next bytes of a direction will not be looked at. They are neither held nor checked.
    fn unread(&self, state: &Self::State, end: End) -> u64;
    /// The next bytes of a direction.
    fn data(&mut self, state: &mut Self::State, info: &Info, end: End, place: Place, bytes: &[u8]);
    /// The next `length` bytes were captured, but out of order and within what was declared `unread`.
    fn passed(&mut self, state: &mut Self::State, info: &Info, end: End, place: Place, length: u64);
    /// The next `length` bytes are missing.
    fn gap(&mut self, state: &mut Self::State, info: &Info, end: End, place: Place, length: u64, missing: Missing);
    /// Whether these bytes can only be the start of a new conversation (a re-used address pair whose SYN was not captured).
    fn begins_anew(&self, bytes: &[u8]) -> bool;
    /// No more bytes will come. The record is the connection's row, but for what the consumer knows (protocol, associations).
    fn end(&mut self, state: &mut Self::State, info: &Info, closed: Closed);
    /// The row of the connection; called once, after `end`.
    fn record(&mut self, state: &mut Self::State, info: &Info, record: ConnectionRecord);
    fn anomaly(&mut self, state: &mut Self::State, anomaly: Anomaly);
}
