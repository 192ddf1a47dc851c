//! One test a rule; what the rules make of real captures, `tests/blame` tells.

use super::super::quiet::Quiet;
use super::{Next, RULES, Wait};
use crate::event::{Cause, Confidence, NO_TIME, Stamp, Time};

const MS: Time = 1_000_000;
const FULL: u32 = 1_448;

/// A sender that was silent from 1,000 ms on, after a full segment that was not pushed; ten segments in flight, half a window of room.
fn quiet() -> Quiet {
    Quiet {
        since: Stamp { packet: 10, time: 1_000 * MS },
        length: FULL,
        in_flight_then: i64::from(10 * FULL),
        room_then: Some(30_000),
        least_window: 45_000,
        window: Some(45_000),
        ..Quiet::default()
    }
}

fn wait(quiet: &Quiet, until: Time) -> Wait<'_> {
    Wait {
        quiet,
        until: until * MS,
        next: Some(Next { ahead: 0, length: i64::from(FULL), unseen_packets: 0 }),
        in_flight: quiet.in_flight_then,
        room: quiet.room_then,
        acknowledged: quiet.acknowledged,
        opened: quiet.opened,
        full: i64::from(FULL),
        way: MS / 10,
        other_way: MS / 5,
    }
}

fn named(wait: &Wait<'_>) -> Option<(Cause, Confidence, Time)> {
    RULES.iter().find_map(|rule| rule(wait)).map(|found| (found.cause, found.confidence, found.until / MS))
}

#[test]
fn a_sender_that_nothing_keeps_is_idle() {
    let acknowledged = Quiet { pushed: true, acknowledged: 1_001 * MS, ..quiet() };
    assert_eq!(named(&wait(&acknowledged, 1_300)), None);
    let nothing_out = Quiet { pushed: true, in_flight_then: 0, ..quiet() };
    assert_eq!(named(&wait(&nothing_out, 1_300)), None);
}

#[test]
fn bytes_that_nobody_saw() {
    let unseen = Quiet { unseen: true, ..quiet() };
    assert_eq!(named(&wait(&unseen, 1_300)), Some((Cause::CaptureGap, Confidence::High, 1_300)));
    let pushed = Quiet { pushed: true, in_flight_then: 0, ..quiet() };
    let ahead = |segments: i64| Some(Next { ahead: segments * i64::from(FULL), length: 100, unseen_packets: 0 });
    assert_eq!(named(&Wait { next: ahead(9), ..wait(&pushed, 1_050) }).map(|found| found.0), Some(Cause::CaptureGap));
    assert_eq!(named(&Wait { next: ahead(1), ..wait(&pushed, 1_050) }), None, "one lost segment is the network's");
}

#[test]
fn sent_again_after_the_timer_or_after_acknowledgements() {
    let timer = Quiet { again: 1_210 * MS, acknowledged: 1_215 * MS, ..quiet() };
    assert_eq!(named(&wait(&timer, 1_216)), Some((Cause::RetransmissionTimeout, Confidence::High, 1_216)));
    let asked = Quiet { again: 1_010 * MS, asked: true, ..quiet() };
    assert_eq!(named(&wait(&asked, 1_050)).map(|found| found.0), Some(Cause::FastRecovery));
    let told_of_a_hole = Quiet { recovering: true, acknowledged: 1_020 * MS, ..quiet() };
    assert_eq!(named(&wait(&told_of_a_hole, 1_050)).map(|found| found.0), Some(Cause::FastRecovery));
}

#[test]
fn a_closed_window_until_it_opens() {
    let closed = Quiet { was_tight: true, least_window: 0, opened: 1_500 * MS, ..quiet() };
    assert_eq!(named(&wait(&closed, 1_501)), Some((Cause::WindowClosed, Confidence::High, 1_501)));
    let probed = Quiet { again: 1_030 * MS, ..closed };
    assert_eq!(named(&wait(&probed, 1_501)).map(|found| found.0), Some(Cause::WindowClosed), "a probe is no loss");
    let slow = Quiet { was_tight: true, least_window: 0, opened: 1_500 * MS, ..quiet() };
    assert_eq!(named(&wait(&slow, 1_900)), Some((Cause::WindowClosed, Confidence::High, 1_500)), "the rest is the sender's");
    let lost = Quiet { was_tight: true, least_window: 0, opened: 1_100 * MS, again: 1_300 * MS, ..quiet() };
    assert_eq!(named(&wait(&lost, 1_310)).map(|found| found.0), Some(Cause::RetransmissionTimeout));
}

#[test]
fn a_full_window_near_and_far() {
    let full = Quiet { room_then: Some(100), was_tight: true, opened: 1_060 * MS, acknowledged: 1_060 * MS, ..quiet() };
    assert_eq!(named(&wait(&full, 1_061)), Some((Cause::WindowFull, Confidence::High, 1_061)));
    // Captured at the receiver, 60 ms away: what freed the sender passed 60 ms before it sent.
    let far = Wait { way: 60 * MS, acknowledged: 1_000 * MS, opened: NO_TIME, ..wait(&full, 1_061) };
    assert_eq!(named(&far), Some((Cause::WindowFull, Confidence::High, 1_061)));
}

#[test]
fn a_small_segment_against_a_delayed_acknowledgement() {
    let small = Quiet {
        length: 200,
        pushed: true,
        in_flight_then: 200,
        acknowledged: 1_041 * MS,
        unheard: 41 * MS,
        in_flight_before: 200,
        ..quiet()
    };
    assert_eq!(named(&wait(&small, 1_042)), Some((Cause::NagleDelayedAck, Confidence::High, 1_042)));
    assert_eq!(named(&wait(&small, 1_090)), None, "the acknowledgement had long come: the sender is idle");
    let distant = Wait { other_way: 40 * MS, ..wait(&small, 1_042) };
    assert_eq!(named(&distant).map(|found| found.0), Some(Cause::CongestionWindow), "the way takes as long");
}

#[test]
fn room_in_the_window_and_yet_an_acknowledgement_is_waited_for() {
    let clocked = Quiet { acknowledged: 1_040 * MS, ..quiet() };
    assert_eq!(named(&Wait { other_way: 40 * MS, ..wait(&clocked, 1_041) }), Some((Cause::CongestionWindow, Confidence::High, 1_041)));
}

#[test]
fn many_in_flight_and_none_acknowledged() {
    let dark = Quiet { acknowledged: 1_043 * MS, unheard: 43 * MS, in_flight_before: i64::from(10 * FULL), ..quiet() };
    assert_eq!(named(&wait(&dark, 1_044)), Some((Cause::RetransmissionTimeout, Confidence::Medium, 1_044)));
}

#[test]
fn all_of_it_lost_before_the_capture_point() {
    let cut = Quiet { in_flight_then: 0, acknowledged: 1_000 * MS, ..quiet() };
    assert_eq!(named(&wait(&cut, 1_400)), Some((Cause::RetransmissionTimeout, Confidence::Medium, 1_400)));
    let numbered = Wait { next: Some(Next { ahead: 0, length: 100, unseen_packets: 5 }), ..wait(&cut, 1_400) };
    assert_eq!(named(&numbered).map(|found| found.1), Some(Confidence::High));
    assert_eq!(named(&wait(&cut, 1_150)), None, "no timer is that short");
    let pushed = Quiet { pushed: true, in_flight_then: 0, ..quiet() };
    assert_eq!(named(&wait(&pushed, 1_400)), None, "it had nothing more to send");
}
