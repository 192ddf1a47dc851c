//! `exports`: one row per data set of a C-STORE-RQ that was to be written to a file. Made by `export` alone.

use super::column::columns;
use crate::dicom::privacy;
use crate::event::ExportRecord;

columns! {
    ExportRecord as row;
    let object = &row.object;
    let hash = row.sha256.map(|hash| privacy::hex(&hash));
    /// Name of the file in the folder; null where none was written.
    file: Text = row.file.as_deref();
    /// Number of the association, as in `associations`.
    association: U64 = object.association;
    /// Number of the message, as in `messages`.
    message: U64 = object.message;
    /// Affected SOP Class UID (0000,0002).
    sop_class: Word = object.sop_class.as_deref();
    /// Affected SOP Instance UID (0000,1000).
    sop_instance: Text = object.sop_instance.as_deref();
    /// Transfer syntax UID of the presentation context.
    transfer_syntax: Word = object.transfer_syntax.as_deref();
    /// Bytes of the data set, missing ones included as far as their number is known.
    bytes: U64 = object.bytes;
    /// Whether every byte of it is in the capture.
    complete: Bool = object.complete;
    /// Bytes of it that are missing, which the file has as zeros: offset in the data set, and length (as in `objects`).
    lost_ranges: Lost = &object.lost;
    /// SHA-256 of the data set's bytes, of those of the file without its first part.
    sha256: Text = hash.as_deref();
    /// Why no file was written.
    reason: Word = row.reason;
}
