//! `suboperations`: one row per C-STORE that a C-MOVE or C-GET caused.

use super::column::{columns, span};
use crate::dicom::{command, names, status};
use crate::joins::Suboperation;

columns! {
    Suboperation as row;
    let cause = row.cause.as_ref();
    let store = &row.store;
    let text = store.status.map(|code| status::status(store.command_field, store.sop_class.as_deref(), code));
    /// Association of the C-MOVE or C-GET; null where it is not in the capture.
    association: U64 = cause.map(|cause| cause.association);
    /// Its Message ID; without the request itself, the Move Originator Message ID (0000,1031) of the C-STORE.
    message_id: U16 = cause.and_then(|cause| cause.message_id).or(store.move_originator_message_id);
    /// "C-MOVE" or "C-GET".
    command: Word = cause.map_or("C-MOVE", |cause| command::operation_name(cause.command_field));
    /// AE title that asked: of the association, else the Move Originator Application Entity Title (0000,1030) of the C-STORE.
    requestor_ae: Word = cause.and_then(|cause| cause.requestor_ae.as_deref()).or(store.move_originator_ae.as_deref());
    /// Move Destination (0000,0600).
    move_destination: Word = cause.and_then(|cause| cause.move_destination.as_deref());
    /// Association that carries the C-STORE.
    store_association: U64 = store.association;
    /// TCP connection that carries it.
    store_connection: U64 = store.connection;
    /// Message ID of the C-STORE.
    store_message_id: U16 = store.message_id;
    /// Calling AE title of the association that carries the C-STORE.
    store_calling_ae: Word = row.calling_ae.as_deref();
    /// Called AE title of it.
    store_called_ae: Word = row.called_ae.as_deref();
    /// SOP class UID of the object.
    sop_class: Word = store.sop_class.as_deref();
    /// `sop_class` in words.
    sop_class_name: Word = store.sop_class.as_deref().and_then(names::uid_name);
    /// SOP instance UID of the object.
    sop_instance: Text = store.sop_instance.as_deref();
    /// Status of the C-STORE; null where it was not answered.
    status: U16 = store.status;
    /// `status` in words.
    status_text: Word = text.as_ref().map(|text| &*text.text);
    /// "success", "pending", "warning", "failure" or "cancel".
    status_category: Word = text.as_ref().map(|text| text.category.name());
    /// Bytes of the data set.
    dataset_bytes: U64 = store.dataset_bytes;
    /// First byte of the C-STORE request.
    start: Time = store.request_start;
    /// Last byte of its response.
    end: Time = store.end;
    /// From `start` to `end`.
    duration: Duration = span(store.request_start, store.end);
    /// First packet of the C-STORE.
    first_packet: U64 = store.first_packet;
    /// Last packet of it.
    last_packet: U64 = store.last_packet;
    /// Whether every byte of the C-STORE is in the capture.
    complete: Bool = store.complete;
}
