# SPDX-License-Identifier: MIT
"""The Subscriptions panel: what was asked of the broker and what it granted."""

from __future__ import annotations

from mqtt_explorer.panels.subscriptions.panel import SubscriptionsPanel

__all__ = ["SubscriptionsPanel"]
