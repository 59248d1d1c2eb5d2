# SPDX-License-Identifier: MIT
"""`search`: from a key in the real search bar to rows on the screen, over a million topics."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator

from tests.perf.processes import REPOSITORY
from tests.perf.receivers import Line
from tests.perf.run import Run


def benchmark(run: Run) -> Iterator[Line]:
    """Yields a row per kind of search: the medians of fresh processes, and the worst gap."""
    rounds = [_round(run) for _ in range(run.size.rounds)]
    for results in zip(*rounds, strict=True):
        yield {
            "case": f"{results[0]['search']}, {run.size.searched:,} topics",
            "hits": results[0]["hits"],
            **{key: statistics.median(each[key] for each in results) for key in ("first_hits_ms", "all_ms")},
            "gap_max_ms": max(each["gap_max_ms"] for each in results),
            "rounds": len(results),
        }


def _round(run: Run) -> list[Line]:
    command = [sys.executable, "-m", "tests.perf.search_probe"]
    command += [str(run.size.searched), str(run.size.settle_s)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=run.screen_environment, stdout=subprocess.PIPE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
