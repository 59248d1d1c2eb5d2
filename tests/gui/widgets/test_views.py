# SPDX-License-Identifier: MIT
"""The views paint selection, hover, glow and focus; a click selects and never folds."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QHoverEvent,
    QImage,
    QPainter,
    QRegion,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QToolTip

from mqtt_explorer.models import roles
from mqtt_explorer.widgets.delegates import Column, RowDelegate
from mqtt_explorer.widgets.theme import Theme
from mqtt_explorer.widgets.tokens import mix
from mqtt_explorer.widgets.views import ListView, TableView, TreeView, menu_place

PLAIN = Column(mono=True)
NAME = Column(name=True, marks=True, hits=True, badge=True, icon=True, bar=True)
VIEWS = pytest.mark.parametrize("kind", [TreeView, TableView, ListView])


def tree_model(parent: Any) -> QStandardItemModel:
    model = QStandardItemModel(parent)
    for top in ("greenhouse", "plant"):
        item = QStandardItem(top)
        for name in ("temperature", "humidity"):
            item.appendRow([QStandardItem(name), QStandardItem("21.7 °C")])
        model.appendRow([item, QStandardItem("")])
    model.setHorizontalHeaderLabels(["Topic", "Value"])
    return model


def shown(kind: type, qtbot: Any, columns: Any = (NAME, PLAIN)) -> Any:
    view = kind(columns[0] if kind is ListView else columns)
    qtbot.addWidget(view)
    view.setModel(tree_model(view))
    view.resize(300, 200)
    view.show()
    return view


def ground(view: Any, row: int, x: int = 290) -> str:
    rect = view.visualRect(view.model().index(row, 0))
    image = view.viewport().grab().toImage()
    return image.pixelColor(min(x, image.width() - 2), rect.y() + 3).name()


@VIEWS
def test_selection_is_a_fill_and_a_bar(look: Theme, qtbot, kind):
    view = shown(kind, qtbot)
    assert ground(view, 1) == look.tokens.panel
    view.setCurrentIndex(view.model().index(1, 0))
    assert ground(view, 1) == look.tokens.selection
    assert ground(view, 1, x=0) == look.tokens.accent
    assert ground(view, 1, x=1) == look.tokens.accent
    assert ground(view, 1, x=2) == look.tokens.selection
    assert ground(view, 0) == look.tokens.panel


@VIEWS
def test_a_glow_has_no_bar(look: Theme, qtbot, kind):
    view = shown(kind, qtbot)
    view.model().item(1).setData(1.0, roles.GLOW_ROLE)
    color = ground(view, 1)
    assert color == ground(view, 1, x=0)
    wanted = QColor(mix(look.tokens.panel, look.tokens.accent, 0.10))
    assert all(abs(a - b) <= 2 for a, b in zip(QColor(color).getRgb(), wanted.getRgb(), strict=True))
    view.model().item(1).setData(0.0, roles.GLOW_ROLE)
    assert ground(view, 1) == look.tokens.panel


@VIEWS
def test_hover_fills_the_row_under_the_mouse(look: Theme, qtbot, kind):
    view = shown(kind, qtbot)
    view._set_hover(view.model().index(1, 0))
    assert ground(view, 1) == look.tokens.hover
    view._set_hover(QModelIndex())
    assert ground(view, 1) == look.tokens.panel


@VIEWS
def test_the_ring_is_for_the_keyboard(look: Theme, qtbot, kind):
    view = shown(kind, qtbot)
    view.activateWindow()
    QTest.qWaitForWindowActive(view, 2000)
    view.setCurrentIndex(view.model().index(1, 0))
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Up)
    rect = view.visualRect(view.model().index(0, 0))
    assert view.hasFocus()
    image = view.viewport().grab().toImage()
    assert image.pixelColor(100, rect.y()).name() == look.tokens.accent
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    image = view.viewport().grab().toImage()
    assert image.pixelColor(100, rect.y()).name() == look.tokens.selection


@VIEWS
def test_the_ring_leaves_no_trace_on_rows_that_stay_selected(look: Theme, qtbot, kind):
    view = shown(kind, qtbot)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.activateWindow()
    QTest.qWaitForWindowActive(view, 2000)
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    view._set_keyboard(True)
    QTest.qWait(20)
    painted = Painted(view.viewport())
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: not painted.region.isEmpty())
    assert view.selectionModel().isSelected(view.model().index(0, 0))
    left = QRegion(view._row_rect(view.model().index(0, 0))).subtracted(painted.region)
    assert left.isEmpty(), "the whole row was painted anew"


class Painted(QObject):
    """What of a widget was painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.region = self.region.united(event.region())
        return False


@VIEWS
def test_shift_f10_is_the_menu_key(look: Theme, qtbot, kind):
    asked = []

    class Asked(kind):
        def contextMenuEvent(self, event):
            asked.append((event.reason(), *menu_place(self, event)))

    view = Asked()
    qtbot.addWidget(view)
    view.setModel(tree_model(view))
    view.show()
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.keyClick(view, Qt.Key.Key_F10)
    assert asked == []
    QTest.keyClick(view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    place = view.viewport().mapToGlobal(view.visualRect(view.currentIndex()).bottomLeft())
    assert asked == [(QContextMenuEvent.Reason.Keyboard, view.model().index(1, 0), place)]


@VIEWS
def test_a_view_without_a_model_paints(look: Theme, qtbot, kind):
    view = kind()
    qtbot.addWidget(view)
    view.resize(100, 100)
    assert view.viewport().grab().toImage().pixelColor(50, 50).name() == look.tokens.panel


@VIEWS
def test_views_follow_the_theme_and_the_font(look: Theme, qtbot, kind):
    view = shown(kind, qtbot)
    before = view.visualRect(view.model().index(0, 0)).height()
    assert before == view.row_delegate.row_height
    look.set_choice("light")
    assert ground(view, 1) == look.tokens.panel
    look.set_sizes(24, 24)
    view.viewport().grab()
    assert view.row_delegate.row_height > before
    qtbot.waitUntil(
        lambda: view.visualRect(view.model().index(0, 0)).height() == view.row_delegate.row_height
    )


def test_row_heights(look: Theme, qtbot):
    for kind, height in ((TreeView, 25), (TableView, 24), (ListView, 26)):
        view = shown(kind, qtbot)
        assert view.visualRect(view.model().index(0, 0)).height() == height


def test_a_click_selects_and_never_folds(look: Theme, qtbot):
    view = shown(TreeView, qtbot)
    top = view.model().index(0, 0)
    for act in (qtbot.mouseClick, qtbot.mouseDClick):
        act(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(top).center())
        assert view.currentIndex() == top
        assert not view.isExpanded(top)


def test_the_arrow_folds_and_does_not_select(look: Theme, qtbot):
    view = shown(TreeView, qtbot)
    top = view.model().index(1, 0)
    rect = view.visualRect(top)
    arrow = QPoint(rect.left() - 7, rect.center().y())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=arrow)
    assert view.isExpanded(top)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=arrow)
    assert not view.isExpanded(top)
    assert view.currentIndex() != top


def test_right_and_left_fold(look: Theme, qtbot):
    view = shown(TreeView, qtbot)
    top = view.model().index(0, 0)
    view.setCurrentIndex(top)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.isExpanded(top)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert not view.isExpanded(top)


def test_rows_of_a_scrolled_tree_are_grounded_where_they_are(look: Theme, qtbot):
    view = shown(TreeView, qtbot)
    for n in range(100):
        view.model().appendRow(QStandardItem(f"row {n}"))
    view.setCurrentIndex(view.model().index(60, 0))
    view.scrollTo(view.model().index(60, 0), TreeView.ScrollHint.PositionAtCenter)
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 7)
    assert ground(view, 60, x=200) == look.tokens.selection
    assert ground(view, 60, x=0) == look.tokens.accent
    assert ground(view, 61, x=200) == look.tokens.panel


class Giant(QAbstractItemModel):
    """Answers every role with the worst it can."""

    def index(self, row, column, parent=QModelIndex()):  # noqa: B008
        return self.createIndex(row, column)

    def parent(self, index=None):
        return QModelIndex()

    def rowCount(self, parent=QModelIndex()):  # noqa: B008
        return 0 if parent.isValid() else 20

    def columnCount(self, parent=QModelIndex()):  # noqa: B008
        return 2

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        answers = {
            Qt.ItemDataRole.DisplayRole: "<b>\u202e\x00" + "x" * 200_000,
            roles.HITS_ROLE: [(0, 3), (200, 50), (150_000, 5)],
            roles.NOTE_ROLE: "n" * 200_000,
            roles.BADGE_ROLE: "warn:" + "b" * 200_000,
            roles.KIND_ROLE: "no such kind",
            roles.PIN_ROLE: True,
            roles.TRUNCATED_ROLE: True,
            roles.STRONG_ROLE: True,
            roles.SPARK_ROLE: [0.0, 1.0, 0.5],
            roles.BAR_ROLE: 17,
            roles.ICON_ROLE: "broker:accent",
        }
        return answers.get(role)


@VIEWS
def test_hostile_text_is_painted_quickly(look: Theme, qtbot, kind):
    view = shown(kind, qtbot, (NAME, Column(spark=True)))
    view.setModel(Giant(view))
    start = time.perf_counter()
    view.viewport().grab()
    assert time.perf_counter() - start < 0.5  # generous for a busy machine; shaping it whole takes seconds
    assert view.row_delegate._fits
    assert all(len(key[0]) <= 400 for key in view.row_delegate._fits)


def painted(column: Column, data: dict[int, Any], width: int = 200) -> QImage:
    """One cell of 26 pixels height on the panel's ground."""
    model = QStandardItemModel(1, 1)
    for role, value in data.items():
        model.setData(model.index(0, 0), value, role)
    delegate = RowDelegate([column])
    image = QImage(QSize(width, 26), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("#161a22"))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, width, 26)
    painter = QPainter(image)
    delegate.paint(painter, option, model.index(0, 0))
    painter.end()
    return image


def inked(image: QImage) -> QRect:
    """The rectangle around everything painted."""
    spots = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).name() != "#161a22"
    ]
    if not spots:
        return QRect()
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    return QRect(QPoint(min(xs), min(ys)), QPoint(max(xs), max(ys)))


TEXT = Qt.ItemDataRole.DisplayRole


def test_numbers_stand_right_and_inside(look: Theme):
    assert inked(painted(Column(), {TEXT: "12"})).left() < 10
    right = inked(painted(Column(right=True), {TEXT: "12"}))
    assert 185 <= right.right() <= 195


def test_long_text_stays_inside_its_cell(look: Theme):
    box = inked(painted(Column(mono=True), {TEXT: "x" * 500}, width=80))
    assert box.left() >= 5
    assert box.right() < 76


def test_marks_stand_at_the_right_and_push_the_text(look: Theme):
    image = painted(Column(marks=True), {TEXT: "x" * 100, roles.PIN_ROLE: True, roles.TRUNCATED_ROLE: True})
    assert 180 <= inked(image).right() <= 195
    assert not [x for x in range(158, 162) for y in range(26) if image.pixelColor(x, y).name() != "#161a22"]


def test_kinds_colour_the_text(look: Theme):
    def colors(kind: str | None) -> set[str]:
        image = painted(Column(mono=True), {TEXT: "████", roles.KIND_ROLE: kind})
        return {image.pixelColor(x, y).name() for x in range(200) for y in range(26)}

    assert look.tokens.json_number in colors("number")
    assert look.tokens.error in colors("error")
    assert look.tokens.text in colors(None)
    assert look.tokens.text in colors("no such kind")


def test_a_hit_is_never_painted_past_the_elided_text(look: Theme):
    text = "abcdefgh" * 10
    free = inked(painted(Column(hits=True), {TEXT: text}, width=80))
    hit = inked(painted(Column(hits=True), {TEXT: text, roles.HITS_ROLE: [(0, 80)]}, width=80))
    assert hit.right() <= free.right() + 1


def test_a_badge_that_does_not_fit_is_left_out(look: Theme):
    cell = {TEXT: "19.4 °C", roles.BADGE_ROLE: "warn:stale"}
    bare = inked(painted(Column(mono=True), cell, width=80))
    assert inked(painted(Column(mono=True, badge=True), cell, width=80)) == bare
    assert inked(painted(Column(mono=True, badge=True), cell, width=160)).right() > bare.right() + 20


def test_a_note_is_left_out_before_it_squeezes(look: Theme):
    cell = {TEXT: "zone-3", roles.NOTE_ROLE: "18 topics · 4,102 messages", roles.STRONG_ROLE: True}
    assert inked(painted(Column(name=True), cell, width=260)).right() > 150
    assert inked(painted(Column(name=True), cell, width=70)).right() < 66


def test_tooltips_are_plain_and_only_where_text_is_cut(look: Theme, qtbot, monkeypatch):
    view = shown(TableView, qtbot)
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", staticmethod(lambda _pos, text, _w=None: said.append(text)))
    view.model().item(0).setText("<b>" + "long " * 50)
    for row in (0, 1):
        at = view.visualRect(view.model().index(row, 0)).center()
        view.viewportEvent(QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at)))
    assert said[0].startswith("<qt>&lt;b&gt;long")
    assert said[1] == ""


def test_the_mouse_reaches_the_hover(look: Theme, qtbot):
    view = shown(TableView, qtbot)
    at = view.visualRect(view.model().index(1, 0)).center()
    event = QHoverEvent(QHoverEvent.Type.HoverMove, QPointF(at), QPointF(at), QPointF(0, 0))
    view.viewportEvent(event)
    assert view._hover.row() == 1
    view.viewportEvent(
        QHoverEvent(QHoverEvent.Type.HoverLeave, QPointF(-1, -1), QPointF(-1, -1), QPointF(at))
    )
    assert not view._hover.isValid()
