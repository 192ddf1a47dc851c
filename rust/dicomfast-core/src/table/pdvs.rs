//! `pdvs`: one row per presentation data value (PS3.8 section 9.3.5.1 and annex E).

use super::column::columns;
use crate::event::PdvRecord;

columns! {
    PdvRecord as row;
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// "requestor" or "acceptor".
    sender: Word = row.sender.name();
    /// Where its PDU's first byte stands in its direction of the connection (`pdus.stream_offset`).
    pdu_offset: U64 = row.pdu_offset;
    /// Packet that carries the last byte of its header.
    packet: U64 = row.stamp.packet;
    /// Time of that packet.
    time: Time = row.stamp.time;
    /// Its length field: bytes after it, context ID and message control header included.
    length: U32 = row.length;
    /// Presentation context ID.
    context_id: U8 = row.context_id;
    /// Message control header: 1 command, 2 last fragment (PS3.8 annex E.2).
    flags: U8 = row.flags;
}
