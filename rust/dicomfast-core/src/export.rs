//! Data sets of C-STORE requests as files (PS3.10), written while they come. Knows data sets, names and files; not how the bytes
//! were found. Whatever a peer calls its instance, no file is written outside the folder and none is written over.

mod files;
mod meta;
mod name;

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use self::files::{Files, Work};
use crate::error::{Error, Result};
use crate::event::{CommandSet, DataEvent, ExportRecord, ObjectRecord};
use crate::limits::Limits;

const STORE_REQUEST: u16 = 0x0001;
/// Bytes that are written and hashed at once.
const CHUNK: usize = 128 << 10;
/// Data sets that have ended before a row waits for its file. Meanwhile they are written and hashed.
const BEHIND: usize = 4;

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
    open: HashMap<u64, State, foldhash::fast::RandomState>,
    /// Data sets that are over, in their order.
    ended: VecDeque<Ended>,
    /// Files begun, to name the next.
    begun: u64,
    most_files: usize,
    same_name: usize,
    files: Files,
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
    /// Its name with those who write it.
    number: u64,
    /// Removed at last, by when a file that is wanted has another name.
    path: Temporary,
    /// Bytes before the data set.
    start: u64,
    /// Bytes of the data set that have come.
    position: u64,
    /// The last of them, and where they belong if not behind the ones before.
    chunk: Vec<u8>,
    at: Option<u64>,
    /// None was missing so far.
    whole: bool,
}

/// A data set that is over, and the file that waits for its name.
#[derive(Debug)]
struct Ended {
    record: ExportRecord,
    file: Option<Temporary>,
    /// Its sum is that of the data set.
    whole: bool,
}

#[derive(Debug)]
struct Temporary(PathBuf);

impl Exporter {
    /// Makes the folder where there is none. `beside`: write and hash in threads of their own.
    pub fn new(options: ExportOptions, limits: &Limits, beside: bool) -> Result<Self> {
        std::fs::create_dir_all(&options.folder).map_err(|source| Error::Write { path: options.folder.clone(), source })?;
        let (most_files, same_name) = (limits.export_files, limits.export_same_name);
        let (open, ended, files) = (HashMap::default(), VecDeque::new(), Files::new(beside)?);
        Ok(Self { options, open, ended, begun: 0, most_files, same_name, files, error: None })
    }

    /// What has failed by now, here or with those who write.
    pub fn error(&mut self) -> Option<Error> {
        self.error.take().or_else(|| self.files.failure())
    }

    /// Takes what happens to a data set; gives the row of one that is over. Rows come in the order in which data sets end, some of these later.
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
                    let result = state.write(offset, bytes, self.options.incomplete, &mut self.files);
                    self.check(result);
                }
                None
            }
            DataEvent::End(object) => {
                let state = self.open.remove(&object.message)?;
                let ended = self.end(state, object);
                self.ended.push_back(ended);
                if self.ended.len() > BEHIND { self.rest() } else { None }
            }
        }
    }

    /// The next of the rows that are left when no more data sets come.
    pub fn rest(&mut self) -> Option<ExportRecord> {
        let Ended { mut record, file, whole } = self.ended.pop_front()?;
        let Some(file) = file else { return Some(record) };
        let sum = self.files.sum();
        let Some(Some(sum)) = self.check(sum) else {
            return Some(ExportRecord { reason: Some(NOT_WRITTEN), ..record });
        };
        record.sha256 = whole.then_some(sum);
        let named = self.named(&file.0, &record.object);
        match self.check(named) {
            Some(Some(name)) => record.file = Some(name),
            Some(None) => record.reason = Some("too many of one name"),
            None => {}
        }
        Some(record)
    }

    fn check<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| _ = self.error.get_or_insert(error)).ok()
    }

    fn begin(&mut self, command: &CommandSet, transfer_syntax: Option<&str>) -> State {
        let Some(transfer_syntax) = transfer_syntax else { return State::Left("its transfer syntax is not in the capture") };
        if self.open.values().filter(|state| matches!(state, State::Writing(_))).count() >= self.most_files {
            return State::Left("more files at once than the limit");
        }
        self.begun += 1;
        let number = self.begun;
        let path = self.options.folder.join(format!(".dicomfast-{}-{number}.part", std::process::id()));
        let header = meta::header(command, transfer_syntax);
        let created = create(&path).map_err(|source| Error::Write { path: path.clone(), source });
        let begun = created.and_then(|mut file| {
            // Only what was made here is removed.
            let path = Temporary(path);
            file.write_all(&header).map_err(|source| Error::Write { path: path.0.clone(), source })?;
            self.files.take(Work::Begin { number, path: path.0.clone(), file })?;
            Ok(path)
        });
        let Some(path) = self.check(begun) else { return State::Left(NOT_WRITTEN) };
        let start = header.len() as u64;
        State::Writing(Box::new(Writing { number, path, start, position: 0, chunk: Vec::new(), at: None, whole: true }))
    }

    fn end(&mut self, state: State, object: &ObjectRecord) -> Ended {
        let record = ExportRecord { file: None, reason: None, object: object.clone(), sha256: None };
        let left = |record, reason| Ended { record: ExportRecord { reason: Some(reason), ..record }, file: None, whole: false };
        let writing = match state {
            State::Left(reason) => return left(record, reason),
            State::Writing(writing) => writing,
        };
        if !object.complete && (self.options.incomplete == Incomplete::Leave || writing.position == 0) {
            let forgotten = self.files.take(Work::Forget { number: writing.number });
            self.check(forgotten);
            return left(record, NOT_WHOLE);
        }
        let whole = object.complete && writing.whole;
        let closed = writing.close(object.bytes, &mut self.files);
        Ended { file: self.check(closed), record, whole }
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

impl Drop for Exporter {
    fn drop(&mut self) {
        // Files that are whole get their names, whatever ended the run.
        while self.rest().is_some() {}
    }
}

const NOT_WHOLE: &str = "bytes of it are missing";
const NOT_WRITTEN: &str = "the file could not be written";

impl State {
    fn write(&mut self, offset: u64, bytes: &[u8], incomplete: Incomplete, files: &mut Files) -> Result<()> {
        let Self::Writing(writing) = self else { return Ok(()) };
        if offset != writing.position && incomplete == Incomplete::Leave {
            let number = writing.number;
            *self = Self::Left(NOT_WHOLE);
            return files.take(Work::Forget { number });
        }
        writing.write(offset, bytes, files)
    }
}

impl Writing {
    fn write(&mut self, offset: u64, mut bytes: &[u8], files: &mut Files) -> Result<()> {
        if offset != self.position {
            self.flush(files)?;
            // A hole in the file: it reads as zeros and takes no room.
            (self.position, self.at, self.whole) = (offset, Some(self.start + offset), false);
        }
        while !bytes.is_empty() {
            if self.chunk.capacity() < CHUNK {
                self.chunk = files.chunk();
                self.chunk.reserve_exact(CHUNK);
            }
            // Chunks end where blocks of the file do.
            let room = CHUNK - (self.start + self.position) as usize % CHUNK;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.extend_from_slice(now);
            self.position += now.len() as u64;
            if now.len() == room {
                self.flush(files)?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn flush(&mut self, files: &mut Files) -> Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let (number, at, hashed) = (self.number, self.at.take(), self.whole);
        files.take(Work::Bytes { number, at, chunk: std::mem::take(&mut self.chunk), hashed })
    }

    /// All bytes that there are have come.
    fn close(mut self, bytes: u64, files: &mut Files) -> Result<Temporary> {
        self.flush(files)?;
        let length = (bytes > self.position).then_some(self.start + bytes);
        files.take(Work::End { number: self.number, length, failed: false })?;
        Ok(self.path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It has its own name by now, or nobody wants it.
        let _ = std::fs::remove_file(&self.0);
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
