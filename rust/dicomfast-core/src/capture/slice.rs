//! Frames of captures, chosen by their numbers, into one pcapng file with remarks. Knows numbers; nothing of what is inside a frame.

use std::collections::HashMap;
use std::sync::Arc;

use super::save::{SaveOptions, Saver};
use super::{Capture, CaptureOptions, Frame, FrameSink, Input, Window};
use crate::anomaly::Anomaly;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Frames read at a time.
const FRAMES: usize = 4096;

/// Which frames.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// A bit for each frame, from the lowest of the first byte: frame number 1.
    pub frames: Vec<u8>,
    /// What is remarked of a frame, as its comments.
    pub comments: HashMap<u64, Vec<String>>,
}

impl Selection {
    fn holds(&self, number: u64) -> bool {
        let index = number.saturating_sub(1);
        let byte = usize::try_from(index / 8).ok().and_then(|at| self.frames.get(at));
        byte.is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }
}

/// Writes the frames to a file; how many, and their bytes.
pub fn slice(inputs: Vec<Input>, selection: &Selection, target: SaveOptions, limits: &Limits) -> Result<(u64, u64)> {
    let mut capture = Capture::open(inputs, limits, CaptureOptions::default())?;
    let records = capture.records();
    let names = records.iter().map(|record| (record.name.clone(), record.snap_length.unwrap_or_default())).collect();
    let mut writing = Writing { selection, saver: Saver::create(target, names)?, failed: None, frames: 0, bytes: 0 };
    while capture.read(FRAMES, &mut writing)? {
        if let Some(error) = writing.failed.take() {
            return Err(error);
        }
    }
    if let Some(error) = writing.failed.take() {
        return Err(error);
    }
    let Writing { saver, frames, bytes, .. } = writing;
    // What the inputs say of drops is about all of their frames, not about these.
    saver.finish(&[])?;
    Ok((frames, bytes))
}

struct Writing<'a> {
    selection: &'a Selection,
    saver: Saver,
    failed: Option<Error>,
    frames: u64,
    bytes: u64,
}

impl FrameSink for Writing<'_> {
    fn window(&mut self, _window: &Arc<Window>) {}

    fn frame(&mut self, frame: Frame, bytes: &[u8]) {
        if self.failed.is_some() || !self.selection.holds(frame.number) {
            return;
        }
        let comments = self.selection.comments.get(&frame.number).map_or(&[][..], Vec::as_slice);
        match self.saver.frame(&frame, bytes, comments) {
            Ok(_) => {
                self.frames += 1;
                self.bytes += bytes.len() as u64;
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// What is wrong with the inputs was told when they were read to choose the frames.
    fn anomaly(&mut self, _anomaly: Anomaly) {}
}
