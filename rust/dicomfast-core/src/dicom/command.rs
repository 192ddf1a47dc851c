//! A DIMSE command set (PS3.7 sections 6.3.1, 9.3, 10.3 and annex E): its bytes as a [`CommandSet`]. Always implicit VR little endian
//! by the standard; command sets in another encoding are read all the same. Knows nothing of messages or presentation contexts.

mod describe;
mod element;

pub use describe::{command_lines, command_name, data_set_role, is_request, is_response, operation_name};

use element::{Element, Elements, Encoding};

use super::issue::{Issue, Issues};
use super::text;
use crate::anomaly::AnomalyKind::BadCommand;
use crate::event::{CommandSet, Uid};
use crate::limits::UID_BYTES;
use crate::reader::Reader;

/// Command fields of requests (PS3.7 annex E.1).
pub const C_STORE_RQ: u16 = 0x0001;
pub const C_GET_RQ: u16 = 0x0010;
pub const C_FIND_RQ: u16 = 0x0020;
pub const C_MOVE_RQ: u16 = 0x0021;

/// Decodes a command set. What cannot be read becomes an [`Issue`]; of an element that stands twice the first one counts.
pub fn decode(bytes: &[u8]) -> (CommandSet, Vec<Issue>) {
    let encoding = Encoding::of(bytes);
    let mut decoder = Decoder { command: CommandSet::default(), issues: Issues::default(), encoding };
    if encoding != Encoding::STANDARD {
        decoder.issues.push(BadCommand, format!("command set in {}, not implicit VR little endian", encoding.name()));
    }
    decoder.elements(bytes);
    (decoder.command, decoder.issues.finish(BadCommand))
}

struct Decoder {
    command: CommandSet,
    issues: Issues,
    encoding: Encoding,
}

impl Decoder {
    fn elements(&mut self, bytes: &[u8]) {
        let mut elements = Elements::new(bytes, self.encoding);
        let mut previous: Option<u32> = None;
        // A bit for each element number that the standard defines: all are below 0x1100.
        let mut seen = [0u64; 0x1100 / 64];
        while let Some(element) = elements.next() {
            let tag = element.tag;
            if previous.is_some_and(|previous| tag < previous) {
                self.issues.push(BadCommand, format!("{} out of order", name(tag)));
            }
            previous = Some(tag);
            self.check_length(&element);
            let again = seen.get_mut(tag as usize / 64).is_some_and(|seen| {
                let before = *seen;
                *seen |= 1 << (tag % 64);
                *seen == before
            });
            if again {
                self.issues.push(BadCommand, format!("{} twice", name(tag)));
            } else {
                self.element(&element, elements.rest());
            }
        }
        if elements.rest() > 0 {
            self.issues.push(BadCommand, format!("{} bytes after the last element", elements.rest()));
        }
    }

    fn check_length(&mut self, element: &Element<'_>) {
        let (announced, there) = (element.announced, element.value.len());
        if element.is_cut() {
            self.issues.push(BadCommand, format!("{} announces {announced} bytes, {there} are left", name(element.tag)));
        } else if announced % 2 == 1 {
            self.issues.push(BadCommand, format!("{} has the odd length {announced}", name(element.tag)));
        }
    }

    fn element(&mut self, element: &Element<'_>, rest: usize) {
        match element.tag {
            0x0000 => self.group_length(element, rest),
            0x0002 => self.command.affected_sop_class = self.uid(element),
            0x0003 => self.command.requested_sop_class = self.uid(element),
            0x0100 => self.command.command_field = self.number(element),
            0x0110 => self.command.message_id = self.number(element),
            0x0120 => self.command.message_id_responded_to = self.number(element),
            0x0600 => self.command.move_destination = self.ae_title(element),
            0x0700 => self.command.priority = self.number(element),
            0x0800 => self.command.data_set_type = self.number(element),
            0x0900 => self.command.status = self.number(element),
            0x0901 => self.command.offending_elements = self.tags(element),
            0x0902 => self.command.error_comment = present(text::short_text(element.value)),
            0x0903 => self.command.error_id = self.number(element),
            0x1000 => self.command.affected_sop_instance = self.uid(element),
            0x1001 => self.command.requested_sop_instance = self.uid(element),
            0x1002 => self.command.event_type_id = self.number(element),
            0x1005 => self.command.attribute_identifiers = self.tags(element),
            0x1008 => self.command.action_type_id = self.number(element),
            0x1020 => self.command.remaining_suboperations = self.number(element),
            0x1021 => self.command.completed_suboperations = self.number(element),
            0x1022 => self.command.failed_suboperations = self.number(element),
            0x1023 => self.command.warning_suboperations = self.number(element),
            0x1030 => self.command.move_originator_ae = self.ae_title(element),
            0x1031 => self.command.move_originator_message_id = self.number(element),
            tag => {
                self.command.other_elements += 1;
                if tag > 0xFFFF {
                    self.issues.push(BadCommand, format!("{} is not of group 0000", name(tag)));
                }
            }
        }
    }

    /// Command Group Length is compared and otherwise not used: it bounds nothing.
    fn group_length(&mut self, element: &Element<'_>, rest: usize) {
        let value = self.encoding.u32(&mut Reader::new(element.value));
        if element.announced != 4 {
            self.issues.push(BadCommand, format!("{} has {} bytes, not 4", name(element.tag), element.announced));
        } else if let Some(value) = value
            && usize::try_from(value) != Ok(rest)
        {
            self.issues.push(BadCommand, format!("group length {value} where {rest} bytes follow"));
        }
    }

    fn number(&mut self, element: &Element<'_>) -> Option<u16> {
        if element.announced != 2 {
            self.issues.push(BadCommand, format!("{} has {} bytes, not 2", name(element.tag), element.announced));
        }
        self.encoding.u16(&mut Reader::new(element.value))
    }

    fn tags(&mut self, element: &Element<'_>) -> Vec<u32> {
        let mut reader = Reader::new(element.value);
        let mut tags = Vec::new();
        while let Some(tag) = self.encoding.tag(&mut reader) {
            tags.push(tag);
        }
        if !reader.is_empty() {
            self.issues.push(BadCommand, format!("{} has {} bytes, no multiple of 4", name(element.tag), element.value.len()));
        }
        tags
    }

    fn uid(&mut self, element: &Element<'_>) -> Option<Uid> {
        if element.is_cut() {
            return None;
        }
        if let Some(uid) = text::plain_uid(element.value) {
            return Some(uid);
        }
        let value = text::trim_end(element.value);
        if value.len() > 64 || !value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
            let cut = if value.len() > UID_BYTES { ", cut" } else { "" };
            self.issues.push(BadCommand, format!("{} holds {} bytes that are not a valid UID{cut}", name(element.tag), value.len()));
        }
        present(text::uid(value)).map(Uid::from)
    }

    fn ae_title(&mut self, element: &Element<'_>) -> Option<String> {
        if element.is_cut() {
            return None;
        }
        if element.value.len() > 16 {
            self.issues.push(BadCommand, format!("{} is an AE title of {} bytes", name(element.tag), element.value.len()));
        }
        present(text::ae_title(element.value))
    }
}

/// An empty value says nothing.
fn present(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A tag as the standard writes it.
fn name(tag: u32) -> String {
    format!("({:04X},{:04X})", tag >> 16, tag & 0xFFFF)
}
