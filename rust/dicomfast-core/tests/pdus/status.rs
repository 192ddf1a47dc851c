//! Status codes against pynetdicom's tables.

use std::collections::HashSet;

use dicomfast_core::dicom::status::{Category, status};

/// The words that carry the meaning.
fn words(text: &str) -> HashSet<String> {
    let text = text.to_lowercase().replace("authoris", "authoriz").replace("synchronis", "synchroniz").replace("recognis", "recogniz");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 3);
    words.map(|word| word.trim_end_matches('s').to_owned()).collect()
}

#[test]
fn categories_and_meanings_agree() {
    let file = crate::read("statuses.tsv");
    let mut differences = Vec::new();
    for line in file.lines() {
        let [_service, field, uid, code, category, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let code = code.parse().expect("a code");
        let ours = status(field.parse().expect("a field"), Some(uid), code);
        assert_eq!(ours.category.name(), category, "{line}");
        assert_ne!(ours.text, "unknown status", "{line}");
        let (theirs, ours_words) = (words(text), words(&ours.text));
        // One may say more than the other.
        if theirs.intersection(&ours_words).count() * 2 < theirs.len().min(ours_words.len()) {
            differences.push(format!("{line} | {}", ours.text));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// PS3.7 annex C: the ranges.
#[test]
fn every_code_has_the_category_of_its_range() {
    for code in 0..=u16::MAX {
        let expected = match code >> 12 {
            0xB => Category::Warning,
            0xA | 0xC => Category::Failure,
            _ => continue,
        };
        assert_eq!(status(0x8001, None, code).category, expected);
    }
}
