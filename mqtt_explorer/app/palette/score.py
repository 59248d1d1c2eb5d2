# SPDX-License-Identifier: MIT
"""How well a name fits what was typed: the letters in their order, words from their beginnings. No Qt."""

from __future__ import annotations

from typing import Final, NamedTuple

from mqtt_explorer.app.palette.entry import Spans

_WORD_START: Final = 4.0
_RUN: Final = 4.0
_LETTER: Final = 1.0
_GAP: Final = 0.5
#: A word's letters have to earn so much each, or they are scattered by chance.
_LEAST: Final = 2.0
_NEVER: Final = float("-inf")
#: Names are short; of a longer one the beginning is looked at.
_NAME: Final = 200


class Match(NamedTuple):
    """How well it fits (more is better), and where."""

    score: float
    spans: Spans


def match(wanted: str, name: str, keywords: str = "") -> Match | None:
    """Whether every word of `wanted` is found in a name, or else in its keywords; None when one is not.

    The letters of a word have to come in their order, not side by side: "disc" and "dsc" find "Disconnect", "dl" finds "dark and light".
    Beginnings of words and letters side by side count more. Upper and lower case are the same.
    """
    words = wanted.split()
    if not words:
        return Match(0.0, ())
    low, other = _lower(name[:_NAME]), _lower(keywords[:_NAME])
    score, places = 0.0, set[int]()
    for word in words:
        found = _find(_lower(word), low)
        if found is not None:
            score += found[0]
            places.update(found[1])
            continue
        found = _find(_lower(word), other)
        if found is None:
            return None
        score += found[0] / 2
    # Of equals the one that begins with it, then the shorter one.
    begins = 0.5 if 0 in places else 0.0
    return Match(score / len(words) + begins - len(low) / 1000, spans_of(sorted(places)))


def spans_of(places: list[int]) -> Spans:
    """Places in ascending order as spans."""
    spans: list[tuple[int, int]] = []
    for place in places:
        if spans and sum(spans[-1]) == place:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((place, 1))
    return tuple(spans)


def _lower(text: str) -> str:
    """Lower case, letter by letter, so that places stay the same ("İ" would become two)."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _find(word: str, text: str) -> tuple[float, list[int]] | None:
    """The best place of a word's letters in a text: the score per letter, and the places."""
    if len(word) > len(text) or not _in_order(word, text):
        return None
    # Row by row: the best score of the letters so far that ends at each place of the text, and where it came from.
    starts = [place == 0 or not text[place - 1].isalnum() for place in range(len(text))]
    origins: list[list[int]] = []
    before = [_NEVER] * len(text)
    for row, letter in enumerate(word):
        scores, origin = [_NEVER] * len(text), [-1] * len(text)
        # The best end of the letters before, in the whole text so far and in this word of it: a letter in the middle of a word belongs
        # to letters of the same word, or names would fit by chance.
        best, best_at = _NEVER, -1
        near, near_at = _NEVER, -1
        for place, char in enumerate(text):
            if starts[place]:
                near, near_at = _NEVER, -1
            if char == letter:
                own = _LETTER + (_WORD_START if starts[place] else 0.0)
                from_best, at = (best, best_at) if starts[place] else (near, near_at)
                scores[place], origin[place] = (own, -1) if row == 0 else (from_best + own - _GAP, at)
                if row and place and before[place - 1] + own + _RUN >= scores[place]:
                    scores[place], origin[place] = before[place - 1] + own + _RUN, place - 1
            if before[place] > best:
                best, best_at = before[place], place
            if before[place] > near:
                near, near_at = before[place], place
        origins.append(origin)
        before = scores
    end = max(range(len(text)), key=before.__getitem__)
    score = before[end] / len(word)
    if score < _LEAST:
        return None
    places = [end]
    for origin in reversed(origins[1:]):
        places.append(origin[places[-1]])
    return score, places[::-1]


def _in_order(word: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in word)
