//! Which attributes identify a person (PS3.15 annex E), and what is shown instead of their values. Knows tags and VRs.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::dataset::dictionary;
use super::dataset::vr::{Kind, Vr};

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

/// Whether the values of an element identify a person. UIDs are left: they tie rows to studies, series and instances.
pub fn identifies(tag: u32, vr: Vr) -> bool {
    if matches!(vr.kind(), Kind::Uid) {
        return false;
    }
    if matches!(vr.kind(), Kind::FreeText | Kind::Name) || dictionary::is_private(tag) {
        return true;
    }
    let group = tag >> 16;
    // Curves; overlay data and comments.
    if group & 0xFF00 == 0x5000 || group & 0xFF00 == 0x6000 && matches!(tag & 0xFFFF, 0x3000 | 0x4000) {
        return true;
    }
    // What the standard does not define may hold anything.
    if dictionary::entry(tag).is_none() {
        return !dictionary::is_group_length(tag) && group != 0xFFFE;
    }
    IDENTIFYING.binary_search(&tag).is_ok()
}

include!("privacy_tags.rs");
