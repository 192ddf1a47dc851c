//! Cuts one direction's bytes into PDUs and presentation data values (PS3.8 section 9.3 and annex E). Knows where things begin
//! and end; not what they mean. A gap inside a known length is counted, a gap over a PDU header leads to a search.

use super::resync::Scanner;
use crate::anomaly::AnomalyKind;
use crate::event::{NO_TIME, Stamp};
use crate::flow::Place;
use crate::limits::Limits;

pub const P_DATA: u8 = 4;
const PDU_HEADER: usize = 6;
const PDV_HEADER: usize = 6;
/// A PDU of unknown type is skipped by its length up to here; beyond, the length is not believed.
const UNKNOWN_PDU: u64 = 1 << 20;

/// A PDU as far as it has been seen.
#[derive(Clone, Debug)]
pub struct Pdu {
    pub pdu_type: u8,
    pub length: u32,
    pub offset: u64,
    pub first: Stamp,
    pub last: Stamp,
    /// Bytes of the other direction that its sender had received when its first byte left.
    pub acknowledged: Option<i64>,
    pub pdvs: u32,
    pub header: [u8; 12],
    pub header_length: u8,
    pub complete: bool,
    /// Bytes of it that are still to come.
    pub remaining: u64,
}

impl Pdu {
    /// Offset of the byte after it.
    pub fn end(&self) -> u64 {
        self.offset + PDU_HEADER as u64 + u64::from(self.length)
    }
}

/// A presentation data value's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdv {
    pub context_id: u8,
    pub is_command: bool,
    pub is_last: bool,
    /// Bytes of its fragment, without the message control header.
    pub length: u64,
    /// Its length was wrong: the rest of the PDU was taken for it.
    pub damaged: bool,
}

/// Takes what a direction's bytes are made of.
pub trait Upper {
    fn begin(&mut self, pdu: &Pdu);
    /// The bytes after the header of any PDU but P-DATA-TF: all, or (`pdu.complete` is false) the first ones.
    fn body(&mut self, pdu: &Pdu, body: &[u8]);
    fn pdv(&mut self, pdu: &Pdu, pdv: Pdv);
    /// The next bytes of a command fragment.
    fn command(&mut self, bytes: &[u8]);
    /// The fragment is over; `whole` is false where bytes of it are missing.
    fn pdv_end(&mut self, pdu: &Pdu, pdv: Pdv, whole: bool);
    fn end(&mut self, pdu: &Pdu);
    /// These bytes belong to no known fragment: PDU boundaries are no longer known, or the rest of the PDU is skipped.
    fn lost(&mut self, from: u64, until: u64);
    /// They are known again, after this many bytes.
    fn found(&mut self, stamp: Stamp, offset: u64, skipped: u64);
    fn issue(&mut self, stamp: Stamp, kind: AnomalyKind, detail: &'static str, offset: u64, length: u64);
}

#[derive(Debug)]
enum State {
    Searching(Scanner),
    Header,
    Body,
    PdvHeader,
    Command,
    /// In [`Framer::unread`] bytes of a data fragment.
    Data,
    /// In [`Framer::unread`] bytes that belong to the PDU, but not to a known fragment.
    Rest,
}

/// The framing of one direction.
#[derive(Debug)]
pub struct Framer {
    /// How many of the next bytes are not looked at.
    pub unread: u64,
    state: State,
    part: [u8; 12],
    have: usize,
    body: Vec<u8>,
    pdu: Pdu,
    pdv: Pdv,
    pdv_whole: bool,
    pdv_left: u64,
    last: Stamp,
    acknowledged: Option<i64>,
    /// Bytes searched since the boundaries were last known.
    pub searched: u64,
    /// Offset after the last byte that came, or is known to be missing.
    pub reached: u64,
}

const NOWHERE: Stamp = Stamp { packet: 0, time: NO_TIME };

impl Default for Framer {
    fn default() -> Self {
        Self {
            unread: 0,
            state: State::Searching(Scanner::default()),
            part: [0; 12],
            have: 0,
            body: Vec::new(),
            pdu: Pdu {
                pdu_type: 0,
                length: 0,
                offset: 0,
                first: NOWHERE,
                last: NOWHERE,
                acknowledged: None,
                pdvs: 0,
                header: [0; 12],
                header_length: 0,
                complete: true,
                remaining: 0,
            },
            pdv: Pdv { context_id: 0, is_command: false, is_last: false, length: 0, damaged: false },
            pdv_whole: true,
            pdv_left: 0,
            last: NOWHERE,
            acknowledged: None,
            searched: 0,
            reached: 0,
        }
    }
}

impl Framer {
    pub fn is_searching(&self) -> bool {
        matches!(self.state, State::Searching(_))
    }

    /// The next bytes.
    #[inline]
    pub fn data(&mut self, place: Place, bytes: &[u8], limits: &Limits, upper: &mut impl Upper) {
        self.last = place.stamp;
        self.acknowledged = place.acknowledged;
        let length = bytes.len() as u64;
        self.reached = place.offset + length;
        if length < self.unread {
            self.unread -= length;
            return;
        }
        self.read(place.offset, bytes, limits, upper);
    }

    /// The next bytes are there, within what is unread.
    pub fn passed(&mut self, place: Place, length: u64, upper: &mut impl Upper) {
        self.last = place.stamp;
        self.acknowledged = place.acknowledged;
        self.reached = place.offset + length;
        self.forget();
        self.skip(length, upper);
    }

    /// The bytes before are not followed by those that come next.
    pub fn forget(&mut self) {
        if let State::Searching(scanner) = &mut self.state {
            scanner.clear();
        }
    }

    fn read(&mut self, mut offset: u64, mut bytes: &[u8], limits: &Limits, upper: &mut impl Upper) {
        while !bytes.is_empty() {
            let before = bytes.len();
            if self.unread > 0 {
                let count = self.unread.min(bytes.len() as u64);
                bytes = bytes.get(count as usize..).unwrap_or_default();
                self.skip(count, upper);
            } else {
                bytes = self.step(offset, bytes, limits, upper);
            }
            offset += (before - bytes.len()) as u64;
        }
    }

    /// Reads at least one byte.
    fn step<'a>(&mut self, offset: u64, bytes: &'a [u8], limits: &Limits, upper: &mut impl Upper) -> &'a [u8] {
        match &mut self.state {
            State::Searching(scanner) => {
                let carried = scanner.carried() as u64;
                let Some(found) = scanner.feed(bytes) else {
                    self.searched += bytes.len() as u64;
                    return &[];
                };
                let start = offset + found.at as u64 - found.carried.len() as u64;
                let skipped = (self.searched + found.at as u64).saturating_sub(found.carried.len() as u64);
                debug_assert!(found.carried.len() as u64 <= carried);
                self.searched = 0;
                self.state = State::Header;
                self.have = 0;
                upper.found(self.last, start, skipped);
                self.read(start, &found.carried, limits, upper);
                bytes.get(found.at..).unwrap_or_default()
            }
            State::Header => {
                if self.have == 0 {
                    self.pdu.offset = offset;
                    self.pdu.first = self.last;
                    self.pdu.acknowledged = self.acknowledged;
                }
                let rest = self.collect(bytes, PDU_HEADER);
                if self.have == PDU_HEADER {
                    self.begin(limits, upper);
                }
                rest
            }
            State::Body => {
                let count = self.pdu.remaining.min(bytes.len() as u64) as usize;
                let (head, tail) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
                self.body.extend_from_slice(head);
                self.pdu.remaining -= head.len() as u64;
                self.body_end(upper);
                tail
            }
            State::PdvHeader => {
                let start = offset.saturating_sub(self.have as u64);
                let rest = self.collect(bytes, PDV_HEADER);
                if self.have == PDV_HEADER {
                    self.pdv_begin(start, upper);
                }
                rest
            }
            State::Command => {
                let count = self.pdv_left.min(bytes.len() as u64) as usize;
                let (head, tail) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
                upper.command(head);
                self.pdv_left -= head.len() as u64;
                self.pdu.remaining -= head.len() as u64;
                if self.pdv_left == 0 {
                    self.pdv_over(upper);
                }
                tail
            }
            // Nothing is left of either: they end when `unread` does.
            State::Data | State::Rest => {
                self.after_unread(upper);
                bytes
            }
        }
    }

    /// Fills `part` up to `want` bytes.
    fn collect<'a>(&mut self, bytes: &'a [u8], want: usize) -> &'a [u8] {
        let count = want.saturating_sub(self.have).min(bytes.len());
        let (head, tail) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        if let Some(space) = self.part.get_mut(self.have..self.have + head.len()) {
            space.copy_from_slice(head);
        }
        self.have += head.len();
        tail
    }

    fn begin(&mut self, limits: &Limits, upper: &mut impl Upper) {
        let [pdu_type, reserved, l0, l1, l2, l3, ..] = self.part;
        self.have = 0;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let offset = self.pdu.offset;
        let long = u64::from(length);
        let known = (1..=7).contains(&pdu_type);
        if reserved != 0 || (!known && long > UNKNOWN_PDU) || long > limits.pdu_bytes {
            upper.issue(self.last, AnomalyKind::BadPdu, "no PDU where one should begin", offset, PDU_HEADER as u64);
            self.lose(offset, upper);
            return;
        }
        self.pdu.pdu_type = pdu_type;
        self.pdu.length = length;
        self.pdu.remaining = long;
        self.pdu.pdvs = 0;
        self.pdu.header = [0; 12];
        if let Some(space) = self.pdu.header.get_mut(..PDU_HEADER) {
            space.copy_from_slice(self.part.get(..PDU_HEADER).unwrap_or_default());
        }
        self.pdu.header_length = PDU_HEADER as u8;
        self.pdu.complete = true;
        if !known {
            upper.issue(self.last, AnomalyKind::UnknownPduType, "PDU type outside 1 to 7, skipped by its length", offset, long);
            self.unread = long;
            self.state = State::Rest;
            upper.begin(&self.pdu);
            self.after_unread(upper);
            return;
        }
        upper.begin(&self.pdu);
        if pdu_type == P_DATA {
            if length == 0 {
                upper.issue(self.last, AnomalyKind::BadPdv, "P-DATA-TF without a presentation data value", offset, 0);
            }
            self.next_pdv(upper);
            return;
        }
        let usual = if matches!(pdu_type, 1 | 2) { long >= 68 } else { long == 4 };
        if !usual {
            upper.issue(self.last, AnomalyKind::BadPdu, "length that this PDU type cannot have", offset, long);
        }
        self.body.clear();
        if long > limits.associate_bytes as u64 {
            upper.issue(self.last, AnomalyKind::BadPdu, "longer than the limit: skipped", offset, long);
            self.pdu.complete = false;
            self.unread = long;
            self.state = State::Rest;
            return;
        }
        self.state = State::Body;
        self.body_end(upper);
    }

    fn body_end(&mut self, upper: &mut impl Upper) {
        if self.pdu.remaining == 0 {
            self.pdu.last = self.last;
            upper.body(&self.pdu, &self.body);
            self.pdu_over(upper);
        }
    }

    /// Before the next fragment of the PDU, or its end.
    fn next_pdv(&mut self, upper: &mut impl Upper) {
        if self.pdu.remaining == 0 {
            self.pdu_over(upper);
        } else if self.pdu.remaining < PDV_HEADER as u64 {
            upper.issue(
                self.last,
                AnomalyKind::BadPdv,
                "bytes after the last presentation data value",
                self.pdu.offset,
                self.pdu.remaining,
            );
            self.unread = self.pdu.remaining;
            self.state = State::Rest;
        } else {
            self.have = 0;
            self.state = State::PdvHeader;
        }
    }

    fn pdv_begin(&mut self, offset: u64, upper: &mut impl Upper) {
        let [l0, l1, l2, l3, context_id, flags, ..] = self.part;
        self.have = 0;
        let announced = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
        if self.pdu.pdvs == 0 {
            let head = self.part.get(..PDV_HEADER).unwrap_or_default();
            if let Some(space) = self.pdu.header.get_mut(PDU_HEADER..) {
                space.copy_from_slice(head);
                self.pdu.header_length = 12;
            }
        }
        self.pdu.remaining -= PDV_HEADER as u64;
        if announced < 2 {
            upper.issue(
                self.last,
                AnomalyKind::BadPdv,
                "presentation data value shorter than its header: rest of the PDU skipped",
                offset,
                announced,
            );
            self.pdu.complete = false;
            self.unread = self.pdu.remaining;
            self.state = State::Rest;
            self.after_unread(upper);
            return;
        }
        let damaged = announced - 2 > self.pdu.remaining;
        if damaged {
            upper.issue(self.last, AnomalyKind::BadPdv, "presentation data value longer than its PDU", offset, announced);
            self.pdu.complete = false;
        }
        let length = (announced - 2).min(self.pdu.remaining);
        self.pdv = Pdv { context_id, is_command: flags & 1 != 0, is_last: flags & 2 != 0, length, damaged };
        self.pdv_whole = !damaged;
        self.pdv_left = length;
        self.pdu.pdvs += 1;
        self.pdu.last = self.last;
        upper.pdv(&self.pdu, self.pdv);
        if length == 0 {
            self.pdv_over(upper);
        } else if self.pdv.is_command {
            self.state = State::Command;
        } else {
            self.unread = length;
            self.state = State::Data;
        }
    }

    fn pdv_over(&mut self, upper: &mut impl Upper) {
        self.pdu.last = self.last;
        upper.pdv_end(&self.pdu, self.pdv, self.pdv_whole);
        self.next_pdv(upper);
    }

    fn pdu_over(&mut self, upper: &mut impl Upper) {
        self.pdu.last = self.last;
        upper.end(&self.pdu);
        self.have = 0;
        self.state = State::Header;
    }

    /// `count` of the unread bytes are over.
    fn skip(&mut self, count: u64, upper: &mut impl Upper) {
        self.unread = self.unread.saturating_sub(count);
        if self.unread == 0 {
            self.after_unread(upper);
        }
    }

    fn after_unread(&mut self, upper: &mut impl Upper) {
        if self.unread > 0 {
            return;
        }
        match self.state {
            State::Data => {
                self.pdu.remaining -= self.pdv_left;
                self.pdv_left = 0;
                self.pdv_over(upper);
            }
            State::Rest => {
                self.pdu.remaining = 0;
                self.pdu_over(upper);
            }
            _ => {}
        }
    }

    /// The next `length` bytes are missing.
    pub fn gap(&mut self, place: Place, length: u64, upper: &mut impl Upper) {
        self.last = place.stamp;
        self.acknowledged = None;
        self.reached = place.offset + length;
        let mut left = length;
        if self.unread > 0 {
            let count = self.unread.min(left);
            self.pdu.complete = false;
            self.pdv_whole = false;
            self.skip(count, upper);
            left -= count;
        }
        if left == 0 {
            return;
        }
        match &mut self.state {
            State::Searching(scanner) => {
                scanner.clear();
                self.searched += left;
            }
            State::Body if left <= self.pdu.remaining => {
                // What follows the hole cannot be put in its place, but the PDU's end is known.
                self.pdu.complete = false;
                self.pdu.last = self.last;
                let tail = self.pdu.remaining - left;
                upper.body(&self.pdu, &self.body);
                self.rest(tail, upper);
            }
            State::Command if left <= self.pdv_left => {
                self.pdu.complete = false;
                self.pdv_whole = false;
                // The rest of the fragment is passed over: only the bytes before the hole are read as a command set.
                self.pdv_left -= left;
                self.pdu.remaining -= left;
                self.unread = self.pdv_left;
                self.state = State::Data;
                self.after_unread(upper);
            }
            State::PdvHeader | State::Command if left + self.have as u64 <= self.pdu.remaining => {
                let partial = matches!(self.state, State::Command);
                self.pdu.complete = false;
                self.pdv_whole = false;
                let tail = self.pdu.remaining - left - if partial { 0 } else { self.have as u64 };
                if partial {
                    self.pdu.last = self.last;
                    upper.pdv_end(&self.pdu, Pdv { is_last: false, ..self.pdv }, false);
                }
                upper.lost(place.offset, self.reached);
                self.rest(tail, upper);
            }
            _ => {
                if !matches!(self.state, State::Header) {
                    self.pdu.complete = false;
                    self.pdu.last = self.last;
                    if matches!(self.state, State::Body) {
                        upper.body(&self.pdu, &self.body);
                    }
                    upper.end(&self.pdu);
                }
                self.lose(place.offset, upper);
                self.searched += left;
            }
        }
    }

    /// The last `tail` bytes of the PDU belong to no known fragment.
    fn rest(&mut self, tail: u64, upper: &mut impl Upper) {
        self.have = 0;
        self.unread = tail;
        self.state = State::Rest;
        self.after_unread(upper);
    }

    fn lose(&mut self, from: u64, upper: &mut impl Upper) {
        self.unread = 0;
        self.have = 0;
        self.searched = 0;
        self.state = State::Searching(Scanner::default());
        upper.lost(from, self.reached);
    }

    /// No more bytes come: what has begun is incomplete.
    pub fn finish(&mut self, upper: &mut impl Upper) {
        match self.state {
            State::Searching(_) => {}
            State::Header if self.have == 0 => {}
            State::Header => {
                upper.issue(self.last, AnomalyKind::BadPdu, "the stream ends inside a PDU header", self.pdu.offset, self.have as u64);
            }
            State::Body => {
                self.pdu.complete = false;
                self.pdu.last = self.last;
                upper.body(&self.pdu, &self.body);
                upper.end(&self.pdu);
            }
            _ => {
                self.pdu.complete = false;
                self.pdu.last = self.last;
                if matches!(self.state, State::Command | State::Data) {
                    let left = if self.unread > 0 { self.unread } else { self.pdv_left };
                    let seen = self.pdv.length - left;
                    self.pdu.remaining -= self.pdv_left - left;
                    upper.pdv_end(&self.pdu, Pdv { is_last: false, length: seen, ..self.pdv }, false);
                }
                upper.end(&self.pdu);
            }
        }
        self.unread = 0;
        self.state = State::Searching(Scanner::default());
    }
}
