//! Records -> findings: what is worth telling a person. Knows the records of `event`; knows nothing of Arrow or of how the records
//! came about. One function a rule (`findings/*.rs`); this file only feeds them.

use hashbrown::HashMap;

use crate::anomaly::Anomaly;
use crate::event::{AssociationRecord, CaptureRecord, ConnectionRecord, FindingRecord, MessageRecord, OperationRecord, StallRecord, Time};
use crate::limits::Limits;

mod association;
mod capture;
mod case;
mod codes;
mod connection;
mod contexts;
mod groups;
mod habits;
mod late;
mod operation;
mod path;
#[cfg(test)]
pub(crate) mod samples;
mod segments;
mod silence;
mod stalled;
mod text;
mod timing;
mod waits;
mod whole;

use association::{Ended, Last, Progress};
use case::Kept;
pub use codes::{CODES, Code};
use groups::{Groups, Subject};
use timing::Timing;
use whole::Totals;

/// Takes what happened and collects findings, in the order in which they become certain. Its state is bounded: by
/// `finding_groups` and by the connections and associations that are open at a time.
#[derive(Debug)]
pub struct Rules {
    found: Vec<FindingRecord>,
    groups: Groups,
    /// Of associations that have not ended, at most as many as there are connections.
    progress: HashMap<u64, Progress, foldhash::fast::RandomState>,
    progress_limit: usize,
    /// By connection: associations that have ended before it; together at most as many as there are connections.
    kept: HashMap<u64, Vec<Kept>, foldhash::fast::RandomState>,
    kept_count: usize,
    totals: Totals,
}

impl Rules {
    pub fn new(limits: &Limits) -> Self {
        Self {
            found: Vec::new(),
            groups: Groups::new(limits.finding_groups, limits.finding_period),
            progress: HashMap::default(),
            progress_limit: limits.connections,
            kept: HashMap::default(),
            kept_count: 0,
            totals: Totals::default(),
        }
    }

    /// What was found since the last time.
    pub fn take(&mut self) -> Vec<FindingRecord> {
        std::mem::take(&mut self.found)
    }

    /// The input is at its end: tells what is left and what concerns the whole.
    pub fn finish(&mut self) {
        let mut kept: Vec<_> = self.kept.drain().flat_map(|(_, kept)| kept).collect();
        self.kept_count = 0;
        kept.sort_by_key(|kept| kept.place.association);
        for kept in &kept {
            judge(kept, None, &mut self.groups);
        }
        for (_, group) in self.groups.close_all() {
            self.found.extend(group.finding(""));
        }
        self.found.extend(whole::RULES.iter().filter_map(|rule| rule(&self.totals, &self.groups)));
    }

    /// The progress of an open association; `None` where too many are open.
    fn progress(&mut self, association: u64) -> Option<&mut Progress> {
        if self.progress.len() >= self.progress_limit && !self.progress.contains_key(&association) {
            return None;
        }
        Some(self.progress.entry(association).or_default())
    }

    /// It is this late: tells what was counted for long enough.
    fn at(&mut self, time: Time) {
        self.found.extend(self.groups.due(time).iter().filter_map(|group| group.finding("")));
    }

    pub fn connection(&mut self, record: &ConnectionRecord) {
        self.at(record.last.time);
        for group in self.groups.close(&Subject::Connection(record.connection)) {
            self.found.extend(group.finding(&text::ends(record)));
        }
        let kept = self.kept.remove(&record.connection).unwrap_or_default();
        self.kept_count -= kept.len();
        for kept in &kept {
            judge(kept, Some(record), &mut self.groups);
        }
        for rule in connection::RULES.iter().chain(segments::RULES) {
            rule(record, &mut self.groups);
        }
        self.totals.connection(record);
    }

    pub fn association(&mut self, record: &AssociationRecord) {
        self.at(record.last.time);
        for group in self.groups.close(&Subject::Association(record.association)) {
            self.found.extend(group.finding(&text::parties(record)));
        }
        let progress = self.progress.remove(&record.association).unwrap_or_default();
        let ended = Ended { record, progress: &progress };
        self.found.extend(association::RULES.iter().filter_map(|rule| rule(&ended)));
        self.found.extend(contexts::RULES.iter().filter_map(|rule| rule(record)));
        for rule in late::RULES.iter().chain(silence::RULES).chain(habits::RULES) {
            rule(&ended, &mut self.groups);
        }
        whole::one_association_per_object(record, &mut self.groups);
        self.totals.associations += 1;
        self.keep(record, progress.timing);
    }

    /// Keeps what the connection's end is needed for.
    fn keep(&mut self, record: &AssociationRecord, timing: Timing) {
        let Some(kept) = Kept::of(record, timing) else { return };
        if self.kept_count >= self.progress_limit {
            self.groups.refused += 1;
            return;
        }
        self.kept.entry(record.connection).or_default().push(kept);
        self.kept_count += 1;
    }

    pub fn message(&mut self, record: &MessageRecord) {
        self.at(record.last.time);
        if let Some(progress) = self.progress(record.association) {
            progress.last = Some(Last::of(record));
        }
    }

    pub fn operation(&mut self, record: &OperationRecord) {
        for rule in operation::RULES {
            rule(record, &mut self.groups);
        }
        if let Some(progress) = self.progress(record.association) {
            operation::note(record, progress);
        }
    }

    /// A message stood still.
    pub fn stall(&mut self, record: &StallRecord) {
        if let Some(progress) = self.progress(record.association) {
            progress.timing.stall(record);
        }
    }

    pub fn anomaly(&mut self, record: &Anomaly) {
        self.at(record.time);
        for rule in capture::ANOMALY_RULES {
            rule(record, &mut self.groups);
        }
    }

    pub fn capture(&mut self, record: &CaptureRecord) {
        self.found.extend(capture::INPUT_RULES.iter().filter_map(|rule| rule(record)));
        self.totals.capture(record);
    }
}

/// Where the time of an association went.
fn judge(kept: &Kept, connection: Option<&ConnectionRecord>, groups: &mut Groups) {
    for rules in [waits::RULES, stalled::RULES] {
        case::judge(kept, connection, rules, groups);
    }
}

#[cfg(test)]
mod tests;
