//! SHA-256 of the files that are being written. It takes longer than reading the capture, taking it apart and writing the files together, so
//! it has a thread of its own where there may be more than one.

use std::collections::HashMap;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

pub(super) type Sum = [u8; 32];

/// Chunks that wait to be hashed. Then whoever brings more waits.
const WAITING: usize = 16;

/// Files that have begun. One is known by its number, and begins with its first bytes.
#[derive(Debug, Default)]
pub(super) struct Begun(HashMap<u64, Sha256>);

enum Work {
    /// The next bytes of a file.
    Bytes(u64, Vec<u8>),
    /// No more come: the sum is wanted.
    End(u64),
    /// Nobody wants it.
    Forget(u64),
}

/// Where the work is done.
#[derive(Debug)]
pub(super) enum Hasher {
    Here(Begun),
    Beside(Beside),
}

#[derive(Debug)]
pub(super) struct Beside {
    work: Option<Sender<Work>>,
    /// Chunks to be filled again.
    emptied: Receiver<Vec<u8>>,
    sums: Receiver<Sum>,
    thread: Option<JoinHandle<()>>,
}

impl Hasher {
    pub(super) fn new(beside: bool) -> Result<Self> {
        Ok(if beside { Self::Beside(Beside::start()?) } else { Self::Here(Begun::default()) })
    }

    /// Takes a chunk of a file, and gives an empty one for the next.
    pub(super) fn bytes(&mut self, file: u64, mut chunk: Vec<u8>) -> Result<Vec<u8>> {
        match self {
            Self::Here(begun) => {
                begun.update(file, &mut chunk);
                Ok(chunk)
            }
            Self::Beside(beside) => {
                beside.send(Work::Bytes(file, chunk))?;
                Ok(beside.emptied.try_recv().unwrap_or_default())
            }
        }
    }

    /// No more bytes come, and [`Hasher::sum`] will ask. There is time for something else between the two.
    pub(super) fn end(&mut self, file: u64) -> Result<()> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Beside(beside) => beside.send(Work::End(file)),
        }
    }

    /// The sum of the file that has ended.
    pub(super) fn sum(&mut self, file: u64) -> Result<Sum> {
        match self {
            Self::Here(begun) => Ok(begun.sum(file)),
            Self::Beside(beside) => beside.sums.recv().map_err(|_| failed()),
        }
    }

    pub(super) fn forget(&mut self, file: u64) -> Result<()> {
        match self {
            Self::Here(begun) => {
                begun.forget(file);
                Ok(())
            }
            Self::Beside(beside) => beside.send(Work::Forget(file)),
        }
    }
}

impl Beside {
    fn start() -> Result<Self> {
        let (work, todo) = bounded(WAITING);
        let (empty, emptied) = bounded(WAITING);
        let (done, sums) = bounded(1);
        let thread = std::thread::Builder::new()
            .name("dicomfast-hash".to_owned())
            .spawn(move || run(&todo, &empty, &done))
            .map_err(|source| Error::Read { input: "a thread that hashes".to_owned(), source })?;
        Ok(Self { work: Some(work), emptied, sums, thread: Some(thread) })
    }

    fn send(&mut self, work: Work) -> Result<()> {
        match &self.work {
            Some(sender) if sender.send(work).is_ok() => Ok(()),
            _ => Err(failed()),
        }
    }
}

fn failed() -> Error {
    Error::Argument("the thread that hashes failed: please report this".to_owned())
}

impl Begun {
    /// Empties the chunk.
    fn update(&mut self, file: u64, chunk: &mut Vec<u8>) {
        self.0.entry(file).or_default().update(&chunk);
        chunk.clear();
    }

    fn sum(&mut self, file: u64) -> Sum {
        self.0.remove(&file).unwrap_or_default().finalize().into()
    }

    fn forget(&mut self, file: u64) {
        self.0.remove(&file);
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // What it still held is not wanted; that it failed was told to who asked for a sum.
            let _ = thread.join();
        }
    }
}

/// Ends when nobody can bring more.
fn run(todo: &Receiver<Work>, empty: &Sender<Vec<u8>>, done: &Sender<Sum>) {
    let mut begun = Begun::default();
    for work in todo {
        match work {
            Work::Bytes(file, mut chunk) => {
                begun.update(file, &mut chunk);
                // Where there are enough of them already, it goes.
                let _ = empty.try_send(chunk);
            }
            // A closed channel means that nobody wants it any more.
            Work::End(file) => _ = done.send(begun.sum(file)),
            Work::Forget(file) => begun.forget(file),
        }
    }
}
