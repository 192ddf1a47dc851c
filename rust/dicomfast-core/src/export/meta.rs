//! What stands before the data set in a file (PS3.10 section 7.1): a preamble of zeros, the prefix, and the file meta information.

use crate::event::CommandSet;

/// Of this program.
const IMPLEMENTATION_CLASS: &str = "1.2.826.0.1.3680043.10.1999.1";
const IMPLEMENTATION_VERSION: &str = "DICOMFAST";
const PREAMBLE: usize = 128;
/// PS3.5 section 9.1.
const UID: usize = 64;

/// The bytes before a data set as a command announced it.
pub(super) fn header(command: &CommandSet, transfer_syntax: &str) -> Vec<u8> {
    let mut meta = Vec::new();
    // File Meta Information Version, the only one of OB.
    meta.extend_from_slice(b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01");
    element(&mut meta, 0x0002, *b"UI", &uid(command.sop_class().map_or("", AsRef::as_ref)));
    element(&mut meta, 0x0003, *b"UI", &uid(command.sop_instance().map_or("", AsRef::as_ref)));
    element(&mut meta, 0x0010, *b"UI", &uid(transfer_syntax));
    element(&mut meta, 0x0012, *b"UI", &uid(IMPLEMENTATION_CLASS));
    let mut version = IMPLEMENTATION_VERSION.as_bytes().to_vec();
    version.resize(version.len().next_multiple_of(2), b' ');
    element(&mut meta, 0x0013, *b"SH", &version);

    let mut header = vec![0; PREAMBLE];
    header.extend_from_slice(b"DICM");
    element(&mut header, 0x0000, *b"UL", &(meta.len() as u32).to_le_bytes());
    header.append(&mut meta);
    header
}

/// An element of group 0002: Explicit VR Little Endian, short form.
fn element(out: &mut Vec<u8>, number: u16, vr: [u8; 2], value: &[u8]) {
    out.extend_from_slice(&[2, 0]);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&vr);
    out.extend_from_slice(&(value.len() as u16).to_le_bytes());
    out.extend_from_slice(value);
}

/// What is allowed in a UID of it, padded.
fn uid(uid: &str) -> Vec<u8> {
    let mut value: Vec<u8> = uid.bytes().filter(|byte| byte.is_ascii_digit() || *byte == b'.').take(UID).collect();
    value.resize(value.len().next_multiple_of(2), 0);
    value
}
