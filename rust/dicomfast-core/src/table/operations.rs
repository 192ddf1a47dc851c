//! `operations`: one row per DIMSE request with its responses (PS3.7).

use super::column::{columns, rate, span};
use crate::dicom::{command, names, status};
use crate::event::OperationRecord;

columns! {
    OperationRecord as row;
    let text = row.status.map(|code| status::status(row.command_field, row.sop_class.as_deref(), code));
    let transfer_time = span(row.request_start, row.request_end);
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// Message ID (0000,0110) of the request.
    message_id: U16 = row.message_id;
    /// Presentation context ID (PS3.8 section 9.3.2.2).
    context_id: U8 = row.context_id;
    /// Name of the operation (PS3.7), for example "C-STORE".
    command: Word = command::operation_name(row.command_field);
    /// Side that sent the request: "requestor" or "acceptor".
    initiator: Word = row.initiator.name();
    /// SOP class UID of the request.
    sop_class: Word = row.sop_class.as_deref();
    /// `sop_class` in words.
    sop_class_name: Word = row.sop_class.as_deref().and_then(names::uid_name);
    /// SOP instance UID of the request.
    sop_instance: Text = row.sop_instance.as_deref();
    /// Transfer syntax UID of the presentation context.
    transfer_syntax: Word = row.transfer_syntax.as_deref();
    /// `transfer_syntax` in words.
    transfer_syntax_name: Word = row.transfer_syntax.as_deref().and_then(names::uid_name);
    /// Status (0000,0900) of the last response (PS3.7 annex C).
    status: U16 = row.status;
    /// `status` in the words of the service class (PS3.4), else of PS3.7 annex C.
    status_text: Word = text.as_ref().map(|text| &*text.text);
    /// "success", "pending", "warning", "failure" or "cancel".
    status_category: Word = text.as_ref().map(|text| text.category.name());
    /// Error Comment (0000,0902) of the last response that has one: a free text, which may name a person (docs/privacy.md).
    error_comment: Text = row.error_comment.as_deref();
    /// Offending Element (0000,0901) of the last response.
    offending_elements: Tags = &row.offending_elements;
    /// Responses seen, pending ones included.
    responses: U64 = row.responses;
    /// Bytes of the request's data set.
    dataset_bytes: U64 = row.dataset_bytes;
    /// Bytes of the data sets of all responses.
    response_dataset_bytes: U64 = row.response_dataset_bytes;
    /// Time of the first byte of the request.
    request_start: Time = row.request_start;
    /// Time of the last byte of the request.
    request_end: Time = row.request_end;
    /// Time of the first byte of the first response.
    first_response: Time = row.first_response;
    /// Time of the last byte of the last response.
    end: Time = row.end;
    /// From `request_start` to `request_end`.
    transfer_time: Duration = transfer_time;
    /// From `request_end` to `first_response`: the performer at work, and the way between.
    response_time: Duration = span(row.request_end, row.first_response);
    /// From `request_start` to `end`.
    duration: Duration = span(row.request_start, row.end);
    /// Bytes per second of the request's data set over `transfer_time`; null where it has none, or came in one packet.
    throughput: F64 = rate(row.dataset_bytes, transfer_time.filter(|_| row.dataset_bytes > 0));
    /// Priority (0000,0700).
    priority: U16 = row.priority;
    /// `priority` in words: "medium", "high" or "low".
    priority_text: Word = row.priority.map(names::priority_text);
    /// Move Destination (0000,0600) of a C-MOVE: an AE title.
    move_destination: Word = row.move_destination.as_deref();
    /// Move Originator Application Entity Title (0000,1030) of a C-STORE that a C-MOVE caused.
    move_originator_ae: Word = row.move_originator_ae.as_deref();
    /// Move Originator Message ID (0000,1031): the C-MOVE that caused this C-STORE.
    move_originator_message_id: U16 = row.move_originator_message_id;
    /// Number of Remaining Sub-operations (0000,1020), as last seen.
    remaining_suboperations: U16 = row.remaining_suboperations;
    /// Number of Completed Sub-operations (0000,1021), as last seen.
    completed_suboperations: U16 = row.completed_suboperations;
    /// Number of Failed Sub-operations (0000,1022), as last seen.
    failed_suboperations: U16 = row.failed_suboperations;
    /// Number of Warning Sub-operations (0000,1023), as last seen.
    warning_suboperations: U16 = row.warning_suboperations;
    /// Whether a C-CANCEL-RQ was sent for it.
    cancelled: Bool = row.cancelled;
    /// First packet of the request.
    first_packet: U64 = row.first_packet;
    /// Last packet of the last response, or of the request where there was none.
    last_packet: U64 = row.last_packet;
    /// Whether every byte of the request and its responses was seen.
    complete: Bool = row.complete;
    /// Whether a final response was seen.
    answered: Bool = row.answered;
    and budget: super::budget::Builder = &row.budget;
}
