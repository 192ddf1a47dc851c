//! The rules over messages that stood still.

use super::*;

fn of(class: Class, causes: &[(Cause, i64)]) -> Timed {
    let all: i64 = causes.iter().map(|(_, waited)| waited).sum();
    let timed = Timed::new(&[(Class::Sending, SECOND), (class, all)]).ways(20 * MILLI, 60 * MILLI);
    causes.iter().fold(timed, |timed, (cause, waited)| timed.stall(samples::stall(*cause, *waited)))
}

#[test]
fn sender_bound() {
    let finding = only(&of(Class::StalledSender, &[(Cause::SenderIdle, 3 * SECOND), (Cause::SenderIdle, SECOND)]).found(), "sender-bound");
    says(
        &finding,
        &["4.000 s (80 % of 5.000 s", "'CT01' (10.0.0.1:50000) stopped", "4.000 s in 2 waits", "most at once: 3.000 s, packets 12 to 14"],
    );
    assert_eq!((finding.packet, finding.time), (Some(12), SECOND));
    assert!(of(Class::StalledSender, &[(Cause::SenderIdle, 900 * MILLI)]).found().is_empty());
}

#[test]
fn window_bound_tells_a_reader_from_a_buffer() {
    let closed = of(Class::StalledWindow, &[(Cause::WindowClosed, 3 * SECOND)]);
    let finding = only(&closed.found(), "window-bound");
    says(&finding, &["'PACS' (10.0.0.2:104) took no more; window closed, its program did not read: 3.000 s in 1 wait"]);
    assert!(!finding.evidence.contains("window full"));
    let full = of(Class::StalledWindow, &[(Cause::WindowFull, SECOND), (Cause::WindowClosed, 10 * MILLI)]);
    says(&only(&full.found(), "window-bound"), &["its buffer is small", "65535 bytes a round trip of 80.0 ms allow 0.82 MB/s"]);
    assert!(of(Class::StalledWindow, &[(Cause::WindowFull, 190 * MILLI)]).found().is_empty());
}

#[test]
fn loss_bound_tells_timeouts_from_fast_recovery() {
    let lost = of(Class::StalledLoss, &[(Cause::RetransmissionTimeout, SECOND), (Cause::FastRecovery, 100 * MILLI)]);
    let told = found(|rules| {
        lost.feed(rules, 7, |_, connection| {
            (connection.client_counts.retransmissions, connection.sack_permitted) = (12, Some(false));
        });
    });
    let parts = [
        "until lost bytes of 'CT01' (10.0.0.1:50000) were sent again",
        "time-outs: 1.000 s in 1 wait",
        "acknowledgements: 100.0 ms in 1 wait",
        "12 of 200 packets sent again, no selective",
    ];
    says(&only(&told, "loss-bound"), &parts);
    assert!(of(Class::StalledLoss, &[(Cause::FastRecovery, 190 * MILLI)]).found().is_empty());
}

#[test]
fn acknowledgements_that_are_late_and_a_window_that_is_small() {
    let mut late = samples::stall(Cause::NagleDelayedAck, 400 * MILLI);
    (late.sender, late.waits) = (Sender::Acceptor, 10);
    let timed = Timed::new(&[(Class::Sending, SECOND), (Class::StalledAck, 400 * MILLI)]).stall(late);
    let parts = ["'PACS' (10.0.0.2:104) kept back a small segment until 'CT01' (10.0.0.1:50000)", "10 waits, 40.0 ms each"];
    says(&only(&timed.found(), "delayed-ack-bound"), &parts);
    let small = of(Class::StalledAck, &[(Cause::CongestionWindow, 2 * SECOND)]);
    says(&only(&small.found(), "congestion-window-bound"), &["at most 4380 bytes in flight, round trip 80.0 ms"]);
    // Each has its own part of the class that they share.
    let mixed = of(Class::StalledAck, &[(Cause::CongestionWindow, 2 * SECOND), (Cause::NagleDelayedAck, 100 * MILLI)]);
    only(&mixed.found(), "congestion-window-bound");
}
