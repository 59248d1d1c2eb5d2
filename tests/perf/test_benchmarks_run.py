# SPDX-License-Identifier: MIT
"""Every benchmark runs small and prints the figures it promises; how good they are is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.perf import topics
from tests.perf.__main__ import main
from tests.perf.processes import REPOSITORY
from tests.perf.receivers import start_engine
from tests.perf.run import SIZES, Run

pytestmark = [
    pytest.mark.perf,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the benchmarks run on Linux"),
]

GAPS = {"gap_p99_ms", "gap_max_ms"}
RECEIVE = {"ours_per_s", "mosquitto_sub_per_s", "ratio", "cpu_us_per_message", "lost", "evicted"} | GAPS
DEFAULT_LIMITS = {"topics", "arrived"}
NO_LIMITS = {"seconds", "mosquitto_sub_seconds", "ratio"} | GAPS
MEMORY = {"topics", "rss_bytes", "bytes_per_topic"}
RECONNECT = {"lost_qos1", "lost_qos2", "duplicated_qos1", "duplicated_qos2", "live_filters", "resets"} | GAPS
RECONNECT |= {"states", "extra_state_events", "unanswered", "tried_again"}
DIALING = {"host", "gap_p99_ms", "gap_max_ms", "cancel_ms"}


def bench(*arguments: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "tests.perf", *arguments, "--size", "small"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=230, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("flags", [(), ("--engine", "--case", "MQTT 5")], ids=["window", "engine"])
def test_receive(flags):
    rows = bench("receive", *flags)
    names = [row["load"] if flags else row["case"] for row in rows]
    assert names == (["MQTT 5"] if flags else ["TLS", "three brokers"])
    for row in rows:
        assert row.keys() >= RECEIVE
        assert row["lost"] == row["mosquitto_sub_lost"] == 0
        assert row["ours_per_s"] > 0


def test_topics():
    default, none, children = bench("topics")
    assert default.keys() >= DEFAULT_LIMITS
    assert default["limits"] == "default"
    assert none.keys() >= NO_LIMITS
    assert none["limits"] == "none"
    assert none["arrived"] == none["topics_in_tree"] == none["topics"] == 2_000
    assert children.keys() >= {"case", "unfold_ms", "end_ms"}


def test_topics_without_a_window(monkeypatch):
    """The engine itself runs in `receive` and `memory`; here it is the rows that differ."""
    arrival = topics.Arrival(1.0, 2_000, 2_000, [])
    monkeypatch.setattr(topics, "_rounds", lambda *_: ([arrival], [arrival]))
    default, none = topics.benchmark(Run(SIZES["small"], True, start_engine))
    assert (default["case"], default["load"]) == ("engine", "2,000 retained topics")
    assert (none["limits"], none["ratio"]) == ("none", 1.0)


def test_memory():
    """Of the engine, which is in the window too; that the window runs here, `topics` tells."""
    row, history = bench("memory", "--engine")
    assert row.keys() >= MEMORY
    assert row["topics"] == 2_000
    assert history.keys() >= {"bytes_per_message", "estimated_bytes_per_message", "evicted"}
    assert (history["topics"], history["messages_in_history"]) == (500, 5_000)


def test_idle():
    (row,) = bench("idle")
    assert row.keys() >= {"case", "cpu_percent_visible", "cpu_percent_hidden"}


def test_startup():
    (row,) = bench("startup")
    assert row.keys() >= {"case", "first_paint_s"}
    assert 0 < row["first_paint_s"] < 30


def test_search():
    rows = bench("search")
    assert [row["case"].split(",")[0] for row in rows] == [
        "substring",
        "one letter",
        "wildcard",
        "regex",
        "payload",
    ]
    for row in rows:
        assert row.keys() >= {"first_hits_ms", "all_ms", "gap_max_ms"}
        assert 0 < row["first_hits_ms"] <= row["all_ms"]
        assert row["hits"] > 0


def test_payload():
    rows = bench("payload")
    assert len(rows) == 7
    for row in rows:
        assert row.keys() >= {"first_page_ms", "whole_ms", "scroll_max_ms", "gap_max_ms"}
        assert 0 < row["first_page_ms"] <= row["whole_ms"]
        assert row["bytes"] > 0


def test_soak():
    (row,) = bench("soak")
    assert row.keys() >= {"slope_mb_per_10_min", "gap_p99_ms", "sent_per_s"}
    assert row["lost"] == row["dropped"] == 0


def test_reconnect():
    *versions, never, mute, tls, dripping = bench("reconnect")
    assert [row["case"] for row in versions] == ["MQTT 5", "MQTT 3.1.1"]
    for row in versions:
        assert row.keys() >= RECONNECT
        assert row["resets"] == row["states"]["waiting"] == 2
        assert row["publishes_per_qos"] == 200
    for row in (never, mute, tls, dripping):
        assert row.keys() >= DIALING
        assert (row["case"], row["state_before_cancel"]) == ("dialing", "connecting")
        assert row["cancel_ms"] > 0


@pytest.mark.parametrize("name", ["startup", "reconnect", "search", "payload", "soak"])
def test_some_need_the_window(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", name, "--engine"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    assert "leave --engine out" in told.err
