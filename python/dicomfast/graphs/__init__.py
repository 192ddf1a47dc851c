"""Graphs of a connection: time-sequence, throughput, round-trip time, window, ladder. Each is first of all a table.

`capture.graph("tcptrace", connection=3).save("tcptrace.html")`. `series` and the files beside it make the tables, `picture` says what
is to be drawn, `page` and `static` draw it, `source` alone asks the engine.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicomfast.graphs.graph import Graph

__all__ = ["Graph"]


def __getattr__(name: str) -> Any:
    """Load the class when it is asked for: a command that draws nothing does not wait for it."""
    if name == "Graph":
        from dicomfast.graphs.graph import Graph

        return Graph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
