//! Rules over how one TCP connection carried its data: the size of segments, what was sent again, how large the windows can get. They
//! hold for encrypted connections, too.

use super::codes::{self, Code};
use super::connection::{attempt, from_to, place};
use super::groups::{Group, Groups, Opening};
use super::path::Path;
use super::text;
use crate::event::{ConnectionRecord, Opened, Protocol, SideCounts};

/// Bytes from which on it matters how they were carried.
const MUCH: u64 = 1_000_000;
/// The MSS where the handshake was not seen: that of Ethernet and IPv4.
const USUAL_MSS: u16 = 1_460;
/// Segments of less than one part in so many of the MSS are tiny.
const TINY: u64 = 3;
/// A side that sends one part in so many of what the other sends gets acknowledgements, and hardly sends any.
const ONE_WAY: u64 = 10;
/// Packets sent again, of so many, that hold a transfer up (RFC 5681: each loss halves the rate).
const LOSSY: u64 = 100;
/// Fewer do not make a rate.
const AGAIN: u64 = 20;
/// RFC 9293 section 3.1: without the window scale option (RFC 7323) a window has 16 bits.
const UNSCALED: u64 = 65_535;
/// From this round trip on, 64 KiB for each are less than 13 MB/s: an ordinary line is not filled.
const LONG_PATH: i64 = 5_000_000;

pub(super) const RULES: &[fn(&ConnectionRecord, &mut Groups)] = &[tiny_segments, packets_sent_again, window_scaling_missing];

/// Each side with the name of it and the other one.
fn sides(record: &ConnectionRecord) -> [(&'static str, &SideCounts, &SideCounts); 2] {
    let (client, server) = (&record.client_counts, &record.server_counts);
    [("client", client, server), ("server", server, client)]
}

/// The first connection's words, and how many there are.
fn tell(group: &Group) -> String {
    if group.count == 1 {
        return group.text.clone();
    }
    format!("{}; {} like this one", group.text, text::count(group.count, "connection"))
}

fn add(record: &ConnectionRecord, code: &'static Code, amount: u64, told: &str, groups: &mut Groups) {
    let opening = Opening::new(code, place(record), tell);
    groups.measure(attempt(record), &opening, amount, 0, || format!("{}: {told}", from_to(record)));
}

fn dicom(record: &ConnectionRecord) -> bool {
    matches!(record.protocol, Protocol::Dicom | Protocol::DicomTls)
}

/// A side that sends data one way has few packets without payload.
fn tiny_segments(record: &ConnectionRecord, groups: &mut Groups) {
    for (name, side, other) in sides(record) {
        let mss = u64::from(other.mss.unwrap_or(USUAL_MSS));
        let mean = side.payload_bytes / side.packets.max(1);
        let one_way = other.payload_bytes <= side.payload_bytes / ONE_WAY;
        if dicom(record) && one_way && side.payload_bytes >= MUCH && mean < mss / TINY {
            let known = if other.mss.is_some() { "" } else { " (assumed: no handshake was captured)" };
            let told = format!(
                "the {name} sent {} bytes in {} packets, {mean} each; the maximum segment size is {mss}{known}",
                side.payload_bytes, side.packets
            );
            add(record, &codes::TINY_SEGMENTS, side.packets, &told, groups);
        }
    }
}

/// What was sent again without need, and copies in the capture, are left out.
fn packets_sent_again(record: &ConnectionRecord, groups: &mut Groups) {
    for (name, side, _) in sides(record) {
        let again = side.retransmissions.saturating_sub(side.spurious_retransmissions);
        if dicom(record) && again >= AGAIN && again * LOSSY >= side.packets {
            let told = format!(
                "{again} of {} packets of the {name} were lost and sent again ({}), {} bytes",
                side.packets,
                text::share(again as i64, side.packets as i64),
                side.retransmitted_bytes
            );
            add(record, &codes::PACKETS_SENT_AGAIN, again, &told, groups);
        }
    }
}

/// Only where it is certain that the option was not agreed, and the limit was felt.
fn window_scaling_missing(record: &ConnectionRecord, groups: &mut Groups) {
    let (client, server) = (&record.client_counts, &record.server_counts);
    let scaled = client.window_scale.is_some() && server.window_scale.is_some();
    let handshake = record.opened == Opened::Handshake && client.mss.is_some() && server.mss.is_some();
    let Some(trip) = Path::of(Some(record), record.client, None).whole().filter(|trip| *trip >= LONG_PATH) else { return };
    let much = client.payload_bytes.max(server.payload_bytes) >= MUCH;
    if dicom(record) && handshake && !scaled && much {
        let without: Vec<_> = sides(record).iter().filter(|(_, side, _)| side.window_scale.is_none()).map(|(name, ..)| *name).collect();
        let told = format!(
            "not announced by the {}; {UNSCALED} bytes for each round trip of {} are at most {}",
            without.join(" and the "),
            text::duration(trip),
            text::rate(UNSCALED, trip),
        );
        add(record, &codes::WINDOW_SCALING_MISSING, client.payload_bytes.max(server.payload_bytes), &told, groups);
    }
}
