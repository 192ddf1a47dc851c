//! Where the time of an association or operation went: a class for every nanosecond.

/// What was happening in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Between A-ASSOCIATE-RQ and its answer, and between A-RELEASE-RQ and A-RELEASE-RP.
    Negotiating,
    /// Bytes of the requestor's messages were moving.
    Sending,
    /// A message stood still since the receiver's window was closed or full.
    StalledWindow,
    /// A message stood still until lost bytes were sent again.
    StalledLoss,
    /// A message stood still until an acknowledgement came, though the window had room.
    StalledAck,
    /// A message stood still since its sender did not send.
    StalledSender,
    /// A request was complete, and no response moved.
    WaitingResponse,
    /// Bytes of the acceptor's messages were moving.
    Receiving,
    /// No operation was outstanding.
    Idle,
    /// Bytes lost by the capture: it cannot be known.
    Unknown,
    /// No association was there. Never part of a budget.
    Outside,
}

impl Class {
    /// Those of a budget, in the order of the columns.
    pub const ALL: [Self; 10] = [
        Self::Negotiating,
        Self::Sending,
        Self::StalledWindow,
        Self::StalledLoss,
        Self::StalledAck,
        Self::StalledSender,
        Self::WaitingResponse,
        Self::Receiving,
        Self::Idle,
        Self::Unknown,
    ];
}

/// Nanoseconds of each class, since a moment of no meaning: the difference of two is a [`Budget`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent([i64; 11]);

impl Spent {
    #[inline]
    pub fn add(&mut self, class: Class, nanoseconds: i64) {
        if let Some(sum) = self.0.get_mut(class as usize) {
            *sum = sum.saturating_add(nanoseconds);
        }
    }

    /// What was spent from another moment until this one, which lasted so long.
    pub fn since(&self, earlier: &Self, duration: i64) -> Budget {
        let mut spent = Self::default();
        for ((sum, now), then) in spent.0.iter_mut().zip(&self.0).zip(&earlier.0) {
            *sum = now.saturating_sub(*then);
        }
        Budget::of(spent, duration)
    }
}

/// The time budget of an association or operation: nanoseconds of each class, which add up to its duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget(Spent);

impl Budget {
    /// A budget of a duration. Time that belongs to no class is unknown; and all of it is where the packets' times go back, so that
    /// no sum of parts can be right.
    fn of(mut spent: Spent, duration: i64) -> Self {
        if let Some(outside) = spent.0.get_mut(Class::Outside as usize) {
            let nanoseconds = std::mem::take(outside);
            spent.add(Class::Unknown, nanoseconds);
        }
        let sum = spent.0.iter().fold(0i64, |sum, part| sum.saturating_add(*part));
        if sum != duration || spent.0.iter().any(|part| *part < 0) {
            spent = Spent::default();
            spent.add(Class::Unknown, duration);
        }
        Self(spent)
    }

    /// Nanoseconds of a class.
    #[inline]
    pub fn get(&self, class: Class) -> i64 {
        self.0.0.get(class as usize).copied().unwrap_or(0)
    }

    /// Nanoseconds of several classes.
    pub fn sum(&self, classes: &[Class]) -> i64 {
        classes.iter().map(|class| self.get(*class)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Class, Spent};

    #[test]
    fn adds_up_to_the_duration() {
        let mut earlier = Spent::default();
        earlier.add(Class::Idle, 5);
        let mut later = earlier;
        later.add(Class::Sending, 7);
        later.add(Class::Outside, 2);
        let budget = later.since(&earlier, 9);
        assert_eq!((budget.get(Class::Sending), budget.get(Class::Unknown), budget.get(Class::Idle)), (7, 2, 0));
        assert_eq!(budget.sum(&Class::ALL), 9);
    }

    #[test]
    fn what_cannot_be_is_unknown() {
        let mut later = Spent::default();
        later.add(Class::Sending, 7);
        assert_eq!(later.since(&Spent::default(), 8).get(Class::Unknown), 8);
        let back: Budget = Spent::default().since(&later, -7);
        assert_eq!((back.get(Class::Unknown), back.get(Class::Sending)), (-7, 0));
    }
}
