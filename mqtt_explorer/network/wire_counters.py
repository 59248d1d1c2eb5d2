# SPDX-License-Identifier: MIT
"""What went over the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class WireCounters:
    """Cumulative counts since the client was made.

    Attributes:
        bytes_in: Read, everything included.
        bytes_out: Written, everything included.
        published: Messages that were acknowledged, also with a refusal (QoS 0: that left).
    """

    bytes_in: int = 0
    bytes_out: int = 0
    published: int = 0
