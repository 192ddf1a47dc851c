//! `capture_info`: one row per input file or interface.

use super::column::{columns, seen, span};
use crate::event::CaptureRecord;

columns! {
    CaptureRecord as row;
    /// Number of the input, from 0 in the order given.
    capture: U64 = u64::from(row.capture);
    /// Path, "-" or interface, as given.
    name: Text = row.name.as_str();
    /// "pcap" or "pcapng", with the compression around it.
    format: Word = row.format.as_str();
    /// Link types of its interfaces (LINKTYPE_ names); null where none was seen.
    link_types: Texts = seen(&row.link_types);
    /// Most bytes of a packet that were stored.
    snap_length: U32 = row.snap_length;
    /// Packets in the input.
    packets: U64 = row.packets;
    /// Bytes of all packets as stored.
    bytes: U64 = row.bytes;
    /// Bytes of all packets as they were on the wire.
    original_bytes: U64 = row.original_bytes;
    /// Packets that are stored shorter than they were on the wire.
    cut_packets: U64 = row.cut_packets;
    /// Packets that the capturing program says it dropped; null where it does not say.
    dropped: U64 = row.dropped;
    /// Time of the earliest packet.
    first_time: Time = row.first_time;
    /// Time of the latest packet.
    last_time: Time = row.last_time;
    /// From `first_time` to `last_time`.
    duration: Duration = span(row.first_time, row.last_time);
    /// Comments of the file; null where it has none.
    comments: Texts = seen(&row.comments);
    /// Hardware that captured, as the file says.
    hardware: Word = row.hardware.as_deref();
    /// Operating system that captured, as the file says.
    operating_system: Word = row.operating_system.as_deref();
    /// Program that captured, as the file says.
    application: Word = row.application.as_deref();
    /// Whether the input was read to its end without damage.
    complete: Bool = row.complete;
}
