# SPDX-License-Identifier: MIT
"""PySide6 must give back every reference to None and True that it takes.

PySide6 6.12.0 on Python < 3.12 loses one reference to None with every void call and one to True with every emit; the process aborts
("none_dealloc") after some hundred signals. From Python 3.12 on both objects are immortal and their count says nothing.
"""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal

# Few enough that the process survives to report it.
CALLS = 300
# Other code may make and drop a few references meanwhile; the defect loses one for each call.
NOISE = 100

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="None and True are immortal on this Python"
)


class Sender(QObject):
    happened = Signal()
    changed = Signal(bool)


def test_void_calls_keep_none(qapp):
    target = QObject()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        target.setObjectName("x")
    assert abs(sys.getrefcount(None) - before) < NOISE


def test_emits_keep_none_and_true(qapp):
    sender = Sender()
    seen = []
    sender.happened.connect(lambda: seen.append(1))
    sender.changed.connect(lambda value: seen.append(2 if value else 3))
    none_before, true_before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(CALLS):
        sender.happened.emit()
        sender.changed.emit(True)
    assert abs(sys.getrefcount(None) - none_before) < NOISE
    assert abs(sys.getrefcount(True) - true_before) < NOISE
    assert len(seen) == 2 * CALLS
