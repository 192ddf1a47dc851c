//! What one TCP connection says, as DICOM: which of its bytes are PDUs, to which association they belong, and the rows that come
//! of them. The consumer of the flow stage and the source of all upper-layer and DIMSE events.

use std::collections::VecDeque;

use super::assembly::Assembly;
use super::association::Association;
use super::carry::DataSetOptions;
use super::framer::Framer;
use super::handler::Handler;
use super::out::Out;
use super::resync::{Verdict, judge};
use super::tls::looks_like_tls;
use crate::anomaly::Anomaly;
use crate::event::{Closed, ConnectionRecord, Protocol, Sink, StallRecord, Wants};
use crate::flow::{Consumer, End, Ends, Info, Missing, Place};
use crate::limits::Limits;
use crate::transport::Timeline;

/// IANA: dicom-tls.
const DICOM_TLS_PORT: u16 = 2762;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) framer: Framer,
    pub(super) assembly: Assembly,
    /// Number, on this connection, of the association that its PDUs belong to now.
    at: u64,
    /// The first bytes, to tell other protocols.
    head: Vec<u8>,
    /// The position after the last bytes that may have held messages which nobody saw.
    lost: u64,
    /// The last of those bytes, from and until.
    hole: (u64, u64),
    /// Bytes of it are missing.
    torn: bool,
    /// Searched in vain: not read any more, unless the other direction turns out to be DICOM.
    given_up: bool,
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Conversation {
    pub(super) lanes: Ends<Lane>,
    pub(super) associations: VecDeque<Association>,
    /// Where the time went so far.
    pub timeline: Timeline,
    /// Number, on this connection, of the first association that is still open.
    base: u64,
    pub(super) is_dicom: bool,
    is_tls: bool,
    count: u64,
}

impl Conversation {
    /// Whether what an end says is no DICOM, as far as is known.
    #[inline]
    pub(super) fn is_ignored(&self, end: End) -> bool {
        self.lanes.get(end).given_up && !self.is_dicom
    }
}

/// Decodes every connection; hands what happens to a [`Sink`].
pub struct Dicom<S> {
    pub sink: S,
    limits: Limits,
    wants: Wants,
    options: DataSetOptions,
    next_association: u64,
    next_message: u64,
}

impl<S: Sink> Dicom<S> {
    pub fn new(sink: S, limits: &Limits) -> Self {
        let wants = sink.wants();
        Self { sink, limits: limits.clone(), wants, options: DataSetOptions::default(), next_association: 0, next_message: 0 }
    }

    /// How it tells of data sets.
    #[must_use]
    pub fn telling(self, options: DataSetOptions) -> Self {
        Self { options, ..self }
    }

    /// Time in which a connection's messages stood still.
    pub fn stalls(&mut self, info: &Info, stalls: impl Iterator<Item = StallRecord>) {
        stalls.filter(|_| self.wants.tell(info.held)).for_each(|stall| self.sink.stall(stall));
    }

    /// Runs a direction's framer with everything it may change.
    #[inline]
    fn frame(&mut self, state: &mut Conversation, info: &Info, end: End, run: impl FnOnce(&mut Framer, &Limits, &mut Handler<'_, S>)) {
        let limits = &self.limits;
        let Conversation { lanes, associations, base, is_dicom, count, timeline, .. } = state;
        let (lane, other) = match end {
            End::First => (&mut lanes.first, &mut lanes.second),
            End::Second => (&mut lanes.second, &mut lanes.first),
        };
        let Lane { framer, assembly, at, lost, hole, .. } = lane;
        framer.start = *info.starts.get(end);
        let mut handler = Handler {
            out: Out { sink: &mut self.sink, wants: &self.wants, options: &self.options, info },
            limits,
            next_message: &mut self.next_message,
            next_association: &mut self.next_association,
            assembly,
            at,
            lost,
            hole,
            other_reached: other.framer.start + other.framer.reached,
            other_lost: other.lost,
            other_at: &mut other.at,
            associations,
            base,
            is_dicom,
            count,
            timeline,
            info,
            end,
        };
        run(framer, limits, &mut handler);
    }

    /// The beginning of a direction, until it is known what it is.
    fn look(&mut self, state: &mut Conversation, info: &Info, end: End, bytes: &[u8]) {
        let lane = state.lanes.get_mut(end);
        let room = 5usize.saturating_sub(lane.head.len());
        lane.head.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        state.is_tls |= looks_like_tls(&lane.head);
        let budget = if *info.from_start.get(end) && !lane.torn { self.limits.preamble_bytes } else { self.limits.detection_bytes };
        lane.given_up = state.is_tls || lane.framer.searched > budget;
        if lane.given_up {
            lane.framer.forget();
        }
    }
}

impl<S: Sink> Consumer for Dicom<S> {
    type State = Conversation;

    #[inline]
    fn unread(&self, state: &Conversation, end: End) -> u64 {
        if state.is_ignored(end) { u64::MAX } else { state.lanes.get(end).framer.unread }
    }

    #[inline]
    fn data(&mut self, state: &mut Conversation, info: &Info, end: End, place: Place, bytes: &[u8]) {
        if !state.is_dicom {
            if state.lanes.get(end).given_up {
                return;
            }
            self.frame(state, info, end, |framer, limits, handler| framer.data(place, bytes, limits, handler));
            if !state.is_dicom {
                self.look(state, info, end, bytes);
            }
            return;
        }
        self.frame(state, info, end, |framer, limits, handler| framer.data(place, bytes, limits, handler));
    }

    fn passed(&mut self, state: &mut Conversation, info: &Info, end: End, place: Place, length: u64) {
        if state.is_dicom {
            self.frame(state, info, end, |framer, _, handler| framer.passed(place, length, handler));
        }
    }

    fn gap(&mut self, state: &mut Conversation, info: &Info, end: End, place: Place, length: u64, _missing: Missing) {
        let lane = state.lanes.get_mut(end);
        lane.torn = true;
        let index = lane.at.saturating_sub(state.base) as usize;
        if let Some(association) = state.associations.get_mut(index) {
            // After the last word of an end, bytes that are missing are not of this association.
            association.damaged |= !association.is_left_by(end);
        }
        self.frame(state, info, end, |framer, limits, handler| framer.gap(place, length, limits, handler));
    }

    fn begins_anew(&self, bytes: &[u8]) -> bool {
        bytes.first() == Some(&1) && judge(bytes) == Verdict::Yes
    }

    fn end(&mut self, state: &mut Conversation, info: &Info, closed: Closed) {
        for end in [End::First, End::Second] {
            self.frame(state, info, end, |framer, limits, handler| {
                framer.finish(limits, handler);
                for open in handler.assembly.finish() {
                    handler.message(open);
                }
            });
        }
        for end in [End::First, End::Second] {
            // What it said in these is among the bytes that are missing.
            let torn = state.lanes.get(end).torn;
            state.associations.iter_mut().for_each(|association| association.damaged |= torn && *association.seen.get(end) == 0);
        }
        self.frame(state, info, End::First, |_, _, handler| {
            while let Some(association) = handler.associations.pop_front() {
                handler.out.finish(association, closed);
            }
        });
    }

    fn record(&mut self, state: &mut Conversation, info: &Info, mut record: ConnectionRecord) {
        if !self.wants.tell(info.held) {
            return;
        }
        record.associations = state.count;
        record.protocol = if state.is_dicom {
            Protocol::Dicom
        } else if !state.is_tls {
            Protocol::Other
        } else if record.server.port == DICOM_TLS_PORT {
            Protocol::DicomTls
        } else {
            Protocol::Tls
        };
        self.sink.connection(record);
    }

    fn anomaly(&mut self, state: &mut Conversation, mut anomaly: Anomaly) {
        if anomaly.association.is_none() && state.associations.len() == 1 {
            anomaly.association = state.associations.front().map(|association| association.number);
        }
        self.sink.anomaly(anomaly);
    }
}
