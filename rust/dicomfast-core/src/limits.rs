//! Every bound of the engine, by name, with its default and its reason. No limit stands anywhere else, and none is "unlimited".

const MIB: usize = 1 << 20;
const SECOND: i64 = 1_000_000_000;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr,)*) => {
        /// The bounds that keep memory constant whatever the network sends.
        #[derive(Clone, Debug)]
        pub struct Limits { $($(#[$doc])* pub $name: $kind,)* }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// Every limit with its value.
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name as u64),)*]
            }

            /// Sets a limit by its name. None may be 0: every bound stays a bound.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), NotSet> {
                match name {
                    _ if value == 0 => return Err(NotSet::Value),
                    $(stringify!($name) => self.$name = value.try_into().map_err(|_| NotSet::Value)?,)*
                    _ => return Err(NotSet::Name),
                }
                Ok(())
            }
        }
    };
}

/// Why a limit could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSet {
    Name,
    /// 0, or too large for it.
    Value,
}

limits! {
    /// Bytes of one window of an input: one read. A few of them fit the processor's second-level cache.
    window_bytes: usize = MIB / 4,
    /// The same where many inputs are read at once, and what is read of each to sort them by time.
    small_window_bytes: usize = 64 << 10,
    /// Buffers of windows kept to be used again.
    windows: usize = 24,
    /// Largest captured length of one record; larger ones end the file (libpcap's MAXIMUM_SNAPLEN is 262144; loopback and
    /// BIG TCP need more).
    record_bytes: usize = 4 * MIB,
    /// Largest pcapng block (libpcap: 16 MiB).
    block_bytes: usize = 16 * MIB,
    /// Interfaces remembered for one pcapng section.
    interfaces: usize = 65_536,
    /// Link types listed of one input.
    link_types: usize = 64,
    /// Comments kept of one pcapng file, and the bytes of them and of its other texts.
    comments: usize = 1_024,
    comment_bytes: usize = MIB,
    /// Bytes of TLS key logs (pcapng Decryption Secrets Blocks) kept.
    secret_bytes: usize = 4 * MIB,
    /// Ratio of decompressed to compressed bytes beyond which a compressed input is refused, once so many bytes came out.
    compression_ratio: u64 = 1_000,
    compression_ratio_from: u64 = 64 * MIB as u64,
    /// zstd window (log2) that is accepted: 27 is 128 MiB, what `zstd --long` makes.
    zstd_window_log: u32 = 27,
    /// Headers inside headers (VLAN, MPLS, tunnels) of one frame.
    encapsulations: u8 = 8,
    /// Extension headers of one IPv6 packet (RFC 8200 section 4.1 has a use for seven).
    ipv6_extensions: u8 = 16,
    /// IP datagrams being put together at once, and the bytes held for them.
    fragment_datagrams: usize = 4_096,
    fragment_bytes: usize = 16 * MIB,
    /// Nanoseconds of capture time a fragment waits for the rest (RFC 791: at least 15 s).
    fragment_timeout: i64 = 30 * SECOND,
    /// Connections tracked at once; the longest idle one gives way, with its rows. An open association takes about 10 KiB, and where packets
    /// are lost many never end: this is what bounds the memory of a run without end.
    connections: usize = 16_384,
    /// Nanoseconds of capture time without a packet after which a connection that never carried data ends.
    idle_embryonic: i64 = 120 * SECOND,
    /// The same after FIN or RST (late retransmissions still belong to the old connection until then).
    idle_closed: i64 = 2 * SECOND,
    /// The same for connections that carry no DICOM.
    idle_other: i64 = 3_600 * SECOND,
    /// The same for DICOM, where hours of silence inside an association are normal.
    idle_dicom: i64 = 24 * 3_600 * SECOND,
    /// Out-of-order bytes held for all connections together.
    held_bytes: usize = 32 * MIB,
    /// Out-of-order pieces held for one direction of one connection.
    held_pieces: usize = 4_096,
    /// Segments of the same direction to wait for a missing one after the peer has acknowledged it (the capture
    /// may have packets in another order than the wire).
    acknowledged_wait_segments: u32 = 128,
    /// Nanoseconds of capture time after which the same holds, however few segments came.
    acknowledged_wait_time: i64 = SECOND,
    /// A hole of so many bytes is no reordering: it is given up as soon as the peer has acknowledged it, since sequence numbers
    /// tell positions only within 2 GiB.
    wide_hole: u64 = 256 * MIB as u64,
    /// Segments of a direction that are put in order before its beginning is fixed, where no SYN tells it, and the longest
    /// time to wait for them.
    start_segments: usize = 64,
    start_wait: i64 = SECOND / 10,
    /// SYNs of one direction kept until something tells which one its peer has taken (CVE-2025-59147 sent many).
    syns: usize = 10,
    /// Connections that are closed and wait for late packets, at most.
    closing_connections: usize = 1_024,
    /// Bytes beyond a hole after which it is given up where no acknowledgement can tell (one direction only).
    unacknowledged_bytes: u64 = MIB as u64,
    /// Nanoseconds of capture time after which such a hole is given up.
    hole_timeout: i64 = 60 * SECOND,
    /// Delivered segments remembered, to compare retransmitted bytes with what came first.
    history_segments: usize = 8_192,
    /// Bytes of a direction that are searched for a PDU, from its first byte, before the direction is called "other"; what is
    /// tolerated there is a proxy's preamble.
    preamble_bytes: u64 = 4_096,
    /// The same where the direction's first bytes are not in the capture: bytes that are searched before the connection is called "other".
    detection_bytes: u64 = 4 * MIB as u64,
    /// Associations of one connection that are open at once (their two directions may be out of step in the capture).
    open_associations: usize = 8,
    /// Largest A-ASSOCIATE PDU that is decoded (DCMTK: 1 MiB).
    associate_bytes: usize = MIB,
    /// Largest length a PDU may announce and still be believed.
    pdu_bytes: u64 = 1 << 31,
    /// Largest command set that is decoded.
    command_bytes: usize = 64 << 10,
    /// Presentation contexts kept for one association (ids are odd and 8 bits wide: 128).
    contexts: usize = 128,
    /// Items of one kind kept of one A-ASSOCIATE PDU besides: transfer syntaxes of a context, roles, extended negotiations.
    negotiation_items: usize = 256,
    /// Bytes kept of a value of a data set.
    value_bytes: usize = 4_096,
    /// Rows of `elements` made of one data set.
    elements: u64 = 100_000,
    /// Sequences in one another that are followed (DCMTK: 64).
    sequence_depth: usize = 64,
    /// Private creators remembered of one data set.
    private_creators: usize = 256,
    /// Bytes that one deflated data set may hold.
    inflated_bytes: u64 = 1 << 30,
    /// Ranges of missing bytes listed of one data set; the last one takes in what is beyond.
    lost_ranges: usize = 1_024,
    /// Files being written at once, and those of one name, told apart by a number.
    export_files: usize = 256,
    export_same_name: usize = 1_000,
    /// Messages kept while the negotiation that names their transfer syntax has not been seen yet.
    deferred_messages: usize = 1_024,
    /// Requests without a final response kept for one association; the oldest becomes an unanswered row.
    pending_operations: usize = 4_096,
    /// Rows of one anomaly kind; what is beyond is counted in one last row.
    anomalies_per_kind: u64 = 10_000,
    /// Groups of things that are counted and told once (findings), kept at a time; what finds no place is counted.
    finding_groups: usize = 1_024,
    /// How long such things are counted before they are told, in the time of the packets; what goes on is told again. A capture on an
    /// interface need not have an end.
    finding_period: i64 = 600 * SECOND,
    /// Rows of `peers` kept until the end; what finds no place is told as one.
    peers: usize = 16_384,
    /// C-STORE and C-MOVE operations that wait for one another (table `suboperations`).
    waiting_suboperations: usize = 65_536,
    /// Series of `studies` kept until the end, the oldest is told early; and objects remembered to know what was sent twice.
    series: usize = 65_536,
    series_instances: usize = MIB,
    /// Bytes of batches that wait for whoever takes the rows of a live capture; then whole batches are left out, and counted.
    live_queue_bytes: usize = 64 * MIB,
    /// Rows of one Arrow batch.
    batch_rows: usize = 8_192,
}

/// Bytes kept of a UID or AE title (PS3.5 allows 64 and 16; longer ones are seen and worth showing).
pub const UID_BYTES: usize = 128;
/// Bytes kept of other text: an LO of 64 characters in UTF-8 has at most 256.
pub const TEXT_BYTES: usize = 256;
/// Issues listed for one A-ASSOCIATE PDU or one command set; what is beyond is counted in the last one.
pub const ISSUES: usize = 32;
/// Commands whose response times are noted of one association. PS3.7 has eleven; hardly any association uses more than three.
pub const NOTED_COMMANDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::{Limits, NotSet};

    #[test]
    fn by_name() {
        let mut limits = Limits::default();
        assert_eq!(limits.set("batch_rows", 7), Ok(()));
        assert_eq!(limits.batch_rows, 7);
        assert_eq!(limits.set("batch_rows", 0), Err(NotSet::Value));
        assert_eq!(limits.set("encapsulations", 256), Err(NotSet::Value));
        assert_eq!(limits.set("no_such_limit", 1), Err(NotSet::Name));
        assert!(limits.named().contains(&("batch_rows", 7)));
    }
}
