//! What a consumer wants to be told: which of the costlier records, and of which connections. Records that nobody asked for are not made.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Endpoint, NO_TIME, Time};

/// Of which connections rows are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Connections {
    #[default]
    All,
    /// These numbers, sorted.
    Only(Arc<[u64]>),
    /// Those that meet every one of these conditions. Findings tell of the whole capture: where they are made, rows of all connections are.
    Where(Arc<[Condition]>),
}

/// A connection meets it if its number is in one of these ranges, or the address or port of one of its ends; an event also by the AE
/// titles or the time that its row tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    pub numbers: Vec<RangeInclusive<u64>>,
    pub addresses: Vec<RangeInclusive<IpAddr>>,
    pub ports: Vec<RangeInclusive<u16>>,
    pub called: Vec<String>,
    pub calling: Vec<String>,
    pub times: Vec<RangeInclusive<Time>>,
}

/// The AE titles of an event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Titles<'a> {
    pub called: Option<&'a str>,
    pub calling: Option<&'a str>,
}

impl Condition {
    /// Whether only an event can tell.
    fn asks_events(&self) -> bool {
        !self.called.is_empty() || !self.calling.is_empty() || !self.times.is_empty()
    }

    fn is_met_by(&self, time: Time, titles: Titles<'_>) -> bool {
        let among = |titles: &[String], title: Option<&str>| title.is_some_and(|title| titles.iter().any(|one| one == title));
        let in_time = time != NO_TIME && self.times.iter().any(|times| times.contains(&time));
        in_time || among(&self.called, titles.called) || among(&self.calling, titles.calling)
    }

    fn meets(&self, connection: u64, ends: [Endpoint; 2]) -> bool {
        let meets = |end: Endpoint| {
            self.ports.iter().any(|ports| ports.contains(&end.port)) || self.addresses.iter().any(|addresses| addresses.contains(&end.ip))
        };
        ends.into_iter().any(meets) || self.numbers.iter().any(|numbers| numbers.contains(&connection))
    }
}

impl Connections {
    pub fn only(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        Self::Only(numbers.into())
    }

    /// Whether a connection that begins is one of them, as far as is known without its events.
    pub fn hold(&self, connection: u64, ends: [Endpoint; 2]) -> bool {
        match self {
            Self::All => true,
            Self::Only(_) => self.may_hold(connection),
            Self::Where(conditions) => conditions.iter().all(|condition| condition.asks_events() || condition.meets(connection, ends)),
        }
    }

    /// Whether an event on a connection that is held is wanted.
    pub fn hold_event(&self, connection: u64, ends: [Endpoint; 2], time: Time, titles: Titles<'_>) -> bool {
        let Self::Where(conditions) = self else { return true };
        let mut asking = conditions.iter().filter(|condition| condition.asks_events());
        asking.all(|condition| condition.is_met_by(time, titles) || condition.meets(connection, ends))
    }

    /// Whether a connection can be one of them, as far as its number tells.
    #[inline]
    pub fn may_hold(&self, connection: u64) -> bool {
        match self {
            Self::All | Self::Where(_) => true,
            Self::Only(numbers) => numbers.binary_search(&connection).is_ok(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    pub pdus: bool,
    pub pdvs: bool,
    pub items: bool,
    pub frames: bool,
    pub segments: bool,
    pub events: bool,
    pub elements: bool,
    pub objects: bool,
    /// The bytes of data sets.
    pub data: bool,
    /// Of these connections.
    pub of: Connections,
    /// Of all connections: associations, messages, operations, stalls and connections themselves.
    pub whole: bool,
}

impl Wants {
    /// Whether associations, messages, operations, stalls and connections are told of a connection that is held or not.
    pub fn tell(&self, held: bool) -> bool {
        held || self.whole
    }

    /// Whether data sets are looked at.
    pub fn data_sets(&self) -> bool {
        self.elements || self.objects || self.data
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Condition, Connections, Titles};
    use crate::event::{Endpoint, NO_TIME, Time};

    fn end(ip: &str, port: u16) -> Endpoint {
        Endpoint { ip: ip.parse().unwrap(), port }
    }

    fn addresses(first: &str, last: &str) -> Vec<std::ops::RangeInclusive<IpAddr>> {
        vec![first.parse().unwrap()..=last.parse().unwrap()]
    }

    #[test]
    fn all_or_those_that_are_named() {
        let ends = [end("10.0.0.1", 50_000), end("10.0.0.2", 104)];
        let held = |connections: &Connections| (0..10).filter(|number| connections.hold(*number, ends)).collect::<Vec<_>>();
        assert_eq!(held(&Connections::default()), (0..10).collect::<Vec<_>>());
        assert_eq!(held(&Connections::only(vec![7, 2, 7])), [2, 7]);
        assert_eq!(held(&Connections::only(Vec::new())), []);
    }

    #[test]
    fn those_that_meet_every_condition_with_one_of_their_ends() {
        let hosts = Condition { addresses: addresses("10.0.0.0", "10.0.0.255"), ..Condition::default() };
        let ports = Condition { ports: vec![104..=104, 2000..=2010], ..Condition::default() };
        let both = Connections::Where([hosts, ports].into());
        let held = |from, to| [both.hold(0, [from, to]), both.hold(0, [to, from])];
        assert_eq!(held(end("10.0.0.1", 50_000), end("192.168.0.1", 104)), [true; 2]);
        assert_eq!(held(end("192.168.0.1", 2005), end("10.0.0.255", 50_000)), [true; 2]);
        assert_eq!(held(end("10.0.0.1", 50_000), end("10.0.0.2", 105)), [false; 2]);
        assert_eq!(held(end("10.0.1.0", 50_000), end("192.168.0.1", 104)), [false; 2]);
    }

    #[test]
    fn a_condition_is_met_by_any_of_its_ranges() {
        let any = Condition {
            numbers: vec![3..=4],
            addresses: addresses("fe80::", "fe80::ffff"),
            ports: vec![104..=104],
            ..Condition::default()
        };
        let any = Connections::Where([any].into());
        let other = [end("10.0.0.1", 50_000), end("10.0.0.2", 11112)];
        assert_eq!((0..6).filter(|number| any.hold(*number, other)).collect::<Vec<_>>(), [3, 4]);
        assert!(any.hold(0, [end("10.0.0.1", 50_000), end("10.0.0.2", 104)]));
        assert!(any.hold(0, [end("fe80::1", 50_000), end("fe80:1::", 11112)]));
        assert!(!Connections::Where([Condition::default()].into()).hold(3, other));
        assert!(Connections::Where([].into()).hold(3, other));
    }

    #[test]
    fn events_are_asked_for_their_titles_and_times_when_they_are_known() {
        let ends = [end("10.0.0.1", 50_000), end("10.0.0.2", 104)];
        let titles = Titles { called: Some("PACS"), calling: Some("CT1") };
        let asking = |condition: Condition| {
            let connections = Connections::Where([condition].into());
            [
                connections.hold(0, ends),
                connections.hold_event(0, ends, 20, titles),
                connections.hold_event(0, ends, NO_TIME, Titles::default()),
            ]
        };
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(asking(Condition { called: words(&["OTHER", "PACS"]), ..Condition::default() }), [true, true, false]);
        assert_eq!(asking(Condition { called: words(&["CT1"]), ..Condition::default() }), [true, false, false]);
        assert_eq!(asking(Condition { calling: words(&["CT1"]), ..Condition::default() }), [true, true, false]);
        assert_eq!(asking(Condition { calling: words(&["CT2"]), ports: vec![104..=104], ..Condition::default() }), [true; 3]);
        assert_eq!(asking(Condition { times: vec![0..=5, 20..=20], ..Condition::default() }), [true, true, false]);
        assert_eq!(asking(Condition { times: vec![21..=Time::MAX], ..Condition::default() }), [true, false, false]);
        assert_eq!(asking(Condition { ports: vec![105..=105], ..Condition::default() }), [false, true, true]);
    }
}
