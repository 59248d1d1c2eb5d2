# SPDX-License-Identifier: MIT
"""The find bar: keys, what it tells, and any width."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from mqtt_explorer.widgets.find_bar import FindBar
from mqtt_explorer.widgets.theme import Theme

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


class Told:
    """A bar and what it told."""

    def __init__(self, qtbot, **options) -> None:
        self.bar = FindBar(**options)
        qtbot.addWidget(self.bar)
        self.bar.resize(400, 30)
        self.bar.show()
        qtbot.waitExposed(self.bar)
        self.changes: list[tuple[str, bool]] = []
        self.steps: list[int] = []
        self.closed = 0
        self.bar.changed.connect(lambda: self.changes.append((self.bar.text, self.bar.case)))
        self.bar.step_requested.connect(self.steps.append)
        self.bar.closed.connect(self._on_closed)

    def _on_closed(self) -> None:
        self.closed += 1


@pytest.fixture
def told(look: Theme, qtbot):
    return Told(qtbot)


def test_typing_and_case_are_told_at_once(told, qtbot):
    told.bar.begin()
    assert told.bar.edit.hasFocus()
    qtbot.keyClicks(told.bar.edit, "ab")
    qtbot.keyClick(told.bar.edit, Qt.Key.Key_C, ALT)
    assert told.changes == [("a", False), ("ab", False), ("ab", True)]
    assert "Alt+C" in told.bar.case_switch.toolTip()


def test_keys_step_and_close(told, qtbot):
    told.bar.begin("a")
    told.bar.set_found(3, 1)
    qtbot.keyClick(told.bar.edit, Qt.Key.Key_Return)
    qtbot.keyClick(told.bar.edit, Qt.Key.Key_Return, SHIFT)
    qtbot.keyClick(told.bar.edit, Qt.Key.Key_F3)
    qtbot.keyClick(told.bar.next, Qt.Key.Key_F3, SHIFT)
    qtbot.mouseClick(told.bar.next, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(told.bar.previous, Qt.MouseButton.LeftButton)
    assert told.steps == [1, -1, 1, -1, 1, -1]
    qtbot.keyClick(told.bar.edit, Qt.Key.Key_Escape)
    qtbot.mouseClick(told.bar.close_button, Qt.MouseButton.LeftButton)
    assert told.closed == 2


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((None,), {}, ""),
        ((0,), {}, "no hit"),
        ((1_234, 5), {}, "5 of 1,234"),
        ((1_234,), {}, "1,234"),
        ((12,), {"done": False}, "searching… 12"),
        ((1_000_000,), {"more": True}, "over 1,000,000"),
    ],
    ids=["nothing", "none", "place", "count", "searching", "more"],
)
def test_what_was_found_is_said(told, arguments, options, words):
    told.bar.set_found(*arguments, **options)
    assert told.bar.counter.text() == words
    assert told.bar.counter.accessibleName() == words
    assert told.bar.next.isEnabled() == bool(arguments[0])


def test_the_field_comes_before_the_counter(told):
    told.bar.set_found(38, 3)
    assert told.bar.counter.isVisible()
    told.bar.resize(told.bar.minimumSizeHint().width(), 30)
    assert not told.bar.counter.isVisible()
    told.bar.layout().activate()
    assert told.bar.edit.width() >= 70
    assert told.bar.edit.toolTip() == "3 of 38"


def test_only_the_first_of_several_lines_is_taken_and_that_is_said(told):
    told.bar.edit.setText("one\ntwo")
    assert told.bar.text == "one"
    assert "2 lines were pasted" in told.bar.bubble.text
    told.bar.bubble.put_away()


def test_bytes_have_no_case(look, qtbot):
    told = Told(qtbot, placeholder="Find bytes", with_case=False)
    assert not told.bar.case_switch.isVisible()
    assert told.bar.edit.accessibleName() == "Find bytes"
    qtbot.keyClick(told.bar.edit, Qt.Key.Key_C, ALT)
    assert not told.bar.case


def test_other_sizes_and_themes(told, look):
    before = told.bar.height()
    look.set_sizes(22, 22)
    assert told.bar.height() > before
    look.set_choice("light")
    told.bar.grab()
