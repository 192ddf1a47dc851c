//! Several inputs as one capture: order, numbers, ties, what is said of each.

use dicomfast_core::anomaly::AnomalyKind;
use dicomfast_core::capture::Input;
use proptest::prelude::*;

use super::support::{Blocks, MICROSECONDS, case, case_bytes, limits, pcap, read, read_bytes, reader};

fn seconds(times: &[u32]) -> Vec<u8> {
    let records: Vec<_> = times.iter().map(|time| (*time, 0, 1, 1, b"x".as_slice())).collect();
    pcap(MICROSECONDS, 65_535, 1, &records)
}

#[test]
fn a_rotated_set_is_one_capture_whatever_its_names() {
    let whole = read_bytes(&case_bytes("formats.pcap")).unwrap();
    let outcome = read(vec![Input::Path(case("set.a.pcap")), Input::Path(case("set.b.pcap"))], &limits()).unwrap();
    assert_eq!(outcome.times(), whole.times());
    // "a" is the later half: the index is that of the order given.
    assert_eq!(outcome.frames.iter().map(|frame| frame.capture).collect::<Vec<_>>(), [vec![1; 25], vec![0; 24]].concat());
    assert_eq!(outcome.records.iter().map(|record| record.packets).collect::<Vec<_>>(), [24, 25]);
    assert_eq!(outcome.kinds(), []);
}

#[test]
fn files_and_streams_mix() {
    let files = [case("set.b.pcap"), case("formats.2if.pcapng"), case("formats.pcap.gz")];
    let inputs = || files.iter().map(|path| Input::Path(path.clone())).collect::<Vec<_>>();
    let streams = || files.iter().map(|path| reader(&std::fs::read(path).unwrap())).collect::<Vec<_>>();
    let outcome = read(inputs(), &limits()).unwrap();
    assert!(outcome.times().is_sorted());
    assert_eq!(outcome.frames.len(), 25 + 67 + 49);
    assert_eq!(read(streams(), &limits()).unwrap().frames, outcome.frames);
}

#[test]
fn ties_go_in_input_order_and_each_file_keeps_its_own() {
    let outcome = read(vec![reader(&seconds(&[1, 5, 5])), reader(&seconds(&[1, 5, 2, 7])), reader(&seconds(&[]))], &limits()).unwrap();
    let order: Vec<_> = outcome.frames.iter().map(|frame| (frame.capture, frame.time / 1_000_000_000)).collect();
    assert_eq!(order, [(0, 1), (1, 1), (0, 5), (0, 5), (1, 5), (1, 2), (1, 7)]);
    assert_eq!(outcome.kinds(), [AnomalyKind::TimestampOrder]);
    assert!(outcome.records.iter().all(|record| record.complete));
}

#[test]
fn frames_without_time_go_at_once() {
    let make = Blocks { big: false };
    let mut timeless = [make.section(&[]), make.interface(1, 0, &[])].concat();
    timeless.extend(make.packet(0, 3_000_000, 1, b"a", &[]));
    timeless.extend(make.block(3, &[&make.u32(1)[..], b"b"].concat()));
    timeless.extend(make.packet(0, 9_000_000, 1, b"c", &[]));
    let outcome = read(vec![reader(&seconds(&[1, 4])), reader(&timeless)], &limits()).unwrap();
    assert_eq!(outcome.frames.iter().map(|frame| frame.bytes[0]).collect::<Vec<_>>(), b"xabxc");
}

#[test]
fn anomalies_are_told_once_although_files_are_opened_twice() {
    let directory = tempfile::tempdir().unwrap();
    let odd = directory.path().join("odd.pcap");
    std::fs::write(&odd, pcap(MICROSECONDS, 2, 1, &[(1, 0, 3, 3, b"abc")])).unwrap();
    let outcome = read(vec![Input::Path(case("formats.pcap")), Input::Path(odd)], &limits()).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (50, vec![AnomalyKind::RecordLength]));
    assert_eq!(outcome.anomalies[0].packet, Some(1));
}

#[test]
fn a_set_of_many_files_needs_few_of_them_open() {
    let directory = tempfile::tempdir().unwrap();
    let inputs = (0..1_500_u32)
        .map(|index| {
            let path = directory.path().join(index.to_string());
            let from = (1_500 - index) * 10;
            std::fs::write(&path, seconds(&[from, from + 1, from + 5])).unwrap();
            Input::Path(path)
        })
        .collect();
    let outcome = read(inputs, &limits()).unwrap();
    assert_eq!(outcome.frames.len(), 4_500);
    assert!(outcome.times().is_sorted());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Merging sorted files is sorting, and stable in the order of the inputs.
    #[test]
    fn merging_sorted_files_is_a_stable_sort(mut sets in prop::collection::vec(prop::collection::vec(1..30_u32, 0..12), 1..6)) {
        for set in &mut sets {
            set.sort_unstable();
        }
        let mut expected: Vec<_> = (0..).zip(&sets).flat_map(|(index, set)| set.iter().map(move |time| (*time, index))).collect();
        expected.sort_unstable();
        let outcome = read(sets.iter().map(|set| reader(&seconds(set))).collect(), &limits()).unwrap();
        let order: Vec<_> = outcome.frames.iter().map(|frame| ((frame.time / 1_000_000_000) as u32, frame.capture)).collect();
        prop_assert_eq!(order, expected);
    }
}
