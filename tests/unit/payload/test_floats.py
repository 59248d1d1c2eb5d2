# SPDX-License-Identifier: MIT
"""Short spellings of short floats mean the same number."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.floats import float16_text, float32_text, float64_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1e-45, "1e-45"),
        (3.4028234663852886e38, "3.4028235e+38"),
        (16777216.0, "16777216.0"),
        (134217728.0, "134217728.0"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
    ids=range(9),
)
def test_float32(value: float, text: str) -> None:
    assert float32_text(struct.unpack("<f", struct.pack("<f", value))[0]) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (65504.0, "65504.0"),
        (-0.0, "-0.0"),
        (0.0, "0.0"),
        (6e-8, "6e-08"),
        (float("inf"), "Infinity"),
    ],
    ids=range(6),
)
def test_float16(value: float, text: str) -> None:
    assert float16_text(struct.unpack("<e", struct.pack("<e", value))[0]) == text


def test_each_float16_reads_back() -> None:
    for (value,) in struct.iter_unpack("<e", b"".join(n.to_bytes(2, "little") for n in range(0x7C00))):
        assert struct.unpack("<e", struct.pack("<e", float(float16_text(value))))[0] == value


@settings(max_examples=200, deadline=None)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_each_float32_reads_back(value: float) -> None:
    text = float32_text(value)
    assert struct.unpack("<f", struct.pack("<f", float(text)))[0] == value
    assert len(text) <= len(float64_text(value))
