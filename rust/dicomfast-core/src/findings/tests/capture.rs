//! The rules over connections, anomalies, inputs and the whole.

use super::*;

/// A SYN and whatever answered it.
fn attempt(record: &mut ConnectionRecord) {
    for side in [&mut record.client_counts, &mut record.server_counts] {
        (side.packets, side.payload_bytes) = (1, 0);
    }
    (record.protocol, record.associations, record.syn_rtt) = (Protocol::Other, 0, None);
    (record.server_counts.mss, record.closed) = (None, Closed::Rst);
}

#[test]
fn connection_refused() {
    says(&only(&of_connection(attempt), "connection-refused"), &["10.0.0.1 -> 10.0.0.2:104", "1 attempt"]);
    // A SYN-ACK came before the RST.
    assert!(
        of_connection(|record| {
            attempt(record);
            record.server_counts.mss = Some(1460);
        })
        .is_empty()
    );
    assert!(
        of_connection(|record| {
            attempt(record);
            record.opened = Opened::Midstream;
        })
        .is_empty()
    );
}

#[test]
fn connection_unanswered_counts_attempts() {
    let mut record = samples::connection();
    attempt(&mut record);
    (record.server_counts.packets, record.client_counts.packets, record.closed) = (0, 3, Closed::Open);
    let found = found(|rules| {
        rules.association(&samples::association());
        rules.connection(&record);
        rules.connection(&record);
    });
    says(&only(&found, "connection-unanswered"), &["2 attempts, 6 packets"]);
}

#[test]
fn tls_and_no_dicom() {
    let encrypted = |record: &mut ConnectionRecord| record.protocol = Protocol::Tls;
    says(&only(&of_connection(encrypted), "tls"), &["encrypted: 1 connection"]);
    let mut record = samples::connection();
    record.protocol = Protocol::Other;
    let nothing = found(|rules| {
        rules.connection(&record);
        rules.capture(&samples::capture());
    });
    says(&only(&nothing, "no-dicom"), &["200 packets, 1 TCP connection, 0 of them encrypted"]);
}

#[test]
fn anomalies_of_a_connection_are_told_once_with_its_ends() {
    let finding = only(&of_anomalies(AnomalyKind::LostBytes, 3), "capture-lost-packets");
    says(&finding, &["connection 3, 10.0.0.1:50000 -> 10.0.0.2:104", "3 gaps, 30 bytes missing"]);
    assert_eq!((finding.connection, finding.packet), (Some(3), Some(50)));
    says(&only(&of_anomalies(AnomalyKind::OverlapConflict, 1), "overlap-conflict"), &["1 place, 10 bytes"]);
}

#[test]
fn anomalies_of_an_association_are_told_once_with_its_parties() {
    let finding = only(&of_anomalies(AnomalyKind::UnexpectedPdu, 2), "illegal-pdu");
    says(&finding, &["'CT01'", "unexpected-pdu, 2 times"]);
    assert_eq!(finding.association, Some(7));
}

#[test]
fn anomalies_of_the_capture() {
    for (kind, code) in [
        (AnomalyKind::OneDirection, "capture-one-direction"),
        (AnomalyKind::Midstream, "capture-midstream"),
        (AnomalyKind::BadChecksum, "capture-bad-checksums"),
        (AnomalyKind::TruncatedTail, "capture-damaged"),
        (AnomalyKind::DamagedCompression, "capture-damaged"),
        (AnomalyKind::ConnectionLimit, "limit-reached"),
    ] {
        says(&only(&of_anomalies(kind, 2), code), &["2 "]);
    }
    for kind in [AnomalyKind::TimestampOrder, AnomalyKind::CutPacket, AnomalyKind::UnknownItem] {
        assert!(of_anomalies(kind, 2).is_empty(), "{}", kind.name());
    }
}

#[test]
fn inputs_that_dropped_or_cut_packets() {
    says(&only(&of_capture(|record| record.dropped = Some(5)), "capture-dropped-packets"), &["5 packets dropped, 200 captured"]);
    assert!(of_capture(|record| record.dropped = Some(0)).is_empty());
    let cut = |record: &mut CaptureRecord| (record.cut_packets, record.original_bytes, record.snap_length) = (20, 90_000, Some(96));
    says(&only(&of_capture(cut), "capture-cut-packets"), &["20 of 200 packets, 80000 bytes missing, snap length 96"]);
}

#[test]
fn packets_captured_twice() {
    let twice = |copies: u64| of_connection(|record| record.client_counts.duplicate_packets = copies);
    says(&only(&twice(100), "capture-duplicates"), &["100 of 200"]);
    assert!(twice(1).is_empty());
}
