# SPDX-License-Identifier: MIT
from __future__ import annotations

import time

from PySide6.QtWidgets import QWidget

from mqtt_explorer.models.frame_clock import FrameClock, Turn, any_window_exposed


def test_it_ticks_thirty_times_a_second_while_a_window_is_seen(clock, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    assert any_window_exposed()
    clock.start()
    start = time.monotonic()
    qtbot.waitUntil(lambda: clock.frames >= 10)
    assert time.monotonic() - start >= 0.3
    assert clock.active


def test_each_frame_is_the_turn_of_some(clock):
    turns = []
    for _ in range(6):
        clock.tick.emit()
        turns.append([turn.name for turn in Turn if clock.is_turn(turn)])
    assert turns == [["TREE"], ["MESSAGES"], ["OTHERS"]] * 2


def test_it_is_silent_while_nobody_can_see_it(clock, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    clock.start()
    qtbot.waitUntil(lambda: clock.frames >= 1)
    with qtbot.waitSignal(clock.active_changed) as caught:
        window.hide()
    assert caught.args == [False]
    frames = clock.frames
    qtbot.wait(250)
    assert clock.frames == frames
    window.show()
    qtbot.waitUntil(lambda: clock.frames > frames, timeout=1_000)
    assert clock.active


def test_it_stops_when_told(clock, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    clock.start()
    clock.start()
    qtbot.waitUntil(lambda: clock.frames >= 1)
    clock.stop()
    frames = clock.frames
    qtbot.wait(100)
    assert clock.frames == frames
    assert not clock.active


def test_a_listener_may_stop_it(qapp, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    clock = FrameClock()
    clock.tick.connect(clock.stop)
    clock.start()
    qtbot.waitUntil(lambda: clock.frames == 1)
    qtbot.wait(100)
    assert clock.frames == 1
