//! Between messages and their data sets: one begins with its first fragment, takes its bytes, and ends with its message. Knows
//! fragments and who wants data sets; not what is in them.

use super::assembly::Assembled;
use super::association::Association;
use super::dataset::{Collect, DataSet, Identity};
use super::handler::Handler;
use super::out::Out;
use super::pdu::{Pdu, Pdv};
use super::privacy::Phi;
use crate::event::{DataEvent, MessageRecord, ObjectRecord, Sink, Stamp};
use crate::limits::Limits;

/// How data sets are told of.
#[derive(Clone, Debug, Default)]
pub struct DataSetOptions {
    pub phi: Phi,
    /// Make the SHA-256 of each.
    pub hashes: bool,
}

impl<S: Sink> Out<'_, S> {
    fn collect(&mut self, stamp: Stamp) -> Collect<'_, S> {
        Collect { sink: self.sink, wants: self.wants, phi: &self.options.phi, stamp }
    }
}

impl<S: Sink> Handler<'_, S> {
    /// A data fragment begins.
    pub(super) fn carry(&mut self, pdu: &Pdu, pdv: Pdv) {
        let wants = self.out.wants;
        if pdv.is_command || !wants.data_sets() || !self.info.held {
            return;
        }
        let index = self.index();
        let (Some(message), Some(association)) = (self.assembly.current(), self.associations.get(index)) else { return };
        if let Some(data_set) = &mut message.data_set {
            if let Some(missing) = data_set.loss.resume(pdu) {
                data_set.lost(missing, self.limits, &mut self.out.collect(pdu.last));
            }
            return;
        }
        let Some(number) = message.number else { return };
        let identity = Identity { connection: self.info.connection, association: association.number, message: number };
        let transfer_syntax = association.transfer_syntax(pdv.context_id);
        let transfer_syntax = transfer_syntax.as_deref();
        let read = (wants.elements || wants.objects).then_some(transfer_syntax);
        let mut data_set = DataSet::new(identity, read, wants.objects && self.out.options.hashes, wants.data);
        if wants.data {
            self.out.sink.data(DataEvent::Begin { message: number, command: &message.command, transfer_syntax });
        }
        if message.data_unsure {
            data_set.lost(None, self.limits, &mut self.out.collect(pdu.last));
        }
        message.data_set = Some(Box::new(data_set));
    }

    /// Bytes of the data fragment at hand.
    pub(super) fn carried(&mut self, stamp: Stamp, bytes: &[u8]) {
        let Some(data_set) = self.assembly.current().and_then(|message| message.data_set.as_deref_mut()) else { return };
        if data_set.recorded && !data_set.loss.is_adrift() {
            let event = DataEvent::Bytes { message: data_set.identity.message, offset: data_set.loss.position(), bytes };
            self.out.sink.data(event);
        }
        data_set.data(stamp, bytes, self.limits, &mut self.out.collect(stamp));
    }

    /// So many of the bytes of the data fragment at hand are missing.
    pub(super) fn missed(&mut self, count: u64) {
        let Some(message) = self.assembly.current() else { return };
        let stamp = message.last;
        if let Some(data_set) = &mut message.data_set {
            data_set.lost(Some(count), self.limits, &mut self.out.collect(stamp));
        }
    }
}

/// What is told of the data set of a message that is over.
pub(super) fn finish<S: Sink>(
    assembled: &mut Assembled,
    message: &MessageRecord,
    out: &mut Out<'_, S>,
    limits: &Limits,
) -> Option<Box<ObjectRecord>> {
    let mut data_set = assembled.data_set.take()?;
    let mut collect = out.collect(assembled.last);
    if data_set.loss.is_torn() || !assembled.data_over {
        data_set.lost(None, limits, &mut collect);
    }
    data_set.finish(assembled.data_over, limits, &mut collect);
    let complete = assembled.data_over && data_set.loss.is_none();
    Some(Box::new(ObjectRecord {
        association: message.association,
        connection: data_set.identity.connection,
        message: message.message,
        sender: message.sender,
        message_id: message.command.message_id.or(message.command.message_id_responded_to),
        command_field: message.command.command_field,
        sop_class: message.command.sop_class().cloned(),
        sop_instance: message.command.sop_instance().cloned(),
        transfer_syntax: message.transfer_syntax.clone(),
        bytes: data_set.loss.position(),
        attributes: std::mem::take(&mut data_set.found.attributes),
        complete,
        lost: data_set.loss.take(),
        sha256: data_set.sha256().filter(|_| complete),
        first: assembled.dataset_first.unwrap_or(assembled.first),
        last: assembled.last,
    }))
}

/// A message that waits for the negotiation that names its transfer syntax, with its data set.
#[derive(Debug)]
pub struct Deferred {
    pub message: MessageRecord,
    pub object: Option<Box<ObjectRecord>>,
}

impl Deferred {
    /// Names the transfer syntax, where that is known by now.
    pub(super) fn settle(&mut self, association: &Association) {
        if self.message.transfer_syntax.is_none() {
            self.message.transfer_syntax = association.transfer_syntax(self.message.context_id);
        }
        if let Some(object) = &mut self.object {
            object.transfer_syntax.clone_from(&self.message.transfer_syntax);
        }
    }
}
