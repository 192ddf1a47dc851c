"""What is written is what the table holds, read back with other programs' readers."""

import csv
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from dicomfast import ArgumentError
from dicomfast.output import FORMATS, format_of, replacing, writer
from dicomfast.terminal import Paint, TextWriter

TIME = "2024-05-17T08:30:00.123456789Z"


def written(form: str, *batches: pa.RecordBatch) -> bytes:
    stream = io.BytesIO()
    target = writer(form, stream, batches[0].schema)
    for batch in batches:
        target.write(batch)
    target.close()
    return stream.getvalue()


def test_csv(mixed: pa.RecordBatch) -> None:
    header, first, second = csv.reader(io.StringIO(written("csv", mixed).decode(), newline=""))
    assert header == mixed.schema.names
    cells = dict(zip(header, first, strict=True))
    assert cells["time"] == TIME
    assert cells["duration"] == "0.0015"
    assert cells["word"] == "'=1+1"
    assert cells["uids"] == "1.2.3; =4"
    assert cells["bytes"] == "01ff"
    assert cells["complete"] == "true"
    assert cells["name"].isprintable()
    assert set(second) == {""}


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_json(mixed: pa.RecordBatch, form: str) -> None:
    data = written(form, mixed, mixed)
    objects = json.loads(data) if form == "json" else [json.loads(line) for line in data.splitlines()]
    assert len(objects) == 4
    assert objects[0]["name"] == mixed["name"][0].as_py()
    assert objects[0]["uids"] == ["1.2.3", "=4"]
    assert objects[0]["time"] == TIME
    assert objects[0]["duration"] == 0.0015
    assert objects[0]["status"] == 0xA700
    assert set(objects[1].values()) == {None}
    assert not re.search(rb"[^\n -~]", data)


def test_json_without_rows_is_an_empty_array(mixed: pa.RecordBatch) -> None:
    assert json.loads(written("json", mixed.slice(0, 0))) == []


def test_arrow_and_parquet_hold_the_same_rows(mixed: pa.RecordBatch) -> None:
    # Two batches whose dictionaries differ: the file format cannot replace one.
    other = pa.record_batch(
        [pa.array(["b", "c"]).dictionary_encode() if name == "word" else mixed[name] for name in mixed.schema.names],
        schema=mixed.schema,
    )
    plain = pa.schema([field.with_type(pa.string()) if field.name == "word" else field for field in mixed.schema])
    expected = pa.Table.from_batches([mixed, other]).cast(plain)
    arrow = pa.feather.read_table(pa.BufferReader(written("arrow", mixed, other)))
    stream = pa.ipc.open_stream(written("arrows", mixed, other)).read_all()
    parquet = pa.parquet.read_table(pa.BufferReader(written("parquet", mixed, other)))
    assert arrow.schema.equals(plain)
    assert stream.schema.equals(mixed.schema)
    assert parquet.schema.equals(mixed.schema)
    assert all(table.cast(plain).equals(expected) for table in (arrow, stream, parquet))


def test_parquet_without_rows_keeps_its_schema(mixed: pa.RecordBatch) -> None:
    parquet = pa.parquet.read_table(pa.BufferReader(written("parquet", mixed.slice(0, 0))))
    assert parquet.num_rows == 0
    assert parquet.schema.names == mixed.schema.names


def test_text_is_aligned_and_harmless(mixed: pa.RecordBatch) -> None:
    stream = io.BytesIO()
    target = TextWriter(stream, mixed.schema)
    target.write(mixed)
    header, first, _ = stream.getvalue().decode().split("\n")[:3]
    assert header.split() == mixed.schema.names
    assert first.isprintable()
    assert first.index("2024") == header.index("time")


def test_text_that_does_not_fit_becomes_records(mixed: pa.RecordBatch) -> None:
    stream = io.BytesIO()
    target = TextWriter(stream, mixed.schema, fit=60, paint=Paint(color=False))
    target.write(mixed)
    lines = stream.getvalue().decode().splitlines()
    assert lines[0].startswith("- 1 ---")
    assert "duration    0.0015" in lines
    assert lines[-1].startswith("- 2 ---")


def test_the_suffix_names_the_format() -> None:
    assert {format_of(f"x.{suffix}") for suffix in ("csv", "JSON", "jsonl", "arrow", "arrows", "pq", "txt")} == set(FORMATS)
    with pytest.raises(ArgumentError, match="suffix"):
        format_of("x.docx")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(ZeroDivisionError), replacing(str(target)) as stream:
        stream.write(b"half" * (1 // 0))
    assert target.read_text() == "before"
    with replacing(str(target)) as stream:
        stream.write(b"whole")
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]
