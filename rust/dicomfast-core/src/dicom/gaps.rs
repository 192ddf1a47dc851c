//! What missing bytes do to the framing of a direction: a gap inside a known length is counted, one over a PDU header leads to a
//! search; and what is left open at the end.

use super::framer::{Framer, State};
use super::pdu::{Pdv, Upper};
use super::resync::Scanner;
use crate::anomaly::AnomalyKind;
use crate::flow::Place;
use crate::limits::Limits;

impl Framer {
    /// The next `length` bytes are missing.
    pub fn gap(&mut self, place: Place, length: u64, limits: &Limits, upper: &mut impl Upper) {
        self.settle_now(limits, upper);
        self.last = place.stamp;
        self.received = None;
        self.reached = place.offset + length;
        let mut left = length;
        if matches!(self.state, State::Data) {
            left = self.miss(left, upper);
        } else if self.unread > 0 {
            let count = self.unread.min(left);
            self.pdu.complete = false;
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
                self.state = State::Data;
                self.next_data(upper);
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
                self.lose(place.offset, self.reached, upper);
                self.searched += left;
            }
        }
    }

    /// The last `tail` bytes of the PDU belong to no known fragment.
    pub(super) fn rest(&mut self, tail: u64, upper: &mut impl Upper) {
        self.have = 0;
        self.unread = tail;
        self.state = State::Rest;
        self.after_unread(upper);
    }

    /// PDU boundaries are not known any more; between these offsets, messages may be missing.
    pub(super) fn lose(&mut self, from: u64, until: u64, upper: &mut impl Upper) {
        self.unread = 0;
        self.have = 0;
        self.searched = 0;
        self.state = State::Searching(Scanner::default());
        upper.lost(from, until);
    }

    /// No more bytes come: what has begun is incomplete.
    pub fn finish(&mut self, limits: &Limits, upper: &mut impl Upper) {
        self.settle_now(limits, upper);
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
                    if matches!(self.state, State::Data) {
                        self.tell_passed(upper);
                    }
                    let seen = self.pdv.length - self.pdv_left;
                    upper.pdv_end(&self.pdu, Pdv { is_last: false, length: seen, ..self.pdv }, false);
                }
                upper.end(&self.pdu);
            }
        }
        self.unread = 0;
        self.state = State::Searching(Scanner::default());
    }
}
