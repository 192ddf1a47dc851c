//! A piece of an input that stays in memory while something refers to it: a mapped range of a file, or a read buffer.

/// Bytes of one input. Shared (`Arc<Window>`) by all that refer into it; gone when the last one lets go.
#[derive(Debug)]
pub struct Window {
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    Owned(Vec<u8>),
}

impl Window {
    pub fn owned(bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::Owned(bytes) }
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Owned(bytes) => bytes,
        }
    }
}
