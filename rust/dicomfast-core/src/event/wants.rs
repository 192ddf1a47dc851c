//! What a consumer wants to be told: which of the costlier records, and of which connections. Records that nobody asked for are not made.

use std::sync::Arc;

/// Connections by their numbers; all of them where none was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections(Option<Arc<[u64]>>);

impl Connections {
    pub fn only(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        Self(Some(numbers.into()))
    }

    #[inline]
    pub fn hold(&self, connection: u64) -> bool {
        self.0.as_ref().is_none_or(|numbers| numbers.binary_search(&connection).is_ok())
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
}

impl Wants {
    /// Whether data sets are looked at.
    pub fn data_sets(&self) -> bool {
        self.elements || self.objects || self.data
    }
}

#[cfg(test)]
mod tests {
    use super::Connections;

    #[test]
    fn all_or_those_that_are_named() {
        let held = |connections: &Connections| (0..10).filter(|number| connections.hold(*number)).collect::<Vec<_>>();
        assert_eq!(held(&Connections::default()), (0..10).collect::<Vec<_>>());
        assert_eq!(held(&Connections::only(vec![7, 2, 7])), [2, 7]);
        assert_eq!(held(&Connections::only(Vec::new())), []);
    }
}
