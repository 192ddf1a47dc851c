//! Bytes -> events: the DICOM upper layer (PS3.8) and DIMSE (PS3.7). Knows nothing of TCP, files or Arrow.

mod assembly;
pub mod associate;
mod association;
mod border;
mod carry;
mod codes;
pub mod command;
mod conversation;
pub mod dataset;
mod describe;
mod doubt;
mod fragments;
pub mod framer;
mod gaps;
mod handler;
pub mod issue;
pub mod names;
mod out;
mod pairing;
pub mod pdu;
mod phase;
pub mod privacy;
mod privacy_tags;
pub mod resync;
pub mod status;
pub mod text;
mod tls;

pub use carry::DataSetOptions;
pub use conversation::{Conversation, Dicom};

#[cfg(test)]
mod tests;
