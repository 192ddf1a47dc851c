use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu as Theirs, read_pdu, write_pdu};
use proptest::prelude::*;

use crate::anomaly::AnomalyKind;
use crate::dicom::framer::Framer;
use crate::dicom::pdu::{Pdu, Pdv, Upper};
use crate::event::Stamp;
use crate::flow::Place;
use crate::limits::Limits;

/// PDUs in words, PDVs and command bytes among them.
#[derive(Default)]
struct Seen {
    said: Vec<String>,
    command: Vec<u8>,
    issues: Vec<&'static str>,
    lost: Vec<(u64, u64)>,
    found: Vec<u64>,
}

impl Upper for Seen {
    fn begin(&mut self, pdu: &Pdu) {
        self.said.push(format!("pdu {} at {}", pdu.pdu_type, pdu.offset));
    }

    fn body(&mut self, pdu: &Pdu, body: &[u8]) {
        self.said.push(format!("body {:?} {}", body, pdu.complete));
    }

    fn pdv(&mut self, _: &Pdu, pdv: Pdv) {
        self.said.push(format!("pdv {} {} {} {}", pdv.context_id, pdv.is_command, pdv.is_last, pdv.length));
    }

    fn command(&mut self, bytes: &[u8]) {
        self.command.extend_from_slice(bytes);
    }

    fn pdv_end(&mut self, _: &Pdu, pdv: Pdv, whole: bool) {
        let command = std::mem::take(&mut self.command);
        if pdv.is_command {
            self.said.push(format!("command {command:?} {whole}"));
        } else {
            self.said.push(format!("data {whole}"));
        }
    }

    fn end(&mut self, pdu: &Pdu) {
        self.said.push(format!("end {} {} {}", pdu.length, pdu.pdvs, pdu.complete));
    }

    fn lost(&mut self, from: u64, until: u64) {
        self.lost.push((from, until));
    }

    fn found(&mut self, _: Stamp, offset: u64, _: u64) {
        self.found.push(offset);
    }

    fn issue(&mut self, _: Stamp, _: AnomalyKind, detail: &'static str, _: u64, _: u64) {
        self.issues.push(detail);
    }
}

fn place(offset: usize) -> Place {
    Place { stamp: Stamp { packet: 1, time: 0 }, offset: offset as u64, acknowledged: None }
}

/// What dicom-ul reads of a stream, in the same words.
fn theirs(stream: &[u8]) -> Vec<String> {
    let mut said = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let at = stream.len() - rest.len();
        let length = u32::from_be_bytes(rest[2..6].try_into().unwrap()) as usize;
        let pdu = read_pdu(rest, 1 << 20, false).unwrap().unwrap();
        said.push(format!("pdu {} at {at}", rest[0]));
        let mut count = 0;
        if let Theirs::PData { data } = &pdu {
            count = data.len();
            for value in data {
                let (context, command) = (value.presentation_context_id, value.value_type == PDataValueType::Command);
                said.push(format!("pdv {context} {command} {} {}", value.is_last, value.data.len()));
                said.push(if command { format!("command {:?} true", value.data) } else { "data true".to_owned() });
            }
        } else {
            said.push(format!("body {:?} true", &rest[6..6 + length]));
        }
        said.push(format!("end {length} {count} true"));
        rest = &rest[6 + length..];
    }
    said
}

fn value() -> impl Strategy<Value = PDataValue> {
    (0u8..128, any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(id, command, is_last, data)| {
        let value_type = if command { PDataValueType::Command } else { PDataValueType::Data };
        PDataValue { presentation_context_id: id * 2 + 1, value_type, is_last, data }
    })
}

fn pdus() -> impl Strategy<Value = Vec<Theirs>> {
    let pdu = prop_oneof![
        5 => prop::collection::vec(value(), 1..4).prop_map(|data| Theirs::PData { data }),
        1 => Just(Theirs::ReleaseRQ),
        1 => Just(Theirs::ReleaseRP),
    ];
    // The first is one that is believed wherever a search begins.
    prop::collection::vec(pdu, 0..8).prop_map(|mut pdus| {
        pdus.insert(0, Theirs::ReleaseRP);
        pdus
    })
}

fn stream_of(pdus: &[Theirs]) -> Vec<u8> {
    let mut stream = Vec::new();
    for pdu in pdus {
        write_pdu(&mut stream, pdu).unwrap();
    }
    stream
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_dicom_ul_reads(pdus in pdus(), cuts in prop::collection::vec(1usize..60, 1..5)) {
        let stream = stream_of(&pdus);
        let (mut framer, mut seen, mut at) = (Framer::default(), Seen::default(), 0);
        for cut in cuts.iter().cycle() {
            let end = stream.len().min(at + cut);
            framer.data(place(at), &stream[at..end], &Limits::default(), &mut seen);
            at = end;
            if at == stream.len() {
                break;
            }
        }
        framer.finish(&Limits::default(), &mut seen);
        prop_assert_eq!(seen.said, theirs(&stream));
        prop_assert_eq!(seen.issues, [""; 0]);
    }

    /// A gap anywhere: the bytes are accounted for, and nothing that it touches is whole.
    #[test]
    fn gap_anywhere(pdus in pdus(), start in any::<usize>(), length in 1usize..100, cut in 1usize..60) {
        let mut stream = stream_of(&pdus);
        stream.extend(stream_of(&[Theirs::ReleaseRQ]));
        let start = start % stream.len();
        let end = stream.len().min(start + length);
        let (mut framer, mut seen) = (Framer::default(), Seen::default());
        for (from, part) in [(0, &stream[..start]), (end, &stream[end..])] {
            for (index, piece) in part.chunks(cut).enumerate() {
                framer.data(place(from + index * cut), piece, &Limits::default(), &mut seen);
            }
            if from == 0 {
                framer.gap(place(start), (end - start) as u64, &Limits::default(), &mut seen);
            }
        }
        framer.finish(&Limits::default(), &mut seen);
        prop_assert_eq!(framer.reached, stream.len() as u64);
        let whole = seen.said.iter().filter(|said| said.starts_with("end") && said.ends_with("true")).count();
        let mut offset = 0;
        let untouched = pdus.iter().chain([&Theirs::ReleaseRQ]).filter(|pdu| {
            let from = offset;
            offset += stream_of(&[(*pdu).clone()]).len();
            offset <= start || from >= end
        });
        prop_assert!(whole <= untouched.count(), "{:?}", seen.said);
        for (from, until) in seen.lost {
            prop_assert!(from < until && until <= stream.len() as u64);
        }
    }
}

#[test]
fn lengths_that_cannot_be_are_not_believed() {
    for length in [0x8000_0001_u32, u32::MAX] {
        let (mut framer, mut seen) = (Framer::default(), Seen::default());
        let mut stream = stream_of(&[Theirs::ReleaseRQ]);
        stream.extend([4, 0]);
        stream.extend(length.to_be_bytes());
        stream.extend(stream_of(&[Theirs::ReleaseRP]));
        framer.data(place(0), &stream, &Limits::default(), &mut seen);
        assert_eq!(seen.issues, ["no PDU where one should begin"]);
        assert_eq!(seen.found, [0, 16], "and the next one is found");
    }
}

#[test]
fn fragments_that_do_not_fit() {
    let pdu = |body: &[u8]| [&[4, 0, 0, 0, 0, body.len() as u8], body].concat();
    for (body, issue) in [
        (vec![], "P-DATA-TF without a presentation data value"),
        (vec![0, 0, 0, 1, 1, 0], "presentation data value shorter than its header"),
        (vec![0, 0, 0, 9, 1, 0, 7], "presentation data value longer than its PDU"),
        (vec![0, 0, 0, 2, 1, 0, 1, 2, 3], "bytes after the last presentation data value"),
        (vec![0xff, 0xff, 0xff, 0xff, 1, 0], "presentation data value longer than its PDU"),
    ] {
        let (mut framer, mut seen) = (Framer::default(), Seen::default());
        let stream = [stream_of(&[Theirs::ReleaseRQ]), pdu(&body), stream_of(&[Theirs::ReleaseRP])].concat();
        framer.data(place(0), &stream, &Limits::default(), &mut seen);
        assert_eq!(seen.issues, [issue]);
        assert_eq!(seen.said.last().map(String::as_str), Some("end 4 0 true"), "the next PDU is read");
        assert!(seen.said.contains(&format!("pdu 6 at {}", 16 + body.len())));
    }
}

fn read_in_pieces(stream: &[u8], piece: usize, seen: &mut Seen) {
    let mut framer = Framer::default();
    for (index, bytes) in stream.chunks(piece).enumerate() {
        framer.data(place(index * piece), bytes, &Limits::default(), seen);
    }
    framer.finish(&Limits::default(), seen);
}

fn object(size: usize) -> Vec<u8> {
    let value = |value_type, is_last, data: Vec<u8>| PDataValue { presentation_context_id: 1, value_type, is_last, data };
    let one = |part| Theirs::PData { data: vec![part] };
    let command = [&[0, 0, 0, 0, 4, 0, 0, 0], [7; 90].as_slice()].concat();
    stream_of(&[
        one(value(PDataValueType::Command, true, command)),
        one(value(PDataValueType::Data, false, vec![9; size])),
        one(value(PDataValueType::Data, true, vec![9; size / 2])),
    ])
}

/// A header with a length that is a lie, between two proper PDUs, costs only itself, wherever the pieces end.
#[test]
fn forged_headers_cost_only_themselves() {
    let before = [stream_of(&[Theirs::ReleaseRP]), object(70)].concat();
    let after = [object(300), stream_of(&[Theirs::ReleaseRQ])].concat();
    let mut forged: Vec<Vec<u8>> = Vec::new();
    for length in [0x7fff_ffff_u32, 0xffff_ffff, 0x8000_0000, 0x0400_0000, 0x0010_0000, 20_000, 1_000] {
        for pdu_type in [4, 3, 5, 6, 7, 0, 8, 0xff] {
            let header = [&[pdu_type, 0], length.to_be_bytes().as_slice()].concat();
            if pdu_type == 4 {
                // With the header of a fragment: one that fills the PDU, one that does not fit, one that has no length.
                for pdv in [length - 4, length, 1, 0xffff_ffff] {
                    if pdv == length - 4 && length <= 64 << 10 {
                        // Nothing in it is wrong, and so few bytes are believed at once.
                        continue;
                    }
                    forged.push([header.as_slice(), &pdv.to_be_bytes(), &[1, 2]].concat());
                }
            }
            forged.push(header);
        }
    }
    for forged in forged {
        let stream = [before.as_slice(), &forged, &after].concat();
        for piece in [1, 7, 16, 33, stream.len()] {
            let (mut clean, mut seen) = (Seen::default(), Seen::default());
            read_in_pieces(&stream, piece, &mut seen);
            assert!(!seen.issues.is_empty(), "{forged:?} is told");
            read_in_pieces(&[before.as_slice(), &after].concat(), piece, &mut clean);
            let shifted = |said: &String| {
                let Some((pdu, at)) = said.split_once(" at ") else { return said.clone() };
                let at: usize = at.parse().unwrap();
                format!("{pdu} at {}", if at < before.len() { at } else { at + forged.len() })
            };
            let told: Vec<_> = clean.said.iter().map(shifted).collect();
            let first = before.len();
            let extra = seen.said.iter().position(|said| *said == format!("pdu {} at {first}", forged[0]));
            if let Some(at) = extra {
                // It was taken for a PDU until its fragments did not add up.
                let end = at + seen.said[at..].iter().position(|said| said.starts_with("end")).unwrap();
                assert!(seen.said[end].ends_with("false"), "{:?}", seen.said);
                seen.said.drain(at..=end);
            }
            assert_eq!(seen.said, told, "{forged:?} in pieces of {piece}");
        }
    }
}

/// PDUs of any length that add up are read, where the receiver has no limit.
#[test]
fn long_pdus_are_no_lie() {
    for size in [60_000, 70_000, 3_000_000] {
        let stream = [stream_of(&[Theirs::ReleaseRP]), object(size), object(size), stream_of(&[Theirs::ReleaseRQ])].concat();
        let mut seen = Seen::default();
        read_in_pieces(&stream, 1_460, &mut seen);
        assert_eq!(seen.issues, [""; 0]);
        assert!(seen.lost.is_empty());
        assert_eq!(seen.said.iter().filter(|said| said.starts_with("end") && said.ends_with("true")).count(), 8);
    }
}

/// A data fragment so long that its header could be that of a PDU.
#[test]
fn a_fragment_header_that_looks_like_a_pdu_header() {
    let first = [&[0, 0, 0, 6, 1, 0], [5; 4].as_slice()].concat();
    let second = [[4, 0, 0x11, 0x22, 1, 2].as_slice(), &vec![8; 0x0400_1120]].concat();
    let length = (first.len() + second.len()) as u32;
    let head = [[4, 0].as_slice(), &length.to_be_bytes()].concat();
    let stream = [stream_of(&[Theirs::ReleaseRP]), head, first, second, stream_of(&[Theirs::ReleaseRQ])].concat();
    let mut seen = Seen::default();
    read_in_pieces(&stream, 1 << 16, &mut seen);
    assert_eq!(seen.issues, [""; 0]);
    assert_eq!(seen.said[seen.said.len() - 4], format!("end {length} 2 true"));
}

/// PS3.8 section 9.3: the reserved byte says nothing.
#[test]
fn a_reserved_byte_that_is_not_0_changes_nothing() {
    let stream = [stream_of(&[Theirs::ReleaseRP]), object(300), stream_of(&[Theirs::ReleaseRQ, Theirs::ReleaseRP])].concat();
    let mut clean = Seen::default();
    read_in_pieces(&stream, stream.len(), &mut clean);
    let starts: Vec<usize> = clean.said.iter().filter_map(|said| said.split_once(" at ")).map(|(_, at)| at.parse().unwrap()).collect();
    for reserved in [1, 0x20, 0xff] {
        for piece in [1, 5, 12, 40, stream.len()] {
            let mut changed = stream.clone();
            for start in &starts[1..] {
                changed[start + 1] = reserved;
            }
            let mut seen = Seen::default();
            read_in_pieces(&changed, piece, &mut seen);
            assert_eq!(seen.said, clean.said);
            assert_eq!(seen.issues, vec!["reserved byte of the PDU header is not 0"; starts.len() - 1]);
        }
    }
}
