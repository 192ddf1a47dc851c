//! The engine's limits by name.

use dicomfast_core::limits::Limits;
use pyo3::prelude::*;

use crate::error::ArgumentError;

macro_rules! by_name {
    ($($field:ident)*) => {
        /// Every limit, by name, with its default.
        #[pyfunction]
        pub(crate) fn default_limits() -> Vec<(&'static str, u64)> {
            // A limit that is missing below does not compile here.
            let Limits { $($field),* } = Limits::default();
            vec![$((stringify!($field), $field as u64)),*]
        }

        fn set(limits: &mut Limits, name: &str, value: u64) -> PyResult<()> {
            let refused = || ArgumentError::new_err(format!("the value of limit {name} is too large"));
            match name {
                $(stringify!($field) => limits.$field = value.try_into().ok().ok_or_else(refused)?,)*
                _ => return Err(ArgumentError::new_err(format!("there is no limit {name:?}"))),
            }
            Ok(())
        }
    };
}

by_name! {
    window_bytes record_bytes block_bytes interfaces compression_ratio zstd_window_log encapsulations fragment_datagrams
    fragment_bytes fragment_timeout connections idle_embryonic idle_closed idle_other idle_dicom held_bytes held_pieces
    acknowledged_wait_segments unacknowledged_bytes hole_timeout history_segments detection_bytes associate_bytes pdu_bytes
    command_bytes contexts deferred_messages pending_operations anomalies_per_kind batch_rows
}

/// The defaults, with those that are named set to other values. None may be 0: every bound stays a bound.
pub(crate) fn limits(named: Vec<(String, u64)>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in named {
        if value == 0 {
            return Err(ArgumentError::new_err(format!("limit {name} cannot be 0")));
        }
        set(&mut limits, &name, value)?;
    }
    Ok(limits)
}
