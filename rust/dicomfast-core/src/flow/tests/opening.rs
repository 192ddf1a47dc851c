use super::{ACK, CLIENT, FIN, Net, RST, SECOND, SERVER, SYN, opened};
use crate::event::{Closed, Opened};

#[test]
fn handshake() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").send(SERVER, 1, 6, ACK, "world").fins(5);
    // The server's FIN stands after its bytes.
    net.send(SERVER, 6, 7, FIN | ACK, "");
    let over = net.only();
    assert_eq!((over.text(0), over.text(1)), ("hello".into(), "world".into()));
    assert_eq!((opened(&over), over.record.client.port, over.record.server.port), (Opened::Handshake, 50_000, 104));
    assert_eq!(over.record.syn_rtt, Some(2_000_000));
}

#[test]
fn syn_retransmitted() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "").wait(SECOND).handshake().client(1, "hello").send(CLIENT, 0, 0, SYN, "").client(6, "!").fins(6);
    let over = net.only();
    assert_eq!((over.text(0), over.record.closed), ("hello!".into(), Closed::Fin));
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn syn_ack_first() {
    let mut net = Net::new();
    net.send(SERVER, 0, 1, SYN | ACK, "").send(CLIENT, 0, 0, SYN, "").client(1, "hello").fins(5);
    let over = net.only();
    assert_eq!((over.text(0), over.record.client.port, opened(&over)), ("hello".into(), 50_000, Opened::Handshake));
}

#[test]
fn data_before_syn() {
    let mut net = Net::new();
    net.client(4, "lo").client(1, "hel").handshake().client(6, "!").fins(6);
    let over = net.only();
    assert_eq!((over.text(0), opened(&over)), ("hello!".into(), Opened::Handshake));
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn late_syn_does_not_begin_the_stream_again() {
    let mut net = Net::new();
    for at in 0..100 {
        net.client(1 + at, "x");
    }
    net.send(CLIENT, 0, 0, SYN, "").client(101, "y").fins(101);
    let over = net.only();
    assert_eq!(over.text(0), "x".repeat(100) + "y");
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn syn_with_data() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "he").send(SERVER, 0, 3, SYN | ACK, "").client(3, "llo").fins(5);
    assert_eq!(net.only().text(0), "hello");
}

#[test]
fn data_of_a_syn_that_the_server_ignored_comes_again() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "he").send(SERVER, 0, 1, SYN | ACK, "").client(1, "hello").fins(5);
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn simultaneous_open() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "").send(SERVER, 0, 0, SYN, "");
    net.send(CLIENT, 0, 1, SYN | ACK, "").send(SERVER, 0, 1, SYN | ACK, "");
    net.client(1, "hello").fins(5);
    let over = net.only();
    assert_eq!((over.text(0), over.record.client.port), ("hello".into(), 50_000));
}

#[test]
fn split_handshake() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "").send(SERVER, 0, 1, ACK, "").send(SERVER, 0, 0, SYN, "");
    net.send(CLIENT, 0, 1, SYN | ACK, "").send(SERVER, 1, 1, ACK, "").client(1, "hello").fins(5);
    let over = net.only();
    assert_eq!((over.text(0), over.record.client.port), ("hello".into(), 50_000));
}

#[test]
fn syn_with_fin_or_rst_does_no_damage() {
    let mut net = Net::new();
    net.handshake().send(CLIENT, 3, 0, SYN | FIN, "").send(CLIENT, 2, 0, SYN | RST, "").client(1, "hello").fins(5);
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), ["bad-tcp-flags"; 2]);
}

#[test]
fn syn_inside_the_window_of_a_live_connection_is_ignored() {
    let mut net = Net::new();
    net.handshake().client(1, "he").send(CLIENT, 500, 0, SYN, "").client(3, "llo").fins(5);
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), ["syn-on-live-connection"]);
}

#[test]
fn ports_used_again() {
    for close in [Some(FIN), Some(RST), None] {
        let mut net = Net::new();
        net.handshake().client(1, "one");
        match close {
            Some(RST) => _ = net.send(CLIENT, 4, 1, RST | ACK, ""),
            Some(_) => _ = net.fins(3),
            None => {}
        }
        net.initial = [9_000_000, 77];
        net.handshake().client(1, "two").fins(3);
        let over = net.finish();
        assert_eq!(over.iter().map(|over| over.text(0)).collect::<Vec<_>>(), ["one", "two"], "{close:?}");
        let closed = match close {
            Some(RST) => Closed::Rst,
            Some(_) => Closed::Fin,
            None => Closed::TupleReused,
        };
        assert_eq!(over[0].record.closed, closed);
        assert_eq!(net.anomalies().contains(&"tuple-reused"), close.is_none());
    }
}

#[test]
fn ports_used_again_without_a_captured_syn() {
    for over in [false, true] {
        let mut net = Net::new();
        net.handshake().client(1, "one").send(SERVER, 1, 4, ACK, "ok");
        if over {
            net.send(CLIENT, 4, 3, FIN | ACK, "").send(SERVER, 3, 5, FIN | ACK, "");
        }
        net.initial = [2_000_000_000, 77];
        net.client(1, "NEW").client(4, "two");
        let connections = net.finish();
        assert_eq!(connections.iter().map(|over| over.text(0)).collect::<Vec<_>>(), ["one", "NEWtwo"]);
    }
}

#[test]
fn begins_in_the_middle() {
    let mut net = Net::new();
    net.send(SERVER, 500, 100, ACK, "abc").send(CLIENT, 103, 503, ACK, "de").send(CLIENT, 100, 503, ACK, "abc");
    let over = net.only();
    assert_eq!((over.text(0), over.text(1), opened(&over)), ("abcde".into(), "abc".into(), Opened::Midstream));
    assert_eq!(over.record.server.port, 104, "the well-known port tells the server");
}

#[test]
fn what_was_received_before_the_capture_began_is_negative() {
    // The server's bytes from 400 to 499 are not in the capture; each piece of the client says how many it had received.
    let mut net = Net::new();
    net.send(SERVER, 500, 100, ACK, "abc").send(CLIENT, 100, 400, ACK, "a").send(CLIENT, 101, 499, ACK, "b");
    net.send(CLIENT, 103, 503, ACK, "d").send(CLIENT, 102, 502, ACK, "c");
    let over = net.only();
    assert_eq!(over.text(0), "abcd");
    assert_eq!(over.state.acknowledged[1], [Some(-100), Some(-1), Some(2), Some(3)]);
    // Where the first byte is known there is none before it, whatever an acknowledgment says.
    let mut net = Net::new();
    net.handshake().send(CLIENT, 1, -500, ACK, "a").send(SERVER, 1, 2, ACK, "x").send(CLIENT, 2, 2, ACK, "b");
    assert_eq!(net.only().state.acknowledged[0], [Some(0), Some(1)]);
}
