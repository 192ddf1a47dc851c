//! What the times of a handshake tell: the round trip, and how it divides at the capture point. Knows no sequence numbers.

use crate::event::{NO_TIME, Time};
use crate::flow::{End, Ends};

#[derive(Debug, Default)]
pub(super) struct Handshake {
    syn: Option<Time>,
    answer: Option<Time>,
    /// From the SYN to the client's first acknowledgement.
    pub(super) round_trip: Option<i64>,
    /// From the capture point to each end and back; 0 where it does not tell.
    pub(super) ways: Ends<i64>,
}

impl Handshake {
    /// A SYN, or one that answers one.
    pub(super) fn syn(&mut self, is_answer: bool, now: Time) {
        *(if is_answer { &mut self.answer } else { &mut self.syn }) = Some(now).filter(|time| *time != NO_TIME);
    }

    /// This end acknowledges the SYN-ACK.
    pub(super) fn acknowledged(&mut self, end: End, now: Time) {
        let since = |then: Option<Time>| then.filter(|_| now != NO_TIME).and_then(|then| now.checked_sub(then));
        self.round_trip = since(self.syn).filter(|rtt| *rtt > 0);
        if let (Some(whole), Some(way)) = (self.round_trip, since(self.answer))
            && (0..=whole).contains(&way)
        {
            *self.ways.get_mut(end) = way;
            *self.ways.get_mut(end.other()) = whole - way;
        }
    }

    /// The two ways, where the handshake told any.
    pub(super) fn told(&self, client: End) -> (Option<i64>, Option<i64>) {
        let known = (self.ways.first, self.ways.second) != (0, 0);
        (known.then_some(*self.ways.get(client)), known.then_some(*self.ways.get(client.other())))
    }
}

#[cfg(test)]
mod tests {
    use super::Handshake;
    use crate::event::NO_TIME;
    use crate::flow::End;

    #[test]
    fn the_round_trip_divides_at_the_capture_point() {
        let mut handshake = Handshake::default();
        handshake.syn(false, 100);
        handshake.syn(true, 170);
        handshake.acknowledged(End::First, 200);
        assert_eq!((handshake.round_trip, handshake.told(End::First)), (Some(100), (Some(30), Some(70))));
        assert_eq!(handshake.told(End::Second), (Some(70), Some(30)));
    }

    #[test]
    fn what_was_not_seen_or_cannot_be_is_not_told() {
        for (syn, answer, now) in
            [(Some(NO_TIME), Some(5), 9), (Some(i64::MIN + 1), Some(5), i64::MAX), (Some(9), Some(5), 7), (None, Some(5), 9)]
        {
            let mut handshake = Handshake::default();
            for (time, is_answer) in [(syn, false), (answer, true)] {
                if let Some(time) = time {
                    handshake.syn(is_answer, time);
                }
            }
            handshake.acknowledged(End::First, now);
            assert_eq!((handshake.round_trip, handshake.told(End::First)), (None, (None, None)));
        }
    }
}
