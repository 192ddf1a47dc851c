//! Segment -> bytes: TCP connections put in order (RFC 9293). Knows nothing of DICOM, files or Arrow.

mod clock;
mod connection;
mod consumer;
mod doubt;
mod half;
mod held;
mod history;
mod passing;
mod recent;
mod rules;
pub mod seq;
mod stream;
mod table;

pub use consumer::{Consumer, End, Ends, Info, Missing, Place, Seen};
pub use table::FlowTable;

#[cfg(test)]
mod tests;
