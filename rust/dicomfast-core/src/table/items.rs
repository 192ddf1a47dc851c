//! `items`: one row per item and sub-item of A-ASSOCIATE-RQ and -AC, as they stand in the PDU (PS3.8 section 9.3.2, annex D; PS3.7 annex D.3.3).

use super::column::columns;
use crate::dicom::names;
use crate::event::{ItemPlace, ItemRecord};

/// The SOP classes of Query/Retrieve (PS3.4 annex C), whose application information is known.
const QUERY_RETRIEVE: &str = "1.2.840.10008.5.1.4.1.2.";

columns! {
    (ItemPlace, ItemRecord) as row;
    let place = row.0;
    let item = &row.1;
    let retrieves = item.uid.as_deref().is_some_and(|uid| uid.starts_with(QUERY_RETRIEVE));
    let information = |at: usize| {
        let there = retrieves && usize::from(item.information_length) > at;
        item.information.filter(|_| there).and_then(|bytes| bytes.get(at).copied())
    };
    /// Number of the association, as in `associations`.
    association: U64 = place.association;
    /// Number of the TCP connection, as in `connections`.
    connection: U64 = place.connection;
    /// "requestor" or "acceptor".
    sender: Word = place.sender.name();
    /// Packet that carries the last byte of the PDU.
    packet: U64 = place.stamp.packet;
    /// Time of that packet.
    time: Time = place.stamp.time;
    /// Type of the PDU: 1 A-ASSOCIATE-RQ, 2 A-ASSOCIATE-AC.
    pdu_type: U8 = place.pdu_type;
    /// Item type, for example 0x20 of a proposed presentation context.
    r#type: U8 = item.item_type;
    /// Item length field.
    length: U16 = item.length;
    /// Presentation context ID of a presentation context, and of the items in it.
    context_id: U8 = item.context_id;
    /// Result/Reason of an answered presentation context.
    result: U8 = item.result;
    /// The UID it holds or is about: application context, abstract or transfer syntax, implementation class, SOP class.
    uid: Word = item.uid.as_deref();
    /// `uid` in words.
    uid_name: Word = item.uid.as_deref().and_then(names::uid_name);
    /// Length field of that UID, in items that hold more than a UID.
    uid_length: U16 = item.uid_length;
    /// Implementation version name.
    version: Text = item.version.as_deref();
    /// Maximum length received (PS3.8 annex D.1).
    max_pdu: U32 = item.max_pdu;
    /// Asynchronous operations window: operations invoked; 0 means no limit.
    async_invoked: U16 = item.window.map(|(invoked, _)| invoked);
    /// Asynchronous operations window: operations performed; 0 means no limit.
    async_performed: U16 = item.window.map(|(_, performed)| performed);
    /// Role selection: SCU role.
    scu_role: U8 = item.roles.map(|(scu, _)| scu);
    /// Role selection: SCP role.
    scp_role: U8 = item.roles.map(|(_, scp)| scp);
    /// Extended negotiation of Query/Retrieve (PS3.4 annex C.5.1.1): relational queries.
    relational_queries: U8 = information(0);
    /// Extended negotiation of Query/Retrieve: combined date-time matching.
    datetime_matching: U8 = information(1);
    /// Extended negotiation of Query/Retrieve: fuzzy semantic matching of person names.
    fuzzy_matching: U8 = information(2);
    /// Extended negotiation of Query/Retrieve: timezone query adjustment.
    timezone_adjustment: U8 = information(3);
    /// User identity type (PS3.7 annex D.3.3.7). What identifies the user is never kept.
    identity_type: U8 = item.identity.map(|(kind, _)| kind);
    /// User identity: whether a positive response is requested.
    response_requested: U8 = item.identity.map(|(_, response)| response);
    /// User identity: bytes of the primary field.
    primary_length: U16 = item.primary_length;
    /// User identity: bytes of the secondary field.
    secondary_length: U16 = item.secondary_length;
}
