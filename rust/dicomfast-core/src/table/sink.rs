//! Which rows a record makes, and who else is told of it: rules and joins. Knows which tables are wanted; not what a row looks like.

use super::{Batches, Tables, outer_headers, presentation_contexts};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{
    AssociationRecord, CaptureRecord, ConnectionRecord, ElementRecord, EventRecord, ExportRecord, FrameRecord, ItemPlace, ItemRecord,
    MessageRecord, ObjectRecord, OperationRecord, PduRecord, PdvRecord, SegmentRecord, Sink, StallRecord, Wants,
};

impl Sink for Tables {
    fn connection(&mut self, record: ConnectionRecord) {
        if let Some(rows) = &mut self.builders.connections
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        self.judge(|rules| rules.connection(&record));
    }

    fn association(&mut self, mut record: AssociationRecord) {
        record.capture_loss = self.losses.between(record.first.time, record.last.time);
        if let Some(rows) = &mut self.builders.associations
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        if let Some(rows) = &mut self.builders.presentation_contexts
            && self.of.may_hold(record.connection)
        {
            for context in &record.contexts {
                let row = presentation_contexts::Row { association: record.association, context };
                rows.add(&mut self.ready, |builder| builder.append(&row));
            }
        }
        if self.of.may_hold(record.connection) {
            self.joins.association(&record);
            self.collect_joins();
        }
        self.judge(|rules| rules.association(&record));
    }

    fn message(&mut self, record: MessageRecord) {
        if let Some(rows) = &mut self.builders.messages
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        self.judge(|rules| rules.message(&record));
    }

    fn operation(&mut self, record: OperationRecord) {
        if let Some(rows) = &mut self.builders.operations
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        if self.of.may_hold(record.connection) {
            self.joins.operation(&record);
        }
        self.judge(|rules| rules.operation(&record));
    }

    fn pdu(&mut self, record: PduRecord) {
        if let Some(rows) = &mut self.builders.pdus
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn pdv(&mut self, record: PdvRecord) {
        if let Some(rows) = &mut self.builders.pdvs {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn item(&mut self, record: (ItemPlace, ItemRecord)) {
        if let Some(rows) = &mut self.builders.items {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn frame(&mut self, record: FrameRecord) {
        if let Some(rows) = &mut self.builders.outer_headers {
            for headers in &record.outer {
                let row = outer_headers::Row { packet: record.stamp.packet, headers };
                rows.add(&mut self.ready, |builder| builder.append(&row));
            }
        }
        if let Some(rows) = &mut self.builders.frames {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn segment(&mut self, record: SegmentRecord) {
        if let Some(rows) = &mut self.builders.segments
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn stall(&mut self, record: StallRecord) {
        if let Some(rows) = &mut self.builders.stalls
            && self.of.may_hold(record.connection)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        self.judge(|rules| rules.stall(&record));
    }

    fn event(&mut self, record: EventRecord) {
        if let Some(rows) = &mut self.builders.events
            && self.of.may_hold(record.connection)
        {
            if rows.fills() {
                // Whoever shows a message with its data set need not wait for the elements.
                self.ready.extend(self.builders.elements.as_mut().and_then(Batches::take));
            }
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn anomaly(&mut self, record: Anomaly) {
        if let (AnomalyKind::CaptureLoss, Some(since)) = (record.kind, record.since) {
            self.losses.add(since, record.time);
        }
        if let Some(rows) = &mut self.builders.anomalies
            && self.quota.admits(record.kind)
        {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        self.judge(|rules| rules.anomaly(&record));
    }

    fn capture(&mut self, record: CaptureRecord) {
        if let Some(rows) = &mut self.builders.capture_info {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        self.judge(|rules| rules.capture(&record));
    }

    fn element(&mut self, record: ElementRecord) {
        if let Some(rows) = &mut self.builders.elements {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn object(&mut self, record: ObjectRecord) {
        if let Some(rows) = &mut self.builders.objects {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
        self.joins.object(record);
    }

    fn export(&mut self, record: ExportRecord) {
        if let Some(rows) = &mut self.builders.exports {
            rows.add(&mut self.ready, |builder| builder.append(&record));
        }
    }

    fn wants(&self) -> Wants {
        let builders = &self.builders;
        Wants {
            pdus: builders.pdus.is_some(),
            pdvs: builders.pdvs.is_some(),
            items: builders.items.is_some(),
            frames: builders.frames.is_some() || builders.outer_headers.is_some(),
            segments: builders.segments.is_some(),
            events: builders.events.is_some(),
            elements: builders.elements.is_some(),
            objects: builders.objects.is_some() || self.joins.want_objects(),
            data: false,
            of: self.of.clone(),
            whole: self.rules.is_some(),
        }
    }
}
