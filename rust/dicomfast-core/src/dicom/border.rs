//! Where one association ends and the next one begins on the same connection: which of them a PDU belongs to, judged for each
//! direction by what its sender said, had received, and may have said in lost bytes.

use super::association::Association;
use super::handler::Handler;
use super::pdu::Pdu;
use crate::event::{Closed, Sink};
use crate::flow::End;

impl Association {
    /// Whether this end has said the last that it can say in it (PS3.8 section 9.2). What the other end said does not count:
    /// the capture may hold it before what it answers.
    pub fn is_left_by(&self, end: End) -> bool {
        let aborted = self.abort.is_some_and(|(_, by)| by == end);
        let rejected = self.reject.is_some() && self.requestor == Some(end.other());
        *self.release_answered.get(end) || aborted || rejected
    }

    /// The same for data: nothing but the answer to a release may follow the request for one.
    pub fn is_quiet(&self, end: End) -> bool {
        *self.release_requested.get(end) || self.is_left_by(end)
    }

    /// Whether this PDU comes after the end of it, and bytes are missing, up to this offset, in which the next association may
    /// have begun: its sender had said its last word, or received the other end's, or more than can follow a request for release
    /// (A-ABORT).
    pub fn is_behind(&self, end: End, pdu: &Pdu, lost: u64) -> bool {
        const ABORT: u64 = 10;
        let other = end.other();
        let own = self.is_quiet(end) && self.last_word.get(end).is_some_and(|word| lost > word);
        let heard = self
            .last_word
            .get(other)
            .zip(pdu.acknowledged)
            .is_some_and(|(word, received)| received >= if self.is_left_by(other) { word } else { word + ABORT + 1 }.cast_signed());
        own || heard && self.may_have_answered(end, lost)
    }

    /// Whether bytes are missing, up to this offset, where the end's first PDU is or after it: it may have answered in them.
    pub fn may_have_answered(&self, end: End, lost: u64) -> bool {
        lost > 0 && self.first_offset.get(end).is_some_and(|first| lost >= first)
    }

    /// Whether the sender of this PDU had received something of this association from the other end.
    pub fn was_heard(&self, end: End, pdu: &Pdu) -> bool {
        let first = *self.first_offset.get(end.other());
        first.zip(pdu.acknowledged).is_some_and(|(first, received)| received > first.cast_signed())
    }
}

impl<S: Sink> Handler<'_, S> {
    /// Moves this direction to the association that a PDU of this type belongs to, and makes it where it is new.
    pub(super) fn enter(&mut self, pdu: &Pdu) {
        let end = self.end;
        let next = self.at.saturating_sub(*self.base) as usize + 1;
        let next_exists = next < self.associations.len();
        // Whoever has heard of the next association has left this one.
        let heard = self.associations.get(next).is_some_and(|next| next.was_heard(end, pdu));
        let lost = *self.lost;
        let moves = self.current().is_some_and(|current| {
            let joined = *current.seen.get(end) > 0;
            let left = current.is_left_by(end);
            let answered = next_exists || left || current.may_have_answered(end, lost);
            match pdu.pdu_type {
                // A request comes before everything that the other end says in its association.
                1 => joined || current.was_heard(end, pdu),
                2 | 3 if current.has_answer() => answered,
                2 | 3 => joined && (answered || current.request.is_none()),
                4 | 5 => next_exists && current.is_quiet(end) || current.is_behind(end, pdu, lost),
                _ => next_exists && left,
            }
        });
        if moves || heard {
            for open in self.assembly.finish() {
                self.message(open);
            }
            *self.at += 1;
            self.retire();
        }
        while *self.base + self.associations.len() as u64 <= *self.at {
            self.associations.push_back(Association::new(*self.next_association, pdu.first));
            *self.next_association += 1;
            *self.count += 1;
            if self.associations.len() > self.limits.open_associations {
                *self.other_at = (*self.other_at).max(*self.base + 1);
                self.retire();
            }
        }
    }

    /// Ends the associations that both directions have left.
    fn retire(&mut self) {
        while *self.base < (*self.at).min(*self.other_at) {
            *self.base += 1;
            if let Some(association) = self.associations.pop_front() {
                self.out.finish(association, Closed::Open);
            }
        }
    }
}
