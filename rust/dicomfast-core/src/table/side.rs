//! The columns of `connections` that stand once for each side: what that side sent. The flags are Wireshark's.

use super::column::columns;
use crate::event::SideCounts;

columns! {
    SideCounts as row;
    /// maximum segment size it announced, in bytes (RFC 9293 section 3.7.1).
    mss: U16 = row.mss;
    /// window scale it announced, as a shift (RFC 7323).
    window_scale: U8 = row.window_scale;
    /// packets.
    packets: U64 = row.packets;
    /// bytes of TCP payload, retransmitted ones included.
    payload_bytes: U64 = row.payload_bytes;
    /// bytes of payload sent again.
    retransmitted_bytes: U64 = row.retransmitted_bytes;
    /// packets sent again.
    retransmissions: U64 = row.retransmissions;
    /// retransmissions after duplicate acknowledgements.
    fast_retransmissions: U64 = row.fast_retransmissions;
    /// retransmissions of bytes that were already acknowledged.
    spurious_retransmissions: U64 = row.spurious_retransmissions;
    /// packets that came after later ones.
    out_of_order: U64 = row.out_of_order;
    /// acknowledgements that repeat the one before.
    duplicate_acks: U64 = row.duplicate_acks;
    /// copies of a packet that the capture holds twice.
    duplicate_packets: U64 = row.duplicate_packets;
    /// bytes it sent that are not in the capture.
    lost_bytes: U64 = row.lost_bytes;
    /// bytes it sent that the snap length cut off.
    not_captured_bytes: U64 = row.not_captured_bytes;
    /// packets with a wrong TCP checksum.
    bad_checksums: U64 = row.bad_checksums;
    /// packets that announce a receive window of zero.
    zero_windows: U64 = row.zero_windows;
    /// time for which its receive window was zero.
    zero_window_time: Duration = row.zero_window_time;
    /// packets that fill the other side's receive window.
    window_full: U64 = row.window_full;
    /// shortest time from its data to their acknowledgement.
    rtt_min: Duration = row.rtt_min;
    /// median time from its data to their acknowledgement.
    rtt_median: Duration = row.rtt_median;
    /// 95th percentile of the time from its data to their acknowledgement.
    rtt_p95: Duration = row.rtt_p95;
    /// most bytes sent and not yet acknowledged.
    max_bytes_in_flight: U64 = row.max_bytes_in_flight;
    /// largest receive window it announced, scaled, in bytes.
    max_window: U64 = row.max_window;
}
