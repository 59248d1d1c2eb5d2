# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from mqtt_explorer.models import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "now"), (0.99, "now"), (1, "1 s"), (59.9, "59 s"), (60, "1 min"), (3_600, "1 h"), (90_000, "1 d")],
)
def test_age(seconds, text):
    assert wording.age(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [(312.4, "312/s"), (12_345, "12,345/s"), (1, "1.0/s"), (0.1, "0.1/s"), (0.05, "3.0/min"), (0, "–")],
)
def test_rate(rate, text):
    assert wording.rate(rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "more than 100 times a second"),
        (0.05, "every 50 ms"),
        (1.0, "every 1.0 s"),
        (60, "every 60.0 s"),
        (270, "every 4.5 min"),
        (3_600, "every 60.0 min"),
        (7_200, "every 2.0 h"),
        (259_200, "every 3.0 d"),
    ],
)
def test_usual(seconds, text):
    assert wording.usual(seconds) == text


@pytest.mark.parametrize(
    ("gap_ns", "text"),
    [
        (230_000, "+0.23 ms"),
        (1_004_000_000, "+1.004 s"),
        (250_000_000_000, "+4 min 10 s"),
        (7_260_000_000_000, "+2 h 1 min"),
    ],
)
def test_gap(gap_ns, text):
    assert wording.gap(gap_ns) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1 << 20, "1 MiB"),
        (16_000_000, "15.3 MiB"),
        (1 << 30, "1 GiB"),
    ],
)
def test_size(count, text):
    assert wording.size(count) == text
