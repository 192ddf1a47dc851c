"""The commands: each reads its arguments, calls the part that does the work, and prints."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import rich_click as click

import dicomfast
from dicomfast import _dicomfast, dump, elements, summary, terminal
from dicomfast.cli import FINDINGS, listen, options, progress
from dicomfast.graphs.ask import BY, DIRECTIONS, KINDS, OTHER_NAMES, Question
from dicomfast.output import BINARY, FORMATS, Writer, format_of, replacing, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    import pyarrow as pa

    from dicomfast.narrowing import Connections

    Batches = Iterable[tuple[str, pa.RecordBatch]]
    Passes = Callable[[list[str], Connections | None], AbstractContextManager[Batches]]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(dicomfast.__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """What DICOM did on the network: from a capture (pcap, pcapng) to a summary, a listing, or tables.

    Start with: dicomfast summary FILE
    """


@cli.command("summary")
@options.inputs
@listen.live
@options.color
@options.fail_on
def summary_command(color: str, fail_on: str | None, **inputs: Any) -> int:
    """What was seen, what failed, how fast: one screen, findings ranked. With -i of what comes until Ctrl-C."""
    how = listen.listening(inputs)
    capture = options.opened(how, **inputs)
    with _passes(capture, how, bar=True)(summary.TABLES, None) as batches:
        result = summary.summarize(batches)
    for line in summary.render(result, options.paint(color), terminal.width()):
        click.echo(line, color=True)
    return FINDINGS if result.findings.fail(fail_on) else listen.exit_code(capture, how)


@cli.command("dump")
@options.inputs
@listen.live
@options.color
@options.display_filter
@click.option("-v", "verbose", count=True, help="-v: what was negotiated; -vv: command elements; -vvv: PDUs in hex, and data sets.")
@options.phi
@click.option("-n", "numeric", is_flag=True, help="UIDs and codes, not their names (addresses are never looked up).")
@click.option("-c", "limit", type=click.IntRange(1), metavar="N", help="Stop after N events.")
@click.option("-w", "path", metavar="FILE", help="With -i: write the packets as well (pcapng).")
@click.option("-C", "megabytes", type=click.IntRange(1), metavar="MB", help="Another file after so many million bytes.")
@click.option("-G", "seconds", type=click.IntRange(1), metavar="S", help="Another file every S seconds; FILE may hold %H%M%S.")
@click.option("-W", "count", type=click.IntRange(1), metavar="N", help="With -C: N files in turn; with -G: end after N.")
@click.option("-U", "unbuffered", is_flag=True, help="Write each packet at once.")
def dump_command(
    color: str,
    filter_text: str | None,
    verbose: int,
    limit: int | None,
    path: str | None,
    megabytes: int | None,
    seconds: int | None,
    count: int | None,
    *,
    unbuffered: bool,
    numeric: bool,
    **inputs: Any,
) -> int:
    """A line for each association event and DIMSE message, as it happens: of files, or with -i of interfaces.

    As in tcpdump, words after -i IFACE or -r FILE are a capture filter.
    """
    detail = dump.Detail(verbose, numeric)
    how = listen.listening(inputs)
    if path is not None and how is None:
        raise click.UsageError("-w writes what is captured with -i")
    if path is None and (megabytes or seconds or count or unbuffered):
        raise click.UsageError("-C, -G, -W and -U are for -w FILE")
    save = dicomfast.Saving(path, megabytes and megabytes * 1_000_000, seconds, count, unbuffered) if path else None
    capture = options.opened(how, **inputs)
    at_once = how is not None or "-" in capture.sources
    passes = _passes(capture, how, save, bar=not sys.stdout.isatty())
    if verbose >= dump.DATA_SETS:
        passes = _with_data_sets(passes)
    with _rows(capture, detail.tables, filter_text, passes) as batches:
        _print(dump.lines(batches, detail, options.paint(color)), limit, at_once=at_once)
    return listen.exit_code(capture, how)


def _print(events: Iterable[list[str]], limit: int | None, *, at_once: bool) -> None:
    """Each event; at once also where nobody looks at a terminal."""
    out = sys.stdout
    for number, lines in enumerate(events, 1):
        out.write("\n".join(lines) + "\n")
        if at_once:
            out.flush()
        if number == limit:
            break


def _passes(
    capture: dicomfast.Capture | dicomfast.LiveCapture, how: listen.Listening | None, save: dicomfast.Saving | None = None, *, bar: bool
) -> Passes:
    """How a pass over the capture is begun: of files with a bar, of interfaces until Ctrl-C."""
    if isinstance(capture, dicomfast.LiveCapture):
        return lambda names, connections: listen.captured(capture, names, connections, how, save)
    return lambda names, connections: progress.watched(capture, names, connections, bar=bar)


def _with_data_sets(passes: Passes) -> Passes:
    """Passes whose events have the elements of their data sets beside them."""

    @contextmanager
    def begun(names: list[str], connections: Connections | None) -> Iterator[Batches]:
        with passes(sorted({*names, elements.TABLE}), connections) as batches, closing(elements.beside(batches, names)) as joined:
            yield joined

    return begun


@contextmanager
def _rows(capture: dicomfast.Capture | dicomfast.LiveCapture, tables: list[str], text: str | None, passes: Passes) -> Iterator[Batches]:
    """The rows of these tables, or those that match a filter."""
    if text is None:
        with passes(tables, None) as batches:
            yield batches
        return
    from dicomfast.filters.ask import Filter

    with closing(Filter(text).matching(capture, tables, passes)) as rows:
        yield rows


@cli.command("table")
@click.argument("name", type=click.Choice(_dicomfast.table_names()), metavar="NAME")
@options.inputs
@listen.live
@options.display_filter
@click.option("-o", "path", metavar="OUT", help="Write to this file; its suffix names the format.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="The format, where no suffix names it.")
@click.option("-c", "limit", type=click.IntRange(1), metavar="N", help="Stop after N rows.")
@click.option("--columns", metavar="A,B,...", help="These columns, in this order.")
@options.privacy
@options.color
def table_command(
    name: str,
    filter_text: str | None,
    path: str | None,
    form: str | None,
    limit: int | None,
    columns: str | None,
    color: str,
    **inputs: Any,
) -> int:
    """One table: to the terminal, or as CSV, JSON, NDJSON, Arrow IPC or Parquet. With -i of what comes until Ctrl-C.

    `dicomfast tables` lists the names. Times are UTC with nanoseconds; durations in the text formats are seconds.
    """
    how = listen.listening(inputs)
    capture = options.opened(how, **inputs)
    form = form or (format_of(path) if path else "text")
    chosen = _chosen(name, columns)
    with ExitStack() as stack:
        if path is None:
            if form in BINARY and sys.stdout.isatty():
                raise click.UsageError(f"{form} is not for a terminal: write it to a file with -o")
            stream: BinaryIO = sys.stdout.buffer
        else:
            options.keep_inputs(capture, path)
            stream = stack.enter_context(replacing(path))
        show = path is not None or not sys.stdout.isatty()
        batches = stack.enter_context(_rows(capture, [name], filter_text, _passes(capture, how, bar=show)))
        _write(batches, _writer(form, stream, name, chosen, color, to_file=path is not None), chosen, limit)
    return listen.exit_code(capture, how)


def _chosen(name: str, columns: str | None) -> list[str] | None:
    if columns is None:
        return None
    known = _dicomfast.schema(name).names
    chosen = [column.strip() for column in columns.split(",")]
    for column in chosen:
        if column not in known:
            raise click.UsageError(f"{name} has no column {column!r}; it has {', '.join(known)}")
    return chosen


def _writer(form: str, stream: BinaryIO, name: str, chosen: list[str] | None, color: str, *, to_file: bool) -> Writer:
    import pyarrow as pa

    schema = pa.schema(_dicomfast.schema(name))
    if chosen is not None:
        schema = pa.schema([schema.field(column) for column in chosen], metadata=schema.metadata)
    if form != "text":
        return writer(form, stream, schema)
    fit = terminal.width() if not to_file and sys.stdout.isatty() else None
    return terminal.TextWriter(stream, schema, fit=fit, paint=terminal.Paint(color=False) if to_file else options.paint(color))


def _write(batches: Batches, target: Writer, chosen: list[str] | None, limit: int | None) -> None:
    left = limit
    for _, batch in batches:
        part: pa.RecordBatch = batch if chosen is None else batch.select(chosen)
        if left is not None:
            part = part.slice(0, left)
            left -= part.num_rows
        target.write(part)
        if left == 0:
            break
    target.close()


@cli.command("graph")
@click.argument("kind", type=click.Choice((*KINDS, *OTHER_NAMES)), metavar="KIND")
@options.inputs
@click.option("--connection", type=click.IntRange(0), metavar="N", help="The TCP connection; needed where there are several.")
@click.option("--direction", type=click.Choice(DIRECTIONS), help="The side that sent the data; default: which sent more.")
@click.option("--compare", type=click.IntRange(0), metavar="N", help="Lay this connection over it, aligned at the first byte of data.")
@click.option("--window", type=click.FloatRange(1e-6), default=1.0, metavar="SECONDS", help="The sliding window of throughput.")
@click.option("--by", type=click.Choice(BY), default="time", help="The x axis of rtt.")
@click.option("-o", "path", metavar="OUT", help="Draw (.html, .svg, .png) or export (.csv, .json, .parquet ...); default: KIND.html.")
def graph_command(
    kind: str, connection: int | None, direction: str | None, compare: int | None, window: float, by: str, path: str | None, **inputs: Any
) -> None:
    """Draw a connection: stevens, tcptrace, throughput, rtt, window or ladder.

    With what was sent when, DICOM messages and the stalls with their causes. The HTML page needs no network; in it you zoom, and point for
    packets. The other suffixes give the exact series, one row a point.
    """
    if compare is not None and compare == connection:
        raise click.UsageError("--compare names another connection than --connection")
    if compare is not None and connection is None:
        raise click.UsageError("--compare needs --connection")
    if by == "sequence" and kind != "rtt":
        raise click.UsageError("--by sequence is for rtt")
    from dicomfast.graphs.graph import check_suffix

    question = Question(kind, connection, direction, compare, window, by)
    target = path or f"{kind}.html"
    check_suffix(target)
    capture = options.capture(**inputs)
    options.keep_inputs(capture, target)
    with progress.watched(capture, question.tables, question.connections) as scan:
        graph = question.answer(scan)
    graph.save(target)
    if path is None:
        click.echo(target)


@cli.command("report")
@options.inputs
@click.option("-o", "path", default="report.html", show_default=True, metavar="OUT", help="Write to this HTML file.")
def report_command(path: str, **inputs: Any) -> None:
    """One HTML file for people: findings, where the time went, stalls, graphs and ladders of what was slow.

    The file needs no network and runs no script. It holds nothing of a data set.
    """
    from dicomfast.report import page

    capture = options.capture(**inputs)
    options.keep_inputs(capture, page.check_suffix(path))
    page.save(capture, path, lambda tables, connections: progress.watched(capture, tables, connections))


@cli.command("tables")
@options.color
@click.argument("names", nargs=-1)
def tables_command(names: tuple[str, ...], color: str) -> None:
    """List the tables and what their columns mean; with NAMES, these tables alone."""
    import pyarrow as pa

    paint = options.paint(color)
    for name in names or _dicomfast.table_names():
        schema = pa.schema(_dicomfast.schema(name))
        default = "" if name in _dicomfast.default_tables() else " (on request)"
        about = (schema.metadata or {}).get(b"doc", b"").decode()
        click.echo(paint(name, "bold") + default + (f": {about}" if about else ""), color=True)
        cells = [[field.name, str(field.type), (field.metadata or {}).get(b"doc", b"").decode()] for field in schema]
        for line in terminal.columns(cells):
            click.echo(f"  {line}", color=True)
