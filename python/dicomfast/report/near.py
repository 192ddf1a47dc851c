"""The last section of a report: the most troubled connections, each as graphs and as a ladder. Knows looks and markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.report.closer import can_draw
from dicomfast.report.detail import mark, stall_name, who
from dicomfast.report.markup import Html, Part, join, table, tag
from dicomfast.terminal import count, duration

if TYPE_CHECKING:
    from dicomfast.graphs.picture import Shade
    from dicomfast.report.closer import Drawn, Look
    from dicomfast.report.facts import Row
    from dicomfast.report.ladder import Rung

# A silence stands out in a ladder from here on, as a stall does: so long, or so many round trips.
_SILENCE, _TRIPS = 10_000_000, 2
_TAPS = {"client": "near the client", "server": "near the server", "between": "between client and server"}


def near(looks: list[Look], told: set[str]) -> Html:
    """All of them. `told` are the stalls that have a row in the page, by their names."""
    missing = can_draw()
    parts: list[Part] = [tag("p", f"No graphs: {missing}.", class_="soft")] if missing else []
    return join([*parts, *(_look(number, one, told) for number, one in enumerate(looks))])


def _look(number: int, look: Look, told: set[str]) -> Html:
    row = look.close.association
    name = f"Association {row['association']}, {who(row)}" if row else f"Connection {look.close.connection}"
    notes = []
    if look.coarse:
        notes.append("The graphs of the whole connection are coarse: segments that follow each other closely are drawn as one.")
    if look.cut:
        notes.append("The connection goes on: the graphs end where this report stopped to read.")
    parts: list[Part] = [tag("h3", name), tag("p", look.about), tag("p", _path(look.close.row), class_="soft")]
    parts += [tag("p", " ".join(notes), class_="soft")] if notes else []
    parts += [_figure(f"g{number}-{index}", drawn, look, told) for index, drawn in enumerate(look.drawn)]
    return tag("section", *parts, _ladder(look))


def _path(row: Row | None) -> str:
    if row is None:
        return ""
    parts = [
        f"round trip of the handshake {duration(row['syn_rtt'])}" if row["syn_rtt"] is not None else "no handshake seen",
        f"captured {_TAPS[row['tap']]}" if row["tap"] in _TAPS else "",
        count((row["client_retransmissions"] or 0) + (row["server_retransmissions"] or 0), "retransmission"),
        count((row["client_zero_windows"] or 0) + (row["server_zero_windows"] or 0), "closed window"),
        f"closed by {row['closed']}" if row["closed"] != "open" else "still open at the end",
    ]
    return "; ".join(part for part in parts if part)


def _figure(name: str, drawn: Drawn, look: Look, told: set[str]) -> Html:
    from dicomfast.graphs.vector import drawing, swatch, visible

    def link(shade: Shade) -> str | None:
        evidence = dict(shade.evidence)
        row = {"connection": look.close.connection, "packet_before": evidence.get("packet before"), "sender": evidence.get("sender")}
        target = stall_name(row)
        return target if target in told else None

    label = f"{drawn.title} of connection {look.close.connection}"
    layers, shades = visible(drawn.picture, drawn.view)
    signs = [tag("li", Html(swatch(layer)), layer.style.label) for layer in layers]
    signs += [tag("li", mark(cause), f"stall: {cause}") for cause in sorted({shade.cause for shade in shades})]
    box = tag(
        "div", Html(drawing(drawn.picture, name, label, drawn.view, link)), class_="scroll", tabindex=0, role="region", aria_label=label
    )
    return tag("figure", tag("figcaption", drawn.title), tag("ul", *signs, class_="signs"), box)


def _ladder(look: Look) -> Html:
    if not look.ladder:
        return Html("")
    header: list[Part] = ["time", "after", "requestor", "", "acceptor", "took", "packet"]
    trip = (look.close.row or {}).get("syn_rtt") or 0
    silence = max(_SILENCE, _TRIPS * trip)
    body: list[list[Part]] = []
    for rung in look.ladder:
        if rung.left_out:
            body.append([tag("td", f"{rung.left_out:,} left out", colspan=7, class_="gap")])
        body.append(_rung(rung, silence))
    caption = f"Ladder of connection {look.close.connection}"
    note = "After: since the last byte of what was said before. Took: from its first byte to its last. Times since the first packet."
    return join(
        [tag("h4", "Ladder"), tag("p", note, class_="soft"), tag("div", table(caption, header, body, right=(0, 1, 5, 6)), class_="ladder")]
    )


def _rung(rung: Rung, silence: int) -> list[Part]:
    after = "" if rung.after is None else duration(rung.after)
    slow = tag("strong", after, class_="bad") if (rung.after or 0) > silence else after
    said = tag("span", rung.text, class_="said")
    forward = rung.lane == 0
    return [f"{rung.time / 1e9:.6f} s", slow, said if forward else "", _arrow(forward=forward), "" if forward else said,
            duration(rung.lasted) if rung.lasted else "", rung.packet]  # fmt: skip


def _arrow(*, forward: bool) -> Html:
    path = "M2 7H46M40 2L46 7L40 12" if forward else "M46 7H2M8 2L2 7L8 12"
    said = "to the acceptor" if forward else "to the requestor"
    return Html(f'<svg class="arrow" width="48" height="14" role="img" aria-label="{said}"><path d="{path}"/></svg>')
