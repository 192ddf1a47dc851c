//! Bytes -> frames: capture files and streams of every kind. Knows nothing of what is inside a frame.

mod frame;
mod window;

pub use frame::{Frame, FrameSink, LinkType};
pub use window::Window;
