//! One bit a row, few of them set. Knows Arrow's bitmaps; knows no column.

use arrow_buffer::{BooleanBuffer, Buffer};

const BITS: usize = u64::BITS as usize;

/// Rows that are marked. Those that are not cost nothing: Arrow's own builders write a bit for each.
#[derive(Default)]
pub(super) struct Bits {
    /// As far as the last row that is marked; bit n of word m is row 64 m + n.
    words: Vec<u64>,
}

impl Bits {
    #[inline]
    pub(super) fn mark(&mut self, row: usize) {
        let (word, bit) = (row / BITS, 1 << (row % BITS));
        match self.words.get_mut(word) {
            Some(word) => *word |= bit,
            None => self.extend(word, bit),
        }
    }

    #[cold]
    fn extend(&mut self, word: usize, bit: u64) {
        self.words.resize(word, 0);
        self.words.push(bit);
    }

    /// Whether any row is marked.
    pub(super) fn any(&self) -> bool {
        !self.words.is_empty()
    }

    /// The bits of so many rows; none is marked afterwards.
    pub(super) fn finish(&mut self, rows: usize) -> BooleanBuffer {
        let mut words = std::mem::take(&mut self.words);
        words.resize(rows.div_ceil(BITS), 0);
        if cfg!(target_endian = "big") {
            for word in &mut words {
                *word = word.to_le();
            }
        }
        BooleanBuffer::new(Buffer::from_vec(words), 0, rows)
    }
}
