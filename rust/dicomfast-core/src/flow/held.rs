//! Out-of-order pieces of one direction. Knows positions and bytes; not why they wait. First arrival wins: a later piece only
//! fills what is still missing.

use std::collections::BTreeMap;

use crate::event::{Stamp, Time};

/// What stands at a range of positions.
#[derive(Debug)]
pub enum Content {
    Bytes(Box<[u8]>),
    /// Captured, but nobody will read it.
    Passed(u64),
    /// Seen on the wire, but cut off by the snap length.
    NotCaptured(u64),
}

impl Content {
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Passed(length) | Self::NotCaptured(length) => *length,
        }
    }

    /// Memory that counts against the budget.
    pub fn cost(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Passed(_) | Self::NotCaptured(_) => 0,
        }
    }
}

#[derive(Debug)]
pub struct Piece {
    pub content: Content,
    pub stamp: Stamp,
    /// Position in the other direction.
    pub acknowledged: Option<u64>,
}

/// The pieces beyond the first hole, disjoint, by position.
#[derive(Debug, Default)]
pub struct Held {
    pieces: BTreeMap<u64, Piece>,
    /// Segments of this direction that came since the peer is known to have acknowledged the hole, and when that was.
    pub passed: Option<(u32, Time)>,
    /// When the first piece came behind this hole.
    pub since: Time,
}

/// The parts of a range that no held piece covers.
pub struct Uncovered<'a> {
    pieces: std::collections::btree_map::Range<'a, u64, Piece>,
    position: u64,
    end: u64,
}

impl Iterator for Uncovered<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        while self.position < self.end {
            let start = self.position;
            if let Some((&at, piece)) = self.pieces.next() {
                let until = at.saturating_add(piece.content.length());
                self.position = self.position.max(until);
                if at > start {
                    return Some((start, at.min(self.end)));
                }
            } else {
                self.position = self.end;
                return Some((start, self.end));
            }
        }
        None
    }
}

impl Held {
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Position of the first piece, and the packet it came in.
    pub fn first_piece(&self) -> Option<(u64, u64)> {
        self.pieces.first_key_value().map(|(&position, piece)| (position, piece.stamp.packet))
    }

    /// Position of the first piece.
    pub fn first(&self) -> Option<u64> {
        self.pieces.first_key_value().map(|(&position, _)| position)
    }

    /// Position after the last piece.
    pub fn end(&self) -> Option<u64> {
        self.pieces.last_key_value().map(|(&position, piece)| position.saturating_add(piece.content.length()))
    }

    /// The parts of `[start, end)` that are not held yet.
    pub fn uncovered(&self, start: u64, end: u64) -> Uncovered<'_> {
        // A piece that begins before `start` may reach into the range.
        let from = self.pieces.range(..start).next_back().map_or(start, |(&at, _)| at);
        Uncovered { pieces: self.pieces.range(from..end.max(from)), position: start, end }
    }

    /// Whether bytes at `position` differ from those that are held there.
    pub fn conflicts(&self, position: u64, bytes: &[u8]) -> bool {
        let until = position.saturating_add(bytes.len() as u64);
        let from = self.pieces.range(..position).next_back().map_or(position, |(&at, _)| at);
        self.pieces.range(from..until.max(from)).any(|(&at, piece)| {
            let Content::Bytes(old) = &piece.content else { return false };
            let old = old.get(position.saturating_sub(at) as usize..).unwrap_or_default();
            let new = bytes.get(at.saturating_sub(position) as usize..).unwrap_or_default();
            old.iter().zip(new).any(|(old, new)| old != new)
        })
    }

    /// Adds a piece that overlaps none (the caller asked [`Held::uncovered`]).
    pub fn insert(&mut self, position: u64, piece: Piece) {
        self.pieces.insert(position, piece);
    }

    /// Takes the first piece when it begins at or before `position`.
    pub fn take_at(&mut self, position: u64) -> Option<(u64, Piece)> {
        let entry = self.pieces.first_entry()?;
        (*entry.key() <= position).then(|| entry.remove_entry())
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Held, Piece};
    use crate::event::Stamp;
    use proptest::prelude::*;

    fn piece(bytes: &[u8]) -> Piece {
        Piece { content: Content::Bytes(bytes.into()), stamp: Stamp { packet: 1, time: 0 }, acknowledged: None }
    }

    #[test]
    fn uncovered_parts_are_the_holes() {
        let mut held = Held::default();
        held.insert(10, piece(b"abc"));
        held.insert(20, piece(b"de"));
        assert_eq!(held.uncovered(5, 30).collect::<Vec<_>>(), [(5, 10), (13, 20), (22, 30)]);
        assert_eq!(held.uncovered(11, 12).collect::<Vec<_>>(), []);
        assert_eq!(held.uncovered(12, 21).collect::<Vec<_>>(), [(13, 20)]);
        assert_eq!((held.first(), held.end()), (Some(10), Some(22)));
    }

    proptest! {
        /// Model: a plain array in which the first byte written to a place stays.
        #[test]
        fn first_arrival_wins_like_a_bitmap(writes in prop::collection::vec((0u64..60, 1usize..12), 1..40)) {
            let mut held = Held::default();
            let mut model = [0u8; 80];
            for (index, (start, length)) in writes.iter().enumerate() {
                let value = index as u8 + 1;
                let end = start + *length as u64;
                let parts: Vec<_> = held.uncovered(*start, end).collect();
                for (from, to) in parts {
                    held.insert(from, piece(&vec![value; (to - from) as usize]));
                }
                for slot in &mut model[*start as usize..end as usize] {
                    if *slot == 0 { *slot = value; }
                }
            }
            let mut seen = [0u8; 80];
            let mut last = 0;
            while let Some((at, piece)) = held.take_at(u64::MAX) {
                prop_assert!(at >= last);
                let Content::Bytes(bytes) = &piece.content else { unreachable!() };
                seen[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
                last = at + bytes.len() as u64;
            }
            prop_assert_eq!(seen, model);
        }
    }
}
