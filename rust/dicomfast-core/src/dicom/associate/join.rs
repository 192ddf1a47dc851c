//! What was proposed joined with what was answered (PS3.8 section 9.3.3.2, PS3.7 annex D.3.3.4). Knows two decoded PDUs.

use super::{Associate, Context, Role};
use crate::event::ContextRecord;

/// One record for each proposed context, in the order of the proposal; then answers to what was not proposed, or not seen proposed.
pub fn context_records(request: Option<&Associate>, accept: Option<&Associate>) -> Vec<ContextRecord> {
    let mut answers: Vec<Option<&Context>> = accept.map(|accept| accept.contexts.iter().map(Some).collect()).unwrap_or_default();
    let mut records = Vec::new();
    for proposal in request.iter().flat_map(|request| &request.contexts) {
        // An id that is proposed twice (which is wrong) takes the answers to it in their order.
        let answer = answers.iter_mut().find(|answer| answer.is_some_and(|answer| answer.id == proposal.id)).and_then(Option::take);
        let mut record = ContextRecord {
            context_id: proposal.id,
            abstract_syntax: proposal.abstract_syntaxes.first().cloned(),
            proposed_transfer_syntaxes: proposal.transfer_syntaxes.clone(),
            ..ContextRecord::default()
        };
        answered(&mut record, answer);
        roles(&mut record, request, accept);
        records.push(record);
    }
    for answer in answers.into_iter().flatten() {
        let mut record = ContextRecord { context_id: answer.id, ..ContextRecord::default() };
        answered(&mut record, Some(answer));
        records.push(record);
    }
    records
}

fn answered(record: &mut ContextRecord, answer: Option<&Context>) {
    let Some(answer) = answer else { return };
    record.result = answer.result;
    if answer.result == Some(0) {
        record.transfer_syntax = answer.transfer_syntaxes.first().cloned();
    }
}

/// Roles belong to an abstract syntax, whichever of its contexts is meant.
fn roles(record: &mut ContextRecord, request: Option<&Associate>, accept: Option<&Associate>) {
    let Some(sop_class) = record.abstract_syntax.as_deref() else { return };
    if let Some(role) = role(request, sop_class) {
        record.scu_role_proposed = Some(role.scu);
        record.scp_role_proposed = Some(role.scp);
    }
    if let Some(role) = role(accept, sop_class) {
        record.scu_role_accepted = Some(role.scu);
        record.scp_role_accepted = Some(role.scp);
    }
}

fn role<'a>(associate: Option<&'a Associate>, sop_class: &str) -> Option<&'a Role> {
    associate?.roles.iter().find(|role| role.sop_class == sop_class)
}
