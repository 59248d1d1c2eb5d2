# SPDX-License-Identifier: MIT
"""The Messages panel: everything below the selection in arrival order."""

from __future__ import annotations

from mqtt_explorer.panels.messages.panel import MessagesPanel

__all__ = ["MessagesPanel"]
