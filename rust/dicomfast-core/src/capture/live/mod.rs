//! Interfaces -> frames: live capture with libpcap, in the order in which the kernel hands packets over. Knows rings, counts and interfaces
//! that come and go, and the clock; nothing of what is inside a frame.

mod counters;
mod device;
mod filter;
mod interfaces;
mod library;
mod options;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use counters::{LiveCounters, LiveCounts};
pub use filter::FileFilter;
pub use interfaces::{Interface, interfaces};
pub use options::{LiveOptions, Promiscuous};

use super::tally::Tally;
use super::window::Pool;
use super::{Frame, FrameSink, LinkType};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::error::{Error, Result};
use crate::event::{CaptureRecord, Stamp, Time};
use crate::limits::Limits;
use device::{Copies, Device, Taken, Totals};

/// Room that is kept in a window for one more packet of usual size.
const ROOM: usize = 64 << 10;
/// How long to wait for a packet before looking up.
const WAIT_MILLISECONDS: i32 = 50;
/// Between two looks at the counts.
const COUNT_EVERY: Duration = Duration::from_millis(100);
/// Between two tries to open an interface that went away.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// After the last packet, how long to wait for the kernel to hand over what it holds back, beside the time it may hold it.
const FAREWELL: Duration = Duration::from_millis(100);

/// One or more interfaces that are captured on.
pub struct Live {
    taps: Vec<Tap>,
    options: LiveOptions,
    pool: Pool,
    window_bytes: usize,
    /// Packets delivered so far, on all interfaces.
    number: u64,
    counters: Arc<LiveCounters>,
    interrupt: Arc<AtomicBool>,
    counted: Instant,
    counted_at: Time,
    /// Which interface is asked first.
    turn: usize,
    copies: Copies,
}

/// An interface, open or not.
struct Tap {
    name: String,
    device: Option<Device>,
    link: LinkType,
    snap_length: u32,
    down: bool,
    retry: Instant,
    tally: Tally,
    delivered: u64,
    /// Of handles that were closed.
    before: Totals,
    /// What has been told of drops so far.
    told: Totals,
}

impl Live {
    /// Opens every interface. Packets are kept in the kernel's ring from now on.
    pub fn open(names: &[String], options: LiveOptions, limits: &Limits) -> Result<Self> {
        if names.is_empty() {
            return Err(Error::Argument("no interface was given; dicomfast interfaces lists them".to_owned()));
        }
        let now = now();
        let taps = names.iter().map(|name| Tap::open(name, &options, now)).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            taps,
            options,
            pool: Pool::new(limits.windows),
            window_bytes: limits.window_bytes.max(2 * ROOM),
            number: 0,
            counters: Arc::default(),
            interrupt: Arc::default(),
            counted: now,
            counted_at: wall_clock(),
            turn: 0,
            copies: Copies::default(),
        })
    }

    /// Set it to end the capture: it takes nothing new, and reads what the kernel still has.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    pub fn counters(&self) -> Arc<LiveCounters> {
        Arc::clone(&self.counters)
    }

    /// Name and snap length of each interface, as a file's header wants them.
    pub fn headers(&self) -> Vec<(String, u32)> {
        self.taps.iter().map(|tap| (tap.name.clone(), tap.snap_length)).collect()
    }

    /// Hands on at most `frames` frames, and fewer rather than wait. `false`: it was interrupted, and everything that was in the rings has
    /// been read.
    pub fn read(&mut self, frames: usize, sink: &mut impl FrameSink) -> Result<bool> {
        if self.interrupt.load(Ordering::Relaxed) {
            self.finish(sink);
            return Ok(false);
        }
        if !self.round(frames, sink) {
            self.wait(WAIT_MILLISECONDS);
            self.round(frames, sink);
        }
        if now().duration_since(self.counted) >= COUNT_EVERY {
            self.look_up(sink)?;
        }
        Ok(true)
    }

    /// Asks each interface once; whether there was a packet.
    fn round(&mut self, frames: usize, sink: &mut impl FrameSink) -> bool {
        let count = self.taps.len();
        self.turn = (self.turn + 1) % count.max(1);
        let mut left = frames.max(1);
        for step in 0..count {
            let index = (self.turn + step) % count;
            left -= self.take(index, left, sink).min(left);
            if left == 0 {
                break;
            }
        }
        left < frames.max(1)
    }

    /// Hands on what one interface has; how many frames that were.
    fn take(&mut self, index: usize, most: usize, sink: &mut impl FrameSink) -> usize {
        let Some(tap) = self.taps.get_mut(index) else { return 0 };
        let Some(device) = &mut tap.device else { return 0 };
        if self.copies.bytes.is_empty() {
            self.copies.bytes = self.pool.take(self.window_bytes);
        }
        match device.take(most, &mut self.copies) {
            Taken::Nothing => return 0,
            Taken::Lost => {
                let stamp = Stamp { packet: self.number, time: wall_clock() };
                tap.lost(stamp, sink);
                return 0;
            }
            Taken::Packets => {}
        }
        let used = std::mem::take(&mut self.copies.used);
        let window = self.pool.share(std::mem::take(&mut self.copies.bytes), used);
        sink.window(&window);
        let taken = self.copies.packets.len();
        for copied in self.copies.packets.drain(..) {
            self.number += 1;
            tap.tally.count(self.number, copied.time, copied.captured, copied.length);
            let frame = Frame {
                number: self.number,
                time: copied.time,
                link: tap.link,
                capture: index as u32,
                offset: copied.offset,
                captured: copied.captured,
                length: copied.length,
            };
            let start = copied.offset as usize;
            sink.frame(frame, window.bytes().get(start..start + copied.captured as usize).unwrap_or_default());
        }
        tap.delivered += taken as u64;
        taken
    }

    /// Waits until an interface has packets.
    fn wait(&self, milliseconds: i32) {
        let open = self.taps.iter().filter_map(|tap| tap.device.as_ref());
        let mut descriptors: Vec<_> = open.map(|device| libc::pollfd { fd: device.descriptor, events: libc::POLLIN, revents: 0 }).collect();
        // SAFETY: the array has as many entries as are told. A signal only ends the wait early.
        unsafe { libc::poll(descriptors.as_mut_ptr(), descriptors.len() as libc::nfds_t, milliseconds) };
        if descriptors.iter().any(|descriptor| descriptor.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0) {
            // An interface that is down answers at once, each time.
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What is done a few times a second: counts, losses, interfaces that come back.
    fn look_up(&mut self, sink: &mut impl FrameSink) -> Result<()> {
        self.counted = now();
        let since = std::mem::replace(&mut self.counted_at, wall_clock());
        let stamp = Stamp { packet: self.number, time: self.counted_at };
        for tap in &mut self.taps {
            tap.count(since, stamp, sink);
            tap.watch(stamp, sink);
            if tap.device.is_none() && self.counted >= tap.retry {
                tap.retry = self.counted + RETRY_EVERY;
                match Device::open(&tap.name, &self.options) {
                    Ok(device) => {
                        tap.device = Some(device);
                        tap.down = false;
                        tap.came_back(stamp, sink);
                    }
                    // It is not there yet: that is what we wait for. Anything else will not pass by itself.
                    Err(error) if device::index(&tap.name).is_some() => return Err(error),
                    Err(_) => {}
                }
            }
        }
        self.publish();
        Ok(())
    }

    fn publish(&self) {
        let mut counts = LiveCounts::default();
        for tap in &self.taps {
            let totals = tap.totals();
            counts.received += totals.received;
            counts.dropped += totals.dropped;
            counts.interface_dropped += totals.interface_dropped;
            counts.delivered += tap.delivered;
        }
        self.counters.set(counts);
    }

    /// Takes no new packets, and reads what the kernel still has.
    fn finish(&mut self, sink: &mut impl FrameSink) {
        for device in self.taps.iter().filter_map(|tap| tap.device.as_ref()) {
            device.refuse_more();
        }
        let silence = FAREWELL + Duration::from_millis(2 * u64::from(self.options.hold_milliseconds));
        let mut until = now() + silence;
        while now() < until {
            if self.round(usize::MAX >> 1, sink) {
                until = now() + silence;
            } else {
                self.wait(self.options.hold_milliseconds as i32);
            }
        }
        let since = self.counted_at;
        let stamp = Stamp { packet: self.number, time: wall_clock() };
        for tap in &mut self.taps {
            tap.count(since, stamp, sink);
            tap.tally.anomalies(sink);
        }
        self.publish();
    }

    /// One row for each interface.
    pub fn records(&self) -> Vec<CaptureRecord> {
        (0..).zip(&self.taps).map(|(capture, tap)| tap.record(capture)).collect()
    }
}

impl Tap {
    fn open(name: &str, options: &LiveOptions, now: Instant) -> Result<Self> {
        let device = Device::open(name, options)?;
        Ok(Self {
            name: name.to_owned(),
            link: device.link,
            snap_length: device.snap_length,
            device: Some(device),
            down: false,
            retry: now,
            tally: Tally::new(),
            delivered: 0,
            before: Totals::default(),
            told: Totals::default(),
        })
    }

    fn totals(&self) -> Totals {
        let now = self.device.as_ref().map_or_else(Totals::default, |device| device.totals);
        Totals {
            received: self.before.received + now.received,
            dropped: self.before.dropped + now.dropped,
            interface_dropped: self.before.interface_dropped + now.interface_dropped,
        }
    }

    /// Brings the counts up to date, and tells of packets that were lost between `since` and now.
    fn count(&mut self, since: Time, stamp: Stamp, sink: &mut impl FrameSink) {
        if let Some(device) = &mut self.device {
            device.count();
        }
        let totals = self.totals();
        let losses = [
            (totals.dropped - self.told.dropped, "the kernel dropped packets for want of room in its ring"),
            (totals.interface_dropped - self.told.interface_dropped, "the interface or its driver dropped packets"),
        ];
        for (lost, what) in losses.into_iter().filter(|(lost, _)| *lost > 0) {
            let anomaly = Anomaly::new(AnomalyKind::CaptureLoss, format!("{what}: {lost}")).at(stamp).long(lost);
            sink.anomaly(anomaly.since(since));
        }
        self.told = totals;
    }

    /// Tells when it goes down and comes up again, which the open handle survives.
    fn watch(&mut self, stamp: Stamp, sink: &mut impl FrameSink) {
        let Some(device) = &self.device else { return };
        let down = !device.is_up(&self.name);
        if down && !self.down {
            let detail = format!("interface {} is down", self.name);
            sink.anomaly(Anomaly::new(AnomalyKind::InterfaceDown, detail).at(stamp));
        } else if self.down && !down {
            self.came_back(stamp, sink);
        }
        self.down = down;
    }

    /// Reading failed: if the interface is gone, it is looked for until it comes again.
    fn lost(&mut self, stamp: Stamp, sink: &mut impl FrameSink) {
        let Some(device) = &mut self.device else { return };
        if device.is_there(&self.name) {
            return;
        }
        let detail = format!("interface {} is gone: {}", self.name, device.reason());
        device.count();
        self.before = self.totals();
        self.device = None;
        sink.anomaly(Anomaly::new(AnomalyKind::InterfaceDown, detail).at(stamp));
    }

    fn came_back(&self, stamp: Stamp, sink: &mut impl FrameSink) {
        sink.anomaly(Anomaly::new(AnomalyKind::InterfaceUp, format!("interface {} is captured on again", self.name)).at(stamp));
    }

    fn record(&self, capture: u32) -> CaptureRecord {
        let mut record = CaptureRecord {
            capture,
            name: self.name.clone(),
            format: "live".to_owned(),
            link_types: vec![self.link.name()],
            snap_length: Some(self.snap_length),
            dropped: Some(self.totals().dropped + self.totals().interface_dropped),
            complete: true,
            ..CaptureRecord::default()
        };
        self.tally.write(&mut record);
        record
    }
}

#[expect(clippy::disallowed_methods, reason = "a live capture waits, and looks up a few times a second")]
fn now() -> Instant {
    Instant::now()
}

/// The time as the kernel stamps packets with it.
#[expect(clippy::disallowed_methods, reason = "losses have no packet that could tell when they were")]
fn wall_clock() -> Time {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(Time::MAX))
}
