//! Copies made by the capture, and packets that were sent again.

use super::{ACK, CLIENT, FIN, Net, SECOND, SERVER, SYN};
use crate::event::SideCounts;

fn counts(counts: &SideCounts) -> (u64, u64, u64) {
    (counts.duplicate_packets, counts.retransmissions, counts.duplicate_acks)
}

/// Sends a segment twice, with one IP identification.
fn twice(net: &mut Net, ip_id: u16, from: usize, place: (i64, i64), flags: u8, payload: &str) {
    net.ip_id = Some(ip_id);
    net.send(from, place.0, place.1, flags, payload).send(from, place.0, place.1, flags, payload);
    net.ip_id = None;
}

#[test]
fn copies_of_every_kind_of_segment() {
    let mut net = Net::new();
    twice(&mut net, 900, CLIENT, (0, 0), SYN, "");
    // Many systems send a SYN-ACK with the identification 0.
    twice(&mut net, 0, SERVER, (0, 1), SYN | ACK, "");
    twice(&mut net, 901, CLIENT, (1, 1), ACK, "");
    twice(&mut net, 902, CLIENT, (4, 1), ACK, "lo");
    twice(&mut net, 800, SERVER, (1, 1), ACK, "");
    twice(&mut net, 903, CLIENT, (1, 1), ACK, "hel");
    // What was held before.
    net.ip_id = Some(902);
    net.client(4, "lo");
    twice(&mut net, 801, SERVER, (1, 6), ACK, "");
    twice(&mut net, 904, CLIENT, (6, 1), FIN | ACK, "");
    twice(&mut net, 802, SERVER, (1, 7), FIN | ACK, "");
    twice(&mut net, 905, CLIENT, (7, 2), ACK, "");
    let over = net.only();
    assert_eq!(over.text(0), "hello");
    assert_eq!(counts(&over.record.client_counts), (7, 0, 0));
    // That one packet repeats what the SYN-ACK acknowledged; its copy does not count once more.
    assert_eq!(counts(&over.record.server_counts), (4, 0, 1));
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn what_is_sent_again_has_another_identification() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").client(1, "hello").acknowledge(1).client(8, "xy").acknowledge(1).acknowledge(1).client(8, "xy");
    let over = net.only();
    assert_eq!(counts(&over.record.client_counts), (0, 2, 0));
    assert_eq!(counts(&over.record.server_counts), (0, 0, 3));
}

#[test]
fn a_syn_ack_that_is_sent_again_with_the_same_identification_is_no_copy() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "");
    net.ip_id = Some(0);
    net.send(SERVER, 0, 1, SYN | ACK, "").wait(SECOND).send(SERVER, 0, 1, SYN | ACK, "");
    assert_eq!(counts(&net.only().record.server_counts), (0, 1, 0));
}

#[test]
fn a_forgery_does_not_pass_for_a_copy() {
    // Of bytes that were delivered, and of bytes that are held.
    for before in [1, 2] {
        let mut net = Net::new();
        net.handshake();
        net.ip_id = Some(7);
        net.client(before, "hello").client(before, "HELLO");
        let over = net.only();
        assert!(over.text(0).ends_with("hello"));
        assert_eq!(counts(&over.record.client_counts).0, 0);
        assert!(net.anomalies().contains(&"overlap-conflict"));
    }
}
