//! What is remembered of one end since it last sent new bytes: what could have kept it from sending more. Judges nothing.

use std::collections::VecDeque;

use super::analysis::{Analysis, Verdict};
use crate::event::analysis::{ACK_LOST_SEGMENT, FAST_RETRANSMISSION, KEEP_ALIVE, ZERO_WINDOW_PROBE};
use crate::event::{NO_TIME, Stamp, Time};
use crate::flow::End;
use crate::flow::seq::distance;
use crate::net::segment::Segment;
use crate::net::segment::flags::PSH;

/// Payload of a full segment where no SYN tells: Ethernet, IPv4, timestamps (RFC 9293 section 3.7.1, RFC 6691).
const USUAL_SEGMENT: u32 = 1_448;
/// What timestamps and SACK blocks take of the segment size that a SYN announces.
const OPTIONS: u32 = 40;
/// Acknowledgements remembered, to know what a sender far away had heard of.
const HEARD: usize = 128;
/// Ways from which on the sender is far: below, the waits that are told are longer by far.
pub(super) const FAR: i64 = 5_000_000;

/// An acknowledgement as it passed: when, of what, and where the window ended.
#[derive(Clone, Copy, Debug)]
struct Heard {
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
    /// The other end acknowledged bytes that nobody saw.
    pub(super) unseen: bool,
    /// The last acknowledgement of more bytes.
    pub(super) acknowledged: Time,
    /// When the window last had room for a segment again, after it had none.
    pub(super) opened: Time,
    /// The window has no room for a segment; it had none at some time since.
    tight: bool,
    pub(super) was_tight: bool,
    /// The smallest window since, and the last.
    pub(super) least_window: u64,
    pub(super) window: Option<u64>,
    /// What passed on its way to an end that is far.
    heard: VecDeque<Heard>,
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
            unseen: false,
            acknowledged: NO_TIME,
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
            self.acknowledged = segment.time;
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

    /// Whether there is no room for a segment now.
    pub(super) fn is_tight(&self) -> bool {
        self.tight
    }

    /// What the end had heard of when it sent its last new bytes, which end at `next`, where the way back to it takes so long: bytes in
    /// flight, and room in the window. `None`: what the capture point saw is all there is.
    pub(super) fn in_its_eyes(&self, next: u32, way: i64) -> Option<(i64, i64)> {
        let moment = self.since.time.saturating_sub(way);
        let heard = self.heard.iter().rev().find(|heard| heard.time <= moment)?;
        Some((i64::from(distance(heard.acknowledged, next)), i64::from(distance(next, heard.edge))))
    }
}

/// What an acknowledgement tells.
pub(super) struct Told {
    /// It acknowledges more than the one before.
    pub(super) more: bool,
    pub(super) window: Option<u64>,
    pub(super) room: Option<i64>,
    pub(super) full: u32,
    pub(super) edge: u32,
    /// The one who hears it is far from the capture point.
    pub(super) far: bool,
}

/// Payload of the fullest segment that an end sends.
pub(super) fn full_segment(analysis: &Analysis, end: End) -> u32 {
    analysis.announced_segment().map_or(USUAL_SEGMENT, |announced| u32::from(announced).saturating_sub(OPTIONS).max(1)).min(
        // What was seen of it counts where it sends less.
        analysis.longest_segment(end).max(1),
    )
}
