//! Puts the fragments of one direction together to DIMSE messages (PS3.7 section 6.3.1, PS3.8 annex E): a command set, and the
//! count of the data set's bytes. Knows presentation data values; not associations.

use super::command;
use super::dataset::DataSet;
use super::issue::Issue;
use super::pdu::{Pdu, Pdv};
use crate::anomaly::AnomalyKind;
use crate::event::{CommandSet, Spent, Stamp};
use crate::limits::Limits;
use crate::transport::Timeline;

/// Messages of different presentation contexts that are taken apart at once; PS3.8 allows one.
const INTERLEAVED: usize = 4;

/// Value of (0000,0800) that says that no data set follows (PS3.7 section 9.3).
pub const NO_DATA_SET: u16 = 0x0101;

/// A message as far as it was seen.
#[derive(Debug)]
pub struct Assembled {
    pub context_id: u8,
    pub command: CommandSet,
    pub command_issues: Vec<Issue>,
    /// The bytes of the command set up to the first missing one, until it is over.
    command_set: Vec<u8>,
    pub command_seen: bool,
    pub command_bytes: u64,
    pub data_seen: bool,
    pub dataset_bytes: u64,
    pub dataset_first: Option<Stamp>,
    /// What is made of its data set, where anybody wants that.
    pub data_set: Option<Box<DataSet>>,
    /// What came before the first fragment of the data set that was seen is not known.
    pub data_unsure: bool,
    /// The last fragment of the data set came, perhaps not all of its bytes.
    pub data_over: bool,
    /// Its number.
    pub number: Option<u64>,
    pub pdus: u32,
    pub first: Stamp,
    pub last: Stamp,
    /// Offset of its first byte in its direction.
    pub offset: u64,
    /// The positions of its first byte, after its last, and up to which its sender had received the other direction when it began.
    pub start: u64,
    pub end: u64,
    pub received: Option<u64>,
    /// Where the time had gone when it began.
    pub begun: Spent,
    pub complete: bool,
    last_pdu: u64,
    command_over: bool,
    command_whole: bool,
    /// Bytes are missing that belong to no known fragment, since it began.
    torn: bool,
    /// It began after missing bytes: its first fragment may be a later one.
    unsure: bool,
}

/// How a command set begins: with its group length, in Implicit VR Little Endian (PS3.7 section 6.3.1).
const GROUP_LENGTH: [u8; 8] = [0, 0, 0, 0, 4, 0, 0, 0];

impl Assembled {
    fn new(pdu: &Pdu, pdv: Pdv, first: Stamp, timeline: &Timeline) -> Self {
        Self {
            context_id: pdv.context_id,
            command: CommandSet::default(),
            command_issues: Vec::new(),
            command_set: Vec::new(),
            command_seen: pdv.is_command,
            command_bytes: 0,
            data_seen: false,
            dataset_bytes: 0,
            dataset_first: None,
            data_set: None,
            data_unsure: false,
            data_over: false,
            number: None,
            pdus: 0,
            first,
            last: pdu.last,
            offset: pdu.offset,
            start: pdu.position,
            end: pdu.position,
            received: pdu.received,
            begun: timeline.at(first.time),
            complete: true,
            last_pdu: u64::MAX,
            command_over: false,
            command_whole: true,
            torn: false,
            unsure: false,
        }
    }

    fn touch(&mut self, pdu: &Pdu) {
        self.last = pdu.last;
        if self.last_pdu != pdu.offset {
            self.last_pdu = pdu.offset;
            self.pdus += 1;
        }
        self.end = pdu.until();
    }

    fn decode(&mut self) {
        self.complete &= !self.unsure || self.command_set.starts_with(&GROUP_LENGTH);
        if !self.command_set.is_empty() {
            (self.command, self.command_issues) = command::decode(&std::mem::take(&mut self.command_set));
        }
    }

    /// It ends before its time.
    fn broken(mut self) -> Self {
        self.complete = false;
        self.decode();
        self
    }
}

/// What a fragment led to.
#[derive(Debug, Default)]
pub struct Step {
    /// Messages that ended because another began: incomplete.
    pub broken: Vec<Assembled>,
    pub issue: Option<(AnomalyKind, &'static str)>,
}

/// The open messages of one direction.
#[derive(Debug, Default)]
pub struct Assembly {
    open: Vec<Assembled>,
    current: usize,
    /// The message that ended last: its first and last packets, and its operation.
    ended: Option<(u64, u64, (u16, u16))>,
    /// Bytes are missing since the last fragment.
    torn: bool,
}

impl Assembly {
    /// A fragment begins.
    pub fn pdv(&mut self, pdu: &Pdu, pdv: Pdv, timeline: &Timeline) -> Step {
        let mut step = Step::default();
        let torn = std::mem::take(&mut self.torn);
        if pdv.is_command {
            // The end of what was open before the missing bytes is among them.
            step.broken.extend(self.open.extract_if(.., |message| message.torn).map(Assembled::broken));
        }
        let at = self.open.iter().position(|message| message.context_id == pdv.context_id);
        let at = match at {
            Some(at) if self.open.get(at).is_some_and(|message| message.command_over && pdv.is_command) => {
                step.broken.push(self.open.remove(at).broken());
                None
            }
            other => other,
        };
        self.current = at.unwrap_or_else(|| {
            if !self.open.is_empty() {
                step.issue =
                    Some((AnomalyKind::InterleavedMessage, "a message begins in another presentation context before the last one ended"));
            }
            if self.open.len() >= INTERLEAVED {
                step.broken.push(self.open.remove(0).broken());
            }
            if self.open.capacity() == 0 {
                // More than one at a time is against the standard, and a message takes half a kilobyte.
                self.open.reserve_exact(1);
            }
            let first = if pdu.pdvs <= 1 { pdu.first } else { pdu.last };
            self.open.push(Assembled { unsure: torn, ..Assembled::new(pdu, pdv, first, timeline) });
            self.open.len() - 1
        });
        if let Some(message) = self.open.get_mut(self.current) {
            message.touch(pdu);
            if !pdv.is_command {
                message.data_unsure |= !message.data_seen && (!message.command_over || message.torn);
                if !message.command_over {
                    // Data before the command set is over: part of it, or all, was lost.
                    message.complete = false;
                    message.command_over = true;
                }
                message.data_seen = true;
                message.dataset_first.get_or_insert(pdu.last);
            }
        }
        step
    }

    /// Bytes of the current fragment, which is one of a command set.
    pub fn command(&mut self, bytes: &[u8], limits: &Limits) {
        if let Some(message) = self.open.get_mut(self.current)
            && message.command_whole
        {
            let room = limits.command_bytes.saturating_sub(message.command_set.len());
            if bytes.len() > room {
                message.command_whole = false;
                message.complete = false;
            }
            message.command_set.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
        }
    }

    /// The current fragment is over. Gives the message when it was the last one, or a command set that nothing follows.
    pub fn pdv_end(&mut self, pdu: &Pdu, pdv: Pdv, whole: bool) -> Option<Assembled> {
        let message = self.open.get_mut(self.current)?;
        message.touch(pdu);
        if pdv.is_command {
            message.command_bytes += pdv.length;
            message.command_whole &= whole;
        } else {
            message.dataset_bytes += pdv.length;
            message.data_over = pdv.is_last;
            if let Some(data_set) = &mut message.data_set {
                data_set.loss.fragment(pdu);
            }
        }
        message.complete &= whole;
        if !pdv.is_last {
            return None;
        }
        if pdv.is_command {
            message.command_over = true;
            message.decode();
            // Whether data follows a command set that was damaged, the next fragment tells.
            if !message.command_whole || message.command.data_set_type.is_some_and(|kind| kind != NO_DATA_SET) {
                return None;
            }
        }
        let message = self.open.remove(self.current);
        self.ended = message.command.operation().map(|operation| (message.first.packet, message.last.packet, operation));
        Some(message)
    }

    /// The message of the fragment at hand.
    pub fn current(&mut self) -> Option<&mut Assembled> {
        self.open.get_mut(self.current)
    }

    /// How many of the next bytes of the data fragment at hand nobody looks at.
    pub fn unread(&self) -> u64 {
        self.open.get(self.current).and_then(|message| message.data_set.as_deref()).map_or(u64::MAX, DataSet::unread)
    }

    /// Whether a message has begun and is not over, and nothing is missing since.
    pub fn goes_on(&self) -> bool {
        !self.torn && self.open.iter().any(|message| !message.torn)
    }

    /// The message that is under way.
    pub fn under_way(&self) -> Option<&Assembled> {
        self.open.get(self.current)
    }

    /// The operation of the message that had begun at one packet and was not over before the other.
    pub fn stood(&self, before: u64, after: u64) -> Option<(u16, u16)> {
        let ended = self.ended.filter(|(first, last, _)| *first <= before && *last >= after).map(|(.., operation)| operation);
        ended.or_else(|| self.under_way().filter(|message| message.first.packet <= before)?.command.operation())
    }

    /// Bytes are missing that belong to no known fragment: nothing that is open can be complete.
    pub fn lost(&mut self) {
        self.torn = true;
        for message in &mut self.open {
            message.complete = false;
            message.command_whole = false;
            message.torn = true;
            if let Some(data_set) = &mut message.data_set {
                data_set.loss.tear();
            }
        }
    }

    /// No more fragments come: what is open is incomplete.
    pub fn finish(&mut self) -> Vec<Assembled> {
        std::mem::take(&mut self.open).into_iter().map(Assembled::broken).collect()
    }
}
