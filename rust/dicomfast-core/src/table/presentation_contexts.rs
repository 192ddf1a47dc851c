//! `presentation_contexts`: one row per proposed presentation context with its answer (PS3.8 sections 9.3.2.2 and 9.3.3.2).

use super::column::{columns, seen};
use crate::dicom::names;
use crate::event::ContextRecord;

/// A context, and the association it was proposed in.
pub(super) struct Row<'a> {
    pub(super) association: u64,
    pub(super) context: &'a ContextRecord,
}

columns! {
    Row<'_> as row;
    let context = row.context;
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Presentation context ID: odd, 1 to 255.
    context_id: U8 = context.context_id;
    /// Abstract syntax UID: the SOP class.
    abstract_syntax: Word = context.abstract_syntax.as_deref();
    /// `abstract_syntax` in words.
    abstract_syntax_name: Word = context.abstract_syntax.as_deref().and_then(names::uid_name);
    /// Transfer syntax UIDs that the requestor proposed, in its order; null where the request was not seen.
    proposed_transfer_syntaxes: Texts = seen(&context.proposed_transfer_syntaxes);
    /// Result of the acceptor: 0 acceptance, 1 user-rejection, 2 no-reason, 3 abstract-syntax-not-supported, 4 transfer-syntaxes-not-supported.
    result: U8 = context.result;
    /// `result` in words.
    result_text: Word = context.result.map(names::context_result_text);
    /// Transfer syntax UID that the acceptor chose; null where the context was not accepted.
    transfer_syntax: Word = context.transfer_syntax.as_deref();
    /// `transfer_syntax` in words.
    transfer_syntax_name: Word = context.transfer_syntax.as_deref().and_then(names::uid_name);
    /// What came of the requestor's proposal to be SCU (PS3.7 annex D.3.3.4): "accepted", "refused", or "proposed" where no answer was seen; null where the role was not negotiated.
    scu_role: Word = role(context.scu_role_proposed, context.scu_role_accepted);
    /// What came of the requestor's proposal to be SCP: "accepted", "refused", "proposed", or null as for `scu_role`.
    scp_role: Word = role(context.scp_role_proposed, context.scp_role_accepted);
    /// SCU role as the requestor sent it.
    scu_role_proposed: Bool = context.scu_role_proposed;
    /// SCU role as the acceptor answered.
    scu_role_accepted: Bool = context.scu_role_accepted;
    /// SCP role as the requestor sent it.
    scp_role_proposed: Bool = context.scp_role_proposed;
    /// SCP role as the acceptor answered.
    scp_role_accepted: Bool = context.scp_role_accepted;
    /// Operations that used this context.
    used: U64 = context.used;
}

/// A role (PS3.7 annex D.3.3.4) as one word: what came of the proposal.
fn role(proposed: Option<bool>, accepted: Option<bool>) -> Option<&'static str> {
    match (proposed?, accepted) {
        (true, Some(true)) => Some("accepted"),
        (true, Some(false)) => Some("refused"),
        (true, None) => Some("proposed"),
        (false, _) => None,
    }
}
