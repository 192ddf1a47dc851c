//! Command sets of real programs as pydicom reads them, and the same ones in encodings that PS3.7 does not allow.

use std::fmt::Display;

use dicomfast_core::dicom::command::{command_lines, command_name, decode, is_request, is_response, operation_name};
use dicomfast_core::dicom::privacy::Phi;
use dicomfast_core::event::CommandSet;

use crate::{Case, cases};

/// The command set in the words of the fixtures, in the order of the tags.
fn words(command: &CommandSet) -> Vec<String> {
    fn line<T: Display>(lines: &mut Vec<String>, name: &str, value: Option<T>) {
        lines.extend(value.map(|value| format!("{name} {value}")));
    }
    let tags = |tags: &[u32]| (!tags.is_empty()).then(|| tags.iter().map(|tag| format!("{tag:08x}")).collect::<Vec<_>>().join(","));
    let mut lines = Vec::new();
    line(&mut lines, "affected_sop_class", command.affected_sop_class.as_ref());
    line(&mut lines, "requested_sop_class", command.requested_sop_class.as_ref());
    line(&mut lines, "command_field", command.command_field);
    line(&mut lines, "message_id", command.message_id);
    line(&mut lines, "message_id_responded_to", command.message_id_responded_to);
    line(&mut lines, "move_destination", command.move_destination.as_ref());
    line(&mut lines, "priority", command.priority);
    line(&mut lines, "data_set_type", command.data_set_type);
    line(&mut lines, "status", command.status);
    line(&mut lines, "offending_elements", tags(&command.offending_elements));
    line(&mut lines, "error_comment", command.error_comment.as_ref());
    line(&mut lines, "error_id", command.error_id);
    line(&mut lines, "affected_sop_instance", command.affected_sop_instance.as_ref());
    line(&mut lines, "requested_sop_instance", command.requested_sop_instance.as_ref());
    line(&mut lines, "event_type_id", command.event_type_id);
    line(&mut lines, "attribute_identifiers", tags(&command.attribute_identifiers));
    line(&mut lines, "action_type_id", command.action_type_id);
    line(&mut lines, "remaining_suboperations", command.remaining_suboperations);
    line(&mut lines, "completed_suboperations", command.completed_suboperations);
    line(&mut lines, "failed_suboperations", command.failed_suboperations);
    line(&mut lines, "warning_suboperations", command.warning_suboperations);
    line(&mut lines, "move_originator_ae", command.move_originator_ae.as_ref());
    line(&mut lines, "move_originator_message_id", command.move_originator_message_id);
    lines
}

#[test]
fn every_element_is_what_pydicom_reads() {
    for case in cases("commands.txt") {
        let (command, issues) = decode(&case.bytes);
        assert_eq!(words(&command), case.lines, "{}", case.name);
        assert_eq!(issues, [], "{}", case.name);
        let field = command.command_field.expect("a command field");
        assert_eq!(command_name(field), case.kind, "{}", case.name);
        assert_eq!((is_request(field), is_response(field)), (case.kind.ends_with("-RQ"), case.kind.ends_with("-RSP")));
        assert_eq!(operation_name(field), case.kind.rsplit_once('-').expect("a suffix").0);
    }
}

/// The elements of a standard command set: number, value, and whether it holds 16-bit, 32-bit numbers or text.
fn elements(bytes: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut list = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        list.push((u16::from_le_bytes([rest[2], rest[3]]), rest[8..8 + length].to_vec()));
        rest = &rest[8 + length..];
    }
    list
}

/// PS3.7 annex E.
fn vr(element: u16) -> &'static str {
    match element {
        0x0000 => "UL",
        0x0002 | 0x0003 | 0x1000 | 0x1001 => "UI",
        0x0600 | 0x1030 => "AE",
        0x0901 | 0x1005 => "AT",
        0x0902 => "LO",
        _ => "US",
    }
}

fn encode(case: &Case, explicit: bool, big_endian: bool) -> Vec<u8> {
    let u16_bytes = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut out = Vec::new();
    let all = elements(&case.bytes);
    let overhead: usize = all.iter().skip(1).map(|(_, value)| 8 + value.len()).sum();
    for (element, mut value) in all {
        let vr = vr(element);
        if element == 0 {
            value = (overhead as u32).to_le_bytes().to_vec();
        }
        if big_endian && vr == "UL" {
            value.reverse();
        } else if big_endian && matches!(vr, "US" | "AT") {
            value = value.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        }
        out.extend(u16_bytes(0));
        out.extend(u16_bytes(element));
        if explicit {
            out.extend(vr.as_bytes());
            out.extend(u16_bytes(value.len() as u16));
        } else {
            let length = value.len() as u32;
            out.extend(if big_endian { length.to_be_bytes() } else { length.to_le_bytes() });
        }
        out.extend(value);
    }
    out
}

#[test]
fn other_encodings_are_read_all_the_same_and_said() {
    for case in cases("commands.txt") {
        let (standard, _) = decode(&case.bytes);
        assert_eq!(encode(&case, false, false), case.bytes, "the encoder of this test");
        for (explicit, big_endian, name) in
            [(true, false, "explicit VR little"), (false, true, "implicit VR big"), (true, true, "explicit VR big")]
        {
            let encoded = encode(&case, explicit, big_endian);
            // With the group length element, and without it, as some programs send.
            for bytes in [&encoded[..], &encoded[12..]] {
                let (command, issues) = decode(bytes);
                assert_eq!(command, standard, "{} {name}", case.name);
                assert_eq!(issues.len(), 1, "{} {issues:?}", case.name);
                assert!(issues[0].detail.contains(name), "{} {issues:?}", case.name);
            }
        }
    }
}

fn element(number: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(number.to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(value);
    bytes
}

/// What is wrong with a command set is said; what can be read is read.
#[test]
fn broken_rules_are_issues() {
    let message_id = element(0x0110, &[7, 0]);
    let field = element(0x0100, &[1, 0]);
    let cases: &[(&str, Vec<u8>)] = &[
        ("twice", [field.clone(), message_id.clone(), element(0x0110, &[9, 0])].concat()),
        ("out of order", [message_id.clone(), field.clone()].concat()),
        ("group length 99", [element(0, &[99, 0, 0, 0]), field.clone(), message_id.clone()].concat()),
        ("not 2", [field.clone(), element(0x0110, &[7, 0, 0, 0])].concat()),
        ("odd length", [field.clone(), message_id.clone(), element(0x0902, b"odd")].concat()),
        ("announces 40 bytes, 1 are left", [field.clone(), message_id.clone(), vec![0, 0, 2, 9, 40, 0, 0, 0, b'x']].concat()),
        ("announces 4294967295 bytes", [field.clone(), message_id.clone(), vec![0, 0, 2, 9, 255, 255, 255, 255]].concat()),
        ("is not of group 0000", [field.clone(), message_id.clone(), vec![8, 0, 0x16, 0, 2, 0, 0, 0, b'1', 0]].concat()),
        ("5 bytes after the last element", [field.clone(), message_id.clone(), vec![0, 0, 2, 9, 40]].concat()),
        ("not a valid UID", [element(0x0002, b"1.2.x\x1b"), field.clone(), message_id.clone()].concat()),
        ("no multiple of 4", [field.clone(), message_id.clone(), element(0x0901, &[0x10, 0, 0x20, 0, 1, 0])].concat()),
    ];
    for (expected, bytes) in cases {
        let (command, issues) = decode(bytes);
        assert_eq!((command.command_field, command.message_id), (Some(1), Some(7)), "{expected}");
        assert!(issues.iter().any(|issue| issue.detail.contains(expected)), "{expected}: {issues:?}");
    }
    assert_eq!(decode(&[]), (CommandSet::default(), vec![]));
    let (command, _) = decode(&[field.clone(), element(0x5110, &[1, 0]), element(0x0901, &[0x10, 0, 0x20, 0])].concat());
    assert_eq!((command.other_elements, command.offending_elements), (1, vec![0x0010_0020]));
}

/// A name that is cut is another name.
#[test]
fn names_that_are_cut_are_not_given() {
    for case in cases("commands.txt") {
        let (whole, _) = decode(&case.bytes);
        for end in 0..case.bytes.len() {
            let (cut, _) = decode(&case.bytes[..end]);
            let names = |command: &CommandSet| {
                let uids = [command.sop_class(), command.sop_instance()].map(|uid| uid.map(ToString::to_string));
                [&uids[..], &[command.move_destination.clone(), command.move_originator_ae.clone()]].concat()
            };
            for (cut, whole) in names(&cut).iter().zip(names(&whole)) {
                assert!(cut.is_none() || *cut == whole, "{} of {end} bytes: {cut:?}", case.name);
            }
        }
    }
}

#[test]
fn a_command_set_in_words() {
    let all = cases("commands.txt");
    let store = all.iter().find(|case| case.kind == "C-MOVE-RQ").expect("a case");
    let lines = command_lines(&decode(&store.bytes).0, &Phi::Mask);
    for expected in [
        "(0000,0002) Affected SOP Class UID: Study Root Query/Retrieve Information Model - MOVE (1.2.840.10008.5.1.4.1.2.2.2)",
        "(0000,0100) Command Field: 0x0021 (C-MOVE-RQ)",
        "(0000,0110) Message ID: 1",
        "(0000,0600) Move Destination: \"DEST3\"",
        "(0000,0700) Priority: 0 (medium)",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{lines:#?}");
    }
}
