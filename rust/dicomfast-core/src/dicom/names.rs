//! Names of UIDs and codes, for people: PS3.6 annex A, well-known private UIDs, and the code tables of PS3.7 and PS3.8. Knows no bytes.

use std::sync::OnceLock;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

pub use super::codes::{
    abort_reason_text, abort_source_text, context_result_text, pdu_type_name, priority_text, reject_reason_text, reject_result_text,
    reject_source_text, user_identity_type_text,
};

/// PS3.6 table A-1 (SOP classes, meta SOP classes, transfer syntaxes, service classes, well-known instances), then private ones. The
/// tails ": Default Transfer Syntax for ..." are left out. A line each: UID, tab, name.
static UIDS: &str = include_str!("uids.tsv");

/// UIDs with their names. A fixed seed is safe: the keys are ours, a peer can only look up.
fn names() -> &'static HashMap<&'static str, &'static str, FixedState> {
    static NAMES: OnceLock<HashMap<&'static str, &'static str, FixedState>> = OnceLock::new();
    NAMES.get_or_init(|| UIDS.lines().filter_map(|line| line.split_once('\t')).collect())
}

/// The name of a UID that stands for a SOP class, a transfer syntax and so on; `None` for instances and what is not known.
pub fn uid_name(uid: &str) -> Option<&'static str> {
    names().get(uid).copied()
}

/// The same UID, where it is one that has a name.
pub fn known_uid(uid: &str) -> Option<&'static str> {
    names().get_key_value(uid).map(|(uid, _)| *uid)
}

/// "CT Image Storage (1.2.840.10008.5.1.4.1.1.2)", or the UID alone.
pub fn uid_and_name(uid: &str) -> String {
    match uid_name(uid) {
        Some(name) => format!("{name} ({uid})"),
        None => uid.to_owned(),
    }
}

/// Roots of implementation class UIDs; the first that fits counts, so what is part of another stands before it.
const IMPLEMENTATIONS: &[(&str, &str)] = &[
    ("1.2.276.0.7230010.3", "OFFIS DCMTK"),
    ("1.2.826.0.1.3680043.9.3811", "pynetdicom"),
    ("1.2.826.0.1.3680043.8.498", "pydicom"),
    ("1.2.826.0.1.3680043.2.1143", "GDCM"),
    ("1.2.40.0.13.1", "dcm4che"),
    ("1.3.6.1.4.1.30071.8", "fo-dicom"),
    ("1.3.6.1.4.1.5962", "PixelMed"),
    ("1.2.840.113619", "GE Healthcare"),
    ("1.3.46.670589", "Philips"),
    ("1.3.12.2.1107", "Siemens Healthineers"),
    ("1.2.392.200036.9125", "Fujifilm"),
    ("1.2.392.200036.9116", "Canon Medical (Toshiba)"),
    ("1.3.51", "Agfa"),
    ("1.2.124.113532", "Agfa (Mitra)"),
    ("1.2.840.113681", "Hologic"),
    ("2.16.840.1.113669", "Merge"),
    ("1.2.752.24", "Sectra"),
];

/// Who made the implementation, as far as its class UID tells.
pub fn implementation_vendor(uid: &str) -> Option<&'static str> {
    IMPLEMENTATIONS
        .iter()
        .find(|(root, _)| uid.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        .map(|&(_, vendor)| vendor)
}

#[cfg(test)]
mod tests {
    use dicom_core::dictionary::UidDictionary;
    use dicom_dictionary_std::StandardSopClassDictionary;

    use super::{UIDS, implementation_vendor, uid_and_name, uid_name};

    #[test]
    fn sop_class_names_are_those_of_the_dictionary_crate() {
        let mut known = 0;
        for line in UIDS.lines() {
            let (uid, name) = line.split_once('\t').expect("two fields");
            assert_eq!(uid_name(uid), Some(name), "twice: {uid}");
            assert!(!name.contains(['\t', ':']) && name.trim() == name && !name.is_empty(), "{name}");
            assert!(uid.len() <= 64 && uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{uid}");
            if let Some(entry) = StandardSopClassDictionary.by_uid(uid) {
                assert_eq!(entry.name, name);
                known += 1;
            }
        }
        // All SOP classes of dicom-dictionary-std 0.10.
        assert_eq!(known, 312);
    }

    #[test]
    fn names_as_people_know_them() {
        assert_eq!(uid_name("1.2.840.10008.5.1.4.1.1.2"), Some("CT Image Storage"));
        assert_eq!(uid_name("1.2.840.10008.1.2"), Some("Implicit VR Little Endian"));
        assert_eq!(uid_name("1.2.840.10008.1.2.4.50"), Some("JPEG Baseline (Process 1)"));
        assert_eq!(uid_name("1.2.840.10008.1.2.4.51"), Some("JPEG Extended (Process 2 & 4)"));
        assert_eq!(uid_name("1.2.840.10008.3.1.1.1"), Some("DICOM Application Context Name"));
        assert_eq!(uid_name("1.2.840.10008.5.1.1.9"), Some("Basic Grayscale Print Management Meta SOP Class"));
        assert_eq!(uid_name("1.2.840.10008.1.20.1.1"), Some("Storage Commitment Push Model SOP Instance"));
        assert_eq!(uid_name("1.2.276.0.7230010.3.4.1915765545.18030.917282194.0"), Some("DCMTK Private Shutdown"));
        assert_eq!(uid_name("1.2.840.10008.5.1.4.1.1.2.999"), None);
        assert_eq!(uid_name(""), None);
        assert_eq!(uid_and_name("1.2.3"), "1.2.3");
        assert_eq!(uid_and_name("1.2.840.10008.1.1"), "Verification SOP Class (1.2.840.10008.1.1)");
    }

    #[test]
    fn vendors_by_whole_components() {
        assert_eq!(implementation_vendor("1.2.276.0.7230010.3.0.3.6.7"), Some("OFFIS DCMTK"));
        assert_eq!(implementation_vendor("1.2.826.0.1.3680043.9.3811.3.0.4"), Some("pynetdicom"));
        assert_eq!(implementation_vendor("1.3.511"), None);
        assert_eq!(implementation_vendor("1.3.51"), Some("Agfa"));
    }
}
