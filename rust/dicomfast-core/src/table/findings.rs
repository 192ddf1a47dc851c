//! `findings`: one row per thing worth telling a person.

use super::column::columns;
use crate::event::FindingRecord;

columns! {
    FindingRecord as row;
    /// "error", "warning" or "note".
    severity: Word = row.severity.name();
    /// What kind of finding it is; stable, for programs.
    code: Word = row.code;
    /// What it is, for people.
    title: Word = row.title;
    /// Association it concerns (the first, where several), as in `associations`.
    association: U64 = row.association;
    /// TCP connection it concerns (the first, where several), as in `connections`.
    connection: U64 = row.connection;
    /// Message it concerns, as in `messages`.
    message: U64 = row.message;
    /// Packet where to look first.
    packet: U64 = row.packet;
    /// Time of that packet.
    time: Time = row.time;
    /// Who and how much: names and numbers.
    evidence: Text = row.evidence.as_str();
    /// What to do about it, in one line.
    advice: Word = row.advice;
}
