# SPDX-License-Identifier: MIT
"""Stand-ins: nothing in a text can hide or reorder it, and every character keeps its place."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.widgets.line_standins import STAND_IN, name_of, shown_text

HIDING = (
    *(0x7F, 0x85, 0x9F, 0xAD, 0x61C, 0x200B, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E),
    *(0x2060, 0x2066, 0x2069, 0xFEFF, 0xD800, 0xFFFC, 0xFFFF, 0x3164, 0xE0041, 0x10FFFF, 0x378),
)


def test_what_hides_or_reorders_is_shown():
    for code in HIDING:
        shown, hidden = shown_text(f"a{chr(code)}b")
        assert hidden == (1,), f"{code:X}"
        assert shown == ("a\u2421b" if code == 0x7F else f"a{STAND_IN}b"), f"{code:X}"


def test_control_characters_have_pictures_where_the_font_does():
    assert shown_text("\x00\x1b\r") == ("\u2400\u241b\u240d", (0, 1, 2))
    assert shown_text("\x00\x1b\r", pictures=False) == (STAND_IN * 3, (0, 1, 2))
    assert shown_text("a\tb") == ("a\tb", ())


def test_real_text_is_left_alone():
    real = (
        "plain",
        "Grüße",
        "日本語",
        "שלום العربية",
        "e\u0301\u0302\u0303",
        "👍🏽",
        "❤\ufe0f 1\ufe0f\u20e3",
        "🇩🇪",
        "\u0601\u0661",
    )
    for text in real * 2:  # what is known from the first time is not asked again
        assert shown_text(text) == (text, ())


def test_marks_do_not_pile_up():
    shown, hidden = shown_text("e" + "\u0301" * 6 + "e\u0301")
    assert shown == "e" + "\u0301" * 3 + STAND_IN * 3 + "e\u0301"
    assert hidden == (4, 5, 6)


def test_a_variation_selector_behind_a_letter_says_nothing():
    assert shown_text("a\ufe0f\u4e00\U000e0100")[1] == (1, 3)
    assert shown_text("\ufe0f")[1] == (0,)


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\x00", "U+0000 NULL"),
        ("\x7f", "U+007F DELETE"),
        ("\x85", "U+0085 CONTROL CHARACTER"),
        ("\ud800", "U+D800 LONE SURROGATE"),
        ("\U0010ffff", "U+10FFFF UNASSIGNED CHARACTER"),
    ],
    ids=["bidi", "c0", "del", "c1", "surrogate", "unassigned"],
)
def test_names(char, name):
    assert name_of(char) == name


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=80))
def test_places_stay(text):
    shown, hidden = shown_text(text)
    assert len(shown) == len(text)
    for place, (char, instead) in enumerate(zip(text, shown, strict=True)):
        assert (char != instead) == (place in hidden)
        assert unicodedata.category(instead) not in ("Cc", "Cs", "Zl", "Zp") or instead == "\t"
        assert unicodedata.bidirectional(instead) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
        assert name_of(char).startswith("U+")
