//! Rules over the whole input, told at its end.

use super::case;
use super::codes;
use super::groups::{Group, Groups, Opening, Place, Subject};
use super::text;
use crate::event::{AssociationRecord, CaptureRecord, ConnectionRecord, FindingRecord, Protocol};

/// Associations of one object each from which on it is a habit.
const HABIT: u64 = 5;
/// Copies among a hundred packets from which on the capture holds packets twice.
const DUPLICATES_PERCENT: u64 = 1;

/// What was seen of everything.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) associations: u64,
    inputs: u64,
    packets: u64,
    connections: u64,
    dicom: u64,
    encrypted: u64,
    tcp_packets: u64,
    duplicate_packets: u64,
}

impl Totals {
    pub(super) fn connection(&mut self, record: &ConnectionRecord) {
        self.connections += 1;
        match record.protocol {
            Protocol::Dicom => self.dicom += 1,
            Protocol::DicomTls | Protocol::Tls => self.encrypted += 1,
            Protocol::Other => {}
        }
        for side in [&record.client_counts, &record.server_counts] {
            self.tcp_packets += side.packets;
            self.duplicate_packets += side.duplicate_packets;
        }
    }

    pub(super) fn capture(&mut self, record: &CaptureRecord) {
        self.inputs += 1;
        self.packets += record.packets;
    }
}

pub(super) const RULES: &[fn(&Totals, &Groups) -> Option<FindingRecord>] = &[duplicates, groups_refused, no_dicom];

fn duplicates(totals: &Totals, _groups: &Groups) -> Option<FindingRecord> {
    let many = totals.duplicate_packets > 0 && totals.duplicate_packets * 100 >= totals.tcp_packets * DUPLICATES_PERCENT;
    many.then(|| {
        let told = format!("{} of {} TCP packets are copies", totals.duplicate_packets, totals.tcp_packets);
        Place::NOWHERE.finding(&codes::CAPTURE_DUPLICATES, told)
    })
}

fn groups_refused(_totals: &Totals, groups: &Groups) -> Option<FindingRecord> {
    (groups.refused > 0).then(|| {
        let told = format!("findings: {} beyond the limit of groups", text::count(groups.refused, "occurrence"));
        Place::NOWHERE.finding(&codes::LIMIT_REACHED, told)
    })
}

fn no_dicom(totals: &Totals, _groups: &Groups) -> Option<FindingRecord> {
    let something = totals.inputs > 0 || totals.connections > 0;
    (something && totals.dicom == 0 && totals.associations == 0).then(|| {
        let connections = text::count(totals.connections, "TCP connection");
        let told = format!("{}, {connections}, {} of them encrypted", text::count(totals.packets, "packet"), totals.encrypted);
        Place::NOWHERE.finding(&codes::NO_DICOM, told)
    })
}

/// Counts associations that carried exactly one operation, a C-STORE that succeeded.
pub(super) fn one_association_per_object(record: &AssociationRecord, groups: &mut Groups) {
    let (Some(calling), Some(called)) = (&record.calling_ae, &record.called_ae) else { return };
    if record.operations != 1 || record.stored != 1 {
        return;
    }
    // What it costs at least: the time until the association was accepted.
    let cost = record.requested.zip(record.answered).map_or(0, |(asked, answered)| answered.saturating_sub(asked));
    let tell = |group: &Group| {
        let (many, cost) = (text::count(group.count, "association"), text::duration(group.amount as i64));
        format!("{}: {many} with exactly one C-STORE each; negotiating took {cost}", group.text)
    };
    let opening = Opening { least: HABIT, ..Opening::new(&codes::ONE_ASSOCIATION_PER_OBJECT, case::place(record), tell) };
    groups.add(Subject::Titles(calling.clone(), called.clone(), record.acceptor), &opening, case::amount(cost), || {
        format!("'{calling}' -> '{called}' ({})", text::endpoint(record.acceptor))
    });
}
