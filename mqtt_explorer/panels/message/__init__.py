# SPDX-License-Identifier: MIT
"""The panel with one message and its topic's history. A package: panels do not import each other."""

from __future__ import annotations

from mqtt_explorer.panels.message.panel import MessagePanel

__all__ = ["MessagePanel"]
