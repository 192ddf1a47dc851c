//! Damaged and malicious files: never a panic, never a loop, never a frame lost that stood before the damage.

use std::io::Write;

use dicomfast_core::anomaly::AnomalyKind;
use dicomfast_core::capture::Input;
use dicomfast_core::error::Error;
use dicomfast_core::limits::Limits;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::support::{Blocks, MICROSECONDS, case, case_bytes, error_of, limits, pcap, read, read_bytes};

#[test]
fn every_prefix_gives_the_frames_it_holds() {
    for name in ["formats.pcap", "formats.2if.pcapng"] {
        let whole = case_bytes(name);
        let all = read_bytes(&whole).unwrap().frames;
        let mut most = 0;
        for length in 0..whole.len() {
            match read_bytes(&whole[..length]) {
                Ok(outcome) => {
                    assert!(outcome.frames.len() >= most, "{name} cut to {length}");
                    most = outcome.frames.len();
                    assert_eq!(outcome.frames, all[..most], "{name} cut to {length}");
                    let edge = outcome.records[0].complete;
                    assert_eq!(outcome.kinds(), if edge { vec![] } else { vec![AnomalyKind::TruncatedTail] }, "{name} cut to {length}");
                }
                Err(Error::NotACapture { .. }) => assert!(length < 28),
                Err(other) => panic!("{name} cut to {length}: {other}"),
            }
        }
        assert!(most >= all.len() - 1);
    }
}

#[test]
fn every_damaged_byte_of_the_beginning_ends_well() {
    for name in ["formats.pcap", "formats.2if.pcapng", "formats.comment.pcapng"] {
        let whole = case_bytes(name);
        for at in 0..200 {
            for value in [0, 1, 0x7f, 0x80, 0xff, !whole[at], whole[at] ^ 1] {
                let mut bytes = whole[..4_000].to_vec();
                bytes[at] = value;
                // An error or some frames: either is well.
                let _ = read_bytes(&bytes);
            }
        }
    }
}

#[test]
fn damaged_compression_keeps_what_came_before() {
    for name in ["formats.pcap.gz", "formats.pcap.zst", "formats.pcap.lz4"] {
        let whole = case_bytes(name);
        let all = read(vec![Input::Path(case(name))], &limits()).unwrap().frames;
        for length in 0..whole.len() {
            match read_bytes(&whole[..length]) {
                Ok(outcome) => {
                    assert_eq!(outcome.frames, all[..outcome.frames.len()], "{name} cut to {length}");
                    assert!(!outcome.kinds().is_empty() || outcome.frames.len() == all.len(), "{name} cut to {length}");
                }
                Err(Error::Decompress { .. } | Error::NotACapture { .. }) => {}
                Err(other) => panic!("{name} cut to {length}: {other}"),
            }
        }
        for at in 20..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            let _ = read_bytes(&bytes);
        }
    }
}

#[test]
fn damage_far_inside_costs_little_of_what_came_before() {
    // Bytes that take half their room when packed, so that places in the packed file are places in the capture.
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    };
    let bodies: Vec<Vec<u8>> = (0..400).map(|_| (0..3_000).map(|_| letter()).collect()).collect();
    let records: Vec<_> = bodies.iter().map(|body| (1, 0, 3_000, 3_000, body.as_slice())).collect();
    let whole = pcap(MICROSECONDS, 65_535, 1, &records);
    let all = read_bytes(&whole).unwrap().frames;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&whole).unwrap();
    for (name, mut packed) in [("gzip", encoder.finish().unwrap()), ("zstd", zstd::encode_all(&whole[..], 1).unwrap())] {
        // Shortly before the end of a piece that the decoder takes in at once.
        let at = (512 << 10) - 2_000;
        let before = 400 * at / packed.len();
        packed[at..at + 300].fill(0xff);
        // The windows are as large as they usually are.
        let frames = read(vec![super::support::reader(&packed)], &Limits::default()).unwrap().frames;
        // zstd makes blocks of 128 KiB (RFC 8878 section 3.1.1.2.4): 44 frames.
        let kept = before - 50;
        assert!(frames.len() >= kept, "{name}: {} frames of the {before} before the damage", frames.len());
        assert_eq!(frames[..kept], all[..kept], "{name}");
    }
}

#[test]
fn members_and_frames_of_a_compression_follow_each_other() {
    let whole = case_bytes("formats.pcap");
    let (head, tail) = whole.split_at(5_000);
    let all = read_bytes(&whole).unwrap().frames;
    let gz = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let lz4 = |bytes: &[u8]| {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    for (name, bytes) in
        [("gzip", [gz(head), gz(tail)].concat()), ("zstd", [zst(head), zst(tail)].concat()), ("lz4", [lz4(head), lz4(tail)].concat())]
    {
        let outcome = read_bytes(&bytes).unwrap();
        assert_eq!((outcome.frames.len(), outcome.kinds()), (all.len(), vec![]), "{name}");
        assert_eq!(outcome.frames, all, "{name}");
    }
    assert!(error_of(&gz(&zst(&whole))).contains("zstd inside gzip"));
}

#[test]
fn a_bomb_is_stopped() {
    let limits = Limits { compression_ratio: 100, compression_ratio_from: 1 << 20, ..limits() };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&pcap(MICROSECONDS, 65_535, 1, &[(1, 0, 3, 3, b"abc")])).unwrap();
    let record = [&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0][..], &vec![0; 0x8000]].concat();
    for _ in 0..200 {
        encoder.write_all(&record).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    let outcome = read(vec![super::support::reader(&bytes)], &limits).unwrap();
    assert_eq!(outcome.kinds(), [AnomalyKind::DamagedCompression]);
    assert!(outcome.frames.len() > 20 && outcome.frames.len() < 60, "{}", outcome.frames.len());
    let mut window: Vec<u8> = zstd::encode_all(&b"x"[..], 1).unwrap();
    // A window of 2 GiB (RFC 8878 section 3.1.1.1.2: exponent 21, no single segment).
    window.splice(4..6, [0, 21 << 3]);
    assert!(matches!(read_bytes(&window), Err(Error::Decompress { .. })));
}

#[test]
fn impossible_lengths_end_the_file_or_are_passed_over() {
    let outcome = read_bytes(&pcap(MICROSECONDS, 65_535, 1, &[(1, 0, 3, 3, b"abc"), (1, 0, u32::MAX, u32::MAX, b"abc")])).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (1, vec![AnomalyKind::BadRecord]));
    // The zeros of a file that was not written to its end.
    let zeros = [pcap(MICROSECONDS, 65_535, 1, &[(1, 0, 3, 3, b"abc")]), vec![0; 9_000]].concat();
    let outcome = read_bytes(&zeros).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (1, vec![AnomalyKind::BadRecord]));

    let make = Blocks { big: false };
    let begin = [make.section(&[]), make.interface(1, 0, &[]), make.packet(0, 1, 3, b"abc", &[])].concat();
    let good = make.packet(0, 2, 3, b"abc", &[]);
    for length in [0_u32, 4, 8, 13, u32::MAX] {
        let outcome = read_bytes(&[&begin[..], &make.u32(6), &make.u32(length), &good].concat()).unwrap();
        assert_eq!((outcome.frames.len(), outcome.kinds()), (1, vec![AnomalyKind::BadBlock]), "{length}");
    }
    let mut trailer = [begin.clone(), good.clone()].concat();
    let last = trailer.len() - 4;
    trailer[last] ^= 4;
    assert_eq!(read_bytes(&trailer).unwrap().kinds(), [AnomalyKind::BadBlock]);
    // Captured more than the block holds.
    let mut short = [begin.clone(), good.clone()].concat();
    let captured = begin.len() + 20;
    short[captured] = 9;
    assert_eq!(read_bytes(&short).unwrap().kinds(), [AnomalyKind::BadBlock]);
    let long = [begin.clone(), make.packet(0, 2, 90_000, &vec![1; 90_000], &[]), good.clone()].concat();
    let outcome = read_bytes(&long).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (2, vec![AnomalyKind::BadBlock]));
    let cut = [begin, make.u32(0xbad), make.u32(0xffff_fff0), vec![0; 100]].concat();
    assert_eq!(read_bytes(&cut).unwrap().kinds(), [AnomalyKind::TruncatedTail]);
}

#[test]
fn the_named_bounds_hold() {
    let make = Blocks { big: false };
    let mut bytes = [make.section(&[]), make.interface(1, 0, &make.option(1, &[b'x'; 60])), make.interface(0, 0, &[])].concat();
    for _ in 0..5 {
        let key = [&make.u32(0x544c_534b)[..], &make.u32(30), &[b'k'; 30]].concat();
        bytes.extend(make.block(10, &key));
        bytes.extend(make.packet(0, 1, 1, b"a", &make.option(1, b"short")));
        bytes.extend(make.packet(1, 1, 1, b"a", &[]));
    }
    let limits = Limits { interfaces: 1, link_types: 1, comments: 3, comment_bytes: 66, secret_bytes: 190, ..limits() };
    let outcome = read(vec![super::support::reader(&bytes)], &limits).unwrap();
    assert_eq!((outcome.frames.len(), outcome.kinds()), (5, vec![AnomalyKind::UnknownInterface]));
    assert_eq!((outcome.records[0].comments.len(), outcome.secrets), (2, 2));
}

#[test]
fn what_is_no_capture_is_named() {
    assert!(error_of(b"").contains("it is empty"));
    assert!(error_of(&case_bytes("formats.pcap")[..23]).contains("it has only 23 bytes"));
    assert!(error_of(&case_bytes("formats.2if.pcapng")[..20]).contains("it has only 20 bytes"));
    assert!(error_of(&[b'x'; 4_000]).contains("no known capture format"));
    assert!(error_of(&[&[0; 128][..], b"DICM\x02\0\0\0"].concat()).contains("a DICOM file"));
    assert!(error_of(&[&b"snoop\0\0\0"[..], &[0; 20]].concat()).contains("editcap -F pcapng"));
    assert!(error_of(&[&b"PK\x03\x04"[..], &[0; 20]].concat()).contains("a ZIP archive is not supported"));
    assert!(error_of(&[&[0x1f, 0x8b][..], &[0xff; 40]].concat()).contains("cannot be decompressed"));
    assert!(matches!(read(vec![Input::Path("/".into())], &limits()), Err(Error::Open { .. })));
    assert!(matches!(read(vec![Input::Path("/does/not/exist".into())], &limits()), Err(Error::Open { .. })));
    assert!(matches!(read(vec![], &limits()), Err(Error::Argument(_))));
}
