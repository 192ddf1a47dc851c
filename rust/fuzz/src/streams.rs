//! TCP segments of a few connections, with any sequence numbers, in any order: the consumer gets every direction without jump
//! or overlap, with the right bytes at each offset; the rows count what it got; what is held stays within the limits and is gone
//! at the end; and the number of calls grows no faster than that of segments.

use std::sync::Arc;

use dicomfast_core::anomaly::Anomaly;
use dicomfast_core::capture::Window;
use dicomfast_core::event::{Closed, ConnectionRecord, NO_TIME};
use dicomfast_core::flow::{Consumer, End, Ends, FlowTable, Info, Missing, Place};
use dicomfast_core::limits::Limits;
use dicomfast_core::net::segment::{Address, Batch, NO_TUNNEL, NO_VLAN, Segment, flags};

use super::ops::Ops;

/// Every second such stretch of a direction is declared unread.
const UNREAD: u64 = 96;

/// What has come of one direction.
#[derive(Debug, Default)]
struct Seen {
    next: u64,
    lost: u64,
    not_captured: u64,
    /// Every byte is its sequence number: byte minus offset stays the same.
    base: Option<u8>,
}

#[derive(Debug, Default)]
struct State {
    ends: Ends<Seen>,
    ended: bool,
    recorded: bool,
    info: Option<Info>,
}

#[derive(Default)]
struct Checking {
    calls: u64,
    opened: u64,
    recorded: u64,
}

impl Checking {
    fn step(&mut self, state: &mut State, info: &Info, end: End, place: Place, length: u64) {
        self.calls += 1;
        assert!(!state.ended, "nothing comes after the end");
        assert!(length > 0);
        assert_eq!(place.offset, state.ends.get(end).next, "no jump and no overlap");
        state.ends.get_mut(end).next += length;
        self.opened += u64::from(state.info.replace(*info).is_none());
    }
}

impl Consumer for Checking {
    type State = State;

    fn unread(&self, state: &State, end: End) -> u64 {
        let next = state.ends.get(end).next;
        if next / UNREAD % 2 == 1 { UNREAD - next % UNREAD } else { 0 }
    }

    fn data(&mut self, state: &mut State, info: &Info, end: End, place: Place, bytes: &[u8]) {
        self.step(state, info, end, place, bytes.len() as u64);
        let seen = state.ends.get_mut(end);
        for (offset, byte) in (place.offset..).zip(bytes) {
            let base = byte.wrapping_sub(offset as u8);
            assert_eq!(*seen.base.get_or_insert(base), base, "the byte of another offset than {offset}");
        }
    }

    fn passed(&mut self, state: &mut State, info: &Info, end: End, place: Place, length: u64) {
        assert!(length <= self.unread(state, end), "only what was declared unread is passed over");
        self.step(state, info, end, place, length);
    }

    fn gap(&mut self, state: &mut State, info: &Info, end: End, place: Place, length: u64, missing: Missing) {
        self.step(state, info, end, place, length);
        let seen = state.ends.get_mut(end);
        match missing {
            Missing::Lost => seen.lost += length,
            Missing::NotCaptured => seen.not_captured += length,
        }
    }

    fn begins_anew(&self, _bytes: &[u8]) -> bool {
        false
    }

    fn end(&mut self, state: &mut State, _info: &Info, _closed: Closed) {
        assert!(!std::mem::replace(&mut state.ended, true), "one end");
    }

    fn record(&mut self, state: &mut State, _: &Info, record: ConnectionRecord) {
        assert!(state.ended && !std::mem::replace(&mut state.recorded, true), "one row, after the end");
        self.recorded += 1;
        let Some(info) = state.info else { return };
        let client = if info.addresses.first.endpoint() == record.client { End::First } else { End::Second };
        let rows = [(client, &record.client_counts), (client.other(), &record.server_counts)];
        for (end, counts) in rows {
            let seen = state.ends.get(end);
            assert_eq!((counts.lost_bytes, counts.not_captured_bytes), (seen.lost, seen.not_captured), "the row counts the gaps");
            assert!(counts.payload_bytes >= seen.next - seen.lost, "no more delivered than was sent");
        }
    }

    fn anomaly(&mut self, _state: &mut State, _anomaly: Anomaly) {
        self.calls += 1;
    }
}

fn limits() -> Limits {
    Limits {
        connections: 3,
        held_bytes: 4_096,
        held_pieces: 16,
        history_segments: 16,
        closing_connections: 2,
        acknowledged_wait_segments: 4,
        unacknowledged_bytes: 2_048,
        ..Limits::default()
    }
}

/// Where a side's stream stands, so that an operation need only say how far from there it is.
struct Side {
    address: Address,
    next: u32,
}

pub fn streams(data: &[u8]) {
    let limits = limits();
    let mut table = FlowTable::new(Checking::default(), &limits);
    let mut sides: Vec<[Side; 2]> = (0..4)
        .map(|n: u8| {
            let side = |host, port| Side { address: Address::v4([10, 0, n, host], port), next: u32::from(n) << 30 };
            [side(1, 40_000), side(2, 104)]
        })
        .collect();
    let mut ops = Ops(data);
    let (mut batch, mut bytes) = (Batch::default(), Vec::new());
    let (mut time, mut packet) = (1_000_000_000_000_000_000, 0);
    while let Some([what, flag, ahead, length, size, ack, pause]) = ops.array::<7>() {
        packet += 1;
        let from = usize::from(what & 1);
        let Some([source, destination]) = sides.get_mut(usize::from(what >> 1 & 3)).map(|[a, b]| if from == 0 { [a, b] } else { [b, a] })
        else {
            return;
        };
        // Mostly small steps around the stream's end; the topmost values jump far.
        let step = match ahead as i8 {
            small @ -120..=120 => i32::from(small) * if what & 0x10 == 0 { 1 } else { 37 },
            far => i32::from(far) << 23,
        };
        let sequence = source.next.wrapping_add_signed(step);
        let length = u32::from(length) * if what & 0x20 == 0 { 1 } else { 9 };
        let captured = if size < 0xe0 { length } else { length * u32::from(size & 0x1f) / 32 };
        let acknowledgment = destination.next.wrapping_add_signed(match ack as i8 {
            small @ -120..=120 => i32::from(small) * 16,
            far => i32::from(far) << 23,
        });
        time += (i64::from(pause) << (pause >> 3)) * 1_000;
        let payload = bytes.len() as u32;
        bytes.extend((0..captured).map(|at| sequence.wrapping_add(at).wrapping_add(u32::from(flag & flags::SYN != 0)) as u8));
        batch.segments.push(Segment {
            time: if pause == 255 { NO_TIME } else { time },
            packet,
            source: source.address,
            destination: destination.address,
            sequence,
            acknowledgment,
            window: u16::from(size) << 8,
            flags: flag,
            ttl: 64,
            ip_id: packet as u16,
            vlan: NO_VLAN,
            tunnel: NO_TUNNEL,
            slot: 0,
            header: payload,
            header_length: 0,
            payload,
            captured,
            length,
            capture: 0,
        });
        if what & 0x40 == 0 {
            source.next = sequence.wrapping_add(length).wrapping_add(u32::from(flag & (flags::SYN | flags::FIN) != 0));
        }
        if what & 0x80 != 0 {
            process(&mut table, &mut batch, &mut bytes);
            assert!(table.held_bytes() <= limits.held_bytes, "{} bytes are held", table.held_bytes());
            assert!(table.len() <= limits.connections);
        }
    }
    process(&mut table, &mut batch, &mut bytes);
    table.finish();
    assert_eq!((table.held_bytes(), table.len()), (0, 0), "nothing is left at the end");
    let Checking { calls, opened, recorded } = table.consumer;
    assert!(opened <= recorded && recorded <= packet, "every connection has a row");
    assert!(calls <= 8 * packet + 8, "{calls} calls for {packet} segments");
}

fn process(table: &mut FlowTable<Checking>, batch: &mut Batch, bytes: &mut Vec<u8>) {
    batch.windows.push(Arc::new(Window::owned(std::mem::take(bytes))));
    table.process(batch, |_, _| {});
    batch.clear();
}
