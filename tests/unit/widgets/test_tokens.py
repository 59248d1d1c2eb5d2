# SPDX-License-Identifier: MIT
"""Every text token can be read on every ground it may stand on."""

from __future__ import annotations

from dataclasses import fields

import pytest

from mqtt_explorer.widgets.tokens import DARK, GROUNDS, LIGHT, TEXT_TOKENS, TINTS, Tokens, contrast, mix

BOTH = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])


def test_contrast_is_the_published_formula():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#123456", "#123456") == 1.0


@BOTH
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXT_TOKENS)
def test_text_on_grounds(tokens: Tokens, text: str, ground: str):
    assert contrast(tokens.color(text), tokens.color(ground)) >= 4.5


@BOTH
def test_text_on_tints(tokens: Tokens):
    for tint, texts in TINTS.items():
        for text in texts:
            assert contrast(tokens.color(text), tokens.color(tint)) >= 4.5, (text, tint)


@BOTH
@pytest.mark.parametrize("ground", ["panel", "selection", "hover"])
def test_text_on_a_search_hit(tokens: Tokens, ground: str):
    """Hits are painted over whatever the row's ground is, in the colour of text."""
    hit = mix(tokens.color(ground), tokens.accent, tokens.hit_percent / 100)
    assert contrast(tokens.text, hit) >= 4.5


@BOTH
def test_text_on_a_glowing_row(tokens: Tokens):
    glowing = mix(tokens.panel, tokens.accent, 0.10)
    for text in TEXT_TOKENS:
        assert contrast(tokens.color(text), glowing) >= 4.5, text


@BOTH
def test_text_on_the_primary_button(tokens: Tokens):
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.on_accent, tokens.accent_hover) >= 4.5


@BOTH
def test_button_grounds(tokens: Tokens):
    """A hovered button stands on `line`, a pressed one on `selection`."""
    assert contrast(tokens.text, tokens.line) >= 4.5
    assert contrast(tokens.text, tokens.selection) >= 4.5


def test_faint_is_no_text_token():
    assert "faint" not in TEXT_TOKENS
    assert contrast(DARK.faint, DARK.panel) < 4.5
    assert contrast(LIGHT.faint, LIGHT.panel) < 4.5


@BOTH
def test_all_colours_are_written_in_full(tokens: Tokens):
    for field in fields(Tokens):
        value = getattr(tokens, field.name)
        if field.name not in ("name", "data", "hit_percent"):
            assert len(value) == 7
            int(value[1:], 16)


@BOTH
def test_data_colours_never_look_like_a_warning(tokens: Tokens):
    assert len(set(tokens.data)) == 6
    assert not {tokens.warn, tokens.error} & set(tokens.data)
    for color in tokens.data:  # graphical objects: 3:1 (WCAG 2.2, 1.4.11)
        assert contrast(color, tokens.panel) >= 3.0, color


def test_kinds_are_names_of_json_colours():
    assert DARK.color("number") == DARK.json_number
    assert DARK.color("string") == DARK.json_string
    assert DARK.color("key") == DARK.json_key


def test_an_unknown_token_is_refused():
    with pytest.raises(KeyError):
        DARK.color("purple")
    with pytest.raises(KeyError):
        DARK.color("data")


def test_series_go_round():
    assert DARK.series(7) == DARK.data[1]
