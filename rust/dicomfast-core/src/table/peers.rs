//! `peers`: one row per AE title, address, role and implementation.

use super::column::{columns, span};
use crate::joins::Peer;

columns! {
    Peer as row;
    let ip = row.ip.map(|ip| ip.to_string());
    /// AE title; null in the last row, where there are more than the limit `peers`.
    ae: Word = row.ae.as_deref();
    /// Its address.
    ip: Word = ip.as_deref();
    /// "requestor" or "acceptor" of the associations.
    role: Word = row.role.map(crate::event::Sender::name);
    /// Implementation Class UID (PS3.7 annex D.3.3.2.1); null where none was sent, as in a refusal.
    implementation_class_uid: Word = row.implementation_class_uid.as_deref();
    /// Implementation Version Name (PS3.7 annex D.3.3.2.3).
    implementation_version: Word = row.implementation_version.as_deref();
    /// Maximum length of P-DATA-TF PDUs that it receives, as it said last; 0 is no limit.
    max_pdu: U32 = row.max_pdu;
    /// Associations of it.
    associations: U64 = row.associations;
    /// Those of them that were accepted.
    accepted: U64 = row.accepted;
    /// Time of the first packet of the first of them.
    first: Time = row.first;
    /// Time of the last packet of the last of them.
    last: Time = row.last;
    /// From `first` to `last`.
    duration: Duration = span(Some(row.first), Some(row.last));
    /// Number of the first of them, as in `associations`.
    first_association: U64 = row.first_association;
}
