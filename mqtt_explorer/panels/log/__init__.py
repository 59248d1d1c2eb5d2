# SPDX-License-Identifier: MIT
"""The Log panel: states, refusals, malformed messages and errors of one connection."""

from __future__ import annotations

from mqtt_explorer.panels.log.panel import LogPanel

__all__ = ["LogPanel"]
