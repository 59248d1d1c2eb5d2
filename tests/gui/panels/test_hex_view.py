# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import base64
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox

from mqtt_explorer.panels.message import hex_finding, hex_view
from mqtt_explorer.panels.message.hex_copying import Form, write_bytes
from mqtt_explorer.panels.message.hex_view import HexView
from mqtt_explorer.payload import hex_rows
from mqtt_explorer.widgets import byte_area_lines
from mqtt_explorer.widgets.clipboard import HEX_LIMIT
from mqtt_explorer.widgets.theme import theme

KEYS = Qt.Key
SHIFT, CTRL, PLAIN = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.NoModifier,
)
LEFT = Qt.MouseButton.LeftButton
#: A header, 4,000 zero bytes from 0x40 on, and a tail.
SAMPLE = b"II*\0" + bytes(range(1, 61)) + bytes(4_000) + b"the end" * 200


@pytest.fixture
def view(qtbot):
    made = HexView()
    qtbot.addWidget(made)
    made.resize(1000, 500)
    with qtbot.waitExposed(made):
        made.show()
    made.show_bytes(SAMPLE)
    made.area.setFocus()
    return made


@pytest.fixture
def told(view):
    """Everything the view says, in words."""
    heard = []
    view.said.connect(heard.append)
    view.failed.connect(lambda title, text: heard.append(f"{title}: {text}"))
    return heard


def press(qtbot, view, key, modifiers=PLAIN, times=1):
    for _ in range(times):
        qtbot.keyClick(view.area, key, modifiers)


def at(view, offset, column="hex"):
    return view.area.rect_of(offset, column).center()


def clipboard():
    return QGuiApplication.clipboard().text()


async def until(true, seconds=5.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)


def colours(view, offset, column="hex"):
    rect = view.area.rect_of(offset, column)
    picture = view.area.viewport().grab(rect).toImage()
    return [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]


def loudness(view, offset, column="hex"):
    """How far its strongest pixel is from the ground, 0 to 255."""
    found = [colour.lightness() for colour in colours(view, offset, column)]
    return max(found) - min(found)


def is_green(colour):
    return colour.green() > max(colour.red(), colour.blue()) + 15


def is_marked(view, offset, column):
    return theme().tokens.selection in {colour.name() for colour in colours(view, offset, column)}


# --- rows and folds -----------------------------------------------------------------------------------------------------


async def test_zeros_are_folded_and_a_click_opens_them(view, qtbot):
    area = view.area
    assert not area.finding
    assert area.lines.folds == 1
    fold = area.lines.at(area.lines.line_of(0x40))
    assert (fold.start, fold.stop, fold.rows) == (0x40, 0x40 + 4_000, 250)
    lines = len(area.lines)
    qtbot.mouseClick(area.viewport(), LEFT, pos=at(view, 0x100))
    assert len(area.lines) == lines + 249
    assert area.cursor_offset == 0x40
    assert view.bar.fold.isChecked()
    qtbot.mouseClick(view.bar.fold, LEFT)
    assert not area.folding
    qtbot.mouseClick(view.bar.fold, LEFT)
    assert len(area.lines) == lines


async def test_enter_opens_a_fold(view, qtbot):
    press(qtbot, view, KEYS.Key_Down, times=4)
    assert view.area.cursor_offset == 0x40
    assert view.area.lines.folds == 1
    press(qtbot, view, KEYS.Key_Return)
    assert view.area.lines.folds == 0


async def test_keys_step_over_a_fold_and_keep_their_column(view, qtbot):
    press(qtbot, view, KEYS.Key_Right, times=3)
    press(qtbot, view, KEYS.Key_Down, times=5)
    assert view.area.cursor_offset == 0x40 + 4_000 + 3
    press(qtbot, view, KEYS.Key_Up, times=5)
    assert view.area.cursor_offset == 3
    press(qtbot, view, KEYS.Key_End)
    assert view.area.cursor_offset == 15
    press(qtbot, view, KEYS.Key_Home)
    assert view.area.cursor_offset == 0
    press(qtbot, view, KEYS.Key_Left)
    assert view.area.cursor_offset == 0
    press(qtbot, view, KEYS.Key_End, CTRL)
    assert view.area.cursor_offset == len(SAMPLE) - 1
    assert view.area.top_offset > 0x40 + 4_000
    press(qtbot, view, KEYS.Key_Right)
    press(qtbot, view, KEYS.Key_Down)
    assert view.area.cursor_offset == len(SAMPLE) - 1
    press(qtbot, view, KEYS.Key_PageUp, times=20)
    assert view.area.cursor_offset < 16
    press(qtbot, view, KEYS.Key_PageDown)
    assert view.area.cursor_offset > 0x40


async def test_a_selection_holds_a_fold_whole(view, qtbot):
    press(qtbot, view, KEYS.Key_Down, times=3)
    press(qtbot, view, KEYS.Key_Right, times=2)
    press(qtbot, view, KEYS.Key_Down, SHIFT)
    assert view.area.selection == range(0x32, 0x40 + 4_000)
    press(qtbot, view, KEYS.Key_Down, SHIFT)
    assert view.area.selection == range(0x32, 0x40 + 4_000 + 3)
    press(qtbot, view, KEYS.Key_Up, SHIFT, times=2)
    assert view.area.selection == range(0x32, 0x33)


async def test_rows_are_as_wide_as_chosen_or_as_fits(view, qtbot):
    area = view.area
    assert area.row_width == 16
    view.bar.widths.set_index(0)
    assert area.row_width == 8
    assert area.lines.at(area.lines.line_of(0x40)).rows == 500
    view.bar.widths.set_index(2)
    assert area.row_width == 32
    assert area.horizontalScrollBar().maximum() > 0
    view.resize(1600, 500)
    assert area.row_width == 32
    assert area.horizontalScrollBar().maximum() == 0
    view.resize(1000, 500)
    view.bar.widths.set_index(1)  # what fits: the rows follow the room again
    view.resize(420, 500)
    assert area.row_width == 8
    assert view.bar.widths.index == 0
    assert area.horizontalScrollBar().maximum() == 0
    view.resize(1600, 500)
    assert area.row_width == 32


async def test_the_place_stays_when_rows_are_relaid(view):
    view.area.select(0x40 + 4_000 + 700)
    bar = view.area.verticalScrollBar()
    bar.setValue(view.area.lines.line_of(0x40 + 4_000 + 640))
    top = view.area.top_offset
    for width in (0, 2, 1):
        view.bar.widths.set_index(width)
        assert view.area.top_offset == top
        each = view.area.lines.at(bar.value())
        assert each.start <= top < each.stop


async def test_folds_that_come_later_do_not_move_what_is_shown(view, monkeypatch):
    monkeypatch.setattr(byte_area_lines, "_SLICE_S", 0.0)
    data = b"".join(bytes(3_000) + bytes([n % 255 + 1]) * 600 for n in range(1, 100))
    view.show_bytes(data, fresh=True)
    area = view.area
    assert area.finding
    area.verticalScrollBar().setValue(area.lines.line_of(170_000))
    top, lines = area.top_offset, len(area.lines)
    await until(lambda: not area.finding)
    assert area.lines.folds == 99
    assert len(area.lines) < lines / 3
    assert area.top_offset == top
    each = area.lines.at(area.verticalScrollBar().value())
    assert each.start <= top < each.stop


async def test_a_place_gone_to_is_not_folded_away(view, monkeypatch):
    monkeypatch.setattr(byte_area_lines, "_SLICE_S", 0.0)
    view.show_bytes(b"x" + bytes(4 << 20), fresh=True)
    assert view.area.finding
    assert view.go_to("200000")
    await until(lambda: not view.area.finding)
    assert view.area.lines.folds == 0
    assert view.area.lines.at(view.area.lines.line_of(0x200000)).rows == 0


async def test_64_mb_are_shown_at_once(view):
    data = bytes(range(256)) * (1 << 18)
    start = time.perf_counter()
    view.show_bytes(data, 80 << 20, fresh=True)
    view.area.viewport().grab()
    assert time.perf_counter() - start < 0.3
    bar = view.area.verticalScrollBar()
    assert bar.maximum() + bar.pageStep() == (64 << 20) // 16
    start = time.perf_counter()
    for place in range(0, bar.maximum(), bar.maximum() // 20):
        bar.setValue(place)
        view.area.viewport().grab()
    assert time.perf_counter() - start < 1.0
    bar.setValue(bar.maximum())
    assert view.area.lines.at(bar.maximum() + bar.pageStep() - 1).stop == len(data)
    assert view.place.text().startswith("Offset 00000000 of 03FFFFFF kept, 05000000 sent")


async def test_nothing_to_show_is_no_fault(view, qtbot):
    view.show_bytes(b"", fresh=True)
    for key in (KEYS.Key_Down, KEYS.Key_End, KEYS.Key_Return, KEYS.Key_C):
        press(qtbot, view, key, CTRL if key == KEYS.Key_C else PLAIN)
    qtbot.mouseClick(view.area.viewport(), LEFT, pos=QPoint(150, 60))
    assert not view.area.selection
    view.find_step(1)
    view.copy()
    view.save()
    assert not view.go_to("0")
    assert view.area.viewport().grab().width()


# --- painting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["dark", "light"])
async def test_zeros_are_quiet_and_text_is_coloured(view, look):
    before = theme().choice
    theme().set_choice(look)
    try:
        view.area.clearFocus()
        assert loudness(view, 1) > loudness(view, 3) + 30 > 60
        assert any(map(is_green, colours(view, 1, "text")))
        assert not any(map(is_green, colours(view, 3, "text")))
        assert not is_marked(view, 17, "hex")
        view.area.select(16, 8)
        for column in ("hex", "text"):
            assert is_marked(view, 17, column)
            assert not is_marked(view, 30, column)
    finally:
        theme().set_choice(before)


# --- selecting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["hex", "text"])
async def test_the_mouse_selects_in_either_column(view, qtbot, column):
    held = []
    view.held.connect(lambda: held.append(True))
    viewport = view.area.viewport()
    qtbot.mousePress(viewport, LEFT, pos=at(view, 5, column))
    assert view.area.selection == range(5, 6)
    assert not held  # the byte under the cursor may go on following
    qtbot.mouseMove(viewport, at(view, 0x1A, column))
    qtbot.mouseRelease(viewport, LEFT, pos=at(view, 0x1A, column))
    assert view.area.selection == range(5, 0x1B)
    assert held
    qtbot.mouseClick(viewport, LEFT, SHIFT, pos=at(view, 2, column))
    assert view.area.selection == range(2, 6)
    qtbot.mouseClick(viewport, LEFT, pos=at(view, 9, column))
    assert view.area.selection == range(9, 10)


async def test_drawing_below_the_last_line_scrolls(view, qtbot):
    view.area.set_folding(False)
    viewport = view.area.viewport()
    qtbot.mousePress(viewport, LEFT, pos=at(view, 0))
    qtbot.mouseMove(viewport, QPoint(200, viewport.height() + 60))
    await until(lambda: view.area.verticalScrollBar().value() > 10)
    qtbot.mouseRelease(viewport, LEFT, pos=QPoint(200, viewport.height() + 60))
    value = view.area.verticalScrollBar().value()
    await asyncio.sleep(0.1)
    assert view.area.verticalScrollBar().value() == value
    assert view.area.selection.start == 0
    assert view.area.selection.stop > 0x100


async def test_escape_lets_the_selection_go_and_all_is_selected_by_key(view, qtbot):
    press(qtbot, view, KEYS.Key_A, CTRL)
    assert view.area.selection == range(len(SAMPLE))
    assert view.area.verticalScrollBar().value() == 0
    press(qtbot, view, KEYS.Key_Escape)
    assert len(view.area.selection) == 1


async def test_place_and_selection_stay_with_the_next_message(view):
    view.area.select(0x20, 4)
    view.area.open_fold(0x40)
    view.area.verticalScrollBar().setValue(1)
    other = bytes([0xFF]) + SAMPLE[1:]
    view.show_bytes(other)
    assert view.area.data is other
    assert view.area.selection == range(0x20, 0x24)
    assert view.area.top_offset == 0x10
    assert view.area.lines.folds == 0
    view.show_bytes(SAMPLE[:0x22])
    assert view.area.selection == range(0x20, 0x22)
    view.show_bytes(SAMPLE, fresh=True)
    assert view.area.selection == range(1)
    assert view.area.top_offset == 0
    assert view.area.lines.folds == 1


# --- going and finding --------------------------------------------------------------------------------------------------


async def test_ctrl_g_goes_to_an_offset(view, qtbot):
    press(qtbot, view, KEYS.Key_G, CTRL)
    field = view.bar.offset
    assert field.hasFocus()
    assert field.selectedText() == "00000000"
    qtbot.keyClicks(field, "100")
    qtbot.keyClick(field, KEYS.Key_Return)
    assert view.area.hasFocus()
    assert view.area.cursor_offset == 0x100
    assert view.area.lines.folds == 0  # it lay in the fold
    assert field.text() == "00000100"
    assert view.place.text() == f"Offset 00000100 of {len(SAMPLE) - 1:08X}"
    press(qtbot, view, KEYS.Key_G, CTRL)
    qtbot.keyClicks(field, "-10")
    qtbot.keyClick(field, KEYS.Key_Return)
    assert view.area.cursor_offset == 0xF0


async def test_an_offset_outside_is_told_at_the_field(view, qtbot):
    view.show_bytes(SAMPLE, 0x10000)
    field = view.bar.offset
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "8000")
    qtbot.keyClick(field, KEYS.Key_Return)
    assert field.property("error") is True
    assert "sent but not kept" in field.bubble.text
    assert field.hasFocus()
    qtbot.keyClicks(field, "0")
    assert field.property("error") is False
    assert not field.bubble.text
    qtbot.keyClick(field, KEYS.Key_Escape)
    assert view.area.hasFocus()
    assert field.text() == "00000000"


async def test_text_is_found_forward_and_back_and_round(view, qtbot):
    tail = 0x40 + 4_000
    press(qtbot, view, KEYS.Key_F, CTRL)
    field = view.bar.finder
    assert field.hasFocus()
    qtbot.keyClicks(field, "the end")
    assert field.chip.text() == "as text"
    qtbot.keyClick(field, KEYS.Key_Return)
    assert view.area.selection == range(tail, tail + 7)
    qtbot.keyClick(field, KEYS.Key_F3)
    assert view.area.selection.start == tail + 7
    qtbot.keyClick(field, KEYS.Key_F3, SHIFT)
    assert view.area.selection.start == tail
    assert not field.bubble.text
    qtbot.keyClick(field, KEYS.Key_Return, SHIFT)
    assert view.area.selection.start == len(SAMPLE) - 7
    assert view.place.text().startswith("Went on from the end. Offset ")
    assert not field.bubble.text  # it would hide the heads of the columns
    assert field.property("error") is False
    qtbot.keyClick(field, KEYS.Key_Escape)
    assert view.area.hasFocus()
    press(qtbot, view, KEYS.Key_F3)
    assert view.area.selection.start == tail
    assert view.place.text().startswith("Went on from the beginning. Offset ")
    view.hide()
    view.show()
    assert view.place.text().startswith("Offset ")
    press(qtbot, view, KEYS.Key_F3, SHIFT)
    assert view.place.text().startswith("Went on from the end. ")
    qtbot.keyClick(view.area, KEYS.Key_Left)
    assert view.place.text().startswith("Offset ")


async def test_bytes_are_found_and_what_is_no_byte_is_told(view, qtbot):
    field = view.bar.finder
    field.setText("2A 00 01")
    assert field.chip.text() == "as bytes"
    view.find_step(1)
    assert view.area.selection == range(2, 5)
    view.find_step(1)
    assert view.place.text().startswith("This is the only place. ")
    field.setText("no such words")
    view.find_step(1)
    assert field.bubble.text == "Not found."
    assert field.property("error") is True
    field.chip.click()
    assert field.chip.text() == "as bytes"
    assert "no hexadecimal digit" in field.bubble.text
    field.setText("2A00")
    assert field.chip.text() == "as bytes"
    view.find_step(1)
    assert view.area.selection == range(2, 4)
    field.setText("")
    field.setText("2A00")
    assert field.chip.text() == "as text"


async def test_a_search_that_takes_long_can_be_cancelled(view, qtbot, monkeypatch):
    monkeypatch.setattr(hex_finding, "_SLICE_S", 0.0)
    data = bytes(range(256)) * (1 << 17)
    view.show_bytes(data, fresh=True)
    held = []
    view.held.connect(lambda: held.append(True))
    field = view.bar.finder
    field.setFocus()
    field.setText("nowhere to be found")
    qtbot.keyClick(field, KEYS.Key_Return)
    assert view.finding.running
    assert held
    await until(lambda: field.counter.text() not in ("", "0 %"))
    assert field.counter.isVisible()
    qtbot.keyClick(field, KEYS.Key_Escape)
    assert not view.finding.running
    assert field.hasFocus()
    assert not field.counter.isVisible()
    qtbot.keyClick(field, KEYS.Key_Return)
    view.show_bytes(SAMPLE)  # other bytes end it too
    assert not view.finding.running
    assert view.area.selection == range(1)


async def test_its_keys_win_over_those_of_the_window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    view = HexView(window)
    window.setCentralWidget(view)
    taken = []
    for keys in ("Ctrl+F", "F3", "Shift+F3", "Ctrl+B"):
        action = QAction(keys, window)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _on, keys=keys: taken.append(keys))
        window.addAction(action)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    view.show_bytes(SAMPLE)
    view.area.setFocus()
    press(qtbot, view, KEYS.Key_F, CTRL)
    assert view.bar.finder.hasFocus()
    qtbot.keyClicks(view.bar.finder, "the end")
    qtbot.keyClick(view.bar.finder, KEYS.Key_F3)
    assert view.area.selection.start == 0x40 + 4_000
    view.area.setFocus()
    press(qtbot, view, KEYS.Key_F3)
    assert view.area.selection.start == 0x40 + 4_007
    assert taken == []
    press(qtbot, view, KEYS.Key_B, CTRL)
    assert taken == ["Ctrl+B"]


# --- copying and saving -------------------------------------------------------------------------------------------------


async def test_ctrl_c_copies_hex(view, qtbot, told):
    press(qtbot, view, KEYS.Key_C, CTRL)
    assert clipboard() == "49"
    press(qtbot, view, KEYS.Key_Right, SHIFT, times=3)
    press(qtbot, view, KEYS.Key_C, CTRL)
    assert clipboard() == "49 49 2A 00"
    assert told == ["Copied 1 byte as hex.", "Copied 4 bytes as hex."]


def test_forms_of_bytes():
    data, chosen = bytes(range(0x30, 0x50)), range(2, 22)
    part = data[2:22]
    assert bytes.fromhex(write_bytes(Form.HEX, data, chosen, 16).text) == part
    assert base64.b64decode(write_bytes(Form.BASE64, data, chosen, 16).text, validate=True) == part
    assert eval(write_bytes(Form.PYTHON, data, chosen, 16).text) == part
    rows = write_bytes(Form.ROWS, data, chosen, 16).text.splitlines()
    assert rows[0] == "00000002  32 33 34 35 36 37 38 39 3A 3B 3C 3D 3E 3F 40 41  23456789:;<=>?@A"
    assert rows[1] == "00000012  42 43 44 45                                      BCDE"
    array = write_bytes(Form.C, data, chosen, 16).text
    assert array.startswith("static const unsigned char data[20] = {\n    0x32, 0x33,")
    assert (
        bytes(int(each, 16) for each in array.partition("{")[2].rpartition("}")[0].split(",") if each.strip())
        == part
    )


def test_copied_text_is_honest():
    plain = "grün\ttab\n€ \\x41".encode()
    assert write_bytes(Form.TEXT, plain, range(len(plain)), 16) == (
        plain.decode(),
        f"Copied {len(plain)} bytes as text.",
    )
    odd = b"a\\b\xff\0\xc3"
    text, sentence = write_bytes(Form.TEXT, odd, range(len(odd)), 16)
    assert text == "a\\\\b\\xff\\x00\\xc3"
    assert "3 times" in sentence
    long = b"x" * (HEX_LIMIT - 1) + "€uro".encode()
    text, sentence = write_bytes(Form.TEXT, long, range(len(long)), 16)
    assert text == "x" * (HEX_LIMIT - 1)  # no half a character
    assert sentence.startswith(f"Copied the first {HEX_LIMIT - 1:,} of {len(long):,} bytes as text; save")


@pytest.mark.parametrize("form", list(Form), ids=[each.value for each in Form])
async def test_what_is_copied_is_bounded_and_said(view, told, form):
    data = b"\x01\x80" * (HEX_LIMIT // 2 + 5)
    view.show_bytes(data, fresh=True)
    view.area.select_all()
    view.copy(form)
    await until(lambda: told)
    assert told[0].startswith(f"Copied the first {HEX_LIMIT:,} of {len(data):,} bytes as ")
    assert "save the selection" in told[0]
    assert len(clipboard()) >= HEX_LIMIT


async def test_the_menu_offers_all_forms(view, qtbot, told):
    view.area.select(0, 3)
    qtbot.mouseClick(view.bar.copy, LEFT)
    menu = view.findChild(QMenu)
    texts = [each.text() for each in menu.actions() if each.text()]
    assert texts[0] == "Copy 3 bytes as hex"
    assert texts[-3:] == ["Save 3 bytes…", "Select all", "Fold runs of zeros"]
    next(each for each in menu.actions() if each.text() == "Copy as Python bytes").trigger()
    assert clipboard() == "b'II*'"
    menu.close()
    assert told == ["Copied 3 bytes as Python bytes."]


async def test_a_right_click_keeps_the_selection_it_hits(view, qtbot):
    view.area.select(2, 6)
    menus = []
    view.area.menu_wanted.connect(menus.append)
    qtbot.mouseClick(view.area.viewport(), Qt.MouseButton.RightButton, pos=at(view, 4))
    assert view.area.selection == range(2, 8)
    qtbot.mouseClick(view.area.viewport(), Qt.MouseButton.RightButton, pos=at(view, 12))
    assert view.area.selection == range(12, 13)
    press(qtbot, view, KEYS.Key_F10, SHIFT)
    assert len(menus) == 1
    view.findChild(QMenu).close()


async def test_a_saved_selection_is_exact(view, told, tmp_path):
    view.area.select(0x30, 0x30)
    view.save()
    dialog = view.findChild(QFileDialog)
    assert dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    assert dialog.selectedFiles()[0].endswith("bytes-00000030-0000005F.bin")
    view.show_bytes(bytes(500))  # what comes meanwhile is not what was asked for
    target = tmp_path / "part.bin"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    await until(lambda: told)
    assert target.read_bytes() == SAMPLE[0x30:0x60]
    assert told == [f"Saved 48 bytes to {target}"]


async def test_a_file_is_replaced_only_when_asked(view, told, tmp_path):
    target = tmp_path / "part.bin"
    target.write_bytes(b"old")
    view._saver._on_path_chosen(b"new", str(target))
    question = view.findChild(QMessageBox)
    assert question.text() == "part.bin is there already."
    assert target.read_bytes() == b"old"
    next(each for each in question.buttons() if each.text() == "Replace").click()
    await until(lambda: told)
    assert target.read_bytes() == b"new"


async def test_a_failed_save_is_told(view, told, tmp_path):
    view._saver.save(b"new", str(tmp_path / "nowhere" / "part.bin"))
    await until(lambda: told)
    assert told[0].startswith("Not saved: ")


# --- readings -----------------------------------------------------------------------------------------------------------


def reading(view, name):
    rows = (view.side.model.reading(row) for row in range(view.side.model.rowCount()))
    return next(each.text for each in rows if each.name == name)


async def test_readings_follow_the_cursor_and_the_byte_order(view, qtbot):
    assert view.side.title.text() == "AT 00000000"
    assert reading(view, "uint16") == "18,761"
    press(qtbot, view, KEYS.Key_Right, times=2)
    assert view.side.title.text() == "AT 00000002"
    assert reading(view, "uint16") == "42"
    view.side.order.set_index(1)
    assert reading(view, "uint16") == f"{0x2A00:,}"
    rows = view.side.model.rowCount()
    press(qtbot, view, KEYS.Key_Right, SHIFT, times=3)
    assert view.side.title.text() == "AT 00000002, 4 BYTES"
    assert reading(view, "uint16 × 2") == "10,752 258"
    assert view.side.model.rowCount() == rows + 1
    press(qtbot, view, KEYS.Key_End, CTRL)
    assert view.side.model.rowCount() == rows
    assert reading(view, "uint16") == "–"


async def test_readings_follow_the_messages(view):
    view.area.select(0)
    view.show_bytes(b"\xff" + SAMPLE[1:])
    assert reading(view, "uint8") == "255"


async def test_a_reading_is_copied(view, qtbot, told):
    side = view.side
    assert not side.button.isEnabled()
    assert side.hint.text()
    side.view.selectRow(5)
    assert side.button.isEnabled()
    qtbot.mouseClick(side.button, LEFT)
    assert clipboard() == str(int.from_bytes(SAMPLE[:4], "little"))
    assert told == [f"Copied uint32: {clipboard()}"]
    qtbot.keyClick(side.view, KEYS.Key_C, CTRL)
    assert len(told) == 2
    press(qtbot, view, KEYS.Key_End, CTRL)
    qtbot.keyClick(side.view, KEYS.Key_Return)
    assert told[-1] == "Nothing was copied: uint32 has no value here."


async def test_readings_stand_where_there_is_room(view, qtbot):
    assert view.side.isVisible()
    assert view.side.geometry().left() > view.area.geometry().right()
    view.resize(420, 600)
    assert not view.side.isVisible()
    assert not view.bar.readings.isChecked()
    qtbot.mouseClick(view.bar.readings, LEFT)
    assert view.side.isVisible()
    assert view.side.geometry().top() > view.area.geometry().bottom()
    assert view.area.height() > 120
    view.resize(1000, 600)
    assert view.side.isVisible()
    qtbot.mouseClick(view.bar.readings, LEFT)
    assert not view.side.isVisible()


@pytest.mark.parametrize("width", [300, 420, 560, hex_view.NARROW, 1000, 1600])
async def test_no_part_stands_outside(view, width):
    view.resize(width, 500)
    assert view.width() == width
    parts = [
        *view.bar.findChildren(hex_finding.FindField),
        view.bar.offset,
        view.bar.widths,
        view.bar.readings,
    ]
    for part in filter(lambda each: each.isVisible(), (*parts, view.area, view.place)):
        corner = part.mapTo(view, QPoint(part.width(), 0))
        assert corner.x() <= width
        assert part.width() >= min(part.minimumSizeHint().width(), width)


def test_that_not_all_runs_of_zeros_are_folded_is_said(view, monkeypatch):
    for module in (hex_rows, hex_view):
        monkeypatch.setattr(module, "FOLD_LIMIT", 2)
    view.show_bytes(b"".join(b"x" * 32 + bytes(512) for _ in range(4)), fresh=True)
    assert "only the first 2 runs of zeros are folded" in view.place.text()
    assert "the first 2" in view.bar.fold.toolTip()
    view.bar.fold.click()
    assert "runs of zeros" not in view.place.text()
    view.show_bytes(b"x" * 32, fresh=True)
    assert "runs of zeros" not in view.place.text()
    assert view.bar.fold.toolTip() == "Fold runs of zeros"
