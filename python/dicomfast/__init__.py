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

with dicomfast.live("eth0", filter="tcp port 104") as capture:               # as it happens
    for name, batch in capture.scan(tables=["operations"]):
        ...
"""

from dicomfast import _dicomfast
from dicomfast.capture import Capture, Scan, compare, open, read, scan  # noqa: A004 - as gzip.open: always used with its module
from dicomfast.errors import ArgumentError, DicomfastError, FilterError, FormatError, LiveError, OpenError
from dicomfast.live import Interface, LiveCapture, LiveStats, Saving, interfaces, live

__version__ = _dicomfast.version()

__all__ = [
    "ArgumentError",
    "Capture",
    "DicomfastError",
    "FilterError",
    "FormatError",
    "Interface",
    "LiveCapture",
    "LiveError",
    "LiveStats",
    "OpenError",
    "Saving",
    "Scan",
    "__version__",
    "compare",
    "interfaces",
    "live",
    "open",
    "read",
    "scan",
]
