"""Long connections in fewer rows: plain segments of a short time as one, what is marked as it was. Draws nothing.

A graph of these rows shows the shape of the whole connection; the exact series are made of the table itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.graphs.sequence import MARKS
from dicomfast.graphs.series import FIN, RST, SYN

if TYPE_CHECKING:
    import pyarrow as pa

BINS, MARKED = 1500, 4000
COLUMNS = ("connection", "packet", "time", "sender", "seq", "ack", "length", "window", "flags", "sack", *MARKS)


def coarse(segments: pa.Table, *, summed: bool) -> pa.Table:
    """The rows that are marked, up to `MARKED`, and of the others one for each side and each of `BINS` times.

    Such a row has the first time and packet, the highest acknowledgement and the smallest window. Its length is that of the range
    of its bytes, holes included; with `summed` that of all bytes in it, those that were sent again included.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if segments.num_rows <= 2 * BINS + MARKED:
        return segments
    special = pc.fill_null(_special(segments), False)  # noqa: FBT003 - as pyarrow has it
    marked = segments.filter(special).slice(0, MARKED)
    rest = pa.concat_tables([segments.filter(pc.invert(special)), segments.filter(special).slice(MARKED)])
    return pa.concat_tables([marked, _folded(rest, segments, summed=summed)]).sort_by("time")


def _special(segments: pa.Table) -> Any:
    import pyarrow.compute as pc

    found = pc.or_(pc.equal(segments["window"], 0), pc.is_valid(segments["sack"]))
    for name in MARKS:
        found = pc.or_kleene(found, segments[name])
    return pc.or_kleene(found, pc.not_equal(pc.bit_wise_and(segments["flags"], SYN | FIN | RST), 0))


def _folded(rest: pa.Table, like: pa.Table, *, summed: bool) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    time = rest["time"].cast(pa.int64())
    first, last = pc.min(time).as_py(), pc.max(time).as_py()
    width = max(1, (last - first) // BINS + 1)
    end = pc.add(rest["seq"], rest["length"].cast(pa.int64()))
    sender = rest["sender"].cast(pa.string())
    columns = {"bin": pc.divide(pc.subtract(time, first), width), "sender": sender, "time": time, "end": end}
    columns |= {name: rest[name] for name in ("packet", "seq", "ack", "window", "flags", "length")}
    wanted = [("time", "min"), ("packet", "min"), ("seq", "min"), ("end", "max"), ("ack", "max"), ("window", "min"), ("flags", "max"),
              ("length", "sum")]  # fmt: skip
    groups = pa.table(columns).group_by(["bin", "sender"]).aggregate(wanted)
    length = groups["length_sum"] if summed else pc.subtract(groups["end_max"], groups["seq_min"])
    made = {
        "time": groups["time_min"], "packet": groups["packet_min"], "sender": groups["sender"], "seq": groups["seq_min"],
        "ack": groups["ack_max"], "length": length, "window": groups["window_min"],
        "flags": groups["flags_max"],
    }  # fmt: skip
    arrays = [made[field.name].cast(field.type) if field.name in made else pa.nulls(groups.num_rows, field.type) for field in like.schema]
    return pa.table(arrays, schema=like.schema)
