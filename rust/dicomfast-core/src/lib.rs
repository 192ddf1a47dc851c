//! dicomfast-core: network captures to DICOM rows.
//!
//! ```text
//! capture      net          flow        dicom         event        table
//! bytes   ->   frame   ->   segment ->  bytes    ->   events  ->   Arrow batches
//!              to segment   to bytes    to events     (values)
//! ```
//!
//! Data goes one way. Each stage takes values and hands values to one consumer, so each can be tested with a collector.
//! `pipeline` is the only module that sees every stage.

pub mod anomaly;
pub mod capture;
pub mod dicom;
pub mod error;
pub mod event;
pub mod export;
pub mod findings;
pub mod flow;
pub mod joins;
pub mod limits;
pub mod net;
pub mod pipeline;
pub mod reader;
#[cfg(feature = "arrow")]
pub mod session;
pub mod stats;
#[cfg(feature = "arrow")]
pub mod table;
pub mod transport;
