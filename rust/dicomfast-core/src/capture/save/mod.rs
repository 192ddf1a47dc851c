//! Frames -> pcapng files: what -w and slices write. A thread of its own writes, so that a slow disk does not stop the reading before
//! a bounded number of bytes wait. Knows files and their rotation; nothing of what is inside a frame.

mod blocks;
mod rotation;
mod writer;

use std::path::{Path, PathBuf};

pub use rotation::Rotation;

use super::{Frame, LinkType};
use crate::error::{Error, Result};
use crate::event::{CaptureRecord, Time};
use rotation::{Names, Turn};
use writer::Writer;

/// Bytes that are handed over to be written at once.
const CHUNK: usize = 256 << 10;

/// Where and how to write.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions {
    pub path: PathBuf,
    pub rotation: Rotation,
    /// Hand over every frame at once, for who reads the file as it grows (tcpdump -U).
    pub unbuffered: bool,
}

/// Writes frames as they come.
#[derive(Debug)]
pub struct Saver {
    options: SaveOptions,
    names: Names,
    /// Of each input: its name and snap length.
    inputs: Vec<(String, u32)>,
    /// Interfaces of the present file, by input and link type.
    interfaces: Vec<(u32, LinkType)>,
    chunk: Vec<u8>,
    /// Bytes of the present file, `chunk` included.
    bytes: u64,
    writer: Writer,
    /// The last file of those asked for is full.
    over: bool,
    last: Time,
}

impl Saver {
    /// Begins the first file. An existing one is written over, as tcpdump does.
    pub fn create(options: SaveOptions, inputs: Vec<(String, u32)>) -> Result<Self> {
        let names = Names::new(&options.path, options.rotation);
        // With a pattern of times the first name is known with the first packet.
        let first = options.rotation.seconds.is_none().then(|| names.path(0));
        let mut saver = Self {
            names,
            inputs,
            interfaces: Vec::new(),
            chunk: Vec::with_capacity(CHUNK + (64 << 10)),
            bytes: 0,
            writer: Writer::start()?,
            over: false,
            last: 0,
            options,
        };
        if let Some(first) = first {
            saver.writer.create_now(&first)?;
            saver.begin();
        }
        Ok(saver)
    }

    /// Writes a frame. `false`: as many files as were asked for are full.
    pub fn frame(&mut self, frame: &Frame, bytes: &[u8], comments: &[String]) -> Result<bool> {
        if self.over {
            return Ok(false);
        }
        let begun = self.bytes > 0;
        match self.names.turn(self.bytes, frame.time) {
            Turn::Stay if begun => {}
            Turn::Over => {
                self.over = true;
                return Ok(false);
            }
            Turn::Stay | Turn::Next => {
                self.hand_over()?;
                self.writer.next(self.names.path(frame.time))?;
                self.begin();
            }
        }
        let interface = self.interface(frame);
        let before = self.chunk.len();
        blocks::packet(&mut self.chunk, interface, frame, bytes, comments);
        self.bytes += (self.chunk.len() - before) as u64;
        self.last = self.last.max(frame.time);
        if self.chunk.len() >= CHUNK || self.options.unbuffered {
            self.hand_over()?;
        }
        Ok(true)
    }

    fn begin(&mut self) {
        self.interfaces.clear();
        blocks::section(&mut self.chunk);
        self.bytes = self.chunk.len() as u64;
    }

    fn interface(&mut self, frame: &Frame) -> u32 {
        let key = (frame.capture, frame.link);
        if let Some(known) = self.interfaces.iter().position(|known| *known == key) {
            return known as u32;
        }
        let (name, snap_length) = self.inputs.get(frame.capture as usize).map_or(("", 0), |(name, snap)| (name.as_str(), *snap));
        let before = self.chunk.len();
        blocks::interface(&mut self.chunk, frame.link, snap_length, name);
        self.bytes += (self.chunk.len() - before) as u64;
        self.interfaces.push(key);
        (self.interfaces.len() - 1) as u32
    }

    fn hand_over(&mut self) -> Result<()> {
        if self.chunk.is_empty() {
            return self.writer.check();
        }
        self.writer.write(std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK + (64 << 10))))
    }

    /// Ends the file, with what each input counted, and waits until everything is written.
    pub fn finish(mut self, records: &[CaptureRecord]) -> Result<()> {
        for (index, (capture, _)) in (0..).zip(std::mem::take(&mut self.interfaces)) {
            if let Some(record) = records.get(capture as usize)
                && let Some(dropped) = record.dropped
            {
                blocks::statistics(&mut self.chunk, index, u64::try_from(self.last).unwrap_or_default(), record.packets + dropped, dropped);
            }
        }
        self.hand_over()?;
        self.writer.finish()
    }
}

/// The error of a file that cannot be written.
fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::Write { path: path.to_owned(), source }
}
