//! Bytes in order, from a file, a stream or out of a compression. Knows waiting, growing files and interruption; not what
//! the bytes mean.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::compressed::{Trouble, Unpacker};
use super::input::Raw;
use super::sniff::Compression;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Between two looks at a file that is still being written.
const STEP: Duration = Duration::from_millis(100);

/// What to do where no byte is there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Come back at once: there are frames to be worked on meanwhile.
    None,
    /// Wait for a stream; a file ends where it ends.
    Streams,
    /// Wait for a file to grow as well.
    Files,
}

/// What came of reading.
pub(super) enum Fill {
    Bytes(usize),
    End,
    /// More may come, and nothing was waited for.
    Later,
    /// The wait for more was ended by the user.
    Stopped,
    /// The rest cannot be had.
    Damaged(Anomaly),
}

enum From {
    File(File),
    Live(Box<dyn Read + Send>),
    Unpacked { unpacker: Unpacker, live: bool },
}

pub(super) struct Source {
    name: String,
    from: From,
    /// Bytes read so far.
    read: u64,
    follow: bool,
    /// A file that has a length; those of /proc say they have none.
    sized: bool,
    interrupt: Arc<AtomicBool>,
    damage: Option<Anomaly>,
}

impl Source {
    pub(super) fn new(name: String, raw: Raw, follow: bool, interrupt: Arc<AtomicBool>) -> Self {
        let from = match raw {
            Raw::File(file) => From::File(file),
            Raw::Live(reader) => From::Live(reader),
        };
        let sized = matches!(&from, From::File(file) if file.metadata().is_ok_and(|metadata| metadata.len() > 0));
        Self { name, from, read: 0, follow, sized, interrupt, damage: None }
    }

    /// The same source seen through a decompressor. `head` are the bytes that were already read of it.
    pub(super) fn unpack(self, compression: Compression, head: Vec<u8>, limits: &Limits) -> Result<Self> {
        let (reader, live): (Box<dyn Read + Send>, bool) = match self.from {
            From::File(file) => (Box::new(file), false),
            From::Live(reader) => (reader, true),
            From::Unpacked { .. } => {
                let advice = "decompress it once".to_owned();
                return Err(Error::Unsupported { input: self.name, what: "a compression inside a compression".to_owned(), advice });
            }
        };
        let whole = Box::new(io::Cursor::new(head).chain(reader));
        let unpacker = Unpacker::new(compression, whole, limits)
            .map_err(|source| Error::Decompress { input: self.name.clone(), reason: source.to_string() })?;
        Ok(Self { from: From::Unpacked { unpacker, live }, read: 0, follow: false, ..self })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Bytes read so far.
    pub(super) fn offset(&self) -> usize {
        self.read as usize
    }

    /// Reads what there is into `buffer`: all it can take of a file, what one read gives of a stream.
    pub(super) fn fill(&mut self, buffer: &mut [u8], patience: Patience) -> Result<Fill> {
        if let Some(damage) = self.damage.take() {
            return Ok(Fill::Damaged(damage));
        }
        let live = matches!(self.from, From::Live(_) | From::Unpacked { live: true, .. });
        if live && patience == Patience::None {
            return Ok(Fill::Later);
        }
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..)
            && !room.is_empty()
        {
            match self.read_once(room) {
                Ok(0) if filled == 0 => match self.at_end(patience) {
                    Some(fill) => return Ok(fill),
                    None => thread::sleep(STEP),
                },
                Ok(0) => break,
                Ok(count) => {
                    filled += count;
                    self.read += count as u64;
                    if live {
                        break;
                    }
                }
                Err(Trouble::Read(error)) if error.kind() == ErrorKind::Interrupted => {
                    if self.interrupt.load(Ordering::Relaxed) {
                        return Err(Error::Interrupted);
                    }
                }
                Err(Trouble::Read(source)) => return Err(Error::Read { input: self.name.clone(), source }),
                Err(Trouble::Damaged(detail)) => {
                    let damage = Anomaly::new(AnomalyKind::DamagedCompression, detail);
                    if filled == 0 {
                        return Ok(Fill::Damaged(damage));
                    }
                    self.damage = Some(damage);
                    break;
                }
            }
        }
        Ok(Fill::Bytes(filled))
    }

    fn read_once(&mut self, room: &mut [u8]) -> std::result::Result<usize, Trouble> {
        match &mut self.from {
            From::File(file) => file.read(room).map_err(Trouble::Read),
            From::Live(reader) => reader.read(room).map_err(Trouble::Read),
            From::Unpacked { unpacker, .. } => unpacker.read(room),
        }
    }

    /// Nothing more is there: the end, or `None` where waiting is asked for.
    fn at_end(&mut self, patience: Patience) -> Option<Fill> {
        let From::File(file) = &self.from else { return Some(Fill::End) };
        let length = file.metadata().map_or(self.read, |metadata| metadata.len());
        if self.sized && length < self.read {
            let detail = format!("the file was cut to {length} bytes after {} of it had been read", self.read);
            return Some(Fill::Damaged(Anomaly::new(AnomalyKind::FileChanged, detail)));
        }
        match patience {
            _ if !self.follow => Some(Fill::End),
            Patience::Streams => Some(Fill::End),
            Patience::None => Some(Fill::Later),
            Patience::Files => self.interrupt.load(Ordering::Relaxed).then_some(Fill::Stopped),
        }
    }
}
