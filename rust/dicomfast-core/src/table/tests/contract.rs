//! The schemas against the contract.

use std::collections::BTreeSet;

use arrow_schema::{DataType, TimeUnit};

use super::super::{DOC, Table};

/// The column lists of the contract, table by table. A `~` stands for both sides of `connections`.
const CONTRACT: &[(&str, &str)] = &[
    (
        "connections",
        "connection, client_ip, client_port, server_ip, server_port, vlan, tunnel, protocol, start, end, duration, first_packet, last_packet, \
         opened, closed, syn_rtt, client_mss, server_mss, client_window_scale, server_window_scale, sack_permitted, ~packets, ~payload_bytes, \
         ~retransmitted_bytes, ~retransmissions, ~fast_retransmissions, ~spurious_retransmissions, ~out_of_order, ~duplicate_acks, \
         ~lost_bytes, ~zero_windows, ~zero_window_time, ~window_full, ~rtt_min, ~rtt_median, ~rtt_p95, ~max_bytes_in_flight, ~max_window, \
         associations, ~duplicate_packets, ~not_captured_bytes, ~bad_checksums, ~way, tap",
    ),
    (
        "associations",
        "association, connection, capture, calling_ae, called_ae, calling_ae_raw, called_ae_raw, requestor_ip, requestor_port, acceptor_ip, \
         acceptor_port, requested, answered, released, end, duration, negotiation_time, outcome, ended_by, reject_result, reject_source, \
         reject_reason, reject_result_text, reject_source_text, reject_reason_text, abort_source, abort_reason, abort_source_text, \
         abort_reason_text, application_context, protocol_version, requestor_max_pdu, acceptor_max_pdu, requestor_implementation_class_uid, \
         requestor_implementation_version, acceptor_implementation_class_uid, acceptor_implementation_version, async_invoked, \
         async_performed, user_identity_type, contexts_proposed, contexts_accepted, messages, operations, stored, failed, requestor_bytes, \
         acceptor_bytes, dataset_bytes, throughput, requestor_max_pdu_sent, acceptor_max_pdu_sent, first_packet, last_packet, complete, \
         time_negotiating, time_sending, time_stalled_window, time_stalled_loss, time_stalled_ack, time_stalled_sender, \
         time_waiting_response, time_receiving, time_idle, time_unknown",
    ),
    (
        "presentation_contexts",
        "association, context_id, abstract_syntax, abstract_syntax_name, proposed_transfer_syntaxes, result, result_text, transfer_syntax, \
         transfer_syntax_name, scu_role, scp_role, used",
    ),
    (
        "operations",
        "association, message_id, context_id, command, initiator, sop_class, sop_class_name, sop_instance, transfer_syntax, status, \
         status_text, status_category, error_comment, responses, dataset_bytes, response_dataset_bytes, request_start, request_end, \
         first_response, end, transfer_time, response_time, duration, throughput, priority, move_destination, move_originator_ae, \
         move_originator_message_id, remaining_suboperations, completed_suboperations, failed_suboperations, warning_suboperations, \
         cancelled, first_packet, last_packet, complete, answered, time_negotiating, \
         time_sending, time_stalled_window, time_stalled_loss, time_stalled_ack, time_stalled_sender, time_waiting_response, time_receiving, \
         time_idle, time_unknown",
    ),
    (
        "messages",
        "association, message, sender, command_field, command, message_id, context_id, transfer_syntax, sop_class, sop_class_name, \
         sop_instance, status, status_text, priority, has_dataset, command_bytes, dataset_bytes, pdus, start, end, first_packet, last_packet, \
         complete, affected_sop_class, requested_sop_class, message_id_responded_to, move_destination, data_set_type, offending_elements, \
         error_comment, error_id, affected_sop_instance, requested_sop_instance, event_type_id, attribute_identifiers, action_type_id, \
         remaining_suboperations, completed_suboperations, failed_suboperations, warning_suboperations, move_originator_ae, \
         move_originator_message_id",
    ),
    (
        "pdus",
        "association, connection, sender, type, type_name, length, stream_offset, start, end, first_packet, last_packet, pdvs, header, complete",
    ),
    (
        "segments",
        "connection, packet, time, sender, seq, ack, length, window, flags, sack, bytes_in_flight, ack_rtt, retransmission, \
         fast_retransmission, spurious_retransmission, out_of_order, lost_segment, ack_lost_segment, duplicate_ack, zero_window, \
         zero_window_probe, zero_window_probe_ack, window_full, window_update, keep_alive, keep_alive_ack, reused_ports",
    ),
    (
        "stalls",
        "connection, association, message_id, command, sender, start, end, duration, resumed, waits, waited, cause, confidence, bytes_in_flight, \
         window, rtt, packet_before, packet_after",
    ),
    ("pdvs", "association, connection, sender, pdu_offset, packet, time, length, context_id, flags"),
    (
        "items",
        "association, connection, sender, packet, time, pdu_type, type, length, context_id, result, uid, uid_name, uid_length, version, max_pdu, \
         async_invoked, async_performed, scu_role, scp_role, relational_queries, datetime_matching, fuzzy_matching, timezone_adjustment, \
         identity_type, response_requested, primary_length, secondary_length",
    ),
    (
        "frames",
        "packet, time, capture, length, captured_length, protocols, udp_srcport, udp_dstport, udp_length, tcp_srcport, tcp_dstport, tcp_seq_raw, \
         tcp_ack_raw, tcp_header_length, tcp_flags, tcp_window_raw, tcp_checksum, tcp_urgent_pointer, tcp_length, tcp_mss, tcp_window_scale, \
         tcp_sack_permitted, tcp_tsval, tcp_tsecr, eth_src, eth_dst, eth_type, vlan_id, vlan_priority, vlan_dei, vlan_etype, service_vlan_id, \
         ip_version, ip_src, ip_dst, ip_header_length, ip_dsfield, ip_length, ip_id, ip_flags, ip_fragment_offset, ip_ttl, ip_protocol, \
         ip_checksum, ip_flow_label",
    ),
    ("outer_headers", "packet, eth_src, vlan_id, service_vlan_id, ip_version, ip_src, ip_dst, ip_ttl, ip_protocol"),
    ("findings", "severity, code, title, association, connection, message, packet, time, evidence, advice"),
    ("anomalies", "kind, layer, connection, association, packet, time, stream_offset, length, detail"),
    ("capture_info", "capture, name, format, link_types, packets, bytes, dropped, first_time, last_time"),
    (
        "events",
        "time, packet, connection, association, sender, source_ip, source_port, destination_ip, destination_port, event, calling_ae, called_ae, \
         context_id, message_id, sop_class, sop_class_name, sop_instance, status, status_text, dataset_bytes, complete, summary, details",
    ),
    (
        "objects",
        "association, message, connection, message_id, command, sender, sop_class, sop_class_name, sop_instance, transfer_syntax, \
         transfer_syntax_name, role, bytes, rows, columns, number_of_frames, modality, patient_id, patient_name, study_instance_uid, \
         series_instance_uid, accession_number, complete, lost_ranges, sha256, first_packet, last_packet, start, end",
    ),
    ("elements", "association, message, packet, path, tag, keyword, name, vr, vm, length, value, truncated, masked"),
    ("exports", "file, association, message, sop_class, sop_instance, transfer_syntax, bytes, complete, lost_ranges, sha256, reason"),
];

#[test]
fn every_column_of_the_contract_exists() {
    assert_eq!(CONTRACT.len(), Table::ALL.len());
    for (name, columns) in CONTRACT {
        let schema = Table::parse(name).unwrap().schema();
        for column in columns.split(", ") {
            for side in if column.starts_with('~') { vec!["client_", "server_"] } else { vec![""] } {
                let column = column.replace('~', side);
                assert!(schema.field_with_name(&column).is_ok(), "{name}.{column} is missing");
            }
        }
    }
}

#[test]
fn column_types_follow_the_conventions() {
    let word = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let duration = DataType::Duration(TimeUnit::Nanosecond);
    let expected = [
        ("connection", DataType::UInt64),
        ("association", DataType::UInt64),
        ("first_packet", DataType::UInt64),
        ("requestor_ip", word.clone()),
        ("requestor_port", DataType::UInt16),
        ("vlan", DataType::UInt16),
        ("calling_ae", word.clone()),
        ("calling_ae_raw", DataType::Binary),
        ("start", time.clone()),
        ("time", time),
        ("duration", duration.clone()),
        ("client_rtt_min", duration),
        ("status", DataType::UInt16),
        ("sop_class", word.clone()),
        ("sop_instance", DataType::Utf8),
        ("abstract_syntax", word),
        ("evidence", DataType::Utf8),
        ("details", DataType::new_list(DataType::Utf8, true)),
        ("throughput", DataType::Float64),
        ("complete", DataType::Boolean),
    ];
    for (column, data_type) in expected {
        let fields: Vec<_> = Table::ALL.iter().filter_map(|table| table.schema().field_with_name(column).ok().cloned()).collect();
        assert!(!fields.is_empty(), "{column}");
        for field in fields {
            assert_eq!(field.data_type(), &data_type, "{column}");
        }
    }
}

#[test]
fn every_table_and_column_is_documented_once_named_once() {
    for table in Table::ALL {
        assert_eq!(Table::parse(table.name()), Some(*table));
        assert!(table.doc().starts_with("One row per "), "{}", table.doc());
        let schema = table.schema();
        let mut names = BTreeSet::new();
        for field in schema.fields() {
            assert!(field.metadata().get(DOC).is_some_and(|doc| doc.ends_with('.')), "{}.{}", table.name(), field.name());
            assert!(names.insert(field.name().clone()), "{}.{} twice", table.name(), field.name());
        }
    }
    assert_eq!(Table::parse("segment"), None);
}
