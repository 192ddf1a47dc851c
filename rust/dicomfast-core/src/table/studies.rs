//! `studies`: one row per series that a sender stored at a receiver.

use super::column::{columns, span};
use crate::joins::Series;

columns! {
    Series as row;
    /// Study Instance UID (0020,000D); null where the data set did not show it.
    study_instance_uid: Text = row.study_instance.as_deref();
    /// Series Instance UID (0020,000E); null where the data set did not show it.
    series_instance_uid: Text = row.series_instance.as_deref();
    /// Modality (0008,0060) of the first object that has one.
    modality: Word = row.modality.as_deref();
    /// AE title that sent the objects.
    sender_ae: Word = row.sender_ae.as_deref();
    /// AE title that received them.
    receiver_ae: Word = row.receiver_ae.as_deref();
    /// C-STORE requests.
    sent: U64 = row.sent;
    /// Those answered with success.
    accepted: U64 = row.accepted;
    /// Those answered with a warning.
    warned: U64 = row.warned;
    /// Those answered with a failure.
    failed: U64 = row.failed;
    /// Those without an answer.
    unanswered: U64 = row.unanswered;
    /// Requests of which bytes are missing in the capture, or that were never sent to their end.
    incomplete: U64 = row.incomplete;
    /// Requests for an object that this receiver was sent before, of this series and by this sender.
    duplicates: U64 = row.duplicates;
    /// Different objects.
    instances: U64 = row.instances;
    /// Bytes of the data sets.
    dataset_bytes: U64 = row.bytes;
    /// Associations that carried them.
    associations: U64 = row.associations;
    /// First byte of the first request.
    start: Time = row.first;
    /// Last byte of the last answer.
    end: Time = row.last;
    /// From `start` to `end`.
    duration: Duration = span(row.first, row.last);
    /// Number of the first association, as in `associations`.
    first_association: U64 = row.first_association;
}
