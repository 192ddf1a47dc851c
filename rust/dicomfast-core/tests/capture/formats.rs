//! Every container: recorded captures against pcap-parser, and bytes written here from the format documents.

use dicomfast_core::anomaly::AnomalyKind;
use dicomfast_core::capture::Input;
use dicomfast_core::event::NO_TIME;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, LegacyPcapReader, PcapBlockOwned, PcapNGSlice};

use super::support::{Blocks, MICROSECONDS, case, case_bytes, limits, pcap, read, read_bytes};

/// Time in nanoseconds, length on the wire, bytes.
type Plain = (i64, u32, Vec<u8>);

fn legacy(bytes: &[u8]) -> Vec<Plain> {
    let mut reader = LegacyPcapReader::new(1 << 20, bytes).unwrap();
    let mut scale = 0;
    let mut frames = Vec::new();
    while let Ok((used, block)) = reader.next() {
        match block {
            PcapBlockOwned::LegacyHeader(header) => scale = if header.is_nanosecond_precision() { 1 } else { 1_000 },
            PcapBlockOwned::Legacy(block) => {
                let time = i64::from(block.ts_sec) * 1_000_000_000 + i64::from(block.ts_usec) * scale;
                frames.push((time, block.origlen, block.data.to_vec()));
            }
            PcapBlockOwned::NG(_) => {}
        }
        reader.consume(used);
    }
    frames
}

fn next_generation(bytes: &[u8]) -> Vec<Plain> {
    let mut units = Vec::new();
    let mut frames = Vec::new();
    for block in PcapNGSlice::from_slice(bytes).unwrap() {
        match block.unwrap() {
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => units.push(interface.ts_resolution().unwrap()),
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let count = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let time = (u128::from(count) * 1_000_000_000 / u128::from(units[packet.if_id as usize])) as i64;
                frames.push((time, packet.origlen, packet.data[..packet.caplen as usize].to_vec()));
            }
            _ => {}
        }
    }
    frames
}

fn ours(name: &str) -> Vec<Plain> {
    let outcome = read(vec![Input::Path(case(name))], &limits()).unwrap();
    assert_eq!(outcome.kinds(), [], "{name}");
    assert!(outcome.records[0].complete, "{name}");
    assert_eq!(outcome.records[0].packets, outcome.frames.len() as u64, "{name}");
    outcome.frames.into_iter().map(|frame| (frame.time, frame.length, frame.bytes)).collect()
}

#[test]
fn pcap_files_agree_with_pcap_parser() {
    for (name, packets, link) in [
        ("formats.pcap", 49, 1),
        ("formats.ns.pcap", 49, 1),
        ("formats.be.pcap", 49, 1),
        ("formats.be.ns.pcap", 49, 1),
        ("formats.null.pcap", 49, 0),
        ("formats.loop.pcap", 49, 108),
        ("formats.raw.pcap", 49, 101),
        ("formats.ppp.pcap", 49, 9),
        ("any_sll.sll.pcap", 76, 113),
        ("any_sll.sll2.pcap", 76, 276),
    ] {
        let expected = legacy(&case_bytes(name));
        assert_eq!(expected.len(), packets, "{name}");
        assert_eq!(ours(name), expected, "{name}");
        assert_eq!(read_bytes(&case_bytes(name)).unwrap().frames[0].link, link, "{name}");
    }
}

#[test]
fn pcapng_files_agree_with_pcap_parser() {
    for (name, packets) in [("formats.2if.pcapng", 67), ("formats.comment.pcapng", 49), ("tls13.dsb.pcapng", 72)] {
        let expected = next_generation(&case_bytes(name));
        assert_eq!(expected.len(), packets, "{name}");
        assert_eq!(ours(name), expected, "{name}");
    }
}

#[test]
fn compressed_files_are_the_same() {
    let plain = ours("formats.pcap");
    for (name, format) in [("formats.pcap.gz", "pcap (gzip)"), ("formats.pcap.zst", "pcap (zstd)"), ("formats.pcap.lz4", "pcap (lz4)")] {
        assert_eq!(ours(name), plain, "{name}");
        assert_eq!(read(vec![Input::Path(case(name))], &limits()).unwrap().records[0].format, format);
    }
    assert_eq!(ours("formats.2if.pcapng.zst"), ours("formats.2if.pcapng"));
}

#[test]
fn what_pcapng_says_of_itself() {
    let outcome = read(vec![Input::Path(case("formats.comment.pcapng"))], &limits()).unwrap();
    let record = &outcome.records[0];
    assert_eq!(record.comments, ["first comment by the corpus", "zweiter Kommentar äöü"]);
    assert_eq!((record.format.as_str(), record.link_types.as_slice()), ("pcapng", ["EN10MB".to_owned()].as_slice()));
    let record = &read(vec![Input::Path(case("formats.2if.pcapng"))], &limits()).unwrap().records[0];
    assert_eq!(record.dropped, Some(0));
    assert!(record.application.as_deref().unwrap().starts_with("Dumpcap"));
    let outcome = read(vec![Input::Path(case("tls13.dsb.pcapng"))], &limits()).unwrap();
    assert_eq!(outcome.secrets, 1);
}

#[test]
fn defective_recordings() {
    let outcome = read(vec![Input::Path(case("defects.truncated.pcap"))], &limits()).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (120, vec![AnomalyKind::TruncatedTail]));
    assert!(!outcome.records[0].complete);
    let outcome = read(vec![Input::Path(case("defects.shuffled.pcap"))], &limits()).unwrap();
    let times = outcome.times();
    let backwards = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (128, vec![AnomalyKind::TimestampOrder]));
    assert!(outcome.anomalies[0].detail.starts_with(&format!("{backwards} of 128")));
    assert_eq!(outcome.records[0].first_time, times.iter().min().copied());
    assert_eq!(outcome.records[0].last_time, times.iter().max().copied());
}

#[test]
fn modified_pcap_has_longer_record_headers() {
    let extra = [7, 0, 0, 0, 8, 0, 0, 0, b'd', b'a', b't', b'a'];
    let outcome = read_bytes(&pcap(0xa1b2_cd34, 65_535, 1, &[(1, 2, 4, 4, &extra), (3, 4, 4, 9, &extra)])).unwrap();
    assert_eq!(outcome.times(), [1_000_002_000, 3_000_004_000]);
    assert_eq!((outcome.frames[1].bytes.as_slice(), outcome.frames[1].length), (b"data".as_slice(), 9));
}

#[test]
fn odd_pcap_headers_are_normalised() {
    // FCS length in the upper bits of the link type; snap length 0, negative, huge.
    for (snap_length, told) in [(0, None), (u32::MAX, None), (0x7fff_ffff, Some(0x7fff_ffff)), (65_535, Some(65_535))] {
        let outcome = read_bytes(&pcap(MICROSECONDS, snap_length, 0x4400_0001, &[(1, 0, 3, 3, b"abc")])).unwrap();
        assert_eq!((outcome.frames[0].link, outcome.records[0].snap_length, outcome.kinds()), (1, told, vec![]));
    }
    let outcome = read_bytes(&pcap(MICROSECONDS, 2, 1, &[(1, 0, 3, 3, b"abc"), (1, 0, 3, 2, b"abc"), (2, 3_000_000, 1, 1, b"a")])).unwrap();
    assert_eq!(outcome.kinds(), [AnomalyKind::RecordLength, AnomalyKind::TimestampInvalid]);
    assert_eq!(outcome.times(), [1_000_000_000, 1_000_000_000, 5_000_000_000]);
    let mut old = pcap(MICROSECONDS, 65_535, 1, &[(1, 0, 9, 3, b"abc")]);
    old[6] = 3;
    let outcome = read_bytes(&old).unwrap();
    assert_eq!((outcome.frames[0].length, outcome.frames[0].bytes.as_slice(), outcome.kinds()), (9, b"abc".as_slice(), vec![]));
}

#[test]
fn concatenated_files_of_every_kind_go_on() {
    let names = ["formats.pcap", "formats.be.ns.pcap", "formats.2if.pcapng", "formats.comment.pcapng", "formats.null.pcap"];
    let whole: Vec<u8> = names.iter().flat_map(|name| case_bytes(name)).collect();
    let outcome = read_bytes(&whole).unwrap();
    assert_eq!(outcome.frames.len(), 49 + 49 + 67 + 49 + 49);
    assert_eq!(outcome.kinds(), [AnomalyKind::TimestampOrder]);
    assert_eq!(outcome.frames.last().unwrap().link, 0);
    assert_eq!(outcome.records[0].link_types, ["EN10MB", "NULL"]);
}

#[test]
fn sections_of_both_byte_orders_and_interfaces_of_many_clocks() {
    let mut bytes = Vec::new();
    for big in [false, true] {
        let make = Blocks { big };
        bytes.extend(make.section(&[make.option(3, b"an OS"), make.option(1, b"of the section"), make.option(0, b"")].concat()));
        bytes.extend(make.interface(1, 0, &make.option(9, &[9])));
        bytes.extend(make.interface(101, 96, &[make.option(9, &[0x8a]), make.option(14, &make.u64(100))].concat()));
        bytes.extend(make.block(0x4000_0bad, &[1; 9_000]));
        bytes.extend(make.packet(0, 5_000_000_001, 3, b"abc", &make.option(1, b"of the packet")));
        bytes.extend(make.packet(1, 1_536, 200, &[7; 96], &[]));
        let obsolete = [&make.u16(1)[..], &make.u16(4), &make.u32(0), &make.u32(2_048), &make.u32(2), &make.u32(2), b"xy"].concat();
        bytes.extend(make.block(2, &obsolete));
        let statistics = [&make.u32(1)[..], &make.u64(0), &make.option(5, &make.u64(6)), &make.option(7, &make.u64(1))].concat();
        bytes.extend(make.block(5, &statistics));
    }
    let outcome = read_bytes(&bytes).unwrap();
    let links: Vec<_> = outcome.frames.iter().map(|frame| (frame.link, frame.bytes.len(), frame.length)).collect();
    assert_eq!(links, [(1, 3, 3), (101, 96, 200), (101, 2, 2)].repeat(2));
    assert_eq!(outcome.times(), [5_000_000_001, 101_500_000_000, 102_000_000_000].repeat(2));
    assert_eq!(outcome.kinds(), [AnomalyKind::TimestampOrder, AnomalyKind::CaptureLoss]);
    let record = &outcome.records[0];
    assert_eq!(record.dropped, Some(2 * (4 + 6 + 1)));
    assert_eq!(record.comments, ["of the section", "of the packet"].repeat(2));
    assert_eq!((record.operating_system.as_deref(), record.cut_packets, record.snap_length), (Some("an OS"), 2, Some(96)));
}

#[test]
fn simple_packets_have_no_time() {
    let make = Blocks { big: false };
    let mut bytes = [make.section(&[]), make.interface(1, 4, &[])].concat();
    bytes.extend(make.block(3, &[&make.u32(9)[..], b"abcd"].concat()));
    bytes.extend(make.block(3, &[&make.u32(3)[..], b"abc"].concat()));
    let outcome = read_bytes(&bytes).unwrap();
    let frames: Vec<_> = outcome.frames.iter().map(|frame| (frame.time, frame.length, frame.bytes.as_slice())).collect();
    assert_eq!(frames, [(NO_TIME, 9, b"abcd".as_slice()), (NO_TIME, 3, b"abc".as_slice())]);
    assert_eq!(outcome.kinds(), [AnomalyKind::MissingTime]);
}

#[test]
fn packets_of_unknown_interfaces_are_left_out() {
    let make = Blocks { big: true };
    let mut bytes = [make.section(&[]), make.packet(0, 1, 1, b"a", &[]), make.interface(1, 0, &[])].concat();
    bytes.extend([make.packet(0, 2, 1, b"b", &[]), make.packet(9, 3, 1, b"c", &[])].concat());
    let outcome = read_bytes(&bytes).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (1, vec![AnomalyKind::UnknownInterface]));
}
