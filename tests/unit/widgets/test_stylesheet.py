# SPDX-License-Identifier: MIT
"""The stylesheet names only colours of the tokens, stays off item views, and finds its pictures."""

from __future__ import annotations

import re

import pytest

from mqtt_explorer.resources import FOLDER
from mqtt_explorer.widgets.stylesheet import build_stylesheet
from mqtt_explorer.widgets.tokens import COLOR_NAMES, DARK, LIGHT, Tokens

BOTH = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])


def sheet(tokens: Tokens) -> str:
    return build_stylesheet(tokens, 13, 12, ("JetBrains Mono", "monospace"))


@BOTH
def test_only_token_colours(tokens: Tokens):
    known = {getattr(tokens, name) for name in COLOR_NAMES}
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet(tokens))) <= known


@BOTH
def test_faint_never_colours_text(tokens: Tokens):
    assert not re.search(rf"(?<![-\w])color:\s*{tokens.faint}", sheet(tokens))


@BOTH
def test_item_views_stay_out(tokens: Tokens):
    """A rule for a base class or a view would send every cell through the stylesheet engine."""
    banned = {
        "*", "QWidget", "QFrame", "QAbstractScrollArea", "QAbstractItemView",
        "QTreeView", "QTableView", "QListView", "TreeView", "TableView", "ListView",
    }  # fmt: skip
    selectors = {
        selector.strip()
        for block in re.findall(r"([^{}]+)\{", sheet(tokens))
        for selector in block.split(",")
    }
    heads = {re.split(r"[\[:]", selector)[0] for selector in selectors}
    assert not heads & banned - {"QAbstractScrollArea"}
    assert {s for s in selectors if s.startswith("QAbstractScrollArea")} == {"QAbstractScrollArea::corner"}


@BOTH
def test_pictures_exist_in_the_colours_of_the_tokens(tokens: Tokens):
    names = set(re.findall(r"url\(look:([^)]+)\)", sheet(tokens)))
    assert names
    colors = {getattr(tokens, name) for name in COLOR_NAMES}
    for name in names:
        text = (FOLDER / "style" / name).read_text(encoding="utf-8")
        assert set(re.findall(r"#[0-9a-f]{6}", text)) <= colors, name
    on_disk = {path.name for path in (FOLDER / "style").glob(f"{tokens.name}-*.svg")}
    assert on_disk == names


def test_font_size_grows_the_controls():
    assert "font-size: 22px" in build_stylesheet(DARK, 24, 12, ("x",))
    assert "min-height: 37px" in build_stylesheet(DARK, 24, 12, ("x",))
