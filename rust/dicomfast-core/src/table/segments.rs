//! `segments`: one row per TCP segment, with the flags of Wireshark's sequence analysis (`tcp.analysis.*`).

use super::column::columns;
use crate::event::{SegmentRecord, analysis};

columns! {
    SegmentRecord as row;
    let said = |flag: u16| row.analysis & flag != 0;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// Number of the packet, from 1 (Wireshark's `frame.number`).
    packet: U64 = row.stamp.packet;
    /// Time of the packet.
    time: Time = row.stamp.time;
    /// "client" or "server".
    sender: Word = row.sender.name();
    /// Sequence number relative to the sender's first one, unwrapped to 64 bits: the first byte after a SYN has 1.
    seq: I64 = row.sequence;
    /// Acknowledgment number relative to the other side's first sequence number, unwrapped; null without the ACK flag.
    ack: I64 = row.acknowledgment;
    /// Bytes of payload, on the wire.
    length: U32 = row.length;
    /// Receive window that it announces, in bytes; as in the header where the scale is not known.
    window: U64 = row.window;
    /// Flags of the TCP header: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG.
    flags: U8 = row.flags;
    /// SACK blocks (RFC 2018): bytes that arrived beyond a hole, relative as `ack`, each from its left edge up to its right edge.
    sack: Ranges = row.sack.blocks();
    /// Bytes sent and not acknowledged when it was sent; null where it carries none or bytes before it are missing.
    bytes_in_flight: U64 = row.bytes_in_flight;
    /// From the segment that it acknowledges; null where it acknowledges none that was seen.
    ack_rtt: Duration = row.ack_rtt;
    /// It carries bytes that were sent before, of whatever kind (`tcp.analysis.retransmission`).
    retransmission: Bool = said(analysis::SENT_AGAIN);
    /// Sent again after at least two duplicate acknowledgements (`tcp.analysis.fast_retransmission`).
    fast_retransmission: Bool = said(analysis::FAST_RETRANSMISSION);
    /// Sent again though it was acknowledged already (`tcp.analysis.spurious_retransmission`).
    spurious_retransmission: Bool = said(analysis::SPURIOUS_RETRANSMISSION);
    /// Overtaken by a later segment (`tcp.analysis.out_of_order`).
    out_of_order: Bool = said(analysis::OUT_OF_ORDER);
    /// Bytes before it are not in the capture (`tcp.analysis.lost_segment`).
    lost_segment: Bool = said(analysis::LOST_SEGMENT);
    /// It acknowledges bytes that are not in the capture (`tcp.analysis.ack_lost_segment`).
    ack_lost_segment: Bool = said(analysis::ACK_LOST_SEGMENT);
    /// It repeats the acknowledgement before it (`tcp.analysis.duplicate_ack`).
    duplicate_ack: Bool = said(analysis::DUPLICATE_ACK);
    /// It announces a window of zero (`tcp.analysis.zero_window`).
    zero_window: Bool = said(analysis::ZERO_WINDOW);
    /// One byte, to ask whether a window of zero has opened (`tcp.analysis.zero_window_probe`).
    zero_window_probe: Bool = said(analysis::ZERO_WINDOW_PROBE);
    /// The answer to such a probe (`tcp.analysis.zero_window_probe_ack`).
    zero_window_probe_ack: Bool = said(analysis::ZERO_WINDOW_PROBE_ACK);
    /// It fills the receiver's window (`tcp.analysis.window_full`).
    window_full: Bool = said(analysis::WINDOW_FULL);
    /// It says nothing but another window (`tcp.analysis.window_update`).
    window_update: Bool = said(analysis::WINDOW_UPDATE);
    /// A keep-alive (`tcp.analysis.keep_alive`).
    keep_alive: Bool = said(analysis::KEEP_ALIVE);
    /// The answer to a keep-alive (`tcp.analysis.keep_alive_ack`).
    keep_alive_ack: Bool = said(analysis::KEEP_ALIVE_ACK);
    /// A SYN on addresses and ports that were used before (`tcp.analysis.reused_ports`).
    reused_ports: Bool = said(analysis::REUSED_PORTS);
}
