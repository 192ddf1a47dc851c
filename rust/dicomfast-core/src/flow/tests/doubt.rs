//! SYNs that contradict each other: the answer decides (C15 to C19 of the hazards; RFC 9293 section 3.5, RFC 5961 section 4).

use super::{ACK, CLIENT, Collector, FIN, Net, Over, RST, SECOND, SERVER, SYN};
use crate::event::Closed;
use crate::flow::FlowTable;
use crate::limits::Limits;

const FAR: i64 = 2_000_000_000;
const IGNORED: &str = "syn-on-live-connection";

fn texts(over: &[Over]) -> Vec<(String, String)> {
    over.iter().map(|over| (over.text(0), over.text(1))).collect()
}

fn pair(client: &str, server: &str) -> (String, String) {
    (client.into(), server.into())
}

#[test]
fn of_two_syn_acks_the_acknowledged_one_wins() {
    // Near and far, and with 0 to 2 others before and after the one that counts.
    for (other, before, after) in [(700, 1, 0), (FAR, 1, 0), (-FAR, 2, 2), (700, 0, 2), (FAR, 2, 1)] {
        let mut net = Net::new();
        net.send(CLIENT, 0, 0, SYN, "");
        for at in 0..before {
            net.send(SERVER, other + 1_000 * at, 1, SYN | ACK, "");
        }
        net.send(SERVER, 0, 1, SYN | ACK, "");
        for at in 0..after {
            net.send(SERVER, other + 500 + 1_000 * at, 1, SYN | ACK, "");
        }
        net.send(CLIENT, 1, 1, ACK, "").client(1, "hello").send(SERVER, 1, 6, ACK, "world");
        net.send(CLIENT, 6, 6, FIN | ACK, "").send(SERVER, 6, 7, FIN | ACK, "").send(CLIENT, 7, 7, ACK, "");
        let over = net.only();
        assert_eq!((over.text(0), over.text(1)), pair("hello", "world"), "{other} {before} {after}");
        assert_eq!(over.record.closed, Closed::Fin);
        assert_eq!(over.record.server_counts.lost_bytes, 0);
        assert_eq!(over.record.server_counts.packets as i64, 3 + before + after);
        assert_eq!(net.anomalies(), vec![IGNORED; (before + after) as usize]);
    }
}

#[test]
fn the_window_scale_is_that_of_the_syn_ack_that_wins() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "");
    net.options = &[3, 3, 9, 0];
    net.send(SERVER, FAR, 1, SYN | ACK, "");
    net.options = &[3, 3, 2, 0];
    net.send(SERVER, 0, 1, SYN | ACK, "");
    net.options = &[];
    net.send(CLIENT, 1, 1, ACK, "").client(1, "hello").fins(5);
    assert_eq!(net.only().record.server_counts.window_scale, Some(2));
}

#[test]
fn of_many_syns_the_acknowledged_one_wins() {
    for other in [5_000, FAR, -FAR] {
        let mut net = Net::new();
        net.send(CLIENT, 0, 0, SYN, "").send(CLIENT, other, 0, SYN, "").send(CLIENT, other + 70_000, 0, SYN, "");
        net.send(SERVER, 0, 1, SYN | ACK, "").send(CLIENT, 1, 1, ACK, "").client(1, "hello").send(SERVER, 1, 6, ACK, "world");
        net.send(CLIENT, 6, 6, FIN | ACK, "").send(SERVER, 6, 7, FIN | ACK, "");
        let over = net.finish();
        assert_eq!(texts(&over), [pair("", ""), pair("", ""), pair("hello", "world")], "a try is a connection of its own");
        assert_eq!(over[2].record.closed, Closed::Fin);
        assert_eq!(over[2].record.client_counts.lost_bytes, 0);
    }
}

#[test]
fn of_many_syns_the_one_that_bytes_follow_wins() {
    let mut net = Net::new();
    net.send(CLIENT, 0, 0, SYN, "").send(CLIENT, FAR, 0, SYN, "").client(1, "hello");
    assert_eq!(texts(&net.finish()), [pair("", ""), pair("hello", "")]);
}

#[test]
fn syns_are_bounded() {
    let mut net = Net::with(&Limits { syns: 3, ..Limits::default() });
    net.handshake().client(1, "he");
    for at in 0..100 {
        net.send(CLIENT, FAR + 100 * at, 0, SYN, "").send(SERVER, FAR + 100 * at, 1, SYN | ACK, "");
    }
    let kept = |table: &FlowTable<Collector>| table.doubtful_syns();
    assert_eq!(kept(&net.table), 6);
    net.client(3, "llo").fins(5);
    let over = net.only();
    assert_eq!((over.text(0), over.record.closed), ("hello".into(), Closed::Fin));
    assert_eq!(net.anomalies(), [IGNORED; 200], "each is told once");
    assert_eq!(over.record.client_counts.packets, 106);
}

#[test]
fn tries_are_bounded_and_the_last_ones_stay() {
    let mut net = Net::with(&Limits { syns: 3, ..Limits::default() });
    for at in 0..100 {
        net.send(CLIENT, FAR + 100_000 * at, 0, SYN, "");
        assert!(net.table.doubtful_syns() <= 3);
    }
    let last = FAR + 100_000 * 97;
    net.send(SERVER, 0, last + 1, SYN | ACK, "").send(CLIENT, last + 1, 1, ACK, "hello");
    let over = net.finish();
    assert_eq!((over.len(), over[99].text(0)), (100, "hello".into()));
}

#[test]
fn a_forged_syn_does_not_end_a_live_connection() {
    // RFC 5961 section 4.2: the answer is an acknowledgement of what was there before.
    for (sender, sequence) in [(CLIENT, FAR), (CLIENT, -FAR), (CLIENT, 500), (SERVER, FAR)] {
        for challenged in [true, false] {
            let mut net = Net::new();
            net.handshake().client(1, "he").send(SERVER, 1, 3, ACK, "wor").send(sender, sequence, 0, SYN, "");
            if challenged && sender == CLIENT {
                net.send(SERVER, 4, 3, ACK, "");
            }
            net.send(CLIENT, 3, 4, ACK, "llo").send(SERVER, 4, 6, ACK, "ld");
            net.send(CLIENT, 6, 6, FIN | ACK, "").send(SERVER, 6, 7, FIN | ACK, "");
            let over = net.only();
            assert_eq!((over.text(0), over.text(1)), pair("hello", "world"));
            assert_eq!(over.record.closed, Closed::Fin);
            assert_eq!(net.anomalies(), [IGNORED]);
        }
    }
}

#[test]
fn a_forged_syn_does_not_end_a_connection_whose_start_was_not_seen() {
    let mut net = Net::new();
    net.send(CLIENT, 100, 100, ACK, "he").send(SERVER, 100, 102, ACK, "wor").send(CLIENT, FAR, 0, SYN, "").send(SERVER, 103, 102, ACK, "");
    net.send(CLIENT, 102, 103, ACK, "llo").send(SERVER, 103, 105, ACK, "ld");
    let over = net.only();
    assert_eq!((over.text(0), over.text(1)), pair("hello", "world"));
}

/// The client crashed: its next connection has the same ports (RFC 9293 section 3.5.1).
fn crashed(second: impl Fn(&mut Net)) -> (Net, Vec<Over>) {
    let mut net = Net::new();
    net.handshake().client(1, "one").send(SERVER, 1, 4, ACK, "uno");
    net.initial = [FAR as u32, 3_000_000_000];
    second(&mut net);
    let over = net.finish();
    (net, over)
}

fn goes_on(net: &mut Net) {
    net.client(1, "two").send(SERVER, 1, 4, ACK, "due");
}

#[test]
fn a_syn_that_is_answered_opens_a_new_connection() {
    let (net, over) = crashed(|net| {
        net.send(CLIENT, 0, 0, SYN, "").wait(SECOND).send(CLIENT, 0, 0, SYN, "");
        net.send(SERVER, 0, 1, SYN | ACK, "").send(CLIENT, 1, 1, ACK, "");
        goes_on(net);
    });
    assert_eq!(texts(&over), [pair("one", "uno"), pair("two", "due")]);
    assert_eq!((over[0].record.closed, over[0].record.last.packet), (Closed::TupleReused, 5));
    assert_eq!((over[0].record.client_counts.packets, over[0].record.server_counts.packets), (3, 2));
    assert_eq!((over[1].record.first.packet, over[1].record.client.port), (6, 50_000), "it begins with its SYN");
    assert_eq!((over[1].record.client_counts.packets, over[1].record.client_counts.retransmissions), (4, 1));
    assert_eq!(over[1].record.syn_rtt, Some(SECOND + 3_000_000));
    assert_eq!(net.anomalies(), ["tuple-reused"]);
}

#[test]
fn the_same_where_its_answer_stands_before_it_in_the_capture() {
    let (net, over) = crashed(|net| {
        net.send(SERVER, 0, 1, SYN | ACK, "").send(CLIENT, 0, 0, SYN, "").send(CLIENT, 1, 1, ACK, "");
        goes_on(net);
    });
    assert_eq!(texts(&over), [pair("one", "uno"), pair("two", "due")]);
    assert_eq!((over[1].record.client.port, over[1].record.first.packet), (50_000, 6));
    assert_eq!(net.anomalies(), ["tuple-reused"]);
}

#[test]
fn the_same_where_its_answer_was_not_captured() {
    let without_syn_ack = |net: &mut Net| {
        net.send(CLIENT, 0, 0, SYN, "").send(CLIENT, 1, 1, ACK, "");
        goes_on(net);
    };
    let without_handshake = |net: &mut Net| {
        net.send(CLIENT, 0, 0, SYN, "");
        goes_on(net);
    };
    let by_the_server = |net: &mut Net| {
        net.send(CLIENT, 0, 0, SYN, "").send(SERVER, 1, 1, ACK, "due").client(1, "two");
    };
    for (case, second) in [without_syn_ack as fn(&mut Net), without_handshake, by_the_server].iter().enumerate() {
        let (net, over) = crashed(second);
        assert_eq!(texts(&over), [pair("one", "uno"), pair("two", "due")], "{case}");
        assert_eq!(net.anomalies(), ["tuple-reused"]);
    }
}

#[test]
fn the_same_where_only_one_direction_was_captured() {
    for sender in [CLIENT, SERVER] {
        let mut net = Net::new();
        let flags = if sender == CLIENT { SYN } else { SYN | ACK };
        net.send(sender, 0, 1, flags, "").send(sender, 1, 1, ACK, "one");
        net.initial = [FAR as u32, 3_000_000_000];
        net.send(sender, 0, 1, flags, "").send(sender, 1, 1, ACK, "two");
        let over = net.finish();
        assert_eq!(over.iter().map(|over| over.text(sender)).collect::<Vec<_>>(), ["one", "two"]);
    }
}

#[test]
fn a_new_syn_that_is_refused_is_a_connection_too() {
    let (_, over) = crashed(|net| {
        net.send(CLIENT, 0, 0, SYN, "").send(SERVER, 0, 1, RST | ACK, "");
    });
    assert_eq!(over.iter().map(|over| over.record.closed).collect::<Vec<_>>(), [Closed::TupleReused, Closed::Rst]);
}

#[test]
fn a_client_that_resets_what_it_is_challenged_with_opens_a_new_connection() {
    // RFC 5961 section 4.2: the challenge makes a client that crashed send a RST; then its SYN comes again.
    let (_, over) = crashed(|net| {
        net.send(CLIENT, 0, 0, SYN, "");
        let next = std::mem::replace(&mut net.initial, [1_000, 9_000]);
        net.send(SERVER, 4, 4, ACK, "").send(CLIENT, 4, 0, RST, "");
        net.initial = next;
        net.wait(SECOND).handshake();
        goes_on(net);
    });
    assert_eq!(texts(&over), [pair("one", "uno"), pair("two", "due")]);
    assert_eq!(over[0].record.closed, Closed::Rst);
}
