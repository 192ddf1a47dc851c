//! Each rule with a record that must trigger it, and one that must not. The ordinary exchange of `samples` triggers none.

use super::samples::{self, JPEG_2000, SECOND};
use super::{CODES, Rules};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{
    AssociationRecord, CaptureRecord, Closed, ConnectionRecord, EndedBy, FindingRecord, MessageRecord, Opened, OperationRecord, Outcome,
    Protocol, Sender, Stamp,
};
use crate::limits::Limits;

mod association;
mod capture;
mod operation;
mod timing;

fn found(feed: impl FnOnce(&mut Rules)) -> Vec<FindingRecord> {
    let mut rules = Rules::new(&Limits { finding_groups: 16, ..Limits::default() });
    feed(&mut rules);
    rules.finish();
    let found = rules.take();
    for finding in &found {
        let code = CODES.iter().find(|code| code.code == finding.code).expect("every code is listed");
        assert_eq!((finding.severity, finding.title, finding.advice), (code.severity, code.title, code.advice));
        assert!(!finding.evidence.is_empty());
    }
    found
}

fn codes(feed: impl FnOnce(&mut Rules)) -> Vec<&'static str> {
    found(feed).iter().map(|finding| finding.code).collect()
}

fn of_association(spoil: impl FnOnce(&mut AssociationRecord)) -> Vec<FindingRecord> {
    let mut record = samples::association();
    spoil(&mut record);
    found(|rules| rules.association(&record))
}

fn of_operation(spoil: impl FnOnce(&mut OperationRecord)) -> Vec<FindingRecord> {
    let mut record = samples::operation();
    spoil(&mut record);
    found(|rules| {
        rules.operation(&record);
        rules.association(&samples::association());
    })
}

fn of_connection(spoil: impl FnOnce(&mut ConnectionRecord)) -> Vec<FindingRecord> {
    let mut record = samples::connection();
    spoil(&mut record);
    found(|rules| {
        rules.association(&samples::association());
        rules.connection(&record);
    })
}

fn of_capture(spoil: impl FnOnce(&mut CaptureRecord)) -> Vec<FindingRecord> {
    let mut record = samples::capture();
    spoil(&mut record);
    found(|rules| {
        rules.association(&samples::association());
        rules.capture(&record);
    })
}

fn of_anomalies(kind: AnomalyKind, count: u64) -> Vec<FindingRecord> {
    found(|rules| {
        for number in 0..count {
            let stamp = Stamp { packet: 50 + number, time: SECOND };
            rules.anomaly(&Anomaly::new(kind, "numbers").at(stamp).on(3).within(Some(7)).spanning(number, 10));
        }
        rules.association(&samples::association());
        rules.connection(&samples::connection());
    })
}

/// The only finding, which has this code.
#[track_caller]
fn only(found: &[FindingRecord], code: &str) -> FindingRecord {
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [code]);
    found[0].clone()
}

#[track_caller]
fn says(finding: &FindingRecord, parts: &[&str]) {
    for part in parts {
        assert!(finding.evidence.contains(part), "{part:?} is not in {:?}", finding.evidence);
    }
}

#[test]
fn an_ordinary_exchange_has_no_findings() {
    let nothing = found(|rules| {
        rules.message(&samples::message());
        rules.operation(&samples::operation());
        rules.association(&samples::association());
        rules.connection(&samples::connection());
        rules.capture(&samples::capture());
        rules.anomaly(&Anomaly::new(AnomalyKind::PrefixBytes, "2"));
    });
    assert!(nothing.is_empty(), "{nothing:?}");
}

#[test]
fn codes_are_unique_and_kebab_case() {
    let mut names: Vec<_> = CODES.iter().map(|code| code.code).collect();
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CODES.len());
    assert!(CODES.iter().all(|code| code.advice.ends_with('.') && !code.title.ends_with('.')));
}

#[test]
fn groups_are_bounded_and_what_finds_no_place_is_counted() {
    let found = found(|rules| {
        for number in 0..20 {
            rules.anomaly(&Anomaly::new(AnomalyKind::LostBytes, "1").on(number).spanning(0, 1));
        }
        rules.association(&samples::association());
    });
    assert_eq!(found.len(), 17);
    assert!(found.iter().take(16).map(|finding| finding.connection).eq((0..16).map(Some)), "in order of first occurrence");
    assert_eq!(found[16].code, "limit-reached");
    says(&found[16], &["4 occurrences"]);
}

#[test]
fn open_associations_are_bounded() {
    let mut rules = Rules::new(&Limits { connections: 2, ..Limits::default() });
    for number in 0..10 {
        let mut message = samples::message();
        message.association = number;
        rules.message(&message);
    }
    assert_eq!(rules.progress.len(), 2);
}
