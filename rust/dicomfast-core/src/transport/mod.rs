//! Segment -> insight: what Wireshark's sequence analysis says of each TCP segment, and what that makes of a connection. Judges packets in
//! the order of the capture, as Wireshark does; knows neither streams nor DICOM.

mod analysis;
mod outstanding;
mod rtt;
mod side;

pub use analysis::{Analysis, Shown, Verdict};
