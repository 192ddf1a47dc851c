//! The rules over what the same two sides do again and again.

use super::*;

#[test]
fn compression_declined() {
    let spoil = |record: &mut AssociationRecord| record.contexts[0].proposed_transfer_syntaxes.push(JPEG_2000.into());
    let told = found(|rules| {
        for number in 0..30 {
            let mut record = samples::association();
            record.association = number;
            spoil(&mut record);
            rules.association(&record);
        }
    });
    says(&only(&told, "compression-declined"), &["CT Image Storage", JPEG_2000, "accepted Implicit VR", "30 associations like this one"]);
    let unused = |record: &mut AssociationRecord| {
        spoil(record);
        record.contexts[0].used = 0;
    };
    assert!(of_association(unused).is_empty());
    let elsewhere = |record: &mut AssociationRecord| {
        spoil(record);
        let mut other = samples::context(3, 0);
        other.transfer_syntax = Some(JPEG_2000.into());
        record.contexts.push(other);
    };
    assert!(of_association(elsewhere).is_empty());
}

#[test]
fn query_found_nothing() {
    let told = found(|rules| {
        for responses in [1, 3, 1] {
            rules.operation(&OperationRecord { command_field: 0x0020, responses, ..samples::operation() });
        }
        rules.association(&samples::association());
    });
    says(&only(&told, "query-found-nothing"), &["'CT01'", "2 of 3 C-FINDs without a match"]);
    let failed = |record: &mut OperationRecord| (record.command_field, record.status) = (0x0020, Some(0xA700));
    only(&of_operation(failed), "operation-failed");
    assert!(of_operation(|record| (record.command_field, record.responses) = (0x0020, 2)).is_empty());
}

/// Told after ten minutes of the packets' time, without an end; and again while it goes on. A capture that is shorter tells it once.
#[test]
fn what_goes_on_is_told_in_between() {
    let told_by = |minutes: i64| {
        let mut rules = Rules::new(&Limits::default());
        let mut before_the_end = Vec::new();
        for minute in 0..minutes {
            rules.association(&declined("CT01", minute * 60 * SECOND));
            before_the_end.extend(rules.take());
        }
        rules.finish();
        (evidence(&before_the_end), evidence(&rules.take()))
    };
    let like = |count: u64| vec![format!("{count} associations like this one")];
    assert_eq!(told_by(10), (vec![], like(10)));
    assert_eq!(told_by(15), (like(10), like(5)));
    assert_eq!(told_by(35), ([like(10), like(10), like(10)].concat(), like(5)));
}

/// An association so much later in which compression was declined.
fn declined(calling: &str, later: i64) -> AssociationRecord {
    let mut record = samples::association();
    record.calling_ae = Some(calling.to_owned());
    record.contexts[0].proposed_transfer_syntaxes.push(JPEG_2000.into());
    for stamp in [&mut record.first, &mut record.last] {
        stamp.time += later;
    }
    record
}

/// The end of each evidence, where it counts.
fn evidence(findings: &[FindingRecord]) -> Vec<String> {
    findings.iter().map(|finding| finding.evidence.split_once("; ").map_or("", |(_, count)| count).to_owned()).collect()
}

/// Room that is told of is free again: what waits for an end that never comes would fill it.
#[test]
fn room_for_groups_is_not_used_up() {
    let mut rules = Rules::new(&Limits { finding_groups: 4, ..Limits::default() });
    for number in 0..100 {
        rules.association(&declined(&format!("CT{number}"), number * 300 * SECOND));
    }
    rules.finish();
    assert_eq!(rules.take().iter().map(|finding| finding.code).collect::<Vec<_>>(), ["compression-declined"; 100]);
}
