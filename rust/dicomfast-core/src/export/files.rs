//! Files on their way: each chunk is written, then hashed (SHA-256). Both take as long as to read the capture and take it apart, so each has a
//! thread of its own where there may be several.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

pub(super) type Sum = [u8; 32];

/// Chunks that wait for a thread. Then whoever brings more waits.
const WAITING: usize = 8;

/// What is to be done with a file, which is known by its number.
pub(super) enum Work {
    Begin {
        number: u64,
        path: PathBuf,
        file: File,
    },
    /// Bytes, at a place that is told where they do not follow the ones before. `hashed`: the sum is made of them.
    Bytes {
        number: u64,
        at: Option<u64>,
        chunk: Vec<u8>,
        hashed: bool,
    },
    /// No more come: the sum is wanted. The file is to have a length that is told where bytes are missing at its end. `failed` is for who
    /// writes to say.
    End {
        number: u64,
        length: Option<u64>,
        failed: bool,
    },
    /// Nobody wants it.
    Forget {
        number: u64,
    },
}

/// Where the work is done.
#[derive(Debug)]
pub(super) enum Files {
    Here(Box<Here>),
    Beside(Beside),
}

#[derive(Debug, Default)]
pub(super) struct Here {
    writer: Writer,
    hasher: Hasher,
    sums: VecDeque<Option<Sum>>,
    failures: VecDeque<Error>,
    emptied: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Beside {
    work: Option<Sender<Work>>,
    emptied: Receiver<Vec<u8>>,
    sums: Receiver<Option<Sum>>,
    failures: Receiver<Error>,
    threads: Vec<JoinHandle<()>>,
}

impl Files {
    pub(super) fn new(beside: bool) -> Result<Self> {
        Ok(if beside { Self::Beside(Beside::start()?) } else { Self::Here(Box::default()) })
    }

    pub(super) fn take(&mut self, work: Work) -> Result<()> {
        match self {
            Self::Here(here) => here.take(work),
            Self::Beside(beside) => return beside.take(work),
        }
        Ok(())
    }

    /// What has failed by now, of what was taken.
    pub(super) fn failure(&mut self) -> Option<Error> {
        match self {
            Self::Here(here) => here.failures.pop_front(),
            Self::Beside(beside) => beside.failures.try_recv().ok(),
        }
    }

    /// A chunk to fill; one that was taken before, if it can be.
    pub(super) fn chunk(&mut self) -> Vec<u8> {
        match self {
            Self::Here(here) => std::mem::take(&mut here.emptied),
            Self::Beside(beside) => beside.emptied.try_recv().unwrap_or_default(),
        }
    }

    /// Waits until the next of the files that have ended is written: its sum, or nothing where it could not be written.
    pub(super) fn sum(&mut self) -> Result<Option<Sum>> {
        match self {
            Self::Here(here) => here.sums.pop_front().ok_or_else(broken),
            Self::Beside(beside) => beside.sums.recv().map_err(|_| broken()),
        }
    }
}

impl Here {
    fn take(&mut self, work: Work) {
        let (work, result) = self.writer.take(work);
        self.failures.extend(result.err());
        match work.map(|work| self.hasher.take(work)) {
            Some(Hashed::Chunk(chunk)) => self.emptied = chunk,
            Some(Hashed::Sum(sum)) => self.sums.push_back(sum),
            Some(Hashed::Nothing) | None => {}
        }
    }
}

impl Beside {
    fn start() -> Result<Self> {
        let (work, to_write) = bounded::<Work>(WAITING);
        let (written, to_hash) = bounded::<Work>(WAITING);
        let (empty, emptied) = bounded(2 * WAITING);
        // As many as files end before somebody asks.
        let (done, sums) = unbounded();
        let (told, failures) = unbounded();
        // A closed channel means that nobody wants to know any more.
        let write = move || {
            let mut writer = Writer::default();
            for work in to_write {
                let (work, result) = writer.take(work);
                if let Err(error) = result {
                    let _ = told.send(error);
                }
                if let Some(work) = work {
                    let _ = written.send(work);
                }
            }
        };
        let hash = move || {
            let mut hasher = Hasher::default();
            for work in to_hash {
                match hasher.take(work) {
                    // Where there are enough of them already, it goes.
                    Hashed::Chunk(chunk) => _ = empty.try_send(chunk),
                    Hashed::Sum(sum) => _ = done.send(sum),
                    Hashed::Nothing => {}
                }
            }
        };
        let threads = vec![thread("dicomfast-file", write)?, thread("dicomfast-hash", hash)?];
        Ok(Self { work: Some(work), emptied, sums, failures, threads })
    }

    fn take(&mut self, work: Work) -> Result<()> {
        match &self.work {
            Some(sender) if sender.send(work).is_ok() => Ok(()),
            _ => Err(broken()),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.work = None;
        for thread in self.threads.drain(..) {
            // What it still had is not wanted, and that it broke was told to who asked for a sum.
            let _ = thread.join();
        }
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let made = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    made.map_err(|source| Error::Read { input: "a thread that writes files".to_owned(), source })
}

fn broken() -> Error {
    Error::Argument("a thread that writes files failed: please report this".to_owned())
}

/// Writes, and hands on what is to be hashed. A file of which something failed is let go.
#[derive(Debug, Default)]
struct Writer {
    open: HashMap<u64, (PathBuf, File)>,
}

impl Writer {
    fn take(&mut self, mut work: Work) -> (Option<Work>, Result<()>) {
        let result = match work {
            Work::Begin { number, path, file } => {
                self.open.insert(number, (path, file));
                return (None, Ok(()));
            }
            Work::Bytes { number, at, ref chunk, .. } => self.write(number, |file| {
                if let Some(at) = at {
                    file.seek(SeekFrom::Start(at))?;
                }
                file.write_all(chunk)
            }),
            Work::End { number, length, ref mut failed } => {
                let result = self.write(number, |file| length.map_or(Ok(()), |length| file.set_len(length)));
                *failed = self.open.remove(&number).is_none();
                result
            }
            Work::Forget { number } => {
                self.open.remove(&number);
                Ok(())
            }
        };
        (Some(work), result)
    }

    fn write(&mut self, number: u64, how: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<()> {
        let Some((_, file)) = self.open.get_mut(&number) else { return Ok(()) };
        how(file).map_err(|source| {
            let path = self.open.remove(&number).map_or_else(PathBuf::new, |(path, _)| path);
            Error::Write { path, source }
        })
    }
}

/// What comes of hashing.
enum Hashed {
    /// It is empty again.
    Chunk(Vec<u8>),
    Sum(Option<Sum>),
    Nothing,
}

#[derive(Debug, Default)]
struct Hasher {
    open: HashMap<u64, Sha256>,
}

impl Hasher {
    fn take(&mut self, work: Work) -> Hashed {
        match work {
            Work::Bytes { number, mut chunk, hashed, .. } => {
                if hashed {
                    self.open.entry(number).or_default().update(&chunk);
                }
                chunk.clear();
                Hashed::Chunk(chunk)
            }
            Work::End { number, failed, .. } => {
                let sum = self.open.remove(&number).unwrap_or_default();
                Hashed::Sum((!failed).then(|| sum.finalize().into()))
            }
            Work::Begin { number, .. } | Work::Forget { number } => {
                self.open.remove(&number);
                Hashed::Nothing
            }
        }
    }
}
