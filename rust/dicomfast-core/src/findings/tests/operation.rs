//! The rules over operations.

use super::*;

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
fn operation_cancelled() {
    says(&only(&of_operation(|record| (record.command_field, record.status) = (0x0020, Some(0xFE00))), "operation-cancelled"), &["C-FIND"]);
    only(&of_operation(|record| (record.command_field, record.cancelled) = (0x0021, true)), "operation-cancelled");
}
