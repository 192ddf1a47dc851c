//! One TCP connection: its two directions, how it opened and how it ended, and the row that is made of it.

use super::consumer::{Consumer, End, Ends, Info};
use super::half::Half;
use super::held::Held;
use crate::event::{Closed, ConnectionRecord, NO_TIME, Opened, Protocol, Stamp, Time};
use crate::limits::Limits;
use crate::net::segment::{Address, NO_VLAN, Segment, flags};

/// Ports that a DICOM server is expected on, where no SYN tells who is the server.
const DICOM_PORTS: [u16; 4] = [104, 2762, 11112, 4242];

/// Bytes that a SYN, or the first segments, may stand before the first ones seen and still belong to them: packets out of order.
pub const EARLIER: u64 = 1 << 20;

#[derive(Debug)]
pub struct Connection<S> {
    pub info: Info,
    pub halves: Ends<Half>,
    pub state: S,
    pub first: Stamp,
    pub last: Stamp,
    pub vlan: u16,
    pub tunnel: Option<String>,
    pub handshake: bool,
    pub sack_permitted: Ends<Option<bool>>,
    pub syn_time: Time,
    pub syn_rtt: Option<i64>,
    pub reset: bool,
    /// There are SYNs of which it is not known what they open.
    pub doubtful: bool,
    /// The consumer was told that no more bytes come.
    pub ended: bool,
    /// In the queue of connections that wait for late packets.
    pub closing: bool,
    /// What [`Connection::is_calm`] said after its last segment; no while one is looked at.
    pub calm: bool,
}

/// Who is the client: the sender of the SYN, else the side with the ephemeral port: not the one with a DICOM port, a port
/// below 1024 or the lower port.
fn client_of(segment: &Segment) -> End {
    if segment.has(flags::SYN) {
        return if segment.has(flags::ACK) { End::Second } else { End::First };
    }
    let rank = |port: u16| (!DICOM_PORTS.contains(&port), port >= 1024, port);
    if rank(segment.source.port) < rank(segment.destination.port) { End::Second } else { End::First }
}

impl<S: Default> Connection<S> {
    pub fn new(number: u64, segment: &Segment, tunnel: Option<String>) -> Self {
        Self {
            info: Info {
                connection: number,
                capture: segment.capture,
                addresses: Ends { first: segment.source, second: segment.destination },
                client: client_of(segment),
                reused: false,
                held: true,
                from_start: Ends::default(),
                starts: Ends::default(),
            },
            halves: Ends::default(),
            state: S::default(),
            first: segment.stamp(),
            last: segment.stamp(),
            vlan: segment.vlan,
            tunnel,
            handshake: false,
            sack_permitted: Ends::default(),
            syn_time: NO_TIME,
            syn_rtt: None,
            reset: false,
            doubtful: false,
            ended: false,
            closing: false,
            calm: false,
        }
    }
}

impl<S> Connection<S> {
    /// The end that sent this segment, if it belongs to this connection's addresses.
    #[inline]
    pub fn sender(&self, source: &Address, destination: &Address) -> Option<End> {
        let addresses = &self.info.addresses;
        if addresses.first == *source && addresses.second == *destination {
            Some(End::First)
        } else if addresses.second == *source && addresses.first == *destination {
            Some(End::Second)
        } else {
            None
        }
    }

    pub fn how_closed(&self) -> Closed {
        let fins = [&self.halves.first, &self.halves.second].iter().filter(|half| half.fin.is_some()).count();
        match (fins, self.reset) {
            (2, _) | (1, false) => Closed::Fin,
            (_, true) => Closed::Rst,
            (_, false) => Closed::Open,
        }
    }

    /// The end whose packet number is the lower one.
    pub fn earlier(&self, packet: impl Fn(&Half) -> Option<u64>) -> Option<End> {
        match (packet(&self.halves.first), packet(&self.halves.second)) {
            (Some(first), Some(second)) => Some(if first < second { End::First } else { End::Second }),
            (Some(_), None) => Some(End::First),
            (None, Some(_)) => Some(End::Second),
            (None, None) => None,
        }
    }

    /// Decides where the directions begin that hold bytes and do not know yet.
    pub fn begin_both(&mut self) {
        for half in [&mut self.halves.first, &mut self.halves.second] {
            if half.next.is_none()
                && let Some(first) = half.held.as_deref().and_then(Held::first)
            {
                half.begin(first, false);
            }
        }
        self.note_starts();
    }

    /// Tells the consumer where the directions begin, and which are known from their first byte on.
    pub fn note_starts(&mut self) {
        self.info.from_start = Ends { first: self.halves.first.from_start, second: self.halves.second.from_start };
        self.info.starts = Ends { first: self.halves.first.start, second: self.halves.second.start };
    }

    /// Whether it has been silent for so long that it can be forgotten.
    pub fn expired<C: Consumer<State = S>>(&self, now: Time, consumer: &C, limits: &Limits) -> bool {
        if self.last.time == NO_TIME {
            return false;
        }
        let data = [&self.halves.first, &self.halves.second]
            .iter()
            .any(|half| half.is_holding() || half.next.is_some_and(|next| next > half.start));
        let unread = consumer.unread(&self.state, End::First).min(consumer.unread(&self.state, End::Second));
        let patience = if self.ended || self.reset {
            limits.idle_closed
        } else if !data {
            limits.idle_embryonic
        } else if unread == u64::MAX {
            limits.idle_other
        } else {
            limits.idle_dicom
        };
        now.saturating_sub(self.last.time) > patience
    }

    pub fn record(&mut self, closed: Closed) -> ConnectionRecord {
        let client = self.info.client;
        let server = client.other();
        let endpoint = |end: End| self.info.addresses.get(end).endpoint();
        let sack = match (self.sack_permitted.first, self.sack_permitted.second) {
            (Some(first), Some(second)) => Some(first && second),
            _ => None,
        };
        ConnectionRecord {
            connection: self.info.connection,
            client: endpoint(client),
            server: endpoint(server),
            vlan: (self.vlan != NO_VLAN).then_some(self.vlan),
            tunnel: self.tunnel.take(),
            protocol: Protocol::Other,
            first: self.first,
            last: self.last,
            opened: if self.handshake { Opened::Handshake } else { Opened::Midstream },
            closed,
            syn_rtt: self.syn_rtt,
            client_way: None,
            server_way: None,
            sack_permitted: sack,
            client_counts: std::mem::take(&mut self.halves.get_mut(client).counts),
            server_counts: std::mem::take(&mut self.halves.get_mut(server).counts),
            associations: 0,
        }
    }
}

impl<S> Connection<S> {
    /// Whether both directions have begun, neither ends, nothing waits and nothing is in doubt.
    pub fn is_calm(&self) -> bool {
        let timed = self.syn_rtt.is_some() || self.syn_time == NO_TIME || !self.handshake;
        let flows = |half: &Half| half.next.is_some() && half.held.is_none() && half.fin.is_none();
        timed && !(self.doubtful || self.ended || self.reset) && flows(&self.halves.first) && flows(&self.halves.second)
    }

    /// Whether a position is one that the peer might have accepted.
    pub fn within_window(&self, end: End, position: u64) -> bool {
        let half = self.halves.get(end);
        let low = half.next.unwrap_or(0).min(half.acknowledged.unwrap_or(u64::MAX)).saturating_sub(1);
        (low..=half.reached().saturating_add(self.window(end))).contains(&position)
    }

    /// The largest window that the peer may have announced to this end.
    pub fn window(&self, end: End) -> u64 {
        self.halves.get(end.other()).counts.max_window.unwrap_or(0).max(65_535)
    }

    /// Whether payload stands where none of this connection can.
    #[inline]
    pub fn is_elsewhere(&self, end: End, segment: &Segment) -> bool {
        let half = self.halves.get(end);
        let (Some(reference), Some(next)) = (half.reference, half.next) else { return false };
        let position = reference.position(segment.sequence);
        if position == next && !self.ended {
            return false;
        }
        let low = half.start - if half.from_start { 0 } else { EARLIER };
        position < low || (self.ended && position >= next) || (position > half.reached() + EARLIER && !self.within_window(end, position))
    }
}
