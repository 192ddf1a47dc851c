//! Segment -> insight: what Wireshark's sequence analysis says of each TCP segment, and what that makes of a connection. Judges packets in
//! the order of the capture, as Wireshark does; knows neither streams nor DICOM. And where its time went: `watch`, which is told what is under way.

mod analysis;
mod cause;
mod handshake;
mod outstanding;
mod passing;
mod quiet;
mod rtt;
mod side;
mod standing;
mod timeline;
mod watch;

pub use analysis::{Analysis, Shown, Verdict};
pub use rtt::RttSamples;
pub use timeline::Timeline;
pub use watch::{LEAST_WAIT, Moving, Phase, Watch};
