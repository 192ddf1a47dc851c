//! Data sets of C-STORE requests as files (PS3.10), written while they come. Knows data sets, names and files; not how the bytes
//! were found. Whatever a peer calls its instance, no file is written outside the folder and none is written over.

mod meta;
mod name;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::event::{CommandSet, DataEvent, ExportRecord, ObjectRecord};
use crate::limits::Limits;

const STORE_REQUEST: u16 = 0x0001;

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
    file: BufWriter<File>,
    path: PathBuf,
    /// Bytes before the data set.
    start: u64,
    /// Bytes of the data set that are written.
    position: u64,
    hash: Option<Sha256>,
}

impl Exporter {
    /// Makes the folder where there is none.
    pub fn new(options: ExportOptions, limits: &Limits) -> Result<Self> {
        std::fs::create_dir_all(&options.folder).map_err(|source| Error::Write { path: options.folder.clone(), source })?;
        Ok(Self { options, open: HashMap::new(), begun: 0, files: limits.export_files, same_name: limits.export_same_name, error: None })
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
                    let result = state.write(offset, bytes, self.options.incomplete);
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
        let writing = create(&path).and_then(|file| {
            let mut writing = Writing {
                file: BufWriter::with_capacity(64 << 10, file),
                path: path.clone(),
                start: header.len() as u64,
                position: 0,
                hash: Some(Sha256::new()),
            };
            writing.file.write_all(&header)?;
            Ok(writing)
        });
        match self.check(writing.map_err(|source| Error::Write { path, source })) {
            Some(writing) => State::Writing(Box::new(writing)),
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
            return ExportRecord { reason: Some(NOT_WHOLE), ..record };
        }
        record.sha256 = writing.hash.take().filter(|_| object.complete).map(|hash| hash.finalize().into());
        let named = writing
            .close(object.bytes)
            .and_then(|()| name::reserve(&self.options.folder, object.sop_instance.as_deref(), object.complete, self.same_name));
        let named = named.map_err(|source| Error::Write { path: writing.path.clone(), source });
        match self.check(named) {
            Some(Some(name)) => {
                let target = self.options.folder.join(&name);
                let moved = std::fs::rename(&writing.path, &target).map_err(|source| Error::Write { path: target, source });
                if self.check(moved).is_some() {
                    record.file = Some(name);
                }
            }
            Some(None) => record.reason = Some("too many of one name"),
            None => {}
        }
        record
    }
}

const NOT_WHOLE: &str = "bytes of it are missing";

impl State {
    fn write(&mut self, offset: u64, bytes: &[u8], incomplete: Incomplete) -> Result<()> {
        let Self::Writing(writing) = self else { return Ok(()) };
        if offset != writing.position && incomplete == Incomplete::Leave {
            *self = Self::Left(NOT_WHOLE);
            return Ok(());
        }
        writing.write(offset, bytes).map_err(|source| Error::Write { path: writing.path.clone(), source })
    }
}

impl Writing {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        if offset != self.position {
            // A hole in the file: it reads as zeros and takes no room.
            self.file.seek(SeekFrom::Start(self.start + offset))?;
            self.hash = None;
        }
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        self.position = offset + bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn close(&mut self, bytes: u64) -> std::io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().set_len(self.start + bytes.max(self.position))
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
