//! What is told of the parts of PDUs (PS3.8 section 9.3): presentation data values, and the items of a negotiation.

use super::{Sender, Stamp, Uid};

/// A row of `pdvs` (PS3.8 section 9.3.5.1 and annex E).
#[derive(Clone, Debug)]
pub struct PdvRecord {
    pub association: u64,
    pub connection: u64,
    pub sender: Sender,
    /// Of the first byte of its PDU in its direction of the connection, as in `pdus`.
    pub pdu_offset: u64,
    /// The packet that carries the last byte of its header.
    pub stamp: Stamp,
    /// Its length field: bytes after it, context ID and message control header included.
    pub length: u32,
    pub context_id: u8,
    /// The message control header: 1 command, 2 last fragment.
    pub flags: u8,
}

/// A row of `items`: an item or sub-item of A-ASSOCIATE-RQ or -AC (PS3.8 section 9.3.2 and 9.3.3, annex D; PS3.7 annex D.3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemRecord {
    pub item_type: u8,
    /// The length field.
    pub length: u16,
    /// The presentation context that it is, or is part of.
    pub context_id: Option<u8>,
    /// Result/Reason of a presentation context in A-ASSOCIATE-AC.
    pub result: Option<u8>,
    /// The UID that it holds or is about.
    pub uid: Option<Uid>,
    /// The length field of that UID, where the item has more than a UID.
    pub uid_length: Option<u16>,
    /// Implementation version name.
    pub version: Option<String>,
    pub max_pdu: Option<u32>,
    /// Asynchronous operations window: operations invoked, operations performed.
    pub window: Option<(u16, u16)>,
    /// Role selection: SCU, SCP.
    pub roles: Option<(u8, u8)>,
    /// The first bytes of the service class application information of an extended negotiation.
    pub information: Option<[u8; 4]>,
    pub information_length: u16,
    /// User identity: type, positive response requested. What identifies the user is counted, never kept.
    pub identity: Option<(u8, u8)>,
    pub primary_length: Option<u16>,
    pub secondary_length: Option<u16>,
}

/// Where an [`ItemRecord`] stands.
#[derive(Clone, Copy, Debug)]
pub struct ItemPlace {
    pub association: u64,
    pub connection: u64,
    pub sender: Sender,
    pub pdu_type: u8,
    /// The last byte of its PDU.
    pub stamp: Stamp,
}
