//! Text from the wire made safe to show: AE titles, UIDs and short text (PS3.5 section 6.2), trimmed of padding, with every byte
//! that could act on a terminal written as `\xNN`. Knows nothing of where a text stands.

use std::fmt::Write;

use super::names::known_uid;
use crate::event::Uid;
use crate::limits::{TEXT_BYTES, UID_BYTES};

/// An AE title: spaces and NULs around it are padding. Bytes outside printable ASCII are escaped, a backslash is doubled.
pub fn ae_title(raw: &[u8]) -> String {
    ascii(first(trim(raw), UID_BYTES))
}

/// A UID: trailing NULs (PS3.5 section 9.1) and the spaces that some programs pad with are no part of it.
pub fn uid(raw: &[u8]) -> String {
    ascii(first(trim_end(raw), UID_BYTES))
}

/// A UID as PS3.5 section 9.1 has it, its padding gone: digits and dots, 1 to 64 of them. `None`: it must be looked at closely.
pub(super) fn plain_uid(raw: &[u8]) -> Option<Uid> {
    let raw = trim_end(raw);
    let is_plain = (1..=64).contains(&raw.len()) && raw.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let uid = if is_plain { std::str::from_utf8(raw).ok()? } else { return None };
    Some(known_uid(uid).map_or_else(|| Uid::from(uid.to_owned()), Uid::from))
}

/// An LO or SH value such as an error comment: printable UTF-8 stays, all else is escaped.
pub fn short_text(raw: &[u8]) -> String {
    let raw = first(trim(raw), TEXT_BYTES);
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' {
                text.push_str("\\\\");
            } else if is_plain(character) {
                text.push(character);
            } else {
                let mut bytes = [0; 4];
                escape(&mut text, character.encode_utf8(&mut bytes).as_bytes());
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text
}

fn ascii(raw: &[u8]) -> String {
    // Nearly always there is nothing to escape.
    if raw.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\')
        && let Ok(text) = std::str::from_utf8(raw)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    for &byte in raw {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => escape(&mut text, &[byte]),
        }
    }
    text
}

pub(super) fn escape(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "\\x{byte:02X}");
    }
}

/// Neither a control character nor one that is invisible or turns the direction of writing (Unicode's Cf, Zl and Zp).
pub(super) fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{AD}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}' | '\u{891}' | '\u{8E2}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFC}'
            | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

fn trim(mut raw: &[u8]) -> &[u8] {
    while let [b' ' | 0, tail @ ..] = raw {
        raw = tail;
    }
    trim_end(raw)
}

/// Without the spaces and NULs at its end.
pub(super) fn trim_end(mut raw: &[u8]) -> &[u8] {
    while let [head @ .., b' ' | 0] = raw {
        raw = head;
    }
    raw
}

fn first(raw: &[u8], count: usize) -> &[u8] {
    raw.get(..count).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::{ae_title, short_text, uid};

    #[test]
    fn padding_goes_and_inner_spaces_stay() {
        assert_eq!(ae_title(b"  MY PACS        "), "MY PACS");
        assert_eq!(ae_title(b"STORESCP\0\0\0\0\0\0\0\0"), "STORESCP");
        assert_eq!(ae_title(&[b' '; 16]), "");
        assert_eq!(uid(b"1.2.840.10008.1.1\0"), "1.2.840.10008.1.1");
        assert_eq!(uid(b"1.2.840.10008.1.1 "), "1.2.840.10008.1.1");
        assert_eq!(short_text(b"Out of space "), "Out of space");
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_survives() {
        assert_eq!(ae_title(b"\x1B[2J\x07AE\x7F\x9B"), r"\x1B[2J\x07AE\x7F\x9B");
        assert_eq!(ae_title("ÄE".as_bytes()), r"\xC3\x84E");
        assert_eq!(
            short_text("Größe \u{202E}\u{9B}\u{200B}\u{FEFF}ok\r\n".as_bytes()),
            r"Größe \xE2\x80\xAE\xC2\x9B\xE2\x80\x8B\xEF\xBB\xBFok\x0D\x0A"
        );
        assert_eq!(short_text(b"caf\xE9"), r"caf\xE9");
        for byte in 0..=u8::MAX {
            for text in [ae_title(&[b'A', byte, b'B']), uid(&[b'1', byte, b'2']), short_text(&[b'A', byte, b'B'])] {
                assert!(text.bytes().all(|shown| (b' '..=b'~').contains(&shown)), "{byte:#04x}");
            }
        }
    }

    #[test]
    fn an_escape_and_the_same_characters_sent_are_told_apart() {
        assert_eq!(ae_title(br"A\x1B"), r"A\\x1B");
        assert_eq!(short_text(br"C:\temp"), r"C:\\temp");
    }

    #[test]
    fn long_values_are_cut_at_the_bound() {
        assert_eq!(uid(&[b'1'; 1000]).len(), crate::limits::UID_BYTES);
        assert_eq!(short_text(&[b'a'; 1000]).len(), crate::limits::TEXT_BYTES);
    }
}
