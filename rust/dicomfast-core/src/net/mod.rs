//! Frame -> segment: link layer, tunnels, IP (with fragments) and the TCP header. Knows nothing of connections or of files.

pub mod checksum;
mod cursor;
mod fast;
mod fragment;
mod headers;
mod ip;
mod link;
pub mod segment;
pub mod tcp;
#[cfg(test)]
mod tests;
mod tunnel;
mod walk;

use crate::anomaly::{Anomaly, AnomalyKind};
use crate::capture::{Frame, LinkType};
use crate::event::{Stamp, Wants};
use crate::limits::Limits;
use cursor::Cursor;
use fragment::{Datagram, Fragment, Fragments};
use segment::{ARENA, Batch, Segment};
use tunnel::Names;
use walk::{End, Layer, Walk};

/// What the frames were. The sum is the number of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounts {
    /// Frames that gave a segment.
    pub tcp: u64,
    pub udp: u64,
    /// IP that carries something else, or what cannot be looked into (ESP).
    pub other: u64,
    /// Fragments that did not complete a datagram.
    pub fragments: u64,
    pub not_ip: u64,
    /// Broken, cut inside a header, or of a link type that is not supported.
    pub undecoded: u64,
}

/// Finds the TCP segment in each frame.
#[derive(Debug)]
pub struct FrameDecoder {
    counts: NetCounts,
    walk: Walk,
    fragments: Fragments,
    tunnels: Names,
    /// By link type.
    unsupported: Vec<(LinkType, u64)>,
    /// Per input: its index, its first cut frame, and how many there were.
    cut: Vec<(u32, Stamp, u64)>,
    length_noted: bool,
    detail: Detail,
}

/// What to make of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The segment in it.
    Segments,
    /// A record of each frame as well.
    Frames,
}

impl Detail {
    /// What a consumer of records wants.
    pub fn of(wants: &Wants) -> Self {
        if wants.frames { Self::Frames } else { Self::Segments }
    }
}

/// Where the bytes that are walked lie.
#[derive(Clone, Copy)]
enum Place {
    Window { slot: u16, offset: u32 },
    Datagram,
}

impl FrameDecoder {
    pub fn new(limits: &Limits) -> Self {
        Self {
            counts: NetCounts::default(),
            walk: Walk::new(limits),
            fragments: Fragments::new(limits),
            tunnels: Names::default(),
            unsupported: Vec::new(),
            cut: Vec::new(),
            length_noted: false,
            detail: Detail::Segments,
        }
    }

    /// The same, with what is told of each frame.
    #[must_use]
    pub fn telling(self, detail: Detail) -> Self {
        let walk = if detail == Detail::Frames { self.walk.with_trail() } else { self.walk };
        Self { walk, detail, ..self }
    }

    pub fn counts(&self) -> NetCounts {
        self.counts
    }

    /// Link types that cannot be decoded, each with its number of frames.
    pub fn unsupported(&self) -> &[(LinkType, u64)] {
        &self.unsupported
    }

    /// Decodes one frame, whose captured bytes are `bytes` and lie in the batch's window `slot`. Adds a segment to the batch if
    /// there is one in it. A batch is filled by one decoder, from empty: tunnels are numbered within it.
    #[inline]
    pub fn decode(&mut self, frame: &Frame, bytes: &[u8], slot: u16, batch: &mut Batch) {
        if bytes.len() < frame.length as usize {
            self.note_cut(frame);
        }
        if self.detail == Detail::Frames {
            batch.records.push(headers::frame(frame));
            self.decode_any(frame, bytes, slot, batch);
        } else if fast::segment(frame, bytes, slot, &mut batch.segments).is_some() {
            self.counts.tcp += 1;
        } else {
            self.decode_any(frame, bytes, slot, batch);
        }
    }

    /// Reports what is left: datagrams that never became whole, and how many frames were cut by a snap length.
    pub fn finish(&mut self, batch: &mut Batch) {
        self.fragments.finish(&mut batch.anomalies);
        for (capture, first, count) in self.cut.drain(..) {
            let detail = format!("{count} frames of input {capture} are shorter in the capture than on the wire (snap length)");
            batch.anomalies.push(Anomaly::new(AnomalyKind::CutPacket, detail).at(first));
        }
    }

    #[cold]
    fn note_cut(&mut self, frame: &Frame) {
        if let Some((_, _, count)) = self.cut.iter_mut().rev().find(|(capture, ..)| *capture == frame.capture) {
            *count += 1;
        } else {
            self.cut.push((frame.capture, frame.stamp(), 1));
        }
    }

    #[inline(never)]
    fn decode_any(&mut self, frame: &Frame, bytes: &[u8], slot: u16, batch: &mut Batch) {
        self.walk.begin();
        let mut cursor = Cursor::new(bytes, frame.length as usize);
        let end = self.walk.run(Layer::Link(frame.link), &mut cursor);
        self.arrive(end, frame, (bytes, cursor), Place::Window { slot, offset: frame.offset }, batch);
        if let Some((kind, detail)) = self.walk.note {
            self.note(kind, detail, frame, batch);
        }
    }

    /// What to do at the end of the way. A datagram put together goes the rest of it; each takes one of the headers that
    /// `Limits::encapsulations` allows, so this calls itself a bounded number of times.
    fn arrive(&mut self, end: End, frame: &Frame, (bytes, cursor): (&[u8], Cursor<'_>), place: Place, batch: &mut Batch) {
        if let (Some(trail), Some(record)) = (&mut self.walk.trail, batch.records.last_mut()) {
            headers::read(trail, &end, bytes, record);
            trail.clear();
        }
        match end {
            End::Segment(segment) => {
                self.counts.tcp += 1;
                let segment = Segment {
                    time: frame.time,
                    packet: frame.number,
                    capture: frame.capture,
                    vlan: self.walk.vlan,
                    tunnel: self.tunnels.index(&self.walk.path, batch),
                    ..segment
                };
                batch.segments.push(placed(segment, bytes, place, &mut batch.arena));
            }
            End::Fragment(fragment) => match self.reassemble(fragment, frame, cursor, batch) {
                Some(datagram) => {
                    let mut cursor = Cursor::new(&datagram.bytes, datagram.length);
                    let end = match self.walk.enter().and_then(|()| ip::reassembled(&mut self.walk, &datagram.first, &mut cursor)) {
                        Ok(layer) => self.walk.run(layer, &mut cursor),
                        Err(end) => end,
                    };
                    self.arrive(end, frame, (&datagram.bytes, cursor), Place::Datagram, batch);
                }
                None => self.counts.fragments += 1,
            },
            End::Udp => self.counts.udp += 1,
            End::Other => self.counts.other += 1,
            End::NotIp => self.counts.not_ip += 1,
            End::UnsupportedLinkType => self.unsupported_link_type(frame, batch),
            End::Broken(kind, detail) => {
                self.counts.undecoded += 1;
                batch.anomalies.push(Anomaly::new(kind, detail).at(frame.stamp()));
            }
        }
    }

    fn reassemble(&mut self, fragment: Fragment, frame: &Frame, cursor: Cursor<'_>, batch: &mut Batch) -> Option<Datagram> {
        if !tunnel::may_carry_tcp(fragment.protocol) {
            return None;
        }
        let way = (self.walk.vlan, self.walk.path.as_slice());
        self.fragments.add(fragment, way, (cursor.rest(), cursor.wire()), frame.stamp(), &mut batch.anomalies)
    }

    /// A total length of 0 is what offload looks like in a capture, so it is told once.
    fn note(&mut self, kind: AnomalyKind, detail: &'static str, frame: &Frame, batch: &mut Batch) {
        if detail == ip::NO_TOTAL_LENGTH && std::mem::replace(&mut self.length_noted, true) {
            return;
        }
        batch.anomalies.push(Anomaly::new(kind, detail).at(frame.stamp()));
    }

    fn unsupported_link_type(&mut self, frame: &Frame, batch: &mut Batch) {
        self.counts.undecoded += 1;
        match self.unsupported.binary_search_by_key(&frame.link.0, |(link, _)| link.0) {
            Ok(index) => {
                if let Some((_, count)) = self.unsupported.get_mut(index) {
                    *count += 1;
                }
            }
            Err(index) => {
                self.unsupported.insert(index, (frame.link, 1));
                let detail = format!("link type {} ({}) is not supported", frame.link.name(), frame.link.0);
                batch.anomalies.push(Anomaly::new(AnomalyKind::UnsupportedLinkType, detail).at(frame.stamp()));
            }
        }
    }
}

/// Makes positions in `bytes` positions in the segment's slot. Of a datagram put together, the TCP part is kept in the arena.
fn placed(segment: Segment, bytes: &[u8], place: Place, arena: &mut Vec<u8>) -> Segment {
    match place {
        Place::Window { slot, offset } => {
            Segment { slot, header: offset.wrapping_add(segment.header), payload: offset.wrapping_add(segment.payload), ..segment }
        }
        Place::Datagram => {
            let base = arena.len() as u32;
            let end = segment.payload as usize + segment.captured as usize;
            arena.extend_from_slice(bytes.get(segment.header as usize..end).unwrap_or_default());
            Segment { slot: ARENA, header: base, payload: base.saturating_add(segment.payload - segment.header), ..segment }
        }
    }
}
