//! How whole each series arrived: C-STORE operations with the study and series their data sets name, by sender and receiver.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::{Map, Set};
use crate::dicom::command;
use crate::dicom::status::{self, Category};
use crate::event::{AssociationRecord, ObjectRecord, OperationRecord, Sender, Time};

/// A row of `studies`.
#[derive(Clone, Debug)]
pub struct Series {
    pub study_instance: Option<String>,
    pub series_instance: Option<String>,
    pub modality: Option<String>,
    /// Who sent the objects, and to whom.
    pub sender_ae: Option<String>,
    pub receiver_ae: Option<String>,
    /// C-STORE requests.
    pub sent: u64,
    pub accepted: u64,
    pub warned: u64,
    pub failed: u64,
    pub unanswered: u64,
    /// Requests of which bytes are missing in the capture.
    pub incomplete: u64,
    /// Requests for an object that the same receiver was sent before.
    pub duplicates: u64,
    pub instances: u64,
    pub bytes: u64,
    pub associations: u64,
    pub first: Option<Time>,
    pub last: Option<Time>,
    pub first_association: u64,
    seen: Set<u64>,
}

/// Study, series, sender and receiver.
type Key = (Option<String>, Option<String>, Option<String>, Option<String>);
/// Association, who sent the request, its message ID.
type Request = (u64, Sender, Option<u16>);

/// A C-STORE that is over.
#[derive(Debug)]
struct Store {
    study: Option<String>,
    series: Option<String>,
    modality: Option<String>,
    operation: OperationRecord,
}

/// All of them so far.
#[derive(Debug)]
pub struct Studies {
    most: usize,
    most_instances: usize,
    /// Data sets whose operation is not over.
    objects: Map<Request, ObjectRecord>,
    /// Operations of associations that are not over.
    stores: Map<u64, Vec<Store>>,
    waiting: usize,
    found: Map<Key, Series>,
    /// In the order of their coming, for when there are too many.
    order: VecDeque<Key>,
    told: Vec<Series>,
    instances: usize,
}

impl Studies {
    pub fn new(most: usize, most_instances: usize) -> Self {
        Self {
            most,
            most_instances,
            objects: Map::default(),
            stores: Map::default(),
            waiting: 0,
            found: Map::default(),
            order: VecDeque::new(),
            told: Vec::new(),
            instances: 0,
        }
    }

    pub fn object(&mut self, record: ObjectRecord) {
        if record.command_field != Some(command::C_STORE_RQ) {
            return;
        }
        if self.objects.len() >= self.most {
            self.objects.clear();
        }
        self.objects.insert((record.association, record.sender, record.message_id), record);
    }

    pub fn operation(&mut self, record: &OperationRecord) {
        if record.command_field != command::C_STORE_RQ {
            return;
        }
        let about = self.objects.remove(&(record.association, record.initiator, record.message_id)).map(|object| object.attributes);
        let about = about.unwrap_or_default();
        let store =
            Store { study: about.study_instance, series: about.series_instance, modality: about.modality, operation: record.clone() };
        self.stores.entry(record.association).or_default().push(store);
        self.waiting += 1;
        if self.waiting > self.most_instances {
            // An association without end: its titles are not known, its counts are.
            for (association, stores) in std::mem::take(&mut self.stores) {
                self.add(association, stores, &(None, None));
            }
            self.waiting = 0;
        }
    }

    pub fn association(&mut self, record: &AssociationRecord) {
        let stores = self.stores.remove(&record.association).unwrap_or_default();
        self.waiting -= stores.len();
        self.add(record.association, stores, &(record.calling_ae.clone(), record.called_ae.clone()));
    }

    fn add(&mut self, association: u64, stores: Vec<Store>, (calling, called): &(Option<String>, Option<String>)) {
        let mut counted: Set<Key> = Set::default();
        for store in stores {
            let (sender, receiver) = match store.operation.initiator {
                Sender::Requestor => (calling.clone(), called.clone()),
                Sender::Acceptor => (called.clone(), calling.clone()),
            };
            let key = (store.study.clone(), store.series.clone(), sender, receiver);
            if !self.found.contains_key(&key) {
                self.make_room();
                self.order.push_back(key.clone());
            }
            let series = self.found.entry(key.clone()).or_insert_with(|| Series::new(&key, association));
            series.associations += u64::from(counted.insert(key));
            self.instances += series.add(store, self.instances < self.most_instances);
        }
    }

    /// Where there are too many, the one that came first is told as it is.
    fn make_room(&mut self) {
        while self.found.len() >= self.most {
            let Some(series) = self.order.pop_front().and_then(|oldest| self.found.remove(&oldest)) else { return };
            self.instances -= series.seen.len();
            self.told.push(series);
        }
    }

    /// What is told before the end.
    pub fn take(&mut self) -> Vec<Series> {
        std::mem::take(&mut self.told)
    }

    /// The input is at its end: all of them, in the order in which they came.
    pub fn finish(&mut self) {
        for key in std::mem::take(&mut self.order) {
            self.told.extend(self.found.remove(&key));
        }
    }
}

impl Series {
    fn new((study, series, sender, receiver): &Key, association: u64) -> Self {
        Self {
            study_instance: study.clone(),
            series_instance: series.clone(),
            modality: None,
            sender_ae: sender.clone(),
            receiver_ae: receiver.clone(),
            sent: 0,
            accepted: 0,
            warned: 0,
            failed: 0,
            unanswered: 0,
            incomplete: 0,
            duplicates: 0,
            instances: 0,
            bytes: 0,
            associations: 0,
            first: None,
            last: None,
            first_association: association,
            seen: Set::default(),
        }
    }

    /// Counts a C-STORE; how many instances more are remembered, if there is room for one.
    fn add(&mut self, store: Store, room: bool) -> usize {
        let Store { modality, operation, .. } = store;
        self.modality = self.modality.take().or(modality);
        self.sent += 1;
        self.bytes += operation.dataset_bytes;
        self.incomplete += u64::from(!operation.complete);
        let category = operation.status.map(|code| status::status(operation.command_field, operation.sop_class.as_deref(), code).category);
        match category.filter(|_| operation.answered) {
            Some(Category::Success) => self.accepted += 1,
            Some(Category::Warning) => self.warned += 1,
            Some(_) => self.failed += 1,
            None => self.unanswered += 1,
        }
        self.first = self.first.into_iter().chain(operation.request_start).min();
        self.last = self.last.into_iter().chain(operation.end.or(operation.request_end)).max();
        let Some(instance) = &operation.sop_instance else { return 0 };
        let hash = FixedState::default().hash_one(instance.as_bytes());
        if self.seen.contains(&hash) {
            self.duplicates += 1;
            return 0;
        }
        self.instances += 1;
        usize::from(room && self.seen.insert(hash))
    }
}
