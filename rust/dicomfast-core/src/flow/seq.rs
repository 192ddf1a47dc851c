//! 32-bit TCP sequence numbers (RFC 9293 section 3.4) to 64-bit positions. The only place where they are compared or added.

/// Position of the first byte that may be compared: positions before it (bytes sent before the capture began) stay positive.
pub const ORIGIN: u64 = 1 << 40;

/// Signed distance from one sequence number to another, by the shorter way around.
#[inline]
pub fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

/// The sequence number `length` bytes further on.
#[inline]
pub fn advance(sequence: u32, length: u32) -> u32 {
    sequence.wrapping_add(length)
}

/// The sequence number before this one.
#[inline]
pub fn before(sequence: u32) -> u32 {
    sequence.wrapping_sub(1)
}

/// A pair of a sequence number and its position: what turns other sequence numbers nearby into positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    pub sequence: u32,
    pub position: u64,
}

impl Reference {
    /// The position of `sequence`, which must lie within 2 GiB of the reference.
    #[inline]
    pub fn position(self, sequence: u32) -> u64 {
        self.position.saturating_add_signed(i64::from(distance(self.sequence, sequence)))
    }

    /// Moves the reference forward.
    #[inline]
    pub fn forward(&mut self, position: u64) {
        if let Some(step) = position.checked_sub(self.position) {
            self.sequence = self.sequence.wrapping_add(step as u32);
            self.position = position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ORIGIN, Reference, advance, distance};

    #[test]
    fn distances_around_the_wrap() {
        for base in [0u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff] {
            for step in [0i32, 1, -1, 1460, -1460, i32::MAX, -i32::MAX] {
                assert_eq!(distance(base, base.wrapping_add_signed(step)), step);
            }
        }
        assert_eq!(advance(0xffff_fff0, 0x20), 0x10);
    }

    #[test]
    fn positions_grow_past_the_wrap() {
        let mut reference = Reference { sequence: 0xffff_ff00, position: ORIGIN };
        let mut expected = ORIGIN;
        for _ in 0..10_000_000 / 1460 {
            expected += 1_000_000;
            let sequence = reference.sequence.wrapping_add(1_000_000);
            assert_eq!(reference.position(sequence), expected);
            reference.forward(expected);
            assert_eq!(reference.sequence, sequence);
        }
        assert_eq!(reference.position(reference.sequence.wrapping_sub(1)), expected - 1);
    }
}
