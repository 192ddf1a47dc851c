//! Events in one line and in many: what `dump` prints. Knows the words; not when they are wanted.

use super::associate::{Kind, negotiation_lines};
use super::association::Association;
use super::codes;
use super::command;
use super::names::implementation_vendor;
use super::pdu::Pdu;
use super::privacy::Phi;
use crate::event::{EventRecord, MessageRecord, Sender, Titles};
use crate::flow::{End, Info};

/// The AE titles that an event of an association tells now.
pub fn titles(association: &Association) -> Titles<'_> {
    let said = association.request.as_ref().or(association.accept.as_ref());
    Titles { called: said.and_then(|said| said.called_ae.as_deref()), calling: said.and_then(|said| said.calling_ae.as_deref()) }
}

/// A PDU other than P-DATA-TF. `codes`: bytes 8 to 10 of A-ASSOCIATE-RJ and A-ABORT.
pub fn association(pdu: &Pdu, codes: &[u8], association: &Association, info: &Info, end: End) -> EventRecord {
    let titles = titles(association);
    let (summary, details) = match pdu.pdu_type {
        1 => {
            let lines = association.request.as_ref().map(|said| negotiation_lines(said, Kind::Request)).unwrap_or_default();
            (requested(association), lines)
        }
        2 => {
            let lines = association.accept.as_ref().map(|said| negotiation_lines(said, Kind::Accept)).unwrap_or_default();
            (accepted(association), lines)
        }
        3 => (rejected(codes), Vec::new()),
        7 => (aborted(codes), Vec::new()),
        _ => (String::new(), Vec::new()),
    };
    EventRecord {
        association: association.number,
        connection: info.connection,
        message: None,
        stamp: pdu.last,
        sender: association.sender(end, info),
        source: info.addresses.get(end).endpoint(),
        destination: info.addresses.get(end.other()).endpoint(),
        name: codes::pdu_type_name(pdu.pdu_type),
        calling_ae: titles.calling.map(str::to_owned),
        called_ae: titles.called.map(str::to_owned),
        context_id: None,
        message_id: None,
        sop_class: None,
        sop_instance: None,
        status: None,
        dataset_bytes: None,
        complete: pdu.complete,
        summary,
        details,
    }
}

fn requested(association: &Association) -> String {
    let Some(said) = &association.request else { return String::new() };
    let mut text = format!("{}, {}", contexts(said.contexts.len()), max_pdu(said.max_pdu));
    if let Some(version) = &said.implementation_version {
        text.push_str(", ");
        text.push_str(version);
    } else if let Some(vendor) = said.implementation_class_uid.as_deref().and_then(implementation_vendor) {
        text.push_str(", ");
        text.push_str(vendor);
    }
    text
}

fn accepted(association: &Association) -> String {
    let Some(said) = &association.accept else { return String::new() };
    let accepted = said.contexts.iter().filter(|context| context.result == Some(0)).count();
    format!("{accepted} of {} accepted, {}", contexts(association.contexts.len()), max_pdu(said.max_pdu))
}

fn contexts(count: usize) -> String {
    if count == 1 { "1 context".to_owned() } else { format!("{count} contexts") }
}

fn max_pdu(max_pdu: Option<u32>) -> String {
    match max_pdu {
        None => "max PDU not given".to_owned(),
        Some(0) => "max PDU unlimited".to_owned(),
        Some(bytes) => format!("max PDU {bytes}"),
    }
}

fn rejected(codes: &[u8]) -> String {
    let &[result, source, reason] = codes else { return String::new() };
    format!("{}, {}: {}", codes::reject_result_text(result), codes::reject_source_text(source), codes::reject_reason_text(source, reason))
}

fn aborted(codes: &[u8]) -> String {
    let &[_, source, reason] = codes else { return String::new() };
    let reason = codes::abort_reason_text(source, reason);
    format!("{}: {reason}", codes::abort_source_text(source))
}

/// A DIMSE message.
pub fn message(message: &MessageRecord, association: &Association, info: &Info, phi: &Phi) -> EventRecord {
    let titles = titles(association);
    let requestor = association.requestor(info);
    let end = if message.sender == Sender::Requestor { requestor } else { requestor.other() };
    let set = &message.command;
    let mut parts: Vec<String> = Vec::new();
    if let Some(destination) = &set.move_destination {
        parts.push(format!("to {destination}"));
    }
    let counts = [
        (set.remaining_suboperations, "remaining"),
        (set.completed_suboperations, "completed"),
        (set.failed_suboperations, "failed"),
        (set.warning_suboperations, "warning"),
    ];
    parts.extend(counts.iter().filter_map(|(count, name)| count.map(|count| format!("{count} {name}"))));
    if !message.complete {
        parts.push("incomplete".to_owned());
    }
    EventRecord {
        association: message.association,
        connection: info.connection,
        message: Some(message.message),
        stamp: message.last,
        sender: message.sender,
        source: info.addresses.get(end).endpoint(),
        destination: info.addresses.get(end.other()).endpoint(),
        name: set.command_field.map_or("unknown", command::command_name),
        calling_ae: titles.calling.map(str::to_owned),
        called_ae: titles.called.map(str::to_owned),
        context_id: Some(message.context_id),
        message_id: set.message_id.or(set.message_id_responded_to),
        sop_class: set.sop_class().cloned(),
        sop_instance: set.sop_instance().cloned(),
        status: set.status,
        dataset_bytes: message.has_dataset.then_some(message.dataset_bytes),
        complete: message.complete,
        summary: parts.join(", "),
        details: command::command_lines(set, phi),
    }
}
