//! What a decoder of a whole byte slice found wrong in it. Knows neither connection nor packet: who called the decoder adds them.

use std::borrow::Cow;

use crate::anomaly::AnomalyKind;
use crate::limits;

/// A broken rule. `detail` holds numbers and our own words, never bytes from the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub kind: AnomalyKind,
    pub detail: Cow<'static, str>,
}

/// Issues of one slice, at most [`limits::ISSUES`] of them.
#[derive(Debug, Default)]
pub(super) struct Issues {
    list: Vec<Issue>,
    unlisted: usize,
}

impl Issues {
    pub(super) fn push(&mut self, kind: AnomalyKind, detail: impl Into<Cow<'static, str>>) {
        if self.list.len() < limits::ISSUES - 1 {
            self.list.push(Issue { kind, detail: detail.into() });
        } else {
            self.unlisted += 1;
        }
    }

    /// The list; its last entry counts those that had no place in it.
    pub(super) fn finish(mut self, kind: AnomalyKind) -> Vec<Issue> {
        if self.unlisted > 0 {
            self.list.push(Issue { kind, detail: format!("{} further issues", self.unlisted).into() });
        }
        self.list
    }
}
