//! The engine's limits by name.

use dicomfast_core::limits::{Limits, NotSet};
use pyo3::prelude::*;

use crate::error::ArgumentError;

/// Every limit, by name, with its default.
#[pyfunction]
pub(crate) fn default_limits() -> Vec<(&'static str, u64)> {
    Limits::default().named()
}

/// The defaults, with those that are named set to other values.
pub(crate) fn limits(named: Vec<(String, u64)>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in named {
        limits.set(&name, value).map_err(|why| match why {
            NotSet::Name => ArgumentError::new_err(format!("there is no limit {name:?}")),
            NotSet::Value => ArgumentError::new_err(format!("limit {name} cannot be {value}")),
        })?;
    }
    Ok(limits)
}
