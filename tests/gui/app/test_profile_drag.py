# SPDX-License-Identifier: MIT
"""A real drag on a real display: the view's own nested loop is the only one there is, and messages flow during it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.mosquitto import find_program

#: Runs in a process of its own: the offscreen platform of the other tests cannot drag.
PROGRAM = """
import asyncio, json, sys, time
from pathlib import Path
import qasync
from PySide6.QtCore import QPoint, QTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.app.profiles.list_panel import ProfileList
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
from mqtt_explorer.widgets.theme import install

app = QApplication([])
install(app, "dark")
LIBRARY = Library(folders=("A", "B"), profiles=(Profile(id="a", name="a", folder="A"),))

async def main():
    book = ProfileBook(LIBRARY, ProfileFile(Path(sys.argv[1])))
    shown = ProfileList(book)
    shown.resize(260, 400)
    shown.show()
    await asyncio.sleep(0.2)
    window, tree = shown.windowHandle(), shown.tree

    def place(key):
        return tree.viewport().mapTo(shown, tree.visualRect(shown.model.index_of(key)).center())

    start, goal = place(("profile", "a")), place(("folder", "B"))
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    dragging = tree.state().DraggingState
    QTimer.singleShot(50, lambda: QTest.mousePress(window, left, plain, start))
    for step in range(1, 8):
        QTimer.singleShot(50 + 60 * step, lambda step=step: QTest.mouseMove(window, goal + QPoint(step, 0)))
    QTimer.singleShot(600, lambda: QTest.mouseRelease(window, left, plain, goal))
    during, last, gap, end = 0, time.monotonic(), 0.0, time.monotonic() + 1.0
    while time.monotonic() < end:
        await asyncio.sleep(0.005)
        now = time.monotonic()
        if tree.state() == dragging:
            during += 1
            gap = max(gap, now - last)
        last = now
    await book.finish()
    print(json.dumps({"during": during, "gap": gap, "folder": book.find("a").folder}))

loop = qasync.QEventLoop(app)
with loop:
    loop.run_until_complete(main())
"""


def test_messages_flow_while_a_broker_is_dragged_into_a_folder(tmp_path):
    reader, writer = os.pipe()
    options = ["-displayfd", str(writer), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    display = subprocess.Popen([find_program("Xvfb"), *options], pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            env={**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        display.terminate()
        display.wait()
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["folder"] == "B"
    assert told["during"] >= 20, "the loop stood still during the drag"
    assert told["gap"] < 0.2
