//! Deflated data sets (PS3.5 annex A.5): inflated as they come, in pieces of fixed size. Knows nothing of elements.

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes of one piece.
const PIECE: usize = 16 << 10;

/// What came of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inflated {
    More,
    Over,
    Broken,
    /// More than the limit.
    TooMuch,
}

pub struct Inflate {
    stream: Decompress,
    piece: Box<[u8]>,
    state: Inflated,
}

impl std::fmt::Debug for Inflate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(formatter)
    }
}

impl Inflate {
    pub fn new() -> Self {
        Self { stream: Decompress::new(false), piece: vec![0; PIECE].into(), state: Inflated::More }
    }

    pub fn is_over(&self) -> bool {
        self.state != Inflated::More
    }

    /// Hands on what the bytes hold, piece by piece.
    pub fn feed(&mut self, bytes: &[u8], limit: u64, mut take: impl FnMut(&[u8])) -> Inflated {
        let mut rest = bytes;
        while self.state == Inflated::More {
            let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
            let result = self.stream.decompress(rest, &mut self.piece, FlushDecompress::None);
            let read = (self.stream.total_in() - before_in) as usize;
            let made = (self.stream.total_out() - before_out) as usize;
            rest = rest.get(read..).unwrap_or_default();
            take(self.piece.get(..made).unwrap_or_default());
            self.state = match result {
                Ok(Status::StreamEnd) => Inflated::Over,
                Err(_) => Inflated::Broken,
                Ok(_) if self.stream.total_out() > limit => Inflated::TooMuch,
                Ok(_) if read == 0 && made == 0 => return Inflated::More,
                Ok(_) => Inflated::More,
            };
        }
        self.state
    }
}
