//! Events -> Arrow: the record batches that are handed out. Knows the records of `event` and Arrow; must not know how the records
//! came about. Column names and types are the product's contract.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};

use crate::event::Connections;
use crate::findings::Rules;
use crate::limits::Limits;

mod anomalies;
mod associations;
mod budget;
mod capture_info;
mod column;
mod connections;
mod elements;
mod events;
mod exports;
mod findings;
mod frames;
mod headers;
mod items;
mod joins;
mod losses;
mod messages;
mod objects;
mod operations;
mod outer_headers;
mod pdus;
mod pdvs;
mod peers;
mod presentation_contexts;
mod segments;
mod side;
mod sink;
mod spelled;
mod stalls;
mod studies;
mod suboperations;

use column::Columns;
pub use column::DOC;

/// The tables, listed once: the enum, the names and the builders come from here.
macro_rules! tables {
    ($($(#[doc = $doc:literal])+ $table:ident in $module:ident;)+) => {
        /// A table that can be asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Table { $($(#[doc = $doc])+ $table,)+ }

        impl Table {
            pub const ALL: &[Self] = &[$(Self::$table,)+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$table => stringify!($module),)+ }
            }

            /// What a row of it is.
            pub fn doc(self) -> &'static str {
                match self { $(Self::$table => concat!($($doc),+).trim_ascii_start(),)+ }
            }

            /// Its columns; the metadata of the schema and of each field holds its documentation under [`DOC`].
            pub fn schema(self) -> SchemaRef {
                let fields = match self { $(Self::$table => $module::Builder::fields(),)+ };
                Arc::new(Schema::new_with_metadata(fields, HashMap::from([(DOC.to_owned(), self.doc().to_owned())])))
            }
        }

        /// One builder for each table that is wanted.
        struct Builders { $($module: Option<Batches<$module::Builder>>,)+ }

        impl Builders {
            fn new(wanted: &[Table], rows: usize) -> Self {
                Self { $($module: wanted.contains(&Table::$table).then(|| Batches::new(Table::$table, rows)),)+ }
            }

            fn flush(&mut self) -> Vec<(Table, RecordBatch)> {
                [$(self.$module.as_mut().and_then(Batches::take),)+].into_iter().flatten().collect()
            }
        }
    };
}

tables! {
    /// One row per TCP connection.
    Connections in connections;
    /// One row per DICOM association.
    Associations in associations;
    /// One row per proposed presentation context.
    PresentationContexts in presentation_contexts;
    /// One row per DIMSE request with its responses.
    Operations in operations;
    /// One row per DIMSE message.
    Messages in messages;
    /// One row per thing worth telling a person.
    Findings in findings;
    /// One row per broken rule or damaged byte range.
    Anomalies in anomalies;
    /// One row per input file or interface.
    CaptureInfo in capture_info;
    /// One row per upper-layer PDU.
    Pdus in pdus;
    /// One row per presentation data value.
    Pdvs in pdvs;
    /// One row per item and sub-item of an A-ASSOCIATE-RQ or -AC.
    Items in items;
    /// One row per captured frame, with its innermost headers; what TCP makes of them is in `segments`.
    Frames in frames;
    /// One row per stack of headers around those in `frames`: tunnels, and more than one tag.
    OuterHeaders in outer_headers;
    /// One row per TCP segment of the connections that are followed, with Wireshark's analysis.
    Segments in segments;
    /// One row per time in which a message stood still, with the cause.
    Stalls in stalls;
    /// One row per data set that a message carries.
    Objects in objects;
    /// One row per element of a data set, sequences and items among them.
    Elements in elements;
    /// One row per association event and per DIMSE message, as it happens; the rows in `elements` of a message come before.
    Events in events;
    /// One row per AE title, address, role and implementation.
    Peers in peers;
    /// One row per series that a sender stored at a receiver.
    Studies in studies;
    /// One row per C-STORE that a C-MOVE or C-GET caused.
    Suboperations in suboperations;
    /// One row per data set that was to be written to a file; made by `export` alone.
    Exports in exports;
}

impl Table {
    /// The tables that are made unless others are asked for.
    pub const DEFAULT: &[Self] = &[
        Self::Connections,
        Self::Associations,
        Self::PresentationContexts,
        Self::Operations,
        Self::Messages,
        Self::Findings,
        Self::Anomalies,
        Self::CaptureInfo,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }
}

/// The builder of a table, and when it is full.
struct Batches<B> {
    table: Table,
    schema: SchemaRef,
    limit: usize,
    builder: B,
}

impl<B: Columns> Batches<B> {
    fn new(table: Table, limit: usize) -> Self {
        Self { table, schema: table.schema(), limit: limit.max(1), builder: B::default() }
    }

    /// Adds one row, and moves the batch to `ready` when that made it full.
    fn add(&mut self, ready: &mut VecDeque<(Table, RecordBatch)>, append: impl FnOnce(&mut B)) {
        append(&mut self.builder);
        if self.builder.rows() >= self.limit {
            ready.extend(self.take());
        }
    }

    /// Whether one row more makes it full.
    fn fills(&self) -> bool {
        self.builder.rows() + 1 >= self.limit
    }

    /// The rows so far; `None` where there are none.
    fn take(&mut self) -> Option<(Table, RecordBatch)> {
        let rows = self.builder.rows();
        if rows == 0 {
            return None;
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), self.builder.arrays(), &options);
        #[expect(clippy::expect_used, reason = "fields and arrays come from one list (column.rs), and each column got one value a row")]
        Some((self.table, batch.expect("columns of one schema and one length")))
    }
}

/// Takes what happened and makes the batches of the tables that were asked for. Nothing is made for a table nobody asked for.
/// Whoever feeds it takes what is [`ready`](Self::ready) after each piece of input, so that at most that piece's rows are held.
pub struct Tables {
    builders: Builders,
    of: Connections,
    rules: Option<Rules>,
    quota: anomalies::Quota,
    losses: losses::Losses,
    joins: joins::Joins,
    ready: VecDeque<(Table, RecordBatch)>,
}

impl Tables {
    /// Rows of these connections; the findings, the anomalies and the inputs are told of the whole capture.
    pub fn new(wanted: &[Table], of: Connections, limits: &Limits) -> Self {
        let rules = wanted.contains(&Table::Findings).then(|| Rules::new(limits));
        // The rules are fed with the records of all connections, which tell a number and no ends.
        let of = if rules.is_some() && matches!(of, Connections::Where(_)) { Connections::All } else { of };
        Self {
            builders: Builders::new(wanted, limits.batch_rows),
            of,
            rules,
            quota: anomalies::Quota::new(limits.anomalies_per_kind),
            losses: losses::Losses::default(),
            joins: joins::Joins::new(wanted, limits),
            ready: VecDeque::new(),
        }
    }

    /// A full batch, oldest first.
    pub fn ready(&mut self) -> Option<(Table, RecordBatch)> {
        self.ready.pop_front()
    }

    /// The rows that wait for their batch to be full, in the order of [`Table`]. Whatever is ready comes first.
    pub fn flush(&mut self) -> Vec<(Table, RecordBatch)> {
        let mut batches: Vec<_> = self.ready.drain(..).collect();
        batches.extend(self.builders.flush());
        batches
    }

    /// The input is at its end: makes the rows that tell of the whole. [`flush`](Self::flush) gives them.
    pub fn finish(&mut self) {
        if let Some(rules) = &mut self.rules {
            rules.finish();
        }
        self.collect_findings();
        let peers = self.joins.finish();
        if let Some(rows) = &mut self.builders.peers {
            for peer in peers {
                rows.add(&mut self.ready, |builder| builder.append(&peer));
            }
        }
        self.collect_joins();
        if let Some(rows) = &mut self.builders.anomalies {
            for summary in self.quota.summaries() {
                rows.add(&mut self.ready, |builder| builder.append(&summary));
            }
        }
    }

    /// Feeds the rules with a record, and takes what they found.
    fn judge(&mut self, feed: impl FnOnce(&mut Rules)) {
        if let Some(rules) = &mut self.rules {
            feed(rules);
            self.collect_findings();
        }
    }

    /// Takes what the joins have found.
    fn collect_joins(&mut self) {
        let (studies, suboperations) = self.joins.take();
        if let Some(rows) = &mut self.builders.studies {
            for series in studies {
                rows.add(&mut self.ready, |builder| builder.append(&series));
            }
        }
        if let Some(rows) = &mut self.builders.suboperations {
            for row in suboperations {
                rows.add(&mut self.ready, |builder| builder.append(&row));
            }
        }
    }

    fn collect_findings(&mut self) {
        if let (Some(rules), Some(rows)) = (&mut self.rules, &mut self.builders.findings) {
            for finding in rules.take() {
                rows.add(&mut self.ready, |builder| builder.append(&finding));
            }
        }
    }
}

#[cfg(test)]
mod tests;
