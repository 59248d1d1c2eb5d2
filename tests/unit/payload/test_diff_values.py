# SPDX-License-Identifier: MIT
from __future__ import annotations

import time
from decimal import Decimal, getcontext, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.diff_values import change_text, difference, exact, same_value, time_difference

DIFFERENCES = {
    "no artefact": ("0.1", "0.3", "+0.2"),
    "down": ("21.7", "21.6", "−0.1"),
    "integers": ("-64", "-61", "+3"),
    "beyond floats": ("9007199254740992", "9007199254740993", "+1"),
    "many digits": ("0.1234567890123456789", "0.1234567890123456790", "+0.0000000000000000001"),
    "powers": ("1e3", "1e5", "+99000"),
    "large power": ("0", "1e300", "+1e300"),
    "small power": ("0", "2.5e-300", "+2.5e-300"),
    "too far apart": ("1", "1e999999999", "larger"),
    "too far apart, down": ("1e999999999", "1e-999999999", "smaller"),
    "negative": ("-1e999999999", "1", "larger"),
    "more negative": ("1", "-1e999999999", "smaller"),
    "huge and near": ("1e999999999", "2e999999999", "+1e999999999"),
    "zero": ("0", "-0", "0"),
    "to zero": ("0.5", "0.0", "−0.5"),
    "exponent without end": ("1", "1e" + "9" * 10_000, ""),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_differences_are_exact(case):
    a, b, expected = DIFFERENCES[case]
    start = time.process_time()
    assert difference(a, b) == expected
    assert time.process_time() - start < 0.5


NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9
) | (st.integers(-(10**20), 10**20).map(Decimal))


@settings(max_examples=200, deadline=None)
@given(NUMBERS, NUMBERS)
def test_a_difference_is_what_decimal_says(a, b):
    with localcontext() as context:
        context.prec = 100
        said = difference(str(a), str(b))
        assert Decimal(said.replace("−", "-")) == b - a


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True))
def test_equal_numbers_have_one_normal_form(text):
    number = exact(text)
    assert number is not None
    with localcontext(prec=getcontext().prec * 10):
        value = Decimal(text)
        assert (
            Decimal(f"{number.sign}e0") * Decimal(f"0.{number.digits or 0}").scaleb(int(number.power))
            == value
        )


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_raises(a, b):
    exact(a)
    difference(a, b)
    time_difference(a, b)
    change_text(
        "string",
        b'"' + a.encode("utf-8", "replace") + b'"',
        "string",
        b'"' + b.encode("utf-8", "replace") + b'"',
    )
    change_text("number", a.encode("utf-8", "replace"), "literal", b.encode("utf-8", "replace"))


TIMES = {
    "a second": ("2026-11-20T14:02:10.482Z", "2026-11-20T14:02:11.482Z", "+1.000 s"),
    "whole seconds": ("2026-11-20 14:02:10", "2026-11-20 14:02:15", "+5 s"),
    "back": ("2026-11-20T14:02:10Z", "2026-11-20T14:00:09.5Z", "−2 min 0.5 s"),
    "zones": ("2026-11-20T14:00:00+01:00", "2026-11-20T14:00:00Z", "+1 h 0 min"),
    "the same moment": ("2026-11-20T14:00:00+01:00", "2026-11-20T13:00:00Z", "same time"),
    "days": ("2024-02-28T00:00:00Z", "2024-03-01T00:00:00.000001Z", "+2 d 0 h 0 min 0.000001 s"),
    "nanoseconds": ("2026-11-20T14:02:10.000000001Z", "2026-11-20T14:02:10.000000002Z", "+0.000000001 s"),
    "one without a zone": ("2026-11-20T14:02:10", "2026-11-20T14:02:10Z", ""),
    "no such day": ("2026-02-30T14:02:10Z", "2026-11-20T14:02:10Z", ""),
    "no time": ("2026-11-20", "2026-11-21", ""),
}


@pytest.mark.parametrize("case", TIMES)
def test_times_are_subtracted(case):
    a, b, expected = TIMES[case]
    assert time_difference(a, b) == expected


def test_numbers_with_a_unit_are_subtracted():
    assert change_text("string", '"21.7 °C"'.encode(), "string", '"22.0 °C"'.encode()) == "+0.3 °C"
    assert change_text("string", b'"5"', "string", b'"7"') == "+2"
    assert change_text("string", b'"5 m"', "string", b'"7 s"') == "changed"
    assert change_text("string", b'"on"', "string", b'"off"') == "changed"


SAME = {
    "digits": ("number", b"1.50", b"1.5", True),
    "power": ("number", b"1e2", b"100", True),
    "minus zero": ("number", b"-0.0", b"0", True),
    "huge": ("number", b"1e999999999", b"10e999999998", True),
    "huge, other": ("number", b"1e999999999", b"1e999999998", False),
    "digits beyond a float": ("number", b"9007199254740993", b"9007199254740992.0", False),
    "megabytes of digits": ("number", b"1" * 1_000_000, b"1" * 1_000_000 + b".0", True),
    "escape": ("string", b'"\\u0041"', b'"A"', True),
    "escaped backslash": ("string", b'"\\\\u0041"', b'"A"', False),
    "half a character": ("string", b'"\\ud800"', b'"?"', False),
    "literals": ("literal", b"true", b"True", False),
}


@pytest.mark.parametrize("case", SAME)
def test_spelling_is_no_difference(case):
    kind, a, b, expected = SAME[case]
    assert same_value(kind, a, kind, b) is expected
    assert same_value(kind, a, "other", a) is False
