use super::{ACK, CLIENT, FIN, Net, SECOND, SERVER, Seen, URG};
use crate::flow::Missing;
use crate::limits::Limits;

#[test]
fn keep_alive_is_no_data() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").client(5, "").client(5, "?").client(6, "!").fins(6);
    assert_eq!(net.only().text(0), "hello!");
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn zero_window_probe_is_delivered_once() {
    let mut net = Net::new();
    net.handshake().client(1, "hello");
    net.window = 0;
    net.acknowledge(6).client(6, "!").acknowledge(6);
    net.window = 65_535;
    net.acknowledge(6).client(6, "!and more").fins(14);
    let over = net.only();
    assert_eq!(over.text(0), "hello!and more");
    assert_eq!(over.record.server_counts.zero_windows, 2);
}

#[test]
fn urgent_data_stays_in_the_stream() {
    let mut net = Net::new();
    net.handshake().send(CLIENT, 1, 1, ACK | URG, "hello").fins(5);
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), ["urgent-data"]);
}

#[test]
fn bad_checksum_is_left_out_once_good_ones_were_seen() {
    let mut net = Net::new();
    net.handshake();
    net.checksum = Some(0x1234);
    net.client(1, "HELLO").send(CLIENT, 3, 1, FIN | ACK, "");
    net.checksum = None;
    net.client(1, "hello").fins(5);
    let over = net.only();
    assert_eq!((over.text(0), over.record.client_counts.bad_checksums), ("hello".into(), 2));
    assert_eq!(net.anomalies(), ["bad-checksum"; 2]);
}

#[test]
fn bad_checksum_on_a_fin_with_data() {
    let mut net = Net::new();
    net.handshake();
    net.checksum = Some(0x1234);
    net.send(CLIENT, 1, 1, FIN | ACK, "he");
    net.checksum = None;
    net.client(1, "hello").fins(5);
    assert_eq!(net.only().text(0), "hello");
}

#[test]
fn all_checksums_bad_means_offload() {
    let mut net = Net::new();
    net.checksum = Some(0x1234);
    net.handshake().client(1, "hello").fins(5);
    assert_eq!(net.only().text(0), "hello");
    assert_eq!(net.anomalies(), [""; 0]);
}

#[test]
fn hole_that_the_peer_acknowledged_is_given_up_after_so_many_segments() {
    let limits = Limits { acknowledged_wait_segments: 10, ..Limits::default() };
    let mut net = Net::with(&limits);
    net.handshake().client(6, "x");
    for at in 0..9 {
        net.client(7 + at, "x");
    }
    net.acknowledge(16);
    // The other direction's segments do not count.
    for _ in 0..50 {
        net.acknowledge(16);
    }
    for at in 0..10 {
        net.client(16 + at, "x");
    }
    assert_eq!(net.anomalies(), [""; 0]);
    net.client(26, "x");
    assert_eq!(net.anomalies(), ["lost-bytes"]);
    net.fins(26);
    assert_eq!(net.only().text(0), format!(".....{}", "x".repeat(21)));
}

#[test]
fn acknowledgement_before_its_data_does_not_close_an_old_hole() {
    let mut net = Net::new();
    net.handshake().client(4, "lo").wait(3 * SECOND).acknowledge(6).client(1, "hel").fins(5);
    assert_eq!(net.only().text(0), "hello");
}

#[test]
fn hole_that_the_peer_acknowledged_is_given_up_after_some_time() {
    let mut net = Net::new();
    net.handshake().client(4, "lo").acknowledge(6).wait(2 * SECOND).acknowledge(6);
    assert_eq!(net.anomalies(), ["lost-bytes"]);
    assert_eq!(net.only().text(0), "...lo");
}

#[test]
fn hole_that_the_peer_did_not_acknowledge_waits() {
    let mut net = Net::new();
    net.handshake().acknowledge(1).client(4, "lo");
    for at in 0..1_000 {
        net.acknowledge(1).client(6 + at, "x");
    }
    net.wait(30 * SECOND).client(1, "hel").fins(1_005);
    assert_eq!(net.only().text(0), format!("hello{}", "x".repeat(1_000)));
}

#[test]
fn hole_of_which_a_part_is_acknowledged_waits_for_the_rest() {
    let mut net = Net::new();
    net.handshake().client(11, "xyz").acknowledge(6).wait(5 * SECOND).acknowledge(6).client(6, "fghij");
    net.acknowledge(14).wait(2 * SECOND).acknowledge(14);
    assert_eq!(net.only().text(0), ".....fghijxyz");
}

#[test]
fn hole_with_one_direction_is_given_up_by_bytes() {
    let mut net = Net::with(&Limits { unacknowledged_bytes: 100, ..Limits::default() });
    net.send(CLIENT, 0, 0, super::SYN, "").client(1, "a").client(3, "c");
    for at in 0..98 {
        net.client(4 + at, "x");
    }
    assert_eq!(net.anomalies(), [""; 0]);
    net.client(102, "xx");
    assert_eq!(net.anomalies(), ["lost-bytes"]);
    assert!(net.only().text(0).starts_with("a.cxxx"));
    assert_eq!(net.anomalies(), ["lost-bytes", "one-direction"]);
}

#[test]
fn held_bytes_are_bounded() {
    let mut net = Net::with(&Limits { held_bytes: 100, ..Limits::default() });
    net.handshake().acknowledge(1);
    for at in 0..1_000 {
        net.client(2 + 2 * at, "x");
        assert!(net.table.held_bytes() <= 101);
    }
    assert!(net.anomalies().contains(&"held-bytes-limit"));
    assert_eq!(net.only().text(0), ".x".repeat(1_000));
}

#[test]
fn held_pieces_are_bounded() {
    let mut net = Net::with(&Limits { held_pieces: 8, ..Limits::default() });
    net.handshake().acknowledge(1);
    for at in 0..100 {
        net.client(2 + 2 * at, "x");
        assert!(net.table.held_bytes() <= 9);
    }
    assert!(net.anomalies().contains(&"held-bytes-limit"));
}

#[test]
fn first_delivered_bytes_win() {
    let mut net = Net::new();
    net.handshake().client(1, "hello").client(1, "HELLO").client(6, "!").fins(6);
    assert_eq!(net.only().text(0), "hello!");
    assert_eq!(net.anomalies(), ["overlap-conflict"]);
}

#[test]
fn first_held_bytes_win() {
    let mut net = Net::new();
    net.handshake().client(4, "lo").client(2, "ELLO").client(1, "h").fins(5);
    assert_eq!(net.only().text(0), "hELlo");
    assert_eq!(net.anomalies(), ["overlap-conflict"]);
}

#[test]
fn history_is_bounded() {
    let mut net = Net::with(&Limits { history_segments: 4, ..Limits::default() });
    net.handshake();
    for at in 0..10 {
        net.client(1 + at, "x");
    }
    // The last four are remembered, the first is not.
    net.client(9, "yy").client(1, "y").fins(10);
    assert_eq!(net.only().text(0), "x".repeat(10));
    assert_eq!(net.anomalies(), ["overlap-conflict"]);
}

#[test]
fn cut_by_the_snap_length() {
    let mut net = Net::new();
    net.handshake().send_cut(CLIENT, 1, 1, ACK, "hello", 2).client(6, "!").fins(6);
    let over = net.only();
    assert_eq!(over.text(0), "he...!");
    assert!(over.state.seen[0].contains(&(2, Seen::Gap(3, Missing::NotCaptured))));
    assert_eq!((over.record.client_counts.not_captured_bytes, over.record.client_counts.lost_bytes), (3, 0));
}

#[test]
fn out_of_order_bytes_that_nobody_reads_are_not_held() {
    let mut net = Net::new();
    net.table.consumer.unread = u64::MAX;
    net.handshake().client(4, "lo");
    assert_eq!(net.table.held_bytes(), 0);
    net.client(1, "hel").fins(5);
    assert!(net.only().state.seen[0].contains(&(3, Seen::Passed(2))));
}

#[test]
fn a_beginning_without_a_syn_is_put_in_order_first() {
    let mut net = Net::with(&Limits { start_segments: 4, ..Limits::default() });
    net.client(104, "d").client(102, "b").client(103, "c").client(101, "a").client(100, "x").client(105, "e");
    assert_eq!(net.only().text(0), "abcde", "what comes before the decided beginning is too late");
    let mut net = Net::with(&Limits { start_wait: SECOND / 10, ..Limits::default() });
    net.client(104, "d").wait(SECOND).client(103, "c").client(105, "e");
    assert_eq!(net.only().text(0), "cde");
}

#[test]
fn sequence_numbers_wrap() {
    for before in 0..12 {
        let mut net = Net::new();
        net.initial = [0u32.wrapping_sub(before), 0u32.wrapping_sub(3)];
        net.handshake().client(4, "lo").client(1, "hel").send(SERVER, 1, 6, ACK, "world").fins(5);
        let over = net.only();
        assert_eq!((over.text(0), over.text(1)), ("hello".into(), "world".into()));
    }
}
