//! What is told of the data sets that messages carry (PS3.5, PS3.7 section 6.3.1).

use super::{CommandSet, Sender, Stamp, Uid};

/// A row of `elements`: an element, a sequence, or an item of one.
#[derive(Clone, Debug)]
pub struct ElementRecord {
    pub association: u64,
    pub message: u64,
    /// Packet that carries the last byte of its header.
    pub packet: u64,
    /// For example `(0008,1140)[0].(0008,1155)`.
    pub path: String,
    pub tag: u32,
    /// Private Creator of the block it stands in, where it may be shown.
    pub creator: Option<String>,
    /// Its two letters.
    pub vr: [u8; 2],
    pub multiplicity: Option<u32>,
    /// `None` where it is undefined.
    pub length: Option<u32>,
    pub value: Option<String>,
    /// The value is longer than what is kept of one, or bytes of it are missing.
    pub truncated: bool,
    pub masked: bool,
}

/// Bytes of a data set that are missing: where they begin in it, and how many; `None`: nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostRange {
    pub offset: u64,
    pub length: Option<u64>,
}

/// What a data set is about: attributes at its top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    pub modality: Option<String>,
    pub patient_id: Option<String>,
    pub patient_name: Option<String>,
    pub study_instance: Option<String>,
    pub series_instance: Option<String>,
    pub accession_number: Option<String>,
    pub rows: Option<u32>,
    pub columns: Option<u32>,
    pub number_of_frames: Option<u32>,
}

/// A row of `objects`: a data set that a message carried.
#[derive(Clone, Debug)]
pub struct ObjectRecord {
    pub association: u64,
    pub connection: u64,
    pub message: u64,
    pub sender: Sender,
    pub message_id: Option<u16>,
    pub command_field: Option<u16>,
    pub sop_class: Option<Uid>,
    pub sop_instance: Option<Uid>,
    pub transfer_syntax: Option<Uid>,
    /// Bytes of it, missing ones included, as far as their number is known.
    pub bytes: u64,
    pub attributes: Attributes,
    pub complete: bool,
    pub lost: Vec<LostRange>,
    /// SHA-256 of its bytes, where it was asked for and none is missing.
    pub sha256: Option<[u8; 32]>,
    pub first: Stamp,
    pub last: Stamp,
}

/// The bytes of a data set, for who records them.
#[derive(Clone, Copy, Debug)]
pub enum DataEvent<'a> {
    Begin {
        message: u64,
        command: &'a CommandSet,
        /// As negotiated; `None` where that was not seen.
        transfer_syntax: Option<&'a str>,
    },
    /// The next bytes. What stands between them and those before is missing.
    Bytes { message: u64, offset: u64, bytes: &'a [u8] },
    /// No more bytes come.
    End(&'a ObjectRecord),
}

/// A row of `exports`: a data set, and the file it was written to.
#[derive(Clone, Debug)]
pub struct ExportRecord {
    /// Name in the folder; `None` where none was written.
    pub file: Option<String>,
    /// Why none was.
    pub reason: Option<&'static str>,
    pub object: ObjectRecord,
    /// SHA-256 of the file's data set.
    pub sha256: Option<[u8; 32]>,
}
