//! What one TCP connection says, as DICOM: which of its bytes are PDUs, to which association they belong, and the rows that come
//! of them. The consumer of the flow stage and the source of all upper-layer and DIMSE events.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::assembly::{Assembled, Assembly, NO_DATA_SET};
use super::associate::{self, Associate, Kind};
use super::association::Association;
use super::command;
use super::describe;
use super::framer::{Framer, Pdu, Pdv, Upper};
use super::pairing::{Paired, Span};
use super::resync::{Verdict, judge};
use super::tls::looks_like_tls;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{
    Closed, CommandSet, ConnectionRecord, MessageRecord, NO_TIME, OperationRecord, PduRecord, Protocol, Sink, Stamp, Wants,
};
use crate::flow::{Consumer, End, Ends, Info, Missing, Place};
use crate::limits::Limits;

/// IANA: dicom-tls.
const DICOM_TLS_PORT: u16 = 2762;

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    framer: Framer,
    assembly: Assembly,
    /// Number, on this connection, of the association that its PDUs belong to now.
    at: u64,
    /// The first bytes, to tell other protocols.
    head: Vec<u8>,
    /// Offset after the last bytes that may have held messages which nobody saw.
    lost: u64,
    /// Bytes of it are missing.
    torn: bool,
    /// Searched in vain: not read any more, unless the other direction turns out to be DICOM.
    given_up: bool,
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Conversation {
    lanes: Ends<Lane>,
    associations: VecDeque<Association>,
    /// Number, on this connection, of the first association that is still open.
    base: u64,
    is_dicom: bool,
    is_tls: bool,
    count: u64,
}

/// Decodes every connection; hands what happens to a [`Sink`].
pub struct Dicom<S> {
    pub sink: S,
    limits: Limits,
    wants: Wants,
    next_association: u64,
    next_message: u64,
}

impl<S: Sink> Dicom<S> {
    pub fn new(sink: S, limits: &Limits) -> Self {
        let wants = sink.wants();
        Self { sink, limits: limits.clone(), wants, next_association: 0, next_message: 0 }
    }

    /// Runs a direction's framer with everything it may change.
    #[inline]
    fn frame(&mut self, state: &mut Conversation, info: &Info, end: End, run: impl FnOnce(&mut Framer, &Limits, &mut Handler<'_, S>)) {
        let limits = &self.limits;
        let Conversation { lanes, associations, base, is_dicom, count, .. } = state;
        let (lane, other) = match end {
            End::First => (&mut lanes.first, &mut lanes.second),
            End::Second => (&mut lanes.second, &mut lanes.first),
        };
        let Lane { framer, assembly, at, lost, .. } = lane;
        let mut handler = Handler {
            out: Out { sink: &mut self.sink, wants: self.wants, next_message: &mut self.next_message, info },
            limits,
            next_association: &mut self.next_association,
            assembly,
            at,
            lost,
            other_reached: other.framer.reached,
            other_at: &mut other.at,
            associations,
            base,
            is_dicom,
            count,
            info,
            end,
        };
        run(framer, limits, &mut handler);
    }

    /// The beginning of a direction, until it is known what it is.
    fn look(&mut self, state: &mut Conversation, info: &Info, end: End, bytes: &[u8]) {
        let lane = state.lanes.get_mut(end);
        let room = 5usize.saturating_sub(lane.head.len());
        lane.head.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        state.is_tls |= looks_like_tls(&lane.head);
        let budget = if *info.from_start.get(end) && !lane.torn { self.limits.preamble_bytes } else { self.limits.detection_bytes };
        lane.given_up = state.is_tls || lane.framer.searched > budget;
        if lane.given_up {
            lane.framer.forget();
        }
    }
}

impl<S: Sink> Consumer for Dicom<S> {
    type State = Conversation;

    #[inline]
    fn unread(&self, state: &Conversation, end: End) -> u64 {
        let lane = state.lanes.get(end);
        if lane.given_up && !state.is_dicom { u64::MAX } else { lane.framer.unread }
    }

    #[inline]
    fn data(&mut self, state: &mut Conversation, info: &Info, end: End, place: Place, bytes: &[u8]) {
        if !state.is_dicom {
            if state.lanes.get(end).given_up {
                return;
            }
            self.frame(state, info, end, |framer, limits, handler| framer.data(place, bytes, limits, handler));
            if !state.is_dicom {
                self.look(state, info, end, bytes);
            }
            return;
        }
        self.frame(state, info, end, |framer, limits, handler| framer.data(place, bytes, limits, handler));
    }

    fn passed(&mut self, state: &mut Conversation, info: &Info, end: End, place: Place, length: u64) {
        if state.is_dicom {
            self.frame(state, info, end, |framer, _, handler| framer.passed(place, length, handler));
        }
    }

    fn gap(&mut self, state: &mut Conversation, info: &Info, end: End, place: Place, length: u64, _missing: Missing) {
        let lane = state.lanes.get_mut(end);
        lane.torn = true;
        let index = lane.at.saturating_sub(state.base) as usize;
        if let Some(association) = state.associations.get_mut(index) {
            association.damaged = true;
        }
        self.frame(state, info, end, |framer, _, handler| framer.gap(place, length, handler));
    }

    fn begins_anew(&self, bytes: &[u8]) -> bool {
        bytes.first() == Some(&1) && judge(bytes) == Verdict::Yes
    }

    fn end(&mut self, state: &mut Conversation, info: &Info, closed: Closed) {
        for end in [End::First, End::Second] {
            self.frame(state, info, end, |framer, _, handler| {
                framer.finish(handler);
                for open in handler.assembly.finish() {
                    handler.message(open);
                }
            });
        }
        self.frame(state, info, End::First, |_, _, handler| {
            while let Some(association) = handler.associations.pop_front() {
                handler.out.finish(association, closed);
            }
        });
    }

    fn record(&mut self, state: &mut Conversation, mut record: ConnectionRecord) {
        record.associations = state.count;
        record.protocol = if state.is_dicom {
            Protocol::Dicom
        } else if !state.is_tls {
            Protocol::Other
        } else if record.server.port == DICOM_TLS_PORT {
            Protocol::DicomTls
        } else {
            Protocol::Tls
        };
        self.sink.connection(&record);
    }

    fn anomaly(&mut self, state: &mut Conversation, mut anomaly: Anomaly) {
        if anomaly.association.is_none() && state.associations.len() == 1 {
            anomaly.association = state.associations.front().map(|association| association.number);
        }
        self.sink.anomaly(&anomaly);
    }
}

/// Where rows go, and what numbers them.
struct Out<'a, S> {
    sink: &'a mut S,
    wants: Wants,
    next_message: &'a mut u64,
    info: &'a Info,
}

impl<S: Sink> Out<'_, S> {
    fn note(&mut self, association: Option<u64>, stamp: Stamp, anomaly: Anomaly) {
        self.sink.anomaly(&anomaly.at(stamp).on(self.info.connection).within(association));
    }

    fn message(&mut self, association: &Association, mut message: MessageRecord) {
        if message.transfer_syntax.is_none() {
            message.transfer_syntax = association.transfer_syntax(message.context_id);
        }
        message.message = *self.next_message;
        *self.next_message += 1;
        if self.wants.events {
            self.sink.event(&describe::message(&message, association, self.info));
        }
        self.sink.message(&message);
    }

    fn operation(&mut self, association: &mut Association, mut operation: OperationRecord) {
        association.count_operation(&mut operation, self.info.connection);
        self.sink.operation(&operation);
    }

    fn finish(&mut self, mut association: Association, closed: Closed) {
        for message in std::mem::take(&mut association.deferred) {
            self.message(&association, message);
        }
        let (known, orphans) = association.pairing.finish(self.info.connection);
        for operation in known {
            self.operation(&mut association, operation);
        }
        for operation in orphans {
            let stamp = Stamp { packet: operation.first_packet, time: operation.first_response.unwrap_or(NO_TIME) };
            let note = Anomaly::new(AnomalyKind::UnpairedResponse, "response to a request that is not in the capture");
            self.note(Some(association.number), stamp, note);
            self.operation(&mut association, operation);
        }
        self.sink.association(&association.record(self.info, closed));
    }
}

/// What a direction's PDUs act on.
struct Handler<'a, S> {
    out: Out<'a, S>,
    limits: &'a Limits,
    next_association: &'a mut u64,
    assembly: &'a mut Assembly,
    at: &'a mut u64,
    lost: &'a mut u64,
    other_reached: u64,
    other_at: &'a mut u64,
    associations: &'a mut VecDeque<Association>,
    base: &'a mut u64,
    is_dicom: &'a mut bool,
    count: &'a mut u64,
    info: &'a Info,
    end: End,
}

impl<S: Sink> Handler<'_, S> {
    fn current(&mut self) -> Option<&mut Association> {
        let index = self.at.checked_sub(*self.base)?;
        self.associations.get_mut(index as usize)
    }

    fn note(&mut self, stamp: Stamp, anomaly: Anomaly) {
        let association = self.current().map(|association| association.number);
        self.out.note(association, stamp, anomaly);
    }

    /// Moves this direction to the association that a PDU of this type belongs to, and makes it where it is new.
    fn enter(&mut self, pdu: &Pdu) {
        let end = self.end;
        let next = self.at.saturating_sub(*self.base) as usize + 1;
        let next_exists = next < self.associations.len();
        // Whoever has heard of the next association has left this one.
        let heard = self.associations.get(next).is_some_and(|next| next.was_heard(end, pdu));
        let lost = *self.lost;
        let moves = self.current().is_some_and(|current| {
            let joined = *current.seen.get(end) > 0;
            let left = current.is_left_by(end);
            let answered = next_exists || left || current.may_have_answered(end, lost);
            match pdu.pdu_type {
                // A request comes before everything that the other end says in its association.
                1 => joined || current.was_heard(end, pdu),
                2 | 3 if current.has_answer() => answered,
                2 | 3 => joined && (answered || current.request.is_none()),
                4 | 5 => next_exists && current.is_quiet(end) || current.is_behind(end, pdu, lost),
                _ => next_exists && left,
            }
        });
        if moves || heard {
            for open in self.assembly.finish() {
                self.message(open);
            }
            *self.at += 1;
            self.retire();
        }
        while *self.base + self.associations.len() as u64 <= *self.at {
            self.associations.push_back(Association::new(*self.next_association, pdu.first));
            *self.next_association += 1;
            *self.count += 1;
            if self.associations.len() > self.limits.open_associations {
                *self.other_at = (*self.other_at).max(*self.base + 1);
                self.retire();
            }
        }
    }

    /// Ends the associations that both directions have left.
    fn retire(&mut self) {
        while *self.base < (*self.at).min(*self.other_at) {
            *self.base += 1;
            if let Some(association) = self.associations.pop_front() {
                self.out.finish(association, Closed::Open);
            }
        }
    }

    /// A message is whole, or will never be.
    fn message(&mut self, mut assembled: Assembled) {
        let (info, end) = (self.info, self.end);
        for (kind, detail) in issues_of(&mut assembled) {
            let length = assembled.command_bytes + assembled.dataset_bytes;
            self.note(assembled.last, Anomaly::new(kind, detail).spanning(assembled.offset, length));
        }
        let Some(index) = self.at.checked_sub(*self.base) else { return };
        let Some(association) = self.associations.get_mut(index as usize) else { return };
        let command = assembled.command;
        let message = MessageRecord {
            association: association.number,
            message: 0,
            sender: association.sender(end, info),
            context_id: assembled.context_id,
            transfer_syntax: association.transfer_syntax(assembled.context_id),
            has_dataset: command.data_set_type.map_or(assembled.data_seen, |kind| kind != NO_DATA_SET),
            command,
            command_bytes: assembled.command_bytes,
            dataset_bytes: assembled.dataset_bytes,
            pdus: assembled.pdus,
            first: assembled.first,
            last: assembled.last,
            complete: assembled.complete,
        };
        association.count_message(&message, assembled.dataset_first);
        let span = Span {
            start: assembled.offset,
            end: assembled.end,
            acknowledged: assembled.acknowledged,
            other_reached: self.other_reached,
            lost: *self.lost,
        };
        if !names_its_operation(&message.command) {
            *self.lost = (*self.lost).max(assembled.end);
            association.pairing.lose(message.sender, assembled.offset);
        }
        let Paired { finished, evicted } = association.pairing.message(&message, span, info.connection, self.limits.pending_operations);
        if association.awaits_answer(info) && association.deferred.len() < self.limits.deferred_messages {
            association.deferred.push(message);
        } else {
            self.out.message(association, message);
        }
        for operation in finished {
            self.out.operation(association, operation);
        }
        if evicted {
            let note = Anomaly::new(AnomalyKind::PendingLimit, "too many unanswered requests: the oldest was given up");
            self.out.note(Some(association.number), assembled.last, note);
        }
    }

    /// Between these offsets, messages may be missing that nobody saw.
    fn lose(&mut self, from: u64, until: u64) {
        let (info, end) = (self.info, self.end);
        self.assembly.lost();
        *self.lost = until.max(*self.lost);
        if let Some(association) = self.current() {
            let sender = association.sender(end, info);
            association.pairing.lose(sender, from);
        }
    }

    /// What happened to the association itself, for those who print as it happens.
    fn event(&mut self, pdu: &Pdu, codes: &[u8]) {
        if !self.out.wants.events {
            return;
        }
        let (info, end) = (self.info, self.end);
        if let Some(event) = self.current().map(|association| describe::association(pdu, codes, association, info, end)) {
            self.out.sink.event(&event);
        }
    }

    /// A-ASSOCIATE-RQ or -AC.
    fn negotiated(&mut self, pdu: &Pdu, kind: Kind, mut said: Associate) {
        for issue in std::mem::take(&mut said.issues) {
            self.note(pdu.first, Anomaly::new(issue.kind, issue.detail).spanning(pdu.offset, u64::from(pdu.length)));
        }
        let Some(association) = self.current() else { return };
        if kind == Kind::Accept && association.has_answer() {
            let note = Anomaly::new(AnomalyKind::UnexpectedPdu, "second answer to A-ASSOCIATE-RQ");
            self.note(pdu.first, note.spanning(pdu.offset, u64::from(pdu.length)));
            return;
        }
        match kind {
            Kind::Request => association.requested(pdu, said),
            Kind::Accept => association.accepted(pdu, said),
        }
        let deferred = if kind == Kind::Accept { std::mem::take(&mut association.deferred) } else { Vec::new() };
        self.event(pdu, &[]);
        let index = self.at.saturating_sub(*self.base) as usize;
        if let Some(association) = self.associations.get(index) {
            for message in deferred {
                self.out.message(association, message);
            }
        }
    }
}

/// Whether enough of a command set is known to say which operation it belongs to.
fn names_its_operation(command: &CommandSet) -> bool {
    command.command_field.is_some() && (command.message_id.is_some() || command.message_id_responded_to.is_some())
}

/// What is wrong with a message, in words.
fn issues_of(assembled: &mut Assembled) -> Vec<(AnomalyKind, Cow<'static, str>)> {
    let mut issues: Vec<_> = std::mem::take(&mut assembled.command_issues).into_iter().map(|issue| (issue.kind, issue.detail)).collect();
    if !assembled.command_seen {
        issues.push((AnomalyKind::DataSetMismatch, "data set without a command set".into()));
    }
    if assembled.command.command_field.is_some_and(|field| command::command_name(field) == "unknown") {
        issues.push((AnomalyKind::UnknownCommand, "command field that PS3.7 does not define".into()));
    }
    if !assembled.complete {
        issues.push((AnomalyKind::IncompleteMessage, "bytes of the message are missing".into()));
    }
    issues
}

impl<S: Sink> Upper for Handler<'_, S> {
    fn begin(&mut self, pdu: &Pdu) {
        let (info, end) = (self.info, self.end);
        self.enter(pdu);
        let Some(association) = self.current() else { return };
        let wrong = association.begin(end, pdu);
        let too_large = association.limit_for(end, info).filter(|limit| pdu.pdu_type == super::framer::P_DATA && pdu.length > *limit);
        if let Some((kind, detail)) = wrong {
            self.note(pdu.first, Anomaly::new(kind, detail).spanning(pdu.offset, u64::from(pdu.length)));
        }
        if let Some(limit) = too_large {
            let detail = format!("P-DATA-TF of {} bytes where the receiver takes {limit}", pdu.length);
            self.note(pdu.first, Anomaly::new(AnomalyKind::PduTooLarge, detail).spanning(pdu.offset, u64::from(pdu.length)));
        }
    }

    fn body(&mut self, pdu: &Pdu, body: &[u8]) {
        let end = self.end;
        match pdu.pdu_type {
            1 => return self.negotiated(pdu, Kind::Request, associate::decode(body, Kind::Request, self.limits)),
            2 => return self.negotiated(pdu, Kind::Accept, associate::decode(body, Kind::Accept, self.limits)),
            _ => {}
        }
        let Some(&[_, b1, b2, b3]) = body.get(..4) else { return };
        let Some(association) = self.current() else { return };
        match pdu.pdu_type {
            3 => association.rejected(pdu, [b1, b2, b3]),
            5 | 6 => association.release(end, pdu),
            7 => association.aborted(end, pdu, [b2, b3]),
            _ => {}
        }
        self.event(pdu, &[b1, b2, b3]);
    }

    fn pdv(&mut self, pdu: &Pdu, pdv: Pdv) {
        let accepted = self.current().and_then(|association| association.is_accepted(pdv.context_id));
        if pdv.context_id.is_multiple_of(2) {
            self.note(pdu.last, Anomaly::new(AnomalyKind::BadContextId, "even presentation context id").spanning(pdu.offset, pdv.length));
        } else if accepted == Some(false) {
            self.note(
                pdu.last,
                Anomaly::new(AnomalyKind::ContextNotAccepted, "data in a presentation context that was not accepted")
                    .spanning(pdu.offset, pdv.length),
            );
        }
        let step = self.assembly.pdv(pdu, pdv);
        if let Some((kind, detail)) = step.issue {
            self.note(pdu.last, Anomaly::new(kind, detail).spanning(pdu.offset, pdv.length));
        }
        for broken in step.broken {
            self.message(broken);
        }
    }

    fn command(&mut self, bytes: &[u8]) {
        self.assembly.command(bytes, self.limits);
    }

    fn pdv_end(&mut self, pdu: &Pdu, pdv: Pdv, whole: bool) {
        if let Some(finished) = self.assembly.pdv_end(pdu, pdv, whole) {
            self.message(finished);
        }
    }

    fn end(&mut self, pdu: &Pdu) {
        let (info, end) = (self.info, self.end);
        let wants = self.out.wants.pdus;
        let Some(association) = self.current() else { return };
        association.end(end, pdu);
        if wants {
            let record = PduRecord {
                association: association.number,
                connection: info.connection,
                sender: association.sender(end, info),
                pdu_type: pdu.pdu_type,
                length: pdu.length,
                stream_offset: pdu.offset,
                first: pdu.first,
                last: pdu.last,
                pdvs: pdu.pdvs,
                header: pdu.header,
                header_length: pdu.header_length,
                complete: pdu.complete,
            };
            self.out.sink.pdu(&record);
        }
    }

    fn lost(&mut self, from: u64, until: u64) {
        self.lose(from, until);
        if let Some(association) = self.current() {
            association.damaged = true;
        }
    }

    fn found(&mut self, stamp: Stamp, offset: u64, skipped: u64) {
        let first = !*self.is_dicom;
        *self.is_dicom = true;
        let from_start = *self.info.from_start.get(self.end);
        if skipped > 0 || !from_start {
            self.lose(offset - skipped.min(offset), offset);
        }
        if skipped == 0 && (from_start || !first) {
            return;
        }
        let (kind, detail) = match (first || self.current().is_none(), from_start) {
            (true, true) => (AnomalyKind::PrefixBytes, "bytes before the first PDU"),
            (true, false) => (AnomalyKind::Midstream, "the capture begins inside the connection"),
            (false, _) => (AnomalyKind::Resynchronised, "PDU boundaries found again after missing or wrong bytes"),
        };
        self.note(stamp, Anomaly::new(kind, detail).spanning(offset - skipped.min(offset), skipped));
    }

    fn issue(&mut self, stamp: Stamp, kind: AnomalyKind, detail: &'static str, offset: u64, length: u64) {
        self.note(stamp, Anomaly::new(kind, detail).spanning(offset, length));
    }
}
