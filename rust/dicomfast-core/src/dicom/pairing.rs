//! Requests with their responses (PS3.7 section 9 and 10), by message id, initiator and what each side had received: never by the
//! order of packets in the capture, which may differ from the order on the wire.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{C_FIND_RQ, C_GET_RQ, C_MOVE_RQ};
use crate::event::{Budget, MessageRecord, NO_TIME, OperationRecord, Sender, Spent, Time};

/// C-CANCEL-RQ (PS3.7 section 9.3.2.3).
pub const C_CANCEL_RQ: u16 = 0x0fff;
const RESPONSE: u16 = 0x8000;

/// Whether a response with this status is followed by more (PS3.7 annex C: FF00 and FF01).
pub fn is_pending(status: u16) -> bool {
    status & 0xff00 == 0xff00
}

/// Where a message stood in its direction, and what its sender had received of the other: positions, as in [`crate::flow::Place`].
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: u64,
    pub end: u64,
    pub received: Option<u64>,
    /// How far the other direction has been read.
    pub other_reached: u64,
    /// Before this, messages of its own direction may be missing.
    pub lost: u64,
    /// Where the time had gone when the message began, and when it ended.
    pub begun: Spent,
    pub ended: Spent,
}

/// A response with its place.
#[derive(Debug)]
struct Early {
    message: MessageRecord,
    span: Span,
}

#[derive(Debug)]
struct Pending {
    operation: OperationRecord,
    span: Span,
    /// Where in its direction the next messages may be missing.
    lost_after: Option<u64>,
}

/// Order of arrival, of requests and of responses each.
type Turn = u64;
/// Who asked, and the message id (PS3.7 section 9.1.1.1.1).
type Id = (Sender, Option<u16>);

/// The open operations of one association. What is looked for is found by its id, so that peers who never answer, or answer what
/// nobody asked, cost no more than others.
#[derive(Debug, Default)]
pub struct Pairing {
    pending: BTreeMap<Turn, Box<Pending>>,
    by_id: BTreeSet<(Id, Turn)>,
    /// Responses whose request has not been seen: it may still come, or it was lost.
    early: BTreeMap<Turn, Box<Early>>,
    /// Those whose sender had received more than the capture has shown so far, by who asked and how much that is.
    ahead: BTreeSet<(Sender, u64, Turn)>,
    /// The others, by id and how much their sender had received: only a request that comes after all can be theirs.
    unmatched: BTreeSet<(Id, u64, Turn)>,
    turn: Turn,
    /// The last request of each side.
    newest: BTreeMap<Sender, Turn>,
}

/// What came of a message.
#[derive(Debug, Default)]
pub struct Paired {
    pub finished: Vec<OperationRecord>,
    /// The pending table was full and its oldest request was given up.
    pub evicted: bool,
}

impl Pairing {
    /// Takes a message; gives the operations that it completes.
    pub fn message(&mut self, message: &MessageRecord, span: Span, limit: usize) -> Paired {
        let mut paired = Paired::default();
        match message.command.command_field {
            Some(C_CANCEL_RQ) => self.cancel(message),
            Some(field) if field & RESPONSE != 0 => self.response(message, span, &mut paired, limit),
            Some(_) => self.request(message, span, &mut paired, limit),
            // The command set was lost: it can belong to nothing.
            None => {}
        }
        paired
    }

    /// Whether a request is not answered yet. Of several of one side, where only one may be open, the last: those before were answered in
    /// bytes that are missing.
    pub fn is_waiting(&self, asynchronous: bool) -> bool {
        if asynchronous { !self.pending.is_empty() } else { self.newest.values().any(|turn| self.pending.contains_key(turn)) }
    }

    /// Messages of one side may be missing from this offset on.
    pub fn lose(&mut self, sender: Sender, from: u64) {
        for open in self.pending.values_mut().filter(|open| open.operation.initiator == sender) {
            open.lost_after.get_or_insert(from);
        }
    }

    fn request(&mut self, message: &MessageRecord, span: Span, paired: &mut Paired, limit: usize) {
        let operation = operation_of(message);
        if self.pending.len() >= limit
            && let Some(&oldest) = self.pending.keys().next()
        {
            paired.evicted = true;
            paired.finished.extend(self.close(oldest));
        }
        let id = (message.sender, operation.message_id);
        let turn = self.take_turn();
        self.by_id.insert((id, turn));
        self.newest.insert(message.sender, turn);
        self.pending.insert(turn, Box::new(Pending { operation, span, lost_after: None }));
        let theirs = self.unmatched.range((id, span.end, 0)..=(id, u64::MAX, Turn::MAX)).map(|(.., turn)| *turn).collect();
        self.settle(message.sender, span.end, theirs, paired);
    }

    /// Pairs the responses that the capture holds before their requests, where all requests that they may answer are there now; and
    /// those of `turns`.
    fn settle(&mut self, initiator: Sender, reached: u64, mut turns: Vec<Turn>, paired: &mut Paired) {
        let ready = (initiator, 0, 0)..=(initiator, reached, Turn::MAX);
        let arrived = turns.len();
        turns.extend(self.ahead.range(ready).map(|(.., turn)| *turn));
        for turn in turns.get(arrived..).unwrap_or_default() {
            if let Some(early) = self.early.get(turn) {
                self.ahead.remove(&early.ahead_key(*turn));
                self.unmatched.insert(early.unmatched_key(*turn));
            }
        }
        turns.sort_unstable();
        for turn in turns {
            let found = self.early.get(&turn).and_then(|early| self.find(&early.message, early.span));
            if let Some(open) = found
                && let Some(early) = self.early.remove(&turn)
            {
                self.unmatched.remove(&early.unmatched_key(turn));
                paired.finished.extend(self.answer(open, &early.message, early.span));
            }
        }
    }

    fn response(&mut self, message: &MessageRecord, span: Span, paired: &mut Paired, limit: usize) {
        self.settle(message.sender.other(), span.other_reached, Vec::new(), paired);
        // Where its sender had received more than the capture has shown so far, it may answer a request that is still to come.
        let ahead = span.received.is_some_and(|received| received > span.other_reached);
        let found = if ahead { None } else { self.find(message, span) };
        if let Some(open) = found {
            paired.finished.extend(self.answer(open, message, span));
            return;
        }
        if self.early.len() >= limit
            && let Some((turn, oldest)) = self.early.pop_first()
        {
            self.ahead.remove(&oldest.ahead_key(turn));
            self.unmatched.remove(&oldest.unmatched_key(turn));
            paired.evicted = true;
            paired.finished.push(orphan(&oldest.message));
        }
        let turn = self.take_turn();
        let early = Early { message: message.clone(), span };
        if ahead {
            self.ahead.insert(early.ahead_key(turn));
        } else {
            self.unmatched.insert(early.unmatched_key(turn));
        }
        self.early.insert(turn, Box::new(early));
    }

    /// The request that a response answers: one with its id that the responder had received. An id is used again only after the
    /// operation is over (PS3.7 section 9.1.1.1.1), so a request that was sent without knowing of this response takes it from all older ones.
    fn find(&self, response: &MessageRecord, span: Span) -> Option<Turn> {
        let command = &response.command;
        let field = command.command_field? & !RESPONSE;
        let id = (response.sender.other(), command.message_id_responded_to);
        let mut found = None;
        for (_, turn) in self.by_id.range((id, 0)..=(id, Turn::MAX)) {
            let Some(open) = self.pending.get(turn) else { continue };
            let fits = open.operation.command_field == field && span.received.is_none_or(|received| received >= open.span.end);
            if fits && (found.is_none() || open.span.received.is_some_and(|received| received <= span.start)) {
                found = Some(*turn);
            }
        }
        found
    }

    /// Adds a response to an operation; gives the operation when it was the last one.
    fn answer(&mut self, turn: Turn, response: &MessageRecord, span: Span) -> Option<OperationRecord> {
        let open = self.pending.get_mut(&turn)?;
        let operation = &mut open.operation;
        add_response(operation, response);
        operation.budget = budget(operation, &open.span.begun, &span.ended);
        let several = matches!(operation.command_field, C_GET_RQ | C_FIND_RQ | C_MOVE_RQ);
        // Among the lost bytes there may have been responses of this operation; and a later request with the same id, whose
        // response this is.
        let responses = span.lost > open.span.received.unwrap_or(0);
        let requests = open.lost_after.is_some_and(|lost| span.received.is_none_or(|received| received > lost));
        operation.complete &= !(responses && (several || requests));
        let last = response.command.status.is_none_or(|status| !is_pending(status));
        if !last {
            return None;
        }
        operation.answered = true;
        self.close(turn)
    }

    fn close(&mut self, turn: Turn) -> Option<OperationRecord> {
        let open = self.pending.remove(&turn)?;
        self.by_id.remove(&((open.operation.initiator, open.operation.message_id), turn));
        Some(open.operation)
    }

    fn take_turn(&mut self) -> Turn {
        self.turn += 1;
        self.turn
    }

    fn cancel(&mut self, message: &MessageRecord) {
        let id = (message.sender, message.command.message_id_responded_to);
        let newest = self.by_id.range((id, 0)..=(id, Turn::MAX)).next_back();
        if let Some(open) = newest.and_then(|(_, turn)| self.pending.get_mut(turn)) {
            open.operation.cancelled = true;
        }
    }

    /// The association is over: what is open was never answered, and what answers nothing answers a request that was lost
    /// (the second list).
    pub fn finish(&mut self) -> (Vec<OperationRecord>, Vec<OperationRecord>) {
        let mut paired = Paired::default();
        self.settle(Sender::Requestor, u64::MAX, Vec::new(), &mut paired);
        self.settle(Sender::Acceptor, u64::MAX, Vec::new(), &mut paired);
        let mut known = paired.finished;
        let open = std::mem::take(&mut self.pending).into_values();
        known.extend(open.map(|open| OperationRecord { complete: false, ..open.operation }));
        let mut orphans: Vec<OperationRecord> = Vec::new();
        let mut unanswered: BTreeMap<Id, usize> = BTreeMap::new();
        for early in std::mem::take(&mut self.early).into_values() {
            let command = &early.message.command;
            let last = command.status.is_none_or(|status| !is_pending(status));
            let at = unanswered.get(&early.id()).copied();
            if let Some(open) = at.and_then(|at| orphans.get_mut(at)) {
                add_response(open, &early.message);
                open.answered = last;
            } else {
                unanswered.insert(early.id(), orphans.len());
                orphans.push(orphan(&early.message));
            }
            if last {
                unanswered.remove(&early.id());
            }
        }
        *self = Self::default();
        (known, orphans)
    }
}

impl Early {
    fn id(&self) -> Id {
        (self.message.sender.other(), self.message.command.message_id_responded_to)
    }

    fn ahead_key(&self, turn: Turn) -> (Sender, u64, Turn) {
        (self.message.sender.other(), self.span.received.unwrap_or(0), turn)
    }

    /// Where nobody can say what its sender had received, it may have been everything.
    fn unmatched_key(&self, turn: Turn) -> (Id, u64, Turn) {
        (self.id(), self.span.received.unwrap_or(u64::MAX), turn)
    }
}

fn operation_of(request: &MessageRecord) -> OperationRecord {
    let command = &request.command;
    OperationRecord {
        association: request.association,
        connection: request.connection,
        message_id: command.message_id,
        context_id: request.context_id,
        command_field: command.command_field.unwrap_or(0),
        initiator: request.sender,
        sop_class: command.sop_class().cloned(),
        sop_instance: command.sop_instance().cloned(),
        transfer_syntax: request.transfer_syntax.clone(),
        status: None,
        error_comment: None,
        offending_elements: Vec::new(),
        responses: 0,
        dataset_bytes: request.dataset_bytes,
        response_dataset_bytes: 0,
        request_start: Some(request.first.time),
        request_end: Some(request.last.time),
        first_response: None,
        end: None,
        budget: None,
        priority: command.priority,
        move_destination: command.move_destination.clone(),
        move_originator_ae: command.move_originator_ae.clone(),
        move_originator_message_id: command.move_originator_message_id,
        remaining_suboperations: None,
        completed_suboperations: None,
        failed_suboperations: None,
        warning_suboperations: None,
        cancelled: false,
        first_packet: request.first.packet,
        last_packet: request.last.packet,
        complete: request.complete,
        answered: false,
    }
}

/// Where the time of an operation went, from its first byte to the last one so far.
fn budget(operation: &OperationRecord, begun: &Spent, ended: &Spent) -> Option<Budget> {
    let known = |time: Option<Time>| time.filter(|time| *time != NO_TIME);
    let duration = known(operation.end)?.checked_sub(known(operation.request_start)?)?;
    Some(ended.since(begun, duration))
}

/// An operation whose request is not in the capture.
fn orphan(response: &MessageRecord) -> OperationRecord {
    let command = &response.command;
    let initiator = match response.sender {
        Sender::Requestor => Sender::Acceptor,
        Sender::Acceptor => Sender::Requestor,
    };
    let mut operation = operation_of(response);
    operation.message_id = command.message_id_responded_to;
    operation.command_field = command.command_field.unwrap_or(0) & !RESPONSE;
    operation.initiator = initiator;
    operation.dataset_bytes = 0;
    operation.request_start = None;
    operation.request_end = None;
    add_response(&mut operation, response);
    operation.complete = false;
    operation.answered = command.status.is_none_or(|status| !is_pending(status));
    operation
}

fn add_response(operation: &mut OperationRecord, response: &MessageRecord) {
    let command = &response.command;
    operation.responses += 1;
    operation.status = command.status;
    operation.response_dataset_bytes += response.dataset_bytes;
    operation.first_response.get_or_insert(response.first.time);
    operation.end = Some(response.last.time);
    operation.first_packet = operation.first_packet.min(response.first.packet);
    operation.last_packet = operation.last_packet.max(response.last.packet);
    operation.complete &= response.complete;
    if command.error_comment.is_some() {
        operation.error_comment.clone_from(&command.error_comment);
    }
    if !command.offending_elements.is_empty() {
        operation.offending_elements.clone_from(&command.offending_elements);
    }
    // N-CREATE without an instance: the performer names it in the response (PS3.7 section 10.1.5).
    if operation.sop_instance.is_none() {
        operation.sop_instance = command.sop_instance().cloned();
    }
    if operation.sop_class.is_none() {
        operation.sop_class = command.sop_class().cloned();
    }
    let latest = |old: &mut Option<u16>, new: Option<u16>| *old = new.or(*old);
    latest(&mut operation.remaining_suboperations, command.remaining_suboperations);
    latest(&mut operation.completed_suboperations, command.completed_suboperations);
    latest(&mut operation.failed_suboperations, command.failed_suboperations);
    latest(&mut operation.warning_suboperations, command.warning_suboperations);
}
