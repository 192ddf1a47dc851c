//! What can stop a run: a file that cannot be opened or read, an input that is no capture, a wrong argument. What is wrong
//! *inside* a capture is an [`Anomaly`](crate::anomaly::Anomaly), never an error.

use std::path::PathBuf;

/// Each message says what happened, to which input, and what to do. None carries bytes from the wire.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot open {path}: {source}", path = .path.display())]
    Open { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = .path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {input}: {source}")]
    Read { input: String, source: std::io::Error },
    /// The first bytes are not those of a capture file.
    #[error("{input} is not a capture file: {reason}")]
    NotACapture { input: String, reason: String },
    /// A capture format or link type that is known by name but not read.
    #[error("{input}: {what} is not supported; {advice}")]
    Unsupported { input: String, what: String, advice: String },
    #[error("{input} cannot be decompressed: {reason}")]
    Decompress { input: String, reason: String },
    /// An interface, or libpcap itself.
    #[error("cannot capture on {interface}: {reason}; {advice}")]
    Live { interface: String, reason: String, advice: String },
    #[error("{0}")]
    Argument(String),
    #[error("interrupted")]
    Interrupted,
}

pub type Result<T> = std::result::Result<T, Error>;
