//! Negotiations of real programs and of pynetdicom, and the same bytes read by dicom-ul.

use dicom_ul::pdu::{Pdu, UserVariableItem, reader::read_pdu};
use dicomfast_core::dicom::associate::{Associate, Kind, context_records, decode, negotiation_lines};
use dicomfast_core::limits::Limits;

use crate::{Case, cases};

pub(crate) fn kind(case: &Case) -> Kind {
    if case.kind == "request" { Kind::Request } else { Kind::Accept }
}

/// The decoded PDU in the words of the fixtures.
fn words(associate: &Associate, kind: Kind) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| lines.extend(value.map(|value| format!("{name} {value}")));
    line("called_ae", associate.called_ae.clone());
    line("calling_ae", associate.calling_ae.clone());
    line("application_context", associate.application_context.as_deref().map(str::to_owned));
    for context in &associate.contexts {
        let syntaxes = context.transfer_syntaxes.join(",");
        let value = match kind {
            Kind::Request => format!("{} {} {syntaxes}", context.id, context.abstract_syntaxes.join(",")),
            Kind::Accept => {
                let result = context.result.expect("a result");
                format!("{} {result} {}", context.id, if result == 0 { &syntaxes } else { "-" })
            }
        };
        line("context", Some(value));
    }
    line("max_pdu", associate.max_pdu.map(|length| length.to_string()));
    line("implementation_class_uid", associate.implementation_class_uid.as_deref().map(str::to_owned));
    line("implementation_version", associate.implementation_version.clone());
    line("async", associate.async_window.map(|window| format!("{} {}", window.invoked, window.performed)));
    for role in &associate.roles {
        line("role", Some(format!("{} {} {}", role.sop_class, u8::from(role.scu), u8::from(role.scp))));
    }
    for extended in &associate.extended {
        let hex: String = extended.information.iter().map(|byte| format!("{byte:02x}")).collect();
        line("extended", Some(format!("{} {hex}", extended.sop_class)));
    }
    for common in &associate.common_extended {
        let related = common.related_general_sop_classes.join(",");
        line("common_extended", Some(format!("{} {} {related}", common.sop_class, common.service_class)));
    }
    let identity = associate.user_identity.map(|identity| {
        let response = u8::from(identity.positive_response_requested);
        format!("{} {response} {} {}", identity.identity_type, identity.primary_length, identity.secondary_length)
    });
    line("user_identity", identity);
    line("user_identity_response", associate.user_identity_response.map(|length| length.to_string()));
    lines
}

#[test]
fn every_item_is_what_the_peer_says() {
    for case in cases("associate.txt") {
        let associate = decode(&case.bytes, kind(&case), &Limits::default());
        assert_eq!(words(&associate, kind(&case)), case.lines, "{}", case.name);
        assert_eq!(associate.protocol_version, Some(1), "{}", case.name);
        assert_eq!(associate.issues, [], "{}", case.name);
        assert_eq!(associate.unknown_items, [], "{}", case.name);
    }
}

#[test]
fn dicom_ul_reads_the_same() {
    for case in cases("associate.txt") {
        let pdu_type = if kind(&case) == Kind::Request { 1 } else { 2 };
        let mut bytes = vec![pdu_type, 0];
        bytes.extend((case.bytes.len() as u32).to_be_bytes());
        bytes.extend(&case.bytes);
        let ours = decode(&case.bytes, kind(&case), &Limits::default());
        let (called, calling, application, contexts, user) = match read_pdu(bytes.as_slice(), 131_072, false).expect("a PDU") {
            Some(Pdu::AssociationRQ(rq)) => {
                let contexts = rq.presentation_contexts.into_iter().map(|c| (c.id, None, vec![c.abstract_syntax], c.transfer_syntaxes));
                (rq.called_ae_title, rq.calling_ae_title, rq.application_context_name, contexts.collect::<Vec<_>>(), rq.user_variables)
            }
            Some(Pdu::AssociationAC(ac)) => {
                let contexts = ac.presentation_contexts.into_iter();
                let contexts = contexts.map(|c| (c.id, Some(c.reason as u8), vec![], Vec::from([c.transfer_syntax])));
                (ac.called_ae_title, ac.calling_ae_title, ac.application_context_name, contexts.collect(), ac.user_variables)
            }
            other => panic!("{}: {other:?}", case.name),
        };
        assert_eq!(ours.called_ae.as_ref(), Some(&called), "{}", case.name);
        assert_eq!(ours.calling_ae.as_ref(), Some(&calling), "{}", case.name);
        assert_eq!(ours.application_context.as_deref(), Some(application.as_str()), "{}", case.name);
        assert_eq!(ours.contexts.len(), contexts.len(), "{}", case.name);
        for (ours, (id, result, abstract_syntaxes, mut transfer_syntaxes)) in ours.contexts.iter().zip(contexts) {
            // dicom-ul has an empty text where the answer has no transfer syntax, or an empty one.
            transfer_syntaxes.retain(|uid| !uid.is_empty());
            assert_eq!((ours.id, ours.result), (id, result), "{}", case.name);
            assert_eq!(ours.abstract_syntaxes, abstract_syntaxes, "{}", case.name);
            assert_eq!(ours.transfer_syntaxes, transfer_syntaxes, "{}", case.name);
        }
        let mut roles = ours.roles.iter();
        for item in user {
            match item {
                UserVariableItem::MaxLength(length) => assert_eq!(ours.max_pdu, Some(length)),
                UserVariableItem::ImplementationClassUID(uid) => assert_eq!(ours.implementation_class_uid, Some(uid.into())),
                UserVariableItem::ImplementationVersionName(name) => assert_eq!(ours.implementation_version, Some(name)),
                UserVariableItem::ScuScpRoleSelectionSubItem(uid, role) => {
                    let ours = roles.next().expect("a role");
                    assert_eq!((&*ours.sop_class, ours.scu, ours.scp), (uid.as_str(), role.scu, role.scp), "{}", case.name);
                }
                UserVariableItem::UserIdentityItem(identity) => {
                    let ours = ours.user_identity.expect("an identity");
                    assert_eq!(usize::from(ours.primary_length), identity.primary_field().len());
                    assert_eq!(usize::from(ours.secondary_length), identity.secondary_field().len());
                    assert_eq!(ours.positive_response_requested, identity.positive_response_requested());
                }
                UserVariableItem::SopClassExtendedNegotiationSubItem(uid, information) => {
                    assert!(ours.extended.iter().any(|ours| ours.sop_class == uid && ours.information == information), "{}", case.name);
                }
                _ => {}
            }
        }
    }
}

/// a12: contexts rejected with results 3 and 4; a18: roles and a SOP class that is proposed twice; both from the truth files.
#[test]
fn proposal_and_answer_are_joined() {
    let all = cases("associate.txt");
    let pair = |name: &str| {
        let find = |wanted: &str| all.iter().find(|case| case.name == name && case.kind == wanted).expect("a case");
        let [request, accept] = [find("request"), find("accept")].map(|case| decode(&case.bytes, kind(case), &Limits::default()));
        (request, accept)
    };
    let (request, accept) = pair("a18_extended_negotiation-0");
    let records = context_records(Some(&request), Some(&accept));
    assert_eq!(records.len(), 5);
    let [_, find, ct, mr, mr_again] = records.as_slice() else { panic!() };
    assert_eq!((find.scu_role_proposed, find.scp_role_accepted), (None, None));
    assert_eq!((ct.scu_role_proposed, ct.scp_role_proposed, ct.scp_role_accepted), (Some(true), Some(true), Some(true)));
    assert_eq!((mr.scp_role_proposed, mr_again.scp_role_proposed), (Some(false), Some(false)));
    assert_eq!((mr.context_id, mr.transfer_syntax.as_deref()), (7, Some("1.2.840.10008.1.2")));
    assert_eq!((mr_again.context_id, mr_again.transfer_syntax.as_deref()), (9, Some("1.2.840.10008.1.2.1")));

    let (request, accept) = pair("a12_no_context_accepted-0");
    for record in context_records(Some(&request), Some(&accept)) {
        assert!(record.abstract_syntax.is_some() && matches!(record.result, Some(3 | 4)) && record.transfer_syntax.is_none());
    }
    for record in context_records(None, Some(&accept)) {
        assert!(record.abstract_syntax.is_none() && record.result.is_some() && record.proposed_transfer_syntaxes.is_empty());
    }
    assert!(context_records(Some(&request), None).iter().all(|record| record.result.is_none()));
}

#[test]
fn a_negotiation_in_words() {
    let all = cases("associate.txt");
    let lines = |name: &str, wanted: &str| {
        let case = all.iter().find(|case| case.name == name && case.kind == wanted).expect("a case");
        negotiation_lines(&decode(&case.bytes, kind(case), &Limits::default()), kind(case))
    };
    let request = lines("built-extended", "request");
    for expected in [
        "Called AE title: \"ACCEPTOR_16_CHAR\"",
        "Application context: DICOM Application Context Name (1.2.840.10008.3.1.1.1)",
        "Presentation context 1: CT Image Storage (1.2.840.10008.5.1.4.1.1.2)",
        "  Transfer syntax: Explicit VR Little Endian (1.2.840.10008.1.2.1)",
        "Maximum PDU length: 0 (no limit)",
        "SOP class extended negotiation: Study Root Query/Retrieve Information Model - FIND (1.2.840.10008.5.1.4.1.2.2.1): relational queries \
         yes, combined date-time matching no, fuzzy semantic matching of person names yes, timezone query adjustment yes, enhanced \
         multi-frame image conversion no",
    ] {
        assert!(request.iter().any(|line| line == expected), "{expected}\n{request:#?}");
    }
    let identity = lines("built-identity-2", "request");
    assert!(identity.contains(&"User identity: username and passcode (23 + 20 bytes, not shown), positive response requested".to_owned()));
    let accept = lines("built-accept", "accept");
    for expected in [
        "Presentation context 1: acceptance, Explicit VR Little Endian (1.2.840.10008.1.2.1)",
        "Presentation context 7: transfer-syntaxes-not-supported (provider rejection) (result 4)",
        "Asynchronous operations window: invoked 258, performed 65535",
        "SCP/SCU role selection: CT Image Storage (1.2.840.10008.5.1.4.1.1.2): SCU yes, SCP yes",
        "User identity response: 15 bytes, not shown",
    ] {
        assert!(accept.iter().any(|line| line == expected), "{expected}\n{accept:#?}");
    }
}
