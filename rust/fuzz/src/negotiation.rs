//! The body of an A-ASSOCIATE PDU, or a command set: what is kept of it is bounded by the limits, and can be put in words.

use dicomfast_core::dicom::associate::{Kind, context_records, decode, negotiation_lines};
use dicomfast_core::dicom::command;
use dicomfast_core::dicom::names::{implementation_vendor, uid_and_name};
use dicomfast_core::dicom::status::status;
use dicomfast_core::limits::{ISSUES, Limits, TEXT_BYTES, UID_BYTES};

/// A byte that is kept may be shown escaped, as `\x00`.
const ESCAPED: usize = 4;

pub fn negotiation(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    if kind % 3 == 2 {
        return command_set(body);
    }
    let limits = Limits { contexts: 16, negotiation_items: 8, ..Limits::default() };
    let said = [decode(body, Kind::Request, &limits), decode(body, Kind::Accept, &limits)];
    for (one, kind) in said.iter().zip([Kind::Request, Kind::Accept]) {
        assert!(one.contexts.len() <= limits.contexts && one.issues.len() <= ISSUES);
        assert!(one.roles.len().max(one.extended.len()).max(one.common_extended.len()) <= limits.negotiation_items);
        assert!(one.unknown_items.len() <= limits.negotiation_items);
        for context in &one.contexts {
            assert!(context.abstract_syntaxes.len().max(context.transfer_syntaxes.len()) <= limits.negotiation_items);
            let uids = context.abstract_syntaxes.iter().chain(&context.transfer_syntaxes);
            uids.for_each(|uid| assert!(uid.len() <= ESCAPED * UID_BYTES + ESCAPED, "{}", uid.len()));
        }
        if let Some(uid) = &one.implementation_class_uid {
            let _ = (implementation_vendor(uid), uid_and_name(uid));
        }
        assert!(negotiation_lines(one, kind).iter().all(|line| line.len() <= 64 * (UID_BYTES + TEXT_BYTES)));
    }
    let [request, accept] = &said;
    for (request, accept) in [(Some(request), Some(accept)), (Some(request), None), (None, Some(accept))] {
        assert!(context_records(request, accept).len() <= 2 * limits.contexts);
    }
}

fn command_set(body: &[u8]) {
    let (set, issues) = command::decode(body);
    assert!(issues.len() <= ISSUES);
    let uids = [&set.affected_sop_class, &set.requested_sop_class, &set.affected_sop_instance].map(Option::as_deref);
    let texts = [&set.error_comment, &set.move_destination].map(Option::as_deref);
    for text in uids.into_iter().chain(texts).flatten() {
        assert!(text.len() <= ESCAPED * TEXT_BYTES + ESCAPED, "{}", text.len());
    }
    assert!(4 * (set.offending_elements.len() + set.attribute_identifiers.len()) <= body.len());
    if let (Some(field), Some(code)) = (set.command_field, set.status) {
        let _ = status(field, set.sop_class().map(AsRef::as_ref), code);
    }
}
