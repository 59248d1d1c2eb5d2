# SPDX-License-Identifier: MIT
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload.numeric import Reading, finite, parse_boolean, parse_number, parse_reading


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("-0", 0), ("21", 21), ("+21", 21), ("21.7", 21.7), ("-.5", -0.5), ("5.", 5.0), ("1e3", 1000.0), ("1E-2", 0.01), ("007", 7),
        (" 21.7\r\n", 21.7), ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)  # fmt: skip
def test_numbers(text, value):
    found = parse_number(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1_000", "nan", "NaN", "inf", "-Infinity", "infinity", "1e999", "-1e999", "9" * 309, "9" * 5_000, "٣", "１２", "²", "1,5", "1,000", "1 000",
        "0x1F", "0b1", "1e", "e5", ".", "+", "-", "--1", "1.2.3", "192.168.1.1", "10:30", "2024-01-01", "1-2", "12abcdef", "12ab34", "1j", "1 2", "½", "abc", "21.7 °C 5",
        "21.7  °C", "21 monkeys", "°C", "1\x0021", "1\u200b", "yes", "null", "1/2", "5 /h",
    ],
)  # fmt: skip
def test_what_is_no_number(text):
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("21.7 °C", 21.7, "°C"), ("45%", 45, "%"), ("45 %", 45, "%"), ("230V", 230, "V"), ("1.5 kWh", 1.5, "kWh"), ("12 µg/m³", 12, "µg/m³"), ("9.81 m/s^2", 9.81, "m/s^2"),
        ("3 m²", 3, "m²"), ("1013 hPa", 1013, "hPa"), ("-67 dBm", -67, "dBm"), ("100 ms", 100, "ms"), ("5eV", 5, "eV"), ("1e3 Pa", 1000.0, "Pa"), ("20\u00a0°C", 20, "°C"),
        ("2 MiB", 2, "MiB"), ("4.7 kΩ", 4.7, "kΩ"), ("90°", 90, "°"), ("0.31 €/kWh", 0.31, "€/kWh"), ("50 Hz", 50, "Hz"), ("1500 rpm", 1500, "rpm"), ("7", 7, ""),
        ("3.2 l/min", 3.2, "l/min"), ("1.2 m3/h", 1.2, "m3/h"), ("400 ppm", 400, "ppm"), ("5 A\n", 5, "A"),
    ],
)  # fmt: skip
def test_numbers_with_a_unit(text, value, unit):
    assert parse_reading(text) == Reading(value, unit)
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("FALSE", False), ("On", True), ("off\n", False)]
)
def test_booleans(text, value):
    assert parse_boolean(text) is value
    assert parse_number(text) == int(value)
    assert type(parse_number(text)) is int


@pytest.mark.parametrize("text", ["1", "yes", "truee", "", "on off", "wahr"])
def test_what_is_no_boolean(text):
    assert parse_boolean(text) is None


@given(st.one_of(st.integers(-(10**300), 10**300), st.floats(allow_nan=False, allow_infinity=False)))
def test_every_finite_number_python_writes_is_read_back(value):
    assert parse_number(str(value)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_none(text):
    value = parse_number(text)
    assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    "text",
    ["1" * 399 + "x", "1." + "0" * 390 + "x", "1e" + "1" * 390 + "x", "1 " + "m/" * 190, "1" * 1_000_000],
)
def test_hostile_text_is_refused_quickly(text):
    start = time.perf_counter()
    for _ in range(20):
        assert parse_number(text) is None
    assert time.perf_counter() - start < 0.1


def test_finite():
    assert finite(1.5) == 1.5
    assert finite(math.inf) is None
    assert finite(math.nan) is None
    assert finite(10**400) is None
    assert finite(10**300) == 10**300
