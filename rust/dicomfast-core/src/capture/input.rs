//! What the caller asks to be read. Knows paths and streams; nothing of their content.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use crate::error::{Error, Result};

/// One input of a capture.
pub enum Input {
    /// A file, FIFO or device; "-" is standard input.
    Path(PathBuf),
    Stdin,
    /// Anything that can be read, for example a Python file object, with a name for messages.
    Reader {
        name: String,
        reader: Box<dyn Read + Send>,
    },
}

impl Input {
    /// The name in tables and messages: the path as given, "-" for standard input.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Stdin => "-".to_owned(),
            Self::Reader { name, .. } => name.clone(),
        }
    }

    /// Whether a read may wait for the other side: true of everything but a regular file.
    pub fn may_wait(&self) -> bool {
        match self {
            Self::Path(path) => fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) || path.as_os_str() == "-",
            Self::Stdin | Self::Reader { .. } => true,
        }
    }

    /// Opens it. A regular file can be opened again later; everything else is read once, as its bytes arrive.
    pub(super) fn open(self) -> Result<Opened> {
        match self {
            Self::Path(path) if path.as_os_str() == "-" => Ok(Opened::stdin()),
            Self::Path(path) => open_path(path),
            Self::Stdin => Ok(Opened::stdin()),
            Self::Reader { name, reader } => Ok(Opened { name, path: None, bytes: Raw::Live(reader) }),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Input").field(&self.name()).finish()
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

/// An input that is open.
pub(super) struct Opened {
    pub(super) name: String,
    /// Where it can be opened again: regular files only.
    pub(super) path: Option<PathBuf>,
    pub(super) bytes: Raw,
}

/// Where the bytes come from.
pub(super) enum Raw {
    /// A regular file: reading never waits, and it may grow.
    File(File),
    /// A pipe, a device, a Python object: a read may wait for the other side.
    Live(Box<dyn Read + Send>),
}

impl Opened {
    fn stdin() -> Self {
        Self { name: "-".to_owned(), path: None, bytes: Raw::Live(Box::new(io::stdin())) }
    }
}

fn open_path(path: PathBuf) -> Result<Opened> {
    let opened = File::open(&path).and_then(|file| {
        let kind = file.metadata()?.file_type();
        if kind.is_dir() { Err(io::Error::from(ErrorKind::IsADirectory)) } else { Ok((file, kind.is_file())) }
    });
    match opened {
        Ok((file, true)) => Ok(Opened { name: path.display().to_string(), path: Some(path), bytes: Raw::File(file) }),
        Ok((file, false)) => Ok(Opened { name: path.display().to_string(), path: None, bytes: Raw::Live(Box::new(file)) }),
        Err(source) => Err(Error::Open { path, source }),
    }
}
