//! `elements`: one row per element of a data set, sequences and their items among them (PS3.5 section 7).

use super::column::columns;
use crate::dicom::dataset::dictionary::entry;
use crate::event::ElementRecord;

/// Item (PS3.5 section 7.5) is no entry of the data dictionary with a VR.
const DELIMITERS: u32 = 0xFFFE;

columns! {
    ElementRecord as row;
    let known = entry(row.tag);
    let vr = std::str::from_utf8(&row.vr).ok().filter(|_| row.tag >> 16 != DELIMITERS);
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Number of the message, as in `messages`.
    message: U64 = row.message;
    /// Packet that carries the last byte of the element's header.
    packet: U64 = row.packet;
    /// The element, and the items of sequences it stands in, for example "(0008,1140)[0].(0008,1155)"; items count from 0.
    path: Text = &*row.path;
    /// Group in the upper 16 bits, element in the lower.
    tag: U32 = row.tag;
    /// Keyword of PS3.6.
    keyword: Word = known.map(|entry| entry.keyword).filter(|keyword| !keyword.is_empty());
    /// Name of PS3.6; of private elements their private creator, where identifying values are shown.
    name: Word = known.map(|entry| entry.name).filter(|name| !name.is_empty()).or(row.creator.as_deref());
    /// Value representation as sent; in implicit VR, that of PS3.6 ("UN" where it has none).
    vr: Word = vr;
    /// Number of values; null where the value is masked or truncated, and for items.
    vm: U32 = row.multiplicity;
    /// Bytes of the value as announced; null where undefined.
    length: U32 = row.length;
    /// All values as text, a backslash between them; null for bytes and words that are no text, and for sequences.
    value: Text = row.value.as_deref();
    /// Whether the value is longer than what is kept of one, or bytes of it are missing.
    truncated: Bool = row.truncated;
    /// Whether the value identifies a person, and was left out or replaced by a pseudonym (docs/privacy.md).
    masked: Bool = row.masked;
}
