//! `frames`: one row per captured frame, TCP or not, with its headers as they were sent.

use super::column::columns;
use crate::event::FrameRecord;

columns! {
    FrameRecord as row;
    let tcp = row.tcp.as_ref();
    let udp = row.udp;
    /// Number of the packet, from 1 (Wireshark's `frame.number`).
    packet: U64 = row.stamp.packet;
    /// Time of the packet.
    time: Time = row.stamp.time;
    /// Number of the input, as in `capture_info`.
    capture: U64 = u64::from(row.capture);
    /// Bytes on the wire.
    length: U32 = row.length;
    /// Bytes in the capture.
    captured_length: U32 = row.captured;
    /// The protocols in it, outermost first, for example "eth:ethertype:ip:tcp"; what TCP and UDP carry is not named.
    protocols: Word = row.protocols.as_str();
    /// Source port of the UDP header.
    udp_srcport: U16 = udp.map(|header| header.source_port);
    /// Destination port of the UDP header.
    udp_dstport: U16 = udp.map(|header| header.destination_port);
    /// Length field of the UDP header.
    udp_length: U16 = udp.map(|header| header.length);
    /// Source port of the TCP header.
    tcp_srcport: U16 = tcp.map(|header| header.source_port);
    /// Destination port of the TCP header.
    tcp_dstport: U16 = tcp.map(|header| header.destination_port);
    /// Sequence number as in the TCP header.
    tcp_seq_raw: U32 = tcp.map(|header| header.sequence);
    /// Acknowledgment number as in the TCP header.
    tcp_ack_raw: U32 = tcp.map(|header| header.acknowledgment);
    /// Length of the TCP header in bytes.
    tcp_header_length: U8 = tcp.map(|header| header.header_length);
    /// Flags of the TCP header, 12 bits: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR, 256 AE.
    tcp_flags: U16 = tcp.map(|header| header.flags);
    /// Window as in the TCP header.
    tcp_window_raw: U16 = tcp.map(|header| header.window);
    /// Checksum of the TCP header.
    tcp_checksum: U16 = tcp.map(|header| header.checksum);
    /// Urgent pointer of the TCP header.
    tcp_urgent_pointer: U16 = tcp.map(|header| header.urgent_pointer);
    /// Bytes of TCP payload, on the wire.
    tcp_length: U32 = tcp.map(|header| header.length);
    /// Maximum segment size option (RFC 9293 section 3.7.1).
    tcp_mss: U16 = tcp.and_then(|header| header.mss);
    /// Window scale option, as a shift (RFC 7323).
    tcp_window_scale: U8 = tcp.and_then(|header| header.window_scale);
    /// SACK-permitted option (RFC 2018).
    tcp_sack_permitted: Bool = tcp.map(|header| header.sack_permitted);
    /// TSval of the timestamps option (RFC 7323).
    tcp_tsval: U32 = tcp.and_then(|header| header.timestamps).map(|(value, _)| value);
    /// TSecr of the timestamps option (RFC 7323).
    tcp_tsecr: U32 = tcp.and_then(|header| header.timestamps).map(|(_, echo)| echo);
    and headers: super::headers::Builder = &row.headers;
}
