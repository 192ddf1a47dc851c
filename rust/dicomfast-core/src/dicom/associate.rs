//! A-ASSOCIATE-RQ and A-ASSOCIATE-AC (PS3.8 sections 9.3.2 and 9.3.3, annex D; PS3.7 annex D.3.3): the bytes after the PDU header as
//! values. Knows nothing of streams or of the state of an association. The user identity's secret is counted, never kept.

mod describe;
mod join;
mod list;
mod user;

pub use describe::negotiation_lines;
pub use join::context_records;
pub use list::items;

use super::issue::{Issue, Issues};
use super::text;
use crate::anomaly::AnomalyKind::{BadContextId, BadItem, BadPdu, UnknownItem as UnknownItemKind};
use crate::event::Uid;
use crate::limits::{Limits, UID_BYTES};
use crate::reader::Reader;

/// Which of the two PDUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Request,
    Accept,
}

/// What an A-ASSOCIATE PDU says. `None` is what it does not say, or says in a way that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Associate {
    pub protocol_version: Option<u16>,
    /// Trimmed and escaped. In A-ASSOCIATE-AC these fields are reserved and should repeat those of the request.
    pub called_ae: Option<String>,
    pub calling_ae: Option<String>,
    pub called_ae_raw: Option<[u8; 16]>,
    pub calling_ae_raw: Option<[u8; 16]>,
    pub application_context: Option<Uid>,
    pub contexts: Vec<Context>,
    /// 0 means no limit.
    pub max_pdu: Option<u32>,
    pub implementation_class_uid: Option<Uid>,
    pub implementation_version: Option<String>,
    pub async_window: Option<AsyncWindow>,
    pub roles: Vec<Role>,
    pub extended: Vec<Extended>,
    pub common_extended: Vec<CommonExtended>,
    pub user_identity: Option<UserIdentity>,
    /// Bytes of the server's response to the user identity.
    pub user_identity_response: Option<u16>,
    pub unknown_items: Vec<UnknownItem>,
    pub issues: Vec<Issue>,
}

/// A presentation context item (0x20 proposed, 0x21 answered).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub id: u8,
    /// Only in A-ASSOCIATE-AC.
    pub result: Option<u8>,
    /// One in A-ASSOCIATE-RQ, none in A-ASSOCIATE-AC.
    pub abstract_syntaxes: Vec<Uid>,
    /// One or more in A-ASSOCIATE-RQ; one in A-ASSOCIATE-AC, significant only if the result is acceptance.
    pub transfer_syntaxes: Vec<Uid>,
}

/// Asynchronous operations window (0x53); 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncWindow {
    pub invoked: u16,
    pub performed: u16,
}

/// SCP/SCU role selection (0x54).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub sop_class: Uid,
    pub scu: bool,
    pub scp: bool,
}

/// SOP class extended negotiation (0x56).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    pub sop_class: Uid,
    /// Service class application information: the first bytes, and how many there were.
    pub information: Vec<u8>,
    pub length: usize,
}

/// SOP class common extended negotiation (0x57).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonExtended {
    pub sop_class: Uid,
    pub service_class: Uid,
    pub related_general_sop_classes: Vec<Uid>,
}

/// User identity (0x58) without what identifies the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    pub identity_type: u8,
    pub positive_response_requested: bool,
    pub primary_length: u16,
    pub secondary_length: u16,
}

/// An item that PS3.7 and PS3.8 do not define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownItem {
    pub item_type: u8,
    pub length: u16,
}

/// Decodes the body of an A-ASSOCIATE PDU. What cannot be read becomes an [`Issue`].
pub fn decode(body: &[u8], kind: Kind, limits: &Limits) -> Associate {
    let mut decoder = Decoder { associate: Associate::default(), issues: Issues::default(), kind, limits };
    let mut reader = Reader::new(body);
    if decoder.fixed_part(&mut reader).is_none() {
        decoder.issues.push(BadPdu, format!("{} bytes where the fixed part alone has 68", body.len()));
    }
    decoder.items(&mut reader);
    let Decoder { mut associate, issues, .. } = decoder;
    associate.issues = issues.finish(BadItem);
    associate
}

/// An item (PS3.8 section 9.3.2.1 and following): type, and as much of its value as is there.
struct Item<'a> {
    code: u8,
    length: u16,
    value: &'a [u8],
}

impl Item<'_> {
    /// All bytes that its length announces are there.
    fn is_whole(&self) -> bool {
        self.value.len() == usize::from(self.length)
    }
}

struct Decoder<'l> {
    associate: Associate,
    issues: Issues,
    kind: Kind,
    limits: &'l Limits,
}

impl Decoder<'_> {
    fn fixed_part(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let associate = &mut self.associate;
        associate.protocol_version = Some(reader.u16_be()?);
        reader.skip(2)?;
        let called = reader.array::<16>()?;
        associate.called_ae = Some(text::ae_title(&called));
        associate.called_ae_raw = Some(called);
        let calling = reader.array::<16>()?;
        associate.calling_ae = Some(text::ae_title(&calling));
        associate.calling_ae_raw = Some(calling);
        reader.skip(32)
    }

    fn items(&mut self, reader: &mut Reader<'_>) {
        while let Some(item) = self.item(reader) {
            match (item.code, self.kind) {
                (0x10, _) => {
                    let uid = self.uid(&item);
                    self.once(|associate| &mut associate.application_context, uid, 0x10);
                }
                (0x20, Kind::Request) | (0x21, Kind::Accept) => self.context(&item),
                (0x20 | 0x21, _) => {
                    self.issues.push(BadItem, format!("presentation context item {:#04x} in the wrong PDU", item.code));
                    self.context(&item);
                }
                (0x50, _) => self.user_information(&item),
                _ => self.unknown(&item),
            }
        }
    }

    /// The next item; one that runs past its container is cut there.
    fn item<'a>(&mut self, reader: &mut Reader<'a>) -> Option<Item<'a>> {
        if reader.is_empty() {
            return None;
        }
        let left = reader.remaining();
        let (Some([code, _]), Some(length)) = (reader.array(), reader.u16_be()) else {
            self.issues.push(BadItem, format!("{left} bytes after the last item"));
            return None;
        };
        let there = reader.remaining().min(usize::from(length));
        if there < usize::from(length) {
            self.issues.push(BadItem, format!("item {code:#04x} announces {length} bytes, {there} are left"));
        }
        Some(Item { code, length, value: reader.take(there)? })
    }

    fn context(&mut self, item: &Item<'_>) {
        let mut reader = Reader::new(item.value);
        let Some([id, _, result, _]) = reader.array() else {
            self.issues.push(BadItem, format!("presentation context item of {} bytes", item.value.len()));
            return;
        };
        let mut context = Context { id, result: (self.kind == Kind::Accept).then_some(result), ..Context::default() };
        while let Some(sub) = self.item(&mut reader) {
            match sub.code {
                0x30 => {
                    let uid = self.uid(&sub);
                    keep(&mut context.abstract_syntaxes, uid, 0x30, self.limits, &mut self.issues);
                }
                // An empty one is how many programs answer a context that they reject.
                0x40 if sub.length == 0 && self.kind == Kind::Accept && result != 0 => {}
                0x40 => {
                    let uid = self.uid(&sub);
                    keep(&mut context.transfer_syntaxes, uid, 0x40, self.limits, &mut self.issues);
                }
                _ => self.unknown(&sub),
            }
        }
        self.check_context(&context);
        if self.associate.contexts.len() < self.limits.contexts {
            self.associate.contexts.push(context);
        } else {
            self.issues.push(BadItem, format!("more than {} presentation contexts", self.limits.contexts));
        }
    }

    fn check_context(&mut self, context: &Context) {
        let id = context.id;
        if id.is_multiple_of(2) {
            self.issues.push(BadContextId, format!("presentation context id {id} is even"));
        }
        if self.associate.contexts.iter().any(|other| other.id == id) {
            self.issues.push(BadContextId, format!("presentation context id {id} twice"));
        }
        let transfer_syntaxes = context.transfer_syntaxes.len();
        match self.kind {
            Kind::Request => {
                if context.abstract_syntaxes.len() != 1 {
                    let count = context.abstract_syntaxes.len();
                    self.issues.push(BadItem, format!("presentation context {id} proposes {count} abstract syntaxes"));
                }
                if transfer_syntaxes == 0 {
                    self.issues.push(BadItem, format!("presentation context {id} proposes no transfer syntax"));
                }
            }
            Kind::Accept => match context.result {
                Some(0) if transfer_syntaxes != 1 => {
                    self.issues.push(BadItem, format!("presentation context {id} is accepted with {transfer_syntaxes} transfer syntaxes"));
                }
                Some(result @ 5..) => {
                    self.issues.push(BadItem, format!("presentation context {id} has the undefined result {result}"));
                }
                _ => {}
            },
        }
    }

    /// The UID that an item holds.
    fn uid(&mut self, item: &Item<'_>) -> Option<Uid> {
        self.uid_text(item.value, item.is_whole(), item.code)
    }

    /// A UID. `None` for what is cut short, empty or holds control bytes: it is no UID but a misread structure, which may hold anything,
    /// a passcode included. In the user information, where passcodes stand, only digits and dots are believed.
    fn uid_text(&mut self, value: &[u8], whole: bool, item_type: u8) -> Option<Uid> {
        if whole && let Some(uid) = text::plain_uid(value) {
            return Some(uid);
        }
        let length = value.len();
        let kept = text::trim_end(value);
        let is_plain = kept.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        if !whole || kept.is_empty() || kept.iter().any(u8::is_ascii_control) || (item_type > 0x50 && !is_plain) {
            if whole {
                self.issues.push(BadItem, format!("item {item_type:#04x} has no UID in its {length} bytes"));
            }
            return None;
        }
        if length > UID_BYTES {
            self.issues.push(BadItem, format!("UID of {length} bytes in item {item_type:#04x}, cut to {UID_BYTES}"));
        } else if kept.len() > 64 || !is_plain {
            self.issues.push(BadItem, format!("item {item_type:#04x} holds {length} bytes that are not a valid UID"));
        }
        Some(text::uid(kept).into())
    }

    fn unknown(&mut self, item: &Item<'_>) {
        let Item { code: item_type, length, .. } = *item;
        self.issues.push(UnknownItemKind, format!("item {item_type:#04x} of {length} bytes"));
        if self.associate.unknown_items.len() < self.limits.negotiation_items {
            self.associate.unknown_items.push(UnknownItem { item_type, length });
        }
    }

    /// Sets what may stand once; the first one counts.
    fn once<T>(&mut self, field: impl FnOnce(&mut Associate) -> &mut Option<T>, value: Option<T>, item_type: u8) {
        let Some(value) = value else { return };
        let slot = field(&mut self.associate);
        if slot.is_some() {
            self.issues.push(BadItem, format!("item {item_type:#04x} twice"));
        } else {
            *slot = Some(value);
        }
    }
}

/// Adds to a list of bounded length.
fn keep<T>(list: &mut Vec<T>, value: Option<T>, item_type: u8, limits: &Limits, issues: &mut Issues) {
    let Some(value) = value else { return };
    if list.len() < limits.negotiation_items {
        list.push(value);
    } else {
        issues.push(BadItem, format!("more than {} items {item_type:#04x}", limits.negotiation_items));
    }
}
