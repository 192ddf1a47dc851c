//! The rules over associations that ended after a silence.

use super::*;

/// An association whose last message was this long before its end.
fn ended(seconds: i64, spoil: impl Fn(&mut MessageRecord, &mut AssociationRecord), open: bool) -> Vec<FindingRecord> {
    found(|rules| feed(rules, 7, seconds * SECOND, &spoil, open))
}

fn feed(rules: &mut Rules, number: u64, silence: i64, spoil: &impl Fn(&mut MessageRecord, &mut AssociationRecord), open: bool) {
    let (mut message, mut association) = (samples::message(), samples::association());
    (message.association, association.association) = (number, number);
    message.last = Stamp { packet: 150, time: 3 * SECOND };
    association.last = Stamp { packet: 190, time: 3 * SECOND + silence };
    association.ended_by = EndedBy::Rst;
    spoil(&mut message, &mut association);
    rules.message(&message);
    if open {
        rules.operation(&OperationRecord { association: number, answered: false, first_response: None, end: None, ..samples::operation() });
    }
    rules.association(&association);
}

fn nothing(_: &mut MessageRecord, _: &mut AssociationRecord) {}

fn named<'a>(found: &'a [FindingRecord], code: &str) -> Option<&'a FindingRecord> {
    found.iter().find(|finding| finding.code == code)
}

#[test]
fn idle_timeout() {
    let found = ended(300, nothing, false);
    let finding = named(&found, "idle-timeout").expect("found");
    says(finding, &["the connection was reset (RST) after 300.000 s with nothing outstanding, close to 300 s, a usual time-out"]);
    assert_eq!(finding.packet, Some(190));
    let acceptor = |_: &mut MessageRecord, record: &mut AssociationRecord| {
        (record.ended_by, record.abort_sender) = (EndedBy::AcceptorAbort, Some(Sender::Acceptor));
    };
    says(named(&ended(71, acceptor, false), "idle-timeout").expect("found"), &["the acceptor aborted after 71.000 s with nothing"]);
    assert!(named(&ended(4, nothing, false), "idle-timeout").is_none());
    assert!(ended(300, |_, record| record.ended_by = EndedBy::Release, false).is_empty());
}

#[test]
fn several_with_the_same_silence_are_a_timer() {
    let alike = |silences: &[i64]| {
        found(|rules| {
            for (number, silence) in silences.iter().enumerate() {
                feed(rules, number as u64, *silence, &nothing, false);
            }
        })
    };
    let found = alike(&[71_000 * MILLI, 71_200 * MILLI, 71_100 * MILLI]);
    says(named(&found, "idle-timeout").expect("found"), &["3 associations like this one, after 71.000 s to 71.200 s: a timer"]);
    let found = alike(&[71 * SECOND, 10 * SECOND]);
    assert!(!named(&found, "idle-timeout").expect("found").evidence.contains("a timer"));
}

#[test]
fn gave_up_waiting() {
    let found = ended(30, nothing, true);
    says(
        named(&found, "gave-up-waiting").expect("found"),
        &["after 30.000 s without a response, close to 30 s, a usual time-out; 1 request open; last message: C-STORE-RQ of the requestor"],
    );
    assert!(named(&found, "idle-timeout").is_none());
    assert!(named(&ended(4, nothing, true), "gave-up-waiting").is_none());
}

#[test]
fn transfer_stalled_at_end() {
    let unfinished = |message: &mut MessageRecord, record: &mut AssociationRecord| (message.complete, record.complete) = (false, false);
    let found = ended(12, unfinished, true);
    let finding = named(&found, "transfer-stalled-at-end").expect("found");
    says(finding, &["nothing of a message of 'CT01' (10.0.0.1:50000) moved for 12.000 s, then the connection was reset", "cause: unknown"]);
    assert_eq!(finding.packet, Some(150));
    assert!(named(&found, "gave-up-waiting").is_none());
    assert!(named(&ended(4, unfinished, true), "transfer-stalled-at-end").is_none());
}

// A stall tells the cause, and of an association that is open still when the capture ends.
#[test]
fn a_stall_that_lasted_until_the_end_tells_why() {
    let of = |resumed, ended_by| {
        found(|rules| {
            let mut stall = samples::stall(Cause::WindowClosed, 20 * SECOND);
            stall.resumed = resumed;
            rules.stall(&stall);
            let mut association = samples::association();
            association.ended_by = ended_by;
            rules.association(&association);
        })
    };
    says(&only(&of(false, EndedBy::Open), "transfer-stalled-at-end"), &["moved for 20.000 s", "cause: window-closed"]);
    assert!(of(true, EndedBy::Open).is_empty());
    assert!(of(false, EndedBy::Release).is_empty());
}
