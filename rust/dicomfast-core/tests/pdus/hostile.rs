//! Cut and changed PDUs: nothing panics, no bound is passed, no user identity comes out.

use std::collections::HashSet;

use dicomfast_core::dicom::associate::{Kind, context_records, decode, negotiation_lines};
use dicomfast_core::dicom::command;
use dicomfast_core::dicom::issue::Issue;
use dicomfast_core::dicom::privacy::Phi;
use dicomfast_core::limits::{ISSUES, Limits, TEXT_BYTES, UID_BYTES};
use proptest::prelude::*;

use crate::associate::kind;
use crate::{Case, cases};

const KINDS: [Kind; 2] = [Kind::Request, Kind::Accept];

/// Decodes, and looks at every bound and at every text that comes out.
fn negotiation(bytes: &[u8], kind: Kind, secrets: &[String]) {
    let limits = Limits::default();
    let associate = decode(bytes, kind, &limits);
    assert!(associate.contexts.len() <= limits.contexts);
    assert!(associate.roles.len() <= limits.negotiation_items && associate.unknown_items.len() <= limits.negotiation_items);
    assert!(associate.extended.iter().all(|extended| extended.information.len() <= UID_BYTES));
    let texts = associate.contexts.iter().flat_map(|context| context.abstract_syntaxes.iter().chain(&context.transfer_syntaxes));
    assert!(texts.chain(&associate.application_context).all(|text| text.len() <= 4 * UID_BYTES));
    check(&associate.issues);
    let records = context_records(Some(&associate), Some(&associate));
    assert!(records.len() <= 2 * limits.contexts);
    let lines = negotiation_lines(&associate, kind);
    if !secrets.is_empty() {
        let said = format!("{associate:?}{records:?}{lines:?}");
        let found = secrets.iter().find(|secret| said.contains(*secret));
        assert_eq!(found, None, "{lines:#?}");
    }
}

/// Every part of a user identity that is long enough to be told from our own words.
fn parts(case: &Case) -> Vec<String> {
    let parts: HashSet<_> = case.secrets.iter().flat_map(|secret| secret.as_bytes().windows(6)).collect();
    let parts = parts.into_iter().map(|part| String::from_utf8_lossy(part).into_owned());
    parts.filter(|part| !"SAML assertion (".contains(part)).collect()
}

fn commands(bytes: &[u8]) {
    let (set, issues) = command::decode(bytes);
    check(&issues);
    assert!(set.error_comment.as_ref().is_none_or(|text| text.len() <= 4 * TEXT_BYTES));
    assert!(set.offending_elements.len() <= bytes.len() / 4);
    let lines = command::command_lines(&set, &Phi::Show);
    assert!(lines.iter().all(|line| !line.chars().any(char::is_control)), "{lines:?}");
}

fn check(issues: &[Issue]) {
    assert!(issues.len() <= ISSUES);
    assert!(issues.iter().all(|issue| issue.detail.is_ascii() && issue.detail.len() < 120));
}

#[test]
fn every_prefix() {
    for case in cases("associate.txt").iter().filter(|case| case.bytes.len() < 5_000) {
        let secrets = parts(case);
        for end in 0..case.bytes.len() {
            negotiation(&case.bytes[..end], kind(case), &secrets);
        }
    }
    for case in cases("commands.txt") {
        (0..case.bytes.len()).for_each(|end| commands(&case.bytes[..end]));
    }
}

/// Item types, lengths and flags that mean something, and the bits around the byte.
fn changes(byte: u8) -> impl Iterator<Item = u8> {
    let meant = [0x00, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x21, 0x30, 0x40, 0x50, 0x7F, 0x80, 0xFF];
    meant.into_iter().chain(0x51..=0x59).chain((0..8).map(move |bit| byte ^ 1 << bit))
}

#[test]
fn every_byte_changed() {
    // Each change costs a decoding of the whole, so of those without a secret the short ones do.
    let short = |case: &&Case| case.bytes.len() < if case.secrets.is_empty() { 400 } else { 1_500 };
    for case in cases("associate.txt").iter().filter(short) {
        let (mut bytes, secrets) = (case.bytes.clone(), parts(case));
        for at in 0..bytes.len() {
            let kept = bytes[at];
            for change in changes(kept) {
                bytes[at] = change;
                negotiation(&bytes, kind(case), &secrets);
            }
            bytes[at] = kept;
        }
    }
    for case in cases("commands.txt") {
        let mut bytes = case.bytes.clone();
        for at in 0..bytes.len() {
            let kept = bytes[at];
            for change in changes(kept) {
                bytes[at] = change;
                commands(&bytes);
            }
            bytes[at] = kept;
        }
    }
}

fn item(item_type: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![item_type, 0];
    bytes.extend((value.len() as u16).to_be_bytes());
    bytes.extend(value);
    bytes
}

fn body(items: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = vec![0; 68];
    bytes[1] = 1;
    bytes.extend(items.into_iter().flatten());
    bytes
}

/// Hazards E05 to E07: bounds that are reached, ids that are wrong, lengths that lie.
#[test]
fn bounds_and_lies() {
    let limits = Limits::default();
    let details = |bytes: &[u8], kind| {
        let associate = decode(bytes, kind, &limits);
        let details: Vec<_> = associate.issues.iter().map(|issue| issue.detail.to_string()).collect();
        (associate, details.join("; "))
    };
    let context = |id: u8, value: &[u8]| item(0x20, &[&[id, 0, 0, 0], value].concat());
    let good = [item(0x30, b"1.2.840.10008.1.1"), item(0x40, b"1.2.840.10008.1.2")].concat();

    let (many, said) = details(&body((0..300).map(|id| context((id * 2 + 1) as u8, &good))), Kind::Request);
    assert_eq!(many.contexts.len(), limits.contexts);
    assert_eq!(many.issues.len(), ISSUES);
    assert!(said.contains("further issues"), "{said}");

    let (even, said) = details(&body([context(2, &good), context(2, &good)]), Kind::Request);
    assert_eq!(even.contexts.len(), 2);
    assert!(said.contains("id 2 is even") && said.contains("id 2 twice"), "{said}");

    let syntaxes: Vec<u8> = (0..300).flat_map(|_| item(0x40, b"1.2")).collect();
    let (wide, said) = details(&body([context(1, &[item(0x30, b"1.2"), syntaxes].concat())]), Kind::Request);
    assert_eq!(wide.contexts[0].transfer_syntaxes.len(), limits.negotiation_items);
    assert!(said.contains("more than 256"), "{said}");

    let mut lies = body([context(1, &good)]);
    lies.extend([0x50, 0, 0xFF, 0xFF, 0x51, 0, 0xFF, 0xFF, 0, 0, 0x40, 0]);
    let (lying, said) = details(&lies, Kind::Request);
    assert_eq!((lying.contexts.len(), lying.max_pdu), (1, Some(16_384)));
    assert!(said.contains("item 0x50 announces 65535 bytes, 8 are left") && said.contains("0x51 has 65535 bytes, not 4"), "{said}");

    let (short, said) = details(&[0, 1, 0], Kind::Accept);
    assert_eq!((short.protocol_version, short.called_ae), (Some(1), None));
    assert!(said.contains("the fixed part alone has 68"), "{said}");

    // E08: a rejected context with an empty transfer syntax, or none, is legal.
    let answers = [item(0x21, &[1, 0, 3, 0, 0x40, 0, 0, 0]), item(0x21, &[3, 0, 4, 0])];
    let (rejected, said) = details(&body(answers), Kind::Accept);
    assert_eq!(said, "");
    assert_eq!(rejected.contexts.iter().map(|context| context.result).collect::<Vec<_>>(), [Some(3), Some(4)]);

    // A UID that is too long is kept; one beyond every bound is cut; padding is no part of it.
    let long = context(1, &[item(0x30, &[b'1'; 100]), item(0x40, &[b'2'; 1_000]), item(0x40, b"1.2\0"), item(0x40, b"1.2 ")].concat());
    let (long, said) = details(&body([long]), Kind::Request);
    assert_eq!((long.contexts[0].abstract_syntaxes[0].len(), long.contexts[0].transfer_syntaxes[0].len()), (100, UID_BYTES));
    assert_eq!(long.contexts[0].transfer_syntaxes[1..], ["1.2", "1.2"]);
    assert!(said.contains("100 bytes that are not a valid UID") && said.contains("UID of 1000 bytes"), "{said}");

    // Items twice: the first one counts. Unknown ones are counted.
    let user = item(0x50, &[item(0x51, &[0, 0, 1, 0]), item(0x51, &[0, 0, 2, 0]), item(0x5A, b"secret")].concat());
    let (twice, said) = details(&body([user, item(0x77, &[])]), Kind::Request);
    assert_eq!(twice.max_pdu, Some(256));
    assert_eq!(twice.unknown_items.iter().map(|item| (item.item_type, item.length)).collect::<Vec<_>>(), [(0x5A, 6), (0x77, 0)]);
    assert!(said.contains("item 0x51 twice"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for kind in KINDS {
            negotiation(&bytes, kind, &[]);
        }
        commands(&bytes);
    }

    /// Items nested at random: deeper than random bytes get.
    #[test]
    fn any_items(items in proptest::collection::vec((0x10..0x5Bu8, proptest::collection::vec(any::<u8>(), 0..60)), 0..40), user in any::<bool>()) {
        let items = items.iter().map(|(item_type, value)| item(*item_type, value));
        let bytes = if user { body([item(0x50, &items.flatten().collect::<Vec<_>>())]) } else { body(items) };
        for kind in KINDS {
            negotiation(&bytes, kind, &[]);
        }
    }

    #[test]
    fn any_elements(elements in proptest::collection::vec((0..0x1100u16, proptest::collection::vec(any::<u8>(), 0..300)), 0..40)) {
        let mut bytes = Vec::new();
        for (number, value) in &elements {
            bytes.extend([0, 0]);
            bytes.extend(number.to_le_bytes());
            bytes.extend((value.len() as u32).to_le_bytes());
            bytes.extend(value);
        }
        commands(&bytes);
    }
}
