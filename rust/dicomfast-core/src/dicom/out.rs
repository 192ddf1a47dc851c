//! Where the rows of a conversation go, each with what its association adds. Knows the sink and what is wanted; not the bytes.

use super::association::Association;
use super::carry::{DataSetOptions, Deferred};
use super::describe;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Closed, DataEvent, NO_TIME, OperationRecord, Sink, Stamp, Wants};
use crate::flow::Info;

/// Where rows go, and what they tell.
pub(super) struct Out<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) wants: &'a Wants,
    pub(super) options: &'a DataSetOptions,
    pub(super) info: &'a Info,
}

impl<S: Sink> Out<'_, S> {
    pub(super) fn note(&mut self, association: Option<u64>, stamp: Stamp, anomaly: Anomaly) {
        self.sink.anomaly(anomaly.at(stamp).on(self.info.connection).within(association));
    }

    /// Whether an event of an association is told, as it would be now.
    pub(super) fn wants_event_of(&self, association: &Association, last: Stamp) -> bool {
        self.wants.events
            && self.info.held
            && self.wants.of.hold_event(self.info.connection, self.info.endpoints(), last.time, describe::titles(association))
    }

    pub(super) fn message(&mut self, association: &Association, mut deferred: Deferred) {
        deferred.settle(association);
        let Deferred { message, object } = deferred;
        if self.wants_event_of(association, message.last) {
            self.sink.event(describe::message(&message, association, self.info, &self.options.phi));
        }
        if self.wants.tell(self.info.held) {
            self.sink.message(message);
        }
        if let Some(object) = object {
            if self.wants.data {
                self.sink.data(DataEvent::End(&object));
            }
            if self.wants.objects {
                self.sink.object(*object);
            }
        }
    }

    pub(super) fn operation(&mut self, association: &mut Association, mut operation: OperationRecord) {
        association.count_operation(&mut operation, self.info.connection);
        if self.wants.tell(self.info.held) {
            self.sink.operation(operation);
        }
    }

    pub(super) fn finish(&mut self, mut association: Association, closed: Closed) {
        for message in std::mem::take(&mut association.deferred) {
            self.message(&association, message);
        }
        let (known, orphans) = association.pairing.finish();
        for operation in known {
            self.operation(&mut association, operation);
        }
        for operation in orphans {
            let stamp = Stamp { packet: operation.first_packet, time: operation.first_response.unwrap_or(NO_TIME) };
            let note = Anomaly::new(AnomalyKind::UnpairedResponse, "response to a request that is not in the capture");
            self.note(Some(association.number), stamp, note);
            self.operation(&mut association, operation);
        }
        if self.wants.tell(self.info.held) {
            self.sink.association(association.record(self.info, closed));
        }
    }
}
