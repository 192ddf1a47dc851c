//! Command fields and command sets in the words of PS3.7 (annex E). Knows the decoded values, not the bytes.

use crate::dicom::names::{priority_text, uid_and_name};
use crate::dicom::privacy::Phi;
use crate::event::{CommandSet, Uid};

/// "C-STORE-RQ", "C-STORE-RSP" ...; "unknown" for what PS3.7 does not define.
pub fn command_name(field: u16) -> &'static str {
    match field {
        0x0001 => "C-STORE-RQ",
        0x8001 => "C-STORE-RSP",
        0x0010 => "C-GET-RQ",
        0x8010 => "C-GET-RSP",
        0x0020 => "C-FIND-RQ",
        0x8020 => "C-FIND-RSP",
        0x0021 => "C-MOVE-RQ",
        0x8021 => "C-MOVE-RSP",
        0x0030 => "C-ECHO-RQ",
        0x8030 => "C-ECHO-RSP",
        0x0FFF => "C-CANCEL-RQ",
        0x0100 => "N-EVENT-REPORT-RQ",
        0x8100 => "N-EVENT-REPORT-RSP",
        0x0110 => "N-GET-RQ",
        0x8110 => "N-GET-RSP",
        0x0120 => "N-SET-RQ",
        0x8120 => "N-SET-RSP",
        0x0130 => "N-ACTION-RQ",
        0x8130 => "N-ACTION-RSP",
        0x0140 => "N-CREATE-RQ",
        0x8140 => "N-CREATE-RSP",
        0x0150 => "N-DELETE-RQ",
        0x8150 => "N-DELETE-RSP",
        _ => "unknown",
    }
}

/// "C-STORE" for its request and its response.
pub fn operation_name(field: u16) -> &'static str {
    let name = command_name(field);
    name.strip_suffix("-RQ").or_else(|| name.strip_suffix("-RSP")).unwrap_or(name)
}

/// What the data set of a message is for (PS3.7 sections 9.1 and 10.1, PS3.4 annex C); `None` where the command has none.
pub fn data_set_role(field: u16) -> Option<&'static str> {
    Some(match field {
        0x0001 => "store",
        0x0010 => "get identifier",
        0x8010 => "get failed instances",
        0x0020 => "find identifier",
        0x8020 => "find match",
        0x0021 => "move identifier",
        0x8021 => "move failed instances",
        0x0100 => "n-event-report information",
        0x8100 => "n-event-report reply",
        0x8110 => "n-get attributes",
        0x0120 => "n-set modifications",
        0x8120 => "n-set attributes",
        0x0130 => "n-action information",
        0x8130 => "n-action reply",
        0x0140 | 0x8140 => "n-create attributes",
        _ => return None,
    })
}

/// A command field that PS3.7 defines, of a response.
pub fn is_response(field: u16) -> bool {
    command_name(field).ends_with("-RSP")
}

/// A command field that PS3.7 defines, of a request (C-CANCEL-RQ among them, which has no response).
pub fn is_request(field: u16) -> bool {
    command_name(field).ends_with("-RQ")
}

/// Every element of the command set, a line each, in the order of the tags. Error Comment is a free text, in which a peer may name the patient:
/// it is shown as values of data sets are.
pub fn command_lines(command: &CommandSet, phi: &Phi) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |element: u16, name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("(0000,{element:04X}) {name}: {value}"));
        }
    };
    let class = |uid: &Option<Uid>| uid.as_deref().map(uid_and_name);
    let quoted = |title: &Option<String>| title.as_ref().map(|title| format!("\"{title}\""));
    let number = |value: Option<u16>| value.map(|value| value.to_string());
    let hex = |value: Option<u16>| value.map(|value| format!("0x{value:04X}"));
    let tags = |tags: &[u32]| (!tags.is_empty()).then(|| tags.iter().map(|&tag| super::name(tag)).collect::<Vec<_>>().join(", "));

    line(0x0002, "Affected SOP Class UID", class(&command.affected_sop_class));
    line(0x0003, "Requested SOP Class UID", class(&command.requested_sop_class));
    line(0x0100, "Command Field", command.command_field.map(|field| format!("0x{field:04X} ({})", command_name(field))));
    line(0x0110, "Message ID", number(command.message_id));
    line(0x0120, "Message ID Being Responded To", number(command.message_id_responded_to));
    line(0x0600, "Move Destination", quoted(&command.move_destination));
    line(0x0700, "Priority", command.priority.map(|priority| format!("{priority} ({})", priority_text(priority))));
    line(0x0800, "Command Data Set Type", command.data_set_type.map(data_set_type));
    line(0x0900, "Status", hex(command.status));
    line(0x0901, "Offending Element", tags(&command.offending_elements));
    line(0x0902, "Error Comment", command.error_comment.as_deref().map(|text| phi.quoted(text)));
    line(0x0903, "Error ID", hex(command.error_id));
    line(0x1000, "Affected SOP Instance UID", class(&command.affected_sop_instance));
    line(0x1001, "Requested SOP Instance UID", class(&command.requested_sop_instance));
    line(0x1002, "Event Type ID", number(command.event_type_id));
    line(0x1005, "Attribute Identifier List", tags(&command.attribute_identifiers));
    line(0x1008, "Action Type ID", number(command.action_type_id));
    line(0x1020, "Number of Remaining Sub-operations", number(command.remaining_suboperations));
    line(0x1021, "Number of Completed Sub-operations", number(command.completed_suboperations));
    line(0x1022, "Number of Failed Sub-operations", number(command.failed_suboperations));
    line(0x1023, "Number of Warning Sub-operations", number(command.warning_suboperations));
    line(0x1030, "Move Originator Application Entity Title", quoted(&command.move_originator_ae));
    line(0x1031, "Move Originator Message ID", number(command.move_originator_message_id));
    if command.other_elements > 0 {
        lines.push(format!("{} other elements", command.other_elements));
    }
    lines
}

/// PS3.7: 0x0101 means none, any other value means that a data set follows.
fn data_set_type(value: u16) -> String {
    format!("0x{value:04X} ({})", if value == 0x0101 { "no data set" } else { "a data set follows" })
}
