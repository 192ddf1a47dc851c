//! The rules over time: between two AE titles, of one association, of one operation.

use super::*;
use crate::event::{Budget, Cause, Class, Confidence, Spent, StallRecord};

const MS: i64 = SECOND / 1_000;

fn budget(parts: &[(Class, i64)]) -> (Option<Budget>, i64) {
    let mut spent = Spent::default();
    parts.iter().for_each(|(class, time)| spent.add(*class, *time));
    let whole = parts.iter().map(|(_, time)| time).sum();
    (Some(spent.since(&Spent::default(), whole)), whole)
}

fn stall(cause: Cause, waits: u32, waited: i64) -> StallRecord {
    StallRecord {
        connection: 3,
        association: 7,
        message_id: Some(1),
        command_field: Some(1),
        sender: Sender::Requestor,
        before: Stamp { packet: 50, time: SECOND },
        after: Stamp { packet: 51, time: SECOND + waited },
        resumed: true,
        waits,
        waited,
        cause,
        confidence: Confidence::High,
        bytes_in_flight: Some(1_448),
        window: Some(65_535),
        rtt: Some(MS),
    }
}

/// An association with such a budget, its two operations and stalls, on a path with these ways to the requestor and to the acceptor.
fn of_time(parts: &[(Class, i64)], stalls: &[StallRecord], ways: (i64, i64)) -> Vec<FindingRecord> {
    found(|rules| {
        for stall in stalls {
            rules.stall(stall);
        }
        for _ in 0..2 {
            rules.operation(&samples::operation());
        }
        let mut record = samples::association();
        (record.budget, _) = budget(parts);
        rules.association(&record);
        let mut connection = samples::connection();
        (connection.client_way, connection.server_way) = (Some(ways.0), Some(ways.1));
        rules.connection(&connection);
    })
}

#[test]
fn moving_time_is_not_worth_a_word() {
    assert!(of_time(&[(Class::Sending, 9 * SECOND), (Class::WaitingResponse, SECOND)], &[], (0, 0)).is_empty());
    assert!(of_time(&[(Class::Sending, MS), (Class::WaitingResponse, 100 * MS)], &[], (0, 0)).is_empty(), "short");
}

#[test]
fn slow_responses_are_told_without_the_way() {
    let parts = [(Class::Sending, SECOND), (Class::WaitingResponse, SECOND)];
    let told = of_time(&parts, &[], (0, 100 * MS));
    let finding = only(&told, "slow-responses");
    says(
        &finding,
        &["'CT01' -> 'PACS' (10.0.0.2:104), 1 association", "0.800 s of 2.000 s (40 %)", "0.100 s each", "2 C-STORE, median 0.5"],
    );
    // All of it is the way.
    let far = of_time(&parts, &[], (0, 500 * MS));
    says(&only(&far, "latency-bound"), &["1.000 s of 2.000 s (50 %)", "2 operations one after the other, each a round trip of 0.500 s"]);
}

#[test]
fn stalls_by_their_class_and_cause() {
    for (class, cause, code) in [
        (Class::StalledWindow, Cause::WindowClosed, "window-bound"),
        (Class::StalledWindow, Cause::WindowFull, "window-bound"),
        (Class::StalledLoss, Cause::RetransmissionTimeout, "loss-bound"),
        (Class::StalledAck, Cause::NagleDelayedAck, "delayed-ack-bound"),
        (Class::StalledAck, Cause::CongestionWindow, "congestion-window-bound"),
        (Class::StalledSender, Cause::SenderIdle, "sender-bound"),
    ] {
        let told = of_time(&[(Class::Sending, SECOND), (class, SECOND)], &[stall(cause, 4, SECOND)], (0, 0));
        says(&only(&told, code), &["1.000 s of 2.000 s (50 %)", &format!("4 times {} (1.000 s, longest 0.250 s)", cause.name())]);
        let little = of_time(&[(Class::Sending, 9 * SECOND), (class, 300 * MS)], &[stall(cause, 1, 300 * MS)], (0, 0));
        assert!(little.is_empty(), "{little:?}");
    }
}

#[test]
fn negotiation_idle_and_gaps() {
    let half = |class| of_time(&[(Class::Sending, 3 * SECOND), (class, 3 * SECOND)], &[], (0, 0));
    says(&only(&half(Class::Negotiating), "negotiation-bound"), &["for 2 operations"]);
    says(&only(&half(Class::Idle), "invoker-idle"), &["3.000 s of 6.000 s (50 %)"]);
    says(&only(&half(Class::Unknown), "capture-gaps"), &["cannot be judged"]);
    assert!(of_time(&[(Class::Sending, SECOND), (Class::Idle, SECOND)], &[], (0, 0)).is_empty(), "a second of thought");
}

#[test]
fn many_associations_are_told_once() {
    let told = found(|rules| {
        for association in 0..100 {
            let mut record = samples::association();
            (record.association, record.connection, record.operations) = (association, association, 0);
            (record.budget, _) = budget(&[(Class::Sending, 5 * MS), (Class::Negotiating, 15 * MS)]);
            rules.association(&record);
        }
    });
    says(&only(&told, "negotiation-bound"), &["100 associations", "1.500 s of 2.000 s (75 %)"]);
}

#[test]
fn no_more_relations_than_their_limit() {
    let told = found(|rules| {
        for number in 0..20 {
            let mut record = samples::association();
            (record.association, record.called_ae) = (number, Some(format!("AE{number}")));
            (record.budget, _) = budget(&[(Class::Negotiating, SECOND)]);
            rules.association(&record);
        }
    });
    assert_eq!(told.iter().filter(|finding| finding.code == "negotiation-bound").count(), 16);
    says(&told.iter().find(|finding| finding.code == "limit-reached").cloned().expect("it says so"), &["4 occurrences"]);
}

#[test]
fn a_transfer_that_never_went_on() {
    let told = |resumed| {
        found(|rules| {
            rules.stall(&StallRecord { resumed, ..stall(Cause::WindowClosed, 1, 30 * SECOND) });
            let mut record = samples::association();
            (record.ended_by, record.released) = (EndedBy::Rst, None);
            rules.association(&record);
        })
    };
    let codes_of = |found: &[FindingRecord]| found.iter().map(|finding| finding.code).collect::<Vec<_>>();
    let stuck = told(false).into_iter().find(|finding| finding.code == "transfer-stalled-at-end").expect("it stood still");
    says(&stuck, &["a message of the requestor stood still for 30.000 s after packet 50", "(rst)", "window-closed"]);
    assert!(!codes_of(&told(true)).contains(&"transfer-stalled-at-end"));
}

#[test]
fn late_answers() {
    let late = of_association(|record| record.answered = Some(SECOND * 4));
    says(&only(&late, "slow-association-answer"), &["answered after 3.000 s"]);
    let long = of_operation(|record| {
        record.first_response = Some(12 * SECOND);
        record.end = Some(12 * SECOND);
    });
    says(&only(&long, "long-response"), &["1 operation; first: C-STORE, message ID 1", "answered after 10.500 s"]);
    assert!(of_operation(|record| record.first_response = Some(3 * SECOND)).is_empty());
}

#[test]
fn a_timer_that_ends_idle_associations() {
    let aborted = |after: i64| {
        codes(|rules| {
            rules.message(&samples::message());
            let mut record = samples::association();
            (record.ended_by, record.released) = (EndedBy::AcceptorAbort, None);
            record.last.time = samples::message().last.time + after;
            rules.association(&record);
        })
    };
    assert!(aborted(60 * SECOND).contains(&"idle-timeout"));
    assert!(!aborted(SECOND).contains(&"idle-timeout"));
}

#[test]
fn tiny_segments() {
    let tiny = |packets: u64| {
        of_connection(|record| {
            record.client_counts.payload_bytes = 2_000_000;
            record.client_counts.packets = packets;
        })
    };
    says(&only(&tiny(20_000), "tiny-segments"), &["the client sent 2000000 bytes, 100 a packet, where 1460 fit"]);
    assert!(tiny(1_500).is_empty());
}
