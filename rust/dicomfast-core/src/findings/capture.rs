//! Rules over what is wrong with the capture or the protocol (anomalies, inputs): what limits all that can be said.

use super::codes::{self, Code};
use super::groups::{Group, Groups, Opening, Place, Subject};
use super::text;
use crate::anomaly::{Anomaly, AnomalyKind as Kind};
use crate::event::{CaptureRecord, FindingRecord, NO_TIME};

pub(super) const ANOMALY_RULES: &[fn(&Anomaly, &mut Groups)] =
    &[lost_packets, illegal_pdu, overlap_conflict, one_direction, midstream, bad_checksums, damaged, limit_reached];

pub(super) const INPUT_RULES: &[fn(&CaptureRecord) -> Option<FindingRecord>] = &[dropped_packets, cut_packets];

fn add(anomaly: &Anomaly, subject: Subject, code: &'static Code, tell: fn(&Group) -> String, groups: &mut Groups) {
    let place = Place { association: anomaly.association, connection: anomaly.connection, packet: anomaly.packet, time: anomaly.time };
    let opening = Opening { variant: anomaly.kind as u32, ..Opening::new(code, place, tell) };
    groups.add(subject, &opening, anomaly.length.unwrap_or_default(), || anomaly.kind.name().to_owned());
}

fn connection_of(anomaly: &Anomaly) -> Subject {
    anomaly.connection.map_or(Subject::Capture, Subject::Connection)
}

fn lost_packets(anomaly: &Anomaly, groups: &mut Groups) {
    if anomaly.kind == Kind::LostBytes {
        let tell = |group: &Group| format!("{}, {} missing", text::count(group.count, "gap"), text::count(group.amount, "byte"));
        add(anomaly, connection_of(anomaly), &codes::CAPTURE_LOST_PACKETS, tell, groups);
    }
}

fn illegal_pdu(anomaly: &Anomaly, groups: &mut Groups) {
    let illegal = matches!(
        anomaly.kind,
        Kind::UnexpectedPdu
            | Kind::DataAfterRelease
            | Kind::UnknownPduType
            | Kind::BadPdu
            | Kind::BadPdv
            | Kind::BadContextId
            | Kind::ContextNotAccepted
    );
    if illegal {
        let subject = anomaly.association.map_or_else(|| connection_of(anomaly), Subject::Association);
        add(anomaly, subject, &codes::ILLEGAL_PDU, tell_kind, groups);
    }
}

/// "bad-pdu, 3 times".
fn tell_kind(group: &Group) -> String {
    format!("{}, {}", group.text, text::count(group.count, "time"))
}

fn overlap_conflict(anomaly: &Anomaly, groups: &mut Groups) {
    if anomaly.kind == Kind::OverlapConflict {
        let tell = |group: &Group| {
            format!("{}, {}; what came first is used", text::count(group.count, "place"), text::count(group.amount, "byte"))
        };
        add(anomaly, connection_of(anomaly), &codes::OVERLAP_CONFLICT, tell, groups);
    }
}

/// "12 connections", the first of which the finding points to.
fn tell_connections(group: &Group) -> String {
    text::count(group.count, "connection")
}

fn one_direction(anomaly: &Anomaly, groups: &mut Groups) {
    if anomaly.kind == Kind::OneDirection {
        add(anomaly, Subject::Capture, &codes::CAPTURE_ONE_DIRECTION, tell_connections, groups);
    }
}

fn midstream(anomaly: &Anomaly, groups: &mut Groups) {
    if anomaly.kind == Kind::Midstream {
        add(anomaly, Subject::Capture, &codes::CAPTURE_MIDSTREAM, tell_connections, groups);
    }
}

fn bad_checksums(anomaly: &Anomaly, groups: &mut Groups) {
    if anomaly.kind == Kind::BadChecksum {
        let tell = |group: &Group| text::count(group.count, "packet");
        add(anomaly, Subject::Capture, &codes::CAPTURE_BAD_CHECKSUMS, tell, groups);
    }
}

fn damaged(anomaly: &Anomaly, groups: &mut Groups) {
    let damage = matches!(
        anomaly.kind,
        Kind::TruncatedTail | Kind::BadRecord | Kind::BadBlock | Kind::UnknownInterface | Kind::DamagedCompression | Kind::FileChanged
    );
    if damage {
        add(anomaly, Subject::Capture, &codes::CAPTURE_DAMAGED, tell_kind, groups);
    }
}

fn limit_reached(anomaly: &Anomaly, groups: &mut Groups) {
    if matches!(anomaly.kind, Kind::HeldBytesLimit | Kind::ConnectionLimit | Kind::PendingLimit | Kind::FragmentLimit) {
        add(anomaly, Subject::Capture, &codes::LIMIT_REACHED, tell_kind, groups);
    }
}

fn input(record: &CaptureRecord, code: &'static Code, told: &str) -> FindingRecord {
    let place = Place { time: record.first_time.unwrap_or(NO_TIME), ..Place::NOWHERE };
    place.finding(code, format!("input {}: {told}", record.capture))
}

fn dropped_packets(record: &CaptureRecord) -> Option<FindingRecord> {
    let dropped = record.dropped.filter(|dropped| *dropped > 0)?;
    let told = format!("{} dropped, {} captured", text::count(dropped, "packet"), record.packets);
    Some(input(record, &codes::CAPTURE_DROPPED_PACKETS, &told))
}

fn cut_packets(record: &CaptureRecord) -> Option<FindingRecord> {
    (record.cut_packets > 0).then(|| {
        let snap = record.snap_length.map(|length| format!(", snap length {length}")).unwrap_or_default();
        let missing = record.original_bytes.saturating_sub(record.bytes);
        let told = format!("{} of {} packets, {missing} bytes missing{snap}", record.cut_packets, record.packets);
        input(record, &codes::CAPTURE_CUT_PACKETS, &told)
    })
}
