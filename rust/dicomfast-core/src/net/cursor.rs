//! A place in a packet: the captured bytes from there on, and how many there were on the wire. Knows no protocol.

use std::borrow::Cow;

use super::walk::End;
use crate::anomaly::AnomalyKind;

/// A kind of header, for saying that one is not all there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// The capture ends inside it (snap length).
    cut: &'static str,
    /// The packet itself ends inside it, and what kind of fault that is.
    short: &'static str,
    kind: AnomalyKind,
}

macro_rules! headers {
    ($($name:ident = $text:literal, $kind:ident;)*) => {
        $(pub(super) const $name: Header = Header {
            cut: concat!("the captured bytes end inside the ", $text),
            short: concat!("the packet ends inside the ", $text),
            kind: AnomalyKind::$kind,
        };)*
    };
}

headers! {
    LINK = "link-layer header", TruncatedHeader;
    TAG = "802.1Q tag", TruncatedHeader;
    MPLS = "MPLS label stack", TruncatedHeader;
    PPP = "PPP header", TruncatedHeader;
    TUNNEL = "tunnel header", TruncatedHeader;
    UDP = "UDP header", TruncatedHeader;
    IPV4 = "IPv4 header", BadIpHeader;
    IPV6 = "IPv6 header", BadIpHeader;
    EXTENSION = "IPv6 extension header", BadIpHeader;
    TCP = "TCP header", BadTcpHeader;
}

/// Bytes not read yet. There are never more captured bytes than bytes on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    position: usize,
    wire: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], wire: usize) -> Self {
        Self { rest: bytes, position: 0, wire: wire.max(bytes.len()) }
    }

    /// The captured bytes from here on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes from here on were on the wire.
    pub(super) fn wire(&self) -> usize {
        self.wire
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn peek<const N: usize>(&self, header: Header) -> Result<&'a [u8; N], End> {
        self.rest.first_chunk::<N>().ok_or_else(|| self.missing(N, header))
    }

    pub(super) fn take<const N: usize>(&mut self, header: Header) -> Result<&'a [u8; N], End> {
        let head = self.peek::<N>(header)?;
        self.skip(N, header)?;
        Ok(head)
    }

    pub(super) fn skip(&mut self, count: usize, header: Header) -> Result<(), End> {
        self.rest = self.rest.get(count..).ok_or_else(|| self.missing(count, header))?;
        self.position += count;
        self.wire = self.wire.saturating_sub(count);
        Ok(())
    }

    /// A header has said how many bytes follow from here: what lies behind is padding, what is not there was not captured.
    pub(super) fn declare(&mut self, wire: usize) {
        self.rest = self.rest.get(..wire).unwrap_or(self.rest);
        self.wire = wire;
    }

    fn missing(&self, count: usize, header: Header) -> End {
        let (kind, detail) = if count > self.wire { (header.kind, header.short) } else { (AnomalyKind::TruncatedHeader, header.cut) };
        End::Broken(kind, Cow::Borrowed(detail))
    }
}
