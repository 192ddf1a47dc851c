//! `messages`: one row per DIMSE message, with all elements of its command set (PS3.7 annex E).

use super::column::columns;
use crate::dicom::{command, names, status};
use crate::event::MessageRecord;

columns! {
    MessageRecord as row;
    let set = &row.command;
    let class = set.sop_class().map(AsRef::as_ref);
    let text = set.status.map(|code| status::status(set.command_field.unwrap_or_default(), class, code));
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the message within the capture, from 0.
    message: U64 = row.message;
    /// "requestor" or "acceptor".
    sender: Word = row.sender.name();
    /// Command Field (0000,0100).
    command_field: U16 = set.command_field;
    /// `command_field` in words, for example "C-STORE-RQ".
    command: Word = set.command_field.map(command::command_name);
    /// Message ID (0000,0110), or that of the request it answers or cancels (0000,0120).
    message_id: U16 = set.message_id.or(set.message_id_responded_to);
    /// Presentation context ID (PS3.8 section 9.3.2.2).
    context_id: U8 = row.context_id;
    /// Transfer syntax UID of the presentation context.
    transfer_syntax: Word = row.transfer_syntax.as_deref();
    /// `transfer_syntax` in words.
    transfer_syntax_name: Word = row.transfer_syntax.as_deref().and_then(names::uid_name);
    /// Affected SOP Class UID (0000,0002), else Requested SOP Class UID (0000,0003).
    sop_class: Word = class;
    /// `sop_class` in words.
    sop_class_name: Word = class.and_then(names::uid_name);
    /// Affected SOP Instance UID (0000,1000), else Requested SOP Instance UID (0000,1001).
    sop_instance: Text = set.sop_instance().map(AsRef::as_ref);
    /// Status (0000,0900).
    status: U16 = set.status;
    /// `status` in the words of the service class (PS3.4), else of PS3.7 annex C.
    status_text: Word = text.as_ref().map(|text| &*text.text);
    /// "success", "pending", "warning", "failure" or "cancel".
    status_category: Word = text.as_ref().map(|text| text.category.name());
    /// Priority (0000,0700).
    priority: U16 = set.priority;
    /// `priority` in words: "medium", "high" or "low".
    priority_text: Word = set.priority.map(names::priority_text);
    /// Whether a data set follows the command set.
    has_dataset: Bool = row.has_dataset;
    /// Bytes of the command set.
    command_bytes: U64 = row.command_bytes;
    /// Bytes of the data set as its PDVs announce them, lost ones included.
    dataset_bytes: U64 = row.dataset_bytes;
    /// PDUs that carry a part of the message.
    pdus: U64 = u64::from(row.pdus);
    /// Time of the message's first byte.
    start: Time = row.first.time;
    /// Time of the message's last byte.
    end: Time = row.last.time;
    /// First packet that carries a byte of the message.
    first_packet: U64 = row.first.packet;
    /// Packet that carries the last byte of the message.
    last_packet: U64 = row.last.packet;
    /// False where any byte of the message was lost, cut or never sent.
    complete: Bool = row.complete;
    /// Affected SOP Class UID (0000,0002).
    affected_sop_class: Word = set.affected_sop_class.as_deref();
    /// Requested SOP Class UID (0000,0003).
    requested_sop_class: Word = set.requested_sop_class.as_deref();
    /// Message ID Being Responded To (0000,0120).
    message_id_responded_to: U16 = set.message_id_responded_to;
    /// Move Destination (0000,0600): an AE title.
    move_destination: Word = set.move_destination.as_deref();
    /// Command Data Set Type (0000,0800): 0x0101 means that no data set follows.
    data_set_type: U16 = set.data_set_type;
    /// Offending Element (0000,0901).
    offending_elements: Tags = &set.offending_elements;
    /// Error Comment (0000,0902): a free text, which may name a person (docs/privacy.md).
    error_comment: Text = set.error_comment.as_deref();
    /// Error ID (0000,0903).
    error_id: U16 = set.error_id;
    /// Affected SOP Instance UID (0000,1000).
    affected_sop_instance: Text = set.affected_sop_instance.as_deref();
    /// Requested SOP Instance UID (0000,1001).
    requested_sop_instance: Text = set.requested_sop_instance.as_deref();
    /// Event Type ID (0000,1002).
    event_type_id: U16 = set.event_type_id;
    /// Attribute Identifier List (0000,1005).
    attribute_identifiers: Tags = &set.attribute_identifiers;
    /// Action Type ID (0000,1008).
    action_type_id: U16 = set.action_type_id;
    /// Number of Remaining Sub-operations (0000,1020).
    remaining_suboperations: U16 = set.remaining_suboperations;
    /// Number of Completed Sub-operations (0000,1021).
    completed_suboperations: U16 = set.completed_suboperations;
    /// Number of Failed Sub-operations (0000,1022).
    failed_suboperations: U16 = set.failed_suboperations;
    /// Number of Warning Sub-operations (0000,1023).
    warning_suboperations: U16 = set.warning_suboperations;
    /// Move Originator Application Entity Title (0000,1030).
    move_originator_ae: Word = set.move_originator_ae.as_deref();
    /// Move Originator Message ID (0000,1031).
    move_originator_message_id: U16 = set.move_originator_message_id;
    /// Elements of the command set that the standard does not define or has retired.
    other_elements: U64 = u64::from(set.other_elements);
}
