//! `outer_headers`: one row per stack of headers around those in `frames`, outermost first.

use super::column::columns;
use crate::event::HeadersRecord;

pub(super) struct Row<'a> {
    pub(super) packet: u64,
    pub(super) headers: &'a HeadersRecord,
}

columns! {
    Row<'_> as row;
    /// Number of the packet, as in `frames`.
    packet: U64 = row.packet;
    and headers: super::headers::Builder = row.headers;
}
