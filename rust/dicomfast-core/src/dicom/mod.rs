//! Bytes -> events: the DICOM upper layer (PS3.8) and DIMSE (PS3.7). Knows nothing of TCP, files or Arrow.

pub mod associate;
mod codes;
pub mod command;
pub mod issue;
pub mod names;
pub mod status;
pub mod text;
