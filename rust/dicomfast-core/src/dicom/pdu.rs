//! A PDU and its presentation data values as far as they have been seen (PS3.8 section 9.3 and annex E), and who takes them. Knows
//! neither how they are found nor what they mean.

use crate::anomaly::AnomalyKind;
use crate::event::{NO_TIME, Stamp};

pub const P_DATA: u8 = 4;
pub const PDU_HEADER: usize = 6;
pub const PDV_HEADER: usize = 6;
pub const NOWHERE: Stamp = Stamp { packet: 0, time: NO_TIME };

/// A PDU as far as it has been seen.
#[derive(Clone, Debug)]
pub struct Pdu {
    pub pdu_type: u8,
    pub length: u32,
    pub offset: u64,
    /// The position of its first byte.
    pub position: u64,
    pub first: Stamp,
    pub last: Stamp,
    /// The position up to which its sender had received the other direction when its first byte left.
    pub received: Option<u64>,
    pub pdvs: u32,
    pub header: [u8; 12],
    pub header_length: u8,
    pub complete: bool,
    /// Its length is wrong.
    pub refuted: bool,
    /// Bytes of it that are still to come.
    pub remaining: u64,
}

impl Pdu {
    /// Offset of the byte after it.
    pub fn end(&self) -> u64 {
        self.offset + PDU_HEADER as u64 + u64::from(self.length)
    }

    /// The position of the byte after it.
    pub fn until(&self) -> u64 {
        self.position + PDU_HEADER as u64 + u64::from(self.length)
    }
}

impl Default for Pdu {
    /// None yet.
    fn default() -> Self {
        Self {
            pdu_type: 0,
            length: 0,
            offset: 0,
            position: 0,
            first: NOWHERE,
            last: NOWHERE,
            received: None,
            pdvs: 0,
            header: [0; 12],
            header_length: 0,
            complete: true,
            refuted: false,
            remaining: 0,
        }
    }
}

/// A presentation data value's header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pdv {
    pub context_id: u8,
    /// The message control header.
    pub flags: u8,
    pub is_command: bool,
    pub is_last: bool,
    /// Bytes of its fragment, without the message control header.
    pub length: u64,
}

/// Takes what a direction's bytes are made of.
pub trait Upper {
    /// The longest P-DATA-TF that the receiver takes, where it is known to have a limit.
    fn limit(&self) -> Option<u32> {
        None
    }
    fn begin(&mut self, pdu: &Pdu);
    /// The bytes after the header of any PDU but P-DATA-TF: all, or (`pdu.complete` is false) the first ones.
    fn body(&mut self, pdu: &Pdu, body: &[u8]);
    fn pdv(&mut self, pdu: &Pdu, pdv: Pdv);
    /// The next bytes of a command fragment.
    fn command(&mut self, bytes: &[u8]);
    /// How many of the next bytes of a data fragment will not be looked at.
    fn data_unread(&self) -> u64 {
        u64::MAX
    }
    /// The next bytes of a data fragment.
    fn data(&mut self, _stamp: Stamp, _bytes: &[u8]) {}
    /// So many bytes of a data fragment were there, within what is unread.
    fn data_passed(&mut self, _count: u64) {}
    /// So many bytes of a data fragment are missing.
    fn data_lost(&mut self, _count: u64) {}
    /// The fragment is over; `whole` is false where bytes of it are missing.
    fn pdv_end(&mut self, pdu: &Pdu, pdv: Pdv, whole: bool);
    fn end(&mut self, pdu: &Pdu);
    /// These bytes belong to no known fragment: PDU boundaries are no longer known, or the rest of the PDU is skipped.
    fn lost(&mut self, from: u64, until: u64);
    /// They are known again, after this many bytes.
    fn found(&mut self, stamp: Stamp, offset: u64, skipped: u64);
    fn issue(&mut self, stamp: Stamp, kind: AnomalyKind, detail: &'static str, offset: u64, length: u64);
}
