# SPDX-License-Identifier: MIT
"""What the delegate paints in a cell of the topic tree: lines, marks, badges, hits."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QStandardItemModel
from PySide6.QtWidgets import QStyleOptionViewItem

from mqtt_explorer.models import roles
from mqtt_explorer.widgets import delegate_spark
from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.delegate_spark import SparkPainter
from mqtt_explorer.widgets.delegates import PAD, Column, RowDelegate
from mqtt_explorer.widgets.theme import Theme

TEXT = Qt.ItemDataRole.DisplayRole
GROUND = "#161a22"
WAVE = (0.0, 0.7, 0.3, 1.0, 0.5)


def canvas(width: int, ratio: float = 1.0) -> QImage:
    image = QImage(QSize(width, 26) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(GROUND))
    return image


def painted(
    column: Column, data: dict[int, Any], width: int = 200, ratio: float = 1.0, times: int = 1
) -> QImage:
    """One cell of 26 pixels height on the panel's ground, as it looks when painted for the last time."""
    model = QStandardItemModel(1, 1)
    for role, value in data.items():
        model.setData(model.index(0, 0), value, role)
    delegate = RowDelegate([column])
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, width, 26)
    for _ in range(times):
        image = canvas(width, ratio)
        painter = QPainter(image)
        delegate.paint(painter, option, model.index(0, 0))
        painter.end()
    return image


def spots(image: QImage) -> list[tuple[int, int]]:
    return [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).name() != GROUND
    ]


def inked(image: QImage) -> QRect:
    """The rectangle around everything painted."""
    found = spots(image)
    if not found:
        return QRect()
    xs, ys = [x for x, _ in found], [y for _, y in found]
    return QRect(QPoint(min(xs), min(ys)), QPoint(max(xs), max(ys)))


# --- lines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_line_stands_at_the_right_inside_its_cell_in_the_first_data_colour(look: Theme, ratio: float):
    image = painted(Column(spark=True), {roles.SPARK_ROLE: WAVE}, width=70, ratio=ratio)
    box = inked(image)
    assert box.right() <= (70 - PAD) * ratio
    assert box.right() >= (70 - PAD - 3) * ratio
    assert (70 - PAD - 48) * ratio <= box.left() <= (70 - PAD - 45) * ratio
    assert 4 * ratio <= box.top() <= 8 * ratio
    assert 18 * ratio <= box.bottom() <= 22 * ratio
    colors = {image.pixelColor(x, y).name() for x, y in spots(image)}
    assert look.tokens.data[0] in colors or ratio == 1.0


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_level_line_is_crisp(look: Theme, ratio: float):
    image = painted(Column(spark=True), {roles.SPARK_ROLE: (0.5,) * 20}, width=70, ratio=ratio)
    box = inked(image)
    assert box.height() <= (1 if ratio == 1.0 else 4)
    middle = image.pixelColor(box.center())
    assert middle.name() == look.tokens.data[0]


@pytest.mark.parametrize(
    ("values", "width"), [(None, 70), ((), 70), ((0.5,), 70), (WAVE, 20)], ids=["none", "no", "one", "narrow"]
)
def test_without_numbers_or_room_there_is_no_line(look: Theme, values, width):
    data = {} if values is None else {roles.SPARK_ROLE: values}
    assert not spots(painted(Column(spark=True), data, width=width))


def test_rows_that_change_all_the_time_do_not_cost_quiet_rows_their_pictures(look: Theme, monkeypatch):
    monkeypatch.setattr(delegate_spark, "_REMEMBERED", 8)
    sparks = SparkPainter()
    sparks.set_color(QColor("#ffffff"))
    drawn: list[tuple[float, ...]] = []
    draw = sparks._draw
    monkeypatch.setattr(sparks, "_draw", lambda values, *rest: drawn.append(values) or draw(values, *rest))
    image = canvas(100)
    painter = QPainter(image)
    for n in range(100):
        sparks.paint(painter, (0.1, n / 100), 0, 0, 60, 26)
        for quiet in range(3):
            sparks.paint(painter, (0.2, quiet / 10), 0, 0, 60, 26)
    painter.end()
    assert len(sparks._pictures) <= 8
    assert drawn.count((0.2, 0.0)) == 1


# --- marks and badges -----------------------------------------------------------------------------------------------


def test_each_mark_takes_its_own_place(look: Theme):
    marks = (roles.PIN_ROLE, roles.TRUNCATED_ROLE, roles.STAR_ROLE, roles.MUTE_ROLE)
    for count in range(1, 5):
        image = painted(Column(marks=True), dict.fromkeys(marks[:count], True))
        box = inked(image)
        assert box.right() <= 200 - PAD
        assert 200 - PAD - 18 * count <= box.left() <= 200 - PAD - 18 * (count - 1)


def test_a_long_value_makes_room_for_its_badge(look: Theme):
    cell = {TEXT: '{"level":"warn","since":1763731200,"by":"x"}', roles.BADGE_ROLE: "warn:stale"}
    image = painted(Column(mono=True, badge=True), cell, width=180)
    tint = [x for x, y in spots(image) if image.pixelColor(x, y).name() == look.tokens.tint_warn]
    assert tint
    assert 110 < min(tint) < max(tint) <= 180 - PAD
    assert not [x for x in range(180 - PAD + 1, 180) if image.pixelColor(x, 13).name() != GROUND]


def test_a_text_beside_a_badge_counts_as_cut_when_it_is(look: Theme):
    model = QStandardItemModel(1, 1)
    index = model.index(0, 0)
    model.setData(index, "x" * 20, TEXT)
    delegate = RowDelegate([Column(mono=True, badge=True)])
    assert not delegate.is_cut(index, 180)
    model.setData(index, "warn:stale", roles.BADGE_ROLE)
    assert delegate.is_cut(index, 180)


# --- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("text", ["21.7 °C", "zone-3 …", "日本 ab", "b <b>bold</b>"])
def test_a_text_looks_the_same_each_time_it_is_painted(look: Theme, text, ratio):
    """From the second time on it is drawn as a laid out text."""
    column = Column(kind="muted")
    once = painted(column, {TEXT: text}, ratio=ratio)
    assert spots(once)
    for times in (2, 3, 4):
        assert painted(column, {TEXT: text}, ratio=ratio, times=times) == once


def test_a_text_is_drawn_in_the_new_font_after_it_changed(look: Theme):
    delegate = RowDelegate([Column(kind="muted")])
    model = QStandardItemModel(1, 1)
    model.setData(model.index(0, 0), "temperature", TEXT)
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 300, 26)

    def width() -> int:
        image = canvas(300)
        painter = QPainter(image)
        delegate.paint(painter, option, model.index(0, 0))
        painter.end()
        return inked(image).width()

    before = [width() for _ in range(3)]
    look.set_sizes(20, 20)
    after = [width() for _ in range(3)]
    assert len(set(before)) == len(set(after)) == 1
    assert after[0] > before[0] * 1.3


# --- hits -----------------------------------------------------------------------------------------------------------


def marked(text: str, hits: list[tuple[int, int]], width: int = 200) -> QRect:
    """Where the ground of a hit was painted."""
    bare = painted(Column(hits=True), {TEXT: text}, width=width)
    image = painted(Column(hits=True), {TEXT: text, roles.HITS_ROLE: hits}, width=width)
    xs = [
        x
        for x in range(image.width())
        if image.pixelColor(x, 5).name() != GROUND and bare.pixelColor(x, 5).name() == GROUND
    ]
    return QRect(QPoint(min(xs), 5), QPoint(max(xs), 5)) if xs else QRect()


def test_a_hit_lies_under_its_characters(look: Theme):
    metrics = QFontMetricsF(look.ui_font())
    box = marked("over temp", [(5, 4)])
    begin = PAD + metrics.horizontalAdvance("over ")
    assert box.left() == pytest.approx(begin, abs=1.5)
    assert box.right() == pytest.approx(PAD + metrics.horizontalAdvance("over temp"), abs=2.5)


def test_a_hit_behind_spelled_out_characters_lies_under_its_own(look: Theme):
    metrics = QFontMetricsF(look.ui_font())
    box = marked("a\u202ebtemp", [(3, 4)])
    assert box.left() == pytest.approx(PAD + metrics.horizontalAdvance("a⟨U+202E⟩b"), abs=1.5)


def test_a_hit_that_was_elided_away_is_not_marked(look: Theme):
    text = "abcdefgh" * 10
    assert marked(text, [(60, 8)], width=80).isNull()
    shown = inked(painted(Column(hits=True), {TEXT: text}, width=80))
    box = marked(text, [(0, 80)], width=80)
    assert box.right() < shown.right()
    assert marked("x" * 1_000, [(500, 20)], width=5_000).isNull()


def test_of_a_text_elided_in_the_middle_nothing_is_marked(look: Theme):
    cell = {TEXT: "abcdefgh" * 10, roles.HITS_ROLE: [(70, 8)]}
    bare = painted(Column(middle=True), cell, width=80)
    assert painted(Column(middle=True, hits=True), cell, width=80) == bare


# --- tooltips -------------------------------------------------------------------------------------------------------


def test_a_tooltip_of_the_model_may_have_lines_and_never_markup():
    assert plain_tooltip("a/b\nUsually every 1.0 s", lines=True) == "a/b\nUsually every 1.0 s"
    assert plain_tooltip("a/<b>\nretained", lines=True) == "<qt>a/&lt;b&gt;<br>retained</qt>"
    assert plain_tooltip("a\nb") == "a␊b"
