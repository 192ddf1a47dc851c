//! What stands behind the flow stage: each segment is analysed, its bytes are decoded, and both tell one sink.

use crate::anomaly::Anomaly;
use crate::dicom::{Conversation, Dicom};
use crate::event::{Closed, ConnectionRecord, SegmentRecord, Side, Sink, Wants, analysis};
use crate::flow::{Consumer, End, Info, Missing, Place, Seen};
use crate::net::segment::Segment;
use crate::net::segment::flags::{ACK, SYN};
use crate::transport::{Analysis, LEAST_WAIT, Phase, Watch};

/// The consumer of every connection.
pub struct Tap<S> {
    pub dicom: Dicom<S>,
    wants: Wants,
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Tapped {
    analysis: Analysis,
    watch: Watch,
    conversation: Conversation,
}

impl<S: Sink> Tap<S> {
    pub fn new(dicom: Dicom<S>) -> Self {
        let wants = dicom.sink.wants();
        Self { dicom, wants }
    }

    /// Whether a row is made of each segment.
    #[inline]
    fn tells_segments(&self, info: &Info) -> bool {
        self.wants.segments && info.held
    }
}

impl<S: Sink> Consumer for Tap<S> {
    type State = Tapped;

    fn holds(&self, info: &Info) -> bool {
        self.wants.of.hold(info.connection, info.endpoints())
    }

    #[inline]
    fn arrive(&mut self, state: &mut Tapped, info: &Info, end: End, segment: &Segment) {
        let Tapped { analysis, watch, conversation } = state;
        let phase = conversation.phase(info, end);
        let waited = segment.time.saturating_sub(conversation.timeline.until()) >= LEAST_WAIT;
        let moving = match phase {
            (Phase::Moving(sender), _) if waited => conversation.moving(info, sender),
            _ => None,
        };
        watch.arrive((end, segment), analysis, phase, &mut conversation.timeline, moving);
        if watch.has_ready() {
            self.dicom.stalls(info, watch.ready());
        }
    }

    #[inline]
    fn segment(&mut self, state: &mut Tapped, info: &Info, end: End, seen: &Seen<'_>) {
        let verdict = state.analysis.segment(end, seen);
        state.watch.note(end, seen, &verdict, &state.analysis);
        state.watch.name(|row| state.conversation.stood(info, row));
        if self.tells_segments(info) {
            let segment = seen.segment;
            let shown = state.analysis.place(end, seen);
            let reused = info.reused && segment.flags & (SYN | ACK) == SYN;
            self.dicom.sink.segment(SegmentRecord {
                connection: info.connection,
                stamp: segment.stamp(),
                sender: if end == info.client { Side::Client } else { Side::Server },
                sequence: shown.sequence,
                acknowledgment: shown.acknowledgment,
                length: segment.length,
                window: shown.window,
                flags: segment.flags,
                sack: shown.sack,
                analysis: verdict.analysis | if reused { analysis::REUSED_PORTS } else { 0 },
                bytes_in_flight: verdict.bytes_in_flight,
                ack_rtt: verdict.ack_rtt,
            });
        }
    }

    #[inline]
    fn passes(&mut self, state: &mut Tapped, info: &Info, end: End, segment: &Segment, place: Place) -> bool {
        let Tapped { analysis, watch, conversation } = state;
        let Some(class) = conversation.carries(info, end, segment.length) else { return false };
        let goes_on = watch.goes_on(end, segment.time, conversation.timeline.until()) && analysis.is_more(end, segment);
        if self.tells_segments(info) || !goes_on {
            return false;
        }
        conversation.carry(end, place, segment.length, class);
        analysis.more(end, segment);
        watch.more(end, segment, analysis);
        true
    }

    #[inline]
    fn acknowledges(&mut self, state: &mut Tapped, info: &Info, end: End, segment: &Segment) -> bool {
        let Tapped { analysis, watch, .. } = state;
        if self.tells_segments(info) || !analysis.is_acknowledgment(end, segment) {
            return false;
        }
        let verdict = analysis.acknowledgment(end, segment);
        watch.acknowledgment(end, segment, &verdict, analysis);
        true
    }

    #[inline]
    fn unread(&self, state: &Tapped, end: End) -> u64 {
        self.dicom.unread(&state.conversation, end)
    }

    #[inline]
    fn data(&mut self, state: &mut Tapped, info: &Info, end: End, place: Place, bytes: &[u8]) {
        self.dicom.data(&mut state.conversation, info, end, place, bytes);
    }

    fn passed(&mut self, state: &mut Tapped, info: &Info, end: End, place: Place, length: u64) {
        self.dicom.passed(&mut state.conversation, info, end, place, length);
    }

    fn gap(&mut self, state: &mut Tapped, info: &Info, end: End, place: Place, length: u64, missing: Missing) {
        self.dicom.gap(&mut state.conversation, info, end, place, length, missing);
    }

    fn begins_anew(&self, bytes: &[u8]) -> bool {
        self.dicom.begins_anew(bytes)
    }

    fn end(&mut self, state: &mut Tapped, info: &Info, closed: Closed) {
        let (phase, _) = state.conversation.phase(info, info.client);
        state.watch.end(phase, &state.analysis, |end| state.conversation.moving(info, end));
        self.dicom.stalls(info, state.watch.ready());
        self.dicom.end(&mut state.conversation, info, closed);
    }

    fn record(&mut self, state: &mut Tapped, info: &Info, mut record: ConnectionRecord) {
        state.analysis.finish(info.client, &mut record);
        self.dicom.record(&mut state.conversation, info, record);
    }

    fn anomaly(&mut self, state: &mut Tapped, anomaly: Anomaly) {
        self.dicom.anomaly(&mut state.conversation, anomaly);
    }
}
