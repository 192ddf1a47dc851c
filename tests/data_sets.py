"""Data sets made with pydicom, in captures, for the tests of what is in data sets."""

from __future__ import annotations

import io
from typing import Any

from generate import Connection, Context, Conversation, Packing, capture, dicom
from pydicom.dataset import Dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
INSTANCE = "1.2.3.4"


def encoded(data: Dataset, syntax: str) -> bytes:
    """The bytes that a sender puts on the wire."""
    import zlib

    from pydicom.filebase import DicomBytesIO

    out = DicomBytesIO()
    out.is_implicit_VR = syntax == "implicit"
    out.is_little_endian = syntax != "big"
    write_dataset(out, data)
    raw = out.getvalue()
    if syntax == "deflated":
        squeezed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        raw = squeezed.compress(raw) + squeezed.flush()
        raw += b"\0" * (len(raw) % 2)
    return raw


def stored(raw: bytes, uid: str, packing: Packing | None = None, instance: str = INSTANCE) -> Conversation:
    conversation = Conversation(contexts=[Context(1, dicom.CT_IMAGE, (uid,))], packing=packing or Packing())
    conversation.associate()
    conversation.store(raw, instance)
    conversation.release()
    return conversation


def sent(conversation: Conversation, cut: Any = None) -> io.BytesIO:
    return io.BytesIO(capture(Connection().open().play(conversation.writes, cut=cut).close()))


def every_vr() -> Dataset:
    """One element of every VR, nested sequences of both kinds of length, private elements."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ImageType = ["ORIGINAL", "PRIMARY"]
    data.SOPClassUID = dicom.CT_IMAGE
    data.SOPInstanceUID = INSTANCE
    data.StudyDate = "20240102"
    data.StudyTime = "101112.5"
    data.AcquisitionDateTime = "20240102101112"
    data.AccessionNumber = "A1"
    data.Modality = "CT"
    data.PatientName = "Müller^Jörg=山田^太郎"
    data.PatientID = "P1"
    data.PatientAge = "042Y"
    data.PatientComments = "two\r\nlines \\ and a backslash"
    data.add_new(0x00181310, "US", [0, 256, 128, 0])
    data.add_new(0x00189219, "SS", -3)
    data.add_new(0x00181063, "DS", ["1.5", "-2"])
    data.add_new(0x00200013, "IS", "12")
    data.add_new(0x00280009, "AT", [0x00181063, 0x00181065])
    data.add_new(0x00280010, "US", 4)
    data.add_new(0x00280011, "US", 2)
    data.add_new(0x00280103, "US", 1)
    data.add_new(0x00280106, "SS", -5)
    data.add_new(0x00186020, "SL", -70000)
    data.add_new(0x00186018, "UL", 4000000000)
    data.add_new(0x00189073, "FD", 1.25)
    data.add_new(0x00189087, "FD", 1e-300)
    data.add_new(0x00081163, "FD", [0.1, -2.5])
    data.add_new(0x00182043, "FL", [0.1, 3.0])
    data.add_new(0x0008040C, "UV", 2**63)
    data.add_new(0x0008041B, "OB", b"12")
    data.add_new(0x00080120, "UR", "https://example.org/a?b=c")
    data.add_new(0x00080119, "UC", "unlimited characters")
    data.add_new(0x0040A160, "UT", "x" * 2000)
    data.add_new(0x00080081, "ST", "street 1")
    data.add_new(0x00400260, "SQ", Sequence([]))
    inner = Dataset()
    inner.add_new(0x00081150, "UI", dicom.CT_IMAGE)
    inner.add_new(0x00081155, "UI", "1.2.3.5")
    outer = Dataset()
    outer.add_new(0x00081199, "SQ", Sequence([inner, inner]))
    outer.add_new(0x00081140, "SQ", Sequence([Dataset(), inner]))
    data.add_new(0x00081115, "SQ", Sequence([outer, inner]))
    data["ReferencedSeriesSequence"].is_undefined_length = True
    outer["ReferencedImageSequence"].is_undefined_length = True
    private = data.private_block(0x0011, "MAKER", create=True)
    private.add_new(1, "LO", "private text")
    private.add_new(2, "FD", 4.5)
    data.add_new(0x7FE00010, "OW", bytes(16))
    return data
