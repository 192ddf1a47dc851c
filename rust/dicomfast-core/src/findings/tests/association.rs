//! The rules over associations and their contexts.

use super::*;

// PS3.8 table 9-21.
#[test]
fn rejections_in_words() {
    let cases = [
        ([1, 1, 2], "application-context-not-supported"),
        ([1, 1, 3], "calling-ae-not-recognized"),
        ([1, 1, 7], "called-ae-not-recognized"),
        ([1, 2, 2], "protocol-version-not-supported"),
        ([2, 3, 1], "temporary-congestion"),
        ([2, 3, 2], "local-limit-exceeded"),
        ([1, 1, 1], "association-rejected"),
        ([1, 1, 56], "association-rejected"),
        ([9, 9, 9], "association-rejected"),
    ];
    for (reject, code) in cases {
        let found = of_association(|record| {
            record.outcome = Outcome::Rejected;
            record.ended_by = EndedBy::Fin;
            record.reject = Some(reject);
            record.contexts.iter_mut().for_each(|context| context.result = None);
        });
        let finding = only(&found, code);
        says(&finding, &["'CT01' (10.0.0.1:50000) -> 'PACS' (10.0.0.2:104)", &format!("reason {}", reject[2])]);
        assert_eq!((finding.association, finding.connection, finding.packet), (Some(7), Some(3), Some(4)));
    }
}

#[test]
fn a_rejection_tells_what_the_eye_does_not_see_in_a_title() {
    for (raw, told) in [
        (*b"                ", "called AE title is blank"),
        (*b"PACS\x00           ", "not printable"),
        (*b" PACS           ", "begins with"),
    ] {
        let found = of_association(|record| {
            record.reject = Some([1, 1, 7]);
            record.called_ae_raw = Some(raw);
        });
        says(&found[0], &[told]);
    }
}

#[test]
fn no_common_transfer_syntax_names_wanted_and_offered() {
    let found = of_association(|record| {
        let mut refused = samples::context(3, 4);
        refused.abstract_syntax = Some("1.2.840.10008.5.1.4.1.1.4".into());
        refused.proposed_transfer_syntaxes = vec![JPEG_2000.into()];
        record.contexts.push(refused);
    });
    let finding = only(&found, "no-common-transfer-syntax");
    says(&finding, &["context 3: MR Image Storage", JPEG_2000, "accepted for other SOP classes: Implicit VR Little Endian"]);
}

#[test]
fn a_context_refused_beside_an_accepted_one_of_its_class_is_no_finding() {
    for result in 1..=4 {
        assert!(of_association(|record| record.contexts.push(samples::context(3, result))).is_empty());
    }
}

#[test]
fn refused_contexts() {
    for (result, code) in [(1, "context-refused"), (2, "context-refused"), (3, "abstract-syntax-not-supported"), (77, "context-refused")] {
        let found = of_association(|record| {
            let mut refused = samples::context(3, result);
            refused.abstract_syntax = Some("1.2.840.10008.5.1.4.1.1.4".into());
            record.contexts.push(refused);
        });
        says(&only(&found, code), &["context 3: MR Image Storage (1.2.840.10008.5.1.4.1.1.4)"]);
    }
}

#[test]
fn all_contexts_refused() {
    let found = of_association(|record| record.contexts = vec![samples::context(1, 3), samples::context(3, 3)]);
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["all-contexts-refused", "abstract-syntax-not-supported"]);
    says(&found[0], &["none of 2 presentation contexts"]);
    // An answer that was not captured refuses nothing.
    assert!(of_association(|record| record.contexts[0].result = None).is_empty());
}

#[test]
fn aborts_say_who_and_after_what() {
    let cases = [
        (EndedBy::RequestorAbort, [0, 0], Sender::Requestor, "A-ABORT by the requestor, source 0 (service-user)"),
        (EndedBy::AcceptorAbort, [0, 0], Sender::Acceptor, "A-ABORT by the acceptor, source 0 (service-user)"),
        (
            EndedBy::ProviderAbort,
            [2, 2],
            Sender::Acceptor,
            "A-ABORT by the acceptor, source 2 (service-provider), reason 2 (unexpected-PDU)",
        ),
    ];
    for (ended_by, abort, sender, told) in cases {
        let mut record = samples::association();
        (record.ended_by, record.abort, record.abort_sender) = (ended_by, Some(abort), Some(sender));
        let found = found(|rules| {
            rules.message(&samples::message());
            rules.association(&record);
        });
        let finding = only(&found, "association-aborted");
        says(&finding, &[told, "last message: C-STORE-RQ of the requestor (message ID 1) in packet 15, 1.000 s before"]);
        assert_eq!((finding.message, finding.packet), (Some(11), Some(190)));
    }
}

#[test]
fn association_unanswered() {
    let found = of_association(|record| {
        record.outcome = Outcome::Unanswered;
        record.ended_by = EndedBy::Fin;
        record.answered = None;
    });
    says(&only(&found, "association-unanswered"), &["packet 4", "fin"]);
}

fn closing(ended_by: EndedBy, message: Option<&MessageRecord>) -> Vec<FindingRecord> {
    let mut record = samples::association();
    record.ended_by = ended_by;
    found(|rules| {
        if let Some(message) = message {
            rules.message(message);
        }
        rules.association(&record);
    })
}

#[test]
fn closing_with_and_without_something_under_way() {
    let mut cut = samples::message();
    cut.complete = false;
    says(&only(&closing(EndedBy::Fin, Some(&samples::message())), "closed-without-release"), &["TCP FIN without A-RELEASE"]);
    only(&closing(EndedBy::Rst, None), "closed-without-release");
    says(&only(&closing(EndedBy::Rst, Some(&cut)), "connection-reset"), &["TCP RST", "not complete"]);
    only(&closing(EndedBy::Fin, Some(&cut)), "closed-mid-transfer");
    assert!(closing(EndedBy::Release, Some(&cut)).is_empty());
    assert!(closing(EndedBy::Open, Some(&cut)).is_empty());
}

#[test]
fn request_unanswered() {
    let mut record = samples::operation();
    (record.answered, record.status) = (false, None);
    let mut association = samples::association();
    association.ended_by = EndedBy::Open;
    let found = found(|rules| {
        rules.operation(&record);
        rules.operation(&record);
        rules.association(&association);
    });
    let finding = only(&found, "request-unanswered");
    says(&finding, &["2 requests", "C-STORE, message ID 1, CT Image Storage", "ended by: open"]);
    assert_eq!(finding.packet, Some(10));
    // C-CANCEL-RQ has no response.
    assert!(of_operation(|record| (record.command_field, record.answered, record.status) = (0x0FFF, false, None)).is_empty());
}

#[test]
fn get_without_scp_role() {
    let mut get = samples::operation();
    (get.command_field, get.status, get.failed_suboperations) = (0x0010, Some(0xB000), Some(4));
    let feed = |accepted| {
        let mut association = samples::association();
        (association.contexts[0].scp_role_proposed, association.contexts[0].scp_role_accepted) = (Some(true), Some(accepted));
        codes(|rules| {
            rules.operation(&get);
            rules.association(&association);
        })
    };
    assert_eq!(feed(false), ["suboperations-failed", "role-selection-missing"]);
    assert_eq!(feed(true), ["suboperations-failed"]);
}

#[test]
fn one_association_per_object() {
    let single = |count: u64| {
        found(|rules| {
            for number in 0..count {
                let mut record = samples::association();
                (record.association, record.operations, record.stored) = (number, 1, 1);
                rules.association(&record);
            }
        })
    };
    says(&only(&single(5), "one-association-per-object"), &["'CT01' -> 'PACS'", "5 associations"]);
    assert!(single(4).is_empty());
}

#[test]
fn small_max_pdu() {
    let slow = |max: u32, bytes: u64| {
        of_association(|record| {
            (record.acceptor_peer.max_pdu, record.requestor_peer.bytes) = (Some(max), bytes);
            record.requestor_peer.max_pdu_sent = Some(1_000);
        })
    };
    says(&only(&slow(4_096, 2_000_000), "small-max-pdu"), &["the acceptor receives at most 4096", "the requestor sent 2000000"]);
    assert!(slow(4_096, 500_000).is_empty());
    assert!(slow(16_384, 2_000_000).is_empty());
    assert!(slow(0, 2_000_000).is_empty(), "0 means no limit");
}

#[test]
fn pdu_larger_than_agreed() {
    let sent = |sent: u32, max: u32| {
        of_association(|record| (record.acceptor_peer.max_pdu_sent, record.requestor_peer.max_pdu) = (Some(sent), Some(max)))
    };
    says(
        &only(&sent(16_386, 16_384), "pdu-larger-than-agreed"),
        &["the acceptor sent a P-DATA-TF of 16386 bytes, the requestor allows 16384"],
    );
    assert!(sent(16_384, 16_384).is_empty());
    assert!(sent(1 << 20, 0).is_empty(), "0 means no limit");
}
