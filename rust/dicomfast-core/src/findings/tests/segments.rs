//! The rules over how a connection carried its data.

use super::*;

fn much(record: &mut ConnectionRecord) {
    record.client_counts.payload_bytes = 2_000_000;
}

#[test]
fn tiny_segments() {
    let tiny = |record: &mut ConnectionRecord| {
        much(record);
        record.client_counts.packets = 8_000;
    };
    says(
        &only(&of_connection(tiny), "tiny-segments"),
        &["10.0.0.1 -> 10.0.0.2:104", "8000 packets, 250 each; the maximum segment size is 1460"],
    );
    let usual = |record: &mut ConnectionRecord| {
        much(record);
        record.client_counts.packets = 1_500;
    };
    assert!(of_connection(usual).is_empty());
    let acknowledgements = |record: &mut ConnectionRecord| {
        tiny(record);
        record.server_counts.payload_bytes = 10_000_000;
    };
    assert!(of_connection(acknowledgements).is_empty(), "most packets may hold nothing");
}

#[test]
fn packets_sent_again() {
    let lossy = |again| {
        move |record: &mut ConnectionRecord| {
            (record.server_counts.packets, record.server_counts.retransmissions) = (2_000, again);
            record.server_counts.spurious_retransmissions = 5;
        }
    };
    says(&only(&of_connection(lossy(45)), "packets-sent-again"), &["40 of 2000 packets of the server", "(2 %)"]);
    assert!(of_connection(lossy(24)).is_empty());
    assert!(of_connection(|record| record.protocol = Protocol::Other).iter().all(|finding| finding.code != "packets-sent-again"));
}

#[test]
fn window_scaling_missing() {
    let far = |scale| {
        move |record: &mut ConnectionRecord| {
            much(record);
            record.client_counts.packets = 1_500;
            (record.client_counts.window_scale, record.server_counts.window_scale) = (Some(7), scale);
            (record.client_way, record.server_way) = (Some(MILLI), Some(39 * MILLI));
        }
    };
    says(
        &only(&of_connection(far(None)), "window-scaling-missing"),
        &["not announced by the server", "round trip of 40.0 ms are at most 1.64 MB/s"],
    );
    assert!(of_connection(far(Some(0))).is_empty());
}

#[test]
fn several_connections_are_one_line() {
    let told = found(|rules| {
        rules.association(&samples::association());
        for number in 0..30 {
            let mut record = samples::connection();
            (record.connection, record.client.port) = (number, 40_000 + number as u16);
            (record.client_counts.packets, record.client_counts.payload_bytes) = (8_000, 2_000_000);
            rules.connection(&record);
        }
    });
    says(&only(&told, "tiny-segments"), &["30 connections like this one"]);
}
