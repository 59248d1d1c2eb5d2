# SPDX-License-Identifier: MIT
"""The collection runs in the window's thread only."""

from __future__ import annotations

import gc
import threading
import time
import weakref

from mqtt_explorer.app.garbage import GarbageTimer


class Knot:
    def __init__(self):
        self.me = self


def test_a_thread_that_allocates_does_not_collect(qtbot):
    timer = GarbageTimer()
    timer.start()
    try:
        threads = set()

        def note(phase, _info):
            if phase == "start":
                threads.add(threading.current_thread())

        gc.callbacks.append(note)
        try:
            worker = threading.Thread(target=lambda: [Knot() for _ in range(20_000)])
            worker.start()
            worker.join()
            alive = weakref.ref(Knot())
            qtbot.waitUntil(lambda: alive() is None, timeout=10_000)
        finally:
            gc.callbacks.remove(note)
        assert threads == {threading.main_thread()}
    finally:
        timer.stop()
        gc.unfreeze()
    assert gc.isenabled()


def test_cycles_are_collected_while_it_runs(qtbot):
    timer = GarbageTimer()
    timer.start()
    try:
        started = time.monotonic()
        dead = weakref.ref(Knot())
        qtbot.waitUntil(lambda: dead() is None, timeout=10_000)
        assert time.monotonic() - started < 10
    finally:
        timer.stop()
        gc.unfreeze()
