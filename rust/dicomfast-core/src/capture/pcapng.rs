//! The pcapng file format (draft-ietf-opsawg-pcapng): sections of blocks, each block with its length before and after.

use super::pcap;
use super::pcapng_blocks::{Interface, Notes};
use super::walk::{Pass, Stop, half, word};
use super::{Frame, FrameSink};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{NO_TIME, Time};
use crate::limits::Limits;
use crate::reader::Reader;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
/// Obsolete, still written by a few programs.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 10;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Type and length before the body, the length again after it.
const FRAMING: usize = 12;
const HEAD: usize = 8;
/// A section header without options.
pub(super) const SHORTEST_SECTION: usize = 28;
/// Byte-order magic, versions and section length.
const SECTION_BODY: usize = 16;
const UNKNOWN_DROPS: u16 = 0xffff;

/// A pcapng file being read.
#[derive(Clone, Debug)]
pub(super) struct Pcapng {
    big_endian: bool,
    /// Whether the header of the current section has been read: until then the byte order is only a promise.
    inside: bool,
    interfaces: Vec<Interface>,
    /// What is left of a block that is passed over by count, and the length that must follow it.
    skipping: Option<(u64, u32)>,
    unknown_interface_noted: bool,
    too_long_noted: bool,
    lengths_noted: bool,
    time_noted: bool,
    limits: Limits,
}

/// A packet as its block describes it.
struct Header {
    interface: u32,
    timestamp: Option<(u32, u32)>,
    captured: u32,
    length: u32,
    /// Where its bytes begin in the block's body.
    at: usize,
    /// Packets lost before this one.
    lost: u16,
}

/// What came of a block.
enum Taken {
    Done,
    /// The block is shorter than what it says it holds.
    Short,
    Later(Time),
}

impl Pcapng {
    /// The beginning of a section: enough to know the byte order.
    pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Option<Self> {
        let mut this = Self {
            big_endian: false,
            inside: false,
            interfaces: Vec::new(),
            skipping: None,
            unknown_interface_noted: false,
            too_long_noted: false,
            lengths_noted: false,
            time_noted: false,
            limits: limits.clone(),
        };
        this.restart(bytes).then_some(this)
    }

    /// Begins the section that starts here; what is noted of the file stays.
    pub(super) fn restart(&mut self, bytes: &[u8]) -> bool {
        let Some(big_endian) = byte_order(bytes) else { return false };
        self.big_endian = big_endian;
        self.inside = false;
        self.interfaces.clear();
        true
    }

    /// Whether the window must go on in the middle of a block that is passed over.
    pub(super) fn is_skipping(&self) -> bool {
        self.skipping.is_some()
    }

    /// Hands on the frames of a window, until something stops it.
    pub(super) fn walk<S: FrameSink>(&mut self, pass: &mut Pass<'_, S>) -> Stop {
        if self.big_endian { self.blocks::<true, S>(pass) } else { self.blocks::<false, S>(pass) }
    }

    fn blocks<const BIG: bool, S: FrameSink>(&mut self, pass: &mut Pass<'_, S>) -> Stop {
        let bytes = pass.bytes;
        let most = self.limits.block_bytes as u64;
        loop {
            if self.skipping.is_some()
                && let Err(stop) = self.skip::<BIG, S>(pass)
            {
                return stop;
            }
            let rest = bytes.get(pass.position..).unwrap_or_default();
            let mut reader = Reader::new(rest);
            let (Some(kind), Some(total)) = (reader.array().map(word::<BIG>), reader.array().map(word::<BIG>)) else {
                return Stop::Incomplete;
            };
            if kind == SECTION_HEADER && self.inside {
                return if rest.len() < FRAMING { Stop::Incomplete } else { Stop::Restart };
            }
            let length = total as usize;
            if length < FRAMING || length & 3 != 0 {
                return if pcap::begins(rest) { Stop::Restart } else { Stop::block(format!("block length {length} is not possible")) };
            }
            let known = matches!(
                kind,
                SECTION_HEADER
                    | INTERFACE_DESCRIPTION
                    | PACKET
                    | SIMPLE_PACKET
                    | INTERFACE_STATISTICS
                    | ENHANCED_PACKET
                    | DECRYPTION_SECRETS
            );
            if !known || u64::from(total) > most {
                if known && !self.too_long_noted {
                    self.too_long_noted = true;
                    let detail = format!("a block of {length} bytes is above the limit of {most} and was passed over");
                    pass.sink.anomaly(Anomaly::new(AnomalyKind::BadBlock, detail).at(pass.stamp(NO_TIME)));
                }
                self.skipping = Some((u64::from(total) - 4, total));
                continue;
            }
            let Some(block) = rest.get(..length) else { return Stop::Incomplete };
            let Some((head, trailer)) = block.split_last_chunk::<4>() else { return Stop::Incomplete };
            let body = head.get(HEAD..).unwrap_or_default();
            if word::<BIG>(*trailer) != total {
                return Stop::block(format!("block lengths {} and {} differ", total, word::<BIG>(*trailer)));
            }
            let taken = match kind {
                ENHANCED_PACKET => self.packet::<BIG, S>(enhanced::<BIG>(body), body, pass),
                PACKET => self.packet::<BIG, S>(obsolete::<BIG>(body), body, pass),
                SIMPLE_PACKET => self.packet::<BIG, S>(self.simple::<BIG>(body), body, pass),
                _ => self.describe::<BIG>(kind, body, pass.notes).map_or(Taken::Short, |()| Taken::Done),
            };
            match taken {
                Taken::Done => pass.position += length,
                Taken::Short => return Stop::block(format!("a block of type {kind} and {length} bytes is shorter than its contents")),
                Taken::Later(time) => return Stop::Later(time),
            }
        }
    }

    /// Hands on a packet, unless it belongs after others.
    #[inline]
    fn packet<const BIG: bool, S: FrameSink>(&mut self, header: Option<Header>, body: &[u8], pass: &mut Pass<'_, S>) -> Taken {
        let Some(header) = header else { return Taken::Short };
        let Header { interface: id, captured, length, at, .. } = header;
        let Some((data, options)) = body.get(at..).and_then(|rest| rest.split_at_checked(captured as usize)) else { return Taken::Short };
        let Some(interface) = self.interfaces.get(id as usize) else {
            self.unknown_interface(id, pass);
            return Taken::Done;
        };
        let link = interface.link;
        let told = header.timestamp.map_or(Ok(NO_TIME), |(high, low)| interface.clock.time(high, low));
        let (Ok(time) | Err(time)) = told;
        if time > pass.run.until || pass.run.budget == 0 {
            return Taken::Later(time);
        }
        let snap_length = interface.snap_length;
        let odd = captured > length || (captured > snap_length && snap_length != 0) || told.is_err() || header.lost != 0;
        if odd {
            self.odd(&header, snap_length, time, told.is_err(), pass);
        }
        // Up to three bytes are padding, not options.
        if options.len() > 3 {
            pass.notes.comments::<BIG>(options.get((captured as usize).wrapping_neg() & 3..).unwrap_or_default(), &self.limits);
        }
        pass.run.budget -= 1;
        pass.run.number += 1;
        pass.tally.count(pass.run.number, time, captured, length);
        let offset = (pass.position + HEAD + at) as u32;
        pass.sink.frame(Frame { number: pass.run.number, time, link, capture: pass.capture, offset, captured, length }, data);
        Taken::Done
    }

    /// Notes what is wrong with a packet.
    #[cold]
    #[inline(never)]
    fn odd<S: FrameSink>(&mut self, header: &Header, snap_length: u32, time: Time, invalid: bool, pass: &mut Pass<'_, S>) {
        if header.lost != 0 && header.lost != UNKNOWN_DROPS {
            pass.notes.lost(u64::from(header.lost));
        }
        if invalid && !self.time_noted {
            self.time_noted = true;
            let detail = "a timestamp is outside of the years 1677 to 2262; the nearest time was taken";
            pass.sink.anomaly(Anomaly::new(AnomalyKind::TimestampInvalid, detail).at(pass.stamp(time)));
        }
        if (header.captured > header.length || (header.captured > snap_length && snap_length != 0)) && !self.lengths_noted {
            self.lengths_noted = true;
            let detail = format!(
                "captured {} bytes of {}, with a snap length of {snap_length}; such records are kept",
                header.captured, header.length
            );
            pass.sink.anomaly(Anomaly::new(AnomalyKind::RecordLength, detail).at(pass.stamp(time)));
        }
    }

    #[cold]
    #[inline(never)]
    fn unknown_interface<S: FrameSink>(&mut self, id: u32, pass: &mut Pass<'_, S>) {
        if !self.unknown_interface_noted {
            self.unknown_interface_noted = true;
            let detail = format!("packets of interface {id}, of which there are {}, were left out", self.interfaces.len());
            pass.sink.anomaly(Anomaly::new(AnomalyKind::UnknownInterface, detail).at(pass.stamp(NO_TIME)));
        }
    }

    /// A Simple Packet Block: of the first interface, without a time, its captured length only implied.
    fn simple<const BIG: bool>(&self, body: &[u8]) -> Option<Header> {
        let mut reader = Reader::new(body);
        let length = word::<BIG>(reader.array()?);
        let snap_length = self.interfaces.first().map_or(0, |interface| interface.snap_length);
        let captured = if snap_length == 0 { length } else { length.min(snap_length) };
        Some(Header { interface: 0, timestamp: None, captured, length, at: 4, lost: 0 })
    }

    /// A block that describes.
    #[cold]
    #[inline(never)]
    fn describe<const BIG: bool>(&mut self, kind: u32, body: &[u8], notes: &mut Notes) -> Option<()> {
        match kind {
            SECTION_HEADER => {
                self.inside = true;
                notes.section::<BIG>(body.get(SECTION_BODY..)?, &self.limits);
            }
            INTERFACE_DESCRIPTION => {
                let interface = notes.interface::<BIG>(body, &self.limits)?;
                if self.interfaces.len() < self.limits.interfaces {
                    self.interfaces.push(interface);
                }
            }
            INTERFACE_STATISTICS => notes.statistics::<BIG>(body, &mut self.interfaces, &self.limits)?,
            DECRYPTION_SECRETS => notes.secret::<BIG>(body, &self.limits)?,
            _ => {}
        }
        Some(())
    }

    /// Passes over (a part of) a block by count, then compares the length that follows it.
    #[cold]
    fn skip<const BIG: bool, S: FrameSink>(&mut self, pass: &mut Pass<'_, S>) -> Result<(), Stop> {
        let Some((left, total)) = self.skipping else { return Ok(()) };
        let available = pass.bytes.len().saturating_sub(pass.position);
        let step = usize::try_from(left).map_or(available, |left| left.min(available));
        pass.position += step;
        self.skipping = Some((left - step as u64, total));
        let trailer = pass.bytes.get(pass.position..).and_then(|rest| rest.first_chunk::<4>());
        let (Some(trailer), true) = (trailer, step as u64 == left) else { return Err(Stop::Incomplete) };
        if word::<BIG>(*trailer) != total {
            return Err(Stop::block(format!("block lengths {total} and {} differ", word::<BIG>(*trailer))));
        }
        pass.position += 4;
        self.skipping = None;
        Ok(())
    }
}

/// An Enhanced Packet Block.
#[inline]
fn enhanced<const BIG: bool>(body: &[u8]) -> Option<Header> {
    let (&[interface, high, low, captured, length], _) = body.first_chunk::<20>()?.as_chunks::<4>() else { return None };
    Some(Header {
        interface: word::<BIG>(interface),
        timestamp: Some((word::<BIG>(high), word::<BIG>(low))),
        captured: word::<BIG>(captured),
        length: word::<BIG>(length),
        at: 20,
        lost: 0,
    })
}

/// An obsolete Packet Block: the same, but for 16 bits of interface and 16 bits of packets lost before this one.
fn obsolete<const BIG: bool>(body: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(body);
    let interface = u32::from(half::<BIG>(reader.array()?));
    let lost = half::<BIG>(reader.array()?);
    Some(Header { interface, lost, ..enhanced::<BIG>(body)? })
}

fn byte_order(bytes: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(bytes);
    (reader.u32_be()? == SECTION_HEADER).then_some(())?;
    reader.skip(4)?;
    let magic = reader.array()?;
    if u32::from_be_bytes(magic) == BYTE_ORDER { Some(true) } else { (u32::from_le_bytes(magic) == BYTE_ORDER).then_some(false) }
}

/// Whether a section begins here.
pub(super) fn begins(bytes: &[u8]) -> bool {
    byte_order(bytes).is_some()
}
