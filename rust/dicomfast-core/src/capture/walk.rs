//! What the loops over the records of a window share: where they stand, what they may still deliver, why they stop.

use super::pcapng_blocks::Notes;
use super::tally::Tally;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Stamp, Time};

/// How far a run over the frames may go, over all inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Number of the last frame that was delivered.
    pub(super) number: u64,
    /// Frames that may still be delivered.
    pub(super) budget: usize,
    /// Windows that may still be begun, once a frame was delivered.
    pub(super) windows: usize,
    /// Frames later than this belong after the next frame of another input.
    pub(super) until: Time,
}

/// One pass over the records of one window.
pub(super) struct Pass<'a, S> {
    pub(super) capture: u32,
    pub(super) bytes: &'a [u8],
    /// Where the next record begins.
    pub(super) position: usize,
    pub(super) run: Run,
    pub(super) tally: Tally,
    pub(super) notes: &'a mut Notes,
    pub(super) sink: &'a mut S,
}

impl<S> Pass<'_, S> {
    /// The stamp of the frame that would come next.
    pub(super) fn stamp(&self, time: Time) -> Stamp {
        Stamp { packet: self.run.number + 1, time }
    }
}

/// Why a pass ended.
#[derive(Debug)]
pub(super) enum Stop {
    /// The next frame has this time, and is beyond what the run may deliver.
    Later(Time),
    /// The window ends before the record does.
    Incomplete,
    /// Another capture begins here: a second file header, or a section with another byte order.
    Restart,
    /// The rest of this input cannot be read.
    Broken(Box<Anomaly>),
}

impl Stop {
    pub(super) fn record(detail: String) -> Self {
        Self::Broken(Box::new(Anomaly::new(AnomalyKind::BadRecord, detail)))
    }

    pub(super) fn block(detail: String) -> Self {
        Self::Broken(Box::new(Anomaly::new(AnomalyKind::BadBlock, detail)))
    }
}

/// A 32-bit word in the byte order of the file, chosen at compile time.
#[inline]
pub(super) fn word<const BIG: bool>(bytes: [u8; 4]) -> u32 {
    if BIG { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

#[inline]
pub(super) fn half<const BIG: bool>(bytes: [u8; 2]) -> u16 {
    if BIG { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
}
