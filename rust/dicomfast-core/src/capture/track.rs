//! One input on its way: its source, the window in hand, its format and its counters.

use std::sync::Arc;

use super::input::Opened;
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::pcapng_blocks::Notes;
use super::sniff::{self, Kind};
use super::source::{Fill, Patience, Source};
use super::tally::Tally;
use super::walk::{Pass, Run, Stop};
use super::window::Pool;
use super::{CaptureOptions, FrameSink, Window};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::error::{Error, Result};
use crate::event::{CaptureRecord, Stamp, Time};
use crate::limits::Limits;

/// Bytes of a page of the system's cache; where they are more, of a part of one.
const PAGE: usize = 4096;

enum Format {
    Pcap(Pcap),
    Pcapng(Box<Pcapng>),
}

/// How a run over an input ended.
pub(super) enum Outcome {
    /// The next frame has this time and is not yet its turn.
    Later(Time),
    /// Nothing more is there for now.
    Pause,
    End,
}

pub(super) struct Track {
    capture: u32,
    source: Source,
    window: Arc<Window>,
    position: usize,
    /// Whether the consumer knows the window.
    announced: bool,
    format: Format,
    format_name: String,
    tally: Tally,
    notes: Notes,
    complete: bool,
}

impl Track {
    /// Reads the first bytes of an input and knows what it is. `target` is how much is read at once.
    pub(super) fn open(
        opened: Opened,
        capture: u32,
        target: usize,
        limits: &Limits,
        options: &CaptureOptions,
        pool: &mut Pool,
    ) -> Result<Self> {
        let mut source = Source::new(opened.name, opened.bytes, options.follow, Arc::clone(&options.interrupt));
        let mut buffer = pool.take(target);
        let mut used = gather(&mut source, &mut buffer, target)?;
        let mut format_name = String::new();
        let mut kind = sniff::sniff(buffer.get(..used).unwrap_or_default());
        if let Kind::Compressed(compression) = kind {
            source = source.unpack(compression, buffer.get(..used).unwrap_or_default().to_vec(), limits)?;
            used = gather(&mut source, &mut buffer, target)?;
            kind = sniff::sniff(buffer.get(..used).unwrap_or_default());
            format_name = format!(" ({})", compression.name());
            if let Kind::Compressed(inner) = kind {
                let what = format!("{} inside {}", inner.name(), compression.name());
                return Err(Error::Unsupported { input: source.name().to_owned(), what, advice: "decompress it once".to_owned() });
            }
        }
        let format = recognise(kind, buffer.get(..used).unwrap_or_default(), source.name(), limits)?;
        let mut track = Self {
            capture,
            source,
            position: 0,
            announced: false,
            format_name,
            tally: Tally::new(),
            notes: Notes::default(),
            complete: false,
            window: pool.share(buffer, used),
            format,
        };
        let name = track.begin(limits);
        track.format_name.insert_str(0, name);
        Ok(track)
    }

    /// Notes what the file header says, steps over it, and answers the name of the format.
    fn begin(&mut self, limits: &Limits) -> &'static str {
        match &self.format {
            Format::Pcap(pcap) => {
                self.position += pcap::GLOBAL_HEADER;
                self.notes.link(pcap.link(), pcap.snap_length(), limits);
                "pcap"
            }
            Format::Pcapng(_) => "pcapng",
        }
    }

    /// The consumer, or the input before this one, changed.
    pub(super) fn forget_announced(&mut self) {
        self.announced = false;
    }

    /// The time of the last frame delivered.
    pub(super) fn previous(&self) -> Time {
        self.tally.previous()
    }

    pub(super) fn secrets(&mut self) -> &mut Vec<Vec<u8>> {
        &mut self.notes.secrets
    }

    pub(super) fn record(&self) -> CaptureRecord {
        let mut record = CaptureRecord {
            capture: self.capture,
            name: self.source.name().to_owned(),
            format: self.format_name.clone(),
            link_types: self.notes.link_types.iter().map(|link| link.name()).collect(),
            snap_length: self.notes.snap_length,
            complete: self.complete,
            ..CaptureRecord::default()
        };
        self.tally.write(&mut record);
        self.notes.write(&mut record);
        record
    }

    /// Hands on frames as far as the run may go. `patience` is for the case that no frame has been delivered yet.
    pub(super) fn run<S: FrameSink>(
        &mut self,
        run: &mut Run,
        patience: Patience,
        target: usize,
        limits: &Limits,
        pool: &mut Pool,
        sink: &mut S,
    ) -> Result<Outcome> {
        let budget = run.budget;
        loop {
            let window = Arc::clone(&self.window);
            if !self.announced {
                self.announced = true;
                sink.window(&window);
            }
            let mut pass = Pass {
                capture: self.capture,
                bytes: window.bytes(),
                position: self.position,
                run: *run,
                tally: self.tally,
                notes: &mut self.notes,
                sink,
            };
            let stop = match &mut self.format {
                Format::Pcap(pcap) => pcap.walk(&mut pass),
                Format::Pcapng(pcapng) => pcapng.walk(&mut pass),
            };
            (self.position, *run, self.tally) = (pass.position, pass.run, pass.tally);
            let stop = if matches!(stop, Stop::Restart) { self.restart(window.bytes(), limits) } else { Some(stop) };
            let fill = match stop {
                None => continue,
                Some(Stop::Later(time)) => return Ok(Outcome::Later(time)),
                Some(Stop::Broken(anomaly)) => Fill::Damaged(*anomaly),
                Some(Stop::Incomplete | Stop::Restart) => {
                    let delivered = run.budget < budget;
                    if delivered && run.windows == 0 {
                        return Ok(Outcome::Pause);
                    }
                    run.windows = run.windows.saturating_sub(1);
                    let patience = if delivered { Patience::None } else { patience };
                    self.refill(patience, target, pool)?
                }
            };
            match fill {
                Fill::Bytes(_) => {}
                Fill::Later => return Ok(Outcome::Pause),
                fill => {
                    self.end(fill, run.number, sink);
                    return Ok(Outcome::End);
                }
            }
        }
    }

    /// The next window, beginning with what is left of this one.
    fn refill(&mut self, patience: Patience, target: usize, pool: &mut Pool) -> Result<Fill> {
        let rest = self.window.bytes().get(self.position..).unwrap_or_default();
        // A record that does not fit gets twice the room, as far as its bytes really come.
        let size = target.max(rest.len() * 2);
        let mut buffer = pool.take(size + PAGE);
        // Bytes come to the place of a page that they have in the file: a copy to just behind that place takes several times as long.
        let begin = self.source.offset().wrapping_sub(buffer.as_ptr().addr() + rest.len()) % PAGE;
        let (head, room) = buffer.split_at_mut(begin + rest.len());
        head.get_mut(begin..).unwrap_or_default().copy_from_slice(rest);
        let room = room.get_mut(..size - rest.len()).unwrap_or_default();
        let fill = self.source.fill(room, patience)?;
        if let Fill::Bytes(count) = fill {
            self.window = pool.share(buffer, begin + rest.len() + count);
            self.position = begin;
            self.announced = false;
        } else {
            pool.give_back(buffer);
        }
        Ok(fill)
    }

    /// Another file header stands where a record should begin. `None`: go on behind it.
    fn restart(&mut self, bytes: &[u8], limits: &Limits) -> Option<Stop> {
        let rest = bytes.get(self.position..).unwrap_or_default();
        if let Format::Pcapng(pcapng) = &mut self.format
            && pcapng.restart(rest)
        {
            return None;
        }
        self.format = if let Some(pcapng) = Pcapng::parse(rest, limits) {
            Format::Pcapng(Box::new(pcapng))
        } else if rest.len() < pcap::GLOBAL_HEADER {
            return Some(Stop::Incomplete);
        } else if let Some(pcap) = Pcap::parse(rest, limits) {
            Format::Pcap(pcap)
        } else {
            return Some(Stop::record("a second file header that is not possible".to_owned()));
        };
        self.begin(limits);
        None
    }

    /// The input has no more to give: says what is to be said about it.
    fn end<S: FrameSink>(&mut self, fill: Fill, number: u64, sink: &mut S) {
        let stamp = Stamp { packet: number, time: self.tally.previous() };
        let left = self.window.bytes().len().saturating_sub(self.position);
        let skipping = matches!(&self.format, Format::Pcapng(pcapng) if pcapng.is_skipping());
        self.complete = false;
        match fill {
            Fill::Damaged(anomaly) => sink.anomaly(if anomaly.packet.is_some() { anomaly } else { anomaly.at(stamp) }),
            Fill::End if left > 0 || skipping => {
                let detail = format!("the file ends {left} bytes into a record");
                sink.anomaly(Anomaly::new(AnomalyKind::TruncatedTail, detail).at(stamp).long(left as u64));
            }
            // Following a file ends in the middle of what is being written: nothing is wrong with it.
            _ => self.complete = left == 0 && !skipping,
        }
        self.tally.anomalies(sink);
        if let Some(dropped @ 1..) = self.notes.dropped {
            let detail = format!("the capturing program reports {dropped} dropped packets");
            sink.anomaly(Anomaly::new(AnomalyKind::CaptureLoss, detail).long(dropped));
        }
    }
}

/// The first bytes of an input: a whole window of a file; of a stream as many as it takes to know it.
fn gather(source: &mut Source, buffer: &mut [u8], target: usize) -> Result<usize> {
    let mut used = 0;
    loop {
        let known = sniff::sniff(buffer.get(..used).unwrap_or_default());
        let needed = match known {
            Kind::Pcap => pcap::GLOBAL_HEADER,
            Kind::Pcapng => pcapng::SHORTEST_SECTION,
            Kind::Unknown => sniff::LENGTH,
            Kind::Compressed(_) | Kind::Other(..) => 0,
        };
        if used >= needed && used != 0 {
            return Ok(used);
        }
        match source.fill(buffer.get_mut(used..target).unwrap_or_default(), Patience::Streams)? {
            Fill::Bytes(count) => used += count,
            Fill::Damaged(anomaly) if used == 0 && anomaly.kind == AnomalyKind::DamagedCompression => {
                return Err(Error::Decompress { input: source.name().to_owned(), reason: anomaly.detail.into_owned() });
            }
            Fill::Damaged(_) | Fill::End | Fill::Later | Fill::Stopped => return Ok(used),
        }
    }
}

fn recognise(kind: Kind, bytes: &[u8], name: &str, limits: &Limits) -> Result<Format> {
    let refuse = |reason: String| Err(Error::NotACapture { input: name.to_owned(), reason });
    let format = match kind {
        Kind::Other(what, advice) => {
            return Err(Error::Unsupported { input: name.to_owned(), what: what.to_owned(), advice: advice.to_owned() });
        }
        _ if bytes.is_empty() => return refuse("it is empty".to_owned()),
        Kind::Pcap => Pcap::parse(bytes, limits).map(Format::Pcap),
        Kind::Pcapng if bytes.len() < pcapng::SHORTEST_SECTION => None,
        Kind::Pcapng => Pcapng::parse(bytes, limits).map(|pcapng| Format::Pcapng(Box::new(pcapng))),
        Kind::Compressed(_) | Kind::Unknown if bytes.len() >= pcap::GLOBAL_HEADER => {
            return refuse("its first bytes are those of no known capture format; dicomfast reads pcap and pcapng".to_owned());
        }
        Kind::Compressed(_) | Kind::Unknown => None,
    };
    match format {
        Some(format) => Ok(format),
        None => refuse(format!("it has only {} bytes, fewer than a file header", bytes.len())),
    }
}
