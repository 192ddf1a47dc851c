//! Link layers: Ethernet II and 802.3 with LLC and SNAP, 802.1Q and 802.1ad tags, MPLS (RFC 3032), PPP and PPPoE (RFC 1661,
//! RFC 2516), Cisco HDLC, Linux cooked captures and the loopbacks of BSD. Knows nothing of what IP carries.

use super::cursor::{self, Cursor};
use super::walk::{End, Layer, Walk};
use crate::capture::LinkType;

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const TRANSPARENT_ETHERNET: u16 = 0x6558;
/// Values of the type field below this are a length (IEEE 802.3).
const FIRST_ETHER_TYPE: u16 = 0x0600;
const LARGEST_LENGTH: u16 = 1500;

/// LINKTYPE_ETHERNET.
pub(super) const ETHERNET: LinkType = LinkType(1);

/// The outermost header of a frame, by the link type of the capture.
pub(super) fn first(walk: &mut Walk, link_type: LinkType, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match link_type.0 {
        1 => Ok(Layer::Ethernet),
        0 | 108 => loopback(cursor),
        9 | 50 => Ok(Layer::Ppp),
        51 => pppoe(walk, cursor),
        104 => cisco_hdlc(cursor),
        12 | 14 | 101 => Ok(Layer::Ip),
        228 => Ok(Layer::Ipv4),
        229 => Ok(Layer::Ipv6),
        113 => {
            let head = cursor.take::<16>(cursor::LINK)?;
            cooked(u16::from_be_bytes([head[2], head[3]]), u16::from_be_bytes([head[14], head[15]]))
        }
        276 => {
            let head = cursor.take::<20>(cursor::LINK)?;
            cooked(u16::from_be_bytes([head[8], head[9]]), u16::from_be_bytes([head[0], head[1]]))
        }
        _ => Err(End::UnsupportedLinkType),
    }
}

pub(super) fn ethernet(cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let head = cursor.take::<14>(cursor::LINK)?;
    Ok(Layer::EtherType(u16::from_be_bytes([head[12], head[13]])))
}

/// Whether the bytes begin with an Ethernet header around IP: for headers that do not say what they carry.
pub(super) fn is_ethernet_with_ip(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.get(12..) else { return false };
    for _tag in 0..=2 {
        let Some(([high, low], after)) = rest.split_first_chunk::<2>() else { return false };
        match u16::from_be_bytes([*high, *low]) {
            0x8100 | 0x88a8 => rest = after.get(2..).unwrap_or_default(),
            IPV4 => return matches!(after.first(), Some(0x45..=0x4f)),
            IPV6 => return matches!(after.first(), Some(0x60..=0x6f)),
            _ => return false,
        }
    }
    false
}

pub(super) fn ether_type(walk: &mut Walk, ether_type: u16, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match ether_type {
        IPV4 => Ok(Layer::Ipv4),
        IPV6 => Ok(Layer::Ipv6),
        // 802.1Q, 802.1ad, and what came before 802.1ad.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => {
            walk.enter()?;
            let [control, low, high, inner] = *cursor.take::<4>(cursor::TAG)?;
            walk.tag(u16::from_be_bytes([control, low]));
            Ok(Layer::EtherType(u16::from_be_bytes([high, inner])))
        }
        0x8847 | 0x8848 => Ok(Layer::Mpls),
        0x8864 => pppoe(walk, cursor),
        TRANSPARENT_ETHERNET => {
            walk.enter()?;
            Ok(Layer::Ethernet)
        }
        length if length <= LARGEST_LENGTH => {
            if usize::from(length) <= cursor.wire() {
                cursor.declare(usize::from(length));
            }
            Ok(Layer::Llc)
        }
        _ => Err(End::NotIp),
    }
}

/// IEEE 802.2 with SNAP (RFC 1042), or IP straight above it.
pub(super) fn llc(cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match *cursor.take::<3>(cursor::LINK)? {
        [0xaa, 0xaa, 0x03] => match *cursor.take::<5>(cursor::LINK)? {
            [0x00, 0x00, 0x00 | 0xf8, high, low] => match u16::from_be_bytes([high, low]) {
                below if below < FIRST_ETHER_TYPE => Err(End::NotIp),
                ether_type => Ok(Layer::EtherType(ether_type)),
            },
            _ => Err(End::NotIp),
        },
        [0x06, 0x06, 0x03] => Ok(Layer::Ipv4),
        _ => Err(End::NotIp),
    }
}

/// A label stack does not say what it carries: IP shows its version, anything else is an Ethernet pseudo-wire (RFC 4448) with
/// or without control word, if it looks like one.
pub(super) fn mpls(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    loop {
        walk.enter()?;
        let [_, _, bottom, _] = *cursor.take::<4>(cursor::MPLS)?;
        if bottom & 1 != 0 {
            break;
        }
    }
    let [first] = cursor.peek::<1>(cursor::MPLS)?;
    let ethernet = is_ethernet_with_ip(cursor.rest());
    match first >> 4 {
        0 if !ethernet && is_ethernet_with_ip(cursor.rest().get(4..).unwrap_or_default()) => {
            cursor.skip(4, cursor::MPLS)?;
            Ok(Layer::Ethernet)
        }
        // A MAC address may begin with these digits too, then what looks like an Ethernet header is one.
        4 if first & 0x0f >= 5 && !ethernet => Ok(Layer::Ipv4),
        6 if !ethernet => Ok(Layer::Ipv6),
        _ if ethernet => Ok(Layer::Ethernet),
        _ => Err(End::NotIp),
    }
}

fn pppoe(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    walk.enter()?;
    let [version, code, _, _, high, low] = *cursor.take::<6>(cursor::PPP)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if version != 0x11 || code != 0 {
        return Err(End::NotIp);
    }
    if length <= cursor.wire() {
        cursor.declare(length);
    }
    Ok(Layer::Ppp)
}

/// PPP with or without HDLC-like framing (RFC 1662), with a protocol field of one or two bytes (RFC 1661 section 6.5).
/// Captures of that kind hold Cisco HDLC as well.
pub(super) fn ppp(cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match *cursor.peek::<2>(cursor::PPP)? {
        [0xff, 0x03] => cursor.skip(2, cursor::PPP)?,
        [0x0f | 0x8f, 0x00] => return cisco_hdlc(cursor),
        _ => {}
    }
    let [first] = *cursor.take::<1>(cursor::PPP)?;
    let protocol = match first {
        odd if odd & 1 != 0 => u16::from(odd),
        high => {
            let [low] = *cursor.take::<1>(cursor::PPP)?;
            u16::from_be_bytes([high, low])
        }
    };
    match protocol {
        0x0021 => Ok(Layer::Ipv4),
        0x0057 => Ok(Layer::Ipv6),
        0x0281 | 0x0283 => Ok(Layer::Mpls),
        _ => Err(End::NotIp),
    }
}

fn cisco_hdlc(cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match *cursor.take::<4>(cursor::LINK)? {
        [0x0f | 0x8f, _, high, low] => match u16::from_be_bytes([high, low]) {
            below if below < FIRST_ETHER_TYPE => Err(End::NotIp),
            ether_type => Ok(Layer::EtherType(ether_type)),
        },
        _ => Err(End::NotIp),
    }
}

/// The address family in the byte order of the machine that captured (NULL), or in the network's (LOOP).
fn loopback(cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match *cursor.take::<4>(cursor::LINK)? {
        [0, 0, 0, family] | [family, 0, 0, 0] => match family {
            2 => Ok(Layer::Ipv4),
            // Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD, macOS.
            10 | 23 | 24 | 26 | 28 | 30 => Ok(Layer::Ipv6),
            _ => Err(End::NotIp),
        },
        _ => Err(End::NotIp),
    }
}

/// Linux cooked capture: `hardware` is the ARPHRD_ number of the device, which decides what `protocol` means.
fn cooked(hardware: u16, protocol: u16) -> Result<Layer, End> {
    const NETLINK: u16 = 824;
    const RADIOTAP: u16 = 803;
    match (hardware, protocol) {
        (NETLINK | RADIOTAP, _) => Err(End::NotIp),
        (_, 4) => Ok(Layer::Llc),
        (_, below) if below < FIRST_ETHER_TYPE => Err(End::NotIp),
        (_, ether_type) => Ok(Layer::EtherType(ether_type)),
    }
}
