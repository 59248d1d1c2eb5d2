# SPDX-License-Identifier: MIT
"""The two lists of saved brokers, used by keyboard and mouse on a real book."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit

from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.app.profiles.list_delegate import button_boxes
from mqtt_explorer.app.profiles.list_panel import ProfileList
from mqtt_explorer.app.profiles.saved_table import SavedBrokers
from mqtt_explorer.models.profile_rows import ADDRESS, LAST_USED, SIGN_IN
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
from mqtt_explorer.widgets.theme import install

LIBRARY = Library(
    folders=("Home", "Plant"),
    profiles=(
        Profile(id="g", name="Greenhouse", folder="Home", url="mqtts://broker.lan:8883", username="ada"),
        Profile(id="z", name="Zigbee", folder="Home", url="mqtt://10.0.20.5:1883"),
        Profile(id="l", name="Line 3", folder="Plant", url="mqtts://mq.plant.lan:8883"),
    ),
)


@pytest.fixture
async def book(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)
    install(qapp, "dark")
    made = ProfileBook(LIBRARY, ProfileFile(tmp_path))
    yield made
    await made.finish()


def shown(widget, qtbot, width=900, height=500):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    widget.activateWindow()
    widget.tree.setFocus()
    QApplication.processEvents()
    return widget


@pytest.fixture
def narrow(book, qtbot):
    return shown(ProfileList(book), qtbot, 264)


@pytest.fixture
def table(book, qtbot):
    return shown(SavedBrokers(book), qtbot)


def heard(signal):
    told = []
    signal.connect(lambda *args: told.append(args[0] if args else None))
    return told


def press(widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget.tree, key, modifier)


def ids(book):
    return "".join(profile.id for profile in book.profiles)


def rename_to(widget, text):
    editor = widget.tree.findChildren(QLineEdit)[-1]  # one before it may wait for its deletion
    editor.setText(text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()


# -- the narrow list -------------------------------------------------------------------------------------------------


async def test_choosing_is_announced_once_and_set_current_is_not(narrow):
    told = heard(narrow.profile_selected)
    narrow.set_current("z")
    assert (told, narrow.current_profile, narrow.current_folder) == ([], "z", "Home")
    press(narrow, Qt.Key.Key_Up)
    press(narrow, Qt.Key.Key_Up)
    assert told == ["g", ""]
    assert narrow.current_folder == "Home"


async def test_enter_and_double_click_connect(narrow):
    told = heard(narrow.connect_requested)
    narrow.set_current("z")
    press(narrow, Qt.Key.Key_Return)
    place = narrow.tree.visualRect(narrow.model.index_of_profile("l")).center()
    QTest.mouseClick(narrow.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(narrow.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told == ["z", "l"]


async def test_editing_one_broker_leaves_the_list_as_it_is(narrow, book):
    told = heard(narrow.profile_selected)
    narrow.set_current("g")
    plant = narrow.model.index_of(("folder", "Plant"))
    narrow.tree.collapse(plant)
    book.replace(msgspec.structs.replace(book.find("g"), name="Glass house"))
    assert narrow.model.index_of_profile("g").data() == "Glass house"
    assert not narrow.tree.isExpanded(plant)
    assert (told, narrow.tree.current_key) == ([], ("profile", "g"))


async def test_renaming_in_place(narrow, book):
    connects = heard(narrow.connect_requested)
    narrow.set_current("g")
    press(narrow, Qt.Key.Key_F2)
    rename_to(narrow, "Glass house")
    assert book.find("g").name == "Glass house"
    assert connects == []
    narrow.tree.choose(("folder", "Home"))
    narrow.tree.collapse(narrow.tree.currentIndex())
    press(narrow, Qt.Key.Key_F2)
    rename_to(narrow, "Villa")
    assert book.folders == ("Villa", "Plant")
    assert book.find("g").folder == "Villa"
    assert narrow.tree.current_key == ("folder", "Villa")
    assert not narrow.tree.isExpanded(narrow.tree.currentIndex())


async def test_a_new_folder_is_named_at_once_and_unfolds_for_its_first_broker(narrow, book):
    narrow.folder_button.click()
    rename_to(narrow, "Cloud")
    assert book.folders == ("Home", "Plant", "Cloud")
    book.move("z", "Cloud")
    assert narrow.tree.isExpanded(narrow.model.index_of(("folder", "Cloud")))


async def test_delete_and_undo(narrow, book):
    gone = heard_event(book.gone)
    narrow.set_current("g")
    press(narrow, Qt.Key.Key_Backspace)
    assert ids(book) == "gzl"
    press(narrow, Qt.Key.Key_Delete)
    assert ids(book) == "zl"
    assert narrow.undo.isVisible()
    assert "“Greenhouse”" in narrow.undo.text.text()
    assert narrow.undo._timer.remainingTime() > 10_000
    assert narrow.current_profile == "z"
    press(narrow, Qt.Key.Key_Delete)
    assert ids(book) == "l"
    narrow.undo.button.click()
    assert ids(book) == "zl"
    narrow.undo.button.click()
    assert ids(book) == "gzl"
    assert narrow.current_profile == "g"
    assert not narrow.undo.isVisible()
    assert gone == []
    press(narrow, Qt.Key.Key_Delete)
    narrow.undo._timer.timeout.emit()
    assert gone == ["g"]
    assert not narrow.undo.isVisible()


def heard_event(event):
    told = []
    event.connect(told.append)
    return told


async def test_a_deleted_folder_keeps_its_brokers_and_comes_back(narrow, book):
    narrow.tree.choose(("folder", "Home"))
    press(narrow, Qt.Key.Key_Delete)
    assert book.folders == ("Plant",)
    assert ids(book) == "gzl"
    narrow.undo.button.click()
    assert book.folders == ("Home", "Plant")
    assert book.find("g").folder == "Home"


async def test_alt_and_arrows_move(narrow, book):
    told = heard(narrow.profile_selected)
    narrow.set_current("g")
    press(narrow, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [profile.id for profile in book.profiles if profile.folder == "Home"] == ["z", "g"]
    press(narrow, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert book.find("g").folder == "Plant"
    assert (narrow.current_profile, told) == ("g", [])


async def test_a_search_keeps_what_is_chosen_and_how_it_was_folded(narrow):
    told = heard(narrow.profile_selected)
    narrow.tree.collapse(narrow.model.index_of(("folder", "Plant")))
    narrow.set_current("g")
    QTest.keyClicks(narrow.search, "line")
    assert narrow.tree.isExpanded(narrow.model.index_of(("folder", "Plant")))
    assert not narrow.model.index_of_profile("g").isValid()
    assert narrow.current_profile == "g"
    QTest.keyClicks(narrow.search, "zzz")
    assert narrow._nothing.isVisible()
    QTest.keyClick(narrow.search, Qt.Key.Key_Escape)
    assert narrow.tree.current_key == ("profile", "g")
    assert not narrow.tree.isExpanded(narrow.model.index_of(("folder", "Plant")))
    assert told == []


async def test_set_current_shows_what_a_search_hides(narrow):
    narrow.search.setText("zig")
    narrow.set_current("l")
    assert narrow.tree.current_key == ("profile", "l")
    assert narrow.search.text() == ""


async def test_the_menu(narrow, book):
    told = heard(narrow.duplicate_requested)
    narrow.set_current("g")
    menu = narrow._deeds.menu(narrow)
    entries = {action.text(): action for action in menu.actions()}
    entries["Duplicate"].trigger()
    assert told == ["g"]
    colours = entries["Colour"].menu().actions()
    assert [action.text() for action in colours if action.isChecked()] == ["None"]
    next(action for action in colours if action.text() == "Violet").trigger()
    assert book.find("g").colour == 2
    folders = entries["Move to folder"].menu().actions()
    next(action for action in folders if action.text() == "Plant").trigger()
    assert book.find("g").folder == "Plant"
    menu.close()


async def test_empty(book, qtbot):
    for each in ("g", "z", "l"):
        book.remove(each)
    for folder in book.folders:
        book.remove_folder(folder)
    narrow = shown(ProfileList(book), qtbot, 264)
    told = heard(narrow.new_requested)
    assert not narrow.search.isVisible()
    narrow._empty.button.click()
    assert len(told) == 1
    table = shown(SavedBrokers(book), qtbot)
    assert table._empty.isVisible()
    table.set_recent(["mqtt://h:1883"])
    assert table.tree.isVisible()


# -- the table -------------------------------------------------------------------------------------------------------


async def test_keys_of_the_table(table, book):
    connects, edits = heard(table.connect_requested), heard(table.edit_requested)
    table.tree.choose(("profile", "g"))
    press(table, Qt.Key.Key_Enter)
    press(table, Qt.Key.Key_F2)
    assert (connects, edits) == (["g"], ["g"])
    press(table, Qt.Key.Key_Delete)
    assert ids(book) == "zl"
    assert "2 brokers" in table._held.text()
    table.undo.button.click()
    assert ids(book) == "gzl"


@pytest.mark.parametrize(("number", "signal"), [(0, "connect_requested"), (1, "edit_requested")])
async def test_the_buttons_of_a_row_come_with_the_pointer(table, number, signal):
    told = heard(getattr(table, signal))
    index = table.model.index_of_profile("z").siblingAtColumn(LAST_USED)
    viewport = table.tree.viewport()
    place = button_boxes(index, table.tree.visualRect(index))[number][1].center()
    before = viewport.grab().toImage()
    table.tree._set_hover(index)
    assert viewport.grab().toImage() != before
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert told == ["z"]


async def test_recent_addresses(table):
    used, saved = heard(table.recent_requested), heard(table.save_recent_requested)
    table.set_recent(["mqtt://by.hand:1883", "mqtts://broker.lan:8883"])
    assert table.tree.choose(("recent", "mqtt://by.hand:1883"))
    assert not table.tree.choose(("recent", "mqtts://broker.lan:8883"))
    table.tree.choose(("recent", "mqtt://by.hand:1883"))
    press(table, Qt.Key.Key_Return)
    press(table, Qt.Key.Key_F2)
    press(table, Qt.Key.Key_Delete)
    assert (used, saved) == (["mqtt://by.hand:1883"], ["mqtt://by.hand:1883"])


@pytest.mark.parametrize(("width", "hidden"), [(900, []), (560, [SIGN_IN]), (380, [SIGN_IN, ADDRESS])])
async def test_columns_give_way(table, width, hidden):
    table.resize(width, 500)
    QApplication.processEvents()
    assert [column for column in (SIGN_IN, ADDRESS) if table.tree.isColumnHidden(column)] == sorted(
        hidden, reverse=True
    )
    assert table.tree.horizontalScrollBar().maximum() == 0


async def test_a_full_disk_is_said_until_it_is_over(table, book, tmp_path):
    (tmp_path / "profiles.json").mkdir()
    (tmp_path / "profiles.json" / "x").touch()
    book.add_folder("Cloud")
    await until(lambda: table._unsaved.isVisible())
    (tmp_path / "profiles.json" / "x").unlink()
    (tmp_path / "profiles.json").rmdir()
    book.add_folder("Attic")
    await until(lambda: not table._unsaved.isVisible())


async def until(condition, seconds=3.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_three_hundred_brokers_open_and_search_at_once(book, qtbot):
    for number in range(300):
        book.add(Profile(id=f"n{number}", name=f"Broker {number}", folder=f"Folder {number % 20}"))
    table = shown(SavedBrokers(book), qtbot)
    start = time.perf_counter()
    table.search.setText("broker 29")
    table.search.setText("")
    assert time.perf_counter() - start < 1.0
    assert len([1 for row in range(22) if table.tree.isExpanded(table.model.index(row, 0))]) == 22


def drag_to(widget, key, goal, part):
    """What the platform sends while a row is dragged over another one and let go; `part` 0 is its top edge, 1 its bottom.

    The offscreen platform has no drag of its own, and a view that takes its own rows only asks it for the source: so any source may
    drop here.
    """
    tree, model = widget.tree, widget.model
    tree.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
    box = tree.visualRect(model.index_of(goal))
    place = QPointF(box.center().x(), box.top() + part * (box.height() - 1))
    data = model.mimeData([model.index_of(key)])
    common = (Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    viewport = tree.viewport()
    QApplication.sendEvent(viewport, QDragEnterEvent(place.toPoint(), *common))
    move = QDragMoveEvent(place.toPoint(), *common)
    QApplication.sendEvent(viewport, move)
    if move.isAccepted():
        QApplication.sendEvent(viewport, QDropEvent(place, *common))
    return move.isAccepted()


async def test_dragging_between_rows_and_into_folders(narrow, book):
    told = heard(narrow.profile_selected)
    narrow.set_current("g")
    assert drag_to(narrow, ("profile", "g"), ("folder", "Plant"), 0.5)
    assert book.find("g").folder == "Plant"
    assert drag_to(narrow, ("profile", "g"), ("profile", "l"), 0)
    assert ids(book) == "zgl"
    assert drag_to(narrow, ("folder", "Plant"), ("folder", "Home"), 0)
    assert book.folders == ("Plant", "Home")
    assert not drag_to(narrow, ("folder", "Plant"), ("profile", "l"), 0)
    assert not drag_to(narrow, ("folder", "Home"), ("folder", "Plant"), 0.5)
    assert (narrow.current_profile, told) == ("g", [])
