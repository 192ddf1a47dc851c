//! The data dictionary (PS3.6): keyword, name and VR of a tag. Knows tags, not data sets.

use std::sync::OnceLock;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::vr::Vr;

/// PS3.6 table 6-1, a line each: tag, VR, keyword, name; an `x` in a tag stands for any digit.
static TAGS: &str = include_str!("tags.tsv");

/// What PS3.6 says of a tag.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// As the table has it: "US or SS" where another element decides.
    pub vr: &'static str,
    pub keyword: &'static str,
    pub name: &'static str,
}

struct Dictionary {
    exact: HashMap<u32, Entry, FixedState>,
    /// Repeating groups and elements: the bits that count, and their value.
    repeating: Vec<(u32, u32, Entry)>,
}

fn dictionary() -> &'static Dictionary {
    static DICTIONARY: OnceLock<Dictionary> = OnceLock::new();
    DICTIONARY.get_or_init(|| {
        let mut exact = HashMap::with_capacity_and_hasher(8_192, FixedState::default());
        let mut repeating = Vec::new();
        for line in TAGS.lines() {
            let mut fields = line.split('\t');
            let (Some(tag), Some(vr), Some(keyword), Some(name)) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let entry = Entry { vr, keyword, name };
            if let Ok(tag) = u32::from_str_radix(tag, 16) {
                exact.insert(tag, entry);
            } else {
                let mask = tag.bytes().fold(0, |mask, digit| mask << 4 | if digit == b'x' { 0 } else { 0xF });
                repeating.extend(u32::from_str_radix(&tag.replace('x', "0"), 16).map(|value| (mask, value, entry)));
            }
        }
        Dictionary { exact, repeating }
    })
}

/// The entry of a tag; `None` for private ones, and for what the standard does not define.
pub fn entry(tag: u32) -> Option<Entry> {
    let known = dictionary();
    if let Some(entry) = known.exact.get(&tag) {
        return Some(*entry);
    }
    if tag >> 16 & 1 == 1 {
        return None;
    }
    known.repeating.iter().find(|(mask, value, _)| tag & mask == *value).map(|(.., entry)| *entry)
}

/// Every keyword, in the order of the tags.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    TAGS.lines().filter_map(|line| line.split('\t').nth(2)).filter(|keyword| !keyword.is_empty())
}

pub fn is_private(tag: u32) -> bool {
    tag >> 16 & 1 == 1
}

/// Group Length (PS3.5 section 7.2).
pub fn is_group_length(tag: u32) -> bool {
    tag as u16 == 0
}

/// Private Creator (PS3.5 section 7.8.1): reserves a block of elements of its group.
pub fn is_creator(tag: u32) -> bool {
    is_private(tag) && (0x10..=0xFF).contains(&(tag & 0xFFFF))
}

/// The VR of an element in implicit VR. `signed`: Pixel Representation (0028,0103) is 1.
pub fn implicit_vr(tag: u32, signed: bool) -> Vr {
    if is_group_length(tag) {
        return Vr::UL;
    }
    if is_creator(tag) {
        return Vr::LO;
    }
    let Some(entry) = entry(tag) else { return Vr::UN };
    match entry.vr {
        "US or SS" if signed => Vr::SS,
        // LUT Descriptor's first value is unsigned all the same (PS3.3 section C.11.1.1).
        "US or SS" | "US or OW" if !matches!(tag, 0x0028_3006) => Vr::US,
        "OB or OW" | "US or OW" | "US or SS or OW" => Vr::OW,
        other => other.as_bytes().try_into().ok().and_then(Vr::known).unwrap_or(Vr::UN),
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
    use dicom_core::header::Tag;
    use dicom_dictionary_std::StandardDataDictionary;

    use super::{TAGS, entry, implicit_vr, keywords};

    #[test]
    fn every_keyword_is_listed() {
        let found: Vec<_> = keywords().collect();
        assert!(found.len() > 5_000, "{}", found.len());
        assert!(found.contains(&"PatientID") && found.contains(&"OverlayRows") && found.contains(&"dBdt"));
        assert!(found.iter().all(|keyword| keyword.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }

    #[test]
    fn keywords_and_vrs_are_those_of_the_dictionary_crate() {
        let mut known = 0;
        for line in TAGS.lines() {
            let tag = line.split('\t').next().unwrap().replace('x', "0");
            let tag = u32::from_str_radix(&tag, 16).unwrap();
            let ours = entry(tag).unwrap();
            let Some(theirs) = StandardDataDictionary.by_tag(Tag((tag >> 16) as u16, tag as u16)) else { continue };
            // Theirs has a suffix where DCMTK's dictionary lists two names of a retired tag.
            if theirs.alias() != ours.keyword {
                continue;
            }
            known += 1;
            let vr = match theirs.vr() {
                VirtualVr::Exact(vr) => vr.to_string().to_owned(),
                VirtualVr::Xs => "US or SS".to_owned(),
                VirtualVr::Ox => "OB or OW".to_owned(),
                VirtualVr::Px | VirtualVr::Lt | _ => continue,
            };
            assert_eq!(vr, ours.vr, "{tag:08X}");
        }
        assert!(known > 4_800, "{known}");
    }

    #[test]
    fn implicit() {
        for (tag, vr) in [
            (0x0010_0010, "PN"),
            (0x0028_0106, "US"),
            (0x7FE0_0010, "OW"),
            (0x6002_3000, "OW"),
            (0x0009_0010, "LO"),
            (0x0009_1001, "UN"),
            (0x0008_0000, "UL"),
            (0x0028_3006, "OW"),
            (0x0008_9999, "UN"),
        ] {
            assert_eq!(implicit_vr(tag, false).name(), vr, "{tag:08X}");
        }
        assert_eq!(implicit_vr(0x0028_0106, true).name(), "SS");
    }
}
