//! Which attributes identify a person (PS3.15 annex E), and what is shown instead of their values. Knows tags and VRs.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::dataset::dictionary;
use super::dataset::vr::{Kind, Vr};
use super::privacy_tags::IDENTIFYING;

/// Bytes of a pseudonym.
const PSEUDONYM: usize = 8;

/// What becomes of values that identify.
#[derive(Clone, Default)]
pub enum Phi {
    /// They are left out.
    #[default]
    Mask,
    Show,
    /// HMAC-SHA-256 with this key, cut to 16 hexadecimal digits: the same value gives the same pseudonym.
    Pseudonym(Vec<u8>),
}

impl std::fmt::Debug for Phi {
    /// Without the key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Mask => "Mask",
            Self::Show => "Show",
            Self::Pseudonym(_) => "Pseudonym",
        })
    }
}

impl Phi {
    /// Whether values that identify are needed at all.
    pub fn needs_values(&self) -> bool {
        !matches!(self, Self::Mask)
    }

    /// What is shown of a value that identifies, and whether it is not the value itself.
    pub fn shown(&self, value: String) -> (Option<String>, bool) {
        match self {
            Self::Mask => (None, true),
            Self::Show => (Some(value), false),
            Self::Pseudonym(_) if value.is_empty() => (Some(value), false),
            Self::Pseudonym(key) => (pseudonym(key, &value), true),
        }
    }

    /// A text that may identify, as lines for people have it.
    pub fn quoted(&self, text: &str) -> String {
        match self.shown(text.to_owned()) {
            (Some(pseudonym), true) => format!("\"{pseudonym}\" [pseudonym]"),
            (Some(text), false) => format!("\"{text}\""),
            (None, _) => "[masked]".to_owned(),
        }
    }
}

fn pseudonym(key: &[u8], value: &str) -> Option<String> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(value.as_bytes());
    Some(hex(mac.finalize().into_bytes().get(..PSEUDONYM)?))
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether it is a UID by the standard, and sent as one. These are shown: they tie rows to studies, series and instances.
pub fn is_uid(tag: u32, vr: Vr) -> bool {
    matches!(vr.kind(), Kind::Uid) && dictionary::entry(tag).is_some_and(|entry| entry.vr == "UI")
}

/// Whether the values of an element identify a person.
pub fn identifies(tag: u32, vr: Vr) -> bool {
    if matches!(vr.kind(), Kind::FreeText | Kind::Name) || dictionary::is_private(tag) {
        return true;
    }
    let (group, element) = ((tag >> 16) as u16, tag as u16);
    // Curves; overlay data and comments.
    if group & 0xFF00 == 0x5000 || group & 0xFF00 == 0x6000 && matches!(element, 0x3000 | 0x4000) {
        return true;
    }
    match dictionary::entry(tag) {
        // What the standard does not define may hold anything.
        None => !(dictionary::is_group_length(tag) && vr == Vr::UL) && group != 0xFFFE,
        Some(entry) if matches!(vr.kind(), Kind::Uid) => entry.vr != "UI",
        // A sender may write another VR than the standard has.
        Some(entry) => matches!(entry.vr, "PN" | "LT" | "ST" | "UT") || is_listed(group, element),
    }
}

fn is_listed(group: u16, element: u16) -> bool {
    let found = IDENTIFYING.binary_search_by_key(&group, |(group, _)| *group).ok().and_then(|index| IDENTIFYING.get(index));
    found.is_some_and(|(_, elements)| elements.binary_search(&element).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{IDENTIFYING, Vr, identifies, is_uid};

    #[test]
    fn the_list_can_be_searched() {
        assert!(IDENTIFYING.is_sorted_by(|one, next| one.0 < next.0));
        assert!(IDENTIFYING.iter().all(|(_, elements)| elements.is_sorted_by(|one, next| one < next)));
    }

    #[test]
    fn a_group_length_is_shown_as_a_number_alone() {
        assert!(!identifies(0x0010_0000, Vr::UL));
        assert!(identifies(0x0010_0000, Vr::LO));
    }

    #[test]
    fn a_uid_is_shown_where_the_standard_has_one() {
        let ui = Vr::known(*b"UI").unwrap();
        assert!(is_uid(0x0008_0018, ui) && !identifies(0x0008_0018, ui));
        for tag in [0x0010_0020, 0x0008_0060, 0x0011_1001, 0x0010_FFFE] {
            assert!(!is_uid(tag, ui) && identifies(tag, ui), "{tag:08X}");
        }
    }
}
