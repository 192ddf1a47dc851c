//! Cuts one direction's bytes into PDUs and presentation data values (PS3.8 section 9.3 and annex E). Knows where things begin
//! and end; not what they mean. What gaps do to it stands in `gaps`.

use super::pdu::{NOWHERE, P_DATA, PDU_HEADER, PDV_HEADER, Pdu, Pdv, Upper};
use super::resync::Scanner;
use crate::anomaly::AnomalyKind;
use crate::event::Stamp;
use crate::flow::Place;
use crate::limits::Limits;

#[derive(Debug)]
pub(super) enum State {
    Searching(Scanner),
    Header,
    /// A header waits in `body` for what follows it.
    Doubt {
        in_fragment: bool,
    },
    Body,
    PdvHeader,
    Command,
    /// In a data fragment, the next [`Framer::unread`] bytes of which nobody reads.
    Data,
    /// In [`Framer::unread`] bytes that belong to the PDU, but not to a known fragment.
    Rest,
}

/// The framing of one direction.
#[derive(Debug)]
pub struct Framer {
    /// How many of the next bytes are not looked at.
    pub unread: u64,
    pub(super) state: State,
    pub(super) part: [u8; 12],
    pub(super) have: usize,
    pub(super) body: Vec<u8>,
    pub(super) pdu: Pdu,
    pub(super) pdv: Pdv,
    pub(super) pdv_whole: bool,
    /// Bytes of the fragment that are still to come, as far as its reader was told.
    pub(super) pdv_left: u64,
    /// How much of that was `unread` when its reader was told last.
    pub(super) untold: u64,
    pub(super) last: Stamp,
    pub(super) received: Option<u64>,
    /// Bytes searched since the boundaries were last known.
    pub searched: u64,
    /// The position of its first byte.
    pub start: u64,
    /// Offset after the last byte that came, or is known to be missing.
    pub reached: u64,
}

impl Default for Framer {
    fn default() -> Self {
        Self {
            unread: 0,
            state: State::Searching(Scanner::default()),
            part: [0; 12],
            have: 0,
            body: Vec::new(),
            pdu: Pdu::default(),
            pdv: Pdv::default(),
            pdv_whole: true,
            pdv_left: 0,
            untold: 0,
            last: NOWHERE,
            received: None,
            searched: 0,
            start: 0,
            reached: 0,
        }
    }
}

impl Framer {
    /// Whether a PDU has begun and is not over.
    pub fn is_inside(&self) -> bool {
        match self.state {
            State::Searching(_) => false,
            State::Header => self.have > 0,
            _ => true,
        }
    }

    pub fn is_searching(&self) -> bool {
        matches!(self.state, State::Searching(_))
    }

    /// The next bytes.
    #[inline]
    pub fn data(&mut self, place: Place, bytes: &[u8], limits: &Limits, upper: &mut impl Upper) {
        let length = bytes.len() as u64;
        self.reach(place, length);
        if length < self.unread {
            self.unread -= length;
            return;
        }
        self.read(place.offset, bytes, limits, upper);
    }

    /// So many bytes came.
    #[inline]
    fn reach(&mut self, place: Place, length: u64) {
        self.last = place.stamp;
        self.received = place.received;
        self.reached = place.offset + length;
    }

    /// The next bytes, where they end before what is unread does.
    #[inline]
    pub fn go_by(&mut self, place: Place, length: u64) {
        self.reach(place, length);
        self.unread -= length;
    }

    /// The next bytes are there, within what is unread.
    pub fn passed(&mut self, place: Place, length: u64, upper: &mut impl Upper) {
        self.reach(place, length);
        self.forget();
        self.skip(length, upper);
    }

    /// The bytes before are not followed by those that come next.
    pub fn forget(&mut self) {
        if let State::Searching(scanner) = &mut self.state {
            scanner.clear();
        }
    }

    pub(super) fn read(&mut self, mut offset: u64, mut bytes: &[u8], limits: &Limits, upper: &mut impl Upper) {
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
                    self.pdu.position = self.start + offset;
                    self.pdu.received = self.received;
                }
                let rest = self.collect(bytes, PDU_HEADER);
                if self.have == PDU_HEADER {
                    self.weigh(limits, upper);
                }
                rest
            }
            State::Doubt { in_fragment } => {
                let in_fragment = *in_fragment;
                self.doubt(in_fragment, bytes, limits, upper)
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
                let rest = self.collect(bytes, PDV_HEADER);
                if self.have == PDV_HEADER {
                    self.pdv_begin(limits, upper);
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
            State::Data => {
                let count = self.pdv_left.min(bytes.len() as u64) as usize;
                let (head, tail) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
                upper.data(self.last, head);
                self.pass(head.len() as u64);
                self.next_data(upper);
                tail
            }
            // Nothing is left of it: it ends when `unread` does.
            State::Rest => {
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

    /// A PDU begins whose header is in `part`.
    pub(super) fn begin(&mut self, limits: &Limits, upper: &mut impl Upper) {
        let [pdu_type, reserved, l0, l1, l2, l3, ..] = self.part;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let offset = self.pdu.offset;
        let long = u64::from(length);
        if reserved != 0 {
            // PS3.8 section 9.3: it "shall not be tested to this value when received".
            upper.issue(self.last, AnomalyKind::BadPdu, "reserved byte of the PDU header is not 0", offset, PDU_HEADER as u64);
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
        self.pdu.refuted = false;
        if !(1..=7).contains(&pdu_type) {
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
            // Hardly any connection has another such PDU soon; what it holds, it holds until its end.
            self.body = Vec::new();
            self.pdu_over(upper);
        }
    }

    pub(super) fn pdu_over(&mut self, upper: &mut impl Upper) {
        self.pdu.last = self.last;
        upper.end(&self.pdu);
        self.have = 0;
        self.state = State::Header;
    }

    /// `count` of the unread bytes are over.
    pub(super) fn skip(&mut self, count: u64, upper: &mut impl Upper) {
        self.unread = self.unread.saturating_sub(count);
        if self.unread == 0 {
            self.after_unread(upper);
        }
    }

    pub(super) fn after_unread(&mut self, upper: &mut impl Upper) {
        if self.unread > 0 {
            return;
        }
        match self.state {
            State::Data => {
                self.tell_passed(upper);
                self.next_data(upper);
            }
            State::Rest => {
                self.pdu.remaining = 0;
                self.pdu_over(upper);
            }
            _ => {}
        }
    }
}
