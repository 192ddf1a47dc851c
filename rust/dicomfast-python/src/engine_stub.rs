//! Stands in for the engine until `dicomfast_core::pipeline` exists: opens what it is given, reads it to the end, makes no row.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, stdin};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use dicomfast_core::error::Error;
use dicomfast_core::limits::Limits;

pub(crate) enum Input {
    Path(PathBuf),
    Stdin,
    Reader { name: String, reader: Box<dyn Read + Send> },
}

pub(crate) struct Options {
    pub(crate) tables: Vec<Table>,
    #[expect(dead_code, reason = "the engine's")]
    pub(crate) threads: usize,
    pub(crate) limits: Limits,
    #[expect(dead_code, reason = "the engine's")]
    pub(crate) follow: bool,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Stats {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) segments: u64,
}

pub(crate) enum Progress {
    Batch(Table, RecordBatch),
    Working,
    End,
}

#[derive(Clone, Copy)]
pub(crate) enum Table {
    Connections,
    Associations,
    PresentationContexts,
    Operations,
    Messages,
    Findings,
    Anomalies,
    CaptureInfo,
    Pdus,
    Events,
}

impl Table {
    pub(crate) const ALL: &[Self] = &[
        Self::Connections,
        Self::Associations,
        Self::PresentationContexts,
        Self::Operations,
        Self::Messages,
        Self::Findings,
        Self::Anomalies,
        Self::CaptureInfo,
        Self::Pdus,
        Self::Events,
    ];
    pub(crate) const DEFAULT: &[Self] = Self::ALL.split_at(8).0;

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Associations => "associations",
            Self::PresentationContexts => "presentation_contexts",
            Self::Operations => "operations",
            Self::Messages => "messages",
            Self::Findings => "findings",
            Self::Anomalies => "anomalies",
            Self::CaptureInfo => "capture_info",
            Self::Pdus => "pdus",
            Self::Events => "events",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }

    #[expect(clippy::unused_self, reason = "the engine's tables have a schema each")]
    pub(crate) fn schema(self) -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("packet", DataType::UInt64, false),
            Field::new("time", DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), true),
        ]))
    }
}

pub(crate) struct Session {
    inputs: VecDeque<(String, Box<dyn Read + Send>)>,
    tables: VecDeque<Table>,
    buffer: Vec<u8>,
    stats: Stats,
}

impl Session {
    pub(crate) fn open(inputs: Vec<Input>, options: Options) -> Result<Self, Error> {
        let mut opened = VecDeque::new();
        for input in inputs {
            opened.push_back(match input {
                Input::Path(path) => match File::open(&path) {
                    Ok(file) => (path.display().to_string(), Box::new(file) as Box<dyn Read + Send>),
                    Err(source) => return Err(Error::Open { path, source }),
                },
                Input::Stdin => ("-".to_owned(), Box::new(stdin()) as Box<dyn Read + Send>),
                Input::Reader { name, reader } => (name, reader),
            });
        }
        Ok(Self { inputs: opened, tables: options.tables.into(), buffer: vec![0; options.limits.window_bytes], stats: Stats::default() })
    }

    pub(crate) fn advance(&mut self) -> Result<Progress, Error> {
        if let Some((name, reader)) = self.inputs.front_mut() {
            let count = reader.read(&mut self.buffer).map_err(|source| Error::Read { input: name.clone(), source })?;
            self.stats.bytes += count as u64;
            if count == 0 {
                self.inputs.pop_front();
            }
            return Ok(Progress::Working);
        }
        Ok(self.tables.pop_front().map_or(Progress::End, |table| Progress::Batch(table, RecordBatch::new_empty(table.schema()))))
    }

    pub(crate) fn stats(&self) -> Stats {
        self.stats
    }
}
