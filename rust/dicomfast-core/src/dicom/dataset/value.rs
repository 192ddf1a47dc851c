//! A value as text (PS3.5 section 6.2): all values, a backslash between them. Knows VRs and character sets; bulk values have no text.

use std::fmt::{Display, Write};

use super::charset::Charset;
use super::vr::{Kind, Vr};
use crate::dicom::text::trim_end;

/// The value field as it came.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    pub vr: Vr,
    pub bytes: &'a [u8],
    pub big_endian: bool,
    pub charset: Charset,
}

/// A value with the number of values in it (PS3.5 section 6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: Option<String>,
    pub multiplicity: u32,
}

impl Raw<'_> {
    pub fn decode(&self) -> Decoded {
        let kind = self.vr.kind();
        match kind {
            Kind::Bulk | Kind::Sequence => return Decoded { text: None, multiplicity: u32::from(!self.bytes.is_empty()) },
            Kind::U16 => return self.numbers::<2, u16>(u16::from_le_bytes),
            Kind::I16 => return self.numbers::<2, i16>(i16::from_le_bytes),
            Kind::U32 => return self.numbers::<4, u32>(u32::from_le_bytes),
            Kind::I32 => return self.numbers::<4, i32>(i32::from_le_bytes),
            Kind::U64 => return self.numbers::<8, u64>(u64::from_le_bytes),
            Kind::I64 => return self.numbers::<8, i64>(i64::from_le_bytes),
            Kind::F32 => return self.numbers::<4, Float<f32>>(|bytes| Float(f32::from_le_bytes(bytes))),
            Kind::F64 => return self.numbers::<8, Float<f64>>(|bytes| Float(f64::from_le_bytes(bytes))),
            Kind::Tag => return self.tags(),
            Kind::Code | Kind::Text | Kind::Name | Kind::FreeText | Kind::Uri | Kind::Uid => {}
        }
        let charset = if matches!(kind, Kind::Text | Kind::Name | Kind::FreeText) { self.charset } else { Charset::default() };
        let text = charset.decode(trim_end(self.bytes), kind);
        if text.is_empty() {
            return Decoded { text: Some(text), multiplicity: 0 };
        }
        if matches!(kind, Kind::FreeText | Kind::Uri) {
            return Decoded { text: Some(text), multiplicity: 1 };
        }
        // Padding of each value; spaces before it have no meaning either, except in names and free text.
        let values = text.split('\\').map(|value| {
            let value = value.trim_end_matches(' ');
            if kind == Kind::Code { value.trim_start_matches(' ') } else { value }
        });
        let values: Vec<&str> = values.collect();
        Decoded { text: Some(values.join("\\")), multiplicity: values.len() as u32 }
    }

    fn numbers<const N: usize, T: Display>(&self, read: impl Fn([u8; N]) -> T) -> Decoded {
        self.list(|out, mut bytes: [u8; N]| {
            if self.big_endian {
                bytes.reverse();
            }
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", read(bytes));
        })
    }

    fn tags(&self) -> Decoded {
        let word = |a, b| if self.big_endian { u16::from_be_bytes([a, b]) } else { u16::from_le_bytes([a, b]) };
        self.list(|out, [a, b, c, d]: [u8; 4]| {
            let _ = write!(out, "({:04X},{:04X})", word(a, b), word(c, d));
        })
    }

    fn list<const N: usize>(&self, mut one: impl FnMut(&mut String, [u8; N])) -> Decoded {
        let mut text = String::new();
        let (values, _) = self.bytes.as_chunks::<N>();
        for (at, bytes) in values.iter().enumerate() {
            if at > 0 {
                text.push('\\');
            }
            one(&mut text, *bytes);
        }
        Decoded { text: Some(text), multiplicity: values.len() as u32 }
    }
}

/// A number in the fewest digits that tell it from its neighbours.
struct Float<T>(T);

impl<T: std::fmt::Debug> Display for Float<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::{Charset, Raw, Vr};

    fn text(vr: [u8; 2], bytes: &[u8], big_endian: bool) -> (String, u32) {
        let decoded = Raw { vr: Vr::known(vr).unwrap(), bytes, big_endian, charset: Charset::default() }.decode();
        (decoded.text.unwrap_or_default(), decoded.multiplicity)
    }

    #[test]
    fn every_value() {
        assert_eq!(text(*b"CS", b"ORIGINAL\\PRIMARY \\AXIAL", false), ("ORIGINAL\\PRIMARY\\AXIAL".into(), 3));
        assert_eq!(text(*b"US", &[0, 1, 2, 0], false), ("256\\2".into(), 2));
        assert_eq!(text(*b"US", &[0, 1, 2, 0], true), ("1\\512".into(), 2));
        assert_eq!(text(*b"AT", &[8, 0, 0x18, 0], false), ("(0008,0018)".into(), 1));
        assert_eq!(text(*b"FD", &1e300f64.to_le_bytes(), false), ("1e300".into(), 1));
        assert_eq!(text(*b"LT", b"a\\b\r\nc \0", false), ("a\\b\r\nc".into(), 1));
        assert_eq!(text(*b"UI", b"1.2.3\0", false), ("1.2.3".into(), 1));
        assert_eq!(text(*b"LO", b"  ", false), (String::new(), 0));
        assert_eq!(text(*b"OB", b"xx", false), (String::new(), 1));
        assert_eq!(text(*b"US", &[1, 2, 3], false), ("513".into(), 1));
    }
}
