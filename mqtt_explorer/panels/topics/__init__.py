# SPDX-License-Identifier: MIT
"""The panel with the topic tree. A package of its own: panels do not import each other, so its parts live inside it."""

from __future__ import annotations

from mqtt_explorer.panels.topics.panel import TopicsPanel
from mqtt_explorer.panels.topics.sort_menu import Look

__all__ = ["Look", "TopicsPanel"]
