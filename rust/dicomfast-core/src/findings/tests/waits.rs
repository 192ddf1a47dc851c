//! The rules over time in which nothing had to move.

use super::*;

#[test]
fn slow_responses_name_the_performer_and_the_times() {
    let slow = || Timed::new(&[(Class::Sending, 2 * SECOND), (Class::WaitingResponse, 8 * SECOND)]).operations(20, 400 * MILLI, 0);
    let finding = only(&slow().found(), "slow-responses");
    let told = ["80 % of 10.000 s, the largest part) until 'PACS' (10.0.0.2:104) responded; C-STORE: 20 responses, median about "];
    says(&finding, &told);
    says(&finding, &["'CT01' (10.0.0.1:50000) -> ", "longest 400.0 ms", "the path is left out: 0.012 ms, 20 round trips"]);
    says(&only(&slow().ways(400, MILLI / 2).found(), "slow-responses"), &["7.990 s (80 %", "20 round trips of 0.500 ms"]);
    assert_eq!((finding.association, finding.packet), (Some(7), Some(4)));
    // Less than a fifth; a fifth, but less than a second.
    let less = Timed::new(&[(Class::Sending, 20 * SECOND), (Class::WaitingResponse, 4 * SECOND)]).operations(20, 200 * MILLI, 0);
    assert!(less.found().is_empty());
    let short = Timed::new(&[(Class::Sending, SECOND), (Class::WaitingResponse, 900 * MILLI)]).operations(2, 450 * MILLI, 0);
    assert!(short.found().is_empty());
}

// A tap at the client's side sees a round trip of the path in each wait; one at the server's side sees it as idle.
#[test]
fn distance_is_no_slow_peer_wherever_the_tap_stands() {
    let far = |class, ways: (i64, i64)| {
        Timed::new(&[(Class::Sending, 2 * SECOND), (class, 8_200 * MILLI)]).operations(100, 82 * MILLI, 0).ways(ways.0, ways.1)
    };
    let finding = only(&far(Class::WaitingResponse, (MILLI / 10, 80 * MILLI)).found(), "latency-bound");
    says(&finding, &["100 operations one at a time", "round trip of 80.1 ms", "captured at the requestor's side", "79 % of 10.200 s"]);
    let finding = only(&far(Class::Idle, (80 * MILLI, MILLI / 10)).found(), "latency-bound");
    says(&finding, &["captured at the acceptor's side"]);
    // Several at a time hide the path.
    let several = found(|rules| {
        far(Class::WaitingResponse, (MILLI / 10, 80 * MILLI)).feed(rules, 7, |association, _| association.async_invoked = Some(8));
    });
    assert!(several.is_empty());
}

#[test]
fn a_slow_peer_far_away_is_both() {
    let both = Timed::new(&[(Class::Sending, SECOND), (Class::WaitingResponse, 20 * SECOND)])
        .operations(100, 200 * MILLI, 0)
        .ways(MILLI / 10, 80 * MILLI);
    let found = both.found();
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["slow-responses", "latency-bound"]);
    says(
        &found[0],
        &["12.000 s (57 % of 21.000 s", "8.000 s, 100 round trips of 80.0 ms from the capture point (at the requestor's side)"],
    );
}

#[test]
fn without_a_handshake_the_stalls_tell_the_path_or_nothing_does() {
    let timed = Timed::new(&[(Class::Sending, SECOND), (Class::WaitingResponse, 4 * SECOND)]).operations(100, 40 * MILLI, 0);
    let midstream = |timed: &Timed| {
        found(|rules| {
            timed.feed(rules, 7, |_, connection| {
                (connection.client_way, connection.server_way, connection.syn_rtt) = (None, None, None);
            });
        })
    };
    says(&only(&midstream(&timed), "slow-responses"), &["how much of it is the path is not known"]);
    let mut far = samples::stall(Cause::FastRecovery, MILLI);
    far.rtt = Some(38 * MILLI);
    only(&midstream(&timed.stall(far)), "latency-bound");
}

// The acknowledgements of data tell the way, too, and a slow SYN-ACK does not make the path longer.
#[test]
fn a_slow_handshake_excuses_no_one() {
    let timed = Timed::new(&[(Class::Sending, SECOND), (Class::WaitingResponse, 4 * SECOND)]).operations(20, 200 * MILLI, 0);
    let found = found(|rules| {
        timed.feed(rules, 7, |_, connection| {
            (connection.server_way, connection.client_counts.rtt_min) = (Some(150 * MILLI), Some(MILLI / 2));
        });
    });
    says(&only(&found, "slow-responses"), &["20 round trips of 0.500 ms"]);
}

#[test]
fn many_small_associations_are_one_line() {
    let small = Timed::new(&[(Class::Sending, 30 * MILLI), (Class::WaitingResponse, 70 * MILLI)]).operations(1, 70 * MILLI, 0);
    let told = found(|rules| (0..100).for_each(|number| small.feed(rules, number, |_, _| ())));
    says(&only(&told, "slow-responses"), &["100 associations like this one, together 7.000 s (70 % of 10.000 s)"]);
    assert!(found(|rules| (0..10).for_each(|number| small.feed(rules, number, |_, _| ()))).is_empty(), "less than a second");
    // Steps that are short are well, however many.
    let quick = Timed::new(&[(Class::Sending, 2 * MILLI), (Class::WaitingResponse, 9 * MILLI)]).operations(1, 9 * MILLI, 0);
    assert!(found(|rules| (0..1_000).for_each(|number| quick.feed(rules, number, |_, _| ()))).is_empty());
}

#[test]
fn the_worst_of_several_is_shown_whatever_the_order() {
    let of = |seconds: i64| Timed::new(&[(Class::WaitingResponse, seconds * SECOND)]).operations(1, seconds * SECOND, 0);
    let told = found(|rules| [2, 5, 3].iter().enumerate().for_each(|(number, seconds)| of(*seconds).feed(rules, number as u64, |_, _| ())));
    let finding = only(&told, "slow-responses");
    assert_eq!(finding.association, Some(1));
    says(&finding, &["5.000 s (100 % of 5.000 s", "3 associations like this one"]);
}

#[test]
fn waiting_for_a_move_blames_no_one() {
    let mut moving = Timed::new(&[(Class::WaitingResponse, 30 * SECOND), (Class::Receiving, MILLI)]).operations(1, 30 * SECOND, 0);
    moving.operations[0].command_field = 0x0021;
    says(&only(&moving.found(), "waiting-for-move"), &["C-MOVE: 1 response", "100 % of 30.001 s"]);
}

#[test]
fn invoker_idle() {
    let idle = Timed::new(&[(Class::Sending, SECOND), (Class::Idle, 9 * SECOND)]).operations(10, MILLI, 900 * MILLI);
    let told = ["90 % of 10.000 s", "no request of 'CT01' (10.0.0.1:50000) under way, in 10 operations", "longest 900.0 ms"];
    says(&only(&idle.found(), "invoker-idle"), &told);
    assert!(Timed::new(&[(Class::Sending, 6 * SECOND), (Class::Idle, SECOND)]).operations(10, MILLI, 90 * MILLI).found().is_empty());
}

#[test]
fn negotiation_bound() {
    let negotiating = |time| Timed::new(&[(Class::Negotiating, time), (Class::Sending, 100 * MILLI)]).operations(1, MILLI, 0);
    let told = found(|rules| (0..20).for_each(|number| negotiating(200 * MILLI).feed(rules, number, |_, _| ())));
    says(&only(&told, "negotiation-bound"), &["67 % of 300.0 ms", "with 1 operation", "20 associations like this one"]);
    assert!(found(|rules| (0..20).for_each(|number| negotiating(20 * MILLI).feed(rules, number, |_, _| ()))).is_empty());
}

#[test]
fn capture_gaps_are_no_stall_that_did_not_end() {
    let unknown = || Timed::new(&[(Class::Sending, SECOND), (Class::Unknown, 9 * SECOND)]);
    let incomplete = |timed: &Timed| found(|rules| timed.feed(rules, 7, |association, _| association.complete = false));
    says(&only(&incomplete(&unknown().stall(samples::stall(Cause::CaptureGap, 9 * SECOND))), "capture-gaps"), &["90 % of 10.000 s"]);
    let mut open = samples::stall(Cause::Unknown, 9 * SECOND);
    open.after.packet = 100;
    assert!(incomplete(&unknown().stall(open)).is_empty());
}

#[test]
fn slow_association_answer() {
    let late = |record: &mut AssociationRecord| record.answered = Some(SECOND + 5 * SECOND);
    says(&only(&of_association(late), "slow-association-answer"), &["after 5.000 s, outcome: accepted"]);
    assert!(of_association(|record| record.answered = Some(SECOND + 900 * MILLI)).is_empty());
}

#[test]
fn long_response() {
    let took = |command, seconds: i64| {
        move |record: &mut OperationRecord| {
            record.command_field = command;
            record.first_response = record.request_end.map(|asked| asked + seconds * SECOND);
        }
    };
    let told = ["1 of 1 response to C-STORE took long; the longest 12.000 s, of 'PACS' (10.0.0.2:104): C-STORE, message ID 1"];
    says(&only(&of_operation(took(0x0001, 12)), "long-response"), &told);
    assert!(of_operation(took(0x0001, 9)).is_empty());
    assert!(of_operation(took(0x0021, 50)).is_empty(), "a C-MOVE takes as long as its objects");
    only(&of_operation(took(0x0021, 61)), "long-response");
}

#[test]
fn commands_noted_are_bounded() {
    let mut progress = super::super::association::Progress::default();
    for command_field in 0..1_000 {
        progress.timing.operation(&OperationRecord { command_field, ..samples::operation() });
    }
    assert_eq!(progress.timing.commands.len(), crate::limits::NOTED_COMMANDS);
}
