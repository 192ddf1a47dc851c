//! Every bound of the engine, by name, with its default and its reason. No limit stands anywhere else, and none is "unlimited".

/// The bounds that keep memory constant whatever the network sends.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one window of an input (a mapped piece of a file, or one read buffer).
    pub window_bytes: usize,
    /// Largest captured length of one record; larger ones end the file (libpcap's MAXIMUM_SNAPLEN is 262144; loopback and
    /// BIG TCP need more).
    pub record_bytes: usize,
    /// Largest pcapng block (libpcap: 16 MiB).
    pub block_bytes: usize,
    /// Interfaces remembered for one pcapng section.
    pub interfaces: usize,
    /// Ratio of decompressed to compressed bytes beyond which a compressed input is refused, once 64 MiB came out.
    pub compression_ratio: u64,
    /// zstd window (log2) that is accepted: 27 is 128 MiB, what `zstd --long` makes.
    pub zstd_window_log: u32,
    /// Headers inside headers (VLAN, MPLS, tunnels) of one frame.
    pub encapsulations: u8,
    /// IP datagrams being put together at once, and the bytes held for them.
    pub fragment_datagrams: usize,
    pub fragment_bytes: usize,
    /// Nanoseconds of capture time a fragment waits for the rest (RFC 791: at least 15 s).
    pub fragment_timeout: i64,
    /// Connections tracked at once; the longest idle one gives way, with its rows.
    pub connections: usize,
    /// Nanoseconds of capture time without a packet after which a connection that never carried data ends.
    pub idle_embryonic: i64,
    /// The same after FIN or RST (late retransmissions still belong to the old connection until then).
    pub idle_closed: i64,
    /// The same for connections that carry no DICOM.
    pub idle_other: i64,
    /// The same for DICOM, where hours of silence inside an association are normal.
    pub idle_dicom: i64,
    /// Out-of-order bytes held for all connections together.
    pub held_bytes: usize,
    /// Out-of-order pieces held for one direction of one connection.
    pub held_pieces: usize,
    /// Segments of the same direction to wait for a missing one after the peer has acknowledged it (the capture
    /// may have packets in another order than the wire).
    pub acknowledged_wait_segments: u32,
    /// Bytes beyond a hole after which it is given up where no acknowledgement can tell (one direction only).
    pub unacknowledged_bytes: u64,
    /// Nanoseconds of capture time after which such a hole is given up.
    pub hole_timeout: i64,
    /// Delivered segments remembered, to compare retransmitted bytes with what came first.
    pub history_segments: usize,
    /// Bytes of a direction that are searched for a PDU before the connection is called "other".
    pub detection_bytes: u64,
    /// Largest A-ASSOCIATE PDU that is decoded (DCMTK: 1 MiB).
    pub associate_bytes: usize,
    /// Largest length a PDU may announce and still be believed.
    pub pdu_bytes: u64,
    /// Largest command set that is decoded.
    pub command_bytes: usize,
    /// Presentation contexts kept for one association (ids are odd and 8 bits wide: 128).
    pub contexts: usize,
    /// Items of one kind kept of one A-ASSOCIATE PDU besides: transfer syntaxes of a context, roles, extended negotiations.
    pub negotiation_items: usize,
    /// Messages kept while the negotiation that names their transfer syntax has not been seen yet.
    pub deferred_messages: usize,
    /// Requests without a final response kept for one association; the oldest becomes an unanswered row.
    pub pending_operations: usize,
    /// Rows of one anomaly kind; what is beyond is counted in one last row.
    pub anomalies_per_kind: u64,
    /// Groups of things that are counted and told once (findings), kept at a time; what finds no place is counted.
    pub finding_groups: usize,
    /// Rows of one Arrow batch.
    pub batch_rows: usize,
}

/// Bytes kept of a UID or AE title (PS3.5 allows 64 and 16; longer ones are seen and worth showing).
pub const UID_BYTES: usize = 128;
/// Bytes kept of other text: an LO of 64 characters in UTF-8 has at most 256.
pub const TEXT_BYTES: usize = 256;
/// Issues listed for one A-ASSOCIATE PDU or one command set; what is beyond is counted in the last one.
pub const ISSUES: usize = 32;

const MIB: usize = 1 << 20;
const SECOND: i64 = 1_000_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            window_bytes: 4 * MIB,
            record_bytes: 4 * MIB,
            block_bytes: 16 * MIB,
            interfaces: 65_536,
            compression_ratio: 1_000,
            zstd_window_log: 27,
            encapsulations: 8,
            fragment_datagrams: 4_096,
            fragment_bytes: 16 * MIB,
            fragment_timeout: 30 * SECOND,
            connections: 65_536,
            idle_embryonic: 120 * SECOND,
            idle_closed: 120 * SECOND,
            idle_other: 3_600 * SECOND,
            idle_dicom: 24 * 3_600 * SECOND,
            held_bytes: 32 * MIB,
            held_pieces: 4_096,
            acknowledged_wait_segments: 128,
            unacknowledged_bytes: 4 * MIB as u64,
            hole_timeout: 60 * SECOND,
            history_segments: 8_192,
            detection_bytes: 4 * MIB as u64,
            associate_bytes: MIB,
            pdu_bytes: 1 << 31,
            command_bytes: 64 << 10,
            contexts: 128,
            negotiation_items: 256,
            deferred_messages: 1_024,
            pending_operations: 4_096,
            anomalies_per_kind: 10_000,
            finding_groups: 1_024,
            batch_rows: 8_192,
        }
    }
}
