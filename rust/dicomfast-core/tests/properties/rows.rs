//! A sink that keeps every row, and the rows in a form that does not depend on how the bytes were cut or ordered.

use dicomfast_core::anomaly::Anomaly;
use dicomfast_core::capture::Input;
use dicomfast_core::event::{AssociationRecord, Class, ConnectionRecord, MessageRecord, OperationRecord, PduRecord, Sink, Wants};
use dicomfast_core::limits::Limits;
use dicomfast_core::pipeline::{Engine, EngineOptions};
use proptest::test_runner::{Config, RngSeed};

use super::wire::{INITIAL, Packet, Trickle, capture};

#[derive(Default)]
pub(crate) struct Rows {
    pub connections: Vec<ConnectionRecord>,
    pub associations: Vec<AssociationRecord>,
    pub messages: Vec<MessageRecord>,
    pub operations: Vec<OperationRecord>,
    pub pdus: Vec<PduRecord>,
    pub anomalies: Vec<Anomaly>,
}

impl Sink for Rows {
    fn connection(&mut self, record: ConnectionRecord) {
        self.connections.push(record);
    }

    fn association(&mut self, record: AssociationRecord) {
        self.associations.push(record);
    }

    fn message(&mut self, record: MessageRecord) {
        self.messages.push(record);
    }

    fn operation(&mut self, record: OperationRecord) {
        self.operations.push(record);
    }

    fn pdu(&mut self, record: PduRecord) {
        self.pdus.push(record);
    }

    fn anomaly(&mut self, record: Anomaly) {
        self.anomalies.push(record);
    }

    fn wants(&self) -> Wants {
        Wants { pdus: true, ..Wants::default() }
    }
}

impl Rows {
    /// Has an anomaly of this kind.
    pub fn has(&self, kind: &str) -> bool {
        self.anomalies.iter().any(|anomaly| anomaly.kind.name() == kind)
    }

    /// All rows, sorted, without packets and times.
    pub fn content(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for row in &self.messages {
            rows.push(format!(
                "message {} {:?} {} {:?} {:?} {} {} {} {} {}",
                row.association,
                row.sender,
                row.context_id,
                row.transfer_syntax,
                row.command,
                row.has_dataset,
                row.command_bytes,
                row.dataset_bytes,
                row.pdus,
                row.complete
            ));
        }
        for row in &self.operations {
            let mut row = row.clone();
            (row.first_packet, row.last_packet) = (0, 0);
            (row.request_start, row.request_end, row.first_response, row.end) = (None, None, None, None);
            row.budget = None;
            rows.push(format!("{row:?}"));
        }
        for row in &self.associations {
            let mut row = row.clone();
            for stamp in [&mut row.first, &mut row.last] {
                (stamp.packet, stamp.time) = (0, 0);
            }
            (row.requested, row.answered, row.released) = (row.requested.map(|_| 0), row.answered.map(|_| 0), row.released.map(|_| 0));
            row.dataset_span = row.dataset_span.map(|_| (0, 0));
            row.budget = None;
            rows.push(format!("{row:?}"));
        }
        for row in &self.pdus {
            rows.push(format!(
                "pdu {} {:?} {} {} {} {} {:?} {}",
                row.association, row.sender, row.pdu_type, row.length, row.stream_offset, row.pdvs, row.header, row.complete
            ));
        }
        for row in &self.connections {
            rows.push(format!("connection {:?} {:?} {:?} {} {:?}", row.client, row.server, row.protocol, row.associations, row.closed));
        }
        rows.sort();
        rows
    }

    /// Where the time went adds up to how long it took, whatever the packets were.
    fn assert_budgets(&self) {
        let associations = self.associations.iter().map(|row| (row.budget, Some(row.first.time), Some(row.last.time)));
        let operations = self.operations.iter().map(|row| (row.budget, row.request_start, row.end));
        for (budget, from, until) in associations.chain(operations) {
            if let (Some(budget), Some(from), Some(until)) = (budget, from, until) {
                assert_eq!(budget.sum(&Class::ALL), until - from);
                assert!(until < from || Class::ALL.iter().all(|class| budget.get(*class) >= 0), "{budget:?}");
            } else {
                assert!(budget.is_none());
            }
        }
    }

    /// The rows of one that the other does not have, both ways.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (mine, theirs) = (self.content(), other.content());
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|row| !those.contains(row)).map(|row| format!("\n{row}")).collect()
        };
        [only(&mine, &theirs), only(&theirs, &mine)].concat()
    }
}

pub(crate) fn run_bytes(file: Vec<u8>, reads: &[usize], threads: usize, limits: &Limits) -> Rows {
    let reader = Trickle { bytes: file, at: 0, sizes: reads.to_vec(), reads: 0 };
    let inputs = vec![Input::Reader { name: "world".to_owned(), reader: Box::new(reader) }];
    let options = EngineOptions { threads, limits: limits.clone(), ..EngineOptions::default() };
    let mut engine = Engine::open(inputs, &options, Rows::default()).expect("a capture that can be opened");
    while engine.step().expect("a capture that can be read") {}
    let rows = engine.into_sink();
    rows.assert_budgets();
    rows
}

/// The rows of a capture of these packets.
pub(crate) fn run(packets: &[Packet]) -> Rows {
    run_bytes(capture(packets, INITIAL), &[usize::MAX], 1, &Limits::default())
}

/// A fixed number of the same cases each time: a run of the tests neither fails by chance nor takes longer. `PROPTEST_CASES` asks
/// for so many others.
pub(crate) fn cases(count: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let usual = Config { failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    if asked { usual } else { Config { cases: count, rng_seed: RngSeed::Fixed(0), ..usual } }
}
