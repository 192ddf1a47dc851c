"""A pynetdicom C-STORE provider: python scp.py PORT MAX_PDU DELAY, where DELAY is what the handler of a C-STORE takes."""

from __future__ import annotations

import sys
import time

from pydicom.uid import CTImageStorage
from pynetdicom import AE, evt


def main(port: str, max_pdu: str, delay: str) -> None:
    def store(_: evt.Event) -> int:
        time.sleep(float(delay))
        return 0

    entity = AE("BLAME_SCP")
    entity.maximum_pdu_size = int(max_pdu)
    entity.add_supported_context(CTImageStorage)
    entity.start_server(("", int(port)), block=True, evt_handlers=[(evt.EVT_C_STORE, store)])


main(*sys.argv[1:])
