//! Records -> findings: what is worth telling a person. Knows the records of `event`; knows nothing of Arrow or of how the records
//! came about. One function a rule (`findings/*.rs`); this file only feeds them. What needs the whole of the input is told at its end.

use hashbrown::HashMap;

use crate::anomaly::Anomaly;
use crate::event::{AssociationRecord, CaptureRecord, ConnectionRecord, FindingRecord, MessageRecord, OperationRecord, StallRecord};
use crate::limits::Limits;

mod association;
mod between;
mod capture;
mod codes;
mod connection;
mod contexts;
mod groups;
mod operation;
#[cfg(test)]
pub(crate) mod samples;
mod text;
mod timing;
mod whole;

use association::{Ended, Last, Progress};
use between::Relations;
pub use codes::{CODES, Code};
use groups::{Groups, Subject};
use whole::Totals;

/// Takes what happened and collects findings, in the order in which they become certain. Its state is bounded: by
/// `finding_groups` and by the associations that are open at a time.
#[derive(Debug)]
pub struct Rules {
    found: Vec<FindingRecord>,
    groups: Groups,
    /// Of associations that have not ended, at most as many as there are connections.
    progress: HashMap<u64, Progress, foldhash::fast::RandomState>,
    progress_limit: usize,
    relations: Relations,
    totals: Totals,
}

impl Rules {
    pub fn new(limits: &Limits) -> Self {
        Self {
            found: Vec::new(),
            groups: Groups::new(limits.finding_groups),
            progress: HashMap::default(),
            progress_limit: limits.connections,
            relations: Relations::new(limits.finding_groups, limits.connections),
            totals: Totals::default(),
        }
    }

    /// What was found since the last time.
    pub fn take(&mut self) -> Vec<FindingRecord> {
        std::mem::take(&mut self.found)
    }

    /// The input is at its end: tells what is left and what concerns the whole.
    pub fn finish(&mut self) {
        for (_, group) in self.groups.close_all() {
            self.found.extend(group.finding(""));
        }
        let timing = self.relations.all.iter().flat_map(|between| timing::RULES.iter().filter_map(move |rule| rule(between)));
        self.found.extend(timing);
        self.groups.refused += self.relations.refused;
        self.found.extend(whole::RULES.iter().filter_map(|rule| rule(&self.totals, &self.groups)));
    }

    /// The progress of an open association; `None` where too many are open.
    fn progress(&mut self, association: u64) -> Option<&mut Progress> {
        if self.progress.len() >= self.progress_limit && !self.progress.contains_key(&association) {
            return None;
        }
        Some(self.progress.entry(association).or_default())
    }

    pub fn connection(&mut self, record: &ConnectionRecord) {
        for group in self.groups.close(&Subject::Connection(record.connection)) {
            self.found.extend(group.finding(&text::ends(record)));
        }
        for rule in connection::RULES {
            rule(record, &mut self.groups);
        }
        self.relations.connection(record);
        self.totals.connection(record);
    }

    pub fn association(&mut self, record: &AssociationRecord) {
        for group in self.groups.close(&Subject::Association(record.association)) {
            self.found.extend(group.finding(&text::parties(record)));
        }
        let progress = self.progress.remove(&record.association).unwrap_or_default();
        let ended = Ended { record, progress: &progress };
        self.found.extend(association::RULES.iter().filter_map(|rule| rule(&ended)));
        self.found.extend(contexts::RULES.iter().filter_map(|rule| rule(record)));
        whole::one_association_per_object(record, &mut self.groups);
        whole::idle_timeout(record, &progress, &mut self.groups);
        self.relations.association(record, &progress.waited);
        self.totals.associations += 1;
    }

    pub fn message(&mut self, record: &MessageRecord) {
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
            progress.waited.operation(record);
        }
    }

    /// A message stood still.
    pub fn stall(&mut self, record: &StallRecord) {
        if let Some(progress) = self.progress(record.association) {
            progress.waited.stall(record);
            if !record.resumed {
                progress.stuck = Some(record.clone());
            }
        }
    }

    pub fn anomaly(&mut self, record: &Anomaly) {
        for rule in capture::ANOMALY_RULES {
            rule(record, &mut self.groups);
        }
    }

    pub fn capture(&mut self, record: &CaptureRecord) {
        self.found.extend(capture::INPUT_RULES.iter().filter_map(|rule| rule(record)));
        self.totals.capture(record);
    }
}

#[cfg(test)]
mod tests;
