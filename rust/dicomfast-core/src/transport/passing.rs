//! The analysis of the segments that a bulk transfer is made of, in one step: what `analysis` and `watch` would find of these, where nothing of
//! it is worth a word. Each says first, changing nothing, whether a segment is one of them.

use super::analysis::{Analysis, Direction, Verdict, after};
use super::watch::{LEAST_WAIT, Watch};
use crate::event::{NO_TIME, Time};
use crate::flow::End;
use crate::flow::seq::{advance, distance};
use crate::net::segment::Segment;

impl Analysis {
    #[inline]
    fn directions(&self, end: End) -> (&Direction, &Direction) {
        (self.ends.get(end), self.ends.get(end.other()))
    }

    #[inline]
    fn directions_mut(&mut self, end: End) -> (&mut Direction, &mut Direction) {
        match end {
            End::First => (&mut self.ends.first, &mut self.ends.second),
            End::Second => (&mut self.ends.second, &mut self.ends.first),
        }
    }

    /// Whether a segment with ACK, and no other flag but PSH, is next of its end, with the window of the one before it and without SACK.
    #[inline]
    fn is_next(&self, end: End, segment: &Segment) -> bool {
        let (forward, _) = self.directions(end);
        let opens = self.handshake.round_trip.is_none() && forward.first.is_none_or(|first| distance(first, segment.sequence) == 1);
        forward.next == Some(segment.sequence)
            && forward.window == Some(segment.window)
            && segment.window != 0
            && !opens
            && !forward.has_room(segment)
            && !forward.side.is_closed()
    }

    /// Whether a segment brings the next bytes of its end, and repeats what the one before it said.
    #[inline]
    pub fn is_more(&self, end: End, segment: &Segment) -> bool {
        let (forward, reverse) = self.directions(end);
        let until = advance(segment.sequence, segment.length);
        self.is_next(end, segment)
            && forward.acknowledgment == Some(segment.acknowledgment)
            && (2..=forward.longest).contains(&segment.length)
            && reverse.acknowledgment.is_none_or(|acknowledged| after(until, acknowledged))
            && reverse.outstanding.is_empty()
            && reverse.sack_count == 0
            && !reverse.is_filled(until)
    }

    /// Takes it.
    #[inline]
    pub fn more(&mut self, end: End, segment: &Segment) {
        let (forward, reverse) = self.directions_mut(end);
        let until = advance(segment.sequence, segment.length);
        forward.outstanding.push(segment.sequence, until, segment.time, false);
        forward.advance(segment, until);
        forward.next_time = segment.time;
        reverse.torn = false;
        if !forward.torn {
            forward.side.in_flight(forward.outstanding.bytes());
        }
    }

    /// Whether a segment without payload acknowledges more, of what was seen.
    #[inline]
    pub fn is_acknowledgment(&self, end: End, segment: &Segment) -> bool {
        let (forward, reverse) = self.directions(end);
        let number = segment.acknowledgment;
        self.is_next(end, segment)
            && forward.acknowledgment.is_some_and(|before| after(number, before))
            && reverse.seen.is_some_and(|seen| !after(number, seen))
    }

    /// Takes it.
    #[inline]
    pub fn acknowledgment(&mut self, end: End, segment: &Segment) -> Verdict {
        let (forward, reverse) = self.directions_mut(end);
        let in_flight_before = forward.acknowledgment.zip(reverse.next).map(|(before, next)| distance(before, next).into());
        forward.advance(segment, segment.sequence);
        forward.acknowledgment = Some(segment.acknowledgment);
        forward.duplicate_acks = 0;
        reverse.torn = false;
        let ack_rtt = reverse.arrived(segment.acknowledgment, segment.time);
        Verdict { acknowledges_more: true, in_flight_before, ack_rtt, ..Verdict::default() }
    }
}

impl Direction {
    /// It has come to here, without anything to say.
    #[inline]
    fn advance(&mut self, segment: &Segment, until: u32) {
        self.next = Some(until);
        if self.seen.is_none_or(|seen| seen == segment.sequence) {
            self.seen = Some(until);
        }
        self.analysis = 0;
        self.scaling = true;
        self.acknowledgment_time = segment.time;
        self.sack_count = 0;
    }
}

impl Watch {
    /// Whether an end that sends new bytes now, after the last ones came `until`, only goes on.
    #[inline]
    pub fn goes_on(&self, end: End, now: Time, until: Time) -> bool {
        // Times that go back, and none after some, are far off.
        let soon = (now.wrapping_sub(until) as u64) < LEAST_WAIT as u64 && until != NO_TIME;
        soon && self.is_at_rest() && !self.quiet.get(end).is_repairing()
    }

    /// Takes an acknowledgement, once it was analysed.
    #[inline]
    pub fn acknowledgment(&mut self, end: End, segment: &Segment, verdict: &Verdict, analysis: &Analysis) {
        self.last = segment.stamp();
        self.hears(end.other(), segment, verdict, analysis);
    }

    /// Takes what an end sends, once it was analysed.
    #[inline]
    pub fn more(&mut self, end: End, segment: &Segment, analysis: &Analysis) {
        self.talks(end);
        self.last = segment.stamp();
        self.sends(end, segment, analysis);
    }
}
