# SPDX-License-Identifier: MIT
"""Areas are exact, rectangles near to squares, nearly equal ones stay where they are; mouse, keys and screen readers reach each."""

from __future__ import annotations

import itertools
import random

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from mqtt_explorer.widgets.squarify import CalmOrder, squarify
from mqtt_explorer.widgets.tokens import DARK, LIGHT, contrast
from mqtt_explorer.widgets.treemap import Tile, Treemap
from mqtt_explorer.widgets.treemap_parts import find_tints, ground


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("width", "height"), [(640.0, 200.0), (90.0, 700.0), (300.0, 300.0)], ids=str)
def test_areas_are_exact_and_fill_the_whole(seed, width, height):
    rng = random.Random(seed)
    sizes = sorted((rng.paretovariate(0.7) for _ in range(rng.choice([1, 2, 7, 50]))), reverse=True)
    boxes = squarify(sizes, width, height)
    whole = sum(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(width * height * size / whole, rel=1e-6)
        assert box.x >= -1e-6
        assert box.y >= -1e-6
        assert box.x + box.width <= width + 1e-6
        assert box.y + box.height <= height + 1e-6
    for one, other in itertools.combinations(boxes, 2):
        wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert wide < 1e-6 or high < 1e-6, "they do not overlap"


def test_rectangles_are_near_to_squares():
    boxes = squarify([6, 6, 4, 3, 2, 2, 1], 6, 4)  # the example of the paper
    ratios = [max(box.width / box.height, box.height / box.width) for box in boxes]
    assert max(ratios) < 2.8
    equal = squarify([1.0] * 40, 800, 300)
    assert max(max(box.width / box.height, box.height / box.width) for box in equal) < 2


@pytest.mark.parametrize(
    ("sizes", "width", "height"),
    [([], 10, 10), ([1, 2], 0, 10), ([1], 10, -5)],
    ids=["none", "flat", "negative"],
)
def test_without_room_there_is_nothing(sizes, width, height):
    assert [box[2:] for box in squarify(sizes, width, height)] == [(0, 0)] * len(sizes)


def test_the_order_is_calm():
    sizes = {"a": 100, "b": 60, "c": 10}
    order = CalmOrder()

    def look(**more):
        return order.look(list(sizes), sizes.__getitem__, **more)

    assert look() == ["a", "b", "c"]
    sizes["b"] = 124
    assert [look() for _ in range(3)] == [["a", "b", "c"]] * 3, "nearly the same"
    sizes["b"] = 130
    assert look() == ["a", "b", "c"], "larger for the first time"
    sizes["b"] = 90
    assert look() == ["a", "b", "c"]
    sizes["b"] = 130
    assert look() == ["a", "b", "c"], "not for two looks running"
    assert look(held=True) == ["a", "b", "c"], "nothing moves while it is held"
    assert look() == ["b", "a", "c"]
    sizes["new"] = 500
    del sizes["a"]
    assert look() == ["new", "b", "c"], "a new one stands where it belongs at once"
    sizes |= {"c": 510}
    order.clear()
    assert look() == ["c", "new", "b"]


@pytest.mark.parametrize("seed", range(4))
def test_no_order_stays_wrong_by_much(seed):
    rng = random.Random(seed)
    order, sizes = CalmOrder(), {}
    for _ in range(30):
        sizes = {n: rng.paretovariate(1) for n in rng.sample(range(60), 40)}
        order.look(sizes, sizes.__getitem__)
    for _ in range(len(sizes)):
        found = order.look(sizes, sizes.__getitem__)
    assert sorted(found) == sorted(sizes)
    for one, other in itertools.combinations(found, 2):
        assert sizes[other] <= sizes[one] * 1.25
    assert order.look(sizes, sizes.__getitem__) == found


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("hover", [False, True], ids=["rest", "hover"])
def test_text_is_readable_on_every_fill(tokens, hover):
    for series, tint in itertools.product(range(-1, len(tokens.data)), range(3)):
        assert contrast(ground(tokens, series, hover=hover, tint=tint), tokens.text) >= 4.5


def test_neighbours_of_one_colour_have_different_tints(look):
    boxes = squarify([1.0] * 9, 300, 300)
    rects = {
        n: QRect(round(b.x), round(b.y), round(b.width) - 1, round(b.height) - 1) for n, b in enumerate(boxes)
    }
    apart = find_tints(dict.fromkeys(range(9), 0) | {8: -1}, rects)
    assert 8 not in apart
    tints = find_tints({0: 0, 1: len(DARK.data), 2: 1}, rects)
    assert (tints[0], tints[1], tints[2]) == (0, 1, 0), "the colours go round"
    fills = {ground(DARK, 0, tint=tint) for tint in range(3)}
    assert len(fills) == 3


def tile(key, size, **more):
    return Tile(key, f"name {key}", size, "5 %", (f"topic {key}", "9 messages"), **more)


@pytest.fixture
def made(look, qtbot):
    treemap = Treemap("Noise")
    qtbot.addWidget(treemap)
    treemap.resize(400, 200)
    treemap.show()
    qtbot.waitExposed(treemap)
    treemap.set_tiles(
        [
            tile("a", 50, series=0, enterable=True),
            tile("b", 30, series=1),
            tile("rest", 40, last=True),
            tile("c", 5),
        ]
    )
    return treemap


def keys(treemap):
    return [each.key for each in treemap.tiles]


def seen(signal):
    heard = []
    signal.connect(lambda *args: heard.append(args[0] if args else True))
    return heard


def test_rectangles_lie_whole_on_pixels_and_the_rest_is_last(made):
    assert keys(made) == ["a", "b", "c", "rest"]
    area = sum(made.rect_of(key).width() * made.rect_of(key).height() for key in keys(made))
    assert 0.95 < area / (400 * 200) <= 1
    for one, other in itertools.combinations(keys(made), 2):
        assert not made.rect_of(one).intersects(made.rect_of(other))
    assert made.tile_at(made.rect_of("c").center()).key == "c"
    made.set_tiles([tile("a", 1), tile("none", 0)])
    assert keys(made) == ["a"]
    assert made.rect_of("b") == QRect()


def test_a_click_chooses_and_a_double_click_goes_in(made):
    chosen, entered = seen(made.chosen), seen(made.entered)
    QTest.mouseClick(made, Qt.MouseButton.LeftButton, pos=made.rect_of("b").center())
    assert chosen == ["b"]
    assert made.current == "b"
    QTest.mousePress(made, Qt.MouseButton.LeftButton, pos=made.rect_of("b").center())
    QTest.mouseRelease(made, Qt.MouseButton.LeftButton, pos=made.rect_of("a").center())
    assert chosen == ["b"], "let go elsewhere it was no click"
    for key in ("b", "a"):
        QTest.mouseDClick(made, Qt.MouseButton.LeftButton, pos=made.rect_of(key).center())
    assert entered == ["a"]


def test_nothing_moves_while_the_button_is_down(made):
    place = made.rect_of("c").center()
    QTest.mousePress(made, Qt.MouseButton.LeftButton, pos=place)
    made.set_tiles([tile("z", 100), tile("c", 1)])
    assert made.tile_at(place).key == "c"
    assert keys(made) == ["a", "b", "c", "rest"]
    chosen = seen(made.chosen)
    QTest.mouseRelease(made, Qt.MouseButton.LeftButton, pos=place)
    assert chosen == ["c"]
    assert keys(made) == ["a", "b", "c", "rest"], "a double click may follow"
    QApplication.sendEvent(made, QEvent(QEvent.Type.Leave))
    assert keys(made) == ["z", "c"]


def test_nothing_moves_while_the_user_aims(made, monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr("mqtt_explorer.widgets.treemap.time.monotonic", lambda: now[0])
    place = made.rect_of("c").center()
    QTest.mouseMove(made, made.rect_of("b").center())
    QTest.mouseMove(made, place)
    before = {key: made.rect_of(key) for key in keys(made)}
    now[0] += 1.9
    made.set_tiles([tile("c", 90), Tile("a", "a", 10, "7 %"), tile("z", 5)])
    assert {key: made.rect_of(key) for key in keys(made)} == before
    assert made.tiles[0].caption == "7 %", "figures are those of now"
    now[0] += 0.2
    made.set_tiles([tile("c", 80), tile("a", 10)])
    assert keys(made) == ["c", "a"]
    QTest.mouseMove(made, place + QPoint(1, 1))
    made.set_tiles([tile("other", 1)], fresh=True)
    assert keys(made) == ["other"], "another branch does not wait"


def test_shift_f10_asks_for_the_menu(made):
    asked = seen(made.menu_wanted)
    made.set_current("b")
    QTest.keyClick(made, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert asked == ["b"]


def test_the_keyboard_reaches_every_rectangle(made):
    made.setFocus(Qt.FocusReason.TabFocusReason)
    assert made.current == "a"
    reached, todo = {"a"}, ["a"]
    while todo:
        start = todo.pop()
        for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            made.set_current(start)
            QTest.keyClick(made, key)
            if made.current not in reached:
                reached.add(made.current)
                todo.append(made.current)
    assert reached == set(keys(made))
    chosen, entered, up = seen(made.chosen), seen(made.entered), seen(made.up_requested)
    QTest.keyClick(made, Qt.Key.Key_Home)
    assert made.current == "a"
    QTest.keyClick(made, Qt.Key.Key_Return)
    QTest.keyClick(made, Qt.Key.Key_Space)
    QTest.keyClick(made, Qt.Key.Key_End)
    assert made.current == "rest"
    QTest.keyClick(made, Qt.Key.Key_Return)
    QTest.keyClick(made, Qt.Key.Key_Backspace)
    assert (chosen, entered, up) == (["a"], ["a"], [True])


def test_right_goes_to_the_right_neighbour(look, qtbot):
    made = Treemap("Noise")
    qtbot.addWidget(made)
    made.resize(400, 100)
    made.set_tiles([tile(n, 1.0) for n in range(4)])
    made.show()
    visited = [made.current]
    for _ in range(4):
        QTest.keyClick(made, Qt.Key.Key_Right)
        visited.append(made.current)
    assert visited == [0, 1, 2, 3, 3]


def test_a_screen_reader_is_told_the_current_one(made):
    made.set_current("b")
    assert made.accessibleName() == "Noise: name b, 5 %"
    assert made.accessibleDescription() == "topic b · 9 messages"
    made.set_tiles([])
    assert made.accessibleName() == "Noise"
    assert made.accessibleDescription() == ""
    assert made.current is None


def test_the_tooltip_is_plain_text(made):
    made.set_tiles([Tile("x", "<b>", 1.0, "", ("<img src=x>", "9 & 3"))])
    place = QPoint(20, 20)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, place, made.mapToGlobal(place))
    QApplication.sendEvent(made, event)
    assert QToolTip.text() == "<qt>&lt;img src=x&gt;<br>9 &amp; 3</qt>"
    QToolTip.hideText()


def test_hover_and_focus_can_be_seen(made):
    def color(key):
        rect = made.rect_of(key)
        return made.grab().toImage().pixelColor(rect.right() - 8, rect.bottom() - 8).name()

    rest = color("b")
    QTest.mouseMove(made, made.rect_of("b").center())
    assert color("b") != rest
    made._set_hover(None)
    made.set_current("b")
    made.setFocus(Qt.FocusReason.TabFocusReason)
    edge = made.rect_of("b").topLeft()
    assert made.grab().toImage().pixelColor(edge).name() == DARK.accent
    made.clearFocus()
    assert made.grab().toImage().pixelColor(edge + QPoint(8, 0)).name() != DARK.accent


def test_names_from_anywhere_are_painted(made):
    names = ["", "\n\t", "a" * 100_000, "‮mirrored", "<b>x</b>", "&&", "\ud800"]
    made.set_tiles([Tile(n, name, 1.0, "1 %", (name,)) for n, name in enumerate(names)])
    made.resize(900, 500)
    assert not made.grab().isNull()
