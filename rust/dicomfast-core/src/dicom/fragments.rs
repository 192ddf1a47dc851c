//! The presentation data values of a P-DATA-TF, one after the other (PS3.8 annex E).

use super::framer::{Framer, State};
use super::pdu::{PDU_HEADER, PDV_HEADER, Pdv, Upper};
use crate::anomaly::AnomalyKind;

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

    pub(super) fn pdv_begin(&mut self, offset: u64, upper: &mut impl Upper) {
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

    pub(super) fn pdv_over(&mut self, upper: &mut impl Upper) {
        self.pdu.last = self.last;
        upper.pdv_end(&self.pdu, self.pdv, self.pdv_whole);
        self.next_pdv(upper);
    }
}
