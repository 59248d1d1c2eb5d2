# SPDX-License-Identifier: MIT
"""`python -m tests.perf NAME`: runs a benchmark and prints JSON, one object per line, each with its `case`; nothing else on stdout."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.perf import idle, memory, payload, receive, reconnect, search, soak, startup, topics
from tests.perf.receivers import Line, start_engine
from tests.perf.run import SIZES, Run, Size
from tests.perf.window import Screen, WindowStarter
from tests.support.mosquitto import MosquittoError

BENCHMARKS: dict[str, Callable[[Run], Iterator[Line]]] = {
    "receive": receive.benchmark,
    "topics": topics.benchmark,
    "memory": memory.benchmark,
    "idle": idle.benchmark,
    "startup": startup.benchmark,
    "reconnect": reconnect.benchmark,
    "search": search.benchmark,
    "payload": payload.benchmark,
    "soak": soak.benchmark,
}
WITHOUT_WINDOW = ("receive", "topics", "memory", "idle")


def main() -> int:
    """Runs one benchmark; a benchmark that cannot measure ends with status 1 and the reason on stderr."""
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description="Measures speed and memory and prints JSON, one object per line. "
        "A rate is of use beside the rate of mosquitto_sub in the same row: it comes from the same machine in the same minutes.",
        epilog="receive: a flood of small messages. topics: a broker full of retained messages, and a branch of many children. "
        "memory: bytes per topic, and per message of the history. idle: processor time at 1,000 lone messages a second. startup: time to the first painted frame. "
        "reconnect: what is lost or doubled when the connection is reset again and again, and the window while it dials in vain. "
        "search: from a key in the search bar to rows on the screen, over a million topics. "
        "payload: from the choice of a topic to the first page of a giant payload. "
        "soak: ten minutes of 5,000 messages a second with the tree sorted and searched.",
    )
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument(
        "--size",
        choices=SIZES,
        default="full",
        help="small only shows that the benchmark works; its figures mean little",
    )
    parser.add_argument("--engine", action="store_true", help="without the window")
    parser.add_argument("--case", choices=SIZES["full"].cases, help="only this case of receive")
    args = parser.parse_args()
    size = SIZES[args.size] if args.case is None else replace(SIZES[args.size], cases=(args.case,))
    if args.engine and args.name not in WITHOUT_WINDOW:
        parser.error(f"{args.name} is about the window; leave --engine out")
    # Whoever ends us also ends what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        measure(args.name, size, engine=args.engine)
    except (MosquittoError, RuntimeError, TimeoutError, subprocess.CalledProcessError) as error:
        print(f"bench: {args.name} could not be measured: {error}", file=sys.stderr)
        return 1
    return 0


def measure(name: str, size: Size, *, engine: bool) -> None:
    """Runs a benchmark and prints each row as it comes."""
    with contextlib.ExitStack() as stack:
        if engine:
            run = Run(size, True, start_engine)
        else:
            screen = stack.enter_context(Screen())
            run = Run(size, False, WindowStarter(screen).start, screen.environment())
        for row in BENCHMARKS[name](run):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
