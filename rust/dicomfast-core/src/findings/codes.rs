//! The codes of all findings with severity, title and advice: what a finding says whatever its numbers. Knows no record.

use crate::event::Severity;

/// What every finding of one kind says.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable, kebab-case.
    pub code: &'static str,
    pub severity: Severity,
    /// For a PACS administrator.
    pub title: &'static str,
    /// What to do, in one line.
    pub advice: &'static str,
}

macro_rules! codes {
    ($($name:ident: $severity:ident $code:literal, $title:literal, $advice:literal;)+) => {
        $(pub(super) static $name: Code = Code { code: $code, severity: Severity::$severity, title: $title, advice: $advice };)+

        /// Every code there is, in the order of the documentation.
        pub static CODES: &[&Code] = &[$(&$name),+];
    };
}

codes! {
    CALLED_AE_NOT_RECOGNIZED: Error "called-ae-not-recognized",
        "The receiver does not know the AE title it was called by",
        "Compare the called AE title with the receiver's own, letter by letter (case counts), and correct the sender.";
    CALLING_AE_NOT_RECOGNIZED: Error "calling-ae-not-recognized",
        "The receiver does not know the AE title of the sender",
        "Register the calling AE title (and its address) at the receiver, or correct it at the sender.";
    APPLICATION_CONTEXT_NOT_SUPPORTED: Error "application-context-not-supported",
        "The receiver rejected the application context",
        "The only valid one is 1.2.840.10008.3.1.1.1: the sender is misconfigured or no DICOM program.";
    PROTOCOL_VERSION_NOT_SUPPORTED: Error "protocol-version-not-supported",
        "The receiver rejected the protocol version",
        "DICOM has only version 1: look at the sender's program.";
    TEMPORARY_CONGESTION: Error "temporary-congestion",
        "The receiver was too busy to accept an association",
        "Look at the receiver's load, and at how many associations are open at that time.";
    LOCAL_LIMIT_EXCEEDED: Error "local-limit-exceeded",
        "The receiver allows no more associations at a time",
        "Raise the receiver's limit of associations, or let the senders use fewer and release them sooner.";
    ASSOCIATION_REJECTED: Error "association-rejected",
        "The association was rejected",
        "The reason is not specific: look into the receiver's log at that time.";
    ALL_CONTEXTS_REFUSED: Error "all-contexts-refused",
        "The association was accepted, but nothing can be done on it",
        "Compare the SOP classes and transfer syntaxes that both sides are configured for.";
    NO_COMMON_TRANSFER_SYNTAX: Warning "no-common-transfer-syntax",
        "The two sides have no transfer syntax in common for a SOP class",
        "Enable at the receiver one of the proposed transfer syntaxes, or let the sender also propose Implicit VR Little Endian.";
    ABSTRACT_SYNTAX_NOT_SUPPORTED: Warning "abstract-syntax-not-supported",
        "The receiver does not support a SOP class",
        "Enable the SOP class at the receiver, if these objects are to be sent there.";
    CONTEXT_REFUSED: Warning "context-refused",
        "The receiver refused a SOP class without a technical reason",
        "Look at what the receiver permits this AE title to do.";
    ROLE_SELECTION_MISSING: Error "role-selection-missing",
        "C-GET cannot deliver: the requestor did not become SCP of any SOP class",
        "Let the requestor propose the SCP role (role selection) for each storage SOP class it wants to receive.";
    ASSOCIATION_ABORTED: Error "association-aborted",
        "The association was aborted",
        "Look into the log of the side that aborted, at that time.";
    ASSOCIATION_UNANSWERED: Error "association-unanswered",
        "The association request was never answered",
        "The port is open but no DICOM program answers: check that it runs, is not hung, and expects no TLS.";
    CONNECTION_RESET: Error "connection-reset",
        "The connection broke in the middle of a transfer",
        "Look at the side that closed it and at firewalls between: a crash, a time-out or a session limit.";
    CLOSED_MID_TRANSFER: Error "closed-mid-transfer",
        "The connection was closed in the middle of a transfer",
        "Look at the side that closed it: it gave up (time-out, cancelled job) or its program ended.";
    CLOSED_WITHOUT_RELEASE: Warning "closed-without-release",
        "The connection was closed without releasing the association",
        "Mostly harmless; if objects are missing, look into the log of the side that closed it.";
    ONE_ASSOCIATION_PER_OBJECT: Warning "one-association-per-object",
        "The sender opens a new association for every object",
        "Configure the sender to send a whole study or series over one association.";
    SMALL_MAX_PDU: Warning "small-max-pdu",
        "A small maximum PDU length slows the transfer",
        "Raise the maximum PDU length of the receiving side to 65536 or more.";
    PDU_LARGER_THAN_AGREED: Warning "pdu-larger-than-agreed",
        "One side sends larger PDUs than the other allows",
        "The sender breaks PS3.8: update it, or raise the maximum PDU length of the receiving side.";
    CONNECTION_REFUSED: Error "connection-refused",
        "The connection was refused",
        "Nothing listens on that port, or a firewall rejects it: check address, port and whether the program runs.";
    CONNECTION_UNANSWERED: Error "connection-unanswered",
        "The connection attempt was never answered",
        "Wrong address, host down, or a firewall drops it; or the capture sees only one direction.";
    REQUEST_UNANSWERED: Error "request-unanswered",
        "A request never got its response",
        "Look into the log of the side that was asked, at that time; compare its time with the time-outs of both sides.";
    STORE_FAILED: Error "store-failed",
        "Objects were refused or could not be stored",
        "The status tells the receiver's reason; its log at that time tells more.";
    OPERATION_FAILED: Error "operation-failed",
        "A request failed",
        "The status tells the reason of the side that was asked; its log at that time tells more.";
    OPERATION_WARNING: Warning "operation-warning",
        "Requests succeeded with a warning",
        "The status tells what was changed or left out.";
    MOVE_DESTINATION_UNKNOWN: Error "move-destination-unknown",
        "The server does not know the destination of a C-MOVE",
        "Register the destination's AE title with its address and port at the server that was asked to send.";
    SUBOPERATIONS_FAILED: Error "suboperations-failed",
        "Objects of a C-MOVE or C-GET could not be delivered",
        "Look at the associations from the server to the destination: rejected, refused SOP classes, failed C-STOREs.";
    OPERATION_CANCELLED: Note "operation-cancelled",
        "Requests were cancelled",
        "Usual where a user stopped a query or retrieval.";
    ILLEGAL_PDU: Error "illegal-pdu",
        "A side breaks the DICOM upper layer protocol",
        "See the anomalies of this association for each place; report it to the sender's manufacturer.";
    OVERLAP_CONFLICT: Warning "overlap-conflict",
        "The same bytes were sent twice with different content",
        "A broken network device, or an attack: capture at both ends and compare.";
    SLOW_RESPONSES: Warning "slow-responses",
        "The receiver takes long to answer",
        "The time goes by at the acceptor: look at its load, disk, database and anything it does before it answers.";
    LONG_RESPONSE: Warning "long-response",
        "Single requests were answered late",
        "Look into the log of the side that answered, at that time.";
    SLOW_ASSOCIATION_ANSWER: Warning "slow-association-answer",
        "The request for an association was answered late",
        "Look at the acceptor: its load, its name look-ups (reverse DNS), its limit of associations.";
    LATENCY_BOUND: Warning "latency-bound",
        "The distance takes the time: one operation at a time over a long path",
        "Let the sender use several associations at once or an asynchronous operations window, or bring both closer to each other.";
    WINDOW_BOUND: Warning "window-bound",
        "The receiver does not read as fast as it is sent to",
        "window-closed: its program reads slowly (disk, processor). window-full: its receive buffer is too small for the path.";
    LOSS_BOUND: Warning "loss-bound",
        "Lost packets hold the transfer up",
        "Look for a bad cable, a duplex mismatch, an overloaded link or firewall on the path; timeouts cost most.";
    DELAYED_ACK_BOUND: Warning "delayed-ack-bound",
        "Small packets wait for delayed acknowledgements (Nagle's algorithm)",
        "Set TCP_NODELAY at the side that sends them, or let it write a whole PDU at once.";
    CONGESTION_WINDOW_BOUND: Warning "congestion-window-bound",
        "The sender waits for acknowledgements though the receiver has room",
        "A long path with a small congestion window: keep associations open, send several at once, look for losses before.";
    SENDER_BOUND: Warning "sender-bound",
        "The sender pauses in the middle of messages",
        "The time goes by at the sender: look at its disk, its processor, and at what it does while it sends (compression, database).";
    NEGOTIATION_BOUND: Warning "negotiation-bound",
        "Opening and releasing associations takes most of the time",
        "Send several objects over one association, or find out why the acceptor answers late.";
    INVOKER_IDLE: Note "invoker-idle",
        "The sender takes its time between operations",
        "The time goes by at the requestor, before its next request. Nothing is wrong where it has nothing to do.";
    TRANSFER_STALLED_AT_END: Error "transfer-stalled-at-end",
        "A transfer stood still and never went on",
        "Look at the side that did not send or did not read, at that time; firewalls that forget connections look the same.";
    IDLE_TIMEOUT: Note "idle-timeout",
        "Associations were ended after a long silence",
        "Several with the same silence: a timer, of a peer or of a firewall. Release associations that are not used, or raise it.";
    TINY_SEGMENTS: Warning "tiny-segments",
        "Data travel in very small packets",
        "Let the sender write whole PDUs, and use a larger maximum PDU; look for a small MSS or MTU on the path.";
    CAPTURE_GAPS: Warning "capture-gaps",
        "Where the time went cannot be told: the capture has gaps",
        "Capture again with a larger buffer, on a faster disk, or with a capture filter.";
    CAPTURE_LOST_PACKETS: Warning "capture-lost-packets",
        "The capture misses packets of a connection",
        "What was in them is unknown. Capture with a larger buffer, on a faster disk, or with a capture filter.";
    CAPTURE_DROPPED_PACKETS: Warning "capture-dropped-packets",
        "The capturing program dropped packets",
        "Capture with a larger buffer, on a faster disk, or with a capture filter.";
    CAPTURE_CUT_PACKETS: Warning "capture-cut-packets",
        "Packets are stored shorter than they were",
        "Capture without a snap length (-s 0): the contents of data sets are missing.";
    CAPTURE_ONE_DIRECTION: Warning "capture-one-direction",
        "The capture sees only one direction of a connection",
        "Mirror both directions (transmit and receive) of the port.";
    CAPTURE_MIDSTREAM: Note "capture-midstream",
        "The capture began in the middle of associations",
        "AE titles and SOP classes agreed before are unknown. Start the capture before the association.";
    CAPTURE_DUPLICATES: Note "capture-duplicates",
        "The capture holds packets twice",
        "The copies are left out. Mirror one port, or one VLAN, once.";
    CAPTURE_BAD_CHECKSUMS: Warning "capture-bad-checksums",
        "Packets with a wrong TCP checksum were left out",
        "Damage on the way, or a capture on the sending host itself: capture at a switch port.";
    CAPTURE_DAMAGED: Warning "capture-damaged",
        "The capture file is damaged or incomplete",
        "What comes after the damage may be missing. Copy the file again, or repeat the capture.";
    LIMIT_REACHED: Warning "limit-reached",
        "A limit of this program was reached; results are incomplete",
        "Split the capture, or filter it, so that fewer connections are in it at a time.";
    TLS: Note "tls",
        "Connections are encrypted",
        "Their contents are not shown; times and volumes are.";
    NO_DICOM: Note "no-dicom",
        "No DICOM was found in the capture",
        "Check that the capture point sees the traffic between the two systems.";
}
