//! The tables against the contract, and rows against the records they came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    DurationNanosecondType, Float64Type, Int32Type, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};

use super::{DOC, Table, Tables};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{EventRecord, NO_TIME, Outcome, PduRecord, Sender, Sink, Stamp};
use crate::findings::samples::{self, SECOND};
use crate::limits::Limits;

/// The column lists of the contract, table by table. A `~` stands for both sides of `connections`.
const CONTRACT: &[(&str, &str)] = &[
    (
        "connections",
        "connection, client_ip, client_port, server_ip, server_port, vlan, tunnel, protocol, start, end, duration, first_packet, last_packet, \
         opened, closed, syn_rtt, client_mss, server_mss, client_window_scale, server_window_scale, sack_permitted, ~packets, ~payload_bytes, \
         ~retransmitted_bytes, ~retransmissions, ~fast_retransmissions, ~spurious_retransmissions, ~out_of_order, ~duplicate_acks, \
         ~lost_bytes, ~zero_windows, ~zero_window_time, ~window_full, ~rtt_min, ~rtt_median, ~rtt_p95, ~max_bytes_in_flight, ~max_window, \
         associations, ~duplicate_packets, ~not_captured_bytes, ~bad_checksums",
    ),
    (
        "associations",
        "association, connection, capture, calling_ae, called_ae, calling_ae_raw, called_ae_raw, requestor_ip, requestor_port, acceptor_ip, \
         acceptor_port, requested, answered, released, end, duration, negotiation_time, outcome, ended_by, reject_result, reject_source, \
         reject_reason, reject_result_text, reject_source_text, reject_reason_text, abort_source, abort_reason, abort_source_text, \
         abort_reason_text, application_context, protocol_version, requestor_max_pdu, acceptor_max_pdu, requestor_implementation_class_uid, \
         requestor_implementation_version, acceptor_implementation_class_uid, acceptor_implementation_version, async_invoked, \
         async_performed, user_identity_type, contexts_proposed, contexts_accepted, messages, operations, stored, failed, requestor_bytes, \
         acceptor_bytes, dataset_bytes, throughput, requestor_max_pdu_sent, acceptor_max_pdu_sent, first_packet, last_packet, complete",
    ),
    (
        "presentation_contexts",
        "association, context_id, abstract_syntax, abstract_syntax_name, proposed_transfer_syntaxes, result, result_text, transfer_syntax, \
         transfer_syntax_name, scu_role, scp_role, used",
    ),
    (
        "operations",
        "association, message_id, context_id, command, initiator, sop_class, sop_class_name, sop_instance, transfer_syntax, status, \
         status_text, status_category, error_comment, responses, dataset_bytes, response_dataset_bytes, request_start, request_end, \
         first_response, end, transfer_time, response_time, duration, throughput, priority, move_destination, move_originator_ae, \
         move_originator_message_id, remaining_suboperations, completed_suboperations, failed_suboperations, warning_suboperations, \
         cancelled, first_packet, last_packet, complete, answered",
    ),
    (
        "messages",
        "association, message, sender, command_field, command, message_id, context_id, transfer_syntax, sop_class, sop_class_name, \
         sop_instance, status, status_text, priority, has_dataset, command_bytes, dataset_bytes, pdus, start, end, first_packet, last_packet, \
         complete, affected_sop_class, requested_sop_class, message_id_responded_to, move_destination, data_set_type, offending_elements, \
         error_comment, error_id, affected_sop_instance, requested_sop_instance, event_type_id, attribute_identifiers, action_type_id, \
         remaining_suboperations, completed_suboperations, failed_suboperations, warning_suboperations, move_originator_ae, \
         move_originator_message_id",
    ),
    (
        "pdus",
        "association, connection, sender, type, type_name, length, stream_offset, start, end, first_packet, last_packet, pdvs, header, complete",
    ),
    ("findings", "severity, code, title, association, connection, message, packet, time, evidence, advice"),
    ("anomalies", "kind, layer, connection, association, packet, time, stream_offset, length, detail"),
    ("capture_info", "capture, name, format, link_types, packets, bytes, dropped, first_time, last_time"),
    (
        "events",
        "time, packet, connection, association, sender, source_ip, source_port, destination_ip, destination_port, event, calling_ae, called_ae, \
         context_id, message_id, sop_class, sop_class_name, sop_instance, status, status_text, dataset_bytes, complete, summary, details",
    ),
];

fn make(wanted: &[Table], batch_rows: usize, feed: impl FnOnce(&mut Tables)) -> Vec<(Table, RecordBatch)> {
    let mut tables = Tables::new(wanted, &Limits { batch_rows, anomalies_per_kind: 3, ..Limits::default() });
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
fn every_column_of_the_contract_exists() {
    assert_eq!(CONTRACT.len(), Table::ALL.len());
    for (name, columns) in CONTRACT {
        let schema = Table::parse(name).unwrap().schema();
        for column in columns.split(", ") {
            for side in if column.starts_with('~') { vec!["client_", "server_"] } else { vec![""] } {
                let column = column.replace('~', side);
                assert!(schema.field_with_name(&column).is_ok(), "{name}.{column} is missing");
            }
        }
    }
}

#[test]
fn column_types_follow_the_conventions() {
    let word = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let duration = DataType::Duration(TimeUnit::Nanosecond);
    let expected = [
        ("connection", DataType::UInt64),
        ("association", DataType::UInt64),
        ("first_packet", DataType::UInt64),
        ("requestor_ip", word.clone()),
        ("requestor_port", DataType::UInt16),
        ("vlan", DataType::UInt16),
        ("calling_ae", word.clone()),
        ("calling_ae_raw", DataType::Binary),
        ("start", time.clone()),
        ("time", time),
        ("duration", duration.clone()),
        ("client_rtt_min", duration),
        ("status", DataType::UInt16),
        ("sop_class", word.clone()),
        ("sop_instance", DataType::Utf8),
        ("abstract_syntax", word),
        ("evidence", DataType::Utf8),
        ("details", DataType::new_list(DataType::Utf8, true)),
        ("throughput", DataType::Float64),
        ("complete", DataType::Boolean),
    ];
    for (column, data_type) in expected {
        let fields: Vec<_> = Table::ALL.iter().filter_map(|table| table.schema().field_with_name(column).ok().cloned()).collect();
        assert!(!fields.is_empty(), "{column}");
        for field in fields {
            assert_eq!(field.data_type(), &data_type, "{column}");
        }
    }
}

#[test]
fn every_table_and_column_is_documented_once_named_once() {
    for table in Table::ALL {
        assert_eq!(Table::parse(table.name()), Some(*table));
        assert!(table.doc().starts_with("One row per "), "{}", table.doc());
        let schema = table.schema();
        let mut names = BTreeMap::new();
        for field in schema.fields() {
            assert!(field.metadata().get(DOC).is_some_and(|doc| doc.ends_with('.')), "{}.{}", table.name(), field.name());
            assert!(names.insert(field.name().clone(), ()).is_none(), "{}.{} twice", table.name(), field.name());
        }
    }
    assert_eq!(Table::parse("segment"), None);
}

#[test]
fn association_row() {
    let batch = rows(Table::Associations, |tables| {
        tables.association(&samples::association());
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
        tables.association(&bare);
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
        tables.association(&record);
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
        tables.operation(&samples::operation());
        let mut open = samples::operation();
        open.status = None;
        open.first_response = None;
        open.end = None;
        open.answered = false;
        open.responses = 0;
        open.dataset_bytes = 0;
        open.message_id = None;
        open.offending_elements = vec![0x0008_0018, 0x0010_0010];
        tables.operation(&open);
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
        tables.message(&samples::message());
        let mut lost = samples::message();
        lost.command = crate::event::CommandSet { message_id_responded_to: Some(9), ..Default::default() };
        lost.first.time = NO_TIME;
        tables.message(&lost);
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
        tables.connection(&record);
    });
    assert_eq!(text_at(&batch, "protocol", 0).as_deref(), Some("dicom"));
    assert_eq!(duration_at(&batch, "duration", 0), Some(2 * SECOND));
    assert_eq!((duration_at(&batch, "client_rtt_min", 0), duration_at(&batch, "server_rtt_min", 0)), (Some(77), None));
    assert_eq!((u64_at(&batch, "client_lost_bytes", 0), u64_at(&batch, "server_lost_bytes", 0)), (Some(0), Some(5)));
    assert!(null_at(&batch, "vlan", 0) && null_at(&batch, "tunnel", 0));
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
    let event = EventRecord {
        association: 7,
        connection: 3,
        stamp: Stamp { packet: 8, time: SECOND },
        sender: Sender::Acceptor,
        source: samples::server(),
        destination: samples::client(),
        name: "C-STORE-RSP",
        calling_ae: Some("CT01".to_owned()),
        called_ae: None,
        context_id: Some(1),
        message_id: Some(4),
        sop_class: Some(samples::CT.to_owned()),
        sop_instance: None,
        status: Some(0xa700),
        dataset_bytes: None,
        complete: true,
        summary: "refused".to_owned(),
        details: Vec::new(),
    };
    let batch = rows(Table::Pdus, |tables| {
        assert!(tables.wants().pdus && !tables.wants().events);
        tables.pdu(&pdu);
        tables.event(&event);
    });
    assert_eq!(batch.column_by_name("type").unwrap().as_primitive::<UInt8Type>().value(0), 4);
    assert_eq!(batch.column_by_name("length").unwrap().as_primitive::<UInt32Type>().value(0), 70_000);
    assert_eq!(batch.column_by_name("header").unwrap().as_binary::<i32>().value(0), [4, 0, 0, 1, 0x11, 0x70]);

    let batch = rows(Table::Events, |tables| tables.event(&event));
    assert_eq!(text_at(&batch, "event", 0).as_deref(), Some("C-STORE-RSP"));
    assert_eq!(text_at(&batch, "source_ip", 0).as_deref(), Some("10.0.0.2"));
    assert!(text_at(&batch, "status_text", 0).is_some());
    assert_eq!(list_at(&batch, "details", 0), Some(Vec::new()));
    assert!(null_at(&batch, "called_ae", 0) && null_at(&batch, "dataset_bytes", 0));
}

#[test]
fn capture_row() {
    let batch = rows(Table::CaptureInfo, |tables| tables.capture(&samples::capture()));
    assert_eq!(text_at(&batch, "name", 0).as_deref(), Some("a.pcap"));
    assert_eq!(list_at(&batch, "link_types", 0), Some(vec!["EN10MB".to_owned()]));
    assert!(null_at(&batch, "dropped", 0) && null_at(&batch, "comments", 0));
}

#[test]
fn anomalies_of_one_kind_are_capped_and_counted() {
    let batch = rows(Table::Anomalies, |tables| {
        for number in 0..10 {
            tables.anomaly(&Anomaly::new(AnomalyKind::BadPdu, "length 3").on(number));
        }
        tables.anomaly(&Anomaly::new(AnomalyKind::LostBytes, "12 bytes").at(Stamp { packet: 4, time: SECOND }).spanning(100, 12));
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

/// Every value of every row as text, table by table: batches must not show in it.
fn printed(batches: &[(Table, RecordBatch)]) -> BTreeMap<Table, Vec<String>> {
    let mut printed: BTreeMap<Table, Vec<String>> = BTreeMap::new();
    for (table, batch) in batches {
        assert_eq!(batch.schema(), table.schema());
        for row in 0..batch.num_rows() {
            let texts = batch.columns().iter().map(|column| {
                let one = column.slice(row, 1);
                text_of_any(&one)
            });
            printed.entry(*table).or_default().push(texts.collect::<Vec<_>>().join("|"));
        }
    }
    printed
}

fn text_of_any(array: &Arc<dyn Array>) -> String {
    match array.data_type() {
        DataType::Dictionary(..) | DataType::Utf8 => format!("{:?}", text_of(array, 0)),
        _ => format!("{array:?}"),
    }
}

fn feed_many(tables: &mut Tables) {
    for number in 0..23_u64 {
        let mut association = samples::association();
        association.association = number;
        association.calling_ae = (number % 3 != 0).then(|| format!("AE{}", number % 5));
        association.contexts.push(samples::context(3, 3));
        let mut operation = samples::operation();
        operation.association = number;
        operation.status = Some(if number % 4 == 0 { 0xa700 } else { 0 });
        operation.sop_instance = Some(format!("1.2.{number}"));
        tables.operation(&operation);
        tables.message(&samples::message());
        tables.association(&association);
        tables.connection(&samples::connection());
        tables.anomaly(&Anomaly::new(AnomalyKind::LostBytes, "x").on(number).spanning(number, 1));
        tables.capture(&samples::capture());
    }
}

#[test]
fn batches_of_any_size_hold_the_same_rows() {
    let whole = make(Table::DEFAULT, 10_000, feed_many);
    let order: Vec<_> = whole.iter().map(|(table, _)| *table).collect();
    assert_eq!(order, Table::DEFAULT, "one batch a table, in the enum's order");
    let expected = printed(&whole);
    assert_eq!(expected[&Table::Associations].len(), 23);
    assert_eq!(expected[&Table::PresentationContexts].len(), 46);
    for size in [0, 1, 2, 7, 22, 23, 24] {
        let batches = make(Table::DEFAULT, size, feed_many);
        assert!(batches.iter().all(|(_, batch)| (1..=size.max(1)).contains(&batch.num_rows())));
        assert_eq!(printed(&batches), expected, "batch_rows {size}");
    }
}

#[test]
fn a_full_batch_is_ready_at_once_and_an_empty_one_never() {
    let mut tables = Tables::new(&[Table::Messages, Table::Pdus], &Limits { batch_rows: 2, ..Limits::default() });
    tables.message(&samples::message());
    assert!(tables.ready().is_none());
    tables.message(&samples::message());
    assert_eq!(tables.ready().map(|(table, batch)| (table, batch.num_rows())), Some((Table::Messages, 2)));
    assert!(tables.ready().is_none());
    tables.finish();
    assert!(tables.flush().is_empty());
}

#[test]
fn repeated_words_are_stored_once() {
    let batch = rows(Table::Associations, |tables| (0..100).for_each(|_| tables.association(&samples::association())));
    let words = batch.column_by_name("calling_ae").unwrap().as_dictionary::<Int32Type>();
    assert_eq!((words.len(), words.values().len()), (100, 1));
    let ip = batch.column_by_name("requestor_ip").unwrap().as_dictionary::<Int32Type>();
    assert_eq!(ip.values().len(), 1);
}
