//! Rules over one DIMSE operation (PS3.7), counted for each association, command and status. Knows no timing.

use super::association::Progress;
use super::codes;
use super::groups::{Group, Groups, Opening, Place, Subject};
use super::text;
use crate::dicom::command::operation_name;
use crate::dicom::status::{Category, status};
use crate::event::{NO_TIME, OperationRecord};

pub(super) const C_STORE: u16 = 0x0001;
const C_FIND: u16 = 0x0020;
pub(super) const C_GET: u16 = 0x0010;
pub(super) const C_MOVE: u16 = 0x0021;
const C_CANCEL: u16 = 0x0FFF;
/// PS3.4 table C.4-2.
const MOVE_DESTINATION_UNKNOWN: u16 = 0xA801;

pub(super) const RULES: &[fn(&OperationRecord, &mut Groups)] = &[failed, warned, move_destination_unknown, suboperations_failed, cancelled];

pub(super) fn place(record: &OperationRecord) -> Place {
    Place {
        association: Some(record.association),
        connection: Some(record.connection),
        packet: Some(record.first_packet),
        time: record.request_start.unwrap_or(NO_TIME),
    }
}

/// "C-STORE, message ID 5, CT Image Storage (1.2...)".
pub(super) fn name(record: &OperationRecord) -> String {
    let id = record.message_id.map(|id| format!(", message ID {id}")).unwrap_or_default();
    let class = record.sop_class.as_deref().map(|uid| format!(", {}", text::uid(Some(uid)))).unwrap_or_default();
    format!("{}{id}{class}", operation_name(record.command_field))
}

/// The command and status of an operation whose final status is of this category.
fn with_status(record: &OperationRecord, category: Category) -> Option<u16> {
    record.status.filter(|code| Category::of(*code) == category)
}

fn variant(record: &OperationRecord, code: u16) -> u32 {
    u32::from(record.command_field) << 16 | u32::from(code)
}

/// Adds to the group of this status; the amount counts the error comments, whose text stays in `operations`.
fn add_status(record: &OperationRecord, code: u16, of: &'static codes::Code, groups: &mut Groups) {
    let opening = Opening { variant: variant(record, code), ..Opening::new(of, place(record), tell_status) };
    let comments = u64::from(record.error_comment.is_some());
    groups.add(Subject::Association(record.association), &opening, comments, || {
        let meaning = status(record.command_field, record.sop_class.as_deref(), code).text;
        let tags: Vec<_> = record.offending_elements.iter().map(|tag| format!("({:04X},{:04X})", tag >> 16, tag & 0xffff)).collect();
        let tags = if tags.is_empty() { String::new() } else { format!(", offending {}", text::list(&tags, " ")) };
        format!("status 0x{code:04X} ({meaning}){tags}; first: {}", name(record))
    });
}

fn tell_status(group: &Group) -> String {
    let comments = if group.amount > 0 { format!("; {} with an error comment", group.amount) } else { String::new() };
    format!("{} with {}{comments}", text::count(group.count, "operation"), group.text)
}

fn failed(record: &OperationRecord, groups: &mut Groups) {
    let Some(code) = with_status(record, Category::Failure) else { return };
    if record.command_field == C_MOVE && code == MOVE_DESTINATION_UNKNOWN {
        return;
    }
    let of = if record.command_field == C_STORE { &codes::STORE_FAILED } else { &codes::OPERATION_FAILED };
    add_status(record, code, of, groups);
}

/// A warning that only says that sub-operations failed is told by [`suboperations_failed`].
fn warned(record: &OperationRecord, groups: &mut Groups) {
    if let Some(code) = with_status(record, Category::Warning)
        && failed_suboperations(record).is_none()
    {
        add_status(record, code, &codes::OPERATION_WARNING, groups);
    }
}

fn move_destination_unknown(record: &OperationRecord, groups: &mut Groups) {
    if record.command_field != C_MOVE || record.status != Some(MOVE_DESTINATION_UNKNOWN) {
        return;
    }
    let opening = Opening::new(&codes::MOVE_DESTINATION_UNKNOWN, place(record), tell_status);
    groups.add(Subject::Association(record.association), &opening, u64::from(record.error_comment.is_some()), || {
        format!(
            "status 0x{MOVE_DESTINATION_UNKNOWN:04X}; destination {}; first: {}",
            text::title(record.move_destination.as_deref()),
            name(record)
        )
    });
}

fn failed_suboperations(record: &OperationRecord) -> Option<u16> {
    record.failed_suboperations.filter(|failed| *failed > 0 && matches!(record.command_field, C_MOVE | C_GET))
}

fn suboperations_failed(record: &OperationRecord, groups: &mut Groups) {
    let Some(failed) = failed_suboperations(record) else { return };
    let opening = Opening { variant: variant(record, 0), ..Opening::new(&codes::SUBOPERATIONS_FAILED, place(record), tell_suboperations) };
    groups.add(Subject::Association(record.association), &opening, u64::from(failed), || {
        let counts = [("completed", record.completed_suboperations), ("failed", Some(failed)), ("warning", record.warning_suboperations)];
        let counts: Vec<_> = counts.iter().filter_map(|(name, count)| Some(format!("{name} {}", (*count)?))).collect();
        let destination = record.move_destination.as_deref().map(|ae| format!(" to '{ae}'")).unwrap_or_default();
        format!("{}{destination}: {}", name(record), counts.join(", "))
    });
}

fn tell_suboperations(group: &Group) -> String {
    format!("{} failed in {}; first: {}", text::count(group.amount, "sub-operation"), text::count(group.count, "operation"), group.text)
}

fn cancelled(record: &OperationRecord, groups: &mut Groups) {
    if record.cancelled || with_status(record, Category::Cancel).is_some() {
        let tell = |group: &Group| format!("{}; first: {}", text::count(group.count, "operation"), group.text);
        let opening = Opening { variant: variant(record, 0), ..Opening::new(&codes::OPERATION_CANCELLED, place(record), tell) };
        groups.add(Subject::Association(record.association), &opening, 0, || {
            format!("{} after {}", name(record), text::count(record.responses, "response"))
        });
    }
}

/// What the rules over the whole association need to know of an operation.
pub(super) fn note(record: &OperationRecord, progress: &mut Progress) {
    progress.timing.operation(record);
    if !record.answered && record.command_field != C_CANCEL {
        progress.unanswered += 1;
        if progress.first_unanswered.is_none() {
            progress.first_unanswered = Some((place(record), name(record)));
        }
    }
    if record.command_field == C_FIND && record.status == Some(0) && record.complete {
        progress.finds += 1;
        progress.empty_finds += u64::from(record.responses == 1);
    }
    if record.command_field == C_GET {
        progress.get_failed += u64::from(record.failed_suboperations.unwrap_or_default());
    }
}
