//! `pdus`: one row per upper-layer PDU (PS3.8 section 9.3).

use super::column::columns;
use crate::dicom::names;
use crate::event::PduRecord;

columns! {
    PduRecord as row;
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// "requestor" or "acceptor".
    sender: Word = row.sender.name();
    /// PDU type: 1 to 7.
    r#type: U8 = row.pdu_type;
    /// `type` in words, for example "P-DATA-TF".
    type_name: Word = names::pdu_type_name(row.pdu_type);
    /// The PDU's length field: bytes after it.
    length: U32 = row.length;
    /// Where the PDU's first byte stands in its direction of the connection.
    stream_offset: U64 = row.stream_offset;
    /// Time of the PDU's first byte.
    start: Time = row.first.time;
    /// Time of the PDU's last byte.
    end: Time = row.last.time;
    /// First packet that carries a byte of the PDU.
    first_packet: U64 = row.first.packet;
    /// Packet that carries the last byte of the PDU.
    last_packet: U64 = row.last.packet;
    /// Presentation data values that began in it.
    pdvs: U64 = u64::from(row.pdvs);
    /// The first bytes as sent: the PDU header, and for P-DATA-TF the header of the first PDV.
    header: Bytes = row.header.get(..usize::from(row.header_length));
    /// Whether every byte of it was seen.
    complete: Bool = row.complete;
}
