# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest

from mqtt_explorer.app.palette.score import match, spans_of

NAMES = [
    "Brokers, and back",
    "New broker",
    "Next open broker",
    "Connect or disconnect",
    "Change between dark and light",
    "Reset the layout",
    "Offer the demo on the start page",
]


def best(wanted):
    found = {name: fits.score for name in NAMES if (fits := match(wanted, name)) is not None}
    return max(found, key=found.__getitem__) if found else None


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("bro", "Brokers, and back"),
        ("nb", "New broker"),
        ("nob", "Next open broker"),
        ("disc", "Connect or disconnect"),
        ("dsc", "Connect or disconnect"),
        ("DARK", "Change between dark and light"),
        ("dl", "Change between dark and light"),
        ("light change", "Change between dark and light"),
        ("rset", "Reset the layout"),
        ("demo page", "Offer the demo on the start page"),
        ("temp", None),
        ("zzq", None),
        ("brokerr", None),
    ],
)
def test_what_is_found_first(wanted, name):
    assert best(wanted) == name


def test_where_it_matched():
    name = "Change between dark and light"
    fits = match("dark l", name)
    assert [name[start : start + length] for start, length in fits.spans] == ["dark", "l"]
    assert match("", name).spans == ()


def test_keywords_find_but_count_less():
    assert match("font", "Text") is None
    by_keyword = match("font", "Text", "font size")
    assert by_keyword.spans == ()
    assert by_keyword.score < match("font", "Font").score
    assert match("o", "Text", "font size") is None  # a letter alone has to begin a word


def test_places_stay_where_lower_case_is_longer():
    assert match("x", "İİ x").spans == ((3, 1),)


def test_any_text_gets_an_answer_in_order():
    pick = random.Random(4)
    letters = "abAB ,/İß\x00é"
    for _ in range(2000):
        name = "".join(pick.choices(letters, k=pick.randrange(20)))
        wanted = "".join(pick.choices(letters, k=pick.randrange(6)))
        fits = match(wanted, name)
        if fits is not None:
            ends = [0, *(start + length for start, length in fits.spans)]
            assert all(start >= end for end, (start, _) in zip(ends, fits.spans, strict=False))
            assert all(start + length <= len(name) for start, length in fits.spans)
    assert match("a" * 100_000, "a" * 100_000) is None


def test_spans():
    assert spans_of([0, 1, 2, 5, 7, 8]) == ((0, 3), (5, 1), (7, 2))
    assert spans_of([]) == ()
