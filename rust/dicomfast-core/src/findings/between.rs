//! What is added up between two AE titles to judge where their time went: many small associations tell together what none tells alone.
//! Bounded by `finding_groups`. Knows no rule.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::groups::Place;
use super::text;
use crate::event::{AssociationRecord, Budget, Cause, Class, ConnectionRecord, Endpoint, NO_TIME, OperationRecord, StallRecord};
use crate::transport::RttSamples;

/// Waits of one cause.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    pub(super) count: u64,
    pub(super) time: i64,
    pub(super) longest: i64,
}

/// What an association, or all between two AE titles, had to wait for.
#[derive(Debug, Default)]
pub(super) struct Waited {
    stalls: Vec<(Cause, Waits)>,
    /// Response times by command field.
    pub(super) responses: BTreeMap<u16, RttSamples>,
    pub(super) operations: u64,
}

impl Waited {
    pub(super) fn stall(&mut self, record: &StallRecord) {
        self.add(
            record.cause,
            Waits { count: record.waits.into(), time: record.waited, longest: record.waited / i64::from(record.waits.max(1)) },
        );
    }

    pub(super) fn operation(&mut self, record: &OperationRecord) {
        self.operations += 1;
        let known = record.request_end.zip(record.first_response).filter(|(end, response)| *end != NO_TIME && *response != NO_TIME);
        if let Some(time) = known.and_then(|(end, response)| response.checked_sub(end)) {
            self.responses.entry(record.command_field).or_default().add(time);
        }
    }

    fn add(&mut self, cause: Cause, waits: Waits) {
        if let Some((_, sum)) = self.stalls.iter_mut().find(|(known, _)| *known == cause) {
            sum.count += waits.count;
            sum.time = sum.time.saturating_add(waits.time);
            sum.longest = sum.longest.max(waits.longest);
        } else {
            self.stalls.push((cause, waits));
        }
    }

    /// The waits of a cause.
    pub(super) fn of(&self, cause: Cause) -> Waits {
        self.stalls.iter().find(|(known, _)| *known == cause).map(|(_, waits)| *waits).unwrap_or_default()
    }

    fn merge(&mut self, other: &Self) {
        for (cause, waits) in &other.stalls {
            self.add(*cause, *waits);
        }
        for (command, samples) in &other.responses {
            self.responses.entry(*command).or_default().merge(samples);
        }
        self.operations += other.operations;
    }
}

/// All associations from one AE title to another.
#[derive(Debug)]
pub(super) struct Between {
    pub(super) calling: String,
    pub(super) called: String,
    pub(super) acceptor: Endpoint,
    pub(super) associations: u64,
    /// The longest of them.
    pub(super) place: Place,
    longest: i64,
    pub(super) duration: i64,
    times: [i64; 10],
    pub(super) waited: Waited,
    /// Sums of the ways from the capture point to either side and back, of the connections that tell.
    ways: (i64, i64),
    told: i64,
}

impl Between {
    pub(super) fn time(&self, class: Class) -> i64 {
        self.times.get(class as usize).copied().unwrap_or(0)
    }

    /// From the capture point to the requestor, and to the acceptor, and back: the mean; `None` where no handshake tells.
    pub(super) fn ways(&self) -> Option<(i64, i64)> {
        (self.told > 0).then(|| (self.ways.0 / self.told, self.ways.1 / self.told))
    }

    /// "'CT01' -> 'PACS' (10.0.0.2:104), 3 associations".
    pub(super) fn whom(&self) -> String {
        format!(
            "{} -> {} ({}), {}",
            self.calling,
            self.called,
            text::endpoint(self.acceptor),
            text::count(self.associations, "association")
        )
    }

    fn add(&mut self, budget: &Budget, duration: i64) {
        self.associations += 1;
        self.duration = self.duration.saturating_add(duration);
        for (sum, class) in self.times.iter_mut().zip(Class::ALL) {
            *sum = sum.saturating_add(budget.get(class));
        }
    }
}

/// Of all AE titles that speak to each other.
#[derive(Debug)]
pub(super) struct Relations {
    limit: usize,
    pub(super) all: Vec<Between>,
    by_titles: HashMap<(String, String, Endpoint), usize, foldhash::fast::RandomState>,
    /// Connections that have not ended: what they belong to, and whether the client is the requestor.
    open: HashMap<u64, (usize, Endpoint), foldhash::fast::RandomState>,
    open_limit: usize,
    /// Associations that found no place.
    pub(super) refused: u64,
}

impl Relations {
    pub(super) fn new(limit: usize, open_limit: usize) -> Self {
        Self { limit, all: Vec::new(), by_titles: HashMap::default(), open: HashMap::default(), open_limit, refused: 0 }
    }

    pub(super) fn association(&mut self, record: &AssociationRecord, waited: &Waited) {
        let Some(budget) = &record.budget else { return };
        let duration = budget.sum(&Class::ALL);
        let titles = (text::title(record.calling_ae.as_deref()), text::title(record.called_ae.as_deref()), record.acceptor);
        let known = self.by_titles.get(&titles).copied();
        let at = match known {
            Some(at) => at,
            None if self.all.len() >= self.limit => {
                self.refused += 1;
                return;
            }
            None => {
                let (calling, called, acceptor) = titles.clone();
                let place = Place::NOWHERE;
                self.by_titles.insert(titles, self.all.len());
                self.all.push(Between {
                    calling,
                    called,
                    acceptor,
                    associations: 0,
                    place,
                    longest: -1,
                    duration: 0,
                    times: [0; 10],
                    waited: Waited::default(),
                    ways: (0, 0),
                    told: 0,
                });
                self.all.len() - 1
            }
        };
        let Some(between) = self.all.get_mut(at) else { return };
        between.add(budget, duration);
        between.waited.merge(waited);
        if duration > between.longest {
            between.longest = duration;
            between.place = Place {
                association: Some(record.association),
                connection: Some(record.connection),
                packet: Some(record.first.packet),
                time: record.first.time,
            };
        }
        if self.open.len() < self.open_limit {
            self.open.insert(record.connection, (at, record.requestor));
        }
    }

    pub(super) fn connection(&mut self, record: &ConnectionRecord) {
        let Some((at, requestor)) = self.open.remove(&record.connection) else { return };
        if let (Some(client), Some(server), Some(between)) = (record.client_way, record.server_way, self.all.get_mut(at)) {
            let (to_requestor, to_acceptor) = if requestor == record.client { (client, server) } else { (server, client) };
            between.ways = (between.ways.0.saturating_add(to_requestor), between.ways.1.saturating_add(to_acceptor));
            between.told += 1;
        }
    }
}
