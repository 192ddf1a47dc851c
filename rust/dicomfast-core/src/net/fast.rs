//! The frames that nearly all captures are made of: Ethernet II with at most one 802.1Q tag (or the cooked and loopback
//! headers of a capture on one host), IPv4 without options and fragments or IPv6 without extension headers, and TCP.
//! Straight-line code over the first bytes of the frame; every other frame, and every frame with anything wrong, is refused
//! and goes the way of `walk`.

use super::ip::{self, Ip};
use super::link;
use super::segment::{NO_VLAN, Segment};
use super::tcp;
use crate::capture::Frame;

const ETHERNET: usize = 14;
const TAGGED: usize = 18;

/// Adds the segment in a frame that lies in the window `slot`; `None` where it is for others to find out what is in it. It is made in its
/// place, since copies of it would cost as much as what is done here.
#[inline]
pub(super) fn segment(frame: &Frame, bytes: &[u8], slot: u16, segments: &mut Vec<Segment>) -> Option<()> {
    segments.reserve(1);
    let mut found = Found { frame, bytes, slot, vlan: NO_VLAN, segments };
    if frame.link == link::ETHERNET { found.ethernet() } else { found.on_a_host() }
}

/// What is known on the way.
struct Found<'a> {
    frame: &'a Frame,
    bytes: &'a [u8],
    slot: u16,
    vlan: u16,
    segments: &'a mut Vec<Segment>,
}

impl Found<'_> {
    #[inline]
    fn ethernet(&mut self) -> Option<()> {
        let ethernet = self.bytes.first_chunk::<TAGGED>()?;
        match [ethernet[12], ethernet[13]] {
            [0x08, 0x00] => self.v4::<ETHERNET>(),
            [0x86, 0xdd] => self.v6::<ETHERNET>(),
            [0x81, 0x00] => {
                let vid = u16::from_be_bytes([ethernet[14], ethernet[15]]) & 0x0fff;
                self.vlan = if vid == 0 { NO_VLAN } else { vid };
                match [ethernet[16], ethernet[17]] {
                    [0x08, 0x00] => self.v4::<TAGGED>(),
                    [0x86, 0xdd] => self.v6::<TAGGED>(),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Linux cooked captures of Ethernet and loopback devices, the loopback of BSD with IPv4, and IP by itself.
    #[inline(never)]
    fn on_a_host(&mut self) -> Option<()> {
        match (self.frame.link.0, self.bytes) {
            (113, [_, _, 0, 1, ..] | [_, _, 3, 4, ..]) => match self.bytes.get(14..16)? {
                [0x08, 0x00] => self.v4::<16>(),
                [0x86, 0xdd] => self.v6::<16>(),
                _ => None,
            },
            (276, [high, low, _, _, _, _, _, _, 0, 1, ..] | [high, low, _, _, _, _, _, _, 3, 4, ..]) => match (high, low) {
                (0x08, 0x00) => self.v4::<20>(),
                (0x86, 0xdd) => self.v6::<20>(),
                _ => None,
            },
            (0 | 108, [2, 0, 0, 0, ..] | [0, 0, 0, 2, ..]) => self.v4::<4>(),
            (101, [0x45, ..]) => self.v4::<0>(),
            (101, _) => self.v6::<0>(),
            _ => None,
        }
    }

    #[inline]
    fn v4<const AT: usize>(&mut self) -> Option<()> {
        let (head, rest) = self.bytes.get(AT..)?.split_first_chunk::<20>()?;
        let tcp = rest.first_chunk::<{ tcp::FIXED }>()?;
        // Version 4 with 5 words of header; neither More Fragments nor an offset; TCP.
        if head[0] != 0x45 || (head[6] & 0x3f) | head[7] | (head[9] ^ ip::TCP) != 0 {
            return None;
        }
        let end = AT + usize::from(u16::from_be_bytes([head[2], head[3]]));
        self.finish(tcp, Ip::v4(head), (AT + 20, end))
    }

    #[inline]
    fn v6<const AT: usize>(&mut self) -> Option<()> {
        let (head, rest) = self.bytes.get(AT..)?.split_first_chunk::<40>()?;
        let tcp = rest.first_chunk::<{ tcp::FIXED }>()?;
        if head[0] >> 4 != 6 || head[6] != ip::TCP {
            return None;
        }
        let end = AT + 40 + usize::from(u16::from_be_bytes([head[4], head[5]]));
        self.finish(tcp, Ip::v6(head), (AT + 40, end))
    }

    /// `end` is where the IP packet ends, as its header says. It may lie before the end of the frame (padding) or, in a cut
    /// frame, behind the captured bytes; never behind the end of the frame.
    #[inline]
    fn finish(&mut self, tcp: &[u8; tcp::FIXED], ip: Ip, (header, end): (usize, usize)) -> Option<()> {
        let Self { frame, bytes, .. } = self;
        let header_length = tcp::header_length(tcp);
        let payload = header + header_length;
        if header_length < tcp::FIXED || payload > bytes.len() || payload > end || end > frame.length as usize {
            return None;
        }
        self.segments.push(Segment {
            time: frame.time,
            packet: frame.number,
            header: frame.offset.wrapping_add(header as u32),
            header_length: header_length as u8,
            payload: frame.offset.wrapping_add(payload as u32),
            captured: (end.min(bytes.len()) - payload) as u32,
            length: (end - payload) as u32,
            capture: frame.capture,
            vlan: self.vlan,
            slot: self.slot,
            ..tcp::segment(tcp, ip)
        });
        Some(())
    }
}
