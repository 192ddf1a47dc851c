//! `stalls`: one row per time in which a message stood still.

use super::column::{columns, span};
use crate::dicom::command;
use crate::event::StallRecord;

columns! {
    StallRecord as row;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// Number of the association, as in `associations`.
    association: U64 = row.association;
    /// Message ID of the message that stood still (of a response: the one it responds to); null where its command set is not known.
    message_id: U16 = row.operation.map(|(message_id, _)| message_id);
    /// Name of the message that stood still, for example "C-STORE-RQ".
    command: Word = row.operation.map(|(_, command_field)| command::command_name(command_field));
    /// Who sends the message that stood still: "requestor" or "acceptor".
    sender: Word = row.sender.name();
    /// Time of the last new byte before it.
    start: Time = row.before.time;
    /// Time of the first new byte after it; where none came, of the last packet.
    end: Time = row.after.time;
    /// From `start` to `end`.
    duration: Duration = span(row.before.time, row.after.time);
    /// Whether the sender went on after it.
    resumed: Bool = row.resumed;
    /// Waits of this cause in it: 1, or more where little was sent between them.
    waits: U32 = row.waits;
    /// Duration of these waits together.
    waited: Duration = row.waited;
    /// "window-closed", "window-full", "retransmission-timeout", "fast-recovery", "nagle-delayed-ack", "congestion-window", "sender-idle", "capture-gap" or "unknown" (docs/stalls.md).
    cause: Word = row.cause.name();
    /// "high" where the packets show the cause, "medium" where they fit it, "low" where it is what is left.
    confidence: Word = row.confidence.name();
    /// Bytes that the sender had sent and not seen acknowledged when the longest wait began.
    bytes_in_flight: U64 = row.bytes_in_flight;
    /// Receive window in bytes, as it was announced last in that wait.
    window: U64 = row.window;
    /// Round-trip time of the connection.
    rtt: Duration = row.rtt;
    /// Last packet with new bytes of the message before it.
    packet_before: U64 = row.before.packet;
    /// First packet with new bytes after it; where none came, the last packet.
    packet_after: U64 = row.after.packet;
}
