"""The fields of tags: Wireshark's `dicom.tag*`, of data sets and command sets, and the keywords of PS3.6."""

from __future__ import annotations

from dicomfast.filters import tags
from dicomfast.filters.fields import Field, Source


def _value(name: str, doc: str, *kinds: str) -> Field:
    sources = tuple(source for kind in kinds for source in tags.numbers(kind))
    return Field(f"dicom.tag.value.{name}", "number", doc, sources, there=tags.having(*kinds))


FIELDS = [
    Field("dicom.tag", "number", "Tag of an element, of a data set or of a command set.", tags.tags(), display=8),
    Field("dicom.tag.vr", "text", "VR of an element.", tags.vrs()),
    Field("dicom.tag.vl", "number", "Length of an element; 4294967295 where undefined.", tags.lengths()),
    Field("dicom.tag.value.str", "text", "Value of an element that is text, all values with backslashes.", tags.texts(), there=(
        tags.having(*tags.TEXT)
    )),
    _value("16u", "First value of an element of VR US.", "US"),
    _value("16s", "First value of an element of VR SS.", "SS"),
    _value("32u", "First value of an element of VR UL, all of one of VR AT.", "UL", "AT"),
    _value("32s", "First value of an element of VR SL.", "SL"),
]  # fmt: skip


def keyword(name: str) -> Field:
    """The values of a data element, by its keyword."""
    word = name.removeprefix("dicom.")
    there = (Source("elements", "tag", ("keyword", (word,))),)
    return Field(name, "value", f"Value of {word}.", (tags.value_of(word),), there=there)
