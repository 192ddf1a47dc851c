//! What the PDUs of one direction do: the messages and operations in them, and what happened to the association.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::assembly::{Assembled, Assembly, NO_DATA_SET};
use super::associate::{self, Associate, Kind};
use super::association::Association;
use super::carry::{self, Deferred};
use super::command;
use super::describe;
use super::out::Out;
use super::pairing::{Paired, Span};
use super::pdu::{P_DATA, Pdu, Pdv, Upper};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{ItemPlace, MessageRecord, PduRecord, PdvRecord, Sender, Sink, Stamp};
use crate::flow::{End, Info};
use crate::limits::Limits;
use crate::transport::Timeline;

/// What a direction's PDUs act on.
pub(super) struct Handler<'a, S> {
    pub(super) out: Out<'a, S>,
    pub(super) limits: &'a Limits,
    pub(super) next_message: &'a mut u64,
    pub(super) next_association: &'a mut u64,
    pub(super) assembly: &'a mut Assembly,
    pub(super) at: &'a mut u64,
    pub(super) lost: &'a mut u64,
    pub(super) hole: &'a mut (u64, u64),
    pub(super) other_reached: u64,
    pub(super) other_lost: u64,
    pub(super) other_at: &'a mut u64,
    pub(super) associations: &'a mut VecDeque<Association>,
    pub(super) base: &'a mut u64,
    pub(super) is_dicom: &'a mut bool,
    pub(super) count: &'a mut u64,
    pub(super) timeline: &'a Timeline,
    pub(super) info: &'a Info,
    pub(super) end: End,
}

impl<S: Sink> Handler<'_, S> {
    /// Where the association that this direction is in stands among the open ones. No direction is in one that is retired.
    pub(super) fn index(&self) -> usize {
        self.at.saturating_sub(*self.base) as usize
    }

    pub(super) fn current(&mut self) -> Option<&mut Association> {
        let index = self.index();
        self.associations.get_mut(index)
    }

    pub(super) fn note(&mut self, stamp: Stamp, anomaly: Anomaly) {
        let association = self.current().map(|association| association.number);
        self.out.note(association, stamp, anomaly);
    }

    /// A message is whole, or will never be.
    pub(super) fn message(&mut self, mut assembled: Assembled) {
        let (info, end) = (self.info, self.end);
        for (kind, detail) in issues_of(&mut assembled) {
            let length = assembled.command_bytes + assembled.dataset_bytes;
            self.note(assembled.last, Anomaly::new(kind, detail).spanning(assembled.offset, length));
        }
        let index = self.index();
        let Some(association) = self.associations.get_mut(index) else { return };
        let command = std::mem::take(&mut assembled.command);
        let message = MessageRecord {
            association: association.number,
            connection: info.connection,
            message: assembled.number.unwrap_or_default(),
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
            start: assembled.start,
            end: assembled.end,
            received: assembled.received,
            other_reached: self.other_reached,
            lost: *self.lost,
            begun: assembled.begun,
            ended: self.timeline.at(assembled.last.time),
        };
        if message.command.operation().is_none() {
            *self.lost = (*self.lost).max(assembled.end);
            association.pairing.lose(message.sender, assembled.start);
        }
        let Paired { finished, evicted } = association.pairing.message(&message, span, self.limits.pending_operations);
        let object = carry::finish(&mut assembled, &message, &mut self.out, self.limits);
        let deferred = Deferred { message, object };
        if association.awaits_answer(info) && association.deferred.len() < self.limits.deferred_messages {
            association.deferred.push(deferred);
        } else {
            self.out.message(association, deferred);
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
    pub(super) fn lose(&mut self, from: u64, until: u64) {
        let (info, end) = (self.info, self.end);
        let (from, until) = (info.position(end, from), info.position(end, until));
        self.assembly.lost();
        *self.lost = until.max(*self.lost);
        let from_hole = if from <= self.hole.1 { from.min(self.hole.0) } else { from };
        *self.hole = (from_hole, until.max(self.hole.1));
        if let Some(association) = self.current() {
            let sender = association.sender(end, info);
            association.pairing.lose(sender, from);
            association.unseen.lose(end, sender == Sender::Requestor, *association.seen.get(end) > 0, from, until);
            association.damaged |= association.unseen.border;
        }
    }

    /// What happened to the association itself, for those who print as it happens.
    pub(super) fn event(&mut self, pdu: &Pdu, codes: &[u8]) {
        let (info, end) = (self.info, self.end);
        let Some(association) = self.associations.get(self.index()) else { return };
        if self.out.wants_event_of(association, pdu.last) {
            self.out.sink.event(describe::association(pdu, codes, association, info, end));
        }
    }

    fn tell_pdv(&mut self, pdu: &Pdu, pdv: Pdv) {
        let (info, end) = (self.info, self.end);
        if self.out.wants.pdvs
            && info.held
            && let Some(association) = self.current()
        {
            let record = PdvRecord {
                association: association.number,
                connection: info.connection,
                sender: association.sender(end, info),
                pdu_offset: pdu.offset,
                stamp: pdu.last,
                length: pdv.length.saturating_add(2) as u32,
                context_id: pdv.context_id,
                flags: pdv.flags,
            };
            self.out.sink.pdv(record);
        }
    }

    /// A-ASSOCIATE-RQ or -AC, as bytes.
    fn associate(&mut self, pdu: &Pdu, kind: Kind, body: &[u8]) {
        let (info, end) = (self.info, self.end);
        if self.out.wants.items
            && info.held
            && let Some(association) = self.current()
        {
            let (association, sender) = (association.number, association.sender(end, info));
            let place = ItemPlace { association, connection: info.connection, sender, pdu_type: pdu.pdu_type, stamp: pdu.last };
            associate::items(body, kind, |item| self.out.sink.item((place, item)));
        }
        self.negotiated(pdu, kind, associate::decode(body, kind, self.limits));
    }

    /// A-ASSOCIATE-RQ or -AC.
    pub(super) fn negotiated(&mut self, pdu: &Pdu, kind: Kind, mut said: Associate) {
        for issue in std::mem::take(&mut said.issues) {
            self.note(pdu.first, Anomaly::new(issue.kind, issue.detail).spanning(pdu.offset, u64::from(pdu.length)));
        }
        let torn = *self.lost > 0;
        let Some(association) = self.current() else { return };
        if kind == Kind::Accept && association.has_answer() {
            // It answers a request that was lost, and the data around it belong to this association and to that one.
            association.blur(torn);
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
        if let Some(association) = self.associations.get(self.index()) {
            for message in deferred {
                self.out.message(association, message);
            }
        }
    }
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
    fn limit(&self) -> Option<u32> {
        self.associations.get(self.index())?.limit_for(self.end, self.info)
    }

    fn begin(&mut self, pdu: &Pdu) {
        let (info, end, timeline) = (self.info, self.end, self.timeline);
        self.enter(pdu);
        let Some(association) = self.current() else { return };
        let wrong = association.begin(end, pdu, timeline);
        let too_large = association.limit_for(end, info).filter(|limit| pdu.pdu_type == P_DATA && pdu.length > *limit);
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
            1 => return self.associate(pdu, Kind::Request, body),
            2 => return self.associate(pdu, Kind::Accept, body),
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
        self.tell_pdv(pdu, pdv);
        let step = self.assembly.pdv(pdu, pdv, self.timeline);
        if let Some(message) = self.assembly.current()
            && message.number.is_none()
        {
            message.number = Some(*self.next_message);
            *self.next_message += 1;
        }
        if let Some((kind, detail)) = step.issue {
            self.note(pdu.last, Anomaly::new(kind, detail).spanning(pdu.offset, pdv.length));
        }
        for broken in step.broken {
            self.message(broken);
        }
        self.carry(pdu, pdv);
    }

    fn data_unread(&self) -> u64 {
        self.assembly.unread()
    }

    fn data(&mut self, stamp: Stamp, bytes: &[u8]) {
        self.carried(stamp, bytes);
    }

    fn data_passed(&mut self, count: u64) {
        if let Some(data_set) = self.assembly.current().and_then(|message| message.data_set.as_deref_mut()) {
            data_set.passed(count);
        }
    }

    fn data_lost(&mut self, count: u64) {
        self.missed(count);
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
        let (info, end, timeline) = (self.info, self.end, self.timeline);
        let wants = self.out.wants.pdus && info.held;
        let Some(association) = self.current() else { return };
        association.end(end, pdu, timeline);
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
            self.out.sink.pdu(record);
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
