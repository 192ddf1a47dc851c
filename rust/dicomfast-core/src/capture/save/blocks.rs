//! pcapng blocks as bytes (draft-ietf-opsawg-pcapng). Knows the format; nothing of files.

use crate::capture::{Frame, LinkType};
use crate::event::NO_TIME;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_RESOLUTION: u16 = 9;
const APPLICATION: u16 = 4;
const STATISTICS_RECEIVED: u16 = 4;
const STATISTICS_OS_DROPPED: u16 = 7;

/// Longest option: its length has 16 bits.
const LONGEST_OPTION: usize = u16::MAX as usize - 3;

/// The header of a section, by which the file begins.
pub(super) fn section(out: &mut Vec<u8>) {
    block(out, SECTION, |out| {
        out.extend(0x1a2b_3c4d_u32.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(u64::MAX.to_le_bytes());
        option(out, APPLICATION, concat!("dicomfast ", env!("CARGO_PKG_VERSION")).as_bytes());
        end_of_options(out);
    });
}

/// An interface, with times in nanoseconds.
pub(super) fn interface(out: &mut Vec<u8>, link: LinkType, snap_length: u32, name: &str) {
    block(out, INTERFACE, |out| {
        out.extend(link.0.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(snap_length.to_le_bytes());
        if !name.is_empty() {
            option(out, INTERFACE_NAME, name.as_bytes());
        }
        option(out, INTERFACE_RESOLUTION, &[9]);
        end_of_options(out);
    });
}

/// A packet, with what is to be remarked of it. Times before 1970, and no time, become 0.
pub(super) fn packet(out: &mut Vec<u8>, interface: u32, frame: &Frame, bytes: &[u8], comments: &[String]) {
    let time = if frame.time == NO_TIME { 0 } else { u64::try_from(frame.time).unwrap_or_default() };
    block(out, ENHANCED_PACKET, |out| {
        out.extend(interface.to_le_bytes());
        out.extend(((time >> 32) as u32).to_le_bytes());
        out.extend((time as u32).to_le_bytes());
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(frame.length.to_le_bytes());
        padded(out, bytes);
        for comment in comments {
            option(out, OPTION_COMMENT, comment.as_bytes());
        }
        if !comments.is_empty() {
            end_of_options(out);
        }
    });
}

/// What an interface says of its own counts.
pub(super) fn statistics(out: &mut Vec<u8>, interface: u32, time: u64, received: u64, dropped: u64) {
    block(out, STATISTICS, |out| {
        out.extend(interface.to_le_bytes());
        out.extend(((time >> 32) as u32).to_le_bytes());
        out.extend((time as u32).to_le_bytes());
        option(out, STATISTICS_RECEIVED, &received.to_le_bytes());
        option(out, STATISTICS_OS_DROPPED, &dropped.to_le_bytes());
        end_of_options(out);
    });
}

/// Type, length, body, length again.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let length = ((out.len() - start + 4) as u32).to_le_bytes();
    out.extend(length);
    if let Some(place) = out.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&length);
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = value.get(..value.len().min(LONGEST_OPTION)).unwrap_or_default();
    out.extend(code.to_le_bytes());
    out.extend((value.len() as u16).to_le_bytes());
    padded(out, value);
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend(OPTION_END.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
}

/// To a multiple of four bytes.
fn padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    out.extend(std::iter::repeat_n(0, bytes.len().wrapping_neg() & 3));
}
