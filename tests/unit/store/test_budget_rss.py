# SPDX-License-Identifier: MIT
"""The budget is about real memory: each case fills a store in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads /proc, and is calibrated there"
)

ROOT = Path(__file__).resolve().parents[3]
PROBE = Path(__file__).with_name("rss_probe.py")
LIMIT = 256 << 20


def probe(what: str, *numbers: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(PROBE), what, *map(str, numbers)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=100,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("size", [20, 100, 2_000, 100_000])
def test_memory_stays_within_the_budget(size):
    figures = probe("flood", LIMIT, 1_000, size)
    assert figures["evicted"] > 0
    assert figures["used"] <= LIMIT
    assert 0.8 * LIMIT < figures["growth"] <= 1.15 * LIMIT


@pytest.mark.slow
def test_memory_stays_within_the_budget_when_most_of_it_is_last_payloads():
    figures = probe("flood", LIMIT, 300_000, 400)
    assert figures["evicted"] > 0
    assert 0.8 * LIMIT < figures["growth"] <= 1.15 * LIMIT


@pytest.mark.slow
def test_memory_stays_within_the_budget_when_new_topics_never_end():
    figures = probe("flood", LIMIT, 1_200_000, 100)
    assert figures["dropped"] > 0
    assert 0.8 * LIMIT < figures["growth"] <= 1.15 * LIMIT


@pytest.mark.slow
def test_a_topic_takes_at_most_600_bytes():
    figures = probe("grow", 300_000)
    assert figures["topics"] == 300_000
    assert figures["bytes_per_topic"] <= 620  # 593 at a million; the dictionary is emptier here
    assert figures["estimate"] == pytest.approx(figures["bytes_per_topic"], rel=0.15)


@pytest.mark.slow
def test_closing_gives_the_memory_back():
    figures = probe("close", 300_000)
    growth = figures["full"] - figures["before"]
    assert growth > 150 << 20
    assert figures["after"] - figures["before"] <= 0.1 * growth
    assert figures["used"] == 0
    assert figures["frozen_while_open"] > 0
    assert figures["frozen"] == 0
    assert figures["nodes_alive"] == 0
