# SPDX-License-Identifier: MIT
"""What the program makes of a guard process that does not report as agreed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from mqtt_explorer.demo import broker, children
from mqtt_explorer.demo.broker import DemoError, start_demo_broker

NOISE = [b"a library says hello", b"[1]", b"null", b"\xff\xfe", b'{"port"']


def guard_says(monkeypatch: pytest.MonkeyPatch, *lines: bytes) -> None:
    """Puts a process in the guard's place that prints these lines and waits for the end of its input."""
    text = b"".join(line + b"\n" for line in lines)
    code = f"import sys; sys.stdout.buffer.write({text!r}); sys.stdout.flush(); sys.stdin.read()"
    monkeypatch.setattr(children, "command", lambda *words: [sys.executable, "-c", code])
    monkeypatch.setattr(broker, "amqtt_installed", lambda: False)


@pytest.mark.parametrize("line", NOISE)
async def test_an_unreadable_first_report_is_said(line: bytes, monkeypatch: pytest.MonkeyPatch):
    guard_says(monkeypatch, line)
    with pytest.raises(DemoError, match="unreadable report"):
        await start_demo_broker(find=lambda: Path("mosquitto"))


@pytest.mark.parametrize("line", NOISE)
async def test_an_unreadable_later_report_ends_the_demo_with_a_sentence(
    line: bytes, monkeypatch: pytest.MonkeyPatch
):
    guard_says(monkeypatch, b'{"port": 1, "version": "2"}', line)
    said: asyncio.Queue[str] = asyncio.Queue()
    demo = await start_demo_broker(find=lambda: Path("mosquitto"))
    demo.ended.connect(said.put_nowait)
    sentence = await asyncio.wait_for(said.get(), 5)
    assert "unreadable report" in sentence
    assert sentence.endswith("Start it again.")
    await demo.stop()
