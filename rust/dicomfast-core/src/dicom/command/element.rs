//! The elements of a command set in any of the encodings that are met, one after the other. Knows tags, lengths and byte orders only.

use crate::reader::Reader;

/// How elements are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    explicit: bool,
    big_endian: bool,
}

/// The value representations of command elements, retired ones included.
const COMMAND_VRS: [&[u8; 2]; 11] = [b"AE", b"AT", b"CS", b"IS", b"LO", b"SH", b"UI", b"UL", b"UN", b"US", b"LT"];

impl Encoding {
    pub(super) const STANDARD: Self = Self { explicit: false, big_endian: false };

    /// Told from the first element: its length is believed in the encoding of the standard wherever it fits.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut reader = Reader::new(bytes);
        let (Some(()), Some(length)) = (reader.skip(4), reader.array::<4>()) else { return Self::STANDARD };
        let left = reader.remaining();
        let fits = |length: u32| usize::try_from(length).is_ok_and(|length| length <= left);
        if fits(u32::from_le_bytes(length)) {
            return Self::STANDARD;
        }
        let [a, b, c, d] = length;
        if COMMAND_VRS.contains(&&[a, b]) {
            // Values are short: the right order of the two bytes is the one that gives the smaller length.
            let big_endian = u16::from_be_bytes([c, d]) < u16::from_le_bytes([c, d]);
            return Self { explicit: true, big_endian };
        }
        Self { explicit: false, big_endian: fits(u32::from_be_bytes(length)) }
    }

    pub(super) fn name(self) -> &'static str {
        match (self.explicit, self.big_endian) {
            (false, false) => "implicit VR little endian",
            (false, true) => "implicit VR big endian",
            (true, false) => "explicit VR little endian",
            (true, true) => "explicit VR big endian",
        }
    }

    pub(super) fn u16(self, reader: &mut Reader<'_>) -> Option<u16> {
        if self.big_endian { reader.u16_be() } else { reader.u16_le() }
    }

    pub(super) fn u32(self, reader: &mut Reader<'_>) -> Option<u32> {
        if self.big_endian { reader.u32_be() } else { reader.u32_le() }
    }

    /// Group in the upper 16 bits; nothing is consumed when there are fewer than 4 bytes.
    pub(super) fn tag(self, reader: &mut Reader<'_>) -> Option<u32> {
        let mut tag = Reader::new(reader.take(4)?);
        Some(u32::from(self.u16(&mut tag)?) << 16 | u32::from(self.u16(&mut tag)?))
    }
}

/// An element: its tag, the length that it announces, and as much of its value as is there.
pub(super) struct Element<'a> {
    pub(super) tag: u32,
    pub(super) announced: u32,
    pub(super) value: &'a [u8],
}

impl Element<'_> {
    /// The end of its value is missing: what is there of a name would name another.
    pub(super) fn is_cut(&self) -> bool {
        usize::try_from(self.announced) != Ok(self.value.len())
    }
}

pub(super) struct Elements<'a> {
    reader: Reader<'a>,
    encoding: Encoding,
}

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8], encoding: Encoding) -> Self {
        Self { reader: Reader::new(bytes), encoding }
    }

    /// Bytes not read yet.
    pub(super) fn rest(&self) -> usize {
        self.reader.remaining()
    }

    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let mut reader = self.reader;
        let tag = self.encoding.tag(&mut reader)?;
        let announced = if self.encoding.explicit { self.explicit_length(&mut reader)? } else { self.encoding.u32(&mut reader)? };
        let there = usize::try_from(announced).unwrap_or(usize::MAX).min(reader.remaining());
        let value = reader.take(there)?;
        self.reader = reader;
        Some(Element { tag, announced, value })
    }

    /// PS3.5 section 7.1.2.
    fn explicit_length(&self, reader: &mut Reader<'_>) -> Option<u32> {
        let vr = reader.array::<2>()?;
        if matches!(&vr, b"UN" | b"OB" | b"OW" | b"UT" | b"SQ" | b"UC" | b"UR") {
            reader.skip(2)?;
            self.encoding.u32(reader)
        } else {
            self.encoding.u16(reader).map(u32::from)
        }
    }
}
