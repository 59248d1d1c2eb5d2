# SPDX-License-Identifier: MIT
"""The Noise panel: which branches the messages and bytes of one connection come from."""

from __future__ import annotations

from mqtt_explorer.panels.noise.panel import NoisePanel

__all__ = ["NoisePanel"]
