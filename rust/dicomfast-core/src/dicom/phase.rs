//! What is under way on a connection, for those who say where its time goes: between two segments this does not change.

use super::association::Association;
use super::conversation::Conversation;
use crate::event::{Class, Sender, StallRecord};
use crate::flow::{End, Info, Place};
use crate::transport::{Moving, Phase};

impl Conversation {
    /// What is under way, where an end speaks next; and the end that requested the association.
    #[inline]
    pub fn phase(&self, info: &Info, end: End) -> (Phase, End) {
        let Some(association) = self.associations.back() else { return (Phase::Outside, info.client) };
        let requestor = association.requestor(info);
        // In the middle of a fragment of a data set: nearly always.
        if self.lanes.get(end).framer.unread > 0 && association.is_carrying_data {
            return (Phase::Moving(end), requestor);
        }
        (self.slow_phase(association, end), requestor)
    }

    /// Whether an end is in the middle of bytes that nobody reads, and stays there for so many: then what the time until they came was.
    #[inline]
    pub fn carries(&self, info: &Info, end: End, length: u32) -> Option<Class> {
        let lane = self.lanes.get(end);
        let Some(association) = self.associations.back() else { return self.is_ignored(end).then_some(Class::Outside) };
        let moves = if association.requestor(info) == end { Class::Sending } else { Class::Receiving };
        (self.is_dicom && association.is_carrying_data && lane.framer.unread > u64::from(length)).then_some(moves)
    }

    /// Takes those bytes, which came when `place` says; the time until then was of a class.
    #[inline]
    pub fn carry(&mut self, end: End, place: Place, length: u32, class: Class) {
        self.timeline.spend(class, place.stamp.time);
        if self.is_dicom {
            self.lanes.get_mut(end).framer.go_by(place, length.into());
        }
    }

    fn slow_phase(&self, association: &Association, end: End) -> Phase {
        if association.is_over() {
            Phase::Outside
        } else if association.is_negotiating() {
            Phase::Negotiating
        } else if self.is_speaking(end) {
            Phase::Moving(end)
        } else if self.is_speaking(end.other()) {
            Phase::Moving(end.other())
        } else if association.pairing.is_waiting(association.is_asynchronous()) {
            Phase::Waiting
        } else {
            Phase::Idle
        }
    }

    /// Whether an end has begun a PDU or a message, and not ended it.
    fn is_speaking(&self, end: End) -> bool {
        let lane = self.lanes.get(end);
        lane.framer.is_inside() || lane.assembly.goes_on()
    }

    /// The message that an end has under way.
    pub fn moving(&self, info: &Info, end: End) -> Option<Moving> {
        let association = self.associations.back()?;
        let operation = self.lanes.get(end).assembly.under_way().and_then(|message| message.command.operation());
        Some(Moving { connection: info.connection, association: association.number, sender: association.sender(end, info), operation })
    }

    /// The operation of the message that stood still, where its command set was not over yet and is now.
    pub fn stood(&self, info: &Info, row: &StallRecord) -> Option<(u16, u16)> {
        let association = self.associations.back().filter(|association| association.number == row.association)?;
        let requestor = association.requestor(info);
        let end = if row.sender == Sender::Requestor { requestor } else { requestor.other() };
        self.lanes.get(end).assembly.stood(row.before.packet, row.after.packet)
    }
}

impl Association {
    /// Nothing more belongs to it.
    pub(super) fn is_over(&self) -> bool {
        self.abort.is_some() || self.reject.is_some() || self.released.is_some()
    }

    /// Its request, or the one for its release, waits for the answer. Where data came the answer was lost.
    fn is_negotiating(&self) -> bool {
        let setting_up = !self.has_answer() && !self.has_data;
        setting_up || self.release_requested.first || self.release_requested.second
    }

    /// Whether several operations may be open at once, as agreed (PS3.7 annex D.3.3.3).
    fn is_asynchronous(&self) -> bool {
        self.accept.as_ref().and_then(|accept| accept.async_window).is_some_and(|window| window.invoked != 1 || window.performed != 1)
    }
}
