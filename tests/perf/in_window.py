# SPDX-License-Identifier: MIT
"""A probe's way into the program: its own process, with the window's application and loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication

from mqtt_explorer.widgets import theme


def run_in_window(measuring: Coroutine[Any, Any, None]) -> int:
    """Runs a coroutine as `app.main` runs the program; the process's exit code."""
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    theme.install(app)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(measuring)
    return 0
