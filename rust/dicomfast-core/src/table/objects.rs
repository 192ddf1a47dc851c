//! `objects`: one row per data set that a message carries.

use super::column::columns;
use crate::dicom::{command, names, privacy};
use crate::event::ObjectRecord;

columns! {
    ObjectRecord as row;
    let about = &row.attributes;
    let hash = row.sha256.map(|hash| privacy::hex(&hash));
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the message, as in `messages`.
    message: U64 = row.message;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// Message ID (0000,0110), or that of the request it answers (0000,0120).
    message_id: U16 = row.message_id;
    /// Command of the message, for example "C-STORE-RQ".
    command: Word = row.command_field.map(command::command_name);
    /// "requestor" or "acceptor".
    sender: Word = row.sender.name();
    /// Affected SOP Class UID (0000,0002), else Requested SOP Class UID (0000,0003).
    sop_class: Word = row.sop_class.as_deref();
    /// `sop_class` in words.
    sop_class_name: Word = row.sop_class.as_deref().and_then(names::uid_name);
    /// Affected SOP Instance UID (0000,1000), else Requested SOP Instance UID (0000,1001).
    sop_instance: Text = row.sop_instance.as_deref();
    /// Transfer syntax UID of the presentation context.
    transfer_syntax: Word = row.transfer_syntax.as_deref();
    /// `transfer_syntax` in words.
    transfer_syntax_name: Word = row.transfer_syntax.as_deref().and_then(names::uid_name);
    /// What it is for, in the words of PS3.7: "store", "find identifier", "find match", "n-create attributes" and so on.
    role: Word = row.command_field.and_then(command::data_set_role);
    /// Bytes of it, missing ones included as far as their number is known.
    bytes: U64 = row.bytes;
    /// Rows (0028,0010).
    rows: U32 = about.rows;
    /// Columns (0028,0011).
    columns: U32 = about.columns;
    /// Number of Frames (0028,0008).
    number_of_frames: U32 = about.number_of_frames;
    /// Modality (0008,0060).
    modality: Word = about.modality.as_deref();
    /// Patient ID (0010,0020); null where masked.
    patient_id: Text = about.patient_id.as_deref();
    /// Patient's Name (0010,0010); null where masked.
    patient_name: Text = about.patient_name.as_deref();
    /// Study Instance UID (0020,000D).
    study_instance_uid: Text = about.study_instance.as_deref();
    /// Series Instance UID (0020,000E).
    series_instance_uid: Text = about.series_instance.as_deref();
    /// Accession Number (0008,0050); null where masked.
    accession_number: Text = about.accession_number.as_deref();
    /// Whether every byte of it is in the capture.
    complete: Bool = row.complete;
    /// Bytes of it that are missing: offset in the data set, and length. A length is null, and the last one, where whole PDUs are
    /// missing and nothing tells how many bytes of it were in them.
    lost_ranges: Lost = &row.lost;
    /// SHA-256 of its bytes, where hashes were asked for and it is complete.
    sha256: Text = hash.as_deref();
    /// First packet that carries a byte of it.
    first_packet: U64 = row.first.packet;
    /// Packet that carries its last byte.
    last_packet: U64 = row.last.packet;
    /// Time of its first byte.
    start: Time = row.first.time;
    /// Time of its last byte.
    end: Time = row.last.time;
}
