//! What is remembered of one end since it last sent new bytes: what could have kept it from sending more. Judges nothing.

use std::collections::VecDeque;

use super::analysis::Verdict;
use crate::event::analysis::{ACK_LOST_SEGMENT, FAST_RETRANSMISSION, KEEP_ALIVE, ZERO_WINDOW_PROBE};
use crate::event::{NO_TIME, Stamp, Time};
use crate::flow::seq::distance;
use crate::net::segment::Segment;
use crate::net::segment::flags::PSH;

/// Acknowledgements remembered, to know what a sender far away had heard of.
const HEARD: usize = 128;
/// Ways from which on the sender is far: below, the waits that are told are longer by far.
pub(super) const FAR: i64 = 5_000_000;

/// An acknowledgement as it passed: when, of what, and where the window ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    time: Time,
    acknowledged: u32,
    edge: u32,
}

#[derive(Debug)]
pub(super) struct Quiet {
    /// The last segment with new bytes: when, how long, whether it was pushed, its IP identification.
    pub(super) since: Stamp,
    pub(super) length: u32,
    pub(super) pushed: bool,
    pub(super) ip_id: u16,
    /// What was in flight then, and the room in the window, as the capture point saw it.
    pub(super) in_flight_then: i64,
    pub(super) room_then: Option<i64>,
    /// The first retransmission since, and whether acknowledgements had asked for it.
    pub(super) again: Time,
    pub(super) asked: bool,
    /// Until what is acknowledged, lost bytes are being repaired (RFC 6582: "recover"); and whether they were at some time since.
    pub(super) recover: Option<u32>,
    pub(super) recovering: bool,
    /// The other end acknowledged bytes that nobody saw.
    pub(super) unseen: bool,
    /// The last acknowledgement of more bytes.
    pub(super) acknowledged: Time,
    /// What was in flight until then, and for how long nothing of it had been acknowledged.
    pub(super) in_flight_before: i64,
    pub(super) unheard: i64,
    /// When the window last had room for a segment again, after it had none.
    pub(super) opened: Time,
    /// The window has no room for a segment; it had none at some time since.
    pub(super) tight: bool,
    pub(super) was_tight: bool,
    /// The smallest window since, and the last.
    pub(super) least_window: u64,
    pub(super) window: Option<u64>,
    /// What passed on its way to an end that is far.
    pub(super) heard: VecDeque<Heard>,
}

impl Default for Quiet {
    fn default() -> Self {
        Self {
            since: Stamp { packet: 0, time: NO_TIME },
            length: 0,
            pushed: false,
            ip_id: 0,
            in_flight_then: 0,
            room_then: None,
            again: NO_TIME,
            asked: false,
            recover: None,
            recovering: false,
            unseen: false,
            acknowledged: NO_TIME,
            in_flight_before: 0,
            unheard: 0,
            opened: NO_TIME,
            tight: false,
            was_tight: false,
            least_window: u64::MAX,
            window: None,
            heard: VecDeque::new(),
        }
    }
}

impl Quiet {
    /// The end sent new bytes.
    #[inline]
    pub(super) fn sent(&mut self, segment: &Segment, (in_flight, room): (Option<i64>, Option<i64>), full: u32) {
        self.since = segment.stamp();
        self.length = segment.length;
        self.pushed = segment.has(PSH);
        self.ip_id = segment.ip_id;
        self.in_flight_then = in_flight.unwrap_or(0);
        self.room_then = room;
        self.again = NO_TIME;
        self.asked = false;
        self.recovering = self.recover.is_some();
        self.unseen = false;
        self.opened = NO_TIME;
        self.tight = room.is_some_and(|room| room < i64::from(full));
        self.was_tight = self.tight;
        self.least_window = self.window.unwrap_or(u64::MAX);
    }

    /// The end sent bytes that were sent before, or late.
    pub(super) fn sent_again(&mut self, segment: &Segment, verdict: &Verdict, duplicates: u32, selective: bool) {
        if verdict.analysis & (KEEP_ALIVE | ZERO_WINDOW_PROBE) != 0 {
            return;
        }
        if self.again == NO_TIME {
            self.again = segment.time;
            self.asked = selective || duplicates >= 2 || verdict.analysis & FAST_RETRANSMISSION != 0;
        }
    }

    /// The other end acknowledged, or told its window.
    #[inline]
    pub(super) fn heard(&mut self, segment: &Segment, verdict: &Verdict, told: &Told) {
        if told.more {
            self.in_flight_before = told.in_flight_before.unwrap_or(0);
            self.unheard = segment.time.saturating_sub(self.acknowledged.max(self.since.time));
            self.acknowledged = segment.time;
        }
        match self.recover {
            None if told.hole => {
                self.recover = told.next;
                self.recovering = true;
            }
            Some(recover) if distance(recover, segment.acknowledgment) >= 0 => self.recover = None,
            _ => {}
        }
        self.unseen |= verdict.analysis & ACK_LOST_SEGMENT != 0;
        self.window = told.window;
        self.least_window = self.least_window.min(told.window.unwrap_or(u64::MAX));
        let tight = told.room.is_some_and(|room| room < i64::from(told.full));
        if self.tight && !tight {
            self.opened = segment.time;
        }
        self.tight = tight;
        self.was_tight |= tight;
        if told.far {
            if self.heard.len() >= HEARD {
                self.heard.pop_front();
            }
            self.heard.push_back(Heard { time: segment.time, acknowledged: segment.acknowledgment, edge: told.edge });
        }
    }

    /// Whether lost bytes were sent again, or asked for, since the last new ones.
    pub(super) fn is_repairing(&self) -> bool {
        self.again != NO_TIME || self.recovering
    }

    /// Whether there is no room for a segment now.
    pub(super) fn is_tight(&self) -> bool {
        self.tight
    }

    /// What an end far away knew when it sent its last new bytes, which end at `next`, and what it had heard of when it sent again, at
    /// `until`: it heard what passed the capture point a way before. `None`: too little is remembered.
    pub(super) fn in_its_eyes(&self, next: u32, until: Time, way: i64) -> Option<Known> {
        let heard_at = |moment: Time| self.heard.iter().rev().find(|heard| heard.time <= moment.saturating_sub(way));
        let then = heard_at(self.since.time)?;
        let now = heard_at(until.saturating_add(way / 8))?;
        let moved = distance(then.acknowledged, now.acknowledged) > 0 || distance(then.edge, now.edge) > 0;
        Some(Known {
            in_flight: i64::from(distance(then.acknowledged, next)),
            room: Some(i64::from(distance(next, then.edge))),
            acknowledged: if moved { now.time } else { NO_TIME },
        })
    }

    /// What an end near the capture point knew: what was seen here.
    pub(super) fn at_hand(&self) -> Known {
        Known { in_flight: self.in_flight_then, room: self.room_then, acknowledged: self.acknowledged }
    }
}

/// What an end knew when it stopped sending: bytes in flight and room in the window; and when what made it go on passed the capture point.
pub(super) struct Known {
    pub(super) in_flight: i64,
    pub(super) room: Option<i64>,
    pub(super) acknowledged: Time,
}

/// What an acknowledgement tells.
pub(super) struct Told {
    /// It acknowledges more than the one before.
    pub(super) more: bool,
    /// Bytes that were in flight before it.
    pub(super) in_flight_before: Option<i64>,
    /// It tells of a hole, and how far the one who hears it has sent.
    pub(super) hole: bool,
    pub(super) next: Option<u32>,
    pub(super) window: Option<u64>,
    pub(super) room: Option<i64>,
    pub(super) full: u32,
    pub(super) edge: u32,
    /// The one who hears it is far from the capture point.
    pub(super) far: bool,
}
