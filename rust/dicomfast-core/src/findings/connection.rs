//! Rules over one TCP connection that has ended (RFC 9293). Knows no DICOM but the name of the protocol.

use super::codes;
use super::groups::{Group, Groups, Opening, Place, Subject};
use super::text;
use crate::event::{Closed, ConnectionRecord, Opened, Protocol, SideCounts};

pub(super) const RULES: &[fn(&ConnectionRecord, &mut Groups)] = &[refused, unanswered, encrypted];

pub(super) fn place(record: &ConnectionRecord) -> Place {
    Place { association: None, connection: Some(record.connection), packet: Some(record.first.packet), time: record.first.time }
}

pub(super) fn attempt(record: &ConnectionRecord) -> Subject {
    Subject::Attempt(record.client.ip, record.server)
}

fn tell_attempts(group: &Group) -> String {
    format!("{}, {}", group.text, text::count(group.count, "attempt"))
}

pub(super) fn from_to(record: &ConnectionRecord) -> String {
    format!("{} -> {}", record.client.ip, text::endpoint(record.server))
}

/// A SYN-ACK announces at least one option (RFC 9293 section 3.7.1); a RST carries none.
fn accepted(server: &SideCounts) -> bool {
    server.mss.is_some() || server.window_scale.is_some()
}

/// SYN answered by RST.
fn refused(record: &ConnectionRecord, groups: &mut Groups) {
    let (client, server) = (&record.client_counts, &record.server_counts);
    let empty = client.payload_bytes == 0 && server.payload_bytes == 0 && record.syn_rtt.is_none();
    if record.opened == Opened::Handshake && record.closed == Closed::Rst && empty && server.packets > 0 && !accepted(server) {
        let opening = Opening::new(&codes::CONNECTION_REFUSED, place(record), tell_attempts);
        groups.add(attempt(record), &opening, 0, || format!("{}: SYN answered by RST", from_to(record)));
    }
}

/// SYN without any answer.
fn unanswered(record: &ConnectionRecord, groups: &mut Groups) {
    let (client, server) = (&record.client_counts, &record.server_counts);
    let silent = server.packets == 0 && client.payload_bytes == 0 && record.closed != Closed::Fin;
    if record.opened == Opened::Handshake && silent {
        let tell = |group: &Group| format!("{}, {}", tell_attempts(group), text::count(group.amount, "packet"));
        let opening = Opening::new(&codes::CONNECTION_UNANSWERED, place(record), tell);
        groups.add(attempt(record), &opening, client.packets, || format!("{}: SYN without an answer", from_to(record)));
    }
}

fn encrypted(record: &ConnectionRecord, groups: &mut Groups) {
    if matches!(record.protocol, Protocol::Tls | Protocol::DicomTls) {
        let tell =
            |group: &Group| format!("encrypted: {}; contents are not shown; first: {}", text::count(group.count, "connection"), group.text);
        groups.add(Subject::Capture, &Opening::new(&codes::TLS, place(record), tell), 0, || text::ends(record));
    }
}
