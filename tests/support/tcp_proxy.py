# SPDX-License-Identifier: MIT
"""The cable somebody pulls: the fault-injecting proxy under the name of what most tests need of it, `port`, `accepted` and `cut()`."""

from __future__ import annotations

from tests.support.fault_proxy import FaultProxy as TcpProxy

__all__ = ["TcpProxy"]
