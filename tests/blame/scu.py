"""A pynetdicom C-STORE user: python scu.py HOST PORT MAX_PDU ASSOCIATIONS PAUSE FILE..."""

from __future__ import annotations

import sys
import time

from pydicom import dcmread
from pynetdicom import AE


def main(host: str, port: str, max_pdu: str, associations: str, pause: str, *paths: str) -> None:
    data = [dcmread(path) for path in paths]
    entity = AE("BLAME_SCU")
    entity.add_requested_context(data[0].SOPClassUID, data[0].file_meta.TransferSyntaxUID)
    share = len(data) // int(associations)
    for at in range(0, len(data), share):
        association = entity.associate(host, int(port), max_pdu=int(max_pdu))
        for number, one in enumerate(data[at : at + share]):
            if number:
                time.sleep(float(pause))  # a user that thinks between two operations
            if association.is_established:
                association.send_c_store(one)
        if association.is_established:
            association.release()


main(*sys.argv[1:])
