//! Things that are counted and told once: groups with a bound, told when their subject ends, or after a while where it has none. Knows no
//! rule.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::codes::Code;
use crate::event::{Endpoint, FindingRecord, NO_TIME, Time};

/// What a group is about. Connections and associations end; the others do not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Capture,
    Connection(u64),
    Association(u64),
    /// From an address to a service.
    Attempt(IpAddr, Endpoint),
    /// Calling and called AE title, and where the called one is.
    Titles(String, String, Endpoint),
}

impl Subject {
    fn ends(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Association(_))
    }
}

/// Where to look: what a finding points to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) association: Option<u64>,
    pub(super) connection: Option<u64>,
    pub(super) packet: Option<u64>,
    pub(super) time: Time,
}

impl Place {
    pub(super) const NOWHERE: Self = Self { association: None, connection: None, packet: None, time: NO_TIME };

    pub(super) fn finding(self, code: &'static Code, evidence: String) -> FindingRecord {
        FindingRecord {
            severity: code.severity,
            code: code.code,
            title: code.title,
            association: self.association,
            connection: self.connection,
            message: None,
            packet: self.packet,
            time: self.time,
            evidence,
            advice: code.advice,
        }
    }
}

/// Occurrences of one thing: how many, and where the first is.
#[derive(Debug)]
pub(super) struct Group {
    code: &'static Code,
    variant: u32,
    pub(super) count: u64,
    /// What was added up beside the count: bytes, sub-operations, nanoseconds.
    pub(super) amount: u64,
    /// What the amounts are parts of, and the smallest and largest amount; of [`Groups::measure`].
    pub(super) whole: u64,
    pub(super) fewest: u64,
    pub(super) most: u64,
    place: Place,
    /// What the first occurrence said; of those that are measured, the largest.
    pub(super) text: String,
    tell: fn(&Group) -> String,
    least: u64,
    least_amount: u64,
    order: u64,
    /// When it was opened.
    since: Time,
}

impl Group {
    /// The finding, with `whom` it concerns in front where that is known; `None` where it is not often enough for one.
    pub(super) fn finding(&self, whom: &str) -> Option<FindingRecord> {
        let told = (self.tell)(self);
        let evidence = if whom.is_empty() { told } else { format!("{whom}: {told}") };
        (self.count >= self.least && self.amount >= self.least_amount).then(|| self.place.finding(self.code, evidence))
    }
}

/// What opens a group.
pub(super) struct Opening {
    pub(super) code: &'static Code,
    /// Tells groups of one code apart.
    pub(super) variant: u32,
    pub(super) place: Place,
    /// The evidence of the whole group, but for whom it concerns.
    pub(super) tell: fn(&Group) -> String,
    /// How many occurrences make a finding.
    pub(super) least: u64,
    /// What they have to add up to.
    pub(super) least_amount: u64,
}

impl Opening {
    pub(super) fn new(code: &'static Code, place: Place, tell: fn(&Group) -> String) -> Self {
        Self { code, variant: 0, place, tell, least: 1, least_amount: 0 }
    }
}

#[derive(Debug)]
pub(super) struct Groups {
    limit: usize,
    period: i64,
    size: usize,
    opened: u64,
    /// The latest time of all that was told.
    now: Time,
    /// No group whose subject has no end was opened before.
    oldest: Time,
    /// Occurrences that found no place.
    pub(super) refused: u64,
    by_subject: HashMap<Subject, Vec<Group>, foldhash::fast::RandomState>,
}

impl Groups {
    /// At most so many at a time; those whose subject has no end are told after this period.
    pub(super) fn new(limit: usize, period: i64) -> Self {
        Self { limit, period, size: 0, opened: 0, now: NO_TIME, oldest: NO_TIME, refused: 0, by_subject: HashMap::default() }
    }

    /// It is this late. Gives the groups that are due, in order of first occurrence.
    pub(super) fn due(&mut self, now: Time) -> Vec<Group> {
        self.now = self.now.max(now);
        let before = self.now.saturating_sub(self.period);
        if self.oldest > before || self.now == NO_TIME {
            return Vec::new();
        }
        let (mut due, mut oldest) = (Vec::new(), self.now);
        self.by_subject.retain(|subject, groups| {
            if subject.ends() {
                return true;
            }
            due.extend(groups.extract_if(.., |group| group.since <= before));
            oldest = groups.iter().map(|group| group.since).fold(oldest, Time::min);
            !groups.is_empty()
        });
        self.size -= due.len();
        self.oldest = oldest;
        due.sort_by_key(|group| group.order);
        due
    }

    /// Counts one occurrence; `text` is asked for the first only.
    pub(super) fn add(&mut self, subject: Subject, opening: &Opening, amount: u64, text: impl FnOnce() -> String) {
        if let Some(group) = self.find(&subject, opening) {
            group.count += 1;
            group.amount = group.amount.saturating_add(amount);
        } else {
            self.open(subject, opening, amount, text);
        }
    }

    /// Counts one occurrence of so much, a part of `whole`. The group points to the largest, and `text` is what that one said.
    pub(super) fn measure(&mut self, subject: Subject, opening: &Opening, amount: u64, whole: u64, text: impl FnOnce() -> String) {
        if let Some(group) = self.find(&subject, opening) {
            group.count += 1;
            group.amount = group.amount.saturating_add(amount);
            group.whole = group.whole.saturating_add(whole);
            group.fewest = group.fewest.min(amount);
            if amount > group.most {
                (group.most, group.place, group.text) = (amount, opening.place, text());
            }
        } else if let Some(group) = self.open(subject, opening, amount, text) {
            group.whole = whole;
        }
    }

    fn find(&mut self, subject: &Subject, opening: &Opening) -> Option<&mut Group> {
        let same = |group: &&mut Group| std::ptr::eq(group.code, opening.code) && group.variant == opening.variant;
        self.by_subject.get_mut(subject)?.iter_mut().find(same)
    }

    fn open(&mut self, subject: Subject, opening: &Opening, amount: u64, text: impl FnOnce() -> String) -> Option<&mut Group> {
        if self.size >= self.limit {
            self.refused += 1;
            return None;
        }
        let Opening { code, variant, place, tell, least, least_amount } = *opening;
        let (text, order) = (text(), self.opened);
        let (whole, fewest, most) = (0, amount, amount);
        let since = self.now;
        let group = Group { code, variant, count: 1, amount, whole, fewest, most, place, text, tell, least, least_amount, order, since };
        self.size += 1;
        self.opened += 1;
        let groups = self.by_subject.entry(subject).or_default();
        groups.push(group);
        groups.last_mut()
    }

    /// The groups of a subject that has ended, in order of first occurrence.
    pub(super) fn close(&mut self, subject: &Subject) -> Vec<Group> {
        let groups = self.by_subject.remove(subject).unwrap_or_default();
        self.size -= groups.len();
        groups
    }

    /// All groups that are left, in order of first occurrence.
    pub(super) fn close_all(&mut self) -> Vec<(Subject, Group)> {
        let all = self.by_subject.drain().flat_map(|(subject, groups)| groups.into_iter().map(move |group| (subject.clone(), group)));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(_, group)| group.order);
        self.size = 0;
        all
    }
}
