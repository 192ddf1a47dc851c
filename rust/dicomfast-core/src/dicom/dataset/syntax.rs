//! How a data set is encoded (PS3.5 section 10 and annex A): told by the transfer syntax, or by its first bytes where that is not
//! known or is not true. Knows UIDs and the first element's header.

use super::vr::Vr;

/// The encoding of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    pub explicit: bool,
    pub big_endian: bool,
}

impl Encoding {
    pub const IMPLICIT: Self = Self { explicit: false, big_endian: false };
    pub const EXPLICIT: Self = Self { explicit: true, big_endian: false };
    pub const BIG_ENDIAN: Self = Self { explicit: true, big_endian: true };

    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// A tag: group in the upper 16 bits.
    pub fn tag(self, [a, b, c, d]: [u8; 4]) -> u32 {
        u32::from(self.u16([a, b])) << 16 | u32::from(self.u16([c, d]))
    }

    pub fn name(self) -> &'static str {
        match (self.explicit, self.big_endian) {
            (false, false) => "implicit VR little endian",
            (false, true) => "implicit VR big endian",
            (true, false) => "explicit VR little endian",
            (true, true) => "explicit VR big endian",
        }
    }

    /// What the first 8 bytes of a data set look like; `None` where they look like no element.
    pub fn of(first: [u8; 8]) -> Option<Self> {
        let [g0, g1, e0, e1, v0, v1, ..] = first;
        // Groups of the first element are small numbers; command and meta groups are not in data sets, but may be sent.
        let big_endian = g0 == 0 && g1 != 0;
        let explicit = Vr::known([v0, v1]).is_some();
        let encoding = Self { explicit, big_endian };
        let [group, element] = [encoding.u16([g0, g1]), encoding.u16([e0, e1])];
        (group <= 0x00FF && (explicit || element != 0xFFFF)).then_some(encoding)
    }
}

/// What a transfer syntax says of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    pub encoding: Encoding,
    pub deflated: bool,
}

impl Syntax {
    /// Annex A: all but four are Explicit VR Little Endian. `None`: ask the bytes.
    pub fn of(transfer_syntax: Option<&str>) -> Option<Self> {
        let plain = |encoding| Self { encoding, deflated: false };
        Some(match transfer_syntax? {
            // The second is GE's private one: implicit, but for the pixel data.
            "1.2.840.10008.1.2" | "1.2.840.113619.5.2" => plain(Encoding::IMPLICIT),
            "1.2.840.10008.1.2.2" => plain(Encoding::BIG_ENDIAN),
            // Deflated, and JPIP Referenced Deflate, JPIP HTJ2K Referenced Deflate.
            "1.2.840.10008.1.2.1.99" | "1.2.840.10008.1.2.4.95" | "1.2.840.10008.1.2.4.205" => {
                Self { encoding: Encoding::EXPLICIT, deflated: true }
            }
            uid if uid.starts_with("1.2.840.10008.1.2.") => plain(Encoding::EXPLICIT),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Syntax};

    #[test]
    fn told_by_the_first_element() {
        assert_eq!(Encoding::of(*b"\x08\0\x05\0CS\x0a\0"), Some(Encoding::EXPLICIT));
        assert_eq!(Encoding::of(*b"\0\x08\0\x05CS\0\x0a"), Some(Encoding::BIG_ENDIAN));
        assert_eq!(Encoding::of(*b"\x08\0\x05\0\x0a\0\0\0"), Some(Encoding::IMPLICIT));
        assert_eq!(Encoding::of([0xff; 8]), None);
    }

    #[test]
    fn told_by_the_transfer_syntax() {
        assert_eq!(Syntax::of(Some("1.2.840.10008.1.2")).unwrap().encoding, Encoding::IMPLICIT);
        assert_eq!(Syntax::of(Some("1.2.840.10008.1.2.4.50")).unwrap().encoding, Encoding::EXPLICIT);
        assert!(Syntax::of(Some("1.2.840.10008.1.2.1.99")).unwrap().deflated);
        assert_eq!(Syntax::of(Some("1.2.3")), None);
    }
}
