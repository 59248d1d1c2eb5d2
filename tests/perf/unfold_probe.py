# SPDX-License-Identifier: MIT
"""Unfolds a branch of many children in the real Topics panel and jumps to its end, each by one key press; prints the times as JSON.

A time runs from the key press to the paint event that shows the result, what Qt does after that event included.
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from mqtt_explorer.connection import Connection
from mqtt_explorer.models.frame_clock import FrameClock
from mqtt_explorer.models.topic_model import TOPIC
from mqtt_explorer.panels.topics import TopicsPanel
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store.budget import Budget
from mqtt_explorer.widgets import theme
from tests.perf.loadgen import child_topic, payload_of

SETTLE_MS = 500
GIVE_UP_MS = 30_000
FAILED = 1


class Probe(QObject):
    """Presses Right, then End, and watches the tree's paint events."""

    def __init__(self, panel: TopicsPanel, children: int) -> None:
        super().__init__()
        self._tree = panel.tree
        self._model = panel.model
        self._children = children
        self._pressed_at = 0.0
        self._key = Qt.Key.Key_unknown
        self.times_ms: dict[str, float] = {}
        self._tree.viewport().installEventFilter(self)

    def press(self, key: Qt.Key) -> None:
        """Sends a key to the tree as the keyboard would, and starts the watch."""
        self._key, self._pressed_at = key, time.perf_counter()
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.postEvent(self._tree, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Once the result can be seen, the loop's next turn is after this paint event."""
        if event.type() == QEvent.Type.Paint and self._key != Qt.Key.Key_unknown and self._shown():
            key, self._key = self._key, Qt.Key.Key_unknown
            QTimer.singleShot(0, self, lambda: self._painted(key))
        return False

    def _shown(self) -> bool:
        branch = self._model.index(0, TOPIC)
        row = self._children - 1 if self._key == Qt.Key.Key_End else 0
        child = self._model.index(row, TOPIC, branch)
        if not child.isValid():
            return False
        if self._key == Qt.Key.Key_End and self._tree.currentIndex().row() != row:
            return False
        return self._tree.viewport().rect().contains(self._tree.visualRect(child).center())

    def _painted(self, key: Qt.Key) -> None:
        elapsed_ms = round((time.perf_counter() - self._pressed_at) * 1e3, 1)
        if key == Qt.Key.Key_Right:
            self.times_ms["unfold_ms"] = elapsed_ms
            QTimer.singleShot(SETTLE_MS, self, lambda: self.press(Qt.Key.Key_End))
        else:
            self.times_ms["end_ms"] = elapsed_ms
            QCoreApplication.exit(0)


def fill(connection: Connection, children: int) -> None:
    """Puts the topics into the store, 500 to a batch, as reads would bring them."""
    for at in range(0, children, 500):
        numbers = range(at, min(at + 500, children))
        frames = [(1, child_topic(n), b"", payload_of(n, 100), 100) for n in numbers]
        wire_bytes = sum(4 + len(frame[1]) + 100 for frame in frames)
        connection.store.apply(Batch(time.monotonic_ns(), time.time_ns(), frames, wire_bytes=wire_bytes))


def main() -> int:
    """Runs the probe; ends with status 1 when the result never showed."""
    children = int(sys.argv[1])
    app = QApplication(sys.argv[:1])
    theme.install(app)
    connection = Connection(ConnectOptions(BrokerUrl.parse("mqtt://127.0.0.1")[0]), budget=Budget())
    fill(connection, children)
    clock = FrameClock()
    panel = TopicsPanel(clock)
    panel.resize(480, 800)
    panel.set_connection(connection)
    panel.show()
    panel.tree.setFocus()
    panel.tree.setCurrentIndex(panel.model.index(0, TOPIC))
    clock.start()
    probe = Probe(panel, children)
    QTimer.singleShot(SETTLE_MS, probe, lambda: probe.press(Qt.Key.Key_Right))
    QTimer.singleShot(GIVE_UP_MS, probe, lambda: QCoreApplication.exit(FAILED))
    status = app.exec()
    if status == 0:
        print(json.dumps(probe.times_ms))
    return status


if __name__ == "__main__":
    sys.exit(main())
