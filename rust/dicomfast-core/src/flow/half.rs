//! One direction of a connection: where its stream stands. Knows the sequence numbers of RFC 9293, not who the peers are.

use super::doubt::Syn;
use super::held::Held;
use super::history;
use super::recent::Recent;
use super::seq::{ORIGIN, Reference};
use crate::event::SideCounts;

/// How far the stream of one direction has come.
#[derive(Debug)]
pub struct Half {
    /// Turns this direction's sequence numbers into positions, once any of them is known.
    pub reference: Option<Reference>,
    /// The next position to be delivered, once the beginning is decided.
    pub next: Option<u64>,
    /// Position that counts as offset 0.
    pub start: u64,
    /// The first byte is known to be the first that was sent (SYN seen, or its acknowledgement).
    pub from_start: bool,
    pub syn: Option<Syn>,
    /// SYNs with other sequence numbers; what comes after them tells which one counts.
    pub others: Vec<Syn>,
    /// Highest position that the peer has acknowledged.
    pub acknowledged: Option<u64>,
    /// Highest position at which segments are known to end: acknowledged, or that of a segment without payload; and whether the
    /// one before it was one lower. What ends the stream so is a FIN.
    edge: (u64, bool),
    /// Lowest position seen before the beginning was known, with its acknowledgment: that of the handshake, if a SYN comes late.
    pub lowest: Option<(u64, u32)>,
    /// Position after the last byte, once a FIN was seen.
    pub fin: Option<u64>,
    pub held: Option<Box<Held>>,
    /// Number of the last delivered segment in the history.
    pub latest: u64,
    /// Highest position sent, seen or not.
    pub highest: u64,
    /// Segments of this direction whose checksum was found good; one makes later bad ones count.
    pub checksum_good: bool,
    /// What came last, to know copies.
    pub recent: Recent,
    pub counts: SideCounts,
}

impl Default for Half {
    fn default() -> Self {
        Self {
            reference: None,
            next: None,
            start: ORIGIN,
            from_start: false,
            syn: None,
            others: Vec::new(),
            acknowledged: None,
            edge: (0, false),
            lowest: None,
            fin: None,
            held: None,
            latest: history::NONE,
            highest: 0,
            checksum_good: false,
            recent: Recent::default(),
            counts: SideCounts::default(),
        }
    }
}

impl Half {
    /// The position of a sequence number of this direction. The first one seen defines the scale.
    pub fn position(&mut self, sequence: u32) -> u64 {
        self.reference.get_or_insert(Reference { sequence, position: ORIGIN }).position(sequence)
    }

    /// The stream begins here.
    pub fn begin(&mut self, position: u64, from_start: bool) {
        self.next = Some(position);
        self.start = position;
        self.from_start = from_start;
    }

    /// Offset of a position in the stream.
    pub fn offset(&self, position: u64) -> u64 {
        position.saturating_sub(self.start)
    }

    /// How far the peer had received, by its acknowledgment of this position: before the first byte sent there is none.
    #[inline]
    pub fn received(&self, position: u64) -> u64 {
        if self.from_start { position.max(self.start) } else { position }
    }

    /// Moves the delivered end forward.
    #[inline]
    pub fn forward(&mut self, position: u64) {
        self.next = Some(position);
        if let Some(reference) = &mut self.reference {
            reference.forward(position);
        }
    }

    /// Notes the peer's acknowledgement.
    #[inline]
    pub fn acknowledge(&mut self, sequence: u32) {
        let position = self.position(sequence);
        if self.acknowledged.is_none_or(|seen| position > seen) {
            self.acknowledged = Some(position);
            self.edge(position);
        }
    }

    /// A segment ends here.
    #[inline]
    pub fn edge(&mut self, position: u64) {
        if position > self.edge.0 {
            self.edge = (position, position == self.edge.0 + 1);
        }
    }

    /// Whether a segment that ends here changes nothing of that.
    #[inline]
    pub fn is_edge_known(&self, position: u64) -> bool {
        position <= self.edge.0
    }

    /// Position after the last byte, as far as is known. A FIN that was not captured is acknowledged like a byte.
    pub fn sent(&self) -> Option<u64> {
        let fin_only = |position: u64| self.edge == (position, true) || self.next.is_some_and(|next| next + 1 == position);
        self.fin.or_else(|| self.acknowledged.map(|position| position - u64::from(fin_only(position))))
    }

    /// Everything up to the FIN was delivered. Where the beginning is not decided yet, there may still come bytes before it.
    pub fn finished(&self) -> bool {
        self.fin.is_some_and(|fin| self.next.is_some_and(|next| next >= fin))
    }

    /// Highest position that is known to have been sent.
    pub fn reached(&self) -> u64 {
        self.highest.max(self.next.unwrap_or(0)).max(self.acknowledged.unwrap_or(0))
    }

    /// The packet of the first held piece.
    pub fn first_held(&self) -> Option<u64> {
        self.held.as_deref()?.first_piece().map(|(_, packet)| packet)
    }

    /// The same, where that piece is next in order.
    pub fn ready(&self) -> Option<u64> {
        let (position, packet) = self.held.as_deref()?.first_piece()?;
        self.next.filter(|next| position <= *next).map(|_| packet)
    }

    pub fn is_holding(&self) -> bool {
        self.held.as_ref().is_some_and(|held| !held.is_empty())
    }
}
