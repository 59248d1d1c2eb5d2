# SPDX-License-Identifier: MIT
from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True)
def _thaw():
    """A large store that a test leaves behind must not keep the garbage of the tests after it."""
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
