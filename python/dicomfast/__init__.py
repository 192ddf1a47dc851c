"""DICOM network captures to Arrow tables at line rate.

import dicomfast

capture = dicomfast.open("traffic.pcapng")
capture.associations    # a pyarrow.Table, one row per DICOM association
capture.findings        # what is worth telling a person

tables = dicomfast.read("day1/*.pcap", tables=["operations", "messages"])    # one pass, whole tables

dicomfast.compare("fast.pcap", "slow.pcap").sentence    # which is slower, by how much and why

capture.filter('ip.addr == 10.0.0.1 && dicom.cmd.status != 0').operations         # Wireshark's display filters, over tables

for name, batch in dicomfast.scan("huge.pcap", tables=["messages"]):         # one pass, constant memory
    ...
"""

from dicomfast import _dicomfast
from dicomfast.capture import Capture, Scan, compare, open, read, scan  # noqa: A004 - as gzip.open: always used with its module
from dicomfast.errors import ArgumentError, DicomfastError, FilterError, FormatError, OpenError

__version__ = _dicomfast.version()

__all__ = [
    "ArgumentError",
    "Capture",
    "DicomfastError",
    "FilterError",
    "FormatError",
    "OpenError",
    "Scan",
    "__version__",
    "compare",
    "open",
    "read",
    "scan",
]
