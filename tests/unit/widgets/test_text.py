# SPDX-License-Identifier: MIT
"""Text from the wire cannot hide, reorder or climb over what stands beside it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.widgets.text import one_line


def test_ordinary_text_stays():
    assert one_line("greenhouse/zone-1 21.7 °C") == "greenhouse/zone-1 21.7 °C"
    assert one_line("日本語 עברית 👩‍🚀") == "日本語 עברית 👩‍🚀"


@pytest.mark.parametrize(
    ("wire", "shown"),
    [
        ("a\nb", "a␊b"),
        ("a\tb", "a␉b"),
        ("a\x00b", "a␀b"),
        ("a\x7fb", "a␡b"),
        ("a\x85b", "a⟨U+0085⟩b"),
        ("gpj\u202egnp.exe", "gpj⟨U+202E⟩gnp.exe"),
        ("a\u2066b", "a⟨U+2066⟩b"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\u2028b", "a␤b"),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_the_invisible_is_shown(wire: str, shown: str):
    assert one_line(wire) == shown


def test_piled_marks_are_cut():
    assert one_line("a" + "\u0301" * 50 + "b") == "a" + "\u0301" * 3 + "b"


def test_long_text_is_cut_and_says_so():
    assert one_line("x" * 301) == "x" * 300 + "…"
    assert one_line("x" * 300) == "x" * 300
    assert one_line("x" * 50, limit=10) == "x" * 10 + "…"


def test_a_giant_costs_no_more_than_its_beginning():
    assert len(one_line("\x00" * 10_000_000)) == 301


@given(st.text(max_size=400))
def test_nothing_that_controls_layout_is_left(text: str):
    allowed = {"\u200c", "\u200d", "\u00ad"}
    for char in one_line(text):
        assert char in allowed or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
