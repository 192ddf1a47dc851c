"""DICOM peers for captures on interfaces, run as programs of their own: `scp PORT` and `scu HOST PORT OBJECTS KIB`.

The SCU prints how many C-STOREs succeeded.
"""

import sys
import time

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from pynetdicom import AE, evt


def scp(port: int) -> None:
    entity = AE("RECEIVER")
    entity.maximum_pdu_size = 0
    entity.add_supported_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    entity.start_server(("", port), evt_handlers=[(evt.EVT_C_STORE, lambda _: 0x0000)])


def image(kib: int) -> Dataset:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = SecondaryCaptureImageStorage
    data.SOPInstanceUID = generate_uid()
    data.PatientName = "Test^Live"
    data.Rows, data.Columns = kib, 1024
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation, data.SamplesPerPixel = 7, 0, 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.PixelData = bytes(1024) * kib
    return data


def scu(host: str, port: int, objects: int, kib: int) -> None:
    entity = AE("SENDER")
    entity.maximum_pdu_size = 0
    entity.add_requested_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian)
    for _ in range(50):
        association = entity.associate(host, port, ae_title="RECEIVER", max_pdu=0)
        if association.is_established:
            break
        time.sleep(0.1)
    stored = sum(association.send_c_store(image(kib)).Status == 0 for _ in range(objects))
    association.release()
    sys.stdout.write(f"{stored}\n")


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    if role == "scp":
        scp(int(rest[0]))
    else:
        scu(rest[0], int(rest[1]), int(rest[2]), int(rest[3]))
