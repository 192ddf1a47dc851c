"""Where libpcap may be, beside the system's own. Knows the package of the extra `live`."""

import importlib.util
import platform
from pathlib import Path

_MACHINES = {"AMD64": "x86_64"}


def libraries() -> list[str]:
    """The libraries that the package libpcap carries for this machine; none where it is not installed."""
    spec = importlib.util.find_spec("libpcap")
    folders = spec.submodule_search_locations if spec is not None else None
    machine = _MACHINES.get(platform.machine(), platform.machine())
    return [str(path) for folder in folders or () for path in sorted(Path(folder).glob(f"_platform/*/{machine}/*/libpcap.*"))]
