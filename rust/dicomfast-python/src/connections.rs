//! Whose rows are made, as Python says it: numbers, or conditions on numbers, addresses, ports, AE titles and times. Converts; the engine does the rest.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use dicomfast_core::event::{Condition, Connections, Time};
use pyo3::prelude::*;

/// First and last of what is in a range.
type Ranges<T> = Vec<(T, T)>;

/// Of one condition: the ranges of numbers, addresses and ports, the called and the calling AE titles, the ranges of times.
type Asked = (Ranges<u64>, Ranges<IpAddr>, Ranges<u16>, Vec<String>, Vec<String>, Ranges<Time>);

#[derive(FromPyObject)]
pub(crate) enum Wanted {
    Only(Vec<u64>),
    Where(Vec<Asked>),
}

fn inclusive<T>(ranges: Ranges<T>) -> Vec<RangeInclusive<T>> {
    ranges.into_iter().map(|(first, last)| first..=last).collect()
}

impl From<Wanted> for Connections {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Only(numbers) => Self::only(numbers),
            Wanted::Where(conditions) => Self::Where(
                conditions
                    .into_iter()
                    .map(|(numbers, addresses, ports, called, calling, times)| Condition {
                        numbers: inclusive(numbers),
                        addresses: inclusive(addresses),
                        ports: inclusive(ports),
                        called,
                        calling,
                        times: inclusive(times),
                    })
                    .collect(),
            ),
        }
    }
}
