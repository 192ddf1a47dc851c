//! One association: who agreed on what, what was done in it, and how it ended (PS3.8 sections 7 and 9.2). Fed by both directions
//! in any order against each other; judges each side by what that side sent.

use super::associate::{Associate, context_records};
use super::border::Unseen;
use super::carry::Deferred;
use super::command::C_STORE_RQ;
use super::pairing::Pairing;
use super::pdu::{P_DATA, Pdu};
use super::status::{Category, status};
use crate::anomaly::AnomalyKind;
use crate::event::{
    AssociationRecord, Budget, Closed, ContextRecord, EndedBy, MessageRecord, NO_TIME, OperationRecord, Outcome, PeerRecord, Sender, Spent,
    Stamp, Time, Uid,
};
use crate::flow::{End, Ends, Info};
use crate::transport::Timeline;

/// An association while its connection lives.
#[derive(Debug)]
pub struct Association {
    pub number: u64,
    /// The end that sent A-ASSOCIATE-RQ, or received its answer.
    pub(super) requestor: Option<End>,
    pub request: Option<Associate>,
    pub accept: Option<Associate>,
    pub contexts: Vec<ContextRecord>,
    requested: Option<Time>,
    /// The position after the request, and up to which whoever answered had received.
    pub(super) request_end: Option<u64>,
    answer_heard: Option<u64>,
    answered: Option<Time>,
    pub(super) reject: Option<[u8; 3]>,
    pub(super) abort: Option<([u8; 2], End)>,
    pub(super) released: Option<Time>,
    pub(super) release_requested: Ends<bool>,
    pub(super) release_answered: Ends<bool>,
    /// The position after the PDU with which each end asked for the release, answered it, aborted or rejected.
    pub(super) last_word: Ends<Option<u64>>,
    first: Stamp,
    last: Stamp,
    /// Where the time had gone by then.
    begun: Spent,
    ended: Spent,
    /// A P-DATA-TF has begun.
    pub(super) has_data: bool,
    /// Data move in it, and nobody has asked for its end.
    pub(super) is_carrying_data: bool,
    /// PDUs of each end, and where the first one began.
    pub seen: Ends<u64>,
    pub starts: Ends<Option<u64>>,
    /// The answer has begun, but not ended.
    answering: bool,
    /// The answer is missing bytes.
    answer_cut: bool,
    bytes: Ends<u64>,
    max_pdu_sent: Ends<Option<u32>>,
    pub pairing: Pairing,
    /// Messages that wait for the answer that names their transfer syntax.
    pub deferred: Vec<Deferred>,
    pub messages: u64,
    operations: u64,
    stored: u64,
    failed: u64,
    dataset_bytes: u64,
    dataset_span: Option<(Time, Time)>,
    /// Bytes of it are missing.
    pub damaged: bool,
    /// Where its end may be that nobody saw.
    pub(super) unseen: Unseen,
}

impl Association {
    pub fn new(number: u64, first: Stamp, timeline: &Timeline) -> Self {
        let begun = timeline.at(first.time);
        Self {
            number,
            requestor: None,
            request: None,
            accept: None,
            contexts: Vec::new(),
            requested: None,
            request_end: None,
            answer_heard: None,
            answered: None,
            reject: None,
            abort: None,
            released: None,
            release_requested: Ends::default(),
            release_answered: Ends::default(),
            last_word: Ends::default(),
            first,
            last: first,
            begun,
            ended: begun,
            has_data: false,
            is_carrying_data: false,
            seen: Ends::default(),
            starts: Ends::default(),
            answering: false,
            answer_cut: false,
            bytes: Ends::default(),
            max_pdu_sent: Ends::default(),
            pairing: Pairing::default(),
            deferred: Vec::new(),
            messages: 0,
            operations: 0,
            stored: 0,
            failed: 0,
            dataset_bytes: 0,
            dataset_span: None,
            damaged: false,
            unseen: Unseen::default(),
        }
    }

    /// The end that requested it; where neither request nor answer was seen, the client.
    pub fn requestor(&self, info: &Info) -> End {
        self.requestor.unwrap_or(info.client)
    }

    pub fn sender(&self, end: End, info: &Info) -> Sender {
        if self.requestor(info) == end { Sender::Requestor } else { Sender::Acceptor }
    }

    /// Whether this end has already given an answer to the request.
    pub fn has_answer(&self) -> bool {
        self.accept.is_some() || self.reject.is_some()
    }

    /// A PDU begins; what is wrong with its coming now (PS3.8 section 9.2, per end).
    pub fn begin(&mut self, end: End, pdu: &Pdu, timeline: &Timeline) -> Option<(AnomalyKind, &'static str)> {
        self.unseen.heard(end, pdu);
        let seen = self.seen.get_mut(end);
        *seen += 1;
        let is_first = *seen == 1;
        self.starts.get_mut(end).get_or_insert(pdu.position);
        if pdu.first.packet < self.first.packet {
            self.first = pdu.first;
            self.begun = timeline.at(pdu.first.time);
        }
        if pdu.pdu_type == P_DATA {
            self.has_data = true;
            self.is_carrying_data = !self.is_over() && !self.release_requested.first && !self.release_requested.second;
        }
        match pdu.pdu_type {
            1 => self.requestor = Some(end),
            2 | 3 => {
                self.requestor = Some(end.other());
                self.answering = true;
            }
            _ => {}
        }
        let acceptor = self.requestor.map(End::other);
        match pdu.pdu_type {
            4 if *self.release_requested.get(end) || *self.release_answered.get(end) => {
                Some((AnomalyKind::DataAfterRelease, "P-DATA-TF from an end that had released the association"))
            }
            4 if self.abort.is_some_and(|(_, by)| by == end) => {
                Some((AnomalyKind::UnexpectedPdu, "P-DATA-TF from an end that had aborted"))
            }
            4 if self.reject.is_some() && acceptor == Some(end) => Some((AnomalyKind::UnexpectedPdu, "P-DATA-TF after A-ASSOCIATE-RJ")),
            4 if is_first && self.request.is_some() && acceptor == Some(end) => {
                Some((AnomalyKind::UnexpectedPdu, "P-DATA-TF before the answer to A-ASSOCIATE-RQ"))
            }
            6 if *self.release_answered.get(end) => Some((AnomalyKind::UnexpectedPdu, "second A-RELEASE-RP")),
            _ => None,
        }
    }

    pub fn end(&mut self, end: End, pdu: &Pdu, timeline: &Timeline) {
        if pdu.last.packet >= self.last.packet {
            self.last = pdu.last;
            self.ended = timeline.at(pdu.last.time);
        }
        *self.bytes.get_mut(end) += 6 + u64::from(pdu.length) - pdu.remaining.min(u64::from(pdu.length));
        if matches!(pdu.pdu_type, 2 | 3) {
            self.answering = false;
        }
        if pdu.pdu_type == 4 && !pdu.refuted {
            let largest = self.max_pdu_sent.get_mut(end);
            *largest = Some(largest.unwrap_or(0).max(pdu.length));
        }
        self.damaged |= !pdu.complete;
    }

    pub fn requested(&mut self, pdu: &Pdu, request: Associate) {
        self.requested = Some(pdu.first.time);
        self.request_end = Some(pdu.until());
        self.blur(self.answer_heard.is_some_and(|received| self.is_of_another(received)));
        self.request = Some(request);
        self.contexts = context_records(self.request.as_ref(), self.accept.as_ref());
    }

    pub fn accepted(&mut self, pdu: &Pdu, accept: Associate) {
        self.answered = Some(pdu.last.time);
        self.answer_heard = pdu.received;
        self.answer_cut = !pdu.complete;
        self.accept = Some(accept);
        self.contexts = context_records(self.request.as_ref(), self.accept.as_ref());
    }

    pub fn rejected(&mut self, pdu: &Pdu, codes: [u8; 3]) {
        self.is_carrying_data = false;
        self.answered = Some(pdu.last.time);
        self.answer_heard = pdu.received;
        self.reject = Some(codes);
        if let Some(requestor) = self.requestor {
            *self.last_word.get_mut(requestor.other()) = Some(pdu.until());
        }
    }

    pub fn release(&mut self, end: End, pdu: &Pdu) {
        self.is_carrying_data = false;
        *self.last_word.get_mut(end) = Some(pdu.until());
        if pdu.pdu_type == 5 {
            *self.release_requested.get_mut(end) = true;
        } else {
            *self.release_answered.get_mut(end) = true;
            self.released = Some(pdu.last.time);
        }
    }

    pub fn aborted(&mut self, end: End, pdu: &Pdu, codes: [u8; 2]) {
        self.is_carrying_data = false;
        *self.last_word.get_mut(end) = Some(pdu.until());
        if self.abort.is_none() {
            self.abort = Some((codes, end));
            if self.accept.is_none() && self.answered.is_none() && self.requestor != Some(end) {
                self.answered = Some(pdu.last.time);
            }
        }
    }

    /// Whether the answer that names the transfer syntaxes may still come.
    pub fn awaits_answer(&self, info: &Info) -> bool {
        let acceptor = self.requestor(info).other();
        self.request.is_some() && !self.has_answer() && self.abort.is_none() && (self.answering || *self.seen.get(acceptor) == 0)
    }

    fn context(&self, id: u8) -> Option<&ContextRecord> {
        self.contexts.iter().find(|context| context.context_id == id)
    }

    pub fn transfer_syntax(&self, context_id: u8) -> Option<Uid> {
        self.context(context_id)?.transfer_syntax.clone()
    }

    /// Whether data may flow in this context; `None` where the answer was not seen.
    pub fn is_accepted(&self, context_id: u8) -> Option<bool> {
        self.accept.as_ref()?;
        let result = self.context(context_id).and_then(|context| context.result);
        if result.is_none() && self.answer_cut { None } else { Some(result == Some(0)) }
    }

    /// The largest P-DATA-TF length that the other end takes; `None` where unknown or unlimited.
    pub fn limit_for(&self, end: End, info: &Info) -> Option<u32> {
        let said_by = if self.requestor(info) == end { &self.accept } else { &self.request };
        said_by.as_ref()?.max_pdu.filter(|max| *max > 0)
    }

    pub fn count_message(&mut self, message: &MessageRecord, dataset_first: Option<Stamp>) {
        self.messages += 1;
        self.dataset_bytes += message.dataset_bytes;
        self.damaged |= !message.complete;
        if let Some(first) = dataset_first.filter(|stamp| stamp.time != NO_TIME) {
            let (from, to) = self.dataset_span.unwrap_or((first.time, message.last.time));
            self.dataset_span = Some((from.min(first.time), to.max(message.last.time)));
        }
    }

    /// Counts an operation and completes what its row takes from the negotiation.
    pub fn count_operation(&mut self, operation: &mut OperationRecord, connection: u64) {
        operation.connection = connection;
        operation.complete &= !self.unseen.border;
        self.operations += 1;
        if operation.transfer_syntax.is_none() {
            operation.transfer_syntax = self.transfer_syntax(operation.context_id);
        }
        if let Some(context) = self.contexts.iter_mut().find(|context| context.context_id == operation.context_id) {
            context.used += 1;
        }
        if let Some(code) = operation.status {
            match status(operation.command_field, operation.sop_class.as_deref(), code).category {
                Category::Failure => self.failed += 1,
                Category::Success | Category::Warning if operation.command_field == C_STORE_RQ => self.stored += 1,
                _ => {}
            }
        }
    }

    /// Where the time from its first byte to its last went.
    fn budget(&self) -> Option<Budget> {
        let (first, last) = (self.first.time, self.last.time);
        let duration = if first == NO_TIME || last == NO_TIME { None } else { last.checked_sub(first) };
        duration.map(|duration| self.ended.since(&self.begun, duration))
    }

    fn outcome(&self, info: &Info) -> Outcome {
        if self.accept.is_some() {
            Outcome::Accepted
        } else if self.reject.is_some() {
            Outcome::Rejected
        } else if self.request.is_some() && self.abort.is_some() {
            Outcome::Aborted
        } else if self.request.is_some() && *info.from_start.get(self.requestor(info).other()) && !self.damaged {
            Outcome::Unanswered
        } else {
            Outcome::Unknown
        }
    }

    fn ended_by(&self, info: &Info, closed: Closed) -> EndedBy {
        if let Some(([source, _], by)) = self.abort {
            return match (source, self.sender(by, info)) {
                (2, _) => EndedBy::ProviderAbort,
                (_, Sender::Requestor) => EndedBy::RequestorAbort,
                (_, Sender::Acceptor) => EndedBy::AcceptorAbort,
            };
        }
        if self.released.is_some() {
            return EndedBy::Release;
        }
        match closed {
            Closed::Fin => EndedBy::Fin,
            Closed::Rst => EndedBy::Rst,
            Closed::Open | Closed::TupleReused => EndedBy::Open,
        }
    }

    /// Whether the request was answered, or aborted before anything came of it.
    fn is_answered(&self, info: &Info) -> bool {
        let acceptor = self.requestor(info).other();
        let captured = *self.seen.get(acceptor) > 0 || *info.from_start.get(acceptor);
        self.has_answer() || self.abort.is_some() && self.messages == 0 && captured
    }

    fn peer(&self, end: End, said: Option<&Associate>) -> PeerRecord {
        PeerRecord {
            max_pdu: said.and_then(|said| said.max_pdu),
            implementation_class_uid: said.and_then(|said| said.implementation_class_uid.clone()),
            implementation_version: said.and_then(|said| said.implementation_version.clone()),
            bytes: *self.bytes.get(end),
            max_pdu_sent: *self.max_pdu_sent.get(end),
        }
    }

    /// The row.
    pub fn record(&mut self, info: &Info, closed: Closed) -> AssociationRecord {
        let requestor = self.requestor(info);
        let acceptor = requestor.other();
        let ended_by = self.ended_by(info, closed);
        let outcome = self.outcome(info);
        let request = self.request.as_ref();
        let accept = self.accept.as_ref();
        let agreed = accept.map(|accept| accept.async_window.map_or((1, 1), |window| (window.invoked, window.performed)));
        AssociationRecord {
            capture_loss: false,
            association: self.number,
            connection: info.connection,
            capture: info.capture,
            calling_ae: request.or(accept).and_then(|said| said.calling_ae.clone()),
            called_ae: request.or(accept).and_then(|said| said.called_ae.clone()),
            calling_ae_raw: request.or(accept).and_then(|said| said.calling_ae_raw),
            called_ae_raw: request.or(accept).and_then(|said| said.called_ae_raw),
            requestor: info.addresses.get(requestor).endpoint(),
            acceptor: info.addresses.get(acceptor).endpoint(),
            requested: self.requested,
            answered: self.answered,
            released: self.released,
            first: self.first,
            last: self.last,
            outcome,
            ended_by,
            reject: self.reject,
            abort: self.abort.map(|(codes, _)| codes),
            abort_sender: self.abort.map(|(_, by)| self.sender(by, info)),
            application_context: request.or(accept).and_then(|said| said.application_context.clone()),
            protocol_version: request.or(accept).and_then(|said| said.protocol_version),
            requestor_peer: self.peer(requestor, request),
            acceptor_peer: self.peer(acceptor, accept),
            async_invoked: agreed.map(|(invoked, _)| invoked),
            async_performed: agreed.map(|(_, performed)| performed),
            user_identity_type: request.and_then(|said| said.user_identity).map(|identity| identity.identity_type),
            contexts: std::mem::take(&mut self.contexts),
            messages: self.messages,
            operations: self.operations,
            stored: self.stored,
            failed: self.failed,
            dataset_bytes: self.dataset_bytes,
            dataset_span: self.dataset_span,
            budget: self.budget(),
            complete: !self.damaged && self.request.is_some() && self.is_answered(info) && ended_by != EndedBy::Open,
        }
    }
}
