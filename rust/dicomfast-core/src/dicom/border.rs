//! Where one association ends and the next one begins on the same connection: which of them a PDU belongs to, judged for each
//! direction by what its sender said, had received, and may have said in lost bytes.

use super::association::Association;
use super::handler::Handler;
use super::pdu::{P_DATA, Pdu};
use crate::event::{Closed, Sink};
use crate::flow::{End, Ends};

const A_ABORT: u8 = 7;
/// Bytes of an A-ABORT PDU.
const ABORT: u64 = 10;
/// The fewest bytes that each side needs for the end of an association and the beginning of the next: A-RELEASE-RQ and A-ASSOCIATE-RQ,
/// A-RELEASE-RP and A-ASSOCIATE-AC, with the items that PS3.8 section 9.3 and PS3.7 annex D.3.3.2 require and the shortest UIDs
/// of the standard.
const BORDER: (u64, u64) = (10 + 166, 10 + 145);

/// Lost bytes in which an association may have ended and the next one begun. One direction tells for both: what an end sends in the
/// next association it sends after its own part of the border. Where both lost bytes and neither tells, nobody knows.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    /// The position after the lost bytes of each end that may hold a border, as far as the other end has not told.
    until: Ends<Option<u64>>,
    /// The most that each end had received before it lost bytes itself: it had sent no border until then.
    heard: Ends<u64>,
    /// The most that it had received since: it counts once the other end has told.
    heard_since: Ends<u64>,
    /// Whether anything of the association came before them.
    begun: bool,
    /// Both ends lost bytes that may hold one.
    pub border: bool,
}

impl Unseen {
    /// Bytes of an end are missing between these positions; `begun` tells whether it had said something in the association before.
    pub fn lose(&mut self, end: End, is_requestor: bool, begun: bool, from: u64, until: u64) {
        let needed = if is_requestor { BORDER.0 } else { BORDER.1 };
        if until.saturating_sub(from) >= needed {
            self.lose_any(end, begun, until);
        }
    }

    /// The same for bytes of which nobody knows how many they are: what came before the capture.
    pub fn lose_any(&mut self, end: End, begun: bool, until: u64) {
        if *self.heard.get(end.other()) > until {
            return;
        }
        let known = self.until.get_mut(end);
        *known = Some(known.unwrap_or(0).max(until));
        self.begun |= begun;
        self.border |= self.begun && self.until.get(end.other()).is_some();
    }

    /// An end sends a PDU of the association.
    pub fn heard(&mut self, end: End, pdu: &Pdu) {
        let received = pdu.received.unwrap_or(0);
        if self.until.get(end).is_some() {
            let since = self.heard_since.get_mut(end);
            *since = received.max(*since);
            return;
        }
        let heard = self.heard.get_mut(end);
        *heard = received.max(*heard);
        let told = *heard;
        let other = end.other();
        if self.until.get(other).is_some_and(|until| told > until) {
            *self.until.get_mut(other) = None;
            let since = *self.heard_since.get(other);
            let heard = self.heard.get_mut(other);
            *heard = since.max(*heard);
        }
    }
}

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

    /// Whether this PDU comes after the end of it, and bytes are missing, up to this position, in which the next association may
    /// have begun: its sender had said its last word, or received the other end's, or more than can follow a request for release
    /// (A-ABORT).
    pub fn is_behind(&self, end: End, pdu: &Pdu, lost: u64) -> bool {
        let other = end.other();
        let own = self.is_quiet(end) && self.last_word.get(end).is_some_and(|word| lost > word);
        let heard = self
            .last_word
            .get(other)
            .zip(pdu.received)
            .is_some_and(|(word, received)| received >= if self.is_left_by(other) { word } else { word + ABORT + 1 });
        own || heard && self.may_have_answered(end, lost)
    }

    /// Whether bytes are missing, up to this position, where the end's first PDU is or after it: it may have answered in them.
    pub fn may_have_answered(&self, end: End, lost: u64) -> bool {
        lost > 0 && self.starts.get(end).is_some_and(|first| lost >= first)
    }

    /// Whether the sender of an answer had received more than the request of this association and what may follow it before an
    /// answer (A-ABORT), and of that bytes are missing, or still to come: then it answers a later request.
    fn was_passed(&self, answer: &Pdu, other_reached: u64, other_lost: u64) -> bool {
        self.request_end
            .zip(answer.received)
            .is_some_and(|(request, received)| received > request + ABORT && (received > other_reached || other_lost > request))
    }

    /// Whether an answer whose sender had received so much answers another request than the one of this association: more than
    /// an abort can follow a request only after the answer.
    pub fn is_of_another(&self, received: u64) -> bool {
        self.request_end.is_some_and(|request| !(request..=request + ABORT).contains(&received))
    }

    /// Nobody can tell which association some of its data belong to.
    pub fn blur(&mut self, is_blurred: bool) {
        self.unseen.border |= is_blurred;
        self.damaged |= is_blurred;
    }

    /// Whether the other end's request came after all that the sender of this PDU had received. An abort may come before the whole
    /// request is there.
    fn is_request_ahead_of(&self, end: End, pdu: &Pdu) -> bool {
        let requested = self.request_end.filter(|_| self.requestor == Some(end.other()) && pdu.pdu_type != A_ABORT);
        requested.zip(pdu.received).is_some_and(|(request, received)| received < request)
    }

    /// Whether the sender of this PDU had received something of this association from the other end.
    pub fn was_heard(&self, end: End, pdu: &Pdu) -> bool {
        let first = *self.starts.get(end.other());
        first.zip(pdu.received).is_some_and(|(first, received)| received > first)
    }
}

impl<S: Sink> Handler<'_, S> {
    /// Whether a PDU belongs to a later association than the one that this direction is in.
    fn is_later(&mut self, pdu: &Pdu) -> bool {
        let end = self.end;
        let next = self.index() + 1;
        let next_exists = next < self.associations.len();
        // Whoever has heard of the next association has left this one.
        let heard = self.associations.get(next).is_some_and(|next| next.was_heard(end, pdu));
        let (lost, reached, other_lost) = (*self.lost, self.other_reached, self.other_lost);
        // Nobody answers, or says anything else, in an association whose request he has not received.
        let unheard = self.associations.get(next).is_some_and(|next| next.is_request_ahead_of(end, pdu));
        let moves = self.current().is_some_and(|current| {
            let joined = *current.seen.get(end) > 0;
            let left = current.is_left_by(end);
            let answered = next_exists || left || current.may_have_answered(end, lost);
            match pdu.pdu_type {
                // A request comes before everything that the other end says in its association.
                1 => joined || current.was_heard(end, pdu),
                2 | 3 if current.was_passed(pdu, reached, other_lost) => true,
                2 | 3 if current.has_answer() => answered,
                2 | 3 => joined && (answered || current.request.is_none()),
                4 | 5 => next_exists && current.is_quiet(end) || current.is_behind(end, pdu, lost),
                _ => left && (next_exists || current.last_word.get(end).is_some_and(|word| lost > word)),
            }
        });
        (moves || heard) && !unheard
    }

    /// Whether a PDU belongs to an association before the one that this direction comes to now: its request was lost, and what is
    /// known of the next one came first.
    fn is_of_an_unseen_one(&mut self, pdu: &Pdu) -> bool {
        let end = self.end;
        let has_room = self.associations.len() < self.limits.open_associations && *self.other_at >= *self.at;
        has_room && self.current().is_some_and(|current| *current.seen.get(end) == 0 && current.is_request_ahead_of(end, pdu))
    }

    fn new_association(&mut self, pdu: &Pdu) -> Association {
        let association = Association::new(*self.next_association, pdu.first, self.timeline);
        *self.next_association += 1;
        *self.count += 1;
        association
    }

    /// Moves this direction to the association that a PDU of this type belongs to, and makes it where it is new.
    pub(super) fn enter(&mut self, pdu: &Pdu) {
        let (info, end, lost, hole) = (self.info, self.end, *self.lost, *self.hole);
        // Where nothing is missing since a message began that is not over, it goes on.
        let goes_on = pdu.pdu_type == P_DATA && self.assembly.goes_on();
        let mut moved = false;
        while !goes_on && self.is_later(pdu) {
            moved = true;
            for open in self.assembly.finish() {
                self.message(open);
            }
            *self.at += 1;
            self.retire();
        }
        if self.is_of_an_unseen_one(pdu) {
            let unseen = self.new_association(pdu);
            self.associations.insert(self.index(), unseen);
            *self.other_at += 1;
        }
        while *self.base + self.associations.len() as u64 <= *self.at {
            let next = self.new_association(pdu);
            self.associations.push_back(next);
            if self.associations.len() > self.limits.open_associations {
                *self.other_at = (*self.other_at).max(*self.base + 1);
                self.retire();
            }
        }
        let torn = lost > 0 || self.other_lost > 0;
        let Some(association) = self.current() else { return };
        if matches!(pdu.pdu_type, 2 | 3) {
            association.blur(torn && pdu.received.is_some_and(|received| association.is_of_another(received)));
        }
        if *association.seen.get(end) == 0 {
            // The first that an end says is the request or its answer; only an abort may come instead.
            association.damaged |= match pdu.pdu_type {
                1..=3 => false,
                4..=6 => true,
                _ => lost > 0 && lost >= pdu.position,
            };
            if moved && !matches!(pdu.pdu_type, 1..=3) {
                // The beginning of it is among the bytes that were lost last.
                let is_requestor = association.requestor(info) == end;
                association.unseen.lose(end, is_requestor, true, hole.0, hole.1);
                association.damaged |= association.unseen.border;
            }
            if !*info.from_start.get(end) && hole == (info.position(end, 0), pdu.position) {
                association.unseen.lose_any(end, false, pdu.position);
                association.damaged |= association.unseen.border;
            }
            // What it said before, and after the last loss, was taken for what belongs to the association before.
            association.unseen.border |= moved && pdu.pdu_type == P_DATA && lost < pdu.position;
        }
    }

    /// Ends the associations that both directions have left.
    fn retire(&mut self) {
        while *self.base < (*self.at).min(*self.other_at) {
            *self.base += 1;
            if let Some(mut association) = self.associations.pop_front() {
                // The connection went on, so both ends have said something in it.
                association.damaged |= *association.seen.get(End::First) == 0 || *association.seen.get(End::Second) == 0;
                self.out.finish(association, Closed::Open);
            }
        }
    }
}
