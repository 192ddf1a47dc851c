//! gzip, zstd and lz4 around a capture, by ready-made decoders, with a bound on what a small file may become.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::sniff::Compression;
use crate::limits::Limits;

const BUFFER: usize = 128 << 10;
/// Bytes that are asked of a decoder at once. Where it meets damage it says so and keeps back what it had made until then.
const PIECE: usize = 16 << 10;

/// Why no more bytes come.
pub(super) enum Trouble {
    /// Reading the input itself failed.
    Read(io::Error),
    /// The compressed bytes are damaged, end early, or become too many.
    Damaged(String),
}

/// What went into the decoder, counted on its way.
#[derive(Debug, Default)]
struct Meter {
    bytes: AtomicU64,
    failed: AtomicBool,
}

struct Metered {
    reader: Box<dyn Read + Send>,
    meter: Arc<Meter>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer);
        match &read {
            Ok(count) => _ = self.meter.bytes.fetch_add(*count as u64, Ordering::Relaxed),
            Err(_) => self.meter.failed.store(true, Ordering::Relaxed),
        }
        read
    }
}

/// lz4 frames one after the other: the decoder says 0 bytes at the end of each.
struct Lz4Frames(lz4_flex::frame::FrameDecoder<BufReader<Metered>>);

impl Read for Lz4Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(buffer)?;
            // Ends: with input left, the next round takes the header of a frame from it or fails.
            if count > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(count);
            }
        }
    }
}

/// A decompressor.
pub(super) struct Unpacker {
    decoder: Box<dyn Read + Send>,
    compression: Compression,
    meter: Arc<Meter>,
    out: u64,
    ratio: u64,
    ratio_from: u64,
}

impl Unpacker {
    pub(super) fn new(compression: Compression, reader: Box<dyn Read + Send>, limits: &Limits) -> io::Result<Self> {
        let meter = Arc::new(Meter::default());
        let input = BufReader::with_capacity(BUFFER, Metered { reader, meter: Arc::clone(&meter) });
        let decoder: Box<dyn Read + Send> = match compression {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(limits.zstd_window_log)?;
                Box::new(decoder)
            }
            Compression::Lz4 => Box::new(Lz4Frames(lz4_flex::frame::FrameDecoder::new(input))),
        };
        Ok(Self { decoder, compression, meter, out: 0, ratio: limits.compression_ratio, ratio_from: limits.compression_ratio_from })
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        let length = buffer.len().min(PIECE);
        let read = self.decoder.read(buffer.get_mut(..length).unwrap_or_default());
        let compressed = self.meter.bytes.load(Ordering::Relaxed);
        match read {
            Ok(count) => {
                self.out += count as u64;
                if self.out > self.ratio_from && self.out / self.ratio.max(1) > compressed {
                    return Err(Trouble::Damaged(format!(
                        "{} bytes came out of {compressed}, more than {} to 1; reading stopped",
                        self.out, self.ratio
                    )));
                }
                Ok(count)
            }
            Err(error) if self.meter.failed.swap(false, Ordering::Relaxed) => Err(Trouble::Read(error)),
            Err(_) => Err(Trouble::Damaged(format!(
                "the {} data is damaged or ends early, after {compressed} compressed and {} decompressed bytes",
                self.compression.name(),
                self.out
            ))),
        }
    }
}
