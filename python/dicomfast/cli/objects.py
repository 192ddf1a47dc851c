"""The commands that hand out data sets. They read arguments, call the work, and print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from dicomfast import _dicomfast
from dicomfast.cli import options, progress
from dicomfast.cli.commands import cli
from dicomfast.output import replacing, writer
from dicomfast.terminal import count, size

_MANIFESTS = {"manifest.csv": "csv", "manifest.parquet": "parquet"}


@cli.command("export")
@options.inputs
@options.display_filter
@options.phi
@click.option("-o", "folder", required=True, metavar="FOLDER", help="Write to this folder; it is made where there is none.")
@click.option("--incomplete", is_flag=True, help="Also write objects of which bytes are missing, with zeros in their place.")
def export_command(folder: str, filter_text: str | None, *, incomplete: bool, **inputs: Any) -> None:
    """Write each object that was stored to a DICOM file, byte for byte as it was sent.

    A manifest lists them (manifest.csv, manifest.parquet). The files hold patient data. No file is written over.
    """
    import pyarrow as pa

    capture = options.capture(**inputs)
    schema = pa.schema(_dicomfast.schema("exports"))
    with progress.watching(capture, capture.exporting(folder, incomplete=incomplete, where=filter_text)) as scan:
        table = pa.Table.from_batches([batch for _, batch in scan], schema)
    for name, form in _MANIFESTS.items():
        with replacing(str(Path(folder) / name)) as stream:
            target = writer(form, stream, schema)
            for batch in table.to_batches():
                target.write(batch)
            target.close()
    names, sizes = (table[name].to_pylist() for name in ("file", "bytes"))
    written = [bytes_ for name, bytes_ in zip(names, sizes, strict=True) if name is not None]
    left = len(table) - len(written)
    told = f"{count(len(written), 'file')}, {size(sum(written))}"
    click.echo(told + (f"; {count(left, 'object')} not written, see manifest.csv" if left else ""))
