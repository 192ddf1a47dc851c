"""The fields of DICOM: Wireshark's `dicom.*`, then ours, which Wireshark has not."""

from __future__ import annotations

from dicomfast.filters.fields import Field, Source, bits, ended, named_uid, of_bad_status, of_passcode, type_of_event

_PDU_TYPES = ((1, "ASSOC Request"), (2, "ASSOC Accept"), (3, "ASSOC Reject"), (4, "Data"), (5, "RELEASE Request"), (6, "RELEASE Response"),
              (7, "ABORT"))  # fmt: skip
_RQ, _AC, _RJ, _ABORT = 1, 2, 3, 7


def _pdu(name: str, kind: str, column: str, doc: str, types: tuple[int, ...], rows: tuple[Source, ...] = ()) -> Field:
    """A field of PDUs of these types whose value the association has."""
    association = Source("associations", column)
    return Field(name, kind, doc, (Source("pdus", column, ("type", types), owner="associations"),), (association, *rows))


def _item(
    name: str,
    kind: str,
    column: str,
    doc: str,
    types: tuple[int, ...] = (),
    *,
    how: object = None,
    more: tuple[str, ...] = (),
    display: int = 0,
    rows: tuple[Source, ...] = (),
) -> Field:
    where = ("type", types) if types else None
    return Field(name, kind, doc, (Source("items", column, where, how, more),), rows, display)  # type: ignore[arg-type]


def _peer(column: str) -> tuple[Source, ...]:
    return tuple(Source("associations", f"{side}_{column}") for side in ("requestor", "acceptor"))


def _context(column: str) -> tuple[Source, ...]:
    return (Source("presentation_contexts", column),)


_CONTEXT = (0x20, 0x21)
_EXTENDED = (0x56,)
_ROLE = (0x54,)
_IDENTITY = (0x58,)
_KNOWN = (0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x58)
_UNKNOWN = tuple(code for code in range(0x51, 0x100) if code not in _KNOWN)

WIRESHARK = [
    Field("dicom", "label", "A PDU ends in the frame.", (Source("pdus", "type"),), (Source("events", "event"),)),
    Field("dicom.pdu.type", "number", "PDU type.", (Source("pdus", "type"),), (
        Source("events", "event", how=type_of_event),
    ), display=2, labels=_PDU_TYPES),
    Field("dicom.pdu.len", "number", "PDU length.", (Source("pdus", "length"),)),
    _pdu("dicom.assoc.version", "number", "protocol_version", "Protocol version.", (_RQ, _AC)),
    _pdu("dicom.assoc.ae.called", "title", "called_ae", "Called AE title.", (_RQ, _AC), (Source("events", "called_ae"),)),
    _pdu("dicom.assoc.ae.calling", "title", "calling_ae", "Calling AE title.", (_RQ, _AC), (Source("events", "calling_ae"),)),
    _pdu("dicom.assoc.reject", "label", "reject_result", "The association is rejected.", (_RJ,)),
    _pdu("dicom.assoc.reject.result", "number", "reject_result", "Result of A-ASSOCIATE-RJ.", (_RJ,)),
    _pdu("dicom.assoc.reject.source", "number", "reject_source", "Source of A-ASSOCIATE-RJ.", (_RJ,)),
    _pdu("dicom.assoc.reject.reason", "number", "reject_reason", "Reason of A-ASSOCIATE-RJ.", (_RJ,)),
    _pdu("dicom.assoc.abort", "label", "abort_source", "The association is aborted.", (_ABORT,)),
    _pdu("dicom.assoc.abort.source", "number", "abort_source", "Source of A-ABORT.", (_ABORT,)),
    _pdu("dicom.assoc.abort.reason", "number", "abort_reason", "Reason of A-ABORT.", (_ABORT,)),
    _item("dicom.assoc.item.type", "number", "type", "Item type.", display=2),
    _item("dicom.assoc.item.len", "number", "length", "Item length."),
    _item("dicom.actx", "text", "uid", "Application context.", (0x10,), how=named_uid, more=("uid_name",)),
    _item("dicom.pctx.id", "number", "context_id", "Presentation context ID.", _CONTEXT, display=2, rows=(
        *_context("context_id"), Source("messages", "context_id"), Source("operations", "context_id"), Source("events", "context_id"),
    )),
    _item("dicom.pctx.result", "number", "result", "Result of a presentation context.", (0x21,), display=2, rows=_context("result")),
    _item("dicom.pctx.abss.syntax", "text", "uid", "Abstract syntax: name and UID.", (0x30,), how=named_uid, more=("uid_name",), rows=(
        Source("presentation_contexts", "abstract_syntax", how=named_uid, more=("abstract_syntax_name",)),
    )),
    _item("dicom.pctx.xfer.syntax", "text", "uid", "Transfer syntax: name and UID.", (0x40,), how=named_uid, more=("uid_name",), rows=(
        Source("presentation_contexts", "transfer_syntax", how=named_uid, more=("transfer_syntax_name",)),
    )),
    _item("dicom.userinfo", "label", "type", "User information.", (0x50,)),
    _item("dicom.userinfo.uid", "text", "uid", "Implementation class UID.", (0x52,), rows=_peer("implementation_class_uid")),
    _item("dicom.userinfo.version", "text", "version", "Implementation version name.", (0x55,), rows=_peer("implementation_version")),
    _item("dicom.max_pdu_len", "number", "max_pdu", "Maximum length received.", (0x51,), rows=_peer("max_pdu")),
    _item("dicom.userinfo.extneg", "label", "type", "SOP class extended negotiation.", _EXTENDED),
    _item("dicom.userinfo.extneg.sopclassuid.len", "number", "uid_length", "Length of its UID.", _EXTENDED),
    _item("dicom.userinfo.extneg.sopclassuid", "text", "uid", "Its SOP class: name and UID.", _EXTENDED, how=named_uid, more=("uid_name",)),
    _item("dicom.userinfo.extneg.relational", "number", "relational_queries", "Relational queries.", _EXTENDED, display=2),
    _item("dicom.userinfo.extneg.datetimematching", "number", "datetime_matching", "Combined date-time matching.", _EXTENDED, display=2),
    _item("dicom.userinfo.extneg.fuzzymatching", "number", "fuzzy_matching", "Fuzzy semantic matching.", _EXTENDED, display=2),
    _item("dicom.userinfo.extneg.timezone", "number", "timezone_adjustment", "Timezone query adjustment.", _EXTENDED, display=2),
    _item("dicom.userinfo.rolesel", "label", "type", "SCP/SCU role selection.", _ROLE),
    _item("dicom.userinfo.rolesel.sopclassuid.len", "number", "uid_length", "Length of its UID.", _ROLE),
    _item("dicom.userinfo.rolesel.sopclassuid", "text", "uid", "Its SOP class: name and UID.", _ROLE, how=named_uid, more=("uid_name",)),
    _item("dicom.userinfo.rolesel.scurole", "number", "scu_role", "SCU role.", _ROLE, display=2),
    _item("dicom.userinfo.rolesel.scprole", "number", "scp_role", "SCP role.", _ROLE, display=2),
    _item("dicom.userinfo.asyncneg", "label", "type", "Asynchronous operations window.", (0x53,)),
    _item("dicom.userinfo.asyncneg.maxnumopsinv", "number", "async_invoked", "Operations invoked.", (0x53,)),
    _item("dicom.userinfo.asyncneg.maxnumopsper", "number", "async_performed", "Operations performed.", (0x53,)),
    _item("dicom.userinfo.unknown", "label", "type", "An item that Wireshark does not know (0x57, 0x59 and others).", _UNKNOWN),
    _item("dicom.userinfo.user_identify", "label", "type", "User identity.", _IDENTITY),
    _item("dicom.userinfo.user_identify.type", "number", "identity_type", "Its type.", _IDENTITY, rows=(
        Source("associations", "user_identity_type"),
    )),
    _item("dicom.userinfo.user_identify.response_requested", "number", "response_requested", "Positive response requested.", _IDENTITY),
    _item("dicom.userinfo.user_identify.primary_field_length", "number", "primary_length", "Length of the primary field.", _IDENTITY),
    _item("dicom.userinfo.user_identify.secondary_field_length", "number", "secondary_length", "Length of the passcode.", _IDENTITY,
        how=of_passcode, more=("identity_type",)),
    Field("dicom.pdv.len", "number", "PDV length.", (Source("pdvs", "length"),)),
    Field("dicom.pdv.ctx", "number", "Context of a PDV.", (Source("pdvs", "context_id"),), (
        Source("messages", "context_id"), Source("operations", "context_id"), Source("events", "context_id"),
    )),
    Field("dicom.pdv.flags", "number", "Message control header: 1 command, 2 last fragment; without the bits that are reserved.", (
        Source("pdvs", "flags", how=bits(3)),
    ), display=2),
    Field("dicom.status_msg", "label", "A status that is neither success nor pending.", (
        Source("messages", "status", how=of_bad_status),
    ), (Source("operations", "status", how=of_bad_status),)),
]  # fmt: skip


def _command(name: str, kind: str, doc: str, column: str, *others: str, display: int = 0) -> Field:
    """An element of command sets; the other tables have the column as well."""
    return Field(name, kind, doc, (Source("messages", column),), tuple(Source(table, column) for table in others), display)


OURS = [
    Field(
        "dicom.cmd",
        "text",
        'Name of the command, for example "C-STORE-RQ"; operations have all names: "C-STORE", "C-STORE-RQ", "C-STORE-RSP".',
        (Source("messages", "command"),),
        (
            Source("operations", "command"),
            Source("operations", "command", how=ended("-RQ")),
            Source("operations", "command", ("answered", (True,)), ended("-RSP")),
            Source("events", "event"),
        ),
    ),
    _command("dicom.cmd.field", "number", "Command Field (0000,0100).", "command_field", display=4),
    _command("dicom.cmd.message_id", "number", "Message ID, or that of the request.", "message_id", "operations", "events"),
    _command("dicom.cmd.status", "number", "Status (0000,0900).", "status", "operations", "events", display=4),
    _command("dicom.cmd.status_text", "text", "Status in words.", "status_text", "operations", "events"),
    _command(
        "dicom.cmd.status_category",
        "text",
        'Status: "success", "pending", "warning", "failure", "cancel".',
        "status_category",
        "operations",
    ),
    _command("dicom.cmd.sop_class", "text", "SOP class UID.", "sop_class", "operations", "events"),
    _command("dicom.cmd.sop_class_name", "text", "SOP class in words.", "sop_class_name", "operations", "events"),
    _command("dicom.cmd.sop_instance", "text", "SOP instance UID.", "sop_instance", "operations", "events"),
    _command("dicom.cmd.priority", "number", "Priority (0000,0700).", "priority", "operations"),
    _command("dicom.cmd.transfer_syntax", "text", "Transfer syntax UID.", "transfer_syntax", "operations"),
    _command("dicom.cmd.error_comment", "text", "Error Comment (0000,0902).", "error_comment", "operations"),
    _command("dicom.cmd.move_destination", "title", "Move Destination (0000,0600).", "move_destination", "operations"),
    _command("dicom.cmd.move_originator_ae", "title", "Move Originator AE title (0000,1030).", "move_originator_ae", "operations"),
    _command("dicom.cmd.remaining", "number", "Remaining sub-operations.", "remaining_suboperations", "operations"),
    _command("dicom.cmd.completed", "number", "Completed sub-operations.", "completed_suboperations", "operations"),
    _command("dicom.cmd.failed", "number", "Failed sub-operations.", "failed_suboperations", "operations"),
    _command("dicom.cmd.warning", "number", "Sub-operations with a warning.", "warning_suboperations", "operations"),
    _command("dicom.cmd.dataset_bytes", "number", "Bytes of the data set.", "dataset_bytes", "operations", "events"),
    _command("dicom.cmd.complete", "bool", "Every byte of the message was seen.", "complete", "operations", "events"),
]

FIELDS = [*WIRESHARK, *OURS]
