//! Records -> findings.
use crate::event::{FindingRecord, Sink};
use crate::limits::Limits;

#[cfg(test)]
pub(crate) mod samples;
pub struct Rules {
    found: Vec<FindingRecord>,
}
impl Rules {
    pub fn new(_limits: &Limits) -> Self {
        Self { found: Vec::new() }
    }
    pub fn take(&mut self) -> Vec<FindingRecord> {
        std::mem::take(&mut self.found)
    }
    pub fn finish(&mut self) {}
}
impl Sink for Rules {}
