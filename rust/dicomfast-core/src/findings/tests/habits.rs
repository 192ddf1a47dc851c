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
