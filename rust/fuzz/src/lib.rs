//! What the fuzz targets do with their bytes: each takes any bytes and panics only where the engine breaks a promise. Knows
//! nothing of libFuzzer, so that `dicomfast-core/tests/replay.rs` runs the same bodies over the corpora as a plain test.

mod dataset;
mod files;
mod frames;
mod negotiation;
mod ops;
mod pdus;
mod pipeline;
mod streams;
mod wire;

pub use dataset::dataset;
pub use files::files;
pub use frames::frames;
pub use negotiation::negotiation;
pub use pdus::pdus;
pub use pipeline::pipeline;
pub use streams::streams;
