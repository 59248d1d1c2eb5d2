# SPDX-License-Identifier: MIT
"""The engine without its window: a `Connection` per URL in a plain asyncio loop, and a line of metrics a second."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path

from mqtt_explorer.connection import Connection
from mqtt_explorer.measure import LoopGap, cpu_seconds, metrics, rss_bytes
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion, TlsOptions
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store.budget import Budget

FRAME_S = 1 / 30
"""How often the store's changes are taken, as the window's frame clock would."""


async def run(args: argparse.Namespace) -> None:
    """Receives everything until SIGTERM."""
    budget, read_budget = Budget(args.budget), ReadBudget()
    subscription = Subscription(TopicFilter("#"), qos=args.qos)
    connections = [
        Connection(
            ConnectOptions(
                BrokerUrl.parse(url)[0],
                version=ProtocolVersion.V5 if args.version == "5" else ProtocolVersion.V311,
                tls=TlsOptions(ca_file=args.cafile),
            ),
            budget=budget,
            read_budget=read_budget,
            subscriptions=[subscription],
        )
        for url in args.urls
    ]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gap = LoopGap()
    gap.start()
    for connection in connections:
        connection.open()
    written, next_line = loop.time(), loop.time()
    with Path(args.metrics).open("a", buffering=1, encoding="utf-8") as out:
        while not stop.is_set():
            await asyncio.sleep(FRAME_S)
            for connection in connections:
                connection.store.take_changes()
            if (now := loop.time()) >= next_line:
                next_line += 1.0
                figures = [connection.figures(now - written) for connection in connections]
                written = now
                line = metrics(
                    figures,
                    wall_ns=time.time_ns(),
                    state=figures[0].state,
                    budget_bytes=budget.limit_bytes,
                    rss_bytes=rss_bytes(),
                    cpu_seconds=cpu_seconds(),
                    frames=None,
                    gaps=gap.read(),
                )
                out.write(json.dumps(line) + "\n")
    for connection in connections:
        await connection.close()
    await gap.stop()


def main() -> int:
    """Reads the arguments and runs until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf.engine_probe", description=__doc__)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--version", choices=("5", "3.1.1"), default="5")
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    parser.add_argument("--budget", type=int, help="bytes; the program's own default unless told")
    parser.add_argument("--cafile")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
