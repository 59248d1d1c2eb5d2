# SPDX-License-Identifier: MIT
"""Fixtures of the model tests."""

from __future__ import annotations

import pytest

from mqtt_explorer.models.frame_clock import FrameClock


@pytest.fixture
def clock(qapp):
    """A clock that is ticked by hand: `clock.tick.emit()`."""
    made = FrameClock()
    yield made
    made.stop()
    made.deleteLater()
