//! What is counted of one input while its frames go by. Knows numbers and times only.

use super::FrameSink;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{CaptureRecord, NO_TIME, Stamp, Time};

/// Counters of one input; `Copy`, so that the loop over the frames keeps it in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    packets: u64,
    bytes: u64,
    original: u64,
    cut: u64,
    first: Time,
    last: Time,
    previous: Time,
    backwards: u64,
    first_backwards: Option<Stamp>,
    untimed: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            packets: 0,
            bytes: 0,
            original: 0,
            cut: 0,
            first: Time::MAX,
            last: NO_TIME,
            previous: Time::MAX,
            backwards: 0,
            first_backwards: None,
            untimed: 0,
        }
    }

    /// Counts one frame.
    #[inline]
    pub(super) fn count(&mut self, number: u64, time: Time, captured: u32, length: u32) {
        self.packets += 1;
        self.bytes += u64::from(captured);
        self.original += u64::from(length);
        self.cut += u64::from(captured < length);
        // The first frame comes here too, because `previous` starts at the end of time.
        if time < self.previous && !self.earlier(number, time) {
            return;
        }
        self.previous = time;
        self.last = self.last.max(time);
    }

    /// A frame that is not later than the one before; `false` where it has no time at all.
    #[cold]
    #[inline(never)]
    fn earlier(&mut self, number: u64, time: Time) -> bool {
        if time == NO_TIME {
            self.untimed += 1;
            return false;
        }
        if self.previous != Time::MAX {
            self.backwards += 1;
            self.first_backwards.get_or_insert(Stamp { packet: number, time });
        }
        self.first = self.first.min(time);
        true
    }

    /// The time of the last frame that had one.
    pub(super) fn previous(&self) -> Time {
        if self.previous == Time::MAX { NO_TIME } else { self.previous }
    }

    /// What is to be said of the times, once, at the end of the input.
    pub(super) fn anomalies<S: FrameSink>(&self, sink: &mut S) {
        if let Some(stamp) = self.first_backwards {
            let detail = format!("{} of {} packets are earlier than the packet before them", self.backwards, self.packets);
            sink.anomaly(Anomaly::new(AnomalyKind::TimestampOrder, detail).at(stamp));
        }
        if self.untimed > 0 {
            let detail = format!("{} of {} packets have no time", self.untimed, self.packets);
            sink.anomaly(Anomaly::new(AnomalyKind::MissingTime, detail));
        }
    }

    pub(super) fn write(&self, record: &mut CaptureRecord) {
        record.packets = self.packets;
        record.bytes = self.bytes;
        record.original_bytes = self.original;
        record.cut_packets = self.cut;
        record.first_time = (self.last != NO_TIME).then_some(self.first);
        record.last_time = (self.last != NO_TIME).then_some(self.last);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Tally;
    use crate::anomaly::{Anomaly, AnomalyKind};
    use crate::capture::{Frame, FrameSink, Window};
    use crate::event::{CaptureRecord, NO_TIME, Time};

    #[derive(Default)]
    struct Anomalies(Vec<Anomaly>);

    impl FrameSink for Anomalies {
        fn window(&mut self, _: &Arc<Window>) {}
        fn frame(&mut self, _: Frame, _: &[u8]) {}
        fn anomaly(&mut self, anomaly: Anomaly) {
            self.0.push(anomaly);
        }
    }

    fn count(times: &[Time]) -> (CaptureRecord, Vec<Anomaly>) {
        let (mut tally, mut record, mut sink) = (Tally::new(), CaptureRecord::default(), Anomalies::default());
        for (number, time) in times.iter().enumerate() {
            tally.count(number as u64 + 1, *time, 10, 12);
        }
        tally.write(&mut record);
        tally.anomalies(&mut sink);
        (record, sink.0)
    }

    #[test]
    fn counts_bytes_cuts_and_steps_back() {
        let (record, anomalies) = count(&[5, 7, 6, 9]);
        assert_eq!((record.packets, record.bytes, record.original_bytes, record.cut_packets), (4, 40, 48, 4));
        assert_eq!((record.first_time, record.last_time), (Some(5), Some(9)));
        let [order] = anomalies.as_slice() else { panic!("one anomaly") };
        assert_eq!((order.kind, order.packet, order.time), (AnomalyKind::TimestampOrder, Some(3), 6));
        assert_eq!(order.detail, "1 of 4 packets are earlier than the packet before them");
    }

    #[test]
    fn frames_without_time_have_no_order() {
        let (record, _) = count(&[NO_TIME]);
        assert_eq!((record.first_time, record.last_time), (None, None));
        let (record, anomalies) = count(&[NO_TIME, 8, NO_TIME, 9]);
        assert_eq!((record.first_time, record.last_time), (Some(8), Some(9)));
        assert_eq!(anomalies.iter().map(|anomaly| anomaly.kind).collect::<Vec<_>>(), [AnomalyKind::MissingTime]);
    }
}
