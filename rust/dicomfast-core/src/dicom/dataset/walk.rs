//! Reads a data set as its bytes come, cut anywhere (PS3.5 section 7): element headers, values up to a bound, sequences and items.
//! Values that nobody wants are passed over by their length. Knows the encoding; not what elements are for.

use super::charset::Charset;
use super::dictionary::{self, implicit_vr, is_creator};
use super::nesting::{Nesting, Open};
use super::syntax::Encoding;
use super::value::Raw;
use super::vr::{Kind, Vr};
use super::{Element, Fault, Taker};
use crate::event::Stamp;
use crate::limits::Limits;

mod structure;

pub(super) const ITEM: u32 = 0xFFFE_E000;
const ITEM_END: u32 = 0xFFFE_E00D;
const SEQUENCE_END: u32 = 0xFFFE_E0DD;
const UNDEFINED: u32 = u32::MAX;
const CHARACTER_SET: u32 = 0x0008_0005;
const PIXEL_REPRESENTATION: u32 = 0x0028_0103;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    /// In a value of which `keep` bytes are kept, and `left` are to come.
    Value {
        keep: u64,
        left: u64,
    },
    Skip(u64),
    /// Nothing more is read.
    Done,
}

/// The element whose value is being read.
#[derive(Clone, Copy, Debug)]
struct Current {
    tag: u32,
    vr: Vr,
    length: u32,
    stamp: Stamp,
}

/// The reading of one data set.
#[derive(Debug)]
pub struct Walk {
    nesting: Nesting,
    state: State,
    part: [u8; 12],
    have: usize,
    /// Offset of the next byte.
    position: u64,
    current: Current,
    value: Vec<u8>,
    /// Pixel Representation (0028,0103) is 1.
    signed: bool,
    /// Sequences and items that are open beyond the depth that is followed.
    too_deep: u64,
    /// Which faults were told: each once a data set.
    told: u32,
    negotiated: bool,
}

impl Walk {
    /// `negotiated`: the encoding was; else it is a guess until the first element has come.
    pub fn new(encoding: Encoding, negotiated: bool) -> Self {
        let current = Current { tag: 0, vr: Vr::UN, length: 0, stamp: Stamp { packet: 0, time: 0 } };
        Self {
            nesting: Nesting::new(encoding),
            state: State::Header,
            part: [0; 12],
            have: 0,
            position: 0,
            current,
            value: Vec::new(),
            signed: false,
            too_deep: 0,
            told: 0,
            negotiated,
        }
    }

    /// How many of the next bytes will not be looked at.
    pub fn unread(&self) -> u64 {
        match self.state {
            State::Skip(left) => left,
            State::Done => u64::MAX,
            State::Header | State::Value { .. } => 0,
        }
    }

    /// The next bytes.
    pub fn feed(&mut self, stamp: Stamp, mut bytes: &[u8], limits: &Limits, taker: &mut impl Taker) {
        while !bytes.is_empty() {
            let before = bytes.len();
            match self.state {
                State::Done => return,
                State::Skip(left) => {
                    let count = left.min(bytes.len() as u64);
                    bytes = bytes.get(count as usize..).unwrap_or_default();
                    self.passed(count);
                }
                State::Value { keep, left } => {
                    let (head, tail) = bytes.split_at_checked(keep.min(before as u64) as usize).unwrap_or((bytes, &[]));
                    self.value.extend_from_slice(head);
                    bytes = tail;
                    let count = head.len() as u64;
                    self.position += count;
                    self.state = State::Value { keep: keep - count, left: left - count };
                    if keep == count {
                        self.kept(left - count, limits, taker);
                    }
                }
                State::Header => {
                    let want = self.wanted();
                    let (head, tail) = bytes.split_at_checked((want - self.have).min(before)).unwrap_or((bytes, &[]));
                    if let Some(space) = self.part.get_mut(self.have..self.have + head.len()) {
                        space.copy_from_slice(head);
                    }
                    self.have += head.len();
                    self.position += head.len() as u64;
                    bytes = tail;
                    if self.have == 8 && self.position == 8 {
                        self.check_encoding(stamp, taker);
                    }
                    if self.have == self.wanted() {
                        self.header(stamp, limits, taker);
                    }
                }
            }
        }
    }

    /// So many of the unread bytes have gone by.
    pub fn passed(&mut self, count: u64) {
        if let State::Skip(left) = self.state {
            self.position += count;
            self.skip(left.saturating_sub(count));
        }
    }

    /// So many bytes are missing; `None`: nobody knows how many.
    pub fn lost(&mut self, count: Option<u64>, limits: &Limits, taker: &mut impl Taker) {
        match (self.state, count) {
            (State::Done, _) => return,
            (State::Skip(left), Some(count)) if count <= left => return self.passed(count),
            (State::Value { left, .. }, Some(count)) if count <= left => {
                // What follows the hole cannot be put in its place.
                self.position += count;
                return self.kept(left - count, limits, taker);
            }
            (State::Value { left, .. }, _) => self.kept(left, limits, taker),
            _ => {}
        }
        self.state = State::Done;
    }

    /// No more bytes come; `sent`: the last one came.
    pub fn finish(&mut self, sent: bool, limits: &Limits, taker: &mut impl Taker) {
        let stamp = self.current.stamp;
        match self.state {
            State::Done => return,
            State::Header if self.have > 0 && sent => self.fault(stamp, Fault::Trailing, taker),
            State::Header if self.nesting.open().is_some() && sent => self.fault(stamp, Fault::NotClosed, taker),
            State::Value { left, .. } => {
                self.kept(left, limits, taker);
                self.cut(sent, taker);
            }
            State::Skip(_) => self.cut(sent, taker),
            State::Header => {}
        }
        self.state = State::Done;
    }

    fn cut(&mut self, sent: bool, taker: &mut impl Taker) {
        if sent {
            self.fault(self.current.stamp, Fault::BeyondEnd, taker);
        }
    }

    fn fault(&mut self, stamp: Stamp, fault: Fault, taker: &mut impl Taker) {
        let bit = 1 << fault as u32;
        if self.told & bit == 0 {
            self.told |= bit;
            taker.fault(stamp, fault, self.position);
        }
    }

    /// Gives up: what comes is no element.
    pub fn give_up(&mut self, stamp: Stamp, fault: Fault, taker: &mut impl Taker) {
        if self.state == State::Done {
            return;
        }
        self.fault(stamp, fault, taker);
        self.state = State::Done;
    }

    fn skip(&mut self, left: u64) {
        self.have = 0;
        if left > 0 {
            self.state = State::Skip(left);
        } else {
            self.state = State::Header;
            self.nesting.close(self.position);
        }
    }

    fn tag(&self) -> u32 {
        let [a, b, c, d, ..] = self.part;
        self.nesting.encoding.tag([a, b, c, d])
    }

    /// Bytes of the header as far as it is known.
    fn wanted(&self) -> usize {
        let [.., v0, v1, _, _, _, _, _, _] = self.part;
        let long = self.have >= 8
            && self.nesting.encoding.explicit
            && self.tag() >> 16 != 0xFFFE
            && Vr::possible([v0, v1]).is_some_and(Vr::is_long);
        if long { 12 } else { 8 }
    }

    /// Whether the first element is encoded as the transfer syntax says.
    fn check_encoding(&mut self, stamp: Stamp, taker: &mut impl Taker) {
        let [first @ .., _, _, _, _] = self.part;
        // A print job begins with group 2000, which is group 0020 in the other order of bytes.
        let as_agreed = self.negotiated && dictionary::entry(self.tag()).is_some();
        if let Some(encoding) = Encoding::of(first)
            && encoding != self.nesting.encoding
            && (encoding.explicit != self.nesting.encoding.explicit || !as_agreed)
        {
            self.nesting.encoding = encoding;
            if self.negotiated {
                taker.other_encoding(stamp, encoding);
            }
        }
    }

    /// A header is there.
    fn header(&mut self, stamp: Stamp, limits: &Limits, taker: &mut impl Taker) {
        let encoding = self.nesting.encoding;
        let tag = self.tag();
        let [_, _, _, _, v0, v1, l0, l1, m0, m1, m2, m3] = self.part;
        let long = self.have == 12;
        self.have = 0;
        let four = encoding.u32([v0, v1, l0, l1]);
        let (vr, length) = if tag >> 16 == 0xFFFE {
            (Vr::UN, four)
        } else if !encoding.explicit {
            (implicit_vr(tag, self.signed), four)
        } else if let Some(vr) = Vr::possible([v0, v1]) {
            if Vr::known([v0, v1]).is_none() {
                self.fault(stamp, Fault::UnknownVr, taker);
            }
            (vr, if long { encoding.u32([m0, m1, m2, m3]) } else { u32::from(encoding.u16([l0, l1])) })
        } else {
            // Some programs write single elements in implicit VR.
            self.fault(stamp, Fault::NoVr, taker);
            (implicit_vr(tag, self.signed), four)
        };
        self.current = Current { tag, vr, length, stamp };
        if self.too_deep > 0 {
            return self.deep(tag, length, vr);
        }
        match tag {
            ITEM => self.item(limits, taker),
            ITEM_END | SEQUENCE_END => self.delimiter(tag, length, taker),
            _ => self.element(limits, taker),
        }
    }

    /// Beyond the depth that is followed: only what is open is counted.
    fn deep(&mut self, tag: u32, length: u32, vr: Vr) {
        match tag {
            ITEM_END | SEQUENCE_END => self.too_deep -= 1,
            _ if length == UNDEFINED => self.too_deep += 1,
            _ => return self.skip(self.within(length)),
        }
        // What UN holds is implicit; nothing tells where it ends but the delimiters that are counted here.
        if vr == Vr::UN && tag >> 16 != 0xFFFE && length == UNDEFINED {
            self.nesting.encoding = Encoding::IMPLICIT;
        }
        self.skip(0);
    }

    /// A length, no longer than what is open around it.
    fn within(&self, length: u32) -> u64 {
        let room = self.nesting.end().map_or(u64::MAX, |end| end.saturating_sub(self.position));
        u64::from(length).min(room)
    }

    /// The same, which is wrong where it is longer.
    fn bounded(&mut self, taker: &mut impl Taker) -> u64 {
        let length = self.within(self.current.length);
        if length < u64::from(self.current.length) {
            self.fault(self.current.stamp, Fault::BeyondItem, taker);
        }
        length
    }

    fn element(&mut self, limits: &Limits, taker: &mut impl Taker) {
        let Current { tag, vr, length, stamp } = self.current;
        if matches!(self.nesting.open(), Some(Open::Sequence | Open::Fragments)) {
            let room = self.nesting.end().filter(|_| self.nesting.is_defined()).map(|end| end.saturating_sub(self.position));
            self.fault(stamp, Fault::NoItem, taker);
            match room {
                Some(room) => self.skip(room),
                None => self.state = State::Done,
            }
            return;
        }
        if tag <= self.nesting.last_tag && self.nesting.last_tag != 0 {
            self.fault(stamp, Fault::Order, taker);
        }
        if tag >> 16 < 8 {
            self.fault(stamp, Fault::Group, taker);
        }
        self.nesting.last_tag = tag;
        if length == UNDEFINED {
            return self.undefined(limits, taker);
        }
        if length % 2 == 1 {
            self.fault(stamp, Fault::OddLength, taker);
        }
        if vr == Vr::SQ {
            return self.sequence(Some(length), Open::Sequence, limits, taker);
        }
        let length = self.bounded(taker);
        let own = matches!(tag, CHARACTER_SET | PIXEL_REPRESENTATION);
        let creator = is_creator(tag) && taker.wants_creators();
        let wanted = own || creator || taker.wants_value(tag, vr, self.at_top(), self.nesting.masked);
        let wanted = wanted && vr.kind() != Kind::Bulk;
        self.value.clear();
        let keep = if wanted { length.min(limits.value_bytes as u64) } else { 0 };
        self.state = State::Value { keep, left: length };
        if keep == 0 {
            self.kept(length, limits, taker);
        }
    }

    fn at_top(&self) -> bool {
        self.nesting.depth() == 0
    }

    /// What is wanted of a value is there; `left` bytes of it are to come.
    fn kept(&mut self, left: u64, limits: &Limits, taker: &mut impl Taker) {
        let Current { tag, vr, length, stamp } = self.current;
        let value = std::mem::take(&mut self.value);
        let top = self.at_top();
        let truncated = value.len() as u64 != u64::from(length);
        if tag == CHARACTER_SET {
            let (charset, known) = Charset::of(&value);
            self.nesting.charset = charset;
            if !known {
                self.fault(stamp, Fault::CharacterSet, taker);
            }
        } else if tag == PIXEL_REPRESENTATION {
            self.signed = value.contains(&1);
        }
        let raw = Raw { vr, bytes: &value, big_endian: self.nesting.encoding.big_endian, charset: self.nesting.charset };
        if is_creator(tag) && taker.wants_creators() && !truncated {
            self.nesting.reserve(tag, raw.decode().text.unwrap_or_default(), limits.private_creators);
        }
        if taker.wants_rows() || top {
            let path = if taker.wants_rows() { self.nesting.path(tag) } else { String::new() };
            let creator = self.nesting.creator(tag);
            let bulk = vr.kind() == Kind::Bulk;
            taker.element(Element {
                stamp,
                tag,
                length: Some(length),
                depth: self.nesting.depth(),
                raw,
                truncated: truncated && !bulk,
                masked: self.nesting.masked,
                creator,
                path,
            });
        }
        self.value = value;
        self.skip(left);
        if !taker.goes_on(tag, top) {
            self.state = State::Done;
        }
    }
}
