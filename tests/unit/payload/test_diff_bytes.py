# SPDX-License-Identifier: MIT
from __future__ import annotations

import pickle
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.diff_bytes import WIDTHS, ByteRows, compare_bytes
from mqtt_explorer.payload.diff_rows import CHANGED, GONE, NEW, SAME


def shown(rows: ByteRows) -> list[str]:
    lines = []
    for number in range(len(rows)):
        row = rows.row(number)
        cells = [each.text if each is not None else "" for each in (row.a, row.b)]
        lines.append("|".join((" ~+-"[row.sign], row.key, *cells, row.change)))
    return lines


def test_bytes_are_compared_place_by_place():
    rows = compare_bytes(b"0123456789", b"01x345678y", 4)
    assert shown(rows) == [
        "~|00000000|30 31 32 33|30 31 78 33|1 byte",
        " |00000004|34 35 36 37|34 35 36 37|",
        "~|00000008|38 39|38 79|1 byte",
    ]
    assert rows.counts == (2, 0, 0, 8)
    first = rows.row(0)
    assert first.b is not None
    assert first.b.marks == ((6, 2),)


def test_neighbours_are_marked_as_one():
    piece = compare_bytes(b"abcdef", b"xycdXf", 8).row(0).a
    assert piece is not None
    assert piece.marks == ((0, 5), (12, 2))


def test_an_inserted_byte_is_one_new_byte():
    a = bytes(range(64))
    rows = compare_bytes(a, a[:20] + b"\xff" + a[20:], 16)
    assert rows.counts == (0, 1, 0, 64)
    lines = shown(rows)
    assert "+|00000014||ff|new" in lines
    assert lines[-1].startswith(" |00000035|")
    assert rows.path(len(rows) - 1) == "00000034 → 00000035"
    assert shown(rows.swapped())[2] == "-|00000014|ff||gone"


def test_two_places_of_insertion_are_found():
    a = bytes(range(200))
    b = a[:50] + b"\xfe\xff" + a[50:120] + a[130:]
    assert compare_bytes(a, b).counts == (0, 2, 10, 190)


PAYLOADS = st.binary(max_size=60) | st.text("ab", max_size=60).map(str.encode)


@settings(max_examples=200, deadline=None)
@given(PAYLOADS, PAYLOADS, st.sampled_from(WIDTHS))
def test_rows_hold_all_bytes_of_both(a, b, width):
    rows = compare_bytes(a, b, width)
    for which, whole in (("a", a), ("b", b)):
        values = [rows.value(row, which) or b"" for row in range(len(rows))]  # type: ignore[arg-type]
        assert bytes.fromhex(b" ".join(values).decode()) == whole
    signs = [rows.sign(row) for row in range(len(rows))]
    assert signs == [rows.row(row).sign for row in range(len(rows))]
    assert [rows.change(n) for n in range(rows.changes)] == [
        n for n, sign in enumerate(signs) if sign != SAME
    ]
    for row in range(len(rows) + 1):
        assert rows.change_at(row) == sum(sign != SAME for sign in signs[:row])
    changed = sum(
        sum(one != other for one, other in zip(*values, strict=True))
        for row, sign in enumerate(signs)
        if sign == CHANGED
        and (values := [bytes.fromhex((rows.value(row, s) or b"").decode()) for s in ("a", "b")])  # type: ignore[arg-type]
    )
    counts = rows.counts
    assert counts.changed == changed
    assert counts.changed + counts.same + counts.gone == len(a)
    assert counts.changed + counts.same + counts.new == len(b)
    assert set(signs) <= {SAME, CHANGED, NEW, GONE}


@pytest.mark.parametrize("kind", ["few", "all", "shifted"])
def test_64_megabytes_are_bounded(kind):
    made = random.Random(3)
    block = made.randbytes(1 << 20)
    a = block * 64
    if kind == "few":
        changed = bytearray(a)
        changed[5_000_000] ^= 1
        changed[60_000_000] ^= 255
        b = bytes(changed)
    elif kind == "all":
        b = bytes(block.translate(bytes(range(1, 256)) + b"\0")) * 64
    else:
        b = b"!" + a
    start = time.process_time()
    rows = compare_bytes(a, b)
    assert time.process_time() - start < 6
    assert rows.changes == {"few": 2, "all": 1 << 22, "shifted": 1}[kind]
    assert len(pickle.dumps(rows.with_texts(b"", b""))) < 10_000
