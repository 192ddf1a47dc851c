//! The presentation data values of a P-DATA-TF, one after the other (PS3.8 annex E).

use super::framer::{Framer, State};
use super::pdu::{PDU_HEADER, PDV_HEADER, Pdv, Upper};
use super::resync::FOUND_PDU;
use crate::anomaly::AnomalyKind;
use crate::limits::Limits;

impl Framer {
    /// Before the next fragment of the PDU, or its end.
    pub(super) fn next_pdv(&mut self, upper: &mut impl Upper) {
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

    /// The header of a fragment is there.
    pub(super) fn pdv_begin(&mut self, limits: &Limits, upper: &mut impl Upper) {
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
        let wrong = if announced < 2 {
            Some("presentation data value shorter than its header")
        } else if announced + 4 > self.pdu.remaining {
            Some("presentation data value longer than its PDU")
        } else if self.pdu.length > FOUND_PDU && (context_id.is_multiple_of(2) || flags > 3) {
            Some("no presentation data value in a very long PDU where one should begin")
        } else {
            None
        };
        if let Some(why) = wrong {
            let header = self.part;
            self.cut(why, header.get(..PDV_HEADER).unwrap_or_default(), limits, upper);
        } else if (1..=7).contains(&l0) && l1 == 0 {
            self.wait(true);
        } else {
            self.pdv_accept(upper);
        }
    }

    /// The fragment begins whose header is in `part`.
    pub(super) fn pdv_accept(&mut self, upper: &mut impl Upper) {
        let [l0, l1, l2, l3, context_id, flags, ..] = self.part;
        let length = u64::from(u32::from_be_bytes([l0, l1, l2, l3])).saturating_sub(2);
        self.pdu.remaining -= PDV_HEADER as u64;
        self.pdv = Pdv { context_id, flags, is_command: flags & 1 != 0, is_last: flags & 2 != 0, length };
        self.pdv_whole = true;
        self.pdv_left = length;
        self.pdu.pdvs += 1;
        self.pdu.last = self.last;
        upper.pdv(&self.pdu, self.pdv);
        if length == 0 {
            self.pdv_over(upper);
        } else if self.pdv.is_command {
            self.state = State::Command;
        } else {
            self.state = State::Data;
            self.next_data(upper);
        }
    }

    /// Bytes of the fragment are over.
    pub(super) fn pass(&mut self, count: u64) {
        self.pdv_left -= count;
        self.pdu.remaining -= count;
    }

    /// Tells the reader of a data set how many bytes have gone by that it did not want.
    pub(super) fn tell_passed(&mut self, upper: &mut impl Upper) {
        let passed = self.untold - self.unread;
        self.untold = self.unread;
        self.pass(passed);
        if passed > 0 && !self.pdv.is_command {
            upper.data_passed(passed);
        }
    }

    /// Asks how many of the next bytes of the fragment will not be read; without a next one it is over.
    pub(super) fn next_data(&mut self, upper: &mut impl Upper) {
        let wanted = if self.pdv.is_command { u64::MAX } else { upper.data_unread() };
        self.unread = wanted.min(self.pdv_left);
        self.untold = self.unread;
        if self.pdv_left == 0 {
            self.pdv_over(upper);
        }
    }

    /// Up to `left` bytes of the fragment are missing; gives how many bytes beyond it are.
    pub(super) fn miss(&mut self, left: u64, upper: &mut impl Upper) -> u64 {
        self.tell_passed(upper);
        let count = left.min(self.pdv_left);
        self.pdu.complete = false;
        self.pdv_whole = false;
        self.pass(count);
        if !self.pdv.is_command {
            upper.data_lost(count);
        }
        self.next_data(upper);
        left - count
    }

    pub(super) fn pdv_over(&mut self, upper: &mut impl Upper) {
        self.pdu.last = self.last;
        upper.pdv_end(&self.pdu, self.pdv, self.pdv_whole);
        self.next_pdv(upper);
    }
}
