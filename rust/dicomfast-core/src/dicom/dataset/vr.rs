//! Value representations (PS3.5 section 6.2): how long their length fields are, and how their values are written.

/// A value representation: two letters, defined by the standard or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vr([u8; 2]);

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Characters of the default repertoire, several values.
    Code,
    /// Characters of the data set's own repertoire, several values.
    Text,
    /// Person names: as `Text`, with components.
    Name,
    /// Characters of the data set's own repertoire, one value that may have lines.
    FreeText,
    /// A URI: one value of the default repertoire.
    Uri,
    Uid,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    Tag,
    /// Bytes and words that are no text.
    Bulk,
    Sequence,
}

/// Every VR of PS3.5, with its kind; those with a length field of 32 bits in explicit VR (section 7.1.2) are marked.
const VRS: &[(&[u8; 2], Kind, bool)] = &[
    (b"AE", Kind::Code, false),
    (b"AS", Kind::Code, false),
    (b"AT", Kind::Tag, false),
    (b"CS", Kind::Code, false),
    (b"DA", Kind::Code, false),
    (b"DS", Kind::Code, false),
    (b"DT", Kind::Code, false),
    (b"FD", Kind::F64, false),
    (b"FL", Kind::F32, false),
    (b"IS", Kind::Code, false),
    (b"LO", Kind::Text, false),
    (b"LT", Kind::FreeText, false),
    (b"OB", Kind::Bulk, true),
    (b"OD", Kind::Bulk, true),
    (b"OF", Kind::Bulk, true),
    (b"OL", Kind::Bulk, true),
    (b"OV", Kind::Bulk, true),
    (b"OW", Kind::Bulk, true),
    (b"PN", Kind::Name, false),
    (b"SH", Kind::Text, false),
    (b"SL", Kind::I32, false),
    (b"SQ", Kind::Sequence, true),
    (b"SS", Kind::I16, false),
    (b"ST", Kind::FreeText, false),
    (b"SV", Kind::I64, true),
    (b"TM", Kind::Code, false),
    (b"UC", Kind::Text, true),
    (b"UI", Kind::Uid, false),
    (b"UL", Kind::U32, false),
    (b"UN", Kind::Bulk, true),
    (b"UR", Kind::Uri, true),
    (b"US", Kind::U16, false),
    (b"UT", Kind::FreeText, true),
    (b"UV", Kind::U64, true),
];

impl Vr {
    pub const SQ: Self = Self(*b"SQ");
    pub const UN: Self = Self(*b"UN");
    pub const UL: Self = Self(*b"UL");
    pub const LO: Self = Self(*b"LO");
    pub const US: Self = Self(*b"US");
    pub const SS: Self = Self(*b"SS");
    pub const OW: Self = Self(*b"OW");

    pub fn letters(self) -> [u8; 2] {
        self.0
    }

    fn row(self) -> Option<&'static (&'static [u8; 2], Kind, bool)> {
        VRS.iter().find(|(name, ..)| **name == self.0)
    }

    /// One that the standard defines.
    pub fn known(letters: [u8; 2]) -> Option<Self> {
        let vr = Self(letters);
        vr.row().map(|_| vr)
    }

    /// One that a later edition may define.
    pub fn possible(letters: [u8; 2]) -> Option<Self> {
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub fn kind(self) -> Kind {
        self.row().map_or(Kind::Bulk, |row| row.1)
    }

    /// Whether its length field has 32 bits, as any that is not defined yet will have.
    pub fn is_long(self) -> bool {
        self.row().is_none_or(|row| row.2)
    }
}
