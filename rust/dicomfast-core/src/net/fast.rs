//! The frames that nearly all captures are made of: Ethernet II with at most one 802.1Q tag (or the cooked and loopback
//! headers of a capture on one host), IPv4 without options and fragments or IPv6 without extension headers, and TCP.
//! Straight-line code over the first bytes of the frame; every other frame, and every frame with anything wrong, is `None`
//! and goes the way of `walk`.

use super::ip::{self, Ip};
use super::link;
use super::segment::{NO_VLAN, Segment};
use super::tcp;
use crate::capture::Frame;

const ETHERNET: usize = 14;
const TAGGED: usize = 18;

/// The segment in a frame, but for its slot.
#[inline]
pub(super) fn segment(frame: &Frame, bytes: &[u8]) -> Option<Segment> {
    if frame.link == link::ETHERNET { ethernet(frame, bytes) } else { on_a_host(frame, bytes) }
}

#[inline]
fn ethernet(frame: &Frame, bytes: &[u8]) -> Option<Segment> {
    let ethernet = bytes.first_chunk::<TAGGED>()?;
    match [ethernet[12], ethernet[13]] {
        [0x08, 0x00] => v4::<ETHERNET>(frame, bytes),
        [0x86, 0xdd] => v6::<ETHERNET>(frame, bytes),
        [0x81, 0x00] => {
            let vid = u16::from_be_bytes([ethernet[14], ethernet[15]]) & 0x0fff;
            let segment = match [ethernet[16], ethernet[17]] {
                [0x08, 0x00] => v4::<TAGGED>(frame, bytes)?,
                [0x86, 0xdd] => v6::<TAGGED>(frame, bytes)?,
                _ => return None,
            };
            Some(Segment { vlan: if vid == 0 { NO_VLAN } else { vid }, ..segment })
        }
        _ => None,
    }
}

/// Linux cooked captures of Ethernet and loopback devices, the loopback of BSD with IPv4, and IP by itself.
#[inline(never)]
fn on_a_host(frame: &Frame, bytes: &[u8]) -> Option<Segment> {
    match (frame.link.0, bytes) {
        (113, [_, _, 0, 1, ..] | [_, _, 3, 4, ..]) => match bytes.get(14..16)? {
            [0x08, 0x00] => v4::<16>(frame, bytes),
            [0x86, 0xdd] => v6::<16>(frame, bytes),
            _ => None,
        },
        (276, [high, low, _, _, _, _, _, _, 0, 1, ..] | [high, low, _, _, _, _, _, _, 3, 4, ..]) => match (high, low) {
            (0x08, 0x00) => v4::<20>(frame, bytes),
            (0x86, 0xdd) => v6::<20>(frame, bytes),
            _ => None,
        },
        (0 | 108, [2, 0, 0, 0, ..] | [0, 0, 0, 2, ..]) => v4::<4>(frame, bytes),
        (101, [0x45, ..]) => v4::<0>(frame, bytes),
        (101, _) => v6::<0>(frame, bytes),
        _ => None,
    }
}

#[inline]
fn v4<const AT: usize>(frame: &Frame, bytes: &[u8]) -> Option<Segment> {
    let (head, rest) = bytes.get(AT..)?.split_first_chunk::<20>()?;
    let tcp = rest.first_chunk::<{ tcp::FIXED }>()?;
    // Version 4 with 5 words of header; neither More Fragments nor an offset; TCP.
    if head[0] != 0x45 || (head[6] & 0x3f) | head[7] | (head[9] ^ ip::TCP) != 0 {
        return None;
    }
    let end = AT + usize::from(u16::from_be_bytes([head[2], head[3]]));
    finish(frame, bytes, tcp, Ip::v4(head), (AT + 20, end))
}

#[inline]
fn v6<const AT: usize>(frame: &Frame, bytes: &[u8]) -> Option<Segment> {
    let (head, rest) = bytes.get(AT..)?.split_first_chunk::<40>()?;
    let tcp = rest.first_chunk::<{ tcp::FIXED }>()?;
    if head[0] >> 4 != 6 || head[6] != ip::TCP {
        return None;
    }
    let end = AT + 40 + usize::from(u16::from_be_bytes([head[4], head[5]]));
    finish(frame, bytes, tcp, Ip::v6(head), (AT + 40, end))
}

/// `end` is where the IP packet ends, as its header says. It may lie before the end of the frame (padding) or, in a cut
/// frame, behind the captured bytes; never behind the end of the frame.
#[inline]
fn finish(frame: &Frame, bytes: &[u8], tcp: &[u8; tcp::FIXED], ip: Ip, (header, end): (usize, usize)) -> Option<Segment> {
    let header_length = tcp::header_length(tcp);
    let payload = header + header_length;
    if header_length < tcp::FIXED || payload > bytes.len() || payload > end || end > frame.length as usize {
        return None;
    }
    Some(Segment {
        time: frame.time,
        packet: frame.number,
        header: frame.offset.wrapping_add(header as u32),
        header_length: header_length as u8,
        payload: frame.offset.wrapping_add(payload as u32),
        captured: (end.min(bytes.len()) - payload) as u32,
        length: (end - payload) as u32,
        capture: frame.capture,
        ..tcp::segment(tcp, ip)
    })
}
