//! The items of an A-ASSOCIATE PDU one by one, in the order in which they stand there, for the table `items`. Says nothing of what is wrong
//! with them: that is for the decoder beside it. What identifies a user is counted, never kept.

use super::Kind;
use crate::dicom::text;
use crate::event::{ItemRecord, Uid};
use crate::limits::UID_BYTES;
use crate::reader::Reader;

/// PS3.8 section 9.3.2: the bytes before the variable items.
const FIXED: usize = 68;

/// Hands out every item and sub-item of a PDU's body.
pub fn items(body: &[u8], kind: Kind, mut take: impl FnMut(ItemRecord)) {
    let mut reader = Reader::new(body.get(FIXED..).unwrap_or_default());
    while let Some((item_type, length, value)) = next(&mut reader) {
        let mut item = ItemRecord { item_type, length, ..ItemRecord::default() };
        match item_type {
            0x10 => item.uid = uid(value),
            0x20 | 0x21 => {
                context(kind, value, item, &mut take);
                continue;
            }
            _ => {}
        }
        take(item);
        let mut inner = Reader::new(if item_type == 0x50 { value } else { &[] });
        while let Some((item_type, length, value)) = next(&mut inner) {
            take(user(item_type, length, value));
        }
    }
}

/// A presentation context, then the items in it.
fn context(kind: Kind, value: &[u8], mut item: ItemRecord, take: &mut impl FnMut(ItemRecord)) {
    let mut reader = Reader::new(value);
    let head: Option<[u8; 4]> = reader.array();
    item.context_id = head.map(|[id, ..]| id);
    item.result = head.map(|[_, _, result, _]| result).filter(|_| kind == Kind::Accept);
    let context_id = item.context_id;
    take(item);
    while let Some((item_type, length, value)) = next(&mut reader) {
        let uid = if matches!(item_type, 0x30 | 0x40) { uid(value) } else { None };
        take(ItemRecord { item_type, length, context_id, uid, ..ItemRecord::default() });
    }
}

/// A sub-item of the user information item.
fn user(item_type: u8, length: u16, value: &[u8]) -> ItemRecord {
    let mut item = ItemRecord { item_type, length, ..ItemRecord::default() };
    let mut reader = Reader::new(value);
    match item_type {
        0x51 => item.max_pdu = reader.u32_be(),
        0x52 => item.uid = uid(value),
        0x53 => item.window = reader.u16_be().zip(reader.u16_be()),
        0x54 => {
            counted_uid(&mut reader, &mut item);
            item.roles = reader.array().map(|[scu, scp]: [u8; 2]| (scu, scp));
        }
        0x55 => {
            let value = text::trim_end(value);
            let usable = value.len() <= UID_BYTES && !value.iter().any(u8::is_ascii_control);
            item.version = usable.then(|| text::ae_title(value));
        }
        0x56 => {
            counted_uid(&mut reader, &mut item);
            let mut information = [0; 4];
            information.iter_mut().zip(reader.rest()).for_each(|(to, from)| *to = *from);
            item.information = Some(information);
            item.information_length = reader.remaining() as u16;
        }
        0x57 => counted_uid(&mut reader, &mut item),
        0x58 => {
            item.identity = reader.array().map(|[kind, response]: [u8; 2]| (kind, response));
            item.primary_length = counted(&mut reader);
            item.secondary_length = counted(&mut reader);
        }
        _ => {}
    }
    item
}

/// The next item; one that runs past its container is cut there.
fn next<'a>(reader: &mut Reader<'a>) -> Option<(u8, u16, &'a [u8])> {
    let [code, _]: [u8; 2] = reader.array()?;
    let length = reader.u16_be()?;
    let value = reader.take(reader.remaining().min(usize::from(length)))?;
    Some((code, length, value))
}

fn counted_uid(reader: &mut Reader<'_>, item: &mut ItemRecord) {
    item.uid_length = reader.u16_be();
    let there = item.uid_length.map_or(0, |length| usize::from(length).min(reader.remaining()));
    item.uid = reader.take(there).and_then(uid);
}

/// Passes bytes that stand behind a length of two bytes, and gives that length.
fn counted(reader: &mut Reader<'_>) -> Option<u16> {
    let length = reader.u16_be()?;
    reader.skip(usize::from(length).min(reader.remaining()))?;
    Some(length)
}

/// Only what is a UID: misread structures may hold anything, a passcode included.
fn uid(value: &[u8]) -> Option<Uid> {
    text::plain_uid(value)
}

#[cfg(test)]
mod tests {
    use super::{Kind, items};
    use crate::event::ItemRecord;

    fn list(items_of: &[u8], kind: Kind) -> Vec<ItemRecord> {
        let body = [&[0; 68], items_of].concat();
        let mut found = Vec::new();
        items(&body, kind, |item| found.push(item));
        found
    }

    #[test]
    fn a_context_and_what_is_in_it() {
        let found = list(b"\x21\0\0\x0e\x05\0\x03\0\x40\0\0\x061.2.3\0", Kind::Accept);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].context_id, found[0].result, found[0].length), (Some(5), Some(3), 14));
        assert_eq!((found[1].context_id, found[1].uid.as_deref(), found[1].length), (Some(5), Some("1.2.3"), 6));
        assert_eq!(list(b"\x20\0\0\x04\x05\0\x03\0", Kind::Request)[0].result, None);
    }

    #[test]
    fn a_passcode_is_counted_and_not_kept() {
        let found = list(b"\x50\0\0\x13\x58\0\0\x0f\x02\x01\0\x04user\0\x05secre", Kind::Request);
        assert_eq!(found[1].identity, Some((2, 1)));
        assert_eq!((found[1].primary_length, found[1].secondary_length), (Some(4), Some(5)));
        assert!(!format!("{found:?}").contains("user") && !format!("{found:?}").contains("secre"));
    }

    #[test]
    fn whatever_the_lengths_say_it_ends() {
        for byte in 0..=255_u8 {
            for length in 0..40 {
                let body = vec![byte; length];
                assert!(list(&body, Kind::Request).len() <= length);
            }
        }
    }
}
