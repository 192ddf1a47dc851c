//! One captured frame, and the consumer that takes frames as they are read.

use std::sync::Arc;

use super::{LinkType, Window};
use crate::anomaly::Anomaly;
use crate::event::{Stamp, Time};

/// One record of a capture file, without its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// 1-based, through all inputs.
    pub number: u64,
    pub time: Time,
    pub link: LinkType,
    /// Index of the input.
    pub capture: u32,
    /// Where the frame's bytes begin in the current window.
    pub offset: u32,
    /// Bytes in the capture, and bytes on the wire.
    pub captured: u32,
    pub length: u32,
}

impl Frame {
    pub fn stamp(&self) -> Stamp {
        Stamp { packet: self.number, time: self.time }
    }
}

/// Takes frames. `window` is called before the first frame of each window (again when inputs alternate); every frame until
/// the next call lies in that window.
pub trait FrameSink {
    fn window(&mut self, window: &Arc<Window>);
    /// `bytes` are exactly the captured bytes of the frame.
    fn frame(&mut self, frame: Frame, bytes: &[u8]);
    fn anomaly(&mut self, anomaly: Anomaly);
}
