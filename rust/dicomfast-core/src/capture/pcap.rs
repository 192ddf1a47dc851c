//! The pcap file format (draft-ietf-opsawg-pcap): a global header, then records without marks between them.

use super::pcapng;
use super::walk::{Pass, Stop, word};
use super::{Frame, FrameSink, LinkType};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::limits::Limits;
use crate::reader::Reader;

pub(super) const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub(super) const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Alexey Kuznetzov's patched libpcap: eight more bytes in each record header.
pub(super) const MODIFIED: u32 = 0xa1b2_cd34;
pub(super) const GLOBAL_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const MODIFIED_RECORD_HEADER: usize = 24;
const SECOND: i64 = 1_000_000_000;

/// A pcap file being read.
#[derive(Clone, Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    record_header: usize,
    /// Nanoseconds of one unit of the fraction, and units of a second.
    scale: i64,
    units: u32,
    link: LinkType,
    snap_length: Option<u32>,
    /// Captured lengths up to this need no second look, and none above `most` is believed.
    usual: u32,
    most: u32,
    /// Before version 2.4 some programs wrote the two lengths the other way round.
    lengths_may_be_swapped: bool,
    lengths_noted: bool,
    time_noted: bool,
}

impl Pcap {
    /// A global header: 24 bytes with a known magic and a version that was ever in use.
    pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Option<Self> {
        let magic = Reader::new(bytes).array::<4>()?;
        let big_endian = is_magic(u32::from_be_bytes(magic));
        let header = Reader::new(bytes).take(GLOBAL_HEADER)?;
        if big_endian { Self::header::<true>(header, limits) } else { Self::header::<false>(header, limits) }
    }

    fn header<const BIG: bool>(header: &[u8], limits: &Limits) -> Option<Self> {
        let mut reader = Reader::new(header);
        let magic = word::<BIG>(reader.array()?);
        let (record_header, scale) = match magic {
            MICROSECONDS => (RECORD_HEADER, 1_000),
            NANOSECONDS => (RECORD_HEADER, 1),
            MODIFIED => (MODIFIED_RECORD_HEADER, 1_000),
            _ => return None,
        };
        let versions = word::<BIG>(reader.array()?);
        let (major, minor) = if BIG { (versions >> 16, versions & 0xffff) } else { (versions & 0xffff, versions >> 16) };
        reader.skip(8)?;
        let snap_length = word::<BIG>(reader.array()?);
        // The upper bits tell the length of the frame check sequence.
        let link = LinkType(word::<BIG>(reader.array()?) as u16);
        let most = u32::try_from(limits.record_bytes).unwrap_or(u32::MAX);
        let usable = (snap_length != 0 && i32::try_from(snap_length).is_ok()).then_some(snap_length);
        Some(Self {
            big_endian: BIG,
            record_header,
            scale,
            units: (SECOND / scale) as u32,
            link,
            snap_length: usable,
            usual: usable.unwrap_or(most).min(most),
            most,
            lengths_may_be_swapped: major == 543 || (major == 2 && minor < 4),
            lengths_noted: false,
            time_noted: false,
        })
    }

    pub(super) fn link(&self) -> LinkType {
        self.link
    }

    pub(super) fn snap_length(&self) -> Option<u32> {
        self.snap_length
    }

    /// Hands on the frames of a window, until something stops it.
    pub(super) fn walk<S: FrameSink>(&mut self, pass: &mut Pass<'_, S>) -> Stop {
        if self.big_endian { self.records::<true, S>(pass) } else { self.records::<false, S>(pass) }
    }

    fn records<const BIG: bool, S: FrameSink>(&mut self, pass: &mut Pass<'_, S>) -> Stop {
        let bytes = pass.bytes;
        let (record_header, link, capture) = (self.record_header, self.link, pass.capture);
        let (mut position, mut run, mut tally) = (pass.position, pass.run, pass.tally);
        let rest_at = |position: usize| bytes.get(position..).unwrap_or_default();
        let mut header = words::<BIG>(rest_at(position));
        let stop = loop {
            let Some(([seconds, fraction, captured, length], after)) = header else { break Stop::Incomplete };
            let mut record = Record { seconds, fraction, captured, length };
            // One test for all that is rare: captured 0 or above the snap length, captured > length, fraction > 1 s.
            if captured.wrapping_sub(1) >= self.usual || captured > length || fraction >= self.units {
                (pass.position, pass.run) = (position, run);
                match self.look_again::<S>(record, rest_at(position), pass) {
                    Ok(mended) => record = mended,
                    Err(stop) => break stop,
                }
            }
            let body = record_header - RECORD_HEADER;
            let Some(data) = after.get(body..body + record.captured as usize) else { break Stop::Incomplete };
            let time = i64::from(record.seconds) * SECOND + i64::from(record.fraction) * self.scale;
            if time > run.until || run.budget == 0 {
                break Stop::Later(time);
            }
            run.budget -= 1;
            run.number += 1;
            tally.count(run.number, time, record.captured, record.length);
            let offset = position + record_header;
            let frame =
                Frame { number: run.number, time, link, capture, offset: offset as u32, captured: record.captured, length: record.length };
            position = offset + data.len();
            // Asked for before this frame is looked at, so that it has come from memory when its turn is.
            header = words::<BIG>(rest_at(position));
            pass.sink.frame(frame, data);
        };
        (pass.position, pass.run, pass.tally) = (position, run, tally);
        stop
    }

    /// A record header that is not like others: mended, or the reason to stop.
    #[cold]
    #[inline(never)]
    fn look_again<S: FrameSink>(&mut self, mut record: Record, rest: &[u8], pass: &mut Pass<'_, S>) -> Result<Record, Stop> {
        // A second global header has its two unused words, always 0, where a record has its captured length. The bytes that
        // begin a pcapng section never make a length that is possible.
        if (record.captured == 0 && begins(rest)) || pcapng::begins(rest) {
            return Err(Stop::Restart);
        }
        if (record.seconds, record.fraction, record.captured, record.length) == (0, 0, 0, 0) {
            return Err(Stop::record("zeros where a record header should be".to_owned()));
        }
        if self.lengths_may_be_swapped && record.captured > record.length {
            (record.captured, record.length) = (record.length, record.captured);
        }
        if record.captured > self.most {
            return Err(Stop::record(format!("captured length {} is above the limit of {}", record.captured, self.most)));
        }
        let time = i64::from(record.seconds) * SECOND + i64::from(record.fraction) * self.scale;
        if time > pass.run.until || pass.run.budget == 0 {
            // It is not its turn yet, and will be looked at again.
            return Ok(record);
        }
        if (record.captured > self.usual || record.captured > record.length) && !self.lengths_noted {
            self.lengths_noted = true;
            let detail = format!(
                "captured {} bytes of {}, with a snap length of {}; such records are kept",
                record.captured,
                record.length,
                self.snap_length.unwrap_or(0)
            );
            pass.sink.anomaly(Anomaly::new(AnomalyKind::RecordLength, detail).at(pass.stamp(time)));
        }
        if record.fraction >= self.units && !self.time_noted {
            self.time_noted = true;
            let detail = format!("fraction of a second is {} of {}; the excess counts as seconds", record.fraction, self.units);
            pass.sink.anomaly(Anomaly::new(AnomalyKind::TimestampInvalid, detail).at(pass.stamp(time)));
        }
        Ok(record)
    }
}

/// A record header. The seconds are unsigned: good until 2106.
#[derive(Clone, Copy)]
struct Record {
    seconds: u32,
    fraction: u32,
    captured: u32,
    length: u32,
}

#[inline]
fn words<const BIG: bool>(bytes: &[u8]) -> Option<([u32; 4], &[u8])> {
    let (header, after) = bytes.split_first_chunk::<RECORD_HEADER>()?;
    match header.as_chunks::<4>() {
        (&[a, b, c, d], _) => Some(([word::<BIG>(a), word::<BIG>(b), word::<BIG>(c), word::<BIG>(d)], after)),
        _ => None,
    }
}

fn is_magic(magic: u32) -> bool {
    matches!(magic, MICROSECONDS | NANOSECONDS | MODIFIED)
}

/// Whether a pcap global header may begin here.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first_chunk::<4>().is_some_and(|magic| is_magic(u32::from_be_bytes(*magic)) || is_magic(u32::from_le_bytes(*magic)))
}
