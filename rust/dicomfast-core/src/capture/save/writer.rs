//! A thread that writes bytes to files, one file after the other. What cannot be written whole is taken back, so that every file ends
//! with a whole block.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::failed;
use crate::error::{Error, Result};

/// Chunks that wait to be written: 16 MiB. Then whoever brings more waits.
const WAITING: usize = 64;

enum Work {
    File(PathBuf, Option<File>),
    Bytes(Vec<u8>),
}

/// The other end of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    work: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
    failure: Arc<Mutex<Option<Error>>>,
}

impl Writer {
    pub(super) fn start() -> Result<Self> {
        let (work, todo) = bounded(WAITING);
        let failure = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failure);
        let thread = std::thread::Builder::new()
            .name("dicomfast-write".to_owned())
            .spawn(move || {
                if let Err(error) = write(&todo) {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            })
            .map_err(|source| Error::Read { input: "a thread that writes".to_owned(), source })?;
        Ok(Self { work: Some(work), thread: Some(thread), failure })
    }

    /// Begins a file at once: that it cannot be made is told to who asked for it.
    pub(super) fn create_now(&mut self, path: &Path) -> Result<()> {
        let file = File::create(path).map_err(|source| failed(path, source))?;
        self.send(Work::File(path.to_owned(), Some(file)))
    }

    pub(super) fn next(&mut self, path: PathBuf) -> Result<()> {
        self.send(Work::File(path, None))
    }

    /// Writes whole blocks.
    pub(super) fn write(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.send(Work::Bytes(bytes))
    }

    fn send(&mut self, work: Work) -> Result<()> {
        match &self.work {
            Some(sender) if sender.send(work).is_ok() => Ok(()),
            // The thread has ended: it says why.
            _ => self.finish_thread(),
        }
    }

    /// Whether everything so far could be written.
    pub(super) fn check(&mut self) -> Result<()> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) { self.finish_thread() } else { Ok(()) }
    }

    /// Waits until everything is written.
    pub(super) fn finish(mut self) -> Result<()> {
        self.finish_thread()
    }

    fn finish_thread(&mut self) -> Result<()> {
        self.work = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            return Err(Error::Argument("the thread that writes failed: please report this".to_owned()));
        }
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Who wants to know how it ended has called `finish`.
        let _ = self.finish_thread();
    }
}

fn write(todo: &Receiver<Work>) -> Result<()> {
    let mut open: Option<(PathBuf, File, u64)> = None;
    for work in todo {
        match (work, &mut open) {
            (Work::File(path, Some(file)), _) => open = Some((path, file, 0)),
            (Work::File(path, None), _) => {
                let file = File::create(&path).map_err(|source| failed(&path, source))?;
                open = Some((path, file, 0));
            }
            (Work::Bytes(bytes), Some((path, file, written))) => {
                if let Err(source) = file.write_all(&bytes) {
                    // Half a chunk ends in the middle of a block. Where even this fails, readers see a cut tail.
                    let _ = file.set_len(*written);
                    return Err(failed(path, source));
                }
                *written += bytes.len() as u64;
            }
            (Work::Bytes(_), None) => {}
        }
    }
    Ok(())
}
