# SPDX-License-Identifier: MIT
"""`reconnect`: what is lost or doubled while the connection is reset again and again under traffic in both directions.

The program's connection (fixed client id, its session kept for 300 s) runs through a proxy that resets it 1 to 3 s after each SUBACK. It
publishes at QoS 1 and 2 and receives at QoS 1 and 2; a bare paho on the broker itself sends and counts. After each
SUBACK a marker goes to each of 100 topics, each with a filter of its own. A path of 20 ms
each way lets many resets meet messages under way.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from tests.perf import packets
from tests.perf.broker import NO_LIMITS, BenchBroker
from tests.perf.dialing import dialing
from tests.perf.packet_trace import PacketTrace
from tests.perf.receivers import Line, Receiver, gaps_within, run_folder, summarise_gaps
from tests.perf.reconnect_probe import TOLD, due
from tests.perf.run import Run
from tests.support.fault_proxy import FaultProxy

FILTERS = 100
PATH_S = 0.020
"""How long a byte is on its way, each way: without it hardly anything is under way when the connection is cut.

With much more, an in-flight window of 20 could not carry the publishes in time.
"""
RESET_AFTER_S = (1.0, 3.0)
SEED = 50
POLL_S = 0.01
PATIENCE_S = 60.0
QUIET_S = 8.0
"""Nothing new for so long, and what is missing then is lost."""
VERSIONS = {"5": ("MQTT 5", MQTTv5), "3.1.1": ("MQTT 3.1.1", MQTTv311)}
TOPICS = tuple(f"{way}/{qos}" for way in ("out", "in") for qos in (1, 2))


def benchmark(run: Run) -> Iterator[Line]:
    """Yields a row per version, then the rows of `dialing`."""
    for version in VERSIONS:
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as name,
            BenchBroker(Path(name), NO_LIMITS) as broker,
        ):
            yield asyncio.run(_Resets(run, Path(name), broker, version).measure())
    yield from dialing(run)


class _Witness:
    """A bare paho, in a thread of its own on the broker itself: publishes, and counts how often each message came there.

    Not mosquitto_sub: that of Debian 12 ends with "a network protocol error" when its own broker sends it more than it asked for.
    """

    def __init__(self, port: int, protocol: int) -> None:
        self.counts: dict[str, Counter[int]] = {topic: Counter() for topic in TOPICS}
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=protocol)
        self.client.on_message = self._count
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def subscribe(self, filter_text: str) -> None:
        """Asks for what it shall count."""
        self.client.subscribe(filter_text, 2)

    def _count(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.counts[message.topic][int(message.payload)] += 1

    def total(self) -> int:
        """All that came so far."""
        return sum(sum(counts.values()) for counts in list(self.counts.values()))

    def __enter__(self) -> _Witness:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class _Resets:
    """One version's run."""

    def __init__(self, run: Run, folder: Path, broker: BenchBroker, version: str) -> None:
        self._run, self._folder, self._broker = run, folder, broker
        self._version = version
        self._count, self._resets = run.size.publishes, run.size.resets
        self._record = run_folder(folder) / "record.jsonl"
        self._record.touch()
        self._read_to = 0
        self._events: list[dict[str, Any]] = []
        self._progress: dict[str, Any] = {}
        self._done = 0
        self._since = 0.0
        self._trace = PacketTrace(v5=version == "5")

    async def measure(self) -> Line:
        """Runs it and returns the row.

        Raises:
            RuntimeError: The connection did not come back, or the broker's side did not work.
            TimeoutError: It took far too long.
        """
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(FaultProxy(self._broker.port, observer=self._trace))
            proxy.up.delay_s = proxy.down.delay_s = PATH_S
            sender, witness = (
                stack.enter_context(_Witness(self._broker.port, VERSIONS[self._version][1])) for _ in range(2)
            )
            for filter_text in ("out/+", "in/+"):
                witness.subscribe(filter_text)
            receiver = stack.enter_context(self._start_program(proxy.port))
            await self._granted(1)
            begin, began = time.time(), time.monotonic()
            self._since = time.monotonic()
            sending = [asyncio.create_task(self._send(sender.client, qos)) for qos in (1, 2)]
            helper = stack.enter_context(socket.create_connection(("127.0.0.1", self._broker.port)))
            helper.sendall(packets.connect("bench-markers"))
            await self._cut_again_and_again(proxy, receiver, helper)
            await asyncio.gather(*sending)
            await self._quiet(witness)
            seconds, end = time.monotonic() - began, time.time()
            gaps = gaps_within(receiver.lines(), begin, end)
        return {**self._row(witness), **summarise_gaps(gaps), "seconds": round(seconds, 1)}

    # -- the parts -----------------------------------------------------------------------------------------------------

    def _start_program(self, port: int) -> Receiver:
        run = run_folder(self._folder)
        metrics = run / "metrics.jsonl"
        command = [sys.executable, "-m", "tests.perf.reconnect_probe", str(self._record)]
        command += [str(self._count), str(self._resets), "--", "--config", str(run / "config")]
        command += ["--metrics", str(metrics), "-V", self._version, "-i", "bench-reconnect", "-q", "2"]
        for number in range(FILTERS):
            command += ["-t", f"live/{number}"]
        command += ["-t", "in/+", f"mqtt://127.0.0.1:{port}"]
        return Receiver(command, metrics, [], self._run.screen_environment)

    async def _send(self, sender: Client, qos: int) -> None:
        """Publishes to the program, spread over the resets as the program's own publishes are."""
        sent: list[MQTTMessageInfo] = []
        while len(sent) < self._count:
            upto = due(self._count, self._resets, self._done, time.monotonic() - self._since)
            numbers = range(len(sent), upto)
            sent += [sender.publish(f"in/{qos}", b"%d" % number, qos) for number in numbers]
            await asyncio.sleep(POLL_S)
        while not sent[-1].is_published():
            await asyncio.sleep(POLL_S)

    async def _cut_again_and_again(
        self, proxy: FaultProxy, receiver: Receiver, helper: socket.socket
    ) -> None:
        chance = random.Random(SEED)
        while True:
            for number in range(FILTERS):
                helper.sendall(packets.publish(b"live/%d" % number, b"%d" % self._done))
            if self._done == self._resets:
                return
            await asyncio.sleep(chance.uniform(*RESET_AFTER_S))
            receiver.lines()  # raises when the program met an error
            proxy.cut()
            self._done += 1
            self._since = time.monotonic()
            await self._granted(self._done + 1)

    # -- what the program tells ----------------------------------------------------------------------------------------

    def _look(self) -> None:
        with self._record.open("rb") as file:
            file.seek(self._read_to)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            event = json.loads(line)
            if event["event"] == "progress":
                self._progress = event
            else:
                self._events.append(event)

    def _named(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self._events if event["event"] == name]

    async def _granted(self, times: int) -> None:
        """Waits until all filters were granted for so many connections.

        Raises:
            RuntimeError: The program does not try any more.
            TimeoutError: It did not happen.
        """
        deadline = time.monotonic() + PATIENCE_S
        while len(self._named("granted")) < times:
            await asyncio.sleep(POLL_S)
            self._look()
            states = self._named("state")
            if states and states[-1]["state"] == "failed":
                raise RuntimeError(f"after {self._done} resets the program gave up: {states[-1]['reason']}")
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the filters were not granted for connection {times}; states {states[-3:]}"
                )

    async def _quiet(self, witness: _Witness) -> None:
        """Waits until everything has come, or nothing new comes any more."""
        last, since = None, time.monotonic()
        while time.monotonic() - since < QUIET_S:
            self._look()
            now = (self._progress.get("answered"), self._progress.get("received"), witness.total())
            if now != last:
                last, since = now, time.monotonic()
            everything = [self._count] * 2
            arrived = all(len(witness.counts[topic]) == self._count for topic in TOPICS)
            if arrived and now[:2] == (everything, everything):
                since = min(since, time.monotonic() - QUIET_S + 1.0)  # a duplicate may follow
            await asyncio.sleep(0.1)
        self._look()

    # -- the figures ---------------------------------------------------------------------------------------------------

    def _row(self, witness: _Witness) -> Line:
        row: Line = {
            "case": VERSIONS[self._version][0],
            "resets": self._done,
            "publishes_per_qos": self._count,
        }
        for qos in (1, 2):
            sent = [witness.counts[f"{way}/{qos}"] for way in ("out", "in")]
            if len(sent[1]) != self._count:
                raise RuntimeError(f"paho sent {len(sent[1])} of {self._count} messages")
            lost_out = self._count - len(sent[0])
            lost_in = self._count - self._progress["received"][qos - 1]
            doubled_out = sum(sent[0].values()) - len(sent[0])
            doubled_in = self._progress["doubled"][qos - 1]
            row |= {f"lost_qos{qos}": lost_out + lost_in, f"duplicated_qos{qos}": doubled_out + doubled_in}
            row |= {
                f"qos{qos}_out": {"lost": lost_out, "duplicated": doubled_out},
                f"qos{qos}_in": {"lost": lost_in, "duplicated": doubled_in},
            }
        live = [self._progress["live"].get(str(number), 0) for number in range(1, self._done + 1)]
        states = Counter(event["state"] for event in self._named("state"))
        self._explain(witness)
        return row | {
            "live_filters": min(live, default=0),
            "states": dict(states),
            "extra_state_events": self._extra_states(),
            "unanswered": len(self._named("unanswered")),
            "refused": len(self._named("refused")),
            "tried_again": sum(self._progress["tried_again"].values()),
            "tried_again_because": self._progress["tried_again"],
            "path_ms": PATH_S * 1e3,
        }

    def _extra_states(self) -> int:
        """How many state events there were beyond one per change: two at first, three for each reset."""
        expected = ["connecting", "connected"] + ["waiting", "connecting", "connected"] * self._done
        seen = [event["state"] for event in self._named("state")]
        return len(seen) - len(expected) + (seen[: len(expected)] != expected)

    def _explain(self, witness: _Witness) -> None:
        """Tells on stderr what happened to the messages that were lost, and to those of QoS 2 that came twice."""
        wrong: dict[tuple[str, int], str] = {}
        for qos in (1, 2):
            out = witness.counts[f"out/{qos}"]
            wrong |= {(f"out/{qos}", number): "lost" for number in range(self._count) if number not in out}
            wrong |= {(f"in/{qos}", number): "lost" for number in self._progress["missing"][qos - 1]}
        twice = [number for number, times in witness.counts["out/2"].items() if times > 1]
        wrong |= {("out/2", number): "doubled" for number in twice}
        for event in self._named("doubled"):
            if event["qos"] == 2:
                wrong[("in/2", event["number"])] = "doubled"
        for (topic, number), what in list(wrong.items())[:TOLD]:
            print(f"{what}: {topic} {number}", file=sys.stderr)
            packets_of = list(self._trace.history(topic.encode(), b"%d" % number))
            for line in packets_of or ["nothing of it passed the proxy"]:
                print(f"  {line}", file=sys.stderr)
        for event in self._named("unanswered")[:TOLD]:
            print(f"unanswered: out/{event['qos']} {event['number']}: {event['reason']}", file=sys.stderr)
