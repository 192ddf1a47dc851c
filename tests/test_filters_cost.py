"""What a filter does not cost: pandas, which pyarrow imports where it is not avoided, takes longer than a small capture."""

import subprocess
import sys
from pathlib import Path

import pytest

STATUSES = Path(__file__).parent / "cases" / "store_statuses" / "capture.pcap"
SCRIPT = """
import sys
from dicomfast.cli.run import run
assert run(sys.argv[1:]) == 0
print("pandas" in sys.modules, file=sys.stderr)
"""
FILTERS = [
    "dicom.cmd.status == 0xa700",
    'dicom.assoc.ae.called == "ANY-SCP" && !(dicom.cmd.message_id in {2, 4 .. 6})',
    "dicom.pdv.len > 100 || ip.dsfield.dscp == 0 || tcp.analysis.flags",
    "tcp.srcport != tcp.dstport && count(ip.addr) == 2 && frame.number & 1",
    'dicom.cmd.sop_class_name matches "capture" && dicom.cmd == "C-STORE-RQ" && ip.src < ip.dst && events.dataset_bytes * 2 > 3',
]


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_needs_no_pandas(text: str) -> None:
    pytest.importorskip("pandas")
    command = [sys.executable, "-c", SCRIPT, "dump", "-Y", text, str(STATUSES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1:] == ["False"], done.stderr
    assert done.stdout


def test_the_test_sees_pandas() -> None:
    pytest.importorskip("pandas")
    script = f"import pyarrow\npyarrow.scalar(1)\n{SCRIPT}"
    done = subprocess.run([sys.executable, "-c", script, "dump", str(STATUSES)], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1:] == ["True"]
