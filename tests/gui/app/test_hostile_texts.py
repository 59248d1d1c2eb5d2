# SPDX-License-Identifier: MIT
"""Hostile texts through a real broker into every view of the real window: painted as they are, copied and saved exactly, asking for nothing."""

from __future__ import annotations

import asyncio
import csv
import json
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractListModel, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFileDialog, QMenu, QToolTip

from mqtt_explorer.models.topic_columns import SortOrder
from mqtt_explorer.panels.message.document_view import PRETTY, TREE
from mqtt_explorer.panels.message.tabs import DIFF, HEX, PAYLOAD, PROPERTIES, RAW
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support import hostile
from tests.support.hostile import Tripwire, as_topic
from tests.support.ink import (
    ask_tip,
    entries,
    is_hidden,
    is_plain_tip,
    is_shown,
    markup,
    noting_ink,
    reads_as,
    said,
    tip_text,
)

ROOT = "hostile"
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def ink(monkeypatch):
    return noting_ink(monkeypatch)


@pytest.fixture
def wire(tmp_path: Path):
    with Tripwire(tmp_path) as wire:
        yield wire
        assert (wire.reads(), wire.calls()) == (0, 0), "a text had a file read or a host called"


def as_property(text):
    """As a string of MQTT 5, which brokers refuse with control characters in it."""
    return "".join(each for each in text if not (ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0))


class Shown:
    """The program connected, with the whole corpus in its tree."""

    def __init__(self, program, texts):
        self.program, self.window, self.texts = program, program.window, texts
        self.connection = program.workspace.shown
        self.topics = {f"{ROOT}/{as_topic(text)}": text for text in texts}

    async def publish(self):
        told = []
        for topic, text in self.topics.items():
            name = as_property(text)
            properties = PublishProperties(
                content_type=name,
                response_topic=topic,
                correlation_data=text.encode(),
                user=((name, name),),
            )
            told += [
                self.connection.publish(PublishRequest(topic, b"before", 1)),
                self.connection.publish(PublishRequest(topic, text.encode(), 1, properties=properties)),
            ]
        await asyncio.gather(*told)

    def go_to(self, topic):
        self.window.panels.topics.select_topic(topic.encode())
        message = self.window.panels.message.message
        assert message is not None
        assert message.topic == topic
        return message

    def check(self, where):
        """Nothing of Qt's own could read markup, and nothing shown has a character that hides or turns."""
        assert markup(self.window) == [], where
        for widget, text in said(self.window):
            hidden = [each for each in text if is_hidden(each) and each != "\n"]
            assert not hidden, (where, widget, text[:80])


@pytest.fixture
async def shown(program, broker, wire, tmp_path):
    program.window.resize(2000, 1300)
    connection = program.connector.connect(
        ConnectOptions(BrokerUrl.parse(f"mqtt://127.0.0.1:{broker.port}")[0]),
        (Subscription(TopicFilter(f"{ROOT}/#")),),
    )
    await program.until(lambda: program.workspace.shown is connection, "the connection")
    shown = Shown(program, hostile.texts(wire.file, wire.url))
    await shown.publish()
    await program.until(lambda: connection.store.counters.topics == len(shown.topics), "the topics")
    await program.until(lambda: program.window.panels.topics.model.rowCount() == 1, "the tree")
    await program.until(lambda: program.window.panels.topics.select_topic(ROOT.encode()), "the root")
    tree = program.window.panels.topics.tree
    tree.expand(tree.model().index(0, 0))
    await asyncio.sleep(0.05)
    yield shown
    QApplication.clipboard().clear()
    QToolTip.hideText()


def painted(ink, widget):
    strings = ink.of(widget)
    bad = [each for each in strings if any(is_hidden(char) for char in each if char not in "\t\n")]
    assert not bad, f"{widget}: painted as they are: {bad[:3]}"
    return strings


def check_all_shown(ink, widget, texts, where):
    strings = painted(ink, widget)
    missing = [text[:60] for text in texts if not is_shown(text, strings)]
    assert not missing, f"{where}: not there as sent: {missing}\n{sorted(map(len, strings))}"


def rows_of(view):
    """Every row there is in a view, unfolded ones too, as indexes of its first column."""
    model = view.model()
    for row in range(model.rowCount(view.rootIndex())):
        yield model.index(row, 0, view.rootIndex())


def check_tips(view):
    """Rests the pointer on every cell in sight."""
    model = view.model()
    asked = 0
    for index in rows_of(view):
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(index.parent())
        for column in range(columns):
            rect = view.visualRect(index.siblingAtColumn(column))
            if rect.isValid() and view.viewport().rect().contains(rect.center()):
                tip = ask_tip(view.viewport(), rect.center())
                assert is_plain_tip(tip), (view, tip[:100])
                assert not any(is_hidden(char) for char in tip if char != "\n"), (view, tip[:100])
                asked += bool(tip)
    return asked


async def test_the_tree_the_lists_and_their_tooltips(shown, ink):
    window, panels = shown.window, shown.window.panels
    levels = [topic.removeprefix(f"{ROOT}/") for topic in shown.topics]
    panels.topics.tree.sort_requested.emit(SortOrder.NAME, False)
    await asyncio.sleep(0.05)
    check_all_shown(ink, panels.topics.tree, levels, "tree")
    assert check_tips(panels.topics.tree.viewport().parent())
    shown.check("tree")

    shown.connection.marks.set_favourite([topic.encode() for topic in shown.topics], on=True)
    await asyncio.sleep(0.05)
    view = panels.topics.favourites.view
    told = [str(index.data()) for index in rows_of(view)]
    assert len(told) == len(levels)
    painted(ink, view)
    check_tips(view)
    shown.connection.marks.set_favourite([topic.encode() for topic in shown.topics], on=False)

    window.show_panel("messages")
    await shown.program.until(
        lambda: panels.messages.model.rowCount() == 2 * len(levels), "all messages in the list"
    )
    table = panels.messages.table
    seen = set()
    for index in rows_of(table):
        table.scrollTo(index)
        seen |= painted(ink, table)
    check_tips(table)
    texts = [text for text in shown.texts if text not in ("tab\tcr\rlf\nend",)]
    missing = [text[:50] for text in texts if not is_shown(text, seen)]
    assert not missing, (missing, table.model().rowCount(), [each for each in seen if "aaa" in each])
    missing = [topic[:50] for topic in shown.topics if not is_shown(topic, seen)]
    assert not missing, missing
    shown.check("messages")
    await shown.program.marks.finish()


async def test_noise_snapshots_and_search(shown, ink):
    window, panels, program = shown.window, shown.window.panels, shown.program
    levels = [topic.removeprefix(f"{ROOT}/") for topic in shown.topics]
    window.show_panel("noise")
    await asyncio.sleep(0.05)
    await asyncio.gather(
        *(shown.connection.publish(PublishRequest(topic, b"noise", 1)) for topic in shown.topics)
    )
    noise = panels.noise
    await program.until(lambda: noise.model.rowCount() > 0, "noise")
    noise.enter(shown.connection.store.find(ROOT.encode()))
    await program.until(lambda: noise.model.rowCount() >= len(levels), "the levels")
    painted(ink, noise)
    seen = set()
    for index in rows_of(noise.table):
        noise.table.scrollTo(index)
        seen |= painted(ink, noise.table)
    missing = [text[:50] for text in levels if not is_shown(text, seen)]
    assert not missing, missing
    check_tips(noise.table)
    for x in range(10, noise.map.width(), 40):
        for y in range(10, noise.map.height(), 20):
            tip = ask_tip(noise.map, QPoint(x, y))
            assert is_plain_tip(tip), tip
            assert not any(is_hidden(char) for char in tip if char != "\n")
    shown.check("noise")

    window.show_panel("snapshots")
    snapshots = panels.snapshots
    snapshots.take()
    await program.until(lambda: len(snapshots.shelf.model._rows) == 1 and not snapshots.busy, "a snapshot")
    await asyncio.gather(
        *(
            shown.connection.publish(PublishRequest(topic, text.encode(), 1))
            for topic, text in shown.topics.items()
        )
    )
    for text in levels:
        snapshots.shelf.model.setData(snapshots.shelf.model.index(0, 0), text)
        painted(ink, snapshots)
        shown.check("snapshots, named")
        check_tips(snapshots.shelf.list)
    snapshots.compare()
    await program.until(lambda: snapshots.model.rowCount() == len(levels), "the comparison")
    seen, table = set(), snapshots.result.table
    for index in rows_of(table):
        table.scrollTo(index)
        seen |= painted(ink, table)
        check_tips(table)
    texts = [text for text in shown.texts if "\t" not in text and "\n" not in text]
    missing = [text[:50] for text in [*texts, *shown.topics] if not is_shown(text, seen)]
    assert not missing, missing
    table.selectAll()
    table.copy()
    assert QApplication.clipboard().text().count("\n") == len(levels)
    shown.check("snapshots, compared")


async def test_search_and_palette(shown, ink):
    window, panels, program = shown.window, shown.window.panels, shown.program
    # Longer texts are no searches; a tree of hits alone shows them without scrolling.
    texts = {topic: topic.removeprefix(f"{ROOT}/") for topic in shown.topics}
    texts = {topic: text for topic, text in texts.items() if len(text) < 200}
    assert len(texts) == len(shown.topics) - 1
    for topic, text in texts.items():
        line = re.split("[\u2028\u2029]", text)[0]  # as when it is pasted
        window.header.search.begin(line)
        await program.until(lambda: panels.topics.search_row.topic_search.state.done, "the search")
        assert window.header.search.edit.text() == line
        tree = panels.topics.tree
        await program.until(lambda tree=tree, text=text: is_shown(text, ink.of(tree)), f"the hit {text}")
        painted(ink, panels.topics)
        painted(ink, window.header)
        shown.check(f"search {topic}")
    window.header.search.edit.clear()
    await program.until(lambda: not panels.topics.search_row.is_active, "the end of the search")

    window.open_palette()
    palette = window.commands.palette
    for topic, text in texts.items():
        palette.edit.setText("/" + re.split("[\u2028\u2029]", text)[0])
        await program.until(lambda topic=topic: is_shown(topic, ink.of(palette.list)), f"the entry {topic}")
        painted(ink, palette)
        assert markup(palette) == []
        check_tips(palette.list)
    palette.leave()


async def test_each_message_in_each_tab(shown, ink, qtbot):
    panel, program = shown.window.panels.message, shown.program
    tabs = panel.tabs
    tabs.document.mode.set_index(PRETTY)
    for topic, text in shown.topics.items():
        message = shown.go_to(topic)
        assert message.payload == text.encode()
        crumbs = painted(ink, panel.head)
        assert is_shown(as_topic(text), crumbs), text
        assert reads_as(
            tip_text(ask_tip(panel.head.breadcrumb, QPoint(1, 1))).rstrip("…"), topic, whole=False
        )
        for tab in (PAYLOAD, RAW):
            tabs.setCurrentIndex(tab)
            view = tabs.document if tab == PAYLOAD else tabs.raw
            strings = painted(ink, view)
            if view.document.format == "xml":  # indented: the same text with other blanks
                inked = "".join(
                    "".join(view.text._lines.text(n).split()) for n in range(len(view.text._lines))
                )
                assert inked == "".join(text.split())
                continue
            lines = text.splitlines() if "\n" in text else [text]
            for line in lines:
                begins = (each for each in strings if len(each) >= min(100, len(line)))
                assert any(reads_as(each, line, whole=False) for each in begins), (tab, line[:80])
            view.text.select_all()
            view.text.copy()
            # A copy that is not done in one go comes a moment later.
            whole = "\n".join(lines)
            await program.until(lambda whole=whole: QApplication.clipboard().text() == whole, "the copy")
        tabs.setCurrentIndex(DIFF)
        await program.until(lambda: tabs.diff.model.rowCount() > 0, "the difference")
        strings = painted(ink, tabs.diff)
        if "\n" not in text:
            assert is_shown(text, strings), text[:60]
            assert panel.history.isVisible()
            view = panel.history.view
            await program.until(lambda view=view: ink.of(view.viewport()), "the history")
            assert is_shown(text, painted(ink, view.viewport())), text[:60]
        check_tips(tabs.diff.table)
        tabs.setCurrentIndex(HEX)
        painted(ink, tabs.hex)
        tabs.setCurrentIndex(PROPERTIES)
        await program.until(lambda: tabs.properties.model.rowCount() > 3, "the properties")
        strings, name = painted(ink, tabs.properties), as_property(text)
        table = tabs.properties.table
        for row in range(tabs.properties.model.rowCount()):
            table.scrollTo(tabs.properties.model.index(row, 0))
            strings |= painted(ink, table)
        assert is_shown(name, strings), name
        # A long value goes on in further lines: the first of them begins it, and the row holds all that is shown of it.
        begins = (each for each in strings if len(each) >= min(8, len(topic)))
        assert is_shown(topic, strings) or any(reads_as(each, topic, whole=False) for each in begins), topic
        assert any(reads_as(row.value[:200], topic, whole=False) for row in tabs.properties.model.rows), topic
        check_tips(table)
        panel.copy()
        assert QApplication.clipboard().text() == text
        shown.check(topic[:60])
        tabs.setCurrentIndex(PAYLOAD)
    check_tips(panel.history.view)


async def test_as_keys_and_values_of_json(shown, ink):
    panel = shown.window.panels.message
    holder = {text: text for text in shown.texts}
    for payload in ({}, {**holder, "more": [1]}, holder):
        await shown.connection.publish(
            PublishRequest(f"{ROOT}/json", json.dumps(payload, ensure_ascii=False).encode(), 1)
        )
    topic = f"{ROOT}/json".encode()
    await shown.program.until(
        lambda: (node := shown.connection.store.find(topic)) and node.count == 3, "all three"
    )
    shown.go_to(f"{ROOT}/json")
    tabs = panel.tabs
    tabs.document.mode.set_index(TREE)
    strings = painted(ink, tabs.document)
    missing = [text[:50] for text in shown.texts if not is_shown(text, strings)]
    assert not missing, missing
    tree = next(
        each
        for each in (tabs.document.tree, *tabs.document.tree.findChildren(QAbstractItemView))
        if isinstance(each, QAbstractItemView)
    )
    check_tips(tree)
    tabs.document.mode.set_index(PRETTY)
    painted(ink, tabs.document)
    tabs.setCurrentIndex(DIFF)
    await shown.program.until(lambda: tabs.diff.model.rowCount() > 0, "the difference")
    painted(ink, tabs.diff)
    check_tips(tabs.diff.table)
    shown.check("json")


async def test_saved_and_exported_exactly(shown, tmp_path):
    panel, program = shown.window.panels.message, shown.program
    for number, (topic, text) in enumerate(shown.topics.items()):
        message = shown.go_to(topic)
        panel.save()
        dialog = next(each for each in panel.findChildren(QFileDialog) if each.isVisible())
        offered = Path(dialog.selectedFiles()[0])
        assert offered.parent == Path(dialog.directory().absolutePath()), "the name leads to another folder"
        assert not any(is_hidden(char) for char in offered.name)
        dialog.reject()
        path = tmp_path / f"{number}.bin"
        panel.saving.save_to(message, str(path))
        await program.until(lambda path=path, sent=text: _holds(path, sent), "the file")
    messages = shown.window.panels.messages
    shown.window.show_panel("messages")
    shown.window.panels.topics.select_topic(ROOT.encode())
    await program.until(lambda: messages.model.rowCount() == 2 * len(shown.topics), "all messages")
    path = tmp_path / "all.csv"
    messages.deeds._begin(
        shown.connection, str(path), lambda export: export.start_all(messages.deeds.whole())
    )
    await program.until(lambda: not messages.deeds.exporting, "the export")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert len(rows) == 1 + 2 * len(shown.topics)
    for row in rows[1:]:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "@", "-")), cell
    shown.check("exported")


def _holds(path, text):
    return path.exists() and path.read_bytes() == text.encode()


async def test_menus_over_what_is_hostile(shown, qtbot):
    panel = shown.window.panels.message
    for topic in shown.topics:
        shown.go_to(topic)
        panel.choose_format()
        menus = [
            each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible()
        ]
        menus += [each for each in panel.findChildren(QMenu) if each.isVisible()]
        assert menus
        for menu in menus:
            words = list(entries(menu))
            for text in words:
                assert not any(is_hidden(char) for char in text), text
            for action in menu.actions():
                assert is_plain_tip(action.toolTip()), action.toolTip()
            if (named := [text for text in words if f"{ROOT}/" in text]) and len(topic) < 60:
                assert any(
                    reads_as(text.partition("“")[2].partition("”")[0] or text, topic) for text in named
                ), (named, topic)
            menu.close()


async def test_connections_of_such_names(program, broker, wire, ink):
    window = program.window
    window.resize(2000, 700)
    options = ConnectOptions(BrokerUrl.parse(f"mqtt://127.0.0.1:{broker.port}")[0])
    titles = hostile.texts(wire.file, wire.url)
    connection = program.connector.connect(options, (), titles[0])
    await program.until(lambda: program.workspace.shown is connection, "the connection")
    for title in titles:
        connection.title = title  # as when its profile is renamed
        program.workspace.changed.emit()
        name = window.windowTitle().removesuffix(" – MQTT Explorer Qt")
        assert reads_as(name.rstrip("…"), title, whole=False), name
        strings = painted(ink, window.header)
        assert is_shown(title, strings, least=3), title
        assert markup(window) == []
        for tab in window.header.tabs.tabs:
            assert is_plain_tip(tip := ask_tip(tab, QPoint(4, 4))), tip
    window.show_panel("log")
    painted(ink, window)
    window.show_brokers()
    painted(ink, window)
    assert markup(window) == []
