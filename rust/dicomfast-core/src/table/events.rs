//! `events`: one row per association event and per whole DIMSE message, for those who print as it happens.

use super::column::columns;
use crate::dicom::{command, names, status};
use crate::event::EventRecord;

columns! {
    EventRecord as row;
    let text = row.status.map(|code| status::status(response(row.name), row.sop_class.as_deref(), code));
    /// Time of the last byte of the PDU or message.
    time: Time = row.stamp.time;
    /// Packet that carries that byte.
    packet: U64 = row.stamp.packet;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the message, as in `messages`; null for association events.
    message: U64 = row.message;
    /// "requestor" or "acceptor".
    sender: Word = row.sender.name();
    /// Address of the sender.
    source_ip: Ip = row.source.ip;
    /// TCP port of the sender.
    source_port: U16 = row.source.port;
    /// Address of the receiver.
    destination_ip: Ip = row.destination.ip;
    /// TCP port of the receiver.
    destination_port: U16 = row.destination.port;
    /// "A-ASSOCIATE-RQ" to "A-ABORT" (PS3.8), or the name of the command (PS3.7).
    event: Word = row.name;
    /// Calling AE title of the association.
    calling_ae: Word = row.calling_ae.as_deref();
    /// Called AE title of the association.
    called_ae: Word = row.called_ae.as_deref();
    /// Presentation context ID of a message.
    context_id: U8 = row.context_id;
    /// Message ID (0000,0110), or that of the request it answers or cancels (0000,0120).
    message_id: U16 = row.message_id;
    /// SOP class UID of a message.
    sop_class: Word = row.sop_class.as_deref();
    /// `sop_class` in words.
    sop_class_name: Word = row.sop_class.as_deref().and_then(names::uid_name);
    /// SOP instance UID of a message.
    sop_instance: Text = row.sop_instance.as_deref();
    /// Status (0000,0900) of a response.
    status: U16 = row.status;
    /// `status` in the words of the service class (PS3.4), else of PS3.7 annex C.
    status_text: Word = text.as_ref().map(|text| &*text.text);
    /// Bytes of the data set that the message carries.
    dataset_bytes: U64 = row.dataset_bytes;
    /// Whether every byte of it was seen.
    complete: Bool = row.complete;
    /// One line: the reason in words, counts of contexts or sub-operations.
    summary: Text = row.summary.as_str();
    /// More lines: every item of the negotiation, every element of the command set.
    details: Texts = row.details.as_slice();
}

/// The command field of a response that an event is named after; 0, which is no command, for any other name.
fn response(name: &str) -> u16 {
    RESPONSES.iter().copied().find(|field| command::command_name(*field) == name).unwrap_or_default()
}

/// C-STORE-RSP to N-DELETE-RSP (PS3.7 annex E).
const RESPONSES: [u16; 11] = [0x8001, 0x8010, 0x8020, 0x8021, 0x8030, 0x8100, 0x8110, 0x8120, 0x8130, 0x8140, 0x8150];
