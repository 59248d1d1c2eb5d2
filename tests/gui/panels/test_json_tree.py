# SPDX-License-Identifier: MIT
from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models import json_tree_model
from mqtt_explorer.models.json_tree_model import KEY, VALUE
from mqtt_explorer.panels.message import json_tree_copy
from mqtt_explorer.panels.message.json_tree import JsonTree
from mqtt_explorer.payload.api import Document
from mqtt_explorer.payload.json_index import build_index

SAMPLE = b'{"value":21.70,"sensor":{"id":"S\\n1","ok":true},"raw":[1,{"k":2}],"ts":"x"}'


def document(source):
    return Document("json", "JSON", source, build_index(source))


@pytest.fixture
def view(qtbot):
    made = JsonTree()
    qtbot.addWidget(made)
    made.resize(480, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def said(view):
    found = []
    view.said.connect(found.append)
    return found


def keys(view):
    return [view.tree.index(row, KEY).data() for row in range(view.tree.rowCount())]


def go(view, key):
    view.setCurrentIndex(view.tree.index(keys(view).index(key), KEY))


def press(qtbot, view, key, modifiers=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(view, key, modifiers)


def clipboard():
    return QGuiApplication.clipboard().text()


async def test_keys_fold_as_in_the_topic_tree(view, qtbot):
    view.show_document(document(SAMPLE))
    go(view, "id")
    press(qtbot, view, Qt.Key.Key_Left)
    assert view.currentIndex().data() == "sensor"
    press(qtbot, view, Qt.Key.Key_Left)
    assert keys(view) == ["value", "sensor", "raw", "[0]", "[1]", "k", "ts"]
    press(qtbot, view, Qt.Key.Key_Left)
    assert view.currentIndex().data() == "sensor"
    press(qtbot, view, Qt.Key.Key_Right)
    press(qtbot, view, Qt.Key.Key_Right)
    assert view.currentIndex().data() == "id"
    go(view, "raw")
    press(qtbot, view, Qt.Key.Key_Return)
    assert "[0]" not in keys(view)
    qtbot.keyClicks(view, "*")
    assert keys(view)[-3:] == ["[1]", "k", "ts"]
    press(qtbot, view, Qt.Key.Key_End)
    assert view.currentIndex().data() == "ts"
    press(qtbot, view, Qt.Key.Key_Home)
    assert view.currentIndex().data() == "value"
    qtbot.keyClicks(view, "raw")
    assert view.currentIndex().data() == "value"


async def test_a_click_on_the_chevron_folds_and_any_other_selects(view, qtbot):
    view.show_document(document(SAMPLE))
    row = view.visualRect(view.tree.index(1, KEY))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(8, row.center().y()))
    assert view.tree.fold_state(1) is False
    assert not view.selectionModel().hasSelection()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, row.center().y()))
    assert view.tree.fold_state(1) is False
    assert view.selectionModel().isRowSelected(1)


async def test_more_opens_by_click_and_by_key_and_end_reaches_the_last(view, qtbot):
    view.show_document(document(json.dumps(list(range(5_000))).encode()))
    press(qtbot, view, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: view.currentIndex().data() == "[4999]")
    more = keys(view).index("…")
    view.scrollTo(view.tree.index(more, KEY))
    place = view.visualRect(view.tree.index(more, KEY)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.currentIndex().data() == "[1000]"
    assert view.tree.index(keys(view).index("…"), VALUE).data() == "2,000 more"
    go(view, "…")
    press(qtbot, view, Qt.Key.Key_Return)
    assert view.tree.index(keys(view).index("…"), VALUE).data() == "1,000 more"


async def test_copying_is_exact(view, qtbot, said):
    view.show_document(document(SAMPLE))
    go(view, "value")
    press(qtbot, view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "21.70"
    assert said == ["Copied the value, 5 B."]
    go(view, "sensor")
    press(qtbot, view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == '{"id":"S\\n1","ok":true}'
    row = keys(view).index("id")
    json_tree_copy.copy_value(view.tree, row, as_text=True)
    assert clipboard() == "S\n1"
    row = keys(view).index("k")
    json_tree_copy.copy_path(view.tree, row)
    assert clipboard() == "/raw/1/k"
    json_tree_copy.copy_path(view.tree, row, as_jq=True)
    assert clipboard() == ".raw[1].k"


async def test_too_much_for_the_clipboard_is_said(view, said, monkeypatch):
    monkeypatch.setattr(json_tree_copy, "LARGEST", 10)
    view.show_document(document(SAMPLE))
    QGuiApplication.clipboard().setText("before")
    go(view, "sensor")
    view._copy(view.currentIndex().row())
    assert "too much for the clipboard" in said[0]
    assert clipboard() == "before"


async def test_the_menu_offers_what_can_be_done(view, qtbot):
    view.show_document(document(SAMPLE))

    def titles(key):
        menu = json_tree_copy.build_menu(
            view.tree, keys(view).index(key), view, say=print, unfold_all=view.unfold_all
        )
        found = [action.text().split("\t")[0] for action in menu.actions() if action.text()]
        menu.deleteLater()
        return found

    paths = ["Copy path (JSON Pointer)", "Copy path (jq)"]
    assert titles("value") == ["Copy value", "Copy key", *paths]
    assert titles("ts") == ["Copy value", "Copy as text", "Copy key", *paths]
    assert titles("[0]") == ["Copy value", *paths]
    assert titles("raw") == ["Copy all of it", "Copy key", *paths, "Fold", "Unfold all below"]
    go(view, "raw")
    press(qtbot, view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    shown = [each for each in view.findChildren(QMenu) if each.isVisible()]
    assert len(shown) == 1
    shown[0].close()


async def test_live_values_keep_selection_and_scroll(view, qtbot):
    def source(n, extra=False):
        value = {"first": {"x": n}} if extra else {}
        return json.dumps({**value, **{f"k{i}": {"v": i * n} for i in range(60)}}).encode()

    view.show_document(document(source(1)))
    view.executeDelayedItemsLayout()
    go(view, "k40")
    bar = view.verticalScrollBar()
    top = view.tree.index(view.rowAt(0), KEY).data()
    before = bar.value()
    assert before > 0
    view.show_document(document(source(2)))
    assert (bar.value(), view.currentIndex().data()) == (before, "k40")
    view.show_document(document(source(3, extra=True)))
    assert view.currentIndex().data() == "k40"
    assert view.selectionModel().isRowSelected(view.currentIndex().row())
    assert view.tree.index(view.rowAt(0), KEY).data() == top
    assert bar.value() == before + 2 * view.row_delegate.row_height
    view.show_document(document(b'{"other":1}'), fresh=True)
    assert keys(view) == ["other"]
    assert not view.selectionModel().hasSelection()


async def test_a_changed_value_glows_and_stops(view, qtbot):
    view.show_document(document(b'{"a":1,"b":2}'))
    view.show_document(document(b'{"a":1,"b":3}'))
    assert view._glow.isActive()
    view.tree._changed_at -= 10
    qtbot.waitUntil(lambda: not view._glow.isActive())
    view.show_document(document(b'{"a":1,"b":4}'))
    view.hide()
    assert not view._glow.isActive()


async def test_deep_rows_stay_readable(view, qtbot):
    view.show_document(document(b'{"a":' * 300 + b"1" + b"}" * 300))
    assert view.columnWidth(KEY) <= view.viewport().width() * 0.45 + 1
    go(view, "a")
    press(qtbot, view, Qt.Key.Key_End)
    delegate = view.row_delegate
    assert delegate.left(250) <= view.columnWidth(KEY) * 0.4
    qtbot.keyClicks(view, "*")
    spoken = view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("a, level 2")


async def test_unfolding_too_much_is_told(view, said, monkeypatch):
    monkeypatch.setattr(json_tree_model, "ALL_ROWS", 20)
    view.show_document(document(json.dumps({"a": [[n] for n in range(300)]}).encode()))
    go(view, "a")
    view.unfold_all(0)
    assert said[0].startswith("Unfolded ")


async def test_markup_is_text(view):
    view.show_document(document(b'{"<b>k</b>":"<img src=/etc/passwd>"}'))
    tip = view._tooltip(view.tree.index(0, KEY))
    assert tip.startswith("<qt>/&lt;b&gt;k&lt;~1b&gt;")
