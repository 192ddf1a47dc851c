"""The fields of DICOM that Wireshark has and that are not answered: why, and what to ask instead. Knows no data."""

from __future__ import annotations

_NEVER = "what identifies a user is never kept"
_ONE_BY_ONE = "fragments are counted here and not listed"
_IN_ORDER = "the fragments of a message have no offsets, so Wireshark never sets it"

ABSENT = {
    "dicom.userinfo.data": ("bytes of items that PS3.7 does not define are not kept", "dicom.userinfo.unknown"),
    "dicom.userinfo.user_identify.primary_field": (_NEVER, "dicom.userinfo.user_identify.primary_field_length"),
    "dicom.userinfo.user_identify.secondary_field": (_NEVER, "dicom.userinfo.user_identify.secondary_field_length"),
    "dicom.data.tag": ("bytes that cannot be decoded are not kept", 'anomalies.kind == "bad-element"'),
    "dicom.data.tag.missing": ("an element that ends early is an anomaly here", 'anomalies.kind == "bad-element"'),
    "dicom.tag.value.byte": ("values that are no text are not kept", 'dicom.tag.vr == "OB", or dicom.tag.vl'),
    "dicom.pdv.fragment": (_ONE_BY_ONE, "dicom.pdv.fragments or dicom.pdv.fragment_count"),
    "dicom.pdv.reassembled.in": (
        "a frame is not told where a message ends",
        "dicom.pdv.fragments or messages.last_packet",
    ),
    "dicom.pdv.fragment.overlap": (_IN_ORDER, "messages.complete"),
    "dicom.pdv.fragment.overlap.conflicts": (_IN_ORDER, "messages.complete"),
    "dicom.pdv.fragment.multiple_tails": (_IN_ORDER, "messages.complete"),
    "dicom.pdv.fragment.too_long_fragment": (_IN_ORDER, "messages.complete"),
    "dicom.pdv.fragment.error": (_IN_ORDER, "messages.complete"),
    "dicom.no_abstract_syntax_uid": ("Wireshark never sets it: an item without a UID has an empty one", 'anomalies.kind == "bad-item"'),
    "dicom.pdv.ctx.invalid": (
        "a context that was not agreed is an anomaly here",
        'anomalies.kind in {"bad-context-id", "context-not-accepted", "midstream"}',
    ),
    "dicom.pdu_length.invalid": ("broken PDUs are anomalies here", 'anomalies.kind == "bad-pdu"'),
}
"""By name, the reason and what to ask instead."""
