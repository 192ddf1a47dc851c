//! One id for all requests, as some peers do; `at` is a message's place in its direction, of ten bytes each.

use crate::dicom::pairing::{Pairing, Span};
use crate::event::{CommandSet, MessageRecord, OperationRecord, Sender, Spent, Stamp};

const STORE: u16 = 0x0001;
const FIND: u16 = 0x0020;

fn message(sender: Sender, field: u16, status: Option<u16>) -> MessageRecord {
    let response = field & 0x8000 != 0;
    MessageRecord {
        association: 0,
        connection: 0,
        message: 0,
        sender,
        context_id: 1,
        transfer_syntax: None,
        command: CommandSet {
            command_field: Some(field),
            message_id: (!response).then_some(1),
            message_id_responded_to: response.then_some(1),
            status,
            ..CommandSet::default()
        },
        has_dataset: false,
        command_bytes: 10,
        dataset_bytes: 0,
        pdus: 1,
        first: Stamp { packet: 1, time: 0 },
        last: Stamp { packet: 1, time: 0 },
        complete: true,
    }
}

#[derive(Default)]
struct Test {
    pairing: Pairing,
    finished: Vec<OperationRecord>,
    evicted: u32,
    limit: usize,
}

impl Test {
    fn span(at: u64, received: u64, reached: u64, lost: u64) -> Span {
        Span {
            start: at * 10,
            end: at * 10 + 10,
            received: Some(received * 10),
            other_reached: reached * 10,
            lost,
            begun: Spent::default(),
            ended: Spent::default(),
        }
    }

    fn take(&mut self, message: &MessageRecord, span: Span) -> &mut Self {
        let limit = if self.limit == 0 { 100 } else { self.limit };
        let paired = self.pairing.message(message, span, limit);
        self.evicted += u32::from(paired.evicted);
        self.finished.extend(paired.finished);
        self
    }

    /// The request number `at`, sent after `received` responses, of which the capture had shown `reached`.
    fn request(&mut self, field: u16, at: u64, received: u64, reached: u64) -> &mut Self {
        let mut request = message(Sender::Requestor, field, None);
        request.command.affected_sop_instance = Some(at.to_string().into());
        self.take(&request, Self::span(at, received, reached, 0))
    }

    fn response(&mut self, field: u16, status: u16, at: u64, received: u64, reached: u64) -> &mut Self {
        self.take(&message(Sender::Acceptor, field | 0x8000, Some(status)), Self::span(at, received, reached, 0))
    }

    /// The finished ones: which request, how many responses, complete.
    fn done(&self) -> Vec<(String, u64, bool)> {
        self.finished.iter().map(|row| (row.sop_instance.as_deref().unwrap_or_default().to_owned(), row.responses, row.complete)).collect()
    }

    fn end(&mut self) -> Vec<(String, u64, bool)> {
        let (known, orphans) = self.pairing.finish();
        self.finished = known;
        self.finished.extend(orphans);
        self.done()
    }
}

fn row(request: &str, responses: u64, complete: bool) -> (String, u64, bool) {
    (request.to_owned(), responses, complete)
}

#[test]
fn response_of_a_later_request_is_not_taken_by_an_older_one() {
    let mut test = Test::default();
    // The response to the first was lost (it stood at 0).
    test.request(STORE, 0, 0, 0).request(STORE, 1, 1, 1).response(STORE, 0, 1, 2, 2);
    assert_eq!(test.done(), [row("1", 1, true)]);
    assert_eq!(test.end(), [row("0", 0, false)]);
}

#[test]
fn responses_that_come_before_their_requests() {
    let mut test = Test::default();
    test.response(STORE, 0, 0, 1, 0).response(STORE, 0, 1, 2, 0).response(STORE, 0, 2, 3, 0);
    test.request(STORE, 0, 0, 3).request(STORE, 1, 1, 3).request(STORE, 2, 2, 3);
    assert_eq!(test.done(), [row("0", 1, true), row("1", 1, true), row("2", 1, true)]);
}

#[test]
fn a_response_waits_for_requests_that_it_may_answer() {
    let mut test = Test::default();
    // The first one's response was lost, and the second request is not yet in the capture.
    test.request(STORE, 0, 0, 0).response(STORE, 0, 1, 2, 1);
    assert_eq!(test.done(), []);
    test.request(STORE, 1, 1, 2);
    assert_eq!(test.done(), [row("1", 1, true)]);
}

#[test]
fn pending_responses_keep_their_order() {
    let mut test = Test::default();
    // The first stands ahead of what the capture shows of the requestor, the second no more.
    test.request(FIND, 0, 0, 0).response(FIND, 0xff00, 0, 2, 1).response(FIND, 0, 1, 2, 2);
    assert_eq!(test.done(), [row("0", 2, true)]);
}

#[test]
fn responses_that_may_be_among_lost_bytes() {
    let mut test = Test::default();
    test.request(FIND, 0, 0, 0);
    test.take(&message(Sender::Acceptor, FIND | 0x8000, Some(0)), Test::span(3, 1, 1, 30));
    assert_eq!(test.done(), [row("0", 1, false)], "there may have been more of them");
    let mut test = Test::default();
    test.request(STORE, 0, 0, 0);
    test.take(&message(Sender::Acceptor, STORE | 0x8000, Some(0)), Test::span(3, 1, 1, 30));
    assert_eq!(test.done(), [row("0", 1, true)], "there is only one");
    let mut test = Test::default();
    test.request(STORE, 0, 0, 0);
    test.pairing.lose(Sender::Requestor, 10);
    test.take(&message(Sender::Acceptor, STORE | 0x8000, Some(0)), Test::span(3, 2, 2, 30));
    assert_eq!(test.done(), [row("0", 1, false)], "it may answer a request that was lost");
}

#[test]
fn open_requests_and_early_responses_are_bounded() {
    let mut test = Test { limit: 3, ..Test::default() };
    for at in 0..10 {
        test.request(STORE, at, 0, 0);
    }
    assert_eq!((test.finished.len(), test.evicted), (7, 7));
    assert_eq!(test.end().len(), 3);
    let mut test = Test { limit: 3, ..Test::default() };
    for at in 0..10 {
        test.response(STORE, 0, at, 0, 0);
    }
    assert_eq!((test.finished.len(), test.evicted), (7, 7));
    assert_eq!(test.end().len(), 3);
}

/// Ends in time only where a message does not look through all others.
#[test]
fn many_open_requests_and_many_orphans_at_once() {
    const MANY: u64 = 50_000;
    let mut test = Test { limit: MANY as usize, ..Test::default() };
    for at in 0..MANY {
        let mut early = message(Sender::Acceptor, STORE | 0x8000, Some(0));
        early.command.message_id_responded_to = Some(at as u16);
        test.take(&early, Test::span(at, 0, 0, 0));
    }
    for at in 0..MANY {
        let mut request = message(Sender::Requestor, STORE, None);
        request.command.message_id = Some((at / 2) as u16);
        test.take(&request, Test::span(at, 0, 0, 0));
    }
    assert_eq!((test.finished.len(), test.evicted), (0, 0));
    assert_eq!(test.end().len() as u64, 2 * MANY);
}
