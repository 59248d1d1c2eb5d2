# SPDX-License-Identifier: MIT
"""`receive`: a flood of small messages, taken by our program and by mosquitto_sub, one after the other and never attached together.

Both are timed in the same way: from the first to the last byte they take out of their sockets, as the kernel counts them.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.perf.broker import BenchBroker, Generator, publish
from tests.perf.mosquitto_sub import MosquittoSub
from tests.perf.processes import Flow, SocketMeter, record_flow
from tests.perf.receivers import Line, Receiver, gaps_within, summarise_gaps
from tests.perf.run import Run


@dataclass(frozen=True)
class Case:
    """One way to receive.

    Attributes:
        name: What stands in the output.
        share: The part of the run's messages this case sends; slower ways get fewer.
    """

    name: str
    scheme: str = "mqtt"
    version: str = "5"
    qos: int = 0
    brokers: int = 1
    share: float = 1.0


CASES = (
    Case("MQTT 5"),
    Case("MQTT 3.1.1", version="3.1.1"),
    Case("QoS 1", qos=1, share=0.5),
    Case("TLS", scheme="mqtts"),
    Case("websockets", scheme="ws"),
    Case("three brokers", brokers=3),
)


@dataclass(frozen=True)
class Ours:
    """What one flood did to our program."""

    per_s: float
    cpu_us: float
    gaps: list[Line]
    lost: int
    dropped: int
    evicted: int


@dataclass(frozen=True)
class Yardstick:
    """What the same flood did to mosquitto_sub."""

    per_s: float
    lost: int


def benchmark(run: Run) -> Iterator[Line]:
    """Yields a row per case."""
    for case in (case for case in CASES if case.name in run.size.cases):
        with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            brokers = [
                stack.enter_context(BenchBroker(folder, name=f"mosquitto-{number}"))
                for number in range(case.brokers)
            ]
            yield _row(run, case, folder, brokers)


def _row(run: Run, case: Case, folder: Path, brokers: Sequence[BenchBroker]) -> Line:
    messages = int(run.size.flood * case.share)
    ours: list[Ours] = []
    theirs: list[Yardstick] = []
    for number in range(run.size.rounds):
        # Whoever comes first finds a cooler machine: they take turns.
        for who in ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours"):
            if who == "ours":
                ours.append(_flood_ours(run, case, folder, brokers, messages))
            else:
                theirs.append(_flood_mosquitto_sub(case, brokers, messages))
    ours_per_s = statistics.median(result.per_s for result in ours)
    theirs_per_s = statistics.median(result.per_s for result in theirs)
    row: Line = {
        **run.label(case.name),
        "ours_per_s": round(ours_per_s),
        "mosquitto_sub_per_s": round(theirs_per_s),
        "ratio": round(ours_per_s / theirs_per_s, 3),
        "cpu_us_per_message": round(statistics.median(result.cpu_us for result in ours), 2),
        **summarise_gaps([gap for result in ours for gap in result.gaps]),
        "lost": sum(result.lost for result in ours),
        "dropped": sum(result.dropped for result in ours),
        "evicted": min(result.evicted for result in ours),
        "mosquitto_sub_lost": sum(result.lost for result in theirs),
        "messages": messages * case.brokers,
        "rounds": run.size.rounds,
    }
    if case.scheme == "ws":
        row["mosquitto_sub_over"] = "TCP; it speaks no websockets"
    return row


def _flood_ours(run: Run, case: Case, folder: Path, brokers: Sequence[BenchBroker], messages: int) -> Ours:
    with run.start(folder, brokers, scheme=case.scheme, version=case.version, qos=case.qos) as receiver:
        receiver.wait_connected()
        expected = fill_budget(receiver, brokers[0], run.size.fill)
        receiver.unfold()
        receiver.wait_lines(1)  # what happened until now does not count into the flood's seconds
        before = receiver.lines()[-1]
        cpu = receiver.cpu_seconds()
        flow, sent, span = _flood(receiver.meter, brokers, case, messages)
        expected += sent
        received = receiver.wait_received(expected)
        cpu = receiver.cpu_seconds() - cpu
        receiver.wait_lines(1)
        after = receiver.lines()[-1]
        return Ours(
            per_s=sent / flow.seconds,
            cpu_us=cpu / sent * 1e6,
            gaps=gaps_within(receiver.lines(), *span),
            lost=expected - received,
            dropped=after["dropped"] - before["dropped"],
            evicted=after["evicted"],
        )


def fill_budget(receiver: Receiver, broker: BenchBroker, messages: int | None) -> int:
    """Sends messages until the memory budget is full and the oldest history goes; returns how many.

    Args:
        messages: Send only so many, in a small run that cannot fill it.
    """
    sent = 0
    while True:
        sent += publish(broker.port, "flood", count=messages or 300_000).sent
        if receiver.wait_received(sent, 60) < sent:
            raise RuntimeError(
                f"only {receiver.newest('received')} of {sent} messages came while the budget was filled"
            )
        if messages is not None or receiver.newest("evicted") > 0:
            return sent


def _flood_mosquitto_sub(case: Case, brokers: Sequence[BenchBroker], messages: int) -> Yardstick:
    """Several brokers get a mosquitto_sub each: it keeps one connection only."""
    with contextlib.ExitStack() as stack:
        subs = [
            stack.enter_context(MosquittoSub(broker, scheme=case.scheme, version=case.version, qos=case.qos))
            for broker in brokers
        ]
        for sub in subs:
            sub.wait_connected()
        time.sleep(0.2)
        meter = SocketMeter(*(sub.connection for sub in subs))
        flow, sent, _ = _flood(meter, brokers, case, messages)
        printed = sum(sub.stop() for sub in subs)
    return Yardstick(sent / flow.seconds, sent - printed)


def _flood(
    meter: SocketMeter, brokers: Sequence[BenchBroker], case: Case, messages: int
) -> tuple[Flow, int, tuple[float, float]]:
    """Floods all brokers; returns the flow, the messages sent, and begin and end in seconds since the epoch."""
    generators = [Generator(broker.port, "flood", count=messages, qos=case.qos) for broker in brokers]
    try:
        flow = record_flow(
            meter, busy=lambda: any(generator.running for generator in generators), quiet_s=0.7, timeout_s=180
        )
        sent = sum(generator.result().sent for generator in generators)
    finally:
        for generator in generators:
            generator.stop()
    to_epoch = time.time() - time.monotonic()
    return flow, sent, (flow.begin + to_epoch, flow.end + to_epoch)
