//! Specific Character Set (0008,0005) and what it makes of bytes (PS3.5 section 6.1, PS3.3 section C.12.1.1.2). Escape sequences of
//! ISO 2022 are understood whichever of them the data set announces. What cannot be decoded is escaped as `\xNN`.

use encoding_rs::{
    DecoderResult, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_15, UTF_8, WINDOWS_874, WINDOWS_1254,
};

use super::vr::Kind;
use crate::dicom::text::{escape, is_plain};

const ESC: u8 = 0x1B;

/// One set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Ascii,
    Latin1,
    /// JIS X 0201: Katakana in the upper half.
    Katakana,
    /// A set of single bytes as encoding_rs has it, but with control characters from 0x80 to 0x9F.
    Single(&'static Encoding),
    /// A set that encoding_rs has as a whole.
    Whole(&'static Encoding),
    /// JIS X 0208 and 0212 in the lower half, as EUC-JP has them in the upper one.
    Jis208,
    Jis212,
}

/// The character sets of a data set or item.
#[derive(Clone, Copy, Debug)]
pub struct Charset {
    initial: Code,
    /// ISO 2022 escape sequences may switch to others.
    escapes: bool,
}

impl Default for Charset {
    fn default() -> Self {
        Self { initial: Code::Ascii, escapes: false }
    }
}

impl Charset {
    /// Of the value of (0008,0005). Gives also whether every term of it is known.
    pub fn of(value: &[u8]) -> (Self, bool) {
        let mut charset = Self::default();
        let mut known = true;
        for (at, term) in value.split(|byte| *byte == b'\\').enumerate() {
            let term: &[u8] = term.trim_ascii().strip_suffix(b"\0").unwrap_or(term.trim_ascii());
            charset.escapes |= term.starts_with(b"ISO 2022");
            let code = Self::code(term);
            known &= code.is_some();
            if at == 0 {
                charset.initial = code.unwrap_or(Code::Ascii);
            }
        }
        (charset, known)
    }

    fn code(term: &[u8]) -> Option<Code> {
        Some(match term {
            b"" | b"ISO_IR 6" | b"ISO 2022 IR 6" | b"ISO 2022 IR 87" | b"ISO 2022 IR 159" => Code::Ascii,
            b"ISO_IR 100" | b"ISO 2022 IR 100" => Code::Latin1,
            b"ISO_IR 101" | b"ISO 2022 IR 101" => Code::Single(ISO_8859_2),
            b"ISO_IR 109" | b"ISO 2022 IR 109" => Code::Single(ISO_8859_3),
            b"ISO_IR 110" | b"ISO 2022 IR 110" => Code::Single(ISO_8859_4),
            b"ISO_IR 144" | b"ISO 2022 IR 144" => Code::Single(ISO_8859_5),
            b"ISO_IR 127" | b"ISO 2022 IR 127" => Code::Single(ISO_8859_6),
            b"ISO_IR 126" | b"ISO 2022 IR 126" => Code::Single(ISO_8859_7),
            b"ISO_IR 138" | b"ISO 2022 IR 138" => Code::Single(ISO_8859_8),
            b"ISO_IR 148" | b"ISO 2022 IR 148" => Code::Single(WINDOWS_1254),
            b"ISO_IR 203" | b"ISO 2022 IR 203" => Code::Single(ISO_8859_15),
            b"ISO_IR 166" | b"ISO 2022 IR 166" => Code::Single(WINDOWS_874),
            b"ISO_IR 13" | b"ISO 2022 IR 13" => Code::Katakana,
            b"ISO 2022 IR 149" => Code::Whole(EUC_KR),
            b"ISO 2022 IR 58" | b"GBK" => Code::Whole(GBK),
            b"GB18030" => Code::Whole(GB18030),
            b"ISO_IR 192" => Code::Whole(UTF_8),
            _ => return None,
        })
    }

    /// The text of a value, its padding included.
    pub fn decode(self, bytes: &[u8], kind: Kind) -> String {
        let mut out = Out { text: String::with_capacity(bytes.len()), lines: kind == Kind::FreeText };
        if !(self.escapes && bytes.contains(&ESC)) {
            out.run(self.initial, bytes);
            return out.text;
        }
        let ends = |byte: u8| match byte {
            b'\t' | b'\n' | 0x0C | b'\r' => true,
            b'\\' => kind != Kind::FreeText,
            b'^' | b'=' => kind == Kind::Name,
            _ => false,
        };
        let mut rest = bytes;
        let mut now = self.initial;
        while let Some(first) = rest.first() {
            if *first == ESC {
                let (code, length) = escape_sequence(rest.get(1..).unwrap_or_default()).unwrap_or((now, 0));
                let (sequence, tail) = rest.split_at_checked(1 + length).unwrap_or((rest, &[]));
                if length == 0 {
                    escape(&mut out.text, sequence);
                }
                now = code;
                rest = tail;
                continue;
            }
            let double = matches!(now, Code::Jis208 | Code::Jis212);
            // In a set of two bytes a delimiter's code may be the half of a character.
            let stop = |byte: &u8| *byte == ESC || if double { *byte < 0x21 } else { ends(*byte) };
            let until = rest.iter().position(stop).unwrap_or(rest.len());
            let (run, tail) = rest.split_at_checked(until).unwrap_or((rest, &[]));
            out.run(now, run);
            rest = tail;
            if let Some((&delimiter, tail)) = rest.split_first().filter(|(first, _)| **first != ESC) {
                out.run(Code::Ascii, &[delimiter]);
                now = self.initial;
                rest = tail;
            }
        }
        out.text
    }
}

/// What follows ESC (PS3.3 tables C.12-3 and C.12-4): the set it switches to, and its length.
fn escape_sequence(rest: &[u8]) -> Option<(Code, usize)> {
    Some(match rest {
        [b'$', b'(', b'D', ..] => (Code::Jis212, 3),
        [b'$', b')', b'C', ..] => (Code::Whole(EUC_KR), 3),
        [b'$', b')', b'A', ..] => (Code::Whole(GBK), 3),
        [b'$', b'B' | b'@', ..] => (Code::Jis208, 2),
        [b'(', b'B', ..] => (Code::Ascii, 2),
        [b'(', b'J', ..] | [b')', b'I', ..] => (Code::Katakana, 2),
        [b'-', set, ..] => {
            let code = match set {
                b'A' => Code::Latin1,
                b'B' => Code::Single(ISO_8859_2),
                b'C' => Code::Single(ISO_8859_3),
                b'D' => Code::Single(ISO_8859_4),
                b'L' => Code::Single(ISO_8859_5),
                b'G' => Code::Single(ISO_8859_6),
                b'F' => Code::Single(ISO_8859_7),
                b'H' => Code::Single(ISO_8859_8),
                b'M' => Code::Single(WINDOWS_1254),
                b'b' => Code::Single(ISO_8859_15),
                b'T' => Code::Single(WINDOWS_874),
                _ => return None,
            };
            (code, 2)
        }
        _ => return None,
    })
}

struct Out {
    text: String,
    /// Line ends and tabs are part of the text.
    lines: bool,
}

impl Out {
    fn character(&mut self, character: char) {
        if is_plain(character) || self.lines && matches!(character, '\t' | '\n' | '\r' | '\u{C}') {
            self.text.push(character);
        } else {
            let mut bytes = [0; 4];
            escape(&mut self.text, character.encode_utf8(&mut bytes).as_bytes());
        }
    }

    fn run(&mut self, code: Code, bytes: &[u8]) {
        match code {
            Code::Ascii => self.single(bytes, |_| None),
            Code::Latin1 => self.single(bytes, |byte| (byte >= 0xA0).then(|| char::from(byte))),
            Code::Katakana => self.single(bytes, |byte| {
                let at = u32::from(byte).checked_sub(0xA1)?;
                (byte <= 0xDF).then(|| char::from_u32(0xFF61 + at)).flatten()
            }),
            Code::Single(encoding) => self.single(bytes, |byte| {
                let text = encoding
                    .decode_without_bom_handling_and_without_replacement(std::slice::from_ref(&byte))
                    .map(|text| text.chars().next());
                text.flatten().filter(|_| byte >= 0xA0)
            }),
            Code::Whole(encoding) => self.whole(encoding, bytes),
            Code::Jis208 => self.doubled(bytes, &[]),
            Code::Jis212 => self.doubled(bytes, &[0x8F]),
        }
    }

    /// `upper` decodes the bytes that are not ASCII.
    fn single(&mut self, bytes: &[u8], upper: impl Fn(u8) -> Option<char>) {
        for &byte in bytes {
            let character = if byte.is_ascii() { Some(char::from(byte)) } else { upper(byte) };
            match character {
                Some(character) => self.character(character),
                None => escape(&mut self.text, &[byte]),
            }
        }
    }

    fn doubled(&mut self, bytes: &[u8], before: &[u8]) {
        for pair in bytes.chunks(2) {
            let mut raised = before.to_vec();
            raised.extend(pair.iter().map(|byte| byte | 0x80));
            match EUC_JP.decode_without_bom_handling_and_without_replacement(&raised) {
                Some(text) if pair.len() == 2 => text.chars().for_each(|character| self.character(character)),
                _ => escape(&mut self.text, pair),
            }
        }
    }

    fn whole(&mut self, encoding: &'static Encoding, bytes: &[u8]) {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut rest = bytes;
        let mut done = 0;
        loop {
            let mut text = String::with_capacity(decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(64) + 4);
            let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
            text.chars().for_each(|character| self.character(character));
            done += read;
            rest = rest.get(read..).unwrap_or_default();
            match result {
                DecoderResult::Malformed(bad, after) => {
                    let until = done.saturating_sub(usize::from(after));
                    escape(&mut self.text, bytes.get(until.saturating_sub(usize::from(bad))..until).unwrap_or_default());
                }
                DecoderResult::OutputFull if read > 0 => {}
                DecoderResult::OutputFull | DecoderResult::InputEmpty => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Charset, Kind};

    fn name(charset: &str, bytes: &[u8]) -> String {
        Charset::of(charset.as_bytes()).0.decode(bytes, Kind::Name)
    }

    /// The examples of PS3.5 annexes H, I, J and K.
    #[test]
    fn examples_of_the_standard() {
        let yamada = b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B";
        assert_eq!(name("\\ISO 2022 IR 87", yamada), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        let katakana = b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J";
        assert_eq!(name("ISO 2022 IR 13\\ISO 2022 IR 87", katakana), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
        let hong = b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF";
        assert_eq!(name("\\ISO 2022 IR 149", hong), "Hong^Gildong=洪^吉洞=홍^길동");
        let wang = "Wang^XiaoDong=王^小東=";
        assert_eq!(name("ISO_IR 192", wang.as_bytes()), wang);
        assert_eq!(name("GB18030", b"Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB="), "Wang^XiaoDong=王^小东=");
        let zhang = b"Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=";
        assert_eq!(name("\\ISO 2022 IR 58", zhang), "Zhang^XiaoDong=张^小东=");
        assert_eq!(name("ISO_IR 100", b"Buc^J\xE9r\xF4me"), "Buc^Jérôme");
        assert_eq!(name("ISO_IR 144", b"\xBBee\xDC"), "Лeeм");
    }

    #[test]
    fn what_cannot_be_decoded_stays_visible() {
        assert_eq!(name("", b"caf\xE9\x1B"), r"caf\xE9\x1B");
        assert_eq!(name("ISO_IR 192", b"a\xFFb\xC3"), r"a\xFFb\xC3");
        assert_eq!(name("\\ISO 2022 IR 87", b"\x1B$Bxx\x1B(B!\x1B%"), r"xx!\x1B%".replace("xx", r"\x78\x78"));
        assert!(!Charset::of(b"ISO_IR 999").1);
    }
}
