//! Names of files out of UIDs that a peer chose. Knows file names, and makes them.

use std::io;
use std::path::Path;

use super::create;

/// Bytes of a UID (PS3.5 section 9.1).
const UID: usize = 64;

/// Takes a name that nobody has, by making an empty file of it; `None` where too many have it with a number.
pub(super) fn reserve(folder: &Path, sop_instance: Option<&str>, complete: bool, tries: usize) -> io::Result<Option<String>> {
    let stem = stem(sop_instance.unwrap_or_default());
    let suffix = if complete { "dcm" } else { "incomplete.dcm" };
    for number in 1..=tries {
        let name = if number == 1 { format!("{stem}.{suffix}") } else { format!("{stem}_{number}.{suffix}") };
        match create(&folder.join(&name)) {
            Ok(_) => return Ok(Some(name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Digits and dots of it: no path, no hidden file, never empty.
fn stem(uid: &str) -> String {
    let kept: String = uid.chars().filter(|character| character.is_ascii_digit() || *character == '.').take(UID).collect();
    let kept = kept.trim_matches('.');
    if kept.is_empty() { "object".to_owned() } else { kept.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{reserve, stem};

    #[test]
    fn nothing_hostile_is_left() {
        assert_eq!(stem("1.2.840.1"), "1.2.840.1");
        assert_eq!(stem("../../etc/passwd"), "object");
        assert_eq!(stem("/1/../2\0.3\\x0A"), "1..2.30");
        assert_eq!(stem(""), "object");
        assert_eq!(stem(&"1".repeat(200)).len(), 64);
    }

    #[test]
    fn no_name_twice() {
        let folder = tempfile::tempdir().unwrap();
        let name = |complete| reserve(folder.path(), Some("1.2"), complete, 2).unwrap();
        assert_eq!(name(true).as_deref(), Some("1.2.dcm"));
        assert_eq!(name(true).as_deref(), Some("1.2_2.dcm"));
        assert_eq!(name(true), None);
        assert_eq!(name(false).as_deref(), Some("1.2.incomplete.dcm"));
    }
}
