# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from mqtt_explorer.models.diff_model import KEY, A, B
from mqtt_explorer.models.wording import clock_time
from mqtt_explorer.panels.message import diff_work
from mqtt_explorer.panels.message.diff_delegate import DiffDelegate
from mqtt_explorer.panels.message.diff_view import DiffView
from mqtt_explorer.payload.diff_rows import Piece
from mqtt_explorer.payload.worker import Worker, WorkError
from mqtt_explorer.protocol.message import Message
from mqtt_explorer.widgets.theme import theme

OLDER = b'{"value":21.6,"unit":"C","sensor":{"rssi":-64,"cal":"2025-03"}}'
NEWER = b'{"value":21.7,"unit":"C","sensor":{"rssi":-61,"ok":true}}'
LARGE = json.dumps([[n, str(n)] for n in range(8_000)]).encode()
LARGER = LARGE.replace(b'"77"', b'"78"')
SECOND = 10**9


def message(seq, payload, *, size=None, evicted=False, topic=b"zone/1"):
    frame = (0, topic, b"", b"" if evicted else payload, size if size is not None else len(payload))
    return Message(seq, seq * SECOND, seq * SECOND, frame, evicted)


class FakeWorker:
    """Does jobs when it is told to, in this process."""

    def __init__(self):
        self.jobs = []
        self.cancelled = 0

    async def run(self, function, *args, progress=None):
        gate = asyncio.get_running_loop().create_future()
        self.jobs.append((gate, args[0]))
        if progress is not None:
            progress(0.25)
        try:
            await gate
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return function(*args, None)

    async def finish(self, error=None):
        gate, _ = self.jobs.pop(0)
        if error is None:
            gate.set_result(None)
        else:
            gate.set_exception(error)
        for _ in range(6):
            await asyncio.sleep(0)


@pytest.fixture
def worker():
    return FakeWorker()


@pytest.fixture
def view(qtbot, worker, monkeypatch):
    monkeypatch.setattr(diff_work, "ANNOUNCE_S", 0.0)
    monkeypatch.setattr(diff_work, "_LONGEST_PAUSE_S", 0.0)
    made = DiffView(worker=worker)
    qtbot.addWidget(made, before_close_func=lambda each: each.stop())
    made.resize(494, 320)
    with qtbot.waitExposed(made):
        made.show()
    return made


def column(view, number=KEY):
    return [view.model.index(row, number).data() for row in range(view.model.rowCount())]


async def turn():
    await asyncio.sleep(0.01)


def test_two_messages_are_compared(view):
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    assert column(view) == ["value", "unit", "sensor.rssi", "sensor.ok", "sensor.cal"]
    head = view.head
    assert [each.text() for each in (head.changed, head.new, head.gone)] == ["2 changed", "1 new", "1 gone"]
    assert head.changed.isVisible()
    assert head.hide_same.text() == "Hide 1 same"
    assert head.modes.index == 0
    assert view.model.headerData(A, Qt.Orientation.Horizontal).startswith("A ")
    assert view.stack.currentWidget() is view.table
    assert not view.note.isVisible()


def test_hiding_what_is_the_same(view):
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    view.table.selectRow(2)
    view.head.hide_same.click()
    assert column(view) == ["value", "sensor.rssi", "sensor.ok", "sensor.cal"]
    assert view.table.currentIndex().row() == 1
    view.show_pair(message(1, b'{"a":1,"b":2}'), message(3, b'{"b":2, "a":1}'), "auto")
    assert view.empty.title.text() == "Nothing to show"
    view.head.hide_same.click()
    assert view.stack.currentWidget() is view.table
    assert view.head.none.text() == "No values changed"


def test_swapping_turns_everything_round(view):
    older, newer = message(1, OLDER), message(2, NEWER)
    view.show_pair(older, newer, "auto")
    pairs = [(older, newer), (newer, older)]
    view.swap_wanted.connect(lambda: view.show_pair(*pairs[view.model.index(0, 4).data() == "+0.1"], "auto"))
    made = view.diff
    view.head.swap.click()
    assert view.model.index(0, 4).data() == "−0.1"
    assert view.head.new.text() == "1 new"
    assert view.model.index(0, A).data() == "21.7"
    heads = [view.model.headerData(side, Qt.Orientation.Horizontal) for side in (A, B)]
    tips = [
        view.model.headerData(side, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) for side in (A, B)
    ]
    assert heads == [f"A {clock_time(newer.wall_ns)}", f"B {clock_time(older.wall_ns)}"]  # as in the history
    assert [tip.split(":")[0] for tip in tips] == ["Newer", "Older"]
    assert view.diff is made  # nothing is compared again
    view.table.copy_value(0, "a")
    assert QGuiApplication.clipboard().text() == "21.7"
    view.head.swap.click()
    assert view.model.index(0, 4).data() == "+0.1"


def test_what_is_told_of_a_turned_pair_names_the_older_one_rightly(view):
    view.show_pair(message(2, b'{"a":1}'), message(1, b"one"), "auto")
    assert view.head.modes._button(0).toolTip() == "The older one has no structure: it is shown as Text."


def test_the_mode_is_the_users_and_stays(view):
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    QTest.mouseClick(view.head.modes._button(1), Qt.MouseButton.LeftButton)
    assert view.diff.mode == "lines"
    view.show_pair(message(2, NEWER), message(3, OLDER), "auto")
    assert view.diff.mode == "lines"
    assert view.head.modes.index == 1
    QTest.mouseClick(view.head.modes._button(2), Qt.MouseButton.LeftButton)
    assert view.diff.mode == "bytes"


def test_what_cannot_be_used_says_why(view):
    view.show_pair(message(1, b"one"), message(2, b"two"), "auto")
    structure = view.head.modes._button(0)
    assert not structure.isEnabled()
    assert structure.toolTip() == "The older one has no structure: it is shown as Text."
    view.show_pair(message(2, OLDER), message(3, b"offline"), "auto")
    assert view.note.text() == "Compared by lines: the older one is JSON, the newer one Text."
    view.show_pair(message(3, OLDER), message(4, NEWER), "auto")
    assert structure.isEnabled()


def test_states_are_said(view):
    assert view.empty.text.text() == (
        "There is no message before this one. Choose another in the history, or wait for the next."
    )
    view.show_pair(message(1, OLDER), message(2, OLDER), "auto")
    assert view.empty.title.text() == "Same payload, 1.000 s apart"
    view.show_pair(message(1, OLDER), message(4, OLDER, size=9_999), "auto")
    assert view.empty.title.text() == "The parts kept are the same, 3.000 s apart"
    assert view.strip.isVisible()
    view.show_pair(message(1, OLDER, evicted=True), message(5, NEWER), "auto")
    assert view.empty.title.text() == "Payload evicted"
    assert view.model.rowCount() == 0
    assert not view.strip.isVisible()
    view.show_pair(message(1, OLDER), message(5, NEWER, size=500), "auto")
    assert view.strip.isVisible()
    assert view.strip.strong.text() == "Kept 57 B of 500 B"
    view.show_pair(None, message(5, NEWER), "auto")
    assert view.empty.title.text() == "Nothing to compare with"


def test_a_live_topic_keeps_its_place(view):
    older, newer = ({"values": list(range(start, start + 300))} for start in (0, 1))
    view.show_pair(message(1, json.dumps(older).encode()), message(2, json.dumps(newer).encode()), "auto")
    bar = view.table.verticalScrollBar()
    view.table.selectRow(150)
    bar.setValue(2_000)
    view.show_pair(message(2, json.dumps(newer).encode()), message(3, json.dumps(older).encode()), "auto")
    assert bar.value() == 2_000
    assert view.table.currentIndex().row() == 150


def test_keys_go_from_change_to_change(view, qtbot):
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    view.table.setFocus()
    rows = []
    for key in (Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_P):
        QTest.keyClick(view.table, key)
        rows.append(view.table.currentIndex().row())
    assert rows == [0, 2, 3, 2]
    view.head.next.click()
    assert view.table.currentIndex().row() == 3
    with qtbot.waitActive(view):
        view.activateWindow()
    QTest.keyClick(view.table, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert view.table.currentIndex().row() == 2
    QTest.keyClick(view.table, Qt.Key.Key_Escape)  # else Qt takes Shift to be held in what follows


def test_keys_and_values_are_copied(view):
    said = []
    view.said.connect(said.append)
    clipboard = QGuiApplication.clipboard()
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    view.table.copy_key(2)
    assert clipboard.text() == "sensor.rssi"
    view.table.copy_value(4, "a")
    assert clipboard.text() == '"2025-03"'
    view.table.copy_value(4, "b")  # there is none
    assert clipboard.text() == '"2025-03"'
    view.table.selectRow(0)
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "~\tvalue\t21.6\t21.7\t+0.1\n"
    assert said == ["Copied the key path.", "Copied the value of A.", "Copied 1 row."]
    menu = view.table.row_menu(4)
    enabled = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert enabled["Copy the value of A"]
    assert not enabled["Copy the value of B"]
    menu.deleteLater()


def test_text_from_the_wire_stays_text(view):
    view.resize(320, 320)
    hostile = "<b>x</b>\u202e\x1b[31m=1+1"
    view.show_pair(
        message(1, json.dumps({"<i>k</i>": "1"}).encode()),
        message(2, json.dumps({"<i>k</i>": hostile}).encode()),
        "auto",
    )
    tip = view.table._tooltip(view.model.index(0, 3))
    assert "&lt;b&gt;x" in tip
    assert "<b>" not in tip
    view.grab()
    delegate = view.table.itemDelegate()
    assert isinstance(delegate, DiffDelegate)
    fitted = delegate.fitted(Piece("a\u202eb\x00c", "string", ((1, 1), (3, 1))), 1_000)
    assert fitted.text == "a⟨U+202E⟩b␀c"
    assert [fitted.text[start : start + length] for start, length in fitted.marks] == ["⟨U+202E⟩", "␀"]


def test_long_values_are_cut_around_the_change(view):
    delegate = view.table.itemDelegate()
    piece = Piece("2026-11-20T14:02:10.482Z", "string", ((17, 2),))
    wide = delegate._metrics[1].horizontalAdvance("0")
    fitted = delegate.fitted(piece, int(12 * wide) + 1)
    assert fitted.text == "…2:10.482Z" or fitted.text.startswith("…")
    assert fitted.text.endswith("10.482Z")
    (start, length), *_ = fitted.marks
    assert fitted.text[start : start + length] == "10"
    assert delegate.fitted(piece, 1_000).text == piece.text
    assert delegate.fitted(Piece("x" * 50), int(10 * wide)).text.endswith("…")
    fitted = delegate.fitted(Piece("0123456789" * 9, marks=((40, 2),)), int(12 * wide) + 1)
    (start, length), *_ = fitted.marks
    assert fitted.text[start : start + length] == "01"
    assert fitted.text.startswith("…")
    assert fitted.text.endswith("…")


def test_rows_are_tinted(view):
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    view.table.clearSelection()
    picture = view.table.viewport().grab().toImage()
    found = []
    for row in range(5):
        rect = view.table.visualRect(view.model.index(row, 0))
        found.append(picture.pixelColor(rect.x() + 1, rect.y() + 2).name())
    tokens = theme().tokens
    assert found == [tokens.tint_warn, tokens.panel, tokens.tint_warn, tokens.tint_ok, tokens.tint_error]


def test_bytes_fit_the_width(view):
    view.resize(1_000, 320)
    view.show_pair(message(1, b"\xff" * 40), message(2, b"\xff" * 39 + b"\xfe"), "auto")
    assert view.model.rowCount() == 3
    view.resize(500, 320)
    assert view.model.rowCount() == 10
    assert view.diff.counts == (1, 0, 0, 39)


@pytest.mark.parametrize("width", [320, 420, 494, 700])
def test_nothing_is_wider_than_the_view(view, width):
    view.show_pair(message(1, OLDER), message(2, NEWER), "auto")
    view.resize(width, 320)
    QTest.qWait(1)
    assert view.width() == width
    assert view.table.horizontalHeader().length() <= view.table.viewport().width()
    for part in (view.head.modes, view.head.swap, view.head.hide_same, view.head._counts):
        right = part.mapTo(view, part.rect().topRight()).x()
        assert part.isVisible()
        assert right < width


# --- large ones ---------------------------------------------------------------------------------------------------


async def test_large_ones_are_compared_elsewhere(view, worker):
    view.show_pair(message(1, LARGE), message(2, LARGER), "auto")
    await turn()
    assert view.empty.title.text() == "Comparing…"
    assert view.busy.isVisible()
    assert view.busy.cancel.isVisible()
    assert view.busy.progress.value() in (0, 250)
    await worker.finish()
    assert not view.busy.isVisible()
    assert view.stack.currentWidget() is view.table
    assert view.diff.counts.changed == 1
    assert view.diff.rows.a.text is LARGE  # it never travelled back


async def test_what_comes_meanwhile_waits_and_only_the_last_is_compared(view, worker):
    view.show_pair(message(1, LARGE), message(2, LARGER), "auto")
    await turn()
    for seq in range(3, 9):
        view.show_pair(message(seq - 1, LARGER), message(seq, LARGE + b" " * seq), "auto")
    await turn()
    assert len(worker.jobs) == 1
    await worker.finish()
    assert view.stack.currentWidget() is view.table  # the first result is shown meanwhile
    await turn()
    ((_, request),) = worker.jobs
    assert request.b == LARGE + b" " * 8
    await worker.finish()
    assert view._shown.b.seq == 8
    assert worker.cancelled == 0


async def test_another_topic_ends_what_is_under_way(view, worker):
    view.show_pair(message(1, LARGE), message(2, LARGER), "auto")
    await turn()
    view.show_pair(message(1, OLDER, topic=b"other"), message(2, NEWER, topic=b"other"), "auto")
    await turn()
    assert worker.cancelled == 1
    assert view.head.changed.text() == "2 changed"
    assert not view.busy.isVisible()


async def test_cancelled_and_compared_again(view, worker):
    view.show_pair(message(1, LARGE), message(2, LARGER), "auto")
    await turn()
    view.busy.cancel.click()
    await turn()
    assert worker.cancelled == 1
    assert view.empty.text.text() == "Comparing was cancelled."
    worker.jobs.clear()
    view.empty.button.click()
    await turn()
    await worker.finish(WorkError("The decoding process ended unexpectedly."))
    assert view.empty.title.text() == "Not compared"
    assert view.empty.text.text() == "The decoding process ended unexpectedly."
    view.empty.button.click()
    await turn()
    await worker.finish(ValueError("odd"))
    assert view.empty.text.text() == "The comparison failed (ValueError)."


async def test_equal_large_ones_need_nobody(view, worker):
    view.show_pair(message(1, LARGE), message(2, bytes(bytearray(LARGE))), "auto")
    assert view.empty.title.text() == "Same payload, 1.000 s apart"
    assert not worker.jobs


async def test_in_the_real_process(qtbot):
    worker = Worker()
    view = DiffView(worker=worker)
    qtbot.addWidget(view, before_close_func=lambda each: each.stop())
    view.show_pair(message(1, LARGE), message(2, LARGER), "auto")
    while view.comparing.is_working:
        await asyncio.sleep(0.02)
    assert view.diff is not None
    assert view.diff.counts.changed == 1
    assert view.model.index(view.model.next_change(-1, 1), KEY).data() == "[77][1]"
    await worker.close()
