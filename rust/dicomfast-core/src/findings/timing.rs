//! What is noted of the timing of an association while it is open: waits for responses by command, stalls by cause, gaps between
//! operations. Knows no rule; its size has a bound.

use super::groups::Place;
use super::operation;
use crate::event::{Cause, Class, NO_TIME, OperationRecord, Sender, StallRecord, Stamp, Time};
use crate::limits::NOTED_COMMANDS;
use crate::transport::RttSamples;

/// From when on a single response took long. Users give up about then, and the shortest of the usual time-outs are not far.
pub(super) const LONG_RESPONSE: i64 = 10_000_000_000;
/// The same for C-MOVE and C-GET, that answer when objects have been delivered.
pub(super) const LONG_RETRIEVAL: i64 = 60_000_000_000;

#[derive(Debug, Default)]
pub(super) struct Timing {
    pub(super) commands: Vec<Responses>,
    pub(super) stalls: Vec<Stood>,
    /// The stall that ended last.
    pub(super) last_stall: Option<LastStall>,
    /// From the end of what was under way to the next request.
    pub(super) gaps: RttSamples,
    pub(super) longest_gap: i64,
    busy_until: Option<Time>,
    /// Round-trip time of the connection as its stalls tell it.
    pub(super) rtt: Option<i64>,
}

/// Operations of one command from one side.
#[derive(Debug)]
pub(super) struct Responses {
    pub(super) command_field: u16,
    pub(super) initiator: Sender,
    pub(super) count: u64,
    /// Nanoseconds in which a request was complete and nothing moved.
    pub(super) waited: i64,
    /// From the request's last byte to the first response.
    pub(super) times: RttSamples,
    pub(super) longest: i64,
    /// Those that took long, and the longest of them.
    pub(super) long: u64,
    pub(super) long_place: Option<(Place, String)>,
}

/// Stalls of one cause and one sender.
#[derive(Debug)]
pub(super) struct Stood {
    pub(super) cause: Cause,
    pub(super) sender: Sender,
    pub(super) waits: u64,
    pub(super) waited: i64,
    /// The longest of them.
    pub(super) longest: i64,
    pub(super) before: Stamp,
    pub(super) after: Stamp,
    /// The largest of them.
    pub(super) bytes_in_flight: Option<u64>,
    pub(super) window: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LastStall {
    pub(super) cause: Cause,
    pub(super) sender: Sender,
    pub(super) before: Stamp,
    pub(super) after: Stamp,
    pub(super) resumed: bool,
}

impl Responses {
    /// Who answers.
    pub(super) fn performer(&self) -> Sender {
        self.initiator.other()
    }
}

impl Timing {
    pub(super) fn operation(&mut self, record: &OperationRecord) {
        self.gap(record);
        let (Some(asked), Some(answered)) = (record.request_end, record.first_response) else { return };
        let took = answered.saturating_sub(asked);
        let Some(of) = self.responses(record) else { return };
        of.count += 1;
        of.waited = of.waited.saturating_add(record.budget.map_or(took, |budget| budget.get(Class::WaitingResponse)).max(0));
        of.times.add(took);
        let retrieval = matches!(record.command_field, operation::C_MOVE | operation::C_GET);
        if took >= if retrieval { LONG_RETRIEVAL } else { LONG_RESPONSE } {
            of.long += 1;
            if took > of.longest {
                of.long_place = Some((operation::place(record), operation::name(record)));
            }
        }
        of.longest = of.longest.max(took);
    }

    /// Notes for how long nothing had been under way when the operation began.
    fn gap(&mut self, record: &OperationRecord) {
        if let (Some(busy_until), Some(start)) = (self.busy_until, record.request_start) {
            let gap = start.saturating_sub(busy_until);
            self.gaps.add(gap);
            self.longest_gap = self.longest_gap.max(gap);
        }
        self.busy_until = self.busy_until.max(record.end);
    }

    fn responses(&mut self, record: &OperationRecord) -> Option<&mut Responses> {
        let (command_field, initiator) = (record.command_field, record.initiator);
        let same = |of: &Responses| of.command_field == command_field && of.initiator == initiator;
        if let Some(at) = self.commands.iter().position(same) {
            return self.commands.get_mut(at);
        }
        if self.commands.len() >= NOTED_COMMANDS {
            return None;
        }
        let times = RttSamples::default();
        let new = Responses { command_field, initiator, count: 0, waited: 0, times, longest: 0, long: 0, long_place: None };
        self.commands.push(new);
        self.commands.last_mut()
    }

    pub(super) fn stall(&mut self, record: &StallRecord) {
        self.rtt = match (self.rtt, record.rtt) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if self.last_stall.is_none_or(|last| record.after.packet >= last.after.packet) {
            let StallRecord { cause, sender, before, after, resumed, .. } = *record;
            self.last_stall = Some(LastStall { cause, sender, before, after, resumed });
        }
        let same = |of: &&mut Stood| of.cause == record.cause && of.sender == record.sender;
        let (waits, waited) = (u64::from(record.waits), record.waited.max(0));
        if let Some(stood) = self.stalls.iter_mut().find(same) {
            stood.waits += waits;
            stood.waited = stood.waited.saturating_add(waited);
            if waited > stood.longest {
                (stood.longest, stood.before, stood.after) = (waited, record.before, record.after);
            }
            stood.bytes_in_flight = stood.bytes_in_flight.max(record.bytes_in_flight);
            stood.window = stood.window.max(record.window);
        } else {
            let StallRecord { cause, sender, before, after, bytes_in_flight, window, .. } = *record;
            self.stalls.push(Stood { cause, sender, waits, waited, longest: waited, before, after, bytes_in_flight, window });
        }
    }

    /// Nanoseconds of one cause, and how many waits.
    pub(super) fn stood(&self, cause: Cause) -> (i64, u64) {
        let of = self.stalls.iter().filter(|stood| stood.cause == cause);
        of.fold((0, 0), |(waited, waits), stood| (waited.saturating_add(stood.waited), waits + stood.waits))
    }

    /// The one of these causes, and its sender, that took the most time.
    pub(super) fn worst(&self, causes: &[Cause]) -> Option<&Stood> {
        self.stalls.iter().filter(|stood| causes.contains(&stood.cause)).max_by_key(|stood| stood.waited)
    }
}

/// The time from one packet to another, where both have one.
pub(super) fn between(from: Time, to: Time) -> Option<i64> {
    (from != NO_TIME && to != NO_TIME).then(|| to.saturating_sub(from)).filter(|time| *time >= 0)
}
