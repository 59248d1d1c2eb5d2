# SPDX-License-Identifier: MIT
"""The Messages panel in a small window and in large fonts: rows stay, times show their milliseconds."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics

from mqtt_explorer.models import message_model
from mqtt_explorer.models.message_model import TIME
from mqtt_explorer.panels.messages import MessagesPanel
from mqtt_explorer.widgets.theme import theme
from tests.models.streams import feed, frame


@pytest.fixture
def panel(clock, qtbot, monkeypatch, make_connection):
    monkeypatch.setattr(message_model.MessageModel, "_is_due", lambda self: True)
    made = MessagesPanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(380, 122)  # what a window of 720 x 480 leaves
    made.show()
    connection = make_connection()
    made.set_connection(connection)
    feed(connection.store, *(frame("a", b"1") for _ in range(20)))
    clock.tick.emit()
    yield made
    theme().set_sizes(13, 12)


def test_filter_and_pause_together_leave_a_row(panel, qtbot, clock):
    panel.bar.begin()
    qtbot.keyClicks(panel.bar.edit, "a")
    clock.tick.emit()
    assert not panel.chips.visibleRegion().isEmpty()
    panel.pause(True)
    clock.tick.emit()
    assert panel.waiting.isVisible()
    assert panel.chips.visibleRegion().isEmpty()
    qtbot.waitUntil(lambda: panel.table.viewport().height() >= panel.table.rowHeight(0), timeout=2_000)
    assert not panel.chips.isEnabled()
    panel.pause(False)
    clock.tick.emit()
    assert not panel.chips.visibleRegion().isEmpty()
    assert panel.chips.isEnabled()


@pytest.mark.parametrize("px", [10, 18])
def test_times_show_their_milliseconds(panel, px):
    theme().set_sizes(px + 1, px)
    wide = QFontMetrics(theme().mono_font()).horizontalAdvance("00:00:00.000")
    assert panel.table.columnWidth(TIME) >= wide + 12


def test_the_scope_gets_shorter_words_before_the_filter_is_cut(panel):
    theme().set_sizes(19, 18)
    panel.resize(panel.minimumSizeHint().width(), 122)
    panel.row.arrange()
    assert [each.text() for each in panel.scope.findChildren(type(panel.scope._button(0)))] == [
        "All",
        "Below",
    ]
    assert panel.bar.geometry().right() < panel.scope.geometry().left()
    panel.resize(900, 300)
    panel.row.arrange()
    assert panel.scope._button(0).text() == panel.scope.texts[0]
