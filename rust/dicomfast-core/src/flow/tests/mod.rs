//! The rules of TCP, one small test each, at the level of segments.

mod again;
mod closing;
mod doubt;
mod opening;
mod reference;
mod stream;

use super::{Consumer, End, FlowTable, Info, Missing, Place};
use crate::anomaly::Anomaly;
use crate::capture::Window;
use crate::event::{Closed, ConnectionRecord, Opened, Time};
use crate::flow;
use crate::limits::Limits;
use crate::net::segment::{Address, Batch, NO_TUNNEL, NO_VLAN, Segment};
use crate::transport::Analysis;
use std::sync::Arc;

pub(super) use crate::net::segment::flags::{ACK, FIN, RST, SYN, URG};

/// What one direction's consumer saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Data(Vec<u8>),
    Passed(u64),
    Gap(u64, Missing),
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub seen: [Vec<(u64, Seen)>; 2],
    /// What the sender of each piece of data had received.
    pub received: [Vec<(Info, Option<u64>)>; 2],
    closed: Option<Closed>,
    info: Option<Info>,
    /// As in the engine: it counts what was sent again.
    analysis: Analysis,
}

/// A connection that is over.
#[derive(Debug)]
pub(super) struct Over {
    pub state: State,
    pub record: ConnectionRecord,
}

impl Over {
    /// All bytes of the client (0) or server (1), a gap as that many dots.
    pub fn text(&self, of: usize) -> String {
        let client_first = self.state.info.is_some_and(|info| info.client == End::First);
        let mut text = String::new();
        for (offset, seen) in &self.state.seen[if client_first { of } else { 1 - of }] {
            assert_eq!(*offset, text.len() as u64, "everything stands where it says");
            match seen {
                Seen::Data(bytes) => text.push_str(std::str::from_utf8(bytes).unwrap()),
                Seen::Passed(length) | Seen::Gap(length, _) => text.push_str(&".".repeat(*length as usize)),
            }
        }
        text
    }
}

#[derive(Debug, Default)]
pub(super) struct Collector {
    pub over: Vec<Over>,
    pub anomalies: Vec<Anomaly>,
    pub unread: u64,
    /// Windows in which delivered slices must lie.
    pub bounds: Option<(usize, usize)>,
    pub copied: u64,
}

fn index(end: End) -> usize {
    usize::from(end != End::First)
}

impl Consumer for Collector {
    type State = State;

    fn unread(&self, _: &State, _: End) -> u64 {
        self.unread
    }

    fn data(&mut self, state: &mut State, info: &Info, end: End, place: Place, bytes: &[u8]) {
        assert!(state.closed.is_none(), "nothing comes after the end");
        state.info = Some(*info);
        if let Some((from, to)) = self.bounds {
            let at = bytes.as_ptr() as usize;
            if at < from || at + bytes.len() > to {
                self.copied += bytes.len() as u64;
            }
        }
        state.received[index(end)].push((*info, place.received));
        state.seen[index(end)].push((place.offset, Seen::Data(bytes.to_vec())));
    }

    fn passed(&mut self, state: &mut State, _: &Info, end: End, place: Place, length: u64) {
        state.seen[index(end)].push((place.offset, Seen::Passed(length)));
    }

    fn gap(&mut self, state: &mut State, _: &Info, end: End, place: Place, length: u64, missing: Missing) {
        state.seen[index(end)].push((place.offset, Seen::Gap(length, missing)));
    }

    fn begins_anew(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(b"NEW")
    }

    fn end(&mut self, state: &mut State, info: &Info, closed: Closed) {
        assert!(state.closed.is_none(), "a connection ends once");
        state.closed = Some(closed);
        state.info = Some(*info);
    }

    fn segment(&mut self, state: &mut State, _: &Info, end: End, seen: &flow::Seen<'_>) {
        state.analysis.segment(end, seen);
    }

    fn record(&mut self, state: &mut State, info: &Info, mut record: ConnectionRecord) {
        assert!(state.closed.is_some(), "the row comes after the end");
        state.analysis.finish(info.client, &mut record);
        self.over.push(Over { state: std::mem::take(state), record });
    }

    fn anomaly(&mut self, _: &mut State, anomaly: Anomaly) {
        self.anomalies.push(anomaly);
    }
}

pub(super) const CLIENT: usize = 0;
pub(super) const SERVER: usize = 1;
pub(super) const SECOND: Time = 1_000_000_000;

/// Sends segments to a table, one at a time.
pub(super) struct Net {
    pub table: FlowTable<Collector>,
    packet: u64,
    pub time: Time,
    /// Initial sequence numbers.
    pub initial: [u32; 2],
    pub port: u16,
    pub window: u16,
    /// The checksum that the next segments have: `None` is the right one.
    pub checksum: Option<u16>,
    /// IP identification of the next segments; `None` counts.
    pub ip_id: Option<u16>,
    /// TCP options of the next segments, in whole words.
    pub options: &'static [u8],
}

impl Net {
    pub fn new() -> Self {
        Self::with(&Limits::default())
    }

    pub fn with(limits: &Limits) -> Self {
        Self {
            table: FlowTable::new(Collector::default(), limits),
            packet: 0,
            time: 1_700_000_000 * SECOND,
            initial: [1_000, 9_000],
            port: 50_000,
            window: 65_535,
            checksum: None,
            ip_id: None,
            options: &[],
        }
    }

    /// Sequence and acknowledgment numbers count from the initial ones: SYN is 0, the first byte 1.
    pub fn send(&mut self, from: usize, sequence: i64, acknowledgment: i64, flags: u8, payload: &str) -> &mut Self {
        self.send_cut(from, sequence, acknowledgment, flags, payload, payload.len())
    }

    /// Of which the capture has the first bytes only.
    pub fn send_cut(&mut self, from: usize, sequence: i64, ack: i64, flags: u8, payload: &str, captured: usize) -> &mut Self {
        self.packet += 1;
        self.time += 1_000_000;
        let address = |of: usize| Address::v4([192, 0, 2, of as u8 + 1], if of == CLIENT { self.port } else { 104 });
        let (source, destination) = (address(from), address(1 - from));
        let sequence = self.initial[from].wrapping_add(sequence as u32);
        let acknowledgment = if flags & ACK == 0 { 0 } else { self.initial[1 - from].wrapping_add(ack as u32) };
        let mut bytes = Vec::new();
        bytes.extend(source.port.to_be_bytes());
        bytes.extend(destination.port.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(acknowledgment.to_be_bytes());
        let header_length = 20 + self.options.len();
        bytes.extend([(header_length << 2) as u8, flags]);
        bytes.extend(self.window.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(self.options);
        bytes.extend(payload.as_bytes());
        let checksum = self.checksum.unwrap_or_else(|| rfc1071(&source, &destination, &bytes));
        bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
        bytes.truncate(header_length + captured);
        let segment = Segment {
            time: self.time,
            packet: self.packet,
            source,
            destination,
            sequence,
            acknowledgment,
            window: self.window,
            flags,
            ttl: 64,
            ip_id: self.ip_id.unwrap_or(self.packet as u16),
            vlan: NO_VLAN,
            tunnel: NO_TUNNEL,
            slot: 0,
            header: 0,
            header_length: header_length as u8,
            payload: header_length as u32,
            captured: captured as u32,
            length: payload.len() as u32,
            capture: 0,
        };
        let batch = Batch { segments: vec![segment], windows: vec![Arc::new(Window::owned(bytes))], ..Batch::default() };
        self.table.process(&batch, |_, _| {});
        self
    }

    pub fn wait(&mut self, time: Time) -> &mut Self {
        self.time += time;
        self
    }

    pub fn handshake(&mut self) -> &mut Self {
        self.send(CLIENT, 0, 0, SYN, "").send(SERVER, 0, 1, SYN | ACK, "").send(CLIENT, 1, 1, ACK, "")
    }

    pub fn client(&mut self, sequence: i64, payload: &str) -> &mut Self {
        self.send(CLIENT, sequence, 1, ACK, payload)
    }

    /// The server's acknowledgment, without payload.
    pub fn acknowledge(&mut self, acknowledgment: i64) -> &mut Self {
        self.send(SERVER, 1, acknowledgment, ACK, "")
    }

    /// Both sides end after so many bytes of the client.
    pub fn fins(&mut self, sent: i64) -> &mut Self {
        self.send(CLIENT, sent + 1, 1, FIN | ACK, "").send(SERVER, 1, sent + 2, FIN | ACK, "").send(CLIENT, sent + 2, 2, ACK, "")
    }

    /// The connections in the order in which they began.
    pub fn finish(&mut self) -> Vec<Over> {
        self.table.finish();
        assert!(self.table.is_empty());
        assert_eq!(self.table.held_bytes(), 0, "nothing is held any more");
        let mut over = std::mem::take(&mut self.table.consumer.over);
        over.sort_by_key(|over| over.record.connection);
        over
    }

    /// The one connection.
    pub fn only(&mut self) -> Over {
        let mut over = self.finish();
        assert_eq!(over.len(), 1, "{:?}", over.iter().map(|over| &over.record).collect::<Vec<_>>());
        over.remove(0)
    }

    pub fn anomalies(&self) -> Vec<&'static str> {
        self.table.consumer.anomalies.iter().map(|anomaly| anomaly.kind.name()).collect()
    }
}

/// The checksum as RFC 1071 and RFC 9293 section 3.1 define it, word by word.
fn rfc1071(source: &Address, destination: &Address, tcp: &[u8]) -> u16 {
    let pseudo = [&source.ip[12..], &destination.ip[12..], &[0, 6], &(tcp.len() as u16).to_be_bytes()].concat();
    let words = |bytes: &[u8]| bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum::<u32>();
    let mut sum = words(&pseudo) + words(tcp);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

pub(super) fn opened(over: &Over) -> Opened {
    over.record.opened
}
