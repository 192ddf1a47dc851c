//! A piece of an input that stays in memory while something refers to it, and the pool that uses such pieces again.

use std::sync::Arc;

/// Bytes of one input. Shared (`Arc<Window>`) by all that refer into it; gone, or used again, when the last one lets go.
#[derive(Debug)]
pub struct Window {
    bytes: Vec<u8>,
    used: usize,
}

impl Window {
    pub fn owned(bytes: Vec<u8>) -> Self {
        let used = bytes.len();
        Self { bytes, used }
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

/// Buffers of windows that nobody refers to any more. Reading into memory that is still in the processor's cache is what
/// makes `read` faster than a memory map.
#[derive(Debug)]
pub(super) struct Pool {
    windows: Vec<Arc<Window>>,
    most: usize,
    /// A buffer that was taken and not needed.
    spare: Vec<u8>,
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        Self { windows: Vec::new(), most, spare: Vec::new() }
    }

    /// A buffer of at least `size` bytes: the one last used of those that are free, else a new one.
    pub(super) fn take(&mut self, size: usize) -> Vec<u8> {
        if self.spare.len() >= size {
            return std::mem::take(&mut self.spare);
        }
        let free = self.windows.iter().rposition(|window| Arc::strong_count(window) == 1 && window.bytes.len() >= size);
        let reused = free.and_then(|index| Arc::try_unwrap(self.windows.remove(index)).ok());
        reused.map_or_else(|| vec![0; size], |window| window.bytes)
    }

    /// Keeps a buffer into which nothing was read.
    pub(super) fn give_back(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }

    /// Makes a window of the first `used` bytes of a buffer, and remembers it.
    pub(super) fn share(&mut self, bytes: Vec<u8>, used: usize) -> Arc<Window> {
        let window = Arc::new(Window { used: used.min(bytes.len()), bytes });
        if self.windows.len() >= self.most.max(1) {
            self.windows.remove(0);
        }
        self.windows.push(Arc::clone(&window));
        window
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn uses_a_buffer_again_only_when_nobody_holds_it() {
        let mut pool = Pool::new(2);
        let mut buffer = pool.take(64);
        buffer[0] = 7;
        let held = pool.share(buffer, 10);
        assert_eq!(held.bytes(), [7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(pool.take(64)[0], 0, "another one");
        drop(held);
        assert_eq!(pool.take(65)[0], 0, "it is too small");
        assert_eq!(pool.take(64)[0], 7, "the same one");
    }
}
