//! Conversations that look like DICOM, with everything that goes wrong on a network, as a capture through the whole engine with
//! every table, under small limits: batches are well formed and no larger than asked for, and rows and steps are in proportion
//! to the input.

use std::io::Cursor;

use arrow_array::{Array, RecordBatch};
use dicomfast_core::capture::Input;
use dicomfast_core::limits::Limits;
use dicomfast_core::session::{Options, Progress, Session};
use dicomfast_core::table::Table;

use super::ops::Ops;
use super::wire::{Packet, pcap_header, pdu};

fn limits() -> Limits {
    Limits {
        window_bytes: 4_096,
        connections: 3,
        closing_connections: 2,
        held_bytes: 4_096,
        held_pieces: 16,
        history_segments: 16,
        acknowledged_wait_segments: 4,
        associate_bytes: 4_096,
        command_bytes: 1_024,
        contexts: 4,
        negotiation_items: 4,
        open_associations: 2,
        deferred_messages: 2,
        pending_operations: 2,
        anomalies_per_kind: 16,
        finding_groups: 4,
        batch_rows: 16,
        ..Limits::default()
    }
}

/// What is done to the segments of one operation.
const LOST: u8 = 16;
const TWICE: u8 = 17;
const SWAPPED: u8 = 18;
const CUT: u8 = 19;
const WRONG: u8 = 20;
const SYN: u8 = 21;
const FIN: u8 = 22;
const RST: u8 = 23;
const JUMP: u8 = 24;
const EMPTY: u8 = 25;
const SMALL: u8 = 26;
const EARLIER: u8 = 27;
const AGAIN: u8 = 28;

/// The capture: a frame for each piece of a PDU that an operation sends.
fn capture(data: &[u8]) -> (Vec<u8>, u64) {
    let mut ops = Ops(data);
    let first = ops.byte().unwrap_or(0);
    // By connection, then by side: the next sequence number.
    let mut next = [[0xffff_ff00_u32, 1_000]; 4];
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let mut time = 1_700_000_000_000_000_u64;
    if first & 1 == 0 {
        for (connection, next) in next.iter_mut().enumerate() {
            for (side, flags) in [(0, 0x02), (1, 0x12)] {
                frames.push(Packet { connection, side, sequence: next[side], acknowledgment: next[0], flags, time, cut: 0 }.frame(&[]));
                next[side] = next[side].wrapping_add(1);
            }
        }
    }
    while let Some([what, kind, low, high, pause]) = ops.array() {
        let (side, connection, how) = (usize::from(what & 1), usize::from(what >> 1 & 3), what >> 3);
        let number = u16::from_le_bytes([low, high]);
        time = if how == EARLIER { time - u64::from(number) } else { time + (u64::from(pause) << (pause >> 3)) };
        let mut bytes = if kind & 0xf == 0xf { ops.upto(usize::from(low)).to_vec() } else { pdu(kind & 0xf, kind >> 4, number) };
        match how {
            WRONG => {
                let at = usize::from(number) % bytes.len().max(1);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (kind >> 4 & 7));
            }
            SYN | FIN | RST | EMPTY => bytes.clear(),
            _ => {}
        }
        let flags = match how {
            SYN => 0x02,
            FIN => 0x11,
            RST => 0x14,
            _ => 0x18,
        };
        let size = if how == SMALL { 1 + usize::from(pause & 15) } else { 1_400 };
        let pieces: Vec<&[u8]> = if bytes.is_empty() { vec![&[]] } else { bytes.chunks(size).collect() };
        for piece in pieces {
            let ends = &mut next[connection];
            if how == JUMP {
                ends[side] = ends[side].wrapping_add(u32::from(number) << 8);
            }
            let acknowledgment = ends[1 - side];
            let cut = if how == CUT { piece.len() / 2 } else { 0 };
            let frame = Packet { connection, side, sequence: ends[side], acknowledgment, flags, time, cut }.frame(piece);
            if how != AGAIN {
                ends[side] = ends[side].wrapping_add(piece.len() as u32 + u32::from(flags & 3 != 0));
            }
            match how {
                LOST => {}
                TWICE => frames.extend([frame.clone(), frame]),
                SWAPPED => frames.insert(frames.len().saturating_sub(1 + usize::from(low & 7)), frame),
                _ => frames.push(frame),
            }
        }
    }
    let count = frames.len() as u64;
    let mut file = pcap_header();
    for frame in &frames {
        file.extend_from_slice(frame);
    }
    (file, count)
}

pub fn pipeline(data: &[u8]) {
    let limits = limits();
    let (file, packets) = capture(data);
    let bytes = file.len() as u64;
    let input = Input::Reader { name: "fuzz".to_owned(), reader: Box::new(Cursor::new(file)) };
    let options = Options { tables: Table::ALL.to_vec(), threads: 1, limits: limits.clone(), ..Options::default() };
    let mut session = Session::open(vec![input], options).expect("a capture with a good header");
    let (mut rows, mut steps) = (0, 0);
    loop {
        match session.advance().expect("a capture that can be read") {
            Progress::Batch(table, batch) => rows += check(table, &batch, limits.batch_rows),
            Progress::Working => {}
            Progress::End => break,
        }
        steps += 1;
        assert!(steps <= rows + packets + 64, "{steps} steps for {packets} packets");
    }
    assert_eq!(session.stats().packets, packets);
    assert_eq!(session.stats().connections, 0, "every connection ended");
    assert!(rows <= bytes + 64, "{rows} rows of {bytes} bytes");
}

fn check(table: Table, batch: &RecordBatch, most: usize) -> u64 {
    assert!((1..=most).contains(&batch.num_rows()), "{} rows of {}", batch.num_rows(), table.name());
    for column in batch.columns() {
        column.to_data().validate_full().expect("a column as Arrow wants it");
    }
    batch.num_rows() as u64
}
