//! The phrases that several findings share. Knows records; all text from the wire in them is already safe to show.

use super::association::Last;
use crate::dicom::{command, names};
use crate::event::{AssociationRecord, ConnectionRecord, Endpoint, Sender, Time};

/// How many items of a list a finding names before it only counts.
const ITEMS: usize = 8;

/// "'CT01' (10.0.0.1:50000) -> 'PACS' (10.0.0.2:104)".
pub(super) fn parties(record: &AssociationRecord) -> String {
    let calling = title(record.calling_ae.as_deref());
    let called = title(record.called_ae.as_deref());
    format!("{calling} ({}) -> {called} ({})", endpoint(record.requestor), endpoint(record.acceptor))
}

/// One of the two: "'PACS' (10.0.0.2:104)".
pub(super) fn party(record: &AssociationRecord, side: Sender) -> String {
    match side {
        Sender::Requestor => format!("{} ({})", title(record.calling_ae.as_deref()), endpoint(record.requestor)),
        Sender::Acceptor => format!("{} ({})", title(record.called_ae.as_deref()), endpoint(record.acceptor)),
    }
}

pub(super) fn title(ae: Option<&str>) -> String {
    ae.map_or_else(|| "(AE title not captured)".to_owned(), |ae| format!("'{ae}'"))
}

/// "connection 3, 10.0.0.1:50000 -> 10.0.0.2:104".
pub(super) fn ends(record: &ConnectionRecord) -> String {
    format!("connection {}, {} -> {}", record.connection, endpoint(record.client), endpoint(record.server))
}

pub(super) fn endpoint(endpoint: Endpoint) -> String {
    std::net::SocketAddr::new(endpoint.ip, endpoint.port).to_string()
}

/// "C-STORE-RQ of the requestor (message ID 5, not complete) in packet 120".
pub(super) fn message(last: &Last) -> String {
    let name = last.command_field.map_or("a message whose command was lost", command::command_name);
    let id = last.message_id.map_or_else(|| "message ID unknown".to_owned(), |id| format!("message ID {id}"));
    let status = last.status.map(|status| format!(", status 0x{status:04X}")).unwrap_or_default();
    let whole = if last.complete { "" } else { ", not complete" };
    format!("{name} of the {} ({id}{status}{whole}) in packet {}", last.sender.name(), last.stamp.packet)
}

pub(super) fn uid(uid: Option<&str>) -> String {
    uid.map_or_else(|| "not captured".to_owned(), names::uid_and_name)
}

/// The first items of a list, and how many more there are.
pub(super) fn list(items: &[String], between: &str) -> String {
    let named = items.iter().take(ITEMS).map(String::as_str).collect::<Vec<_>>().join(between);
    match items.len().saturating_sub(ITEMS) {
        0 => named,
        more => format!("{named}{between}and {more} more"),
    }
}

pub(super) fn seconds(nanoseconds: Time) -> String {
    format!("{:.3} s", nanoseconds as f64 / 1e9)
}

/// "2.500 s", "40.0 ms", "0.120 ms".
pub(super) fn duration(nanoseconds: Time) -> String {
    match nanoseconds {
        1_000_000_000.. => seconds(nanoseconds),
        1_000_000.. => format!("{:.1} ms", nanoseconds as f64 / 1e6),
        _ => format!("{:.3} ms", nanoseconds as f64 / 1e6),
    }
}

/// "2.500 s (50 % of 5.000 s)".
pub(super) fn part(nanoseconds: Time, whole: Time) -> String {
    format!("{} ({} of {})", duration(nanoseconds), share(nanoseconds, whole), duration(whole))
}

/// "50 %".
pub(super) fn share(part: Time, whole: Time) -> String {
    format!("{:.0} %", part as f64 * 100.0 / whole.max(1) as f64)
}

/// "0.82 MB/s".
pub(super) fn rate(bytes: u64, nanoseconds: Time) -> String {
    format!("{:.2} MB/s", bytes as f64 * 1e3 / nanoseconds.max(1) as f64)
}

/// "1 object", "2 objects".
pub(super) fn count(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

pub(super) fn side(sender: Option<Sender>) -> &'static str {
    sender.map_or("an unknown side", Sender::name)
}
