//! Each rule with a record that must trigger it, and one that must not. The ordinary exchange of `samples` triggers none.

use super::samples::{self, JPEG_2000, SECOND};
use super::{CODES, Rules};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{
    AssociationRecord, CaptureRecord, Cause, Class, Closed, ConnectionRecord, EndedBy, FindingRecord, MessageRecord, Opened,
    OperationRecord, Outcome, Protocol, Sender, StallRecord, Stamp,
};
use crate::limits::Limits;

mod association;
mod capture;
mod habits;
mod operation;
mod segments;
mod silence;
mod stalled;
mod waits;

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

const MILLI: i64 = SECOND / 1_000;

/// An association of this time budget, with operations and stalls, on a path of so many nanoseconds to the client and to the server.
struct Timed {
    budget: Vec<(Class, i64)>,
    operations: Vec<OperationRecord>,
    stalls: Vec<StallRecord>,
    ways: (i64, i64),
}

impl Timed {
    fn new(budget: &[(Class, i64)]) -> Self {
        Self { budget: budget.to_vec(), operations: Vec::new(), stalls: Vec::new(), ways: (400, 600) }
    }

    /// So many operations, each answered after so long, so long after the one before.
    fn operations(mut self, count: i64, response: i64, gap: i64) -> Self {
        self.operations = (0..count)
            .map(|number| {
                let mut record = samples::operation();
                let start = SECOND + number * (MILLI + response + gap);
                record.request_start = Some(start);
                record.request_end = Some(start + MILLI);
                record.first_response = Some(start + MILLI + response);
                record.end = record.first_response;
                record
            })
            .collect();
        self
    }

    fn stall(mut self, stall: StallRecord) -> Self {
        self.stalls.push(stall);
        self
    }

    fn ways(mut self, to_client: i64, to_server: i64) -> Self {
        self.ways = (to_client, to_server);
        self
    }

    fn feed(&self, rules: &mut Rules, number: u64, spoil: impl FnOnce(&mut AssociationRecord, &mut ConnectionRecord)) {
        for operation in &self.operations {
            rules.operation(&OperationRecord { association: number, ..operation.clone() });
        }
        for stall in &self.stalls {
            rules.stall(&StallRecord { association: number, ..stall.clone() });
        }
        let (mut association, mut connection) = (samples::association(), samples::connection());
        (association.association, association.connection, connection.connection) = (number, number, number);
        association.budget = Some(samples::budget(&self.budget));
        association.operations = self.operations.len() as u64;
        (connection.client_way, connection.server_way) = (Some(self.ways.0), Some(self.ways.1));
        connection.syn_rtt = Some(self.ways.0 + self.ways.1);
        spoil(&mut association, &mut connection);
        rules.association(&association);
        rules.connection(&connection);
    }

    fn found(&self) -> Vec<FindingRecord> {
        found(|rules| self.feed(rules, 7, |_, _| ()))
    }
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
