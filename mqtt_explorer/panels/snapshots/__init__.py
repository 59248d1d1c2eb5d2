# SPDX-License-Identifier: MIT
"""The Snapshots panel: the topic tree kept as it was, and compared with what it is now."""

from __future__ import annotations

from mqtt_explorer.panels.snapshots.panel import SnapshotsPanel

__all__ = ["SnapshotsPanel"]
