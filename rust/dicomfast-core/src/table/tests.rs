//! Rows against the records they came from; the schemas and the cutting into batches stand in `tests/`.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    DurationNanosecondType, Float64Type, Int32Type, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};

use super::{Table, Tables};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Connections, EventRecord, NO_TIME, Outcome, PduRecord, Sender, Sink, Stamp};
use crate::findings::samples::{self, SECOND};
use crate::limits::Limits;

mod batches;
mod contract;

fn make(wanted: &[Table], batch_rows: usize, feed: impl FnOnce(&mut Tables)) -> Vec<(Table, RecordBatch)> {
    let mut tables = Tables::new(wanted, Connections::default(), &Limits { batch_rows, anomalies_per_kind: 3, ..Limits::default() });
    feed(&mut tables);
    tables.finish();
    tables.flush()
}

/// The only batch of one table.
fn rows(table: Table, feed: impl FnOnce(&mut Tables)) -> RecordBatch {
    let mut batches = make(&[table], 1_000, feed);
    assert_eq!(batches.len(), 1);
    batches.remove(0).1
}

fn u64_at(batch: &RecordBatch, column: &str, row: usize) -> Option<u64> {
    let array = batch.column_by_name(column).unwrap().as_primitive::<UInt64Type>();
    array.is_valid(row).then(|| array.value(row))
}

fn duration_at(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = batch.column_by_name(column).unwrap().as_primitive::<DurationNanosecondType>();
    array.is_valid(row).then(|| array.value(row))
}

fn time_at(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = batch.column_by_name(column).unwrap().as_primitive::<TimestampNanosecondType>();
    array.is_valid(row).then(|| array.value(row))
}

fn rate_at(batch: &RecordBatch, column: &str, row: usize) -> Option<f64> {
    let array = batch.column_by_name(column).unwrap().as_primitive::<Float64Type>();
    array.is_valid(row).then(|| array.value(row))
}

/// Text of a plain or dictionary column.
fn text_of(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    let text = match array.as_dictionary_opt::<Int32Type>() {
        Some(words) => words.downcast_dict::<arrow_array::StringArray>().unwrap().into_iter().nth(row).unwrap().unwrap().to_owned(),
        None => array.as_string::<i32>().value(row).to_owned(),
    };
    Some(text)
}

fn text_at(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    text_of(batch.column_by_name(column).unwrap(), row)
}

fn list_at(batch: &RecordBatch, column: &str, row: usize) -> Option<Vec<String>> {
    let array = batch.column_by_name(column).unwrap().as_list::<i32>();
    array.is_valid(row).then(|| array.value(row).as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect())
}

fn null_at(batch: &RecordBatch, column: &str, row: usize) -> bool {
    batch.column_by_name(column).unwrap().is_null(row)
}

#[test]
fn association_row() {
    let batch = rows(Table::Associations, |tables| {
        tables.association(samples::association());
        let mut bare = samples::association();
        bare.requested = None;
        bare.answered = None;
        bare.calling_ae = None;
        bare.calling_ae_raw = None;
        bare.outcome = Outcome::Unknown;
        bare.contexts.clear();
        bare.dataset_span = Some((SECOND, SECOND));
        bare.last.time = NO_TIME;
        bare.reject = Some([1, 1, 7]);
        tables.association(bare);
    });
    assert_eq!(u64_at(&batch, "association", 0), Some(7));
    assert_eq!(text_at(&batch, "calling_ae", 0).as_deref(), Some("CT01"));
    assert_eq!(batch.column_by_name("called_ae_raw").unwrap().as_binary::<i32>().value(0), b"PACS            ");
    assert_eq!(text_at(&batch, "requestor_ip", 0).as_deref(), Some("10.0.0.1"));
    assert_eq!(text_at(&batch, "acceptor_ip", 0).as_deref(), Some("10.0.0.2"));
    assert_eq!(time_at(&batch, "requested", 0), Some(SECOND));
    assert_eq!(duration_at(&batch, "negotiation_time", 0), Some(5_000));
    assert_eq!(duration_at(&batch, "duration", 0), Some(2 * SECOND));
    assert_eq!(rate_at(&batch, "throughput", 0), Some(10_000.0));
    assert_eq!((u64_at(&batch, "contexts_proposed", 0), u64_at(&batch, "contexts_accepted", 0)), (Some(1), Some(1)));
    assert_eq!(text_at(&batch, "ended_by", 0).as_deref(), Some("release"));
    assert!(null_at(&batch, "reject_reason", 0) && null_at(&batch, "reject_reason_text", 0) && null_at(&batch, "abort_source_text", 0));

    for column in ["calling_ae", "calling_ae_raw", "requested", "negotiation_time", "end", "duration", "throughput", "contexts_proposed"] {
        assert!(null_at(&batch, column, 1), "{column}");
    }
    assert!(null_at(&batch, "contexts_accepted", 1));
    assert_eq!(batch.column_by_name("reject_reason").unwrap().as_primitive::<UInt8Type>().value(1), 7);
    assert!(text_at(&batch, "reject_reason_text", 1).is_some());
}

#[test]
fn presentation_context_rows() {
    let batch = rows(Table::PresentationContexts, |tables| {
        let mut record = samples::association();
        let mut refused = samples::context(3, 4);
        refused.scp_role_proposed = Some(true);
        refused.scp_role_accepted = Some(false);
        record.contexts.push(refused);
        tables.association(record);
    });
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(text_at(&batch, "abstract_syntax_name", 0).as_deref(), Some("CT Image Storage"));
    assert_eq!(text_at(&batch, "transfer_syntax", 0).as_deref(), Some(samples::IMPLICIT));
    assert_eq!(list_at(&batch, "proposed_transfer_syntaxes", 1), Some(vec![samples::IMPLICIT.to_owned()]));
    assert!(null_at(&batch, "transfer_syntax", 1) && null_at(&batch, "scp_role", 0) && null_at(&batch, "scu_role", 1));
    assert_eq!(text_at(&batch, "scp_role", 1).as_deref(), Some("refused"));
}

#[test]
fn operation_row() {
    let batch = rows(Table::Operations, |tables| {
        tables.operation(samples::operation());
        let mut open = samples::operation();
        open.status = None;
        open.first_response = None;
        open.end = None;
        open.answered = false;
        open.responses = 0;
        open.dataset_bytes = 0;
        open.message_id = None;
        open.offending_elements = vec![0x0008_0018, 0x0010_0010];
        tables.operation(open);
    });
    assert_eq!(text_at(&batch, "command", 0).as_deref(), Some("C-STORE"));
    assert_eq!(text_at(&batch, "status_category", 0).as_deref(), Some("success"));
    assert_eq!(duration_at(&batch, "transfer_time", 0), Some(SECOND / 2));
    assert_eq!(duration_at(&batch, "response_time", 0), Some(SECOND / 2));
    assert_eq!(duration_at(&batch, "duration", 0), Some(SECOND + 10));
    assert_eq!(rate_at(&batch, "throughput", 0), Some(10_000.0));
    assert_eq!(text_at(&batch, "priority_text", 0).as_deref(), Some("medium"));
    assert!(null_at(&batch, "offending_elements", 0));
    for column in ["status", "status_text", "status_category", "response_time", "duration", "throughput", "message_id"] {
        assert!(null_at(&batch, column, 1), "{column}");
    }
    assert_eq!(u64_at(&batch, "responses", 1), Some(0));
    assert_eq!(list_at(&batch, "offending_elements", 1), Some(vec!["(0008,0018)".to_owned(), "(0010,0010)".to_owned()]));
}

#[test]
fn message_row() {
    let batch = rows(Table::Messages, |tables| {
        tables.message(samples::message());
        let mut lost = samples::message();
        lost.command = crate::event::CommandSet { message_id_responded_to: Some(9), ..Default::default() };
        lost.first.time = NO_TIME;
        tables.message(lost);
    });
    assert_eq!(text_at(&batch, "command", 0).as_deref(), Some("C-STORE-RQ"));
    assert_eq!(text_at(&batch, "sop_instance", 0).as_deref(), Some("1.2.3.4"));
    assert_eq!(u64_at(&batch, "pdus", 0), Some(2));
    let ids = batch.column_by_name("message_id").unwrap().as_primitive::<UInt16Type>();
    assert_eq!((ids.value(0), ids.value(1)), (1, 9));
    for column in ["command", "command_field", "sop_class", "start", "status", "priority_text", "move_destination"] {
        assert!(null_at(&batch, column, 1), "{column}");
    }
}

#[test]
fn connection_row() {
    let batch = rows(Table::Connections, |tables| {
        let mut record = samples::connection();
        record.client_counts.rtt_min = Some(77);
        record.server_counts.lost_bytes = 5;
        tables.connection(record);
    });
    assert_eq!(text_at(&batch, "protocol", 0).as_deref(), Some("dicom"));
    assert_eq!(duration_at(&batch, "duration", 0), Some(2 * SECOND));
    assert_eq!((duration_at(&batch, "client_rtt_min", 0), duration_at(&batch, "server_rtt_min", 0)), (Some(77), None));
    assert_eq!((u64_at(&batch, "client_lost_bytes", 0), u64_at(&batch, "server_lost_bytes", 0)), (Some(0), Some(5)));
    assert!(null_at(&batch, "vlan", 0) && null_at(&batch, "tunnel", 0));
}

fn event() -> EventRecord {
    EventRecord {
        association: 7,
        connection: 3,
        message: Some(12),
        stamp: Stamp { packet: 8, time: SECOND },
        sender: Sender::Acceptor,
        source: samples::server(),
        destination: samples::client(),
        name: "C-STORE-RSP",
        calling_ae: Some("CT01".to_owned()),
        called_ae: None,
        context_id: Some(1),
        message_id: Some(4),
        sop_class: Some(samples::CT.into()),
        sop_instance: None,
        status: Some(0xa700),
        dataset_bytes: None,
        complete: true,
        summary: "refused".to_owned(),
        details: Vec::new(),
    }
}

#[test]
fn pdu_and_event_rows_only_when_wanted() {
    let pdu = PduRecord {
        association: 7,
        connection: 3,
        sender: Sender::Acceptor,
        pdu_type: 4,
        length: 70_000,
        stream_offset: 9,
        first: Stamp { packet: 5, time: SECOND },
        last: Stamp { packet: 6, time: SECOND },
        pdvs: 1,
        header: [4, 0, 0, 1, 0x11, 0x70, 0, 0, 0, 0, 0, 0],
        header_length: 6,
        complete: true,
    };
    let batch = rows(Table::Pdus, |tables| {
        assert!(tables.wants().pdus && !tables.wants().events);
        tables.pdu(pdu);
        tables.event(event());
    });
    assert_eq!(batch.column_by_name("type").unwrap().as_primitive::<UInt8Type>().value(0), 4);
    assert_eq!(batch.column_by_name("length").unwrap().as_primitive::<UInt32Type>().value(0), 70_000);
    assert_eq!(batch.column_by_name("header").unwrap().as_binary::<i32>().value(0), [4, 0, 0, 1, 0x11, 0x70]);

    let batch = rows(Table::Events, |tables| tables.event(event()));
    assert_eq!(text_at(&batch, "event", 0).as_deref(), Some("C-STORE-RSP"));
    assert_eq!(u64_at(&batch, "message", 0), Some(12));
    assert_eq!(text_at(&batch, "source_ip", 0).as_deref(), Some("10.0.0.2"));
    assert!(text_at(&batch, "status_text", 0).is_some());
    assert_eq!(list_at(&batch, "details", 0), Some(Vec::new()));
    assert!(null_at(&batch, "called_ae", 0) && null_at(&batch, "dataset_bytes", 0));
}

#[test]
fn capture_row() {
    let batch = rows(Table::CaptureInfo, |tables| tables.capture(samples::capture()));
    assert_eq!(text_at(&batch, "name", 0).as_deref(), Some("a.pcap"));
    assert_eq!(list_at(&batch, "link_types", 0), Some(vec!["EN10MB".to_owned()]));
    assert!(null_at(&batch, "dropped", 0) && null_at(&batch, "comments", 0));
}

#[test]
fn anomalies_of_one_kind_are_capped_and_counted() {
    let batch = rows(Table::Anomalies, |tables| {
        for number in 0..10 {
            tables.anomaly(Anomaly::new(AnomalyKind::BadPdu, "length 3").on(number));
        }
        tables.anomaly(Anomaly::new(AnomalyKind::LostBytes, "12 bytes").at(Stamp { packet: 4, time: SECOND }).spanning(100, 12));
    });
    let kinds: Vec<_> = (0..batch.num_rows()).map(|row| text_at(&batch, "kind", row).unwrap()).collect();
    assert_eq!(kinds, ["bad-pdu", "bad-pdu", "bad-pdu", "lost-bytes", "bad-pdu"]);
    assert_eq!(text_at(&batch, "detail", 4).as_deref(), Some("7 more of this kind"));
    assert!(null_at(&batch, "connection", 4) && null_at(&batch, "time", 4) && null_at(&batch, "packet", 0));
    assert_eq!(
        (u64_at(&batch, "connection", 2), u64_at(&batch, "stream_offset", 3), u64_at(&batch, "length", 3)),
        (Some(2), Some(100), Some(12))
    );
    assert_eq!(text_at(&batch, "layer", 3).as_deref(), Some("tcp"));
}
