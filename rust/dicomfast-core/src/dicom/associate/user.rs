//! The user information item (PS3.8 annex D, PS3.7 annex D.3.3). Knows its sub-items only.

use super::{AsyncWindow, CommonExtended, Decoder, Extended, Item, Kind, Role, UserIdentity, keep};
use crate::anomaly::AnomalyKind::BadItem;
use crate::dicom::text;
use crate::event::Uid;
use crate::limits::UID_BYTES;
use crate::reader::Reader;

impl Decoder<'_> {
    pub(super) fn user_information(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        while let Some(sub) = self.item(&mut reader) {
            self.sub_item(&sub);
        }
    }

    fn sub_item(&mut self, item: &Item<'_>) {
        let item_type = item.code;
        match item_type {
            0x51 => {
                let value = self.fixed(item).map(u32::from_be_bytes);
                self.once(|associate| &mut associate.max_pdu, value, item_type);
            }
            0x52 => {
                let value = self.uid(item);
                self.once(|associate| &mut associate.implementation_class_uid, value, item_type);
            }
            0x53 => {
                let value = self.fixed(item).map(|[a, b, c, d]: [u8; 4]| AsyncWindow {
                    invoked: u16::from_be_bytes([a, b]),
                    performed: u16::from_be_bytes([c, d]),
                });
                self.once(|associate| &mut associate.async_window, value, item_type);
            }
            0x54 => self.role(item),
            0x55 => {
                let value = self.version(item);
                self.once(|associate| &mut associate.implementation_version, value, item_type);
            }
            0x56 => self.extended(item),
            0x57 if self.kind == Kind::Request => self.common_extended(item),
            0x58 if self.kind == Kind::Request => self.user_identity(item),
            0x59 if self.kind == Kind::Accept => self.user_identity_response(item),
            _ => self.unknown(item),
        }
    }

    fn fixed<const N: usize>(&mut self, item: &Item<'_>) -> Option<[u8; N]> {
        if usize::from(item.length) != N {
            self.issues.push(BadItem, format!("item {:#04x} has {} bytes, not {N}", item.code, item.length));
        }
        Reader::new(item.value).array()
    }

    /// Implementation version name. As for UIDs, what holds control bytes or is cut short is a misread structure and not kept.
    fn version(&mut self, item: &Item<'_>) -> Option<String> {
        let value = text::trim_end(item.value);
        let usable = item.is_whole() && value.len() <= UID_BYTES && !value.iter().any(u8::is_ascii_control);
        if !usable || item.length > 16 {
            self.issues.push(BadItem, format!("implementation version name of {} bytes", item.length));
        }
        usable.then(|| text::ae_title(value))
    }

    fn role(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        let sop_class = self.counted_uid(&mut reader, item.code);
        let (Some(sop_class), Some([scu, scp])) = (sop_class, reader.array()) else {
            self.issues.push(BadItem, format!("role selection of {} bytes", item.length));
            return;
        };
        if scu > 1 || scp > 1 {
            self.issues.push(BadItem, format!("role selection with the values {scu} and {scp}"));
        }
        self.no_rest(&reader, item.code);
        let role = Role { sop_class, scu: scu != 0, scp: scp != 0 };
        keep(&mut self.associate.roles, Some(role), item.code, self.limits, &mut self.issues);
    }

    fn extended(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        let Some(sop_class) = self.counted_uid(&mut reader, item.code) else { return };
        let information = reader.rest();
        let value = Extended { sop_class, information: information.iter().take(UID_BYTES).copied().collect(), length: information.len() };
        keep(&mut self.associate.extended, Some(value), item.code, self.limits, &mut self.issues);
    }

    fn common_extended(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        let sop_class = self.counted_uid(&mut reader, item.code);
        let service_class = self.counted_uid(&mut reader, item.code);
        let (Some(sop_class), Some(service_class)) = (sop_class, service_class) else { return };
        let mut related_general_sop_classes = Vec::new();
        let announced = usize::from(reader.u16_be().unwrap_or_default());
        let there = announced.min(reader.remaining());
        if there < announced {
            self.issues.push(BadItem, format!("related SOP classes announce {announced} bytes, {there} are left"));
        }
        let mut related = Reader::new(reader.take(there).unwrap_or_default());
        while !related.is_empty() {
            let Some(uid) = self.counted_uid(&mut related, item.code) else { break };
            keep(&mut related_general_sop_classes, Some(uid), item.code, self.limits, &mut self.issues);
        }
        let common = CommonExtended { sop_class, service_class, related_general_sop_classes };
        keep(&mut self.associate.common_extended, Some(common), item.code, self.limits, &mut self.issues);
    }

    fn user_identity(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        let Some([identity_type, response]) = reader.array() else {
            self.issues.push(BadItem, format!("user identity of {} bytes", item.length));
            return;
        };
        let primary_length = self.counted_length(&mut reader, item.code);
        let secondary_length = self.counted_length(&mut reader, item.code);
        self.no_rest(&reader, item.code);
        let value = UserIdentity { identity_type, positive_response_requested: response != 0, primary_length, secondary_length };
        self.once(|associate| &mut associate.user_identity, Some(value), item.code);
    }

    fn user_identity_response(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        let length = self.counted_length(&mut reader, item.code);
        self.no_rest(&reader, item.code);
        self.once(|associate| &mut associate.user_identity_response, Some(length), item.code);
    }

    /// Bytes that stand behind a length of two bytes, counted and passed over.
    fn counted_length(&mut self, reader: &mut Reader<'_>, item_type: u8) -> u16 {
        self.counted(reader, item_type).map_or(0, |(value, _)| value.len() as u16)
    }

    fn counted_uid(&mut self, reader: &mut Reader<'_>, item_type: u8) -> Option<Uid> {
        let (value, whole) = self.counted(reader, item_type)?;
        self.uid_text(value, whole, item_type)
    }

    /// Bytes behind a length of two bytes, and whether all of them are there.
    fn counted<'a>(&mut self, reader: &mut Reader<'a>, item_type: u8) -> Option<(&'a [u8], bool)> {
        let Some(announced) = reader.u16_be().map(usize::from) else {
            self.issues.push(BadItem, format!("item {item_type:#04x} ends before a length field"));
            return None;
        };
        let there = announced.min(reader.remaining());
        if there < announced {
            self.issues.push(BadItem, format!("a field of item {item_type:#04x} announces {announced} bytes, {there} are left"));
        }
        Some((reader.take(there)?, there == announced))
    }

    fn no_rest(&mut self, reader: &Reader<'_>, item_type: u8) {
        if !reader.is_empty() {
            self.issues.push(BadItem, format!("{} bytes after the last field of item {item_type:#04x}", reader.remaining()));
        }
    }
}
