//! Which C-STORE operations a C-MOVE or C-GET caused (PS3.7 section 9.1.4 and 9.1.3: Move Originator Application Entity Title and Message
//! ID; the sub-operations of a C-GET come on its own association).

use std::collections::VecDeque;

use super::Map;
use crate::dicom::command;
use crate::event::{AssociationRecord, OperationRecord, Sender, Time};

/// A row of `suboperations`: a C-STORE, and what caused it where that is in the capture.
#[derive(Clone, Debug)]
pub struct Suboperation {
    pub cause: Option<Cause>,
    pub store: OperationRecord,
    pub calling_ae: Option<String>,
    pub called_ae: Option<String>,
}

/// The C-MOVE or C-GET.
#[derive(Clone, Debug)]
pub struct Cause {
    pub association: u64,
    pub message_id: Option<u16>,
    pub command_field: u16,
    pub requestor_ae: Option<String>,
    pub move_destination: Option<String>,
    begin: Option<Time>,
    end: Option<Time>,
}

/// The AE titles of an association.
type Titles = (Option<String>, Option<String>);

/// What waits for its other half.
#[derive(Debug)]
pub struct Suboperations {
    most: usize,
    /// Retrieve requests by association, until it ends.
    causes: Map<u64, Vec<Cause>>,
    /// C-STOREs by association, until it ends.
    stores: Map<u64, Vec<OperationRecord>>,
    waiting: usize,
    /// C-STOREs of associations that have ended, with their titles, which wait for the C-MOVE.
    ended: VecDeque<(OperationRecord, Titles)>,
    /// C-MOVEs of associations that have ended, with their calling title: a C-STORE association may end later.
    past: VecDeque<Cause>,
    found: Vec<Suboperation>,
}

impl Suboperations {
    pub fn new(most: usize) -> Self {
        let (causes, stores) = (Map::default(), Map::default());
        Self { most, causes, stores, waiting: 0, ended: VecDeque::new(), past: VecDeque::new(), found: Vec::new() }
    }

    pub fn operation(&mut self, record: &OperationRecord) {
        match record.command_field {
            command::C_MOVE_RQ | command::C_GET_RQ => self.causes.entry(record.association).or_default().push(Cause {
                association: record.association,
                message_id: record.message_id,
                command_field: record.command_field,
                requestor_ae: None,
                move_destination: record.move_destination.clone(),
                begin: record.request_start,
                end: record.end,
            }),
            command::C_STORE_RQ if record.move_originator_message_id.is_some() || record.initiator == Sender::Acceptor => {
                self.stores.entry(record.association).or_default().push(record.clone());
            }
            _ => return,
        }
        self.waiting += 1;
    }

    pub fn association(&mut self, record: &AssociationRecord) {
        let titles = (record.calling_ae.clone(), record.called_ae.clone());
        let mut causes = self.causes.remove(&record.association).unwrap_or_default();
        let stores = self.stores.remove(&record.association).unwrap_or_default();
        self.waiting -= causes.len() + stores.len();
        for cause in &mut causes {
            cause.requestor_ae.clone_from(&record.calling_ae);
        }
        for store in stores {
            if store.initiator == Sender::Acceptor {
                // On a C-GET's own association.
                let cause = causes.iter().find(|cause| cause.command_field == command::C_GET_RQ && cause.spans(&store)).cloned();
                self.found.push(told(cause, store, titles.clone()));
            } else if let Some(cause) = self.past.iter().find(|cause| cause.caused(&store, &titles)).cloned() {
                self.found.push(told(Some(cause), store, titles.clone()));
            } else {
                self.ended.push_back((store, titles.clone()));
            }
        }
        for cause in causes.into_iter().filter(|cause| cause.command_field == command::C_MOVE_RQ) {
            let mut rest = VecDeque::with_capacity(self.ended.len());
            for (store, titles) in self.ended.drain(..) {
                if cause.caused(&store, &titles) {
                    self.found.push(told(Some(cause.clone()), store, titles));
                } else {
                    rest.push_back((store, titles));
                }
            }
            self.ended = rest;
            self.past.push_back(cause);
        }
        self.keep_bounds();
    }

    fn keep_bounds(&mut self) {
        while self.past.len() > self.most {
            self.past.pop_front();
        }
        while self.ended.len() > self.most {
            self.found.extend(self.ended.pop_front().map(|(store, titles)| told(None, store, titles)));
        }
        if self.waiting > self.most {
            // Associations that never end: what they asked for cannot be told any more.
            self.causes.clear();
            let stores = self.stores.drain().flat_map(|(_, stores)| stores);
            self.found.extend(stores.map(|store| told(None, store, (None, None))));
            self.waiting = 0;
        }
    }

    /// What was found since the last time.
    pub fn take(&mut self) -> Vec<Suboperation> {
        std::mem::take(&mut self.found)
    }

    /// The input is at its end: what is left has no cause in it.
    pub fn finish(&mut self) {
        let left: Vec<_> = self.ended.drain(..).collect();
        self.found.extend(left.into_iter().map(|(store, titles)| told(None, store, titles)));
    }
}

impl Cause {
    /// Whether the store fell into its time. What the capture did not see to its end has none.
    fn spans(&self, store: &OperationRecord) -> bool {
        let after = self.begin.is_none_or(|begin| store.request_start.is_none_or(|start| start >= begin));
        let before = self.end.is_none_or(|end| store.request_start.is_none_or(|start| start <= end));
        after && before
    }

    /// Whether it is the C-MOVE that a C-STORE names.
    fn caused(&self, store: &OperationRecord, (_, called): &Titles) -> bool {
        self.command_field == command::C_MOVE_RQ
            && store.move_originator_message_id == self.message_id
            && same(store.move_originator_ae.as_ref(), self.requestor_ae.as_ref())
            && same(self.move_destination.as_ref(), called.as_ref())
            && self.spans(store)
    }
}

/// Whether two titles can be one: an unknown one can be any.
fn same(a: Option<&String>, b: Option<&String>) -> bool {
    a.is_none_or(|a| b.is_none_or(|b| a.trim() == b.trim()))
}

fn told(cause: Option<Cause>, store: OperationRecord, (calling_ae, called_ae): Titles) -> Suboperation {
    Suboperation { cause, store, calling_ae, called_ae }
}
