//! IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers: where the packet ends, who speaks to whom, and whether it
//! is a fragment. Lengths are those of the header; where it has none (segmentation offload, BIG TCP) those of the frame.

use super::cursor::{self, Cursor};
use super::fragment::Fragment;
use super::segment::mapped;
use super::walk::{End, Layer, Walk};
use crate::anomaly::AnomalyKind;
use crate::reader::Reader;

/// Protocol numbers of IANA.
pub(super) const TCP: u8 = 6;
pub(super) const AUTHENTICATION: u8 = 51;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

pub(super) const NO_TOTAL_LENGTH: &str = "IPv4 total length 0 (segmentation offload): taken from the frame";

/// What a segment needs of the IP header around it. IPv4 addresses are v4-mapped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ip {
    pub(super) source: [u8; 16],
    pub(super) destination: [u8; 16],
    pub(super) ttl: u8,
    /// IPv4 identification; 0 for IPv6.
    pub(super) id: u16,
    pub(super) v6: bool,
}

impl Ip {
    /// From an IPv4 header's first 20 bytes.
    #[inline]
    pub(super) fn v4(head: &[u8; 20]) -> Self {
        Self {
            source: mapped([head[12], head[13], head[14], head[15]]),
            destination: mapped([head[16], head[17], head[18], head[19]]),
            ttl: head[8],
            id: u16::from_be_bytes([head[4], head[5]]),
            v6: false,
        }
    }

    #[inline]
    pub(super) fn v6(head: &[u8; 40]) -> Self {
        let mut ip = Self { source: [0; 16], destination: [0; 16], ttl: head[7], id: 0, v6: true };
        ip.source.copy_from_slice(&head[8..24]);
        ip.destination.copy_from_slice(&head[24..40]);
        ip
    }
}

pub(super) fn version(cursor: &Cursor<'_>) -> Result<Layer, End> {
    let [first] = cursor.peek::<1>(cursor::IPV4)?;
    match first >> 4 {
        4 => Ok(Layer::Ipv4),
        6 => Ok(Layer::Ipv6),
        _ => Err(End::broken(AnomalyKind::BadIpHeader, "IP version is neither 4 nor 6")),
    }
}

pub(super) fn v4(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let head = cursor.peek::<20>(cursor::IPV4)?;
    let header_length = usize::from(head[0] & 0x0f) * 4;
    if head[0] >> 4 != 4 {
        return Err(End::broken(AnomalyKind::BadIpHeader, "IP version is not 4"));
    }
    if header_length < 20 {
        return Err(End::broken(AnomalyKind::BadIpHeader, "IPv4 header length below 5"));
    }
    match usize::from(u16::from_be_bytes([head[2], head[3]])) {
        0 => walk.note = Some((AnomalyKind::BadIpLength, NO_TOTAL_LENGTH)),
        total if total < header_length => {
            return Err(End::broken(AnomalyKind::BadIpLength, "IPv4 total length below the header's length"));
        }
        total => declare(walk, cursor, total),
    }
    let (ip, protocol, fragment) = (Ip::v4(head), head[9], u16::from_be_bytes([head[6], head[7]]));
    cursor.skip(header_length, cursor::IPV4)?;
    let (more, offset) = (fragment & 0x2000 != 0, usize::from(fragment & 0x1fff) * 8);
    if more || offset != 0 {
        return Err(End::Fragment(Fragment { ip, id: u32::from(ip.id), protocol, offset, more }));
    }
    Ok(Layer::Transport(ip, protocol))
}

pub(super) fn v6(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let head = cursor.take::<40>(cursor::IPV6)?;
    if head[0] >> 4 != 6 {
        return Err(End::broken(AnomalyKind::BadIpHeader, "IP version is not 6"));
    }
    let (ip, next) = (Ip::v6(head), head[6]);
    match usize::from(u16::from_be_bytes([head[4], head[5]])) {
        // RFC 2675: the length is in the jumbo payload option. Without one, it is the frame's (BIG TCP).
        0 => {
            if let Some(length) = jumbo_length(next, cursor) {
                declare(walk, cursor, length);
            }
        }
        length => declare(walk, cursor, length),
    }
    extensions(walk, ip, next, cursor)
}

/// The chain of extension headers (RFC 8200 section 4).
fn extensions(walk: &mut Walk, ip: Ip, mut next: u8, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    loop {
        match next {
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY | HIP | SHIM6 => {
                walk.enter_extension()?;
                let [following, length] = *cursor.peek::<2>(cursor::EXTENSION)?;
                cursor.skip((usize::from(length) + 1) * 8, cursor::EXTENSION)?;
                next = following;
            }
            AUTHENTICATION => next = authentication(walk, cursor)?,
            FRAGMENT => return Ok(Layer::Ipv6Fragment(ip)),
            protocol => return Ok(Layer::Transport(ip, protocol)),
        }
    }
}

/// The fragment header (RFC 8200 section 4.5).
pub(super) fn fragment(walk: &mut Walk, ip: Ip, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    walk.enter_extension()?;
    let [following, _, high, low, id @ ..] = *cursor.take::<8>(cursor::EXTENSION)?;
    let field = u16::from_be_bytes([high, low]);
    let (more, offset) = (field & 1 != 0, usize::from(field & 0xfff8));
    if more || offset != 0 {
        let id = u32::from_be_bytes(id);
        return Err(End::Fragment(Fragment { ip, id, protocol: following, offset, more }));
    }
    // An atomic fragment (RFC 6946) is whole.
    extensions(walk, ip, following, cursor)
}

/// What the payload of a reassembled datagram begins with: more extension headers in IPv6, the transport in IPv4.
pub(super) fn reassembled(walk: &mut Walk, fragment: &Fragment, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    if fragment.ip.v6 {
        extensions(walk, fragment.ip, fragment.protocol, cursor)
    } else {
        Ok(Layer::Transport(fragment.ip, fragment.protocol))
    }
}

/// Passes the Authentication Header (RFC 4302) and gives the protocol after it.
pub(super) fn authentication(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<u8, End> {
    walk.enter_extension()?;
    let [following, length] = *cursor.peek::<2>(cursor::EXTENSION)?;
    cursor.skip((usize::from(length) + 2) * 4, cursor::EXTENSION)?;
    Ok(following)
}

/// The length in a hop-by-hop header's jumbo payload option; the cursor stands on that header.
fn jumbo_length(next: u8, cursor: &Cursor<'_>) -> Option<usize> {
    if next != HOP_BY_HOP {
        return None;
    }
    let mut reader = Reader::new(cursor.rest());
    let (_, length) = (reader.u8()?, reader.u8()?);
    let mut reader = Reader::new(reader.take(usize::from(length) * 8 + 6)?);
    while let Some(option) = reader.u8() {
        if option == 0 {
            continue;
        }
        let size = reader.u8()?;
        let value = reader.take(usize::from(size))?;
        if let (0xc2, &[a, b, c, d]) = (option, value) {
            return Some(u32::from_be_bytes([a, b, c, d]) as usize);
        }
    }
    None
}

/// An IP header says how long its packet is. One that is longer than what carries it was cut before it was captured.
fn declare(walk: &mut Walk, cursor: &mut Cursor<'_>, length: usize) {
    if length > cursor.wire() {
        walk.note = Some((AnomalyKind::BadIpLength, "IP length beyond the end of the frame"));
    }
    cursor.declare(length);
}
