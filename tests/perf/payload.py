# SPDX-License-Identifier: MIT
"""`payload`: from the choice of a topic to the first painted page of a giant payload, and the window meanwhile."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator

from tests.perf.processes import REPOSITORY
from tests.perf.receivers import Line
from tests.perf.run import Run

_MEDIANS = ("first_page_ms", "whole_ms", "scroll_max_ms")


def benchmark(run: Run) -> Iterator[Line]:
    """Yields a row per giant: the medians of fresh processes, and the worst gap of the event loop."""
    rounds = [_round(run) for _ in range(run.size.rounds)]
    for results in zip(*rounds, strict=True):
        yield {
            "case": results[0]["giant"],
            "bytes": results[0]["bytes"],
            "lines": results[0]["lines"],
            **{key: statistics.median(each[key] for each in results) for key in _MEDIANS},
            "gap_max_ms": max(each["gap_max_ms"] for each in results),
            "rounds": len(results),
        }


def _round(run: Run) -> list[Line]:
    command = [sys.executable, "-m", "tests.perf.payload_probe"]
    command += [str(run.size.giants), str(run.size.settle_s)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=run.screen_environment, stdout=subprocess.PIPE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
