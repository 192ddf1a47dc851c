//! The bytes of one data set in any encoding, cut anywhere and with gaps, through its reader. How they are cut, and whether bytes that
//! nobody reads are handed over or passed, changes no row; rows and anomalies in proportion to the bytes.

use std::fmt::Write;

use dicomfast_core::anomaly::Anomaly;
use dicomfast_core::dicom::dataset::{Collect, DataSet, Identity};
use dicomfast_core::dicom::privacy::Phi;
use dicomfast_core::event::{ElementRecord, Sink, Stamp, Wants};
use dicomfast_core::limits::Limits;

use super::ops::Ops;

const SYNTAXES: [Option<&str>; 6] = [
    None,
    Some("1.2.840.10008.1.2"),
    Some("1.2.840.10008.1.2.1"),
    Some("1.2.840.10008.1.2.2"),
    Some("1.2.840.10008.1.2.1.99"),
    Some("1.2.840.10008.1.2.4.50"),
];
/// Rows of one data set, however much it inflates to.
const ELEMENTS: u64 = 512;

#[derive(Default)]
struct Rows {
    text: String,
    elements: u64,
    anomalies: u64,
}

impl Sink for Rows {
    fn element(&mut self, record: ElementRecord) {
        self.elements += 1;
        assert!(record.value.as_ref().is_none_or(|value| value.len() <= 64 * 64), "a value of {:?}", record.value.map(|value| value.len()));
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{record:?}");
    }

    fn anomaly(&mut self, record: Anomaly) {
        self.anomalies += 1;
        let _ = writeln!(self.text, "{record:?}");
    }
}

/// What the bytes are cut into: how many each, whether they are missing, and whether unread ones are passed.
fn pieces(ops: &mut Ops<'_>) -> Vec<(usize, bool, bool)> {
    let count = usize::from(ops.byte().unwrap_or(0) % 32);
    let heads: Vec<[u8; 2]> = std::iter::from_fn(|| ops.array()).take(count).collect();
    heads.into_iter().map(|[what, length]| (usize::from(length), what & 0xE0 == 0xE0, what & 1 == 1)).collect()
}

fn run(syntax: Option<&str>, pieces: &[(usize, bool, bool)], bytes: &[u8], cut: bool, phi: &Phi) -> Rows {
    let limits = Limits {
        value_bytes: 64,
        elements: ELEMENTS,
        sequence_depth: 8,
        private_creators: 4,
        inflated_bytes: 1 << 16,
        lost_ranges: 4,
        ..Limits::default()
    };
    let wants = &Wants { elements: true, objects: true, ..Wants::default() };
    let identity = Identity { connection: 0, association: 0, message: 0 };
    let stamp = Stamp { packet: 1, time: 0 };
    let mut rows = Rows::default();
    let mut data_set = DataSet::new(identity, Some(syntax), false, false);
    let mut collect = Collect { sink: &mut rows, wants, phi, stamp };
    let mut ops = Ops(bytes);
    let mut waiting: Vec<u8> = Vec::new();
    for &(length, gap, pass) in pieces {
        let piece = ops.upto(length);
        if gap || !cut {
            if gap {
                data_set.data(stamp, &std::mem::take(&mut waiting), &limits, &mut collect);
                data_set.lost(Some(piece.len() as u64), &limits, &mut collect);
            } else {
                waiting.extend_from_slice(piece);
            }
        } else if pass && data_set.unread() >= piece.len() as u64 {
            data_set.passed(piece.len() as u64);
        } else {
            data_set.data(stamp, piece, &limits, &mut collect);
        }
    }
    waiting.extend_from_slice(ops.0);
    data_set.data(stamp, &waiting, &limits, &mut collect);
    data_set.finish(true, &limits, &mut collect);
    rows
}

pub fn dataset(data: &[u8]) {
    let mut ops = Ops(data);
    let Some(first) = ops.byte() else { return };
    let syntax = SYNTAXES[usize::from(first) % SYNTAXES.len()];
    let phi = if first & 0x80 == 0 { Phi::Show } else { Phi::Mask };
    let pieces = pieces(&mut ops);
    let rows = run(syntax, &pieces, ops.0, true, &phi);
    let whole = run(syntax, &pieces, ops.0, false, &phi);
    assert_eq!(rows.text, whole.text, "however the bytes were cut");
    assert!(rows.elements <= ELEMENTS, "{} rows", rows.elements);
    assert!(rows.anomalies <= 32, "{} anomalies", rows.anomalies);
}
