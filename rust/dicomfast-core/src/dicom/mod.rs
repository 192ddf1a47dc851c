//! Bytes -> events: the DICOM upper layer (PS3.8) and DIMSE (PS3.7). Knows nothing of TCP, files or Arrow.

mod assembly;
mod association;
mod conversation;
mod describe;
pub mod framer;
mod pairing;
pub mod resync;
mod tls;

pub use conversation::{Conversation, Dicom};
