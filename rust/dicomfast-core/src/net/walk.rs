//! The way from the outermost header of a frame to its TCP header, one header a step. Knows the order of layers; what is in
//! each is in `link`, `ip`, `tunnel` and `tcp`.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::fragment::Fragment;
use super::ip::{self, Ip};
use super::segment::{NO_VLAN, Segment};
use super::tunnel::{self, Tunnel};
use super::{link, tcp};
use crate::anomaly::AnomalyKind;
use crate::capture::LinkType;
use crate::limits::Limits;

/// Which header comes next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layer {
    Link(LinkType),
    Ethernet,
    EtherType(u16),
    Llc,
    Ppp,
    Mpls,
    /// IPv4 or IPv6, as its first four bits say.
    Ip,
    Ipv4,
    Ipv6,
    /// The fragment header behind this IPv6 header.
    Ipv6Fragment(Ip),
    Transport(Ip, u8),
}

/// Where the way ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Positions are those in the bytes that were walked.
    Segment(Segment),
    /// The cursor stands on the fragment's payload.
    Fragment(Fragment),
    Udp,
    /// IP that carries neither TCP nor UDP, or cannot be looked into.
    Other,
    NotIp,
    UnsupportedLinkType,
    Broken(AnomalyKind, Cow<'static, str>),
}

impl End {
    pub(super) fn broken(kind: AnomalyKind, detail: &'static str) -> Self {
        Self::Broken(kind, Cow::Borrowed(detail))
    }
}

/// What was learned on the way, and how much further it may go.
#[derive(Debug)]
pub(super) struct Walk {
    encapsulations: u8,
    extensions: u8,
    left: u8,
    pub(super) extensions_left: u8,
    /// Innermost tag outside of the tunnels.
    pub(super) vlan: u16,
    /// The tunnels gone through, outermost first.
    pub(super) path: Vec<Tunnel>,
    /// An oddity that did not end the way.
    pub(super) note: Option<(AnomalyKind, &'static str)>,
    /// Each layer with the position of its header, where that is asked for.
    pub(super) trail: Option<Vec<(Layer, usize)>>,
}

impl Walk {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            encapsulations: limits.encapsulations,
            extensions: limits.ipv6_extensions,
            left: limits.encapsulations,
            extensions_left: limits.ipv6_extensions,
            vlan: NO_VLAN,
            path: Vec::new(),
            note: None,
            trail: None,
        }
    }

    pub(super) fn with_trail(self) -> Self {
        Self { trail: Some(Vec::new()), ..self }
    }

    pub(super) fn begin(&mut self) {
        self.left = self.encapsulations;
        self.extensions_left = self.extensions;
        self.vlan = NO_VLAN;
        self.path.clear();
        self.note = None;
        if let Some(trail) = &mut self.trail {
            trail.clear();
        }
    }

    /// Counts one more header around another.
    pub(super) fn enter(&mut self) -> Result<(), End> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }

    pub(super) fn enter_tunnel(&mut self, tunnel: Tunnel) -> Result<(), End> {
        self.enter()?;
        self.path.push(tunnel);
        Ok(())
    }

    pub(super) fn enter_extension(&mut self) -> Result<(), End> {
        self.extensions_left = self.extensions_left.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }

    /// A tag seen: the priority tag (VID 0) names no VLAN, and tags inside tunnels are not those of the captured network.
    pub(super) fn tag(&mut self, control: u16) {
        let vid = control & 0x0fff;
        if vid != 0 && self.path.is_empty() {
            self.vlan = vid;
        }
    }

    /// Every step consumes bytes or hands on to a layer that does, so this ends.
    pub(super) fn run(&mut self, mut layer: Layer, cursor: &mut Cursor<'_>) -> End {
        loop {
            if let Some(trail) = &mut self.trail {
                trail.push((layer, cursor.position()));
            }
            match self.step(layer, cursor) {
                Ok(next) => layer = next,
                Err(end) => return end,
            }
        }
    }

    fn step(&mut self, layer: Layer, cursor: &mut Cursor<'_>) -> Result<Layer, End> {
        match layer {
            Layer::Link(link_type) => link::first(self, link_type, cursor),
            Layer::Ethernet => link::ethernet(cursor),
            Layer::EtherType(ether_type) => link::ether_type(self, ether_type, cursor),
            Layer::Llc => link::llc(cursor),
            Layer::Ppp => link::ppp(cursor),
            Layer::Mpls => link::mpls(self, cursor),
            Layer::Ip => ip::version(cursor),
            Layer::Ipv4 => ip::v4(self, cursor),
            Layer::Ipv6 => ip::v6(self, cursor),
            Layer::Transport(ip, ip::TCP) => Err(tcp::decode(cursor, ip)),
            Layer::Ipv6Fragment(ip) => ip::fragment(self, ip, cursor),
            Layer::Transport(ip, protocol) => tunnel::transport(self, ip, protocol, cursor),
        }
    }
}

fn too_many() -> End {
    End::broken(AnomalyKind::TooManyHeaders, "more headers inside headers than the limit allows")
}
