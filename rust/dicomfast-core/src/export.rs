//! Data sets of C-STORE requests as files (PS3.10), written while they come. Knows data sets, names and files; not how the bytes
//! were found. Whatever a peer calls its instance, no file is written outside the folder and none is written over.

mod digest;
mod meta;
mod name;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use self::digest::Hasher;
use crate::error::{Error, Result};
use crate::event::{CommandSet, DataEvent, ExportRecord, ObjectRecord};
use crate::limits::Limits;

const STORE_REQUEST: u16 = 0x0001;
/// Bytes that are written and hashed at once.
const CHUNK: usize = 64 << 10;

/// What becomes of data sets that are not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// No file.
    Leave,
    /// A file whose name says so, with zeros where bytes are missing.
    Write,
}

/// Where to write, and what.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    pub folder: PathBuf,
    pub incomplete: Incomplete,
}

/// Writes the files. What fails once (a full disk) ends it.
#[derive(Debug)]
pub struct Exporter {
    options: ExportOptions,
    open: HashMap<u64, State>,
    /// Files begun, to name the next.
    begun: u64,
    files: usize,
    same_name: usize,
    hasher: Hasher,
    error: Option<Error>,
}

/// A data set on its way to a file.
#[derive(Debug)]
enum State {
    Writing(Box<Writing>),
    /// There will be no file, and why.
    Left(&'static str),
}

#[derive(Debug)]
struct Writing {
    /// Its name with the hasher.
    number: u64,
    file: File,
    path: PathBuf,
    /// Bytes before the data set.
    start: u64,
    /// Bytes of the data set that have come.
    position: u64,
    /// The last of them, not yet in the file.
    chunk: Vec<u8>,
    /// None was missing so far.
    whole: bool,
}

impl Exporter {
    /// Makes the folder where there is none. `beside`: hash on a thread of its own.
    pub fn new(options: ExportOptions, limits: &Limits, beside: bool) -> Result<Self> {
        std::fs::create_dir_all(&options.folder).map_err(|source| Error::Write { path: options.folder.clone(), source })?;
        let (files, same_name) = (limits.export_files, limits.export_same_name);
        Ok(Self { options, open: HashMap::new(), begun: 0, files, same_name, hasher: Hasher::new(beside)?, error: None })
    }

    /// What has failed.
    pub fn error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// Takes what happens to a data set; gives the row of one that is over.
    pub fn take(&mut self, event: DataEvent<'_>) -> Option<ExportRecord> {
        match event {
            DataEvent::Begin { message, command, transfer_syntax } => {
                if command.command_field == Some(STORE_REQUEST) {
                    let state = self.begin(command, transfer_syntax);
                    self.open.insert(message, state);
                }
                None
            }
            DataEvent::Bytes { message, offset, bytes } => {
                if let Some(state) = self.open.get_mut(&message) {
                    let result = state.write(offset, bytes, self.options.incomplete, &mut self.hasher);
                    self.check(result);
                }
                None
            }
            DataEvent::End(object) => {
                let state = self.open.remove(&object.message)?;
                Some(self.end(state, object))
            }
        }
    }

    fn check<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| _ = self.error.get_or_insert(error)).ok()
    }

    fn begin(&mut self, command: &CommandSet, transfer_syntax: Option<&str>) -> State {
        let Some(transfer_syntax) = transfer_syntax else { return State::Left("its transfer syntax is not in the capture") };
        if self.open.values().filter(|state| matches!(state, State::Writing(_))).count() >= self.files {
            return State::Left("more files at once than the limit");
        }
        self.begun += 1;
        let path = self.options.folder.join(format!(".dicomfast-{}-{}.part", std::process::id(), self.begun));
        let header = meta::header(command, transfer_syntax);
        let writing = create(&path).and_then(|mut file| {
            file.write_all(&header)?;
            Ok(file)
        });
        match self.check(writing.map_err(|source| Error::Write { path: path.clone(), source })) {
            Some(file) => {
                let start = header.len() as u64;
                State::Writing(Box::new(Writing { number: self.begun, file, path, start, position: 0, chunk: Vec::new(), whole: true }))
            }
            None => State::Left("the file could not be written"),
        }
    }

    fn end(&mut self, state: State, object: &ObjectRecord) -> ExportRecord {
        let mut record = ExportRecord { file: None, reason: None, object: object.clone(), sha256: None };
        let mut writing = match state {
            State::Left(reason) => return ExportRecord { reason: Some(reason), ..record },
            State::Writing(writing) => writing,
        };
        if !object.complete && (self.options.incomplete == Incomplete::Leave || writing.position == 0) {
            let forgotten = self.hasher.forget(writing.number);
            self.check(forgotten);
            return ExportRecord { reason: Some(NOT_WHOLE), ..record };
        }
        writing.whole &= object.complete;
        let closed = writing.close(object.bytes, &mut self.hasher);
        if self.check(closed).is_none() {
            return record;
        }
        // The last bytes are hashed meanwhile.
        let named = self.named(&writing.path, object);
        match self.check(named) {
            Some(Some(name)) => record.file = Some(name),
            Some(None) => record.reason = Some("too many of one name"),
            None => {}
        }
        if writing.whole {
            let sum = self.hasher.sum(writing.number);
            record.sha256 = self.check(sum);
        }
        record
    }

    /// Gives the file its name; `None` where there are too many of it.
    fn named(&self, path: &Path, object: &ObjectRecord) -> Result<Option<String>> {
        let name = name::reserve(&self.options.folder, object.sop_instance.as_deref(), object.complete, self.same_name)
            .map_err(|source| Error::Write { path: path.to_owned(), source })?;
        let Some(name) = name else { return Ok(None) };
        let target = self.options.folder.join(&name);
        std::fs::rename(path, &target).map_err(|source| Error::Write { path: target, source })?;
        Ok(Some(name))
    }
}

const NOT_WHOLE: &str = "bytes of it are missing";

impl State {
    fn write(&mut self, offset: u64, bytes: &[u8], incomplete: Incomplete, hasher: &mut Hasher) -> Result<()> {
        let Self::Writing(writing) = self else { return Ok(()) };
        if offset != writing.position && incomplete == Incomplete::Leave {
            let forgotten = hasher.forget(writing.number);
            *self = Self::Left(NOT_WHOLE);
            return forgotten;
        }
        writing.write(offset, bytes, hasher)
    }
}

impl Writing {
    fn write(&mut self, offset: u64, mut bytes: &[u8], hasher: &mut Hasher) -> Result<()> {
        if offset != self.position {
            self.flush(hasher)?;
            // A hole in the file: it reads as zeros and takes no room.
            self.file.seek(SeekFrom::Start(self.start + offset)).map_err(|source| self.failed(source))?;
            hasher.forget(self.number)?;
            (self.position, self.whole) = (offset, false);
        }
        while !bytes.is_empty() {
            // Chunks end where blocks of the file do.
            let room = CHUNK - (self.start + self.position) as usize % CHUNK;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if self.chunk.capacity() < CHUNK {
                self.chunk.reserve_exact(CHUNK - self.chunk.len());
            }
            self.chunk.extend_from_slice(now);
            self.position += now.len() as u64;
            if now.len() == room {
                self.flush(hasher)?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn flush(&mut self, hasher: &mut Hasher) -> Result<()> {
        self.file.write_all(&self.chunk).map_err(|source| self.failed(source))?;
        if self.whole {
            self.chunk = hasher.bytes(self.number, std::mem::take(&mut self.chunk))?;
        } else {
            self.chunk.clear();
        }
        Ok(())
    }

    fn close(&mut self, bytes: u64, hasher: &mut Hasher) -> Result<()> {
        self.flush(hasher)?;
        if bytes > self.position {
            self.file.set_len(self.start + bytes).map_err(|source| self.failed(source))?;
        }
        if self.whole { hasher.end(self.number) } else { hasher.forget(self.number) }
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Write { path: self.path.clone(), source }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // It has its own name by now, or nobody wants it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A file that was not there before, which others may not read: it holds patient data.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
