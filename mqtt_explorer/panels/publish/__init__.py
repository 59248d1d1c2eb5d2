# SPDX-License-Identifier: MIT
"""The Publish panel: one message, written and sent by hand."""

from __future__ import annotations

from mqtt_explorer.panels.publish.panel import PublishPanel

__all__ = ["PublishPanel"]
