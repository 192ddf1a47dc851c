//! Requests with their responses (PS3.7 section 9 and 10), by message id, initiator and what each side had received: never by the
//! order of packets in the capture, which may differ from the order on the wire.

use std::collections::VecDeque;

use crate::event::{MessageRecord, OperationRecord, Sender};

/// C-CANCEL-RQ (PS3.7 section 9.3.2.3).
pub const C_CANCEL_RQ: u16 = 0x0fff;
const RESPONSE: u16 = 0x8000;
/// Commands with several responses.
const C_GET_RQ: u16 = 0x0010;
const C_FIND_RQ: u16 = 0x0020;
const C_MOVE_RQ: u16 = 0x0021;

/// Whether a response with this status is followed by more (PS3.7 annex C: FF00 and FF01).
pub fn is_pending(status: u16) -> bool {
    status & 0xff00 == 0xff00
}

/// Where a message stood in its direction, and what its sender had received of the other.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: u64,
    pub end: u64,
    pub acknowledged: Option<i64>,
    /// Bytes of the other direction that have been read.
    pub other_reached: u64,
    /// Before this offset of its own direction, messages may be missing.
    pub lost: u64,
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

/// The open operations of one association.
#[derive(Debug, Default)]
pub struct Pairing {
    pending: VecDeque<Pending>,
    /// Responses whose request has not been seen: it may still come, or it was lost.
    early: VecDeque<Early>,
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
    pub fn message(&mut self, message: &MessageRecord, span: Span, connection: u64, limit: usize) -> Paired {
        let mut paired = Paired::default();
        match message.command.command_field {
            Some(C_CANCEL_RQ) => self.cancel(message),
            Some(field) if field & RESPONSE != 0 => self.response(message, span, connection, &mut paired, limit),
            Some(_) => self.request(message, span, connection, &mut paired, limit),
            // The command set was lost: it can belong to nothing.
            None => {}
        }
        paired
    }

    /// Messages of one side may be missing from this offset on.
    pub fn lose(&mut self, sender: Sender, from: u64) {
        for open in self.pending.iter_mut().filter(|open| open.operation.initiator == sender) {
            open.lost_after.get_or_insert(from);
        }
    }

    fn request(&mut self, message: &MessageRecord, span: Span, connection: u64, paired: &mut Paired, limit: usize) {
        let operation = operation_of(message, connection);
        if self.pending.len() >= limit
            && let Some(oldest) = self.pending.pop_front()
        {
            paired.evicted = true;
            paired.finished.push(oldest.operation);
        }
        self.pending.push_back(Pending { operation, span, lost_after: None });
        self.settle(message.sender, span.end.cast_signed(), paired);
    }

    /// Pairs the responses that the capture holds before their requests, where all requests that they may answer are there.
    fn settle(&mut self, initiator: Sender, reached: i64, paired: &mut Paired) {
        let mut at = 0;
        while let Some(early) = self.early.get(at) {
            let ready = early.message.sender != initiator && early.span.acknowledged.is_none_or(|received| received <= reached);
            if ready
                && let Some(index) = self.find(&early.message, early.span)
                && let Some(early) = self.early.remove(at)
            {
                paired.finished.extend(self.answer(index, &early.message, early.span));
            } else {
                at += 1;
            }
        }
    }

    fn response(&mut self, message: &MessageRecord, span: Span, connection: u64, paired: &mut Paired, limit: usize) {
        self.settle(message.sender.other(), span.other_reached.cast_signed(), paired);
        // Where its sender had received more than the capture has shown so far, it may answer a request that is still to come.
        let ahead = span.acknowledged.is_some_and(|received| received > span.other_reached.cast_signed());
        let found = if ahead { None } else { self.find(message, span) };
        if let Some(index) = found {
            paired.finished.extend(self.answer(index, message, span));
            return;
        }
        if self.early.len() >= limit
            && let Some(oldest) = self.early.pop_front()
        {
            paired.evicted = true;
            paired.finished.push(orphan(&oldest.message, connection));
        }
        self.early.push_back(Early { message: message.clone(), span });
    }

    /// The request that a response answers: one with its id that the responder had received. An id is used again only after the
    /// operation is over (PS3.7 section 9.1.1.1.1), so a request that was sent without knowing of this response takes it from all older ones.
    fn find(&self, response: &MessageRecord, span: Span) -> Option<usize> {
        let command = &response.command;
        let field = command.command_field? & !RESPONSE;
        let mut found = None;
        for (index, open) in self.pending.iter().enumerate() {
            let fits = open.operation.initiator != response.sender
                && open.operation.message_id == command.message_id_responded_to
                && open.operation.command_field == field
                && span.acknowledged.is_none_or(|received| received >= open.span.end.cast_signed());
            if fits && (found.is_none() || open.span.acknowledged.is_some_and(|received| received <= span.start.cast_signed())) {
                found = Some(index);
            }
        }
        found
    }

    /// Adds a response to an operation; gives the operation when it was the last one.
    fn answer(&mut self, index: usize, response: &MessageRecord, span: Span) -> Option<OperationRecord> {
        let open = self.pending.get_mut(index)?;
        let operation = &mut open.operation;
        add_response(operation, response);
        let several = matches!(operation.command_field, C_GET_RQ | C_FIND_RQ | C_MOVE_RQ);
        // Among the lost bytes there may have been responses of this operation; and a later request with the same id, whose
        // response this is.
        let responses = span.lost.cast_signed() > open.span.acknowledged.unwrap_or(0);
        let requests = open.lost_after.is_some_and(|lost| span.acknowledged.is_none_or(|received| received > lost.cast_signed()));
        operation.complete &= !(responses && (several || requests));
        let last = response.command.status.is_none_or(|status| !is_pending(status));
        if !last {
            return None;
        }
        operation.answered = true;
        self.pending.remove(index).map(|open| open.operation)
    }

    fn cancel(&mut self, message: &MessageRecord) {
        let id = message.command.message_id_responded_to;
        let target =
            self.pending.iter_mut().rev().find(|open| open.operation.initiator == message.sender && open.operation.message_id == id);
        if let Some(open) = target {
            open.operation.cancelled = true;
        }
    }

    /// The association is over: what is open was never answered, and what answers nothing answers a request that was lost
    /// (the second list).
    pub fn finish(&mut self, connection: u64) -> (Vec<OperationRecord>, Vec<OperationRecord>) {
        let mut paired = Paired::default();
        self.settle(Sender::Requestor, i64::MAX, &mut paired);
        self.settle(Sender::Acceptor, i64::MAX, &mut paired);
        let mut known = paired.finished;
        known.extend(self.pending.drain(..).map(|open| OperationRecord { complete: false, ..open.operation }));
        let mut orphans: Vec<OperationRecord> = Vec::new();
        for early in self.early.drain(..) {
            let command = &early.message.command;
            let known = orphans.iter_mut().rev().find(|open| {
                !open.answered && open.message_id == command.message_id_responded_to && open.initiator != early.message.sender
            });
            if let Some(open) = known {
                add_response(open, &early.message);
                open.answered = command.status.is_none_or(|status| !is_pending(status));
            } else {
                orphans.push(orphan(&early.message, connection));
            }
        }
        (known, orphans)
    }
}

fn operation_of(request: &MessageRecord, connection: u64) -> OperationRecord {
    let command = &request.command;
    OperationRecord {
        association: request.association,
        connection,
        message_id: command.message_id,
        context_id: request.context_id,
        command_field: command.command_field.unwrap_or(0),
        initiator: request.sender,
        sop_class: command.sop_class().map(str::to_owned),
        sop_instance: command.sop_instance().map(str::to_owned),
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

/// An operation whose request is not in the capture.
fn orphan(response: &MessageRecord, connection: u64) -> OperationRecord {
    let command = &response.command;
    let initiator = match response.sender {
        Sender::Requestor => Sender::Acceptor,
        Sender::Acceptor => Sender::Requestor,
    };
    let mut operation = operation_of(response, connection);
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
        operation.sop_instance = command.sop_instance().map(str::to_owned);
    }
    if operation.sop_class.is_none() {
        operation.sop_class = command.sop_class().map(str::to_owned);
    }
    let latest = |old: &mut Option<u16>, new: Option<u16>| *old = new.or(*old);
    latest(&mut operation.remaining_suboperations, command.remaining_suboperations);
    latest(&mut operation.completed_suboperations, command.completed_suboperations);
    latest(&mut operation.failed_suboperations, command.failed_suboperations);
    latest(&mut operation.warning_suboperations, command.warning_suboperations);
}
