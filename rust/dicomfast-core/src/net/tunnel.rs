//! Tunnels and mirror headers: GRE (RFC 2784, RFC 2890), ERSPAN types I to III, VXLAN (RFC 7348), GENEVE (RFC 8926) and IP in
//! IP (RFC 2003, RFC 4213). Knows their headers and their names; GTP-U is not among them.

use std::collections::HashMap;
use std::fmt;

use super::cursor::{self, Cursor};
use super::ip::{self, Ip};
use super::link;
use super::segment::{Batch, NO_TUNNEL};
use super::walk::{End, Layer, Walk};

/// One tunnel header, as an operator names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tunnel {
    Gre {
        key: Option<u32>,
    },
    Erspan1,
    Erspan {
        version: u8,
        session: u16,
    },
    Vxlan {
        vni: u32,
    },
    Geneve {
        vni: u32,
    },
    /// Name by the versions inside and outside.
    IpInIp(&'static str),
}

impl fmt::Display for Tunnel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gre { key: None } => out.write_str("gre"),
            Self::Gre { key: Some(key) } => write!(out, "gre key {key}"),
            Self::Erspan1 => out.write_str("erspan 1"),
            Self::Erspan { version, session } => write!(out, "erspan {version} session {session}"),
            Self::Vxlan { vni } => write!(out, "vxlan {vni}"),
            Self::Geneve { vni } => write!(out, "geneve {vni}"),
            Self::IpInIp(name) => out.write_str(name),
        }
    }
}

const IPV4_ENCAPSULATION: u8 = 4;
const UDP: u8 = 17;
const IPV6_ENCAPSULATION: u8 = 41;
const GRE: u8 = 47;
const MPLS_IN_IP: u8 = 137;

/// Whether TCP may lie under this protocol; fragments of others are not kept.
pub(super) fn may_carry_tcp(protocol: u8) -> bool {
    // ICMP, IGMP, ESP, ICMPv6, OSPF, PIM, VRRP, SCTP.
    !matches!(protocol, 1 | 2 | 50 | 58 | 89 | 103 | 112 | 132)
}

/// What an IP packet carries that is not TCP.
pub(super) fn transport(walk: &mut Walk, ip: Ip, protocol: u8, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    match protocol {
        UDP => udp(walk, cursor),
        GRE => gre(walk, cursor),
        IPV4_ENCAPSULATION => {
            walk.enter_tunnel(Tunnel::IpInIp(if ip.v6 { "4in6" } else { "ipip" }))?;
            Ok(Layer::Ipv4)
        }
        IPV6_ENCAPSULATION => {
            walk.enter_tunnel(Tunnel::IpInIp(if ip.v6 { "6in6" } else { "6in4" }))?;
            Ok(Layer::Ipv6)
        }
        MPLS_IN_IP => Ok(Layer::Mpls),
        ip::AUTHENTICATION => Ok(Layer::Transport(ip, ip::authentication(walk, cursor)?)),
        _ => Err(End::Other),
    }
}

/// Ports are only a hint: a UDP packet is a tunnel when its header and what follows are right as well.
fn udp(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let head = cursor.take::<8>(cursor::UDP)?;
    let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
    if (8..8 + cursor.wire()).contains(&length) {
        cursor.declare(length - 8);
    }
    match u16::from_be_bytes([head[2], head[3]]) {
        4789 | 8472 => vxlan(walk, cursor),
        6081 => geneve(walk, cursor),
        _ => Err(End::Udp),
    }
}

fn vxlan(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let Some((&[flags, _, _, _, a, b, c, reserved], inner)) = cursor.rest().split_first_chunk::<8>() else { return Err(End::Udp) };
    // The I flag; 0x80 is the group policy extension.
    if flags & 0x7f != 0x08 || reserved != 0 || !link::is_ethernet_with_ip(inner) {
        return Err(End::Udp);
    }
    walk.enter_tunnel(Tunnel::Vxlan { vni: u32::from_be_bytes([0, a, b, c]) })?;
    cursor.skip(8, cursor::TUNNEL)?;
    Ok(Layer::Ethernet)
}

fn geneve(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let Some(&[options, flags, high, low, a, b, c, reserved]) = cursor.rest().first_chunk::<8>() else { return Err(End::Udp) };
    let length = 8 + usize::from(options & 0x3f) * 4;
    let inner = cursor.rest().get(length..).unwrap_or_default();
    let layer = match (u16::from_be_bytes([high, low]), inner.first()) {
        (link::TRANSPARENT_ETHERNET, _) if link::is_ethernet_with_ip(inner) => Layer::Ethernet,
        (link::IPV4, Some(0x45..=0x4f)) => Layer::Ipv4,
        (link::IPV6, Some(0x60..=0x6f)) => Layer::Ipv6,
        _ => return Err(End::Udp),
    };
    if options & 0xc0 != 0 || flags & 0x3f != 0 || reserved != 0 {
        return Err(End::Udp);
    }
    walk.enter_tunnel(Tunnel::Geneve { vni: u32::from_be_bytes([0, a, b, c]) })?;
    cursor.skip(length, cursor::TUNNEL)?;
    Ok(layer)
}

fn gre(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    const CHECKSUM: u8 = 0x80;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    let [flags, version, high, low] = *cursor.take::<4>(cursor::TUNNEL)?;
    // Version 1 is PPTP's; routing is gone since RFC 2784.
    if flags & ROUTING != 0 || version & 0x07 != 0 {
        return Err(End::Other);
    }
    if flags & CHECKSUM != 0 {
        cursor.skip(4, cursor::TUNNEL)?;
    }
    let key = if flags & KEY == 0 { None } else { Some(u32::from_be_bytes(*cursor.take::<4>(cursor::TUNNEL)?)) };
    if flags & SEQUENCE != 0 {
        cursor.skip(4, cursor::TUNNEL)?;
    }
    match u16::from_be_bytes([high, low]) {
        0x88be if flags & SEQUENCE == 0 => {
            walk.enter_tunnel(Tunnel::Erspan1)?;
            Ok(Layer::Ethernet)
        }
        0x88be => {
            let [_, _, high, low, ..] = *cursor.take::<8>(cursor::TUNNEL)?;
            walk.enter_tunnel(Tunnel::Erspan { version: 2, session: u16::from_be_bytes([high, low]) & 0x03ff })?;
            Ok(Layer::Ethernet)
        }
        0x22eb => erspan3(walk, cursor),
        link::TRANSPARENT_ETHERNET => {
            walk.enter_tunnel(Tunnel::Gre { key })?;
            Ok(Layer::Ethernet)
        }
        ether_type => {
            walk.enter_tunnel(Tunnel::Gre { key })?;
            Ok(Layer::EtherType(ether_type))
        }
    }
}

/// draft-foschiano-erspan-03 section 4.3: frame type 0 is Ethernet, 2 is IP; the O bit adds a platform-specific subheader.
fn erspan3(walk: &mut Walk, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
    let head = cursor.take::<12>(cursor::TUNNEL)?;
    walk.enter_tunnel(Tunnel::Erspan { version: 3, session: u16::from_be_bytes([head[2], head[3]]) & 0x03ff })?;
    if head[11] & 1 != 0 {
        cursor.skip(8, cursor::TUNNEL)?;
    }
    match (head[10] >> 2) & 0x1f {
        0 => Ok(Layer::Ethernet),
        2 => Ok(Layer::Ip),
        _ => Err(End::NotIp),
    }
}

/// Descriptions of tunnels, each once in a batch. One batch is filled at a time, from empty.
#[derive(Debug, Default)]
pub(super) struct Names {
    last: (Vec<Tunnel>, u16),
    indices: HashMap<Vec<Tunnel>, u16>,
}

impl Names {
    /// The index of a path in [`Batch::tunnels`].
    pub(super) fn index(&mut self, path: &[Tunnel], batch: &mut Batch) -> u16 {
        if path.is_empty() {
            return NO_TUNNEL;
        }
        if batch.tunnels.is_empty() {
            self.indices.clear();
        } else if self.last.0 == path {
            return self.last.1;
        }
        let index = if let Some(index) = self.indices.get(path) {
            *index
        } else {
            // More tunnels than can be numbered share the last number.
            let index = batch.tunnels.len().min(usize::from(NO_TUNNEL - 1)) as u16;
            if usize::from(index) == batch.tunnels.len() {
                batch.tunnels.push(describe(path));
                self.indices.insert(path.to_vec(), index);
            }
            index
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(path);
        self.last.1 = index;
        index
    }
}

fn describe(path: &[Tunnel]) -> String {
    let names: Vec<String> = path.iter().map(Tunnel::to_string).collect();
    names.join(" > ")
}
