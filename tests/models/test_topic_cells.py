# SPDX-License-Identifier: MIT
"""What the cells of the topic tree say."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt

from mqtt_explorer.models import roles
from mqtt_explorer.models.topic_cells import TopicCells
from mqtt_explorer.models.topic_columns import (
    AGE,
    COLUMNS,
    MESSAGES,
    QOS,
    RATE,
    RETAINED,
    SIZE,
    TOPIC,
    TREND,
    VALUE,
)
from mqtt_explorer.models.tree_filter import TreeFilter
from mqtt_explorer.models.visible_rows import VisibleRows
from mqtt_explorer.profiles.marks import TopicMarks
from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.query import Query
from mqtt_explorer.store.staleness import Staleness
from tests.models.streams import feed, frame, new_store

SECOND = 1_000_000_000
TEXT = Qt.ItemDataRole.DisplayRole
SPOKEN = Qt.ItemDataRole.AccessibleTextRole
TIP = Qt.ItemDataRole.ToolTipRole
STALE_SENDS = (100, 99, 98, 97, 96, 95)


class Rows:
    """Which branches are open, and how much of them a view knows."""

    def __init__(self) -> None:
        self.open = set()
        self.shown = {}

    def is_open(self, node):
        return node in self.open

    def rows(self, node):
        return self.shown.get(node, self.total(node))

    def total(self, node):
        return len(node.kids or ())


class Bench:
    """Cells over a real store, as the model drives them."""

    def __init__(self) -> None:
        self.store = new_store()
        self.marks = TopicMarks()
        self.staleness = Staleness(self.store)
        self.staleness.set_connected(0, connected=True)
        self.rows = Rows()
        self.visible = VisibleRows(lambda node: None)
        self.visible.reset(self.marks, self.staleness)
        self.cells = TopicCells()
        self.cells.reset(self.rows, self.store, self.marks, self.staleness)

    def send(self, *frames, ago_s=0.0):
        feed(self.store, *frames, mono_ns=time.monotonic_ns() - int(ago_s * SECOND))
        self.store.take_changes()

    def look(self, *topics):
        self.visible.update([self.node(topic) for topic in topics], self.rows.is_open, time.monotonic())

    def node(self, topic):
        return self.store.find(topic.encode())

    def ask(self, topic, column, role=TEXT):
        return self.cells.data(self.node(topic), column, int(role), self.visible)

    def row(self, topic):
        return [self.ask(topic, column) for column in range(COLUMNS)]


@pytest.fixture
def bench():
    return Bench()


def test_a_topic_says_everything_about_its_last_message(bench):
    bench.send(frame("plant/oven", b"20"), ago_s=3)
    bench.send(frame("plant/oven", "21.7 °C".encode(), RETAIN | 2), ago_s=2.5)
    bench.look("plant/oven")
    assert bench.row("plant/oven") == ["oven", "21.7 °C", None, "2", "–", "8 B", "2 s", "1", "yes"]
    assert bench.ask("plant/oven", TREND, roles.SPARK_ROLE) == (0.0, 1.0)
    assert bench.ask("plant/oven", TREND, SPOKEN) == "Last 2 numbers, between 20 and 21.7"
    assert bench.ask("plant/oven", RETAINED, SPOKEN) == "retained"
    assert bench.ask("plant/oven", TOPIC, roles.PIN_ROLE) is True
    assert bench.ask("plant/oven", VALUE, roles.PIN_ROLE) is False
    assert bench.ask("plant/oven", VALUE, roles.KIND_ROLE) == "number"


def test_a_size_is_that_on_the_wire(bench):
    bench.send(frame("a", b"x" * 10, size=5 << 20))
    assert bench.ask("a", SIZE) == "5 MiB"
    assert bench.ask("a", TOPIC, roles.TRUNCATED_ROLE) is True
    assert "Kept in part: 10 B of 5 MiB" in bench.ask("a", TOPIC, TIP).split("\n")


def test_a_closed_branch_stands_for_what_lies_below_and_an_open_one_is_silent(bench):
    bench.send(frame("a/b", b"1"), frame("a/c", b"2"), ago_s=50)
    bench.send(frame("a/c", b"2"), ago_s=9.5)
    assert bench.ask("a", AGE) == "9 s"
    assert bench.ask("a", RATE) == "–"
    assert bench.ask("a", TOPIC, roles.NOTE_ROLE) == "2 topics · 3 messages"
    bench.rows.open.add(bench.node("a"))
    assert bench.row("a") == ["a", None, None, None, None, None, None, None, None]
    assert bench.ask("a", TOPIC, roles.NOTE_ROLE) is None


def test_a_branch_that_is_a_topic_too_tells_its_own_when_open(bench):
    bench.send(frame("a", b"7"), ago_s=70)
    bench.send(frame("a/b", b"1"), ago_s=9.5)
    assert (bench.ask("a", AGE), bench.ask("a", MESSAGES)) == ("9 s", "1")
    bench.rows.open.add(bench.node("a"))
    assert (bench.ask("a", AGE), bench.ask("a", MESSAGES)) == ("1 min", "1")
    bench.send(frame("a", b"8"), ago_s=2.5)
    bench.rows.open.clear()
    assert bench.ask("a", AGE) == "2 s"


def test_an_open_branch_says_how_much_of_it_is_shown(bench):
    bench.send(*(frame(f"a/{n}") for n in range(1_200)))
    bench.rows.open.add(bench.node("a"))
    bench.rows.shown[bench.node("a")] = 500
    assert bench.ask("a", TOPIC, roles.NOTE_ROLE) == "showing 500 of 1,200"


def test_a_stale_topic_is_marked_at_its_value_and_age(bench):
    for ago_s in STALE_SENDS:
        bench.send(frame("a/x", b"19.4"), ago_s=ago_s)
    bench.look("a/x")
    assert bench.ask("a/x", VALUE, roles.BADGE_ROLE) == "warn:stale"
    assert bench.ask("a/x", VALUE, roles.KIND_ROLE) == "muted"
    assert bench.ask("a/x", VALUE, SPOKEN) == "19.4, stale"
    assert bench.ask("a/x", AGE, roles.KIND_ROLE) == "warn"
    assert bench.ask("a/x", TOPIC, TIP) == "a/x\nUsually every 1.0 s; silent for 1 min"
    bench.send(frame("a/x", b"19.5"))
    bench.look("a/x")
    assert bench.ask("a/x", VALUE, roles.BADGE_ROLE) is None
    assert bench.ask("a/x", VALUE, roles.KIND_ROLE) == "number"
    assert bench.ask("a/x", AGE, roles.KIND_ROLE) == "muted"
    assert bench.ask("a/x", TOPIC, TIP) == "a/x\nUsually every 1.0 s"


def test_no_cell_walks_the_history_for_staleness(bench, monkeypatch):
    for ago_s in STALE_SENDS:
        bench.send(frame("a", b"hello"), ago_s=ago_s)
    bench.look("a")
    monkeypatch.setattr(Staleness, "is_stale", lambda *_: pytest.fail("asked in data()"))
    for column in range(COLUMNS):
        for role in (TEXT, SPOKEN, roles.KIND_ROLE, roles.BADGE_ROLE):
            bench.ask("a", column, role)


def test_tooltips_are_lines_and_a_topic_has_no_line_breaks(bench):
    bench.send(frame("a/b\n<b>c", b"1", RETAIN))
    bench.marks.set_muted([b"a"], on=True)
    assert bench.ask("a/b\n<b>c", TOPIC, TIP) == "a/b␊<b>c\nRetained by the broker\nMuted with a"
    assert bench.ask("a", TOPIC, TIP) == "a\nMuted"
    assert bench.ask("a/b\n<b>c", VALUE, TIP) is None


def test_muted_rows_are_grey_and_the_mark_stands_where_it_was_set(bench):
    bench.send(frame("a/b", b"1"), frame("ab", b"1"))
    bench.marks.set_muted([b"a"], on=True)
    assert [bench.ask(topic, TOPIC, roles.KIND_ROLE) for topic in ("a", "a/b", "ab")] == [
        "muted",
        "muted",
        None,
    ]
    assert [bench.ask(topic, VALUE, roles.KIND_ROLE) for topic in ("a/b", "ab")] == ["muted", "number"]
    assert [bench.ask(topic, TOPIC, roles.MUTE_ROLE) for topic in ("a", "a/b", "ab")] == [True, False, False]
    assert bench.ask("a/b", TOPIC, SPOKEN) == "b, muted"


def test_favourites_have_a_star(bench):
    bench.send(frame("a/b", b"1", RETAIN))
    bench.marks.set_favourite([b"a/b"], on=True)
    assert bench.ask("a/b", TOPIC, roles.STAR_ROLE) is True
    assert bench.ask("a", TOPIC, roles.STAR_ROLE) is False
    assert bench.ask("a/b", TOPIC, SPOKEN) == "b, favourite, retained"


def search(bench, text, **how):
    matcher = Matcher(Query(text, **how))
    found = TreeFilter()
    found.add(matcher.hits(list(bench.store.nodes()), time.monotonic_ns()))
    bench.cells.set_search(found, matcher)


def test_a_search_marks_levels_and_values_and_counts_hits(bench):
    bench.send(
        frame("house/zone-1/temp_in", b'{"temp":1}'),
        frame("house/zone-1/attic", b"attemp"),
        frame("house/zone-2/other", b"1"),
    )
    search(bench, "temp")
    assert bench.ask("house/zone-1/temp_in", TOPIC, roles.HITS_ROLE) == [(0, 4)]
    assert bench.ask("house/zone-1/temp_in", VALUE, roles.HITS_ROLE) == [(2, 4)]
    assert bench.ask("house/zone-1/attic", TOPIC, roles.HITS_ROLE) == []
    assert bench.ask("house/zone-1/attic", VALUE, roles.HITS_ROLE) == [(2, 4)]
    assert bench.ask("house", TOPIC, roles.NOTE_ROLE) == "3 topics · 3 messages · 2 hits"
    bench.rows.open |= {bench.node("house"), bench.node("house/zone-1")}
    assert bench.ask("house", TOPIC, roles.NOTE_ROLE) == "2 hits"
    assert bench.ask("house/zone-1", TOPIC, roles.NOTE_ROLE) is None  # the branch above it has said so
    bench.cells.set_search(None, None)
    assert bench.ask("house/zone-1/temp_in", TOPIC, roles.HITS_ROLE) is None
    assert bench.ask("house", TOPIC, roles.NOTE_ROLE) is None


def test_of_a_hit_across_levels_a_row_marks_its_own_part(bench):
    bench.send(frame("häuser/zone-1/temp", b"1"))
    search(bench, "one-1/te")
    assert bench.ask("häuser/zone-1/temp", TOPIC, roles.HITS_ROLE) == [(0, 2)]
    assert bench.ask("häuser", TOPIC, roles.HITS_ROLE) == []


def test_new_values_are_marked_anew(bench):
    bench.send(frame("a", b"xx temp"))
    search(bench, "temp")
    assert bench.ask("a", VALUE, roles.HITS_ROLE) == [(3, 4)]
    bench.send(frame("a", b"temp"))
    assert bench.ask("a", VALUE, roles.HITS_ROLE) == [(0, 4)]


def test_a_frozen_view_keeps_everything_but_what_the_user_does(bench):
    for ago_s in STALE_SENDS:
        bench.send(frame("a/x", b"20"), ago_s=ago_s)
    bench.send(frame("a/y", b"1"), frame("a/y", b"2"), ago_s=30)
    bench.rows.open.add(bench.node("a"))
    bench.look("a", "a/x", "a/y")

    def picture():
        return [
            [bench.ask(topic, column, role) for column in range(COLUMNS) for role in (TEXT, SPOKEN, TIP)]
            + [bench.ask(topic, VALUE, role) for role in (roles.KIND_ROLE, roles.BADGE_ROLE)]
            + [bench.ask(topic, TREND, roles.SPARK_ROLE), bench.ask(topic, AGE, roles.KIND_ROLE)]
            for topic in ("a", "a/x", "a/y")
        ]

    bench.cells.freeze([bench.node("a"), bench.node("a/x")])
    before = picture()  # a/y is first seen now
    assert before[1][-4:-2] == ["muted", "warn:stale"]
    assert before[2][-2] == (0.0, 1.0)
    for n in range(5):
        bench.send(frame("a/x", b"%d" % n, RETAIN | 2), frame("a/y", b"hello"))
    assert picture() == before
    bench.rows.open.clear()
    assert bench.ask("a", TOPIC, roles.NOTE_ROLE) == "2 topics · 8 messages"
    assert bench.ask("a", AGE) == "30 s"
    bench.marks.set_favourite([b"a/x"], on=True)
    assert bench.ask("a/x", TOPIC, roles.STAR_ROLE) is True
    bench.cells.thaw()
    bench.look("a", "a/x", "a/y")
    assert bench.ask("a/x", VALUE) == "4"
    assert bench.ask("a/x", VALUE, roles.BADGE_ROLE) is None


def test_a_line_that_is_not_up_to_date_has_its_row_painted_again(bench, monkeypatch):
    asked = []
    monkeypatch.setattr(bench.visible, "look_again", lambda node, at_s: asked.append((node, at_s)))
    bench.send(frame("a", b"1"), frame("a", b"2"))
    bench.look("a")
    assert bench.ask("a", TREND, roles.SPARK_ROLE) == (0.0, 1.0)
    assert asked == []
    bench.send(frame("a", b"3"))
    assert len(bench.ask("a", TREND, roles.SPARK_ROLE)) == 2  # a moment later, not with each message
    [(node, at_s)] = asked
    assert node is bench.node("a")
    assert 0 < at_s - time.monotonic() < 2.1


def test_another_store_forgets_marks_and_search(bench):
    bench.send(frame("a", b"1"))
    bench.marks.set_muted([b"a"], on=True)
    search(bench, "a")
    bench.cells.reset(bench.rows, bench.store)
    assert bench.ask("a", TOPIC, roles.MUTE_ROLE) is False
    assert bench.ask("a", TOPIC, roles.HITS_ROLE) is None
    assert bench.ask("a", QOS) == "0"
