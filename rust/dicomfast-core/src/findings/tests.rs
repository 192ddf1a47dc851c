//! Each rule with a record that must trigger it, and one that must not. The ordinary exchange of `samples` triggers none.

use super::samples::{self, JPEG_2000, SECOND};
use super::{CODES, Rules};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{
    AssociationRecord, CaptureRecord, Closed, ConnectionRecord, EndedBy, FindingRecord, MessageRecord, Opened, OperationRecord, Outcome,
    Protocol, Sender, Sink, Stamp,
};
use crate::limits::Limits;

fn found(feed: impl FnOnce(&mut Rules)) -> Vec<FindingRecord> {
    let mut rules = Rules::new(&Limits { finding_groups: 16, ..Limits::default() });
    feed(&mut rules);
    rules.finish();
    let found = rules.take();
    for finding in &found {
        let code = CODES.iter().find(|code| code.code == finding.code).expect("every code is listed");
        assert_eq!((finding.severity, finding.title, finding.advice), (code.severity, code.title, code.advice));
        assert!(!finding.evidence.is_empty());
    }
    found
}

fn codes(feed: impl FnOnce(&mut Rules)) -> Vec<&'static str> {
    found(feed).iter().map(|finding| finding.code).collect()
}

fn of_association(spoil: impl FnOnce(&mut AssociationRecord)) -> Vec<FindingRecord> {
    let mut record = samples::association();
    spoil(&mut record);
    found(|rules| rules.association(&record))
}

fn of_operation(spoil: impl FnOnce(&mut OperationRecord)) -> Vec<FindingRecord> {
    let mut record = samples::operation();
    spoil(&mut record);
    found(|rules| {
        rules.operation(&record);
        rules.association(&samples::association());
    })
}

fn of_connection(spoil: impl FnOnce(&mut ConnectionRecord)) -> Vec<FindingRecord> {
    let mut record = samples::connection();
    spoil(&mut record);
    found(|rules| {
        rules.association(&samples::association());
        rules.connection(&record);
    })
}

fn of_capture(spoil: impl FnOnce(&mut CaptureRecord)) -> Vec<FindingRecord> {
    let mut record = samples::capture();
    spoil(&mut record);
    found(|rules| {
        rules.association(&samples::association());
        rules.capture(&record);
    })
}

fn of_anomalies(kind: AnomalyKind, count: u64) -> Vec<FindingRecord> {
    found(|rules| {
        for number in 0..count {
            let stamp = Stamp { packet: 50 + number, time: SECOND };
            rules.anomaly(&Anomaly::new(kind, "numbers").at(stamp).on(3).within(Some(7)).spanning(number, 10));
        }
        rules.association(&samples::association());
        rules.connection(&samples::connection());
    })
}

/// The only finding, which has this code.
#[track_caller]
fn only(found: &[FindingRecord], code: &str) -> FindingRecord {
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [code]);
    found[0].clone()
}

#[track_caller]
fn says(finding: &FindingRecord, parts: &[&str]) {
    for part in parts {
        assert!(finding.evidence.contains(part), "{part:?} is not in {:?}", finding.evidence);
    }
}

#[test]
fn an_ordinary_exchange_has_no_findings() {
    let nothing = found(|rules| {
        rules.message(&samples::message());
        rules.operation(&samples::operation());
        rules.association(&samples::association());
        rules.connection(&samples::connection());
        rules.capture(&samples::capture());
        rules.anomaly(&Anomaly::new(AnomalyKind::PrefixBytes, "2"));
    });
    assert!(nothing.is_empty(), "{nothing:?}");
}

#[test]
fn codes_are_unique_and_kebab_case() {
    let mut names: Vec<_> = CODES.iter().map(|code| code.code).collect();
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CODES.len());
    assert!(CODES.iter().all(|code| code.advice.ends_with('.') && !code.title.ends_with('.')));
}

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
            record.ended_by = EndedBy::Reject;
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
        refused.abstract_syntax = Some("1.2.840.10008.5.1.4.1.1.4".to_owned());
        refused.proposed_transfer_syntaxes = vec![JPEG_2000.to_owned()];
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
            refused.abstract_syntax = Some("1.2.840.10008.5.1.4.1.1.4".to_owned());
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
fn failures_are_grouped_by_command_and_status() {
    let found = found(|rules| {
        for status in [0xA700, 0xA900, 0xA700, 0, 0xA700] {
            let mut record = samples::operation();
            record.status = Some(status);
            record.error_comment = (status == 0xA700).then(|| "disk of patient X".to_owned());
            rules.operation(&record);
        }
        rules.association(&samples::association());
    });
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["store-failed", "store-failed"]);
    says(&found[0], &["'CT01'", "3 operations with status 0xA700 (", "Out of resources", "3 with an error comment"]);
    says(&found[1], &["1 operation with status 0xA900 (", "does not match SOP class"]);
    assert!(!found[0].evidence.contains("patient"));
}

#[test]
fn an_operation_that_failed_names_the_offending_elements() {
    let found = of_operation(|record| {
        (record.command_field, record.status) = (0x0140, Some(0x0120));
        record.offending_elements = vec![0x0010_0020];
    });
    says(&only(&found, "operation-failed"), &["0x0120 (Missing attribute)", "offending (0010,0020)", "N-CREATE"]);
}

#[test]
fn operation_warning() {
    says(&only(&of_operation(|record| record.status = Some(0xB007)), "operation-warning"), &["0xB007"]);
    assert!(of_operation(|record| record.status = Some(0xFF00)).is_empty());
}

#[test]
fn move_destination_unknown() {
    let unknown = |record: &mut OperationRecord| {
        (record.command_field, record.status) = (0x0021, Some(0xA801));
        record.move_destination = Some("WS7".to_owned());
    };
    says(&only(&of_operation(unknown), "move-destination-unknown"), &["destination 'WS7'", "C-MOVE"]);
    // The same code means something else in C-STORE.
    only(&of_operation(|record| record.status = Some(0xA801)), "store-failed");
}

#[test]
fn suboperations_failed() {
    let partly = |record: &mut OperationRecord| {
        (record.command_field, record.status) = (0x0021, Some(0xB000));
        (record.completed_suboperations, record.failed_suboperations) = (Some(8), Some(2));
        record.move_destination = Some("WS7".to_owned());
    };
    says(
        &only(&of_operation(partly), "suboperations-failed"),
        &["2 sub-operations failed in 1 operation", "to 'WS7'", "completed 8, failed 2"],
    );
    let whole = |record: &mut OperationRecord| (record.command_field, record.failed_suboperations) = (0x0021, Some(0));
    assert!(of_operation(whole).is_empty());
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
fn operation_cancelled() {
    says(&only(&of_operation(|record| (record.command_field, record.status) = (0x0020, Some(0xFE00))), "operation-cancelled"), &["C-FIND"]);
    only(&of_operation(|record| (record.command_field, record.cancelled) = (0x0021, true)), "operation-cancelled");
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

/// A SYN and whatever answered it.
fn attempt(record: &mut ConnectionRecord) {
    for side in [&mut record.client_counts, &mut record.server_counts] {
        (side.packets, side.payload_bytes) = (1, 0);
    }
    (record.protocol, record.associations, record.syn_rtt) = (Protocol::Other, 0, None);
    (record.server_counts.mss, record.closed) = (None, Closed::Rst);
}

#[test]
fn connection_refused() {
    says(&only(&of_connection(attempt), "connection-refused"), &["10.0.0.1 -> 10.0.0.2:104", "1 attempt"]);
    // A SYN-ACK came before the RST.
    assert!(
        of_connection(|record| {
            attempt(record);
            record.server_counts.mss = Some(1460);
        })
        .is_empty()
    );
    assert!(
        of_connection(|record| {
            attempt(record);
            record.opened = Opened::Midstream;
        })
        .is_empty()
    );
}

#[test]
fn connection_unanswered_counts_attempts() {
    let mut record = samples::connection();
    attempt(&mut record);
    (record.server_counts.packets, record.client_counts.packets, record.closed) = (0, 3, Closed::Open);
    let found = found(|rules| {
        rules.association(&samples::association());
        rules.connection(&record);
        rules.connection(&record);
    });
    says(&only(&found, "connection-unanswered"), &["2 attempts, 6 packets"]);
}

#[test]
fn tls_and_no_dicom() {
    let encrypted = |record: &mut ConnectionRecord| record.protocol = Protocol::Tls;
    says(&only(&of_connection(encrypted), "tls"), &["encrypted: 1 connection"]);
    let mut record = samples::connection();
    record.protocol = Protocol::Other;
    let nothing = found(|rules| {
        rules.connection(&record);
        rules.capture(&samples::capture());
    });
    says(&only(&nothing, "no-dicom"), &["200 packets, 1 TCP connection, 0 of them encrypted"]);
}

#[test]
fn anomalies_of_a_connection_are_told_once_with_its_ends() {
    let finding = only(&of_anomalies(AnomalyKind::LostBytes, 3), "capture-lost-packets");
    says(&finding, &["connection 3, 10.0.0.1:50000 -> 10.0.0.2:104", "3 gaps, 30 bytes missing"]);
    assert_eq!((finding.connection, finding.packet), (Some(3), Some(50)));
    says(&only(&of_anomalies(AnomalyKind::OverlapConflict, 1), "overlap-conflict"), &["1 place, 10 bytes"]);
}

#[test]
fn anomalies_of_an_association_are_told_once_with_its_parties() {
    let finding = only(&of_anomalies(AnomalyKind::UnexpectedPdu, 2), "illegal-pdu");
    says(&finding, &["'CT01'", "unexpected-pdu, 2 times"]);
    assert_eq!(finding.association, Some(7));
}

#[test]
fn anomalies_of_the_capture() {
    for (kind, code) in [
        (AnomalyKind::OneDirection, "capture-one-direction"),
        (AnomalyKind::Midstream, "capture-midstream"),
        (AnomalyKind::BadChecksum, "capture-bad-checksums"),
        (AnomalyKind::TruncatedTail, "capture-damaged"),
        (AnomalyKind::DamagedCompression, "capture-damaged"),
        (AnomalyKind::ConnectionLimit, "limit-reached"),
    ] {
        says(&only(&of_anomalies(kind, 2), code), &["2 "]);
    }
    for kind in [AnomalyKind::TimestampOrder, AnomalyKind::CutPacket, AnomalyKind::UnknownItem] {
        assert!(of_anomalies(kind, 2).is_empty(), "{}", kind.name());
    }
}

#[test]
fn inputs_that_dropped_or_cut_packets() {
    says(&only(&of_capture(|record| record.dropped = Some(5)), "capture-dropped-packets"), &["5 packets dropped, 200 captured"]);
    assert!(of_capture(|record| record.dropped = Some(0)).is_empty());
    let cut = |record: &mut CaptureRecord| (record.cut_packets, record.original_bytes, record.snap_length) = (20, 90_000, Some(96));
    says(&only(&of_capture(cut), "capture-cut-packets"), &["20 of 200 packets, 80000 bytes missing, snap length 96"]);
}

#[test]
fn packets_captured_twice() {
    let twice = |copies: u64| of_connection(|record| record.client_counts.duplicate_packets = copies);
    says(&only(&twice(100), "capture-duplicates"), &["100 of 200"]);
    assert!(twice(1).is_empty());
}

#[test]
fn groups_are_bounded_and_what_finds_no_place_is_counted() {
    let found = found(|rules| {
        for number in 0..20 {
            rules.anomaly(&Anomaly::new(AnomalyKind::LostBytes, "1").on(number).spanning(0, 1));
        }
        rules.association(&samples::association());
    });
    assert_eq!(found.len(), 17);
    assert!(found.iter().take(16).map(|finding| finding.connection).eq((0..16).map(Some)), "in order of first occurrence");
    assert_eq!(found[16].code, "limit-reached");
    says(&found[16], &["4 occurrences"]);
}

#[test]
fn open_associations_are_bounded() {
    let mut rules = Rules::new(&Limits { connections: 2, ..Limits::default() });
    for number in 0..10 {
        let mut message = samples::message();
        message.association = number;
        rules.message(&message);
    }
    assert_eq!(rules.progress.len(), 2);
}
