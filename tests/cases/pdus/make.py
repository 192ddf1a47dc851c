"""Makes the fixtures beside it: python make.py CORPUS (a folder of NAME.pcap with NAME.truth.json; needs tshark, pynetdicom).

associate.txt and commands.txt hold blocks separated by an empty line: `name kind hex`, then what the bytes mean, one value a line.
For captures the meaning is that of the truth file (made from what the programs wrote to their sockets); for the PDUs built here it
is what pynetdicom was told to encode. statuses.tsv holds pynetdicom's status tables.
"""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from pydicom.filereader import read_dataset
from pynetdicom import pdu_primitives as prim
from pynetdicom import status as tables
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.presentation import PresentationContext

HERE = Path(__file__).parent
ASSOCIATIONS = """a01_echo_dcmtk_storescp a02_echo_orthanc a04_store_dcmsend_dcmrecv a05_store_pynetdicom_orthanc a09_get_dcmqrscp
a12_no_context_accepted a17_user_identity a18_extended_negotiation a43_termscu a52_print_dcmtk""".split()
COMMANDS = """a01_echo_dcmtk_storescp a06_store_gdcm_dcmqrscp a07_find_dcmqrscp a08_move_three_hosts a09_get_dcmqrscp a16_find_cancel
a20_store_statuses a40_mpps_commit_n_services a41_print_pynetdicom a42_orthanc_query_retrieve a52_print_dcmtk""".split()


def streams(pcap):
    """The bytes of each direction of each TCP stream: {(client, server): (c2s, s2c)}."""
    found = {}
    count = subprocess.run(["tshark", "-n", "-r", pcap, "-T", "fields", "-e", "tcp.stream"], capture_output=True, text=True, check=True)
    for stream in sorted({int(n) for n in count.stdout.split()}):
        out = subprocess.run(
            ["tshark", "-n", "-r", pcap, "-q", "-z", f"follow,tcp,raw,{stream}"], capture_output=True, text=True, check=True
        )
        nodes, data = [], [b"", b""]
        for line in out.stdout.splitlines():
            if line.startswith("Node "):
                nodes.append(line.split(": ", 1)[1])
            elif line and not line.startswith(("=", "Follow", "Filter")):
                data[line.startswith("\t")] += bytes.fromhex(line.strip())
        found[tuple(nodes)] = tuple(data)
    return found


def pdus(data):
    while len(data) >= 6:
        length = int.from_bytes(data[2:6], "big")
        yield data[0], data[6 : 6 + length]
        data = data[6 + length :]


def commands(data):
    whole = {}
    for kind, body in pdus(data):
        while kind == 4 and len(body) >= 6:
            length, context, flags = int.from_bytes(body[:4], "big"), body[4], body[5]
            if flags & 1:
                whole[context] = whole.get(context, b"") + body[6 : 4 + length]
                if flags & 2:
                    yield whole.pop(context)
            body = body[4 + length :]


def negotiation(dicom, side):
    """The lines of one PDU from the truth file."""
    peer = dicom[side]
    lines = [f"called_ae {dicom['called_ae']}", f"calling_ae {dicom['calling_ae']}", f"application_context {dicom['application_context']}"]
    if side == "rq":
        lines += [f"context {c['id']} {c['abstract']} {','.join(c['transfer'])}" for c in dicom["proposed"]]
    else:
        lines += [f"context {c['id']} {c['result']} {c['transfer'] if c['result'] == 0 else '-'}" for c in dicom["accepted"]]
    return lines + user(
        max_pdu=peer.get("max_pdu"),
        class_uid=peer.get("implementation_class_uid"),
        version=peer.get("implementation_version_name"),
        window=peer.get("async_ops"),
        roles=[(r["sop_class"], r["scu"], r["scp"]) for r in peer.get("roles", [])],
        extended=[(e["sop_class"], e["info_hex"]) for e in peer.get("extended", [])],
        common=[(c["sop_class"], c["service_class"], c["related"]) for c in peer.get("common_extended", [])],
        identity=[peer["user_identity"][k] for k in ("type", "response_requested", "primary_len", "secondary_len")]
        if "user_identity" in peer
        else None,
        response=peer.get("user_identity_response_len"),
    )


def user(max_pdu, class_uid, version=None, window=None, roles=(), extended=(), common=(), identity=None, response=None):
    lines = [f"max_pdu {max_pdu}", f"implementation_class_uid {class_uid}"]
    lines += [f"implementation_version {version}"] if version else []
    lines += [f"async {window[0]} {window[1]}"] if window else []
    lines += [f"role {uid} {int(scu)} {int(scp)}" for uid, scu, scp in roles]
    lines += [f"extended {uid} {info}" for uid, info in extended]
    lines += [f"common_extended {uid} {service} {','.join(related) or '-'}" for uid, service, related in common]
    lines += ["user_identity " + " ".join(str(int(value)) for value in identity)] if identity else []
    lines += [f"user_identity_response {response}"] if response is not None else []
    return lines


def secrets(body):
    """The identity fields of an A-ASSOCIATE-RQ, so that the tests can look for them."""
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(bytes([1, 0]) + len(body).to_bytes(4, "big") + body)
    for item in pdu.user_information.user_data:
        if type(item).__name__ == "UserIdentitySubItemRQ":
            yield from (f"secret {field.hex()}" for field in (item.primary_field, item.secondary_field) if field)


def element_lines(raw):
    """Every element of a command set as pydicom reads it, by the names of our fields."""
    names = {
        0x0002: "affected_sop_class", 0x0003: "requested_sop_class", 0x0100: "command_field", 0x0110: "message_id",
        0x0120: "message_id_responded_to", 0x0600: "move_destination", 0x0700: "priority", 0x0800: "data_set_type", 0x0900: "status",
        0x0901: "offending_elements", 0x0902: "error_comment", 0x0903: "error_id", 0x1000: "affected_sop_instance",
        0x1001: "requested_sop_instance", 0x1002: "event_type_id", 0x1005: "attribute_identifiers", 0x1008: "action_type_id",
        0x1020: "remaining_suboperations", 0x1021: "completed_suboperations", 0x1022: "failed_suboperations",
        0x1023: "warning_suboperations", 0x1030: "move_originator_ae", 0x1031: "move_originator_message_id",
    }  # fmt: skip
    lines = []
    for element in read_dataset(BytesIO(raw), is_implicit_VR=True, is_little_endian=True):
        value = element.value
        if element.tag.element not in names or value in ("", None):
            continue
        if element.VR == "AT":
            tags = [value] if isinstance(value, int) else value
            value = ",".join(f"{int(tag):08x}" for tag in tags)
        lines.append(f"{names[element.tag.element]} {str(value).strip()}")
    return lines


def check(lines, message):
    """pydicom's reading agrees with the truth file."""
    said = dict(line.split(" ", 1) for line in lines)
    sop_class = said.get("affected_sop_class", said.get("requested_sop_class"))
    instance = said.get("affected_sop_instance", said.get("requested_sop_instance"))
    pairs = {
        "message_id": said.get("message_id"), "responding_to": said.get("message_id_responded_to"), "sop_class": sop_class,
        "sop_instance": instance, "priority": said.get("priority"), "move_destination": said.get("move_destination"),
        "remaining": said.get("remaining_suboperations"), "completed": said.get("completed_suboperations"),
        "failed": said.get("failed_suboperations"), "warning": said.get("warning_suboperations"),
        "mo_originator": said.get("move_originator_ae"), "mo_message_id": said.get("move_originator_message_id"),
    }  # fmt: skip
    for key, value in pairs.items():
        assert key not in message or str(message[key]) == value, (key, message, lines)
    assert "status" not in message or int(message["status"], 16) == int(said["status"])
    assert message["has_dataset"] == (said["data_set_type"] != str(0x0101))


def from_corpus(corpus):
    associations, sets, seen = [], [], set()
    for name in sorted(set(ASSOCIATIONS + COMMANDS)):
        truth = json.loads((corpus / f"{name}.truth.json").read_text())
        found = streams(str(corpus / f"{name}.pcap"))
        for number, connection in enumerate(truth["connections"]):
            data = found.get((connection["client"], connection["server"]))
            dicom = connection.get("dicom")
            if not data or not dicom:
                continue
            if name in ASSOCIATIONS:
                for direction in data:
                    for kind, body in pdus(direction):
                        if kind in (1, 2) and body not in seen:
                            seen.add(body)
                            lines = negotiation(dicom, "rq" if kind == 1 else "ac") + (list(secrets(body)) if kind == 1 else [])
                            associations.append((f"{name}-{number}", "request" if kind == 1 else "accept", body, lines))
            if name in COMMANDS:
                for direction, side in zip(data, ("c2s", "s2c")):
                    messages = [m for m in dicom["messages"] if m["dir"] == side]
                    for raw, message in zip(commands(direction), messages, strict=True):
                        lines = element_lines(raw)
                        check(lines, message)
                        # One of each shape is enough.
                        shape = (message["command"], message.get("status"), tuple(line.split(" ")[0] for line in lines))
                        if shape not in seen:
                            seen.add(shape)
                            sets.append((f"{name}-{number}", message["command"], raw, lines))
    return associations, sets


def built():
    """PDUs with the rarer items, each field set here and encoded by pynetdicom."""
    uids = ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.2.2.1"]
    syntaxes = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"]

    def primitive(user_items):
        p = prim.A_ASSOCIATE()
        p.application_context_name = "1.2.840.10008.3.1.1.1"
        p.calling_ae_title, p.called_ae_title = "REQUESTOR AE", "ACCEPTOR_16_CHAR"
        length, uid = prim.MaximumLengthNotification(), prim.ImplementationClassUIDNotification()
        length.maximum_length_received, uid.implementation_class_uid = 0, "1.2.3.4.5"
        p.user_information = [length, uid, *user_items]
        return p

    def body(pdu, p):
        pdu.from_primitive(p)
        return pdu.encode()[6:]

    def proposal():
        contexts = []
        for index, uid in enumerate([*uids, uids[0]]):
            context = PresentationContext()
            context.context_id, context.abstract_syntax = 2 * index + 1, uid
            context.transfer_syntax = syntaxes[: index + 1][-3:]
            contexts.append(context)
        return contexts

    head = ["called_ae ACCEPTOR_16_CHAR", "calling_ae REQUESTOR AE", "application_context 1.2.840.10008.3.1.1.1"]
    result = []

    def request(name, items, lines):
        p = primitive(items)
        p.presentation_context_definition_list = proposal()
        contexts = [f"context {c.context_id} {c.abstract_syntax} {','.join(c.transfer_syntax)}" for c in proposal()]
        raw = body(A_ASSOCIATE_RQ(), p)
        result.append((name, "request", raw, head + contexts + lines + list(secrets(raw))))

    def role(uid, scu, scp):
        item = prim.SCP_SCU_RoleSelectionNegotiation()
        item.sop_class_uid, item.scu_role, item.scp_role = uid, scu, scp
        return item

    roles = [(uids[0], True, True), (uids[1], False, True), (uids[2], True, False)]
    request("built-roles", [role(*r) for r in roles], user(0, "1.2.3.4.5", roles=roles))

    window = prim.AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked, window.maximum_number_operations_performed = 0x0102, 0xFFFF
    version = prim.ImplementationVersionNameNotification()
    version.implementation_version_name = "SIXTEEN_CHARS_16"
    request("built-window", [window, version], user(0, "1.2.3.4.5", version="SIXTEEN_CHARS_16", window=(0x0102, 0xFFFF)))

    extended = prim.SOPClassExtendedNegotiation()
    extended.sop_class_uid, extended.service_class_application_information = uids[2], b"\x01\x00\x01\x01\x00"
    common = prim.SOPClassCommonExtendedNegotiation()
    common.sop_class_uid, common.service_class_uid = uids[1], "1.2.840.10008.4.2"
    common.related_general_sop_class_identification = ["1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.66"]
    lines = user(
        0, "1.2.3.4.5", extended=[(uids[2], "0100010100")],
        common=[(uids[1], "1.2.840.10008.4.2", ["1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.66"])],
    )  # fmt: skip
    request("built-extended", [extended, common], lines)

    for kind in range(1, 6):
        identity = prim.UserIdentityNegotiation()
        identity.user_identity_type, identity.positive_response_requested = kind, kind % 2 == 0
        identity.primary_field = b"CANARY-PRIMARY-UVWXRSTQ" * (1 if kind < 3 else 12)
        if kind == 2:
            identity.secondary_field = b"CANARY-SECONDARY-0@P"
        lengths = (kind, kind % 2 == 0, len(identity.primary_field), len(identity.secondary_field or b""))
        request(f"built-identity-{kind}", [identity], user(0, "1.2.3.4.5", identity=lengths))

    p = primitive([role(*roles[0]), window])
    answer = prim.UserIdentityNegotiation()
    answer.server_response = b"CANARY-RESPONSE"
    p.user_information.append(answer)
    p.result, p.result_source = 0, 1
    answers = []
    for context, code in zip(proposal(), (0, 1, 3, 4)):
        context.transfer_syntax, context.result = [syntaxes[1]], code
        answers.append(context)
    p.presentation_context_definition_results_list = answers
    contexts = [f"context {c.context_id} {c.result} {syntaxes[1] if c.result == 0 else '-'}" for c in answers]
    lines = user(0, "1.2.3.4.5", window=(0x0102, 0xFFFF), roles=roles[:1], response=len(b"CANARY-RESPONSE"))
    result.append(("built-accept", "accept", body(A_ASSOCIATE_AC(), p), head + contexts + lines + [f"secret {b'CANARY-RESPONSE'.hex()}"]))
    return result


def statuses():
    """Service, command field, SOP class, code, category, text of every code in pynetdicom's tables; ranges by first and last code."""
    services = [
        ("STORAGE", 0x8001, "1.2.840.10008.5.1.4.1.1.2"), ("QR_FIND", 0x8020, "1.2.840.10008.5.1.4.1.2.2.1"),
        ("QR_MOVE", 0x8021, "1.2.840.10008.5.1.4.1.2.2.2"), ("QR_GET", 0x8010, "1.2.840.10008.5.1.4.1.2.2.3"),
        ("MODALITY_WORKLIST", 0x8020, "1.2.840.10008.5.1.4.31"), ("RELEVANT_PATIENT", 0x8020, "1.2.840.10008.5.1.4.37.1"),
        ("SUBSTANCE_ADMINISTRATION", 0x8020, "1.2.840.10008.5.1.4.41"), ("NON_PATIENT", 0x8001, "1.2.840.10008.5.1.4.38.1"),
        ("PROCEDURE_STEP", 0x8120, "1.2.840.10008.3.1.2.3.3"), ("PRINT_JOB_MANAGEMENT", 0x8140, "1.2.840.10008.5.1.1.1"),
        ("STORAGE_COMMITMENT", 0x8130, "1.2.840.10008.1.20.1"), ("STORAGE_MANAGEMENT", 0x8130, "1.2.840.10008.5.1.4.1.1.201.5"),
        ("APPLICATION_EVENT_LOGGING", 0x8130, "1.2.840.10008.1.40"), ("MEDIA_CREATION_MANAGEMENT", 0x8130, "1.2.840.10008.5.1.1.33"),
        ("UNIFIED_PROCEDURE_STEP", 0x8130, "1.2.840.10008.5.1.4.34.6.1"), ("RT_MACHINE_VERIFICATION", 0x8140, "1.2.840.10008.5.1.4.34.8"),
    ]  # fmt: skip
    for service, field, uid in services:
        table = next(getattr(tables, name) for name in (f"{service}_SERVICE_CLASS_STATUS", f"{service}_STATUS") if hasattr(tables, name))
        for code, (category, text) in sorted(table.items()):
            inside = table.get(code - 1) == (category, text) and table.get(code + 1) == (category, text)
            if not inside:
                # One table for all commands of the service: these codes are those of its query.
                query = service == "UNIFIED_PROCEDURE_STEP" and text.startswith(("Out of", "Identifier", "Unable", "Matches"))
                yield f"{service}\t{0x8020 if query else field}\t{uid}\t{code}\t{category.lower()}\t{text}"


def write(name, blocks):
    text = "\n\n".join(f"{name} {kind} {raw.hex()}\n" + "\n".join(lines) for name, kind, raw, lines in blocks)
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    associations, sets = from_corpus(Path(sys.argv[1]))
    write("associate.txt", associations + built())
    write("commands.txt", sets)
    (HERE / "statuses.tsv").write_text("\n".join(statuses()) + "\n")
