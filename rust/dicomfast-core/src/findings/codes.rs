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
    GAVE_UP_WAITING: Error "gave-up-waiting",
        "One side gave up since no response came",
        "Compare the silence with the time-outs of both sides; look into the log of the side that was asked, why it did not answer.";
    TRANSFER_STALLED_AT_END: Error "transfer-stalled-at-end",
        "A transfer stood still and never went on",
        "Look at the side and the cause that are named, and at firewalls between: one of them stopped at that time.";
    IDLE_TIMEOUT: Warning "idle-timeout",
        "An association was ended after a time in which nothing happened",
        "Find the timer (server, client or firewall) that has this time; release associations that are not needed, or raise it.";
    SLOW_RESPONSES: Warning "slow-responses",
        "The side that was asked takes its time to respond",
        "Look at its load, disk and database at that time; more associations in parallel may help where it can work on several.";
    WAITING_FOR_MOVE: Note "waiting-for-move",
        "Most waiting is for C-MOVE, whose objects go over other associations",
        "Look at the associations from the server to the destination at that time.";
    LATENCY_BOUND: Warning "latency-bound",
        "Operations one at a time over a long path: distance takes the time",
        "Use more associations in parallel, an asynchronous operations window, or fewer and larger objects.";
    INVOKER_IDLE: Note "invoker-idle",
        "The side that asks takes its time between operations",
        "Look at its disk, database and load, if users wait for it; no one else can make it faster.";
    SENDER_BOUND: Warning "sender-bound",
        "The sender stops in the middle of messages, though nothing keeps it from sending",
        "Look at the sender's disk, load and conversion of images at that time.";
    WINDOW_BOUND: Warning "window-bound",
        "The receiver does not take data as fast as it comes",
        "Window closed: look at the receiver's disk and load. Window full: raise the receive buffer of its program or system.";
    LOSS_BOUND: Warning "loss-bound",
        "Packets get lost on the way, and it takes time to send them again",
        "Look for damaged cables, duplex settings, overloaded links and error counters of switches between the two.";
    DELAYED_ACK_BOUND: Warning "delayed-ack-bound",
        "Small writes wait for delayed acknowledgements",
        "Set TCP_NODELAY at the sender that is named, or let it write a message at once.";
    CONGESTION_WINDOW_BOUND: Note "congestion-window-bound",
        "The sender holds data back until earlier data is acknowledged",
        "Usual on long paths, above all after a start, a pause or losses: send more over one association, or use several in parallel.";
    NEGOTIATION_BOUND: Warning "negotiation-bound",
        "Setting up and releasing associations takes much of the time",
        "Send more over one association; if the answers come late, look at the receiver's load and its look-ups of names (DNS).";
    CAPTURE_GAPS: Warning "capture-gaps",
        "Too much is missing in the capture to say where the time went",
        "Capture with a larger buffer, on a faster disk, or with a capture filter.";
    SLOW_ASSOCIATION_ANSWER: Warning "slow-association-answer",
        "An association request was answered late",
        "Look at the receiver's load, its limit of associations, and its look-ups of names (reverse DNS) for the sender's address.";
    LONG_RESPONSE: Warning "long-response",
        "Single responses took very long",
        "Look into the log of the side that was asked, at that time; time-outs of the other side are near.";
    TINY_SEGMENTS: Warning "tiny-segments",
        "Data is sent in very small packets",
        "The sender writes small pieces: raise the maximum PDU length and its send buffer; check the MTU of the path.";
    PACKETS_SENT_AGAIN: Warning "packets-sent-again",
        "Many packets got lost on the way",
        "Look for damaged cables, duplex settings, overloaded links and error counters of switches between the two.";
    WINDOW_SCALING_MISSING: Warning "window-scaling-missing",
        "TCP windows cannot grow beyond 64 KiB on a long path",
        "Enable window scaling (RFC 7323) at the side that is named, or in the firewall that takes the option out.";
    COMPRESSION_DECLINED: Note "compression-declined",
        "Objects are sent uncompressed, though the sender offered to compress them",
        "If the network is the limit, enable the compressed transfer syntax at the receiver, or let it prefer it.";
    QUERY_FOUND_NOTHING: Note "query-found-nothing",
        "Queries had no match",
        "Usual for a worklist that is empty; else compare the query's keys, level and character set with what the server holds.";
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
