# SPDX-License-Identifier: MIT
"""Finding things in the whole window, with a real broker: search bar, tree, message lists, palette, and what is remembered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from mqtt_explorer.models.topic_columns import SortOrder
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.store.query import MAX_CHARACTERS
from mqtt_explorer.widgets.theme import theme

CONTROL = Qt.KeyboardModifier.ControlModifier
ROOT = "find"
TOPICS = {
    f"{ROOT}/zone-1/climate/temperature": b"21.7",
    f"{ROOT}/zone-1/climate/humidity": b"58",
    f"{ROOT}/zone-2/soil/temp_10cm": b"16.2",
    f"{ROOT}/zone-2/valve": b'{"open": true}',
}


@pytest.fixture
async def found(program, broker):
    """The program connected, with some topics in its tree."""
    await filled(program, broker)
    return program


async def filled(program, broker):
    window = program.window
    window.start.filters.setText(f"{ROOT}/#")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    for topic, payload in TOPICS.items():
        await connection.publish(PublishRequest(topic, payload, 1))
    await program.until(lambda: connection.store.counters.topics == len(TOPICS), "the topics")
    await program.until(lambda: window.panels.topics.model.rowCount() == 1, "the tree")
    return connection


def shown_topics(window):
    """Every topic the unfolded tree shows, from top to bottom."""
    tree = window.panels.topics.tree
    model, found, index = tree.model(), [], tree.model().index(0, 0)
    while index.isValid():
        node = model.node(index)
        if node.is_topic:
            found.append(node.topic.decode())
        index = tree.indexBelow(index)
    return found


def unfolded(window):
    return [node.topic for node in window.panels.topics.tree.expanded_nodes()]


async def search(program, qtbot, text):
    window = program.window
    qtbot.keyClick(window, Qt.Key.Key_F, CONTROL)
    assert window.header.search.edit.hasFocus()
    qtbot.keyClicks(window.header.search.edit, text)
    await program.until(lambda: window.panels.topics.search_row.topic_search.state.done, "the search")


async def test_search_from_the_bar_through_the_hits_and_back(found, qtbot):
    window, bar = found.window, found.window.header.search
    tree = window.panels.topics.tree
    tree.expand(tree.model().index(0, 0))
    before = unfolded(window)
    await search(found, qtbot, "temp")
    hits = [topic for topic in TOPICS if "temp" in topic]
    await found.until(lambda: shown_topics(window) == hits, "the hits")
    await found.until(lambda: bar.counter.text() == "2", "the number of hits")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    await found.until(lambda: bar.counter.text() == "1 of 2", "the first hit")
    qtbot.keyClick(bar.edit, Qt.Key.Key_F3)
    await found.until(lambda: bar.counter.text() == "2 of 2", "the second hit")
    assert window.panels.message.message.topic == hits[1]
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    await found.until(lambda: not window.panels.topics.search_row.is_active, "the end of the search")
    assert bar.query.text == ""
    assert set(before) <= set(unfolded(window))
    assert window.panels.message.message.topic == hits[1]  # what was found stays selected


async def test_new_hits_join_while_the_search_stands(found, qtbot):
    window = found.window
    await search(found, qtbot, "temp")
    late = f"{ROOT}/zone-2/soil/overtemp"
    await found.workspace.shown.publish(PublishRequest(late, b"1", 1))
    await found.until(lambda: late in shown_topics(window), "the new hit")


async def test_typing_in_the_tree_searches(found, qtbot):
    window = found.window
    tree = window.panels.topics.tree
    tree.setFocus()
    qtbot.keyClick(tree, "v")
    edit = window.header.search.edit
    assert edit.hasFocus()
    assert edit.text() == "v"
    qtbot.keyClicks(edit, "alve")
    await found.until(lambda: shown_topics(window) == [f"{ROOT}/zone-2/valve"], "the hit")
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    assert tree.hasFocus()
    qtbot.keyClick(tree, Qt.Key.Key_Escape)
    await found.until(lambda: edit.text() == "", "the bar follows")


async def test_a_pattern_that_is_none_is_explained_and_the_tree_stays(found, qtbot):
    window, bar = found.window, found.window.header.search
    await search(found, qtbot, "temp")
    await found.until(lambda: len(shown_topics(window)) == 2, "the hits")
    qtbot.keyClick(bar.edit, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClicks(bar.edit, "(")
    await found.until(bar.bubble.isVisible, "the reason")
    assert len(shown_topics(window)) == 2
    qtbot.keyClick(bar.edit, Qt.Key.Key_Backspace)
    await found.until(lambda: not bar.bubble.isVisible(), "the reason is gone")


async def test_a_megabyte_pasted_into_the_bar(found, qtbot):
    bar = found.window.header.search
    await search(found, qtbot, "temp")
    QApplication.clipboard().setText("x" * 1_000_000)
    bar.edit.selectAll()
    qtbot.keyClick(bar.edit, Qt.Key.Key_V, CONTROL)
    await found.until(bar.bubble.isVisible, "the refusal")
    assert bar.edit.text() == "temp"
    assert len(bar.edit.text()) <= MAX_CHARACTERS
    QApplication.clipboard().clear()


async def test_each_connection_keeps_its_search(found, qtbot, broker):
    window, first = found.window, found.workspace.shown
    await search(found, qtbot, "temp")
    second = found.connector.connect(first.options, ())
    await found.until(lambda: found.workspace.shown is second, "the second connection")
    await found.until(lambda: window.header.search.edit.text() == "", "an empty bar")
    found.workspace.show(first)
    await found.until(lambda: window.header.search.edit.text() == "temp", "its search")
    await found.until(lambda: len(shown_topics(window)) == 2, "its hits")


async def test_messages_below_the_selection_and_back_to_the_tree(found, qtbot):
    window = found.window
    window.panels.topics.select_topic(f"{ROOT}/zone-1".encode())
    window.show_panel("messages")
    table = window.panels.messages.table
    await found.until(lambda: table.model().rowCount() == 2, "the messages below")
    qtbot.keyClick(table, Qt.Key.Key_Home)
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert window.panels.message.message.topic == f"{ROOT}/zone-1/climate/temperature"


async def test_the_palette_runs_commands_and_finds_topics(found, qtbot):
    window, dark = found.window, theme().is_dark
    window.panels.topics.tree.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_K, CONTROL)
    palette = window.commands.palette
    assert palette.isVisible()
    qtbot.keyClicks(palette.edit, ">dark and light")
    qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert not palette.isVisible()
    await found.until(lambda: theme().is_dark is not dark, "the other theme")
    assert window.panels.topics.tree.hasFocus()
    window.open_palette()
    qtbot.keyClicks(palette.edit, "/humid")
    await found.until(lambda: palette.current is not None, "the topic")
    qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    await found.until(
        lambda: (message := window.panels.message.message) and message.topic.endswith("humidity"), "the topic"
    )


async def test_a_setting_is_opened_from_the_palette(found, qtbot):
    window = found.window
    window.open_palette()
    qtbot.keyClicks(window.commands.palette.edit, "largest payload")
    qtbot.keyClick(window.commands.palette.edit, Qt.Key.Key_Return)
    dialog = next(each for each in window.children() if type(each).__name__ == "SettingsDialog")
    await found.until(lambda: dialog.cap.hasFocus() or dialog.isAncestorOf(dialog.focusWidget()), "the field")
    assert dialog.focusWidget() is dialog.cap
    dialog.close()


async def test_order_columns_and_marks_come_back_after_a_restart(found, open_program, broker):
    topics, connection = found.window.panels.topics, found.workspace.shown
    topics.tree.set_columns(("value", "age", "qos"))
    topics.tree.sort_requested.emit(SortOrder.NATURAL, True)
    connection.marks.set_favourite([f"{ROOT}/zone-2/valve".encode()], on=True)
    connection.marks.set_muted([f"{ROOT}/zone-1".encode()], on=True)
    await found.preferences.finish()
    await found.marks.finish()
    again = open_program()
    look = again.window.panels.topics.look
    assert (look.columns, look.sort, look.descending) == (("value", "age", "qos"), SortOrder.NATURAL, True)
    other = await filled(again, broker)
    assert other.marks.favourites == (f"{ROOT}/zone-2/valve".encode(),)
    assert other.marks.is_muted(f"{ROOT}/zone-1/climate/humidity".encode())


async def test_the_palette_sorts_stars_and_mutes(found, qtbot):
    window, marks = found.window, found.workspace.shown.marks
    window.panels.topics.select_topic(f"{ROOT}/zone-2/valve".encode())
    for typed, done in (
        ("sort by age", None),
        ("sort last message", lambda: window.panels.topics.look.sort is SortOrder.AGE),
        ("add to favourites", lambda: marks.favourites == (f"{ROOT}/zone-2/valve".encode(),)),
        ("mute the branch", lambda: marks.is_muted(f"{ROOT}/zone-2/valve".encode())),
        ("unmute", lambda: not marks.muted),
        ("larger text", lambda: found.preferences.settings.ui_px == 14),
        ("usual text size", lambda: found.preferences.settings.ui_px == 13),
    ):
        window.open_palette()
        qtbot.keyClicks(window.commands.palette.edit, typed)
        if done is None:
            qtbot.keyClick(window.commands.palette.edit, Qt.Key.Key_Escape)
            continue
        qtbot.keyClick(window.commands.palette.edit, Qt.Key.Key_Return)
        await found.until(done, typed)
    await found.marks.finish()
    await found.preferences.finish()


async def test_esc_in_an_empty_bar_ends_what_the_chips_hide(found, qtbot):
    window = found.window
    await search(found, qtbot, "temp")
    window.panels.topics.search_row.chips.retained.click()
    bar = window.header.search
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert window.panels.topics.search_row.is_active
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    await found.until(lambda: not window.panels.topics.search_row.is_active, "the end of the search")
    assert window.panels.topics.tree.hasFocus()


async def test_a_new_connection_chooses_no_topic(found):
    """Else the message list would show that topic alone, and nobody knows why."""
    window = found.window
    assert not window.panels.topics.tree.selectionModel().hasSelection()
    assert window.panels.messages.branch is None
    window.show_brokers()
    window.toggle_brokers()
    assert window.panels.messages.branch is None
