//! The joins whose tables were asked for, fed with records. Knows which of them there are; nothing of how they join.

use super::Table;
use crate::event::{AssociationRecord, ObjectRecord, OperationRecord};
use crate::joins::{Peer, Peers, Series, Studies, Suboperation, Suboperations};
use crate::limits::Limits;

pub(super) struct Joins {
    peers: Option<Peers>,
    studies: Option<Studies>,
    suboperations: Option<Suboperations>,
}

impl Joins {
    pub(super) fn new(wanted: &[Table], limits: &Limits) -> Self {
        Self {
            peers: wanted.contains(&Table::Peers).then(|| Peers::new(limits.peers)),
            studies: wanted.contains(&Table::Studies).then(|| Studies::new(limits.series, limits.series_instances)),
            suboperations: wanted.contains(&Table::Suboperations).then(|| Suboperations::new(limits.waiting_suboperations)),
        }
    }

    /// Whether one of them needs what data sets are about.
    pub(super) fn want_objects(&self) -> bool {
        self.studies.is_some()
    }

    pub(super) fn association(&mut self, record: &AssociationRecord) {
        self.peers.iter_mut().for_each(|peers| peers.association(record));
        self.studies.iter_mut().for_each(|studies| studies.association(record));
        self.suboperations.iter_mut().for_each(|suboperations| suboperations.association(record));
    }

    pub(super) fn operation(&mut self, record: &OperationRecord) {
        self.studies.iter_mut().for_each(|studies| studies.operation(record));
        self.suboperations.iter_mut().for_each(|suboperations| suboperations.operation(record));
    }

    pub(super) fn object(&mut self, record: ObjectRecord) {
        if let Some(studies) = &mut self.studies {
            studies.object(record);
        }
    }

    /// The input is at its end; the peers, which are told then.
    pub(super) fn finish(&mut self) -> Vec<Peer> {
        self.studies.iter_mut().for_each(Studies::finish);
        self.suboperations.iter_mut().for_each(Suboperations::finish);
        self.peers.as_mut().map_or_else(Vec::new, Peers::finish)
    }

    /// What was found since the last time.
    pub(super) fn take(&mut self) -> (Vec<Series>, Vec<Suboperation>) {
        let studies = self.studies.as_mut().map_or_else(Vec::new, Studies::take);
        (studies, self.suboperations.as_mut().map_or_else(Vec::new, Suboperations::take))
    }
}
