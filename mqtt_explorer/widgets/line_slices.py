# SPDX-License-Identifier: MIT
"""Long work of a widget in slices of some milliseconds, with all events of the window between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer

SLICE_S: Final = 0.005


class Slices(QObject):
    """Runs one generator at a time; each of its steps takes well below a slice.

    Args:
        parent: Whose end ends the work too.
        on_slice: Called after each slice, also after the last one.
    """

    def __init__(self, parent: QObject, on_slice: Callable[[], object]) -> None:
        super().__init__(parent)
        self._on_slice = on_slice
        self._steps: Iterator[object] | None = None
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self.run_slice)

    @property
    def running(self) -> bool:
        """True until the generator has ended or was stopped."""
        return self._steps is not None

    def start(self, steps: Iterator[object]) -> None:
        """Begins other work; what was under way is forgotten. The first slice comes with the next events."""
        self._steps = steps
        self._timer.start()

    def stop(self) -> None:
        """Forgets what is under way; `on_slice` is not called."""
        self._timer.stop()
        self._steps = None

    def run_slice(self, seconds: float = SLICE_S) -> None:
        """Works for so long, or to the end."""
        steps = self._steps
        if steps is None:
            return
        end = time.perf_counter() + seconds
        for _ in steps:
            if time.perf_counter() >= end:
                break
        else:
            self.stop()
        self._on_slice()
