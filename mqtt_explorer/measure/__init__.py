# SPDX-License-Identifier: MIT
"""Numbers beside the flow: rates, the loop's lateness, process figures, the metrics object."""

from __future__ import annotations

from mqtt_explorer.measure.loop_lag import Gaps, LoopGap
from mqtt_explorer.measure.metrics import ConnectionFigures, metrics
from mqtt_explorer.measure.process import cpu_seconds, rss_bytes
from mqtt_explorer.measure.rate import RateMeter

__all__ = ["ConnectionFigures", "Gaps", "LoopGap", "RateMeter", "cpu_seconds", "metrics", "rss_bytes"]
