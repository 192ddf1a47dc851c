"""Small captures with known contents, byte for byte.

    conversation = Conversation(contexts=[Context(1, dicom.CT_IMAGE)])
    conversation.associate()
    conversation.store(data, "1.2.3")
    conversation.release()

    connection = Connection().open().play(conversation.writes, cut=random.Random(1)).close()
    connection.segments = impair.reorder(connection.segments, random.Random(2))
    data = capture(connection)  # a pcap; conversation.messages and conversation.pdus are what must be found in it

`dicom` makes PDUs, command sets and data sets, `conversation` the exchange with its truth, `tcp` segments and frames, `impair`
what networks and taps do to them, `link` IP, link layers and tunnels around them, `pcap` and `pcapng` the file. Only the
standard library is used, and nothing of dicomfast.
"""

from . import dicom, impair, link, pcapng
from .conversation import JOINED, SEPARATE, Conversation, Message, Packing
from .dicom import Context, UserInformation
from .pcap import Record, capture, framed, merge, packets, pcap, records
from .tcp import Connection, Endpoints, Segment

__all__ = [
    "JOINED",
    "SEPARATE",
    "Connection",
    "Context",
    "Conversation",
    "Endpoints",
    "Message",
    "Packing",
    "Record",
    "Segment",
    "UserInformation",
    "capture",
    "dicom",
    "framed",
    "impair",
    "link",
    "merge",
    "packets",
    "pcap",
    "pcapng",
    "records",
]
