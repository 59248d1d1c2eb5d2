# SPDX-License-Identifier: MIT
"""The docks in windows that become small and large again: nothing overlaps, and everything comes back."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from mqtt_explorer.widgets.buttons import Chip, SegmentedControl
from mqtt_explorer.widgets.theme import theme

_SMALLEST = (720, 480)
_LARGE = (1360, 820)


@pytest.fixture
async def bench(program, broker):
    """The workbench of the program, with the shared broker open."""
    program.window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    await asyncio.sleep(0.05)
    return program.window.workbench


async def resize(bench, size):
    bench.window().resize(*size)
    await asyncio.sleep(0.15)


def check_disjoint(bench):
    """Middle and docks lie inside the workbench and not over each other."""
    parts = {"message": bench.centralWidget().geometry()}
    for name, dock in bench.docks.items():
        if not dock.visibleRegion().isEmpty() or bench.rect().contains(dock.geometry()):
            parts[name] = dock.geometry()
    assert len(parts) >= 3
    for name, place in parts.items():
        assert bench.rect().contains(place), (name, place)
    for (one, first), (other, second) in itertools.combinations(parts.items(), 2):
        assert not first.intersects(second), (one, first, other, second)


@pytest.mark.parametrize("px", [13, 19])
@pytest.mark.parametrize("front", ["messages", "log", "subscriptions", "noise", "publish"])
async def test_nothing_overlaps_in_the_smallest_window(bench, front, px):
    theme().set_sizes(px, px - 1)
    await resize(bench, _SMALLEST)
    bench.show_dock(front)
    await asyncio.sleep(0.1)
    check_disjoint(bench)


async def test_nothing_overlaps_where_the_user_has_both_sides(bench):
    bench.removeDockWidget(bench.docks["publish"])
    bench.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, bench.docks["publish"])
    bench.docks["publish"].show()
    bench.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, bench.docks["topics"])
    await resize(bench, _SMALLEST)
    check_disjoint(bench)
    assert not bench.tabifiedDockWidgets(bench.docks["publish"])  # the user's places stay


async def test_the_second_side_goes_behind_the_first_and_comes_back(bench):
    before = {name: bench.docks[name].size() for name in ("topics", "publish", "messages")}
    await resize(bench, _SMALLEST)
    assert bench.docks["publish"] in bench.tabifiedDockWidgets(bench.docks["topics"])
    await resize(bench, _LARGE)
    assert not bench.tabifiedDockWidgets(bench.docks["publish"])
    after = {name: bench.docks[name].size() for name in before}
    for name, size in before.items():
        assert abs(after[name].width() - size.width()) <= 2, name
        assert abs(after[name].height() - size.height()) <= 2, name


async def test_a_user_who_tabs_the_sides_keeps_them_tabbed(bench):
    bench.tabifyDockWidget(bench.docks["topics"], bench.docks["publish"])
    await resize(bench, _SMALLEST)
    await resize(bench, _LARGE)
    assert bench.docks["publish"] in bench.tabifiedDockWidgets(bench.docks["topics"])


async def test_widths_from_the_user_come_back_with_the_room(bench):
    border = QPoint(bench.docks["topics"].geometry().right() + 4, 200)
    QTest.mouseMove(bench, border)
    QTest.mousePress(bench, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, border)
    for step in (20, 40, 60):
        QTest.mouseMove(bench, border + QPoint(step, 0))
        await asyncio.sleep(0.03)
    QTest.mouseRelease(
        bench, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, border + QPoint(60, 0)
    )
    wide = bench.docks["topics"].width()
    assert wide > 480
    await resize(bench, (900, 700))
    assert bench.docks["topics"].width() < wide
    await resize(bench, _LARGE)
    assert abs(bench.docks["topics"].width() - wide) <= 2


@pytest.mark.parametrize("px", [11, 19])
async def test_controls_are_as_high_as_their_text(bench, px):
    theme().set_sizes(px, px - 1)
    await asyncio.sleep(0.1)
    window = bench.window()
    seen = [
        each
        for kind in (QPushButton, Chip, SegmentedControl)
        for each in window.findChildren(kind)
        if each.isVisible()
    ]
    assert len(seen) > 3
    for each in seen:
        line = each.fontMetrics().height()
        assert each.height() >= line, (each, each.height(), line)
    search = window.header.search
    assert search.edit.height() >= search.edit.fontMetrics().height()
    assert window.header.height() >= search.height()
