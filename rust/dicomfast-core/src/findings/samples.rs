//! Plain records for the tests of findings and tables: an ordinary exchange, to be spoiled by each test.

use std::net::{IpAddr, Ipv4Addr};

use crate::event::{
    AssociationRecord, Budget, CaptureRecord, Cause, Class, Closed, Confidence, ConnectionRecord, ContextRecord, EndedBy, Endpoint,
    MessageRecord, Opened, OperationRecord, Outcome, PeerRecord, Protocol, Sender, SideCounts, Spent, StallRecord, Stamp, Time,
};

pub(crate) const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
pub(crate) const IMPLICIT: &str = "1.2.840.10008.1.2";
pub(crate) const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";
pub(crate) const SECOND: Time = 1_000_000_000;

pub(crate) fn client() -> Endpoint {
    Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), port: 50_000 }
}

pub(crate) fn server() -> Endpoint {
    Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), port: 104 }
}

pub(crate) fn connection() -> ConnectionRecord {
    let counts = SideCounts { mss: Some(1460), packets: 100, payload_bytes: 5_000, ..SideCounts::default() };
    ConnectionRecord {
        connection: 3,
        client: client(),
        server: server(),
        vlan: None,
        tunnel: None,
        protocol: Protocol::Dicom,
        first: Stamp { packet: 1, time: SECOND },
        last: Stamp { packet: 200, time: 3 * SECOND },
        opened: Opened::Handshake,
        closed: Closed::Fin,
        syn_rtt: Some(1_000),
        client_way: Some(400),
        server_way: Some(600),
        sack_permitted: Some(true),
        client_counts: counts.clone(),
        server_counts: counts,
        associations: 1,
    }
}

pub(crate) fn context(context_id: u8, result: u8) -> ContextRecord {
    ContextRecord {
        context_id,
        abstract_syntax: Some(CT.into()),
        proposed_transfer_syntaxes: vec![IMPLICIT.into()],
        result: Some(result),
        transfer_syntax: (result == 0).then(|| IMPLICIT.into()),
        used: u64::from(result == 0),
        ..ContextRecord::default()
    }
}

/// Two C-STORE operations of one context, released.
pub(crate) fn association() -> AssociationRecord {
    let peer = PeerRecord {
        max_pdu: Some(16_384),
        implementation_class_uid: Some("1.2.3".into()),
        implementation_version: Some("ONE".to_owned()),
        bytes: 20_000,
        max_pdu_sent: Some(16_000),
    };
    AssociationRecord {
        capture_loss: false,
        association: 7,
        connection: 3,
        capture: 0,
        calling_ae: Some("CT01".to_owned()),
        called_ae: Some("PACS".to_owned()),
        calling_ae_raw: Some(*b"CT01            "),
        called_ae_raw: Some(*b"PACS            "),
        requestor: client(),
        acceptor: server(),
        requested: Some(SECOND),
        answered: Some(SECOND + 5_000),
        released: Some(3 * SECOND),
        first: Stamp { packet: 4, time: SECOND },
        last: Stamp { packet: 190, time: 3 * SECOND },
        outcome: Outcome::Accepted,
        ended_by: EndedBy::Release,
        reject: None,
        abort: None,
        abort_sender: None,
        application_context: Some("1.2.840.10008.3.1.1.1".into()),
        protocol_version: Some(1),
        requestor_peer: peer.clone(),
        acceptor_peer: peer,
        async_invoked: Some(1),
        async_performed: Some(1),
        user_identity_type: None,
        contexts: vec![context(1, 0)],
        messages: 4,
        operations: 2,
        stored: 2,
        failed: 0,
        dataset_bytes: 10_000,
        dataset_span: Some((SECOND, 2 * SECOND)),
        budget: None,
        complete: true,
    }
}

/// A time budget of these parts.
pub(crate) fn budget(parts: &[(Class, i64)]) -> Budget {
    let mut spent = Spent::default();
    for (class, nanoseconds) in parts {
        spent.add(*class, *nanoseconds);
    }
    spent.since(&Spent::default(), parts.iter().map(|(_, nanoseconds)| nanoseconds).sum())
}

/// One wait in a C-STORE-RQ.
pub(crate) fn stall(cause: Cause, waited: i64) -> StallRecord {
    StallRecord {
        connection: 3,
        association: 7,
        operation: Some((1, 0x0001)),
        sender: Sender::Requestor,
        before: Stamp { packet: 12, time: SECOND },
        after: Stamp { packet: 14, time: SECOND + waited },
        resumed: true,
        waits: 1,
        waited,
        cause,
        confidence: Confidence::High,
        bytes_in_flight: Some(4_380),
        window: Some(65_535),
        rtt: Some(20_000_000),
    }
}

/// A C-STORE that succeeded.
pub(crate) fn operation() -> OperationRecord {
    OperationRecord {
        association: 7,
        connection: 3,
        message_id: Some(1),
        context_id: 1,
        command_field: 0x0001,
        initiator: Sender::Requestor,
        sop_class: Some(CT.into()),
        sop_instance: Some("1.2.3.4".into()),
        transfer_syntax: Some(IMPLICIT.into()),
        status: Some(0),
        error_comment: None,
        offending_elements: Vec::new(),
        responses: 1,
        dataset_bytes: 5_000,
        response_dataset_bytes: 0,
        request_start: Some(SECOND),
        request_end: Some(SECOND + SECOND / 2),
        first_response: Some(2 * SECOND),
        end: Some(2 * SECOND + 10),
        budget: None,
        priority: Some(0),
        move_destination: None,
        move_originator_ae: None,
        move_originator_message_id: None,
        remaining_suboperations: None,
        completed_suboperations: None,
        failed_suboperations: None,
        warning_suboperations: None,
        cancelled: false,
        first_packet: 10,
        last_packet: 20,
        complete: true,
        answered: true,
    }
}

/// A whole C-STORE-RQ.
pub(crate) fn message() -> MessageRecord {
    let command = crate::event::CommandSet {
        affected_sop_class: Some(CT.into()),
        affected_sop_instance: Some("1.2.3.4".into()),
        command_field: Some(0x0001),
        message_id: Some(1),
        priority: Some(2),
        data_set_type: Some(0),
        ..Default::default()
    };
    MessageRecord {
        association: 7,
        connection: 3,
        message: 11,
        sender: Sender::Requestor,
        context_id: 1,
        transfer_syntax: Some(IMPLICIT.into()),
        command,
        has_dataset: true,
        command_bytes: 120,
        dataset_bytes: 5_000,
        pdus: 2,
        first: Stamp { packet: 10, time: SECOND },
        last: Stamp { packet: 15, time: 2 * SECOND },
        complete: true,
    }
}

pub(crate) fn capture() -> CaptureRecord {
    CaptureRecord {
        name: "a.pcap".to_owned(),
        format: "pcap".to_owned(),
        link_types: vec!["EN10MB".to_owned()],
        snap_length: Some(262_144),
        packets: 200,
        bytes: 10_000,
        original_bytes: 10_000,
        first_time: Some(SECOND),
        last_time: Some(3 * SECOND),
        complete: true,
        ..CaptureRecord::default()
    }
}
