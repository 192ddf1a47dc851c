//! Regular expressions for display filters: an engine whose time is linear in the text, whatever the pattern (no back-references, no
//! look-around), in bounded memory. Knows nothing of filters.

use pyo3::prelude::*;
use regex::bytes::{Regex, RegexBuilder};

use crate::error::ArgumentError;

/// Memory of a compiled pattern, and of the automaton that is built while it searches.
const COMPILED_BYTES: usize = 1 << 20;

/// A regular expression that is searched without regard to case, as Wireshark's `matches`.
#[pyclass(frozen)]
pub struct Pattern(Regex);

#[pymethods]
impl Pattern {
    #[new]
    fn new(pattern: &str) -> PyResult<Self> {
        let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(COMPILED_BYTES).dfa_size_limit(COMPILED_BYTES).build();
        built.map(Self).map_err(|error| ArgumentError::new_err(why(&error)))
    }

    /// Whether it is found in these bytes.
    fn search(&self, bytes: &[u8]) -> bool {
        self.0.is_match(bytes)
    }
}

/// The last line of the explanation, which says what is wrong; those before it show the pattern.
fn why(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
