//! Every bound of the flow and DICOM stages that a conversation can reach, with the behaviour its doc tells.

use dicomfast_core::event::Protocol;
use dicomfast_core::limits::Limits;

use super::rows::{Rows, run_bytes};
use super::wire::{ACK, INITIAL, Packet, SYN, capture, packets};
use super::world::{Act, End, Plan, World, build};

fn stores(count: usize) -> Plan {
    Plan { acts: vec![Act::Store { size: 10 }; count], end: End::Release, rejected: false, same_id: false, fragment: 5_000, shared: false }
}

fn seen(world: &World, keep: impl Fn(&Packet) -> bool, limits: &Limits) -> Rows {
    let packets: Vec<Packet> = packets(world, &[1_000]).into_iter().filter(keep).collect();
    run_bytes(capture(&packets, INITIAL), &[usize::MAX], 1, limits)
}

fn count(rows: &Rows, kind: &str) -> usize {
    rows.anomalies.iter().filter(|anomaly| anomaly.kind.name() == kind).count()
}

#[test]
fn pending_operations() {
    let limits = Limits { pending_operations: 2, ..Limits::default() };
    let rows = seen(&build(&[stores(10)], 1), |packet| packet.from == 0, &limits);
    assert_eq!((rows.operations.len(), count(&rows, "pending-limit")), (10, 8));
    assert!(rows.operations.iter().all(|row| !row.answered));
}

#[test]
fn deferred_messages() {
    let world = build(&[stores(10)], 1);
    let mut packets = packets(&world, &[1_000]);
    packets.sort_by_key(|packet| packet.from);
    let limits = Limits { deferred_messages: 4, ..Limits::default() };
    let rows = run_bytes(capture(&packets, INITIAL), &[usize::MAX], 1, &limits);
    // The requests come before the answer to the association: four wait for it, the others go without a transfer syntax.
    assert_eq!(rows.messages.len(), 20);
    assert_eq!(rows.messages.iter().filter(|row| row.transfer_syntax.is_none()).count(), 6);
    assert!(rows.operations.iter().all(|row| row.transfer_syntax.is_some() && row.complete));
}

#[test]
fn open_associations() {
    let limits = Limits { open_associations: 2, ..Limits::default() };
    let world = build(&[stores(1), stores(1), stores(1), stores(1), stores(1)], 1);
    let rows = seen(&world, |packet| packet.from == 0, &limits);
    assert_eq!((rows.associations.len(), rows.messages.len(), rows.operations.len()), (5, 5, 5));
    let numbers: Vec<u64> = rows.associations.iter().map(|row| row.association).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4], "the oldest gives way first");
}

#[test]
fn contexts() {
    let limits = Limits { contexts: 2, ..Limits::default() };
    let rows = seen(&build(&[stores(1)], 1), |_| true, &limits);
    assert_eq!(rows.associations[0].contexts.len(), 2);
    assert!(rows.has("bad-item"));
}

#[test]
fn command_bytes() {
    let limits = Limits { command_bytes: 64, ..Limits::default() };
    let rows = seen(&build(&[stores(1)], 1), |_| true, &limits);
    assert!(rows.messages.iter().all(|row| !row.complete));
    assert_eq!(rows.messages.len(), 2);
}

#[test]
fn associate_bytes() {
    let limits = Limits { associate_bytes: 300, ..Limits::default() };
    let rows = seen(&build(&[stores(1)], 1), |_| true, &limits);
    assert_eq!(rows.associations[0].requested, None, "the request is skipped");
    assert_eq!(rows.associations[0].calling_ae.as_deref(), Some("SCU0"), "its answer repeats the titles");
    assert_eq!((count(&rows, "bad-pdu"), rows.associations[0].complete), (1, false));
    assert_eq!(rows.operations.len(), 1);
}

#[test]
fn pdu_bytes() {
    let mut plan = stores(2);
    plan.acts[0] = Act::Store { size: 4_000 };
    let limits = Limits { pdu_bytes: 1_000, ..Limits::default() };
    let rows = seen(&build(&[plan], 1), |_| true, &limits);
    assert!(rows.has("bad-pdu") && rows.has("resynchronised"));
    assert_eq!(rows.operations.iter().filter(|row| row.complete).count(), 1, "the second one is found");
}

/// A client's bytes of which nothing is known, then an association.
fn behind(noise: usize, syn: bool, limits: &Limits) -> Rows {
    let world = build(&[stores(1)], 1);
    let mut packets = Vec::new();
    if syn {
        packets.push(Packet::new(0, 0, 0, SYN, &[]));
    }
    let stream = [vec![b'x'; noise], world.streams[0].clone()].concat();
    for (index, piece) in stream.chunks(100).enumerate() {
        packets.push(Packet::new(0, 1 + index as u32 * 100, 1, ACK, piece));
    }
    run_bytes(capture(&packets, INITIAL), &[usize::MAX], 1, limits)
}

#[test]
fn preamble_bytes() {
    let limits = Limits { preamble_bytes: 1_000, ..Limits::default() };
    let near = behind(900, true, &limits);
    assert_eq!((near.connections[0].protocol, near.associations.len()), (Protocol::Dicom, 1));
    assert!(near.has("prefix-bytes"));
    let far = behind(1_500, true, &limits);
    assert_eq!((far.connections[0].protocol, far.associations.len()), (Protocol::Other, 0));
}

#[test]
fn detection_bytes() {
    let limits = Limits { detection_bytes: 5_000, ..Limits::default() };
    let near = behind(4_500, false, &limits);
    assert_eq!((near.connections[0].protocol, near.associations.len()), (Protocol::Dicom, 1));
    assert!(near.has("midstream"));
    let far = behind(6_000, false, &limits);
    assert_eq!((far.connections[0].protocol, far.associations.len()), (Protocol::Other, 0));
}
