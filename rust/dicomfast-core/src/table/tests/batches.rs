//! How rows are cut into batches must not show in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use super::super::{Table, Tables};
use super::{event, make, rows, text_of, u64_at};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Connections, ElementRecord, EventRecord, Sink};
use crate::findings::samples;
use crate::limits::Limits;

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
        operation.sop_instance = Some(format!("1.2.{number}").into());
        tables.operation(operation);
        tables.message(samples::message());
        tables.association(association);
        tables.connection(samples::connection());
        tables.anomaly(Anomaly::new(AnomalyKind::LostBytes, "x").on(number).spanning(number, 1));
        tables.capture(samples::capture());
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
    let mut tables = Tables::new(&[Table::Messages, Table::Pdus], Connections::default(), &Limits { batch_rows: 2, ..Limits::default() });
    tables.message(samples::message());
    assert!(tables.ready().is_none());
    tables.message(samples::message());
    assert_eq!(tables.ready().map(|(table, batch)| (table, batch.num_rows())), Some((Table::Messages, 2)));
    assert!(tables.ready().is_none());
    tables.finish();
    assert!(tables.flush().is_empty());
}

#[test]
fn repeated_words_are_stored_once() {
    let batch = rows(Table::Associations, |tables| (0..100).for_each(|_| tables.association(samples::association())));
    let words = batch.column_by_name("calling_ae").unwrap().as_dictionary::<Int32Type>();
    assert_eq!((words.len(), words.values().len()), (100, 1));
    let ip = batch.column_by_name("requestor_ip").unwrap().as_dictionary::<Int32Type>();
    assert_eq!(ip.values().len(), 1);
}

fn element(message: u64) -> ElementRecord {
    ElementRecord {
        association: 7,
        message,
        packet: 8,
        path: "(0008,0060)".to_owned(),
        tag: 0x0008_0060,
        creator: None,
        vr: *b"CS",
        multiplicity: Some(1),
        length: Some(2),
        value: Some("CT".to_owned()),
        truncated: false,
        masked: false,
    }
}

#[test]
fn the_elements_of_a_message_come_before_its_event() {
    for size in 1..30 {
        let batches = make(&[Table::Events, Table::Elements], size, |tables| {
            for message in 0..23 {
                (0..message % 5).for_each(|_| tables.element(element(message)));
                tables.event(EventRecord { message: Some(message), ..event() });
            }
        });
        let mut come = BTreeMap::<u64, u64>::new();
        for (table, batch) in batches {
            for message in (0..batch.num_rows()).filter_map(|row| u64_at(&batch, "message", row)) {
                match table {
                    Table::Elements => *come.entry(message).or_default() += 1,
                    _ => assert_eq!(come.remove(&message).unwrap_or_default(), message % 5, "batch_rows {size}"),
                }
            }
        }
        assert!(come.is_empty());
    }
}
