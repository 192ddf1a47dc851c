//! What is told of DIMSE messages and of the operations they make up (PS3.7).

use super::{Budget, Sender, Stamp, Time, Uid};

/// The command set of a message (PS3.7 section 9.3, 10.3 and annex E), each element as it stood; `None` where absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandSet {
    pub affected_sop_class: Option<Uid>,
    pub requested_sop_class: Option<Uid>,
    pub command_field: Option<u16>,
    pub message_id: Option<u16>,
    pub message_id_responded_to: Option<u16>,
    pub move_destination: Option<String>,
    pub priority: Option<u16>,
    /// 0x0101 means that no data set follows.
    pub data_set_type: Option<u16>,
    pub status: Option<u16>,
    pub offending_elements: Vec<u32>,
    pub error_comment: Option<String>,
    pub error_id: Option<u16>,
    pub affected_sop_instance: Option<Uid>,
    pub requested_sop_instance: Option<Uid>,
    pub event_type_id: Option<u16>,
    pub attribute_identifiers: Vec<u32>,
    pub action_type_id: Option<u16>,
    pub remaining_suboperations: Option<u16>,
    pub completed_suboperations: Option<u16>,
    pub failed_suboperations: Option<u16>,
    pub warning_suboperations: Option<u16>,
    pub move_originator_ae: Option<String>,
    pub move_originator_message_id: Option<u16>,
    /// Elements that the standard does not define or has retired.
    pub other_elements: u32,
}

impl CommandSet {
    /// Affected, else requested, SOP class.
    pub fn sop_class(&self) -> Option<&Uid> {
        self.affected_sop_class.as_ref().or(self.requested_sop_class.as_ref())
    }

    /// Message ID, its own or that of the request, and command field: what tells of which operation a message is.
    pub fn operation(&self) -> Option<(u16, u16)> {
        self.message_id.or(self.message_id_responded_to).zip(self.command_field)
    }

    pub fn sop_instance(&self) -> Option<&Uid> {
        self.affected_sop_instance.as_ref().or(self.requested_sop_instance.as_ref())
    }
}

/// A row of `messages`: a command set and the data set that may follow it.
#[derive(Clone, Debug)]
pub struct MessageRecord {
    pub association: u64,
    pub connection: u64,
    /// Number within the capture, in the order in which messages began.
    pub message: u64,
    pub sender: Sender,
    pub context_id: u8,
    pub transfer_syntax: Option<Uid>,
    pub command: CommandSet,
    /// From the command set, or from the bytes where the command set was lost.
    pub has_dataset: bool,
    pub command_bytes: u64,
    /// Bytes of the data set that its PDVs announced, lost ones inside a known PDV included.
    pub dataset_bytes: u64,
    /// PDUs that carried a part of the message.
    pub pdus: u32,
    pub first: Stamp,
    pub last: Stamp,
    /// False where any byte of it was lost, cut or never sent.
    pub complete: bool,
}

/// A row of `operations`: a request with all its responses.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    pub association: u64,
    pub connection: u64,
    pub message_id: Option<u16>,
    pub context_id: u8,
    /// Command field of the request.
    pub command_field: u16,
    pub initiator: Sender,
    pub sop_class: Option<Uid>,
    pub sop_instance: Option<Uid>,
    pub transfer_syntax: Option<Uid>,
    /// Of the last response.
    pub status: Option<u16>,
    pub error_comment: Option<String>,
    pub offending_elements: Vec<u32>,
    pub responses: u64,
    pub dataset_bytes: u64,
    pub response_dataset_bytes: u64,
    pub request_start: Option<Time>,
    pub request_end: Option<Time>,
    pub first_response: Option<Time>,
    pub end: Option<Time>,
    /// Where the time from `request_start` to `end` went.
    pub budget: Option<Budget>,
    pub priority: Option<u16>,
    pub move_destination: Option<String>,
    pub move_originator_ae: Option<String>,
    pub move_originator_message_id: Option<u16>,
    pub remaining_suboperations: Option<u16>,
    pub completed_suboperations: Option<u16>,
    pub failed_suboperations: Option<u16>,
    pub warning_suboperations: Option<u16>,
    /// A C-CANCEL-RQ was sent for it.
    pub cancelled: bool,
    pub first_packet: u64,
    pub last_packet: u64,
    pub complete: bool,
    /// A final response was seen.
    pub answered: bool,
}
