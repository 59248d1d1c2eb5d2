# SPDX-License-Identifier: MIT
"""The theme that the widget tests stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from mqtt_explorer.widgets.theme import MONO_PX, UI_PX, Theme, install


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Theme]:
    """The dark theme at default sizes; put back afterwards."""
    made = install(qapp, "dark", UI_PX, MONO_PX)
    yield made
    made.set_choice("dark")
    made.set_sizes(UI_PX, MONO_PX)
