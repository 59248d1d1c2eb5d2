# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import QUICK, Context, Document
from mqtt_explorer.payload.cbor_format import CborDecoder
from mqtt_explorer.payload.diff import MODES, Diff, diff, is_quick
from mqtt_explorer.payload.diff_bytes import ByteRows
from mqtt_explorer.payload.diff_jobs import Request, arrived, diff_here, diff_job
from mqtt_explorer.payload.diff_lines import LineRows
from mqtt_explorer.payload.diff_structure_rows import StructureRows
from mqtt_explorer.payload.json_index import build_index

CHOSEN = {
    "json": (b'{"a":1}', b'{"a":2}', "structure", ()),
    "text": (b"one\ntwo", b"one\n2", "lines", ()),
    "binary": (b"\x00\x01\xff", b"\x00\x02\xff", "bytes", ()),
    "json and text": (
        b'{"a":1}',
        b"offline",
        "lines",
        ("Compared by lines: the older one is JSON, the newer one Text.",),
    ),
    "text and binary": (
        b"offline",
        b"\x00\xff\x01",
        "bytes",
        ("Compared by bytes: the older one is Text, the newer one Hex.",),
    ),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_the_best_way_is_chosen_and_named(case):
    a, b, mode, notes = CHOSEN[case]
    made = diff(a, b)
    assert made.mode == mode
    assert made.notes[: len(notes)] == notes
    assert not made.equal


def test_what_cannot_be_done_has_a_reason():
    made = diff(b"one", b"two", "structure")
    assert made.mode == "lines"
    assert made.reasons == {"structure": "The older one has no structure: it is shown as Text."}
    assert made.notes == ("Compared by lines. The older one has no structure: it is shown as Text.",)
    assert set(diff(b"\xff\x00", b"\xfe\x00").reasons) == {"structure", "lines"}
    assert diff(b"one", b"two", "bytes").mode == "bytes"
    assert diff(b'{"a":1}', b'{"a":2}', "lines").counts == (1, 0, 0, 2)


def test_binary_formats_are_compared_by_structure(monkeypatch):
    monkeypatch.setattr(registry, "DECODERS", (CborDecoder(),))
    made = diff(b"\xa1\x61a\x01", b"\xa2\x61a\x02\x61b\x41\xff", choice="cbor")
    assert made.mode == "structure"
    assert made.counts == (1, 1, 0, 0)
    row = made.rows.row(1)
    assert row.b is not None
    assert (row.key, row.b.text, row.change) == ("b", "h'ff'", "new")


def test_another_format_is_compared_by_structure_when_asked_for(monkeypatch):
    monkeypatch.setattr(
        registry, "decode", lambda payload, *_: decoded(payload, "json" if payload == b"[1]" else "cbor")
    )
    made = diff(b"[1]", b"[2]")
    assert made.mode == "lines"
    assert made.notes[0] == "Compared by lines: the older one is JSON, the newer one CBOR."
    assert diff(b"[1]", b"[2]", "structure").mode == "structure"


def decoded(text, name):
    return Document(name, name.upper(), text, structure=build_index(text))


def test_the_same_payload_is_just_that():
    made = diff(b"\x00\xff", b"\x00\xff")
    assert made.equal
    assert len(made.rows) == 0
    assert diff(b"x", b"x", context_b=Context(cut=True)).notes


def test_the_same_values_are_no_equal_payload():
    made = diff(b'{"a":1,"b":2}', b'{ "b": 2, "a": 1.0 }')
    assert not made.equal
    assert made.counts == (0, 0, 0, 2)
    assert made.notes == (
        "The values are the same; their spelling, their order or the blanks between them are not.",
    )
    assert diff(b"a\r\nb\r\n", b"a\nb\n").notes == (
        "Lines end with CR LF in the older one and with LF in the newer one.",
    )


def test_a_cut_payload_is_told():
    notes = diff(b'{"a":1,"b":2}', b'{"a":1,"b"', context_b=Context(cut=True)).notes
    assert "Of the newer one only a part was kept: what the other has more of may have been there." in notes


def test_swapped():
    made = diff(b'{"a":1}', b'{"a":2,"b":3}').swapped()
    assert made.counts == (1, 0, 1, 0)
    assert made.rows.row(0).change == "−1"


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=80) | st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=80) | st.sampled_from([b'{"a":[1,2', b"[]", b"", b"\n", b'{"a":1e999999999}']),
    st.sampled_from(["auto", *MODES]),
    st.sampled_from(["auto", "json", "cbor", "msgpack", "text:utf-16-le", "hex", "base64", "nonsense:x"]),
)
def test_nothing_raises(a, b, mode, choice):
    made = diff(a, b, mode, choice)
    for each in (made, made.swapped(), pickle.loads(pickle.dumps(made))):
        for row in range(min(len(each.rows), 50)):
            shown = each.rows.row(row)
            assert shown.sign == each.rows.sign(row)
            each.rows.path(row)
            each.rows.value(row, "a")


def test_small_ones_are_quick():
    assert is_quick(b'{"a":1}', b'{"a":2}')
    assert is_quick(b"x" * (QUICK // 2), b"y" * (QUICK // 2))
    assert not is_quick(b"x" * QUICK, b"y")
    assert not is_quick(b"[" + b"0," * 2_000, b"[]")
    assert not is_quick(b"\xff" * 10_000, b"")


def test_what_is_quick_takes_some_milliseconds():
    a = json.dumps([{"id": n, "value": n / 3} for n in range(100)]).encode()
    b = json.dumps([{"id": n, "value": n / 7} for n in range(1, 102)]).encode()
    assert is_quick(a, b)
    diff(a, b)
    start = time.process_time()
    for _ in range(5):
        diff(a, b)
    assert (time.process_time() - start) / 5 < 0.05


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("structure", StructureRows), ("lines", LineRows), ("bytes", ByteRows)],
    ids=["structure", "lines", "bytes"],
)
def test_a_result_travels_without_the_payloads(mode, kind):
    a = json.dumps({"text": "x" * 100_000, "n": 1}).encode()
    b = a.replace(b"1", b"2")
    request = Request(a, b, mode)
    shares: list[float] = []
    sent = pickle.dumps(diff_job(request, shares.append))
    assert shares
    assert shares == sorted(shares)
    if mode != "bytes":
        assert len(sent) < 10_000
    made = arrived(pickle.loads(sent), request)
    here = diff_here(request)
    assert isinstance(made, Diff)
    assert isinstance(made.rows, kind)
    assert [made.rows.row(row) for row in range(min(len(made.rows), 9))] == [
        here.rows.row(row) for row in range(min(len(here.rows), 9))
    ]
