use super::{ACK, CLIENT, FIN, Net, RST, SECOND, SERVER, SYN};
use crate::event::Closed;
use crate::limits::Limits;

#[test]
fn reset_inside_the_window() {
    for sequence in [6, 3_000] {
        let mut net = Net::new();
        net.handshake().client(1, "hello").send(CLIENT, sequence, 1, RST | ACK, "");
        let over = net.only();
        assert_eq!((over.text(0), over.record.closed), ("hello".into(), Closed::Rst));
    }
}

#[test]
fn reset_outside_the_window_is_ignored() {
    let mut net = Net::new();
    net.handshake().client(1, "he").send(CLIENT, 1_000_000, 900_000, RST | ACK, "").client(3, "llo").fins(5);
    let over = net.only();
    assert_eq!((over.text(0), over.record.closed), ("hello".into(), Closed::Fin));
    assert_eq!(net.anomalies(), ["reset-ignored"]);
    assert_eq!(over.record.server_counts.lost_bytes, 0, "its acknowledgment does not count either");
}

#[test]
fn refused_connection() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "");
    net.initial[SERVER] = 0;
    net.send(SERVER, 0, 1, RST | ACK, "");
    assert_eq!(net.only().record.closed, Closed::Rst);
}

#[test]
fn reset_before_the_last_data() {
    let mut net = Net::new();
    net.handshake().client(1, "he").send(CLIENT, 6, 1, RST | ACK, "").client(3, "llo");
    let over = net.only();
    assert_eq!((over.text(0), over.record.closed), ("hello".into(), Closed::Rst));
}

#[test]
fn fin_with_data() {
    let mut net = Net::new();
    net.handshake().client(1, "he").send(CLIENT, 3, 1, FIN | ACK, "llo").send(SERVER, 1, 7, FIN | ACK, "");
    let over = net.only();
    assert_eq!((over.text(0), over.record.closed), ("hello".into(), Closed::Fin));
}

#[test]
fn fin_retransmitted() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").fins(5).send(CLIENT, 6, 1, FIN | ACK, "").send(SERVER, 1, 7, FIN | ACK, "");
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn fin_before_a_hole_is_filled() {
    let mut net = Net::new();
    net.handshake().client(4, "lo").send(CLIENT, 6, 1, FIN | ACK, "").send(SERVER, 1, 1, FIN | ACK, "").client(1, "hel");
    let over = net.only();
    assert_eq!((over.text(0), over.record.closed), ("hello".into(), Closed::Fin));
}

#[test]
fn fins_before_the_data_of_a_direction_without_a_beginning() {
    let mut net = Net::new();
    net.send(CLIENT, 6, 1, FIN | ACK, "").send(SERVER, 1, 7, FIN | ACK, "").client(4, "lo").client(1, "hel");
    assert_eq!(net.only().text(0), "hello");
}

#[test]
fn a_late_retransmission_after_both_fins_still_belongs() {
    let mut net = Net::new();
    net.handshake().client(4, "lo").send(CLIENT, 6, 1, FIN | ACK, "").send(SERVER, 1, 1, FIN | ACK, "");
    for _ in 0..600 {
        net.wait(SECOND / 100).send(SERVER, 2, 1, ACK, "");
    }
    net.client(1, "hel");
    assert_eq!(net.only().text(0), "hello");
}

#[test]
fn data_after_fin() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").send(CLIENT, 6, 1, FIN | ACK, "").client(6, "more").send(SERVER, 1, 7, FIN | ACK, "");
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), ["data-after-fin"]);
}

#[test]
fn reset_after_fin() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").send(CLIENT, 6, 1, FIN | ACK, "").send(SERVER, 1, 7, RST | ACK, "");
    assert_eq!(net.only().record.closed, Closed::Rst);
    let mut net = Net::new();
    net.handshake().client(1, "hello").fins(5).send(CLIENT, 7, 2, RST, "");
    assert_eq!(net.only().record.closed, Closed::Fin);
}

#[test]
fn acknowledged_tail_that_is_not_there() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").acknowledge(11);
    let over = net.only();
    assert_eq!((over.text(0), over.record.client_counts.lost_bytes), ("hello.....".into(), 5));
    // One more than the bytes is the FIN.
    let mut net = Net::new();
    net.handshake().client(1, "hello").acknowledge(7);
    assert_eq!(net.only().text(0), "hello");
}

#[test]
fn the_fin_behind_a_lost_tail_is_no_byte() {
    // Neither the last bytes nor the FIN are in the capture: an acknowledgement of each tells them apart,
    let mut net = Net::new();
    net.handshake().client(1, "hello").acknowledge(11).acknowledge(12);
    let over = net.only();
    assert_eq!((over.text(0), over.record.client_counts.lost_bytes), ("hello.....".into(), 5));
    // or what the client sent before and after the FIN.
    let mut net = Net::new();
    net.handshake().client(1, "hello").send(CLIENT, 11, 1, ACK, "").acknowledge(12).send(CLIENT, 12, 2, ACK, "");
    assert_eq!(net.only().text(0), "hello.....");
    // One direction of which nothing is in the capture.
    let mut net = Net::new();
    net.send(SERVER, 0, 1, SYN | ACK, "").acknowledge(6).acknowledge(11).send(SERVER, 1, 12, FIN | ACK, "");
    assert_eq!(net.only().record.client_counts.lost_bytes, 10);
}

fn tracked_after(net: &mut Net, wait: i64) -> usize {
    net.wait(wait);
    // Another connection's segments make the table look at the silent ones.
    net.port = 50_001;
    for at in 0..2_000 {
        net.client(1 + at, "x");
    }
    net.table.len() - 1
}

#[test]
fn idle_connections_are_forgotten_by_packet_time() {
    let limits = Limits::default();
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "");
    assert_eq!(tracked_after(&mut net, limits.idle_embryonic + 10 * SECOND), 0, "nothing but a SYN");
    let mut net = Net::new();
    net.handshake().client(1, "hello");
    assert_eq!(tracked_after(&mut net, limits.idle_embryonic + 10 * SECOND), 1, "it carried data");
    let mut net = Net::new();
    net.handshake().client(1, "hello");
    // One hour more, in steps that the clock believes.
    for _ in 0..25 {
        net.wait(3_500 * SECOND);
        net.port = 50_001;
        net.client(1, "x");
    }
    assert_eq!(tracked_after(&mut net, SECOND), 0, "a day of silence");
}

#[test]
fn one_wrong_time_expires_nothing() {
    let mut net = Net::new();
    net.handshake().client(1, "he");
    let now = net.time;
    net.port = 50_001;
    net.time = i64::MAX / 2;
    net.client(1, "x");
    net.time = now;
    assert_eq!(tracked_after(&mut net, SECOND), 1);
    net.port = 50_000;
    net.client(3, "llo").fins(5);
    assert_eq!(net.finish()[0].text(0), "hello");
}

#[test]
fn longest_silent_connection_gives_way() {
    let mut net = Net::with(&Limits { connections: 3, ..Limits::default() });
    for port in 1..=10 {
        net.port = port;
        net.client(1, "x");
        assert!(net.table.len() <= 3);
    }
    assert_eq!(net.anomalies().iter().filter(|kind| **kind == "connection-limit").count(), 7);
    assert_eq!(net.finish().len(), 10, "each has its row");
}

#[test]
fn closing_connections_are_bounded() {
    let mut net = Net::with(&Limits { closing_connections: 2, ..Limits::default() });
    for port in 1..=10 {
        net.port = port;
        net.handshake().fins(0);
        assert!(net.table.len() <= 3);
    }
    assert_eq!(net.finish().len(), 10);
}
