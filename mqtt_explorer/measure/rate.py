# SPDX-License-Identifier: MIT
"""Messages and bytes per second, from counters that only grow: nothing is done per message."""

from __future__ import annotations

from collections import deque


class RateMeter:
    """The rate of two cumulative counters over a sliding window.

    Attributes:
        per_s: Messages per second over the window.
        bytes_per_s: Bytes per second over the window.
    """

    def __init__(self, window_s: float = 1.0) -> None:
        self.per_s = 0.0
        self.bytes_per_s = 0.0
        self._window_s = window_s
        self._samples: deque[tuple[float, int, int]] = deque()

    def update(self, now_s: float, messages: int, size: int) -> None:
        """Takes the counters' state at `now_s` (monotonic seconds); call it some times a second, also while nothing arrives.

        A counter that went back begins anew.
        """
        samples = self._samples
        if samples and (messages < samples[-1][1] or size < samples[-1][2]):
            samples.clear()
        samples.append((now_s, messages, size))
        # The oldest sample is the last one at or before the window's edge, so the window is never shorter than asked once it is full.
        while len(samples) > 2 and samples[1][0] <= now_s - self._window_s:
            samples.popleft()
        then_s, messages_then, size_then = samples[0]
        elapsed_s = now_s - then_s
        if elapsed_s > 0:
            self.per_s = (messages - messages_then) / elapsed_s
            self.bytes_per_s = (size - size_then) / elapsed_s
        else:
            self.per_s = self.bytes_per_s = 0.0
