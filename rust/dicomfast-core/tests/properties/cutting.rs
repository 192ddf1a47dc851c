//! However the bytes are cut into segments, reads and windows, the rows are those that were sent.

use dicomfast_core::limits::Limits;
use proptest::prelude::*;

use super::rows::{Rows, cases, run, run_bytes};
use super::wire::{INITIAL, capture, packets};
use super::world::{ACCEPTOR, REQUESTOR, World, world};
use dicomfast_core::event::Sender;

pub(crate) fn sender(of: usize) -> Sender {
    if of == REQUESTOR { Sender::Requestor } else { Sender::Acceptor }
}

/// Sizes of segments: single bytes, the usual, and more than a frame of Ethernet.
pub(crate) fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        3 => prop::collection::vec(prop_oneof![Just(1usize), 1usize..20, 100usize..1_460, Just(1_460), 5_000usize..30_000], 1..6),
        1 => Just(vec![1_460]),
    ]
}

/// The rows say exactly what the world did.
pub(crate) fn agrees(rows: &Rows, world: &World) -> Result<(), TestCaseError> {
    prop_assert_eq!(rows.associations.len() as u64, world.associations);
    let mut messages: Vec<String> = rows
        .messages
        .iter()
        .map(|row| {
            let name = row.command.affected_sop_instance.clone().unwrap_or_default();
            let size = row.has_dataset.then_some(row.dataset_bytes as usize);
            format!(
                "{name} {:?} {} {:?} {} {size:?} {}",
                row.sender, row.association, row.command.command_field, row.context_id, row.complete
            )
        })
        .collect();
    messages.sort();
    let mut expected: Vec<String> = world
        .messages
        .iter()
        .map(|sent| {
            let (name, field) = (sent.name, Some(sent.field));
            format!("1.2.3.{name}.9 {:?} {} {field:?} {} {:?} true", sender(sent.sender), sent.association, sent.context, sent.dataset)
        })
        .collect();
    expected.sort();
    prop_assert_eq!(messages, expected);
    let mut operations: Vec<String> = rows
        .operations
        .iter()
        .map(|row| {
            let name = row.sop_instance.clone().unwrap_or_default();
            format!("{name} {} {:?} {} {} {}", row.association, row.initiator, row.responses, row.answered, row.complete)
        })
        .collect();
    operations.sort();
    let mut expected: Vec<String> = world
        .operations
        .iter()
        .map(|done| {
            let request = &world.messages[done.request];
            let (name, initiator) = (request.name, sender(request.sender));
            format!("1.2.3.{name}.9 {} {initiator:?} {} true true", request.association, done.responses.len())
        })
        .collect();
    expected.sort();
    prop_assert_eq!(operations, expected);
    for (of, starts) in world.pdus.iter().enumerate() {
        let mut offsets: Vec<usize> =
            rows.pdus.iter().filter(|pdu| pdu.sender == sender(of)).map(|pdu| pdu.stream_offset as usize).collect();
        offsets.sort_unstable();
        prop_assert_eq!(&offsets, starts, "PDUs of {}", if of == ACCEPTOR { "the acceptor" } else { "the requestor" });
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_segmentation_reads_and_threads(
        world in world(),
        sizes in sizes(),
        reads in prop::collection::vec(1usize..100_000, 1..4),
        threads in 1usize..=2,
        window_bytes in prop_oneof![Just(1usize), 64usize..4_096, Just(512 << 10)],
    ) {
        let plain = run(&packets(&world, &[1_460]));
        agrees(&plain, &world)?;
        prop_assert_eq!(plain.anomalies.len(), 0, "{:?}", plain.anomalies);
        let limits = Limits { window_bytes, ..Limits::default() };
        let cut = run_bytes(capture(&packets(&world, &sizes), INITIAL), &reads, threads, &limits);
        prop_assert_eq!(cut.differences(&plain), Vec::<String>::new());
    }
}
