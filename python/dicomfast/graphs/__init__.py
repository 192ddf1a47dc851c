"""Graphs of a connection: time-sequence, throughput, round-trip time, window, ladder. Each is first of all a table.

`capture.graph("tcptrace", connection=3).save("tcptrace.html")`. `series` and the files beside it make the tables, `picture` says what
is to be drawn, `page` and `static` draw it, `source` alone asks the engine.
"""

from dicomfast.graphs.graph import Graph

__all__ = ["Graph"]
