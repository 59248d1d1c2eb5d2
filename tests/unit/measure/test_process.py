# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import time

import psutil
import pytest

from mqtt_explorer.measure import cpu_seconds, rss_bytes


def test_memory_is_what_the_system_says():
    assert rss_bytes() == pytest.approx(psutil.Process(os.getpid()).memory_info().rss, rel=0.05)


def test_memory_follows_growth():
    before = rss_bytes()
    ballast = b"x" * (50 << 20)
    assert rss_bytes() - before > 45 << 20
    del ballast


def test_processor_time_counts_work_but_no_waiting():
    before = cpu_seconds()
    time.sleep(0.05)
    waited = cpu_seconds() - before
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert waited < 0.04
    assert cpu_seconds() - before >= 0.1
