# SPDX-License-Identifier: MIT
"""What is shown of a payload and when; large ones are decoded in a real process, by jobs that do what the payload says."""

from __future__ import annotations

import asyncio
import gc
import re
import time

import pytest
import shiboken6
from PySide6.QtCore import QObject

from mqtt_explorer.models import decoding as decodings
from mqtt_explorer.models.decoding import Decoding
from mqtt_explorer.models.latest_job import GRACE_S
from mqtt_explorer.payload.api import Context
from mqtt_explorer.payload.worker import Worker
from tests.support import jobs

TOPIC = Context("a/b")


def large(words: str) -> bytes:
    """A payload that tells its job what to do, and is too large to be decoded at once."""
    return words.encode() + b" \n" * 200_000


class Shown:
    """What a view would have seen."""

    def __init__(self, decoding: Decoding) -> None:
        self.documents = []
        self.working = []
        self.progress = []
        decoding.shown.connect(self.documents.append)
        decoding.working_changed.connect(self.working.append)
        decoding.progressed.connect(self.progress.append)

    @property
    def sources(self):
        """How each document's payload begins, and whether it is whole."""
        return [
            (" ".join(document.source[:20].decode().split()[:2]), document.complete)
            for document in self.documents
        ]


@pytest.fixture(scope="module")
def worker():
    made = Worker(("tests.support.jobs",))
    yield made
    asyncio.run(made.close())


@pytest.fixture
async def decoding(qapp, worker):
    made = Decoding(worker=worker)
    yield made
    made.close()
    await asyncio.sleep(0.01)


@pytest.fixture
def shown(decoding):
    return Shown(decoding)


@pytest.fixture
def scripted(monkeypatch):
    """The job does what the payload says."""
    monkeypatch.setattr(decodings, "decode_job", jobs.decode)


async def idle(decoding):
    async with asyncio.timeout(20):
        while decoding.is_working:
            await asyncio.sleep(0.002)


async def busy(decoding):
    """The process works on it: it has told how far it is."""
    told = asyncio.Event()
    decoding.progressed.connect(told.set)
    async with asyncio.timeout(20):
        await told.wait()


async def test_a_small_payload_is_shown_before_show_returns(decoding, shown):
    decoding.show(b'{"a": 1}', "auto", TOPIC)
    assert [document.format for document in shown.documents] == ["json"]
    assert shown.working == []
    assert decoding.document is shown.documents[0]
    assert decoding.payload == b'{"a": 1}'


async def test_a_large_one_is_shown_in_two_steps(decoding, shown):
    payload = b"[" + b'{"a": 1},' * 100_000 + b"1]"
    decoding.show(payload, "auto", TOPIC)
    assert [(document.format, document.complete) for document in shown.documents] == [("json", False)]
    assert shown.working == [True]
    await idle(decoding)
    assert [(document.format, document.complete) for document in shown.documents[1:]] == [("json", True)]
    assert shown.working == [True, False]
    assert decoding.document.source is payload
    assert len(decoding.document.structure) == 300_003


async def test_progress_is_told(decoding, shown, scripted):
    decoding.show(large("sleep 0.5"), "text", TOPIC)
    await idle(decoding)
    assert shown.progress == sorted(shown.progress)
    assert shown.progress[-1] == 0.75


async def test_the_same_payload_again_costs_nothing(decoding, shown, scripted):
    payload = large("sleep 0.1")
    decoding.show(payload, "text", TOPIC)
    await idle(decoding)
    decoding.show(payload, "text", TOPIC)
    assert shown.documents[-1] is shown.documents[-2]
    assert shown.working == [True, False]


async def test_asking_again_meanwhile_does_not_begin_anew(decoding, shown, scripted):
    payload = large("sleep 0.4")
    decoding.show(payload, "text", TOPIC)
    await busy(decoding)
    decoding.show(large("sleep 0"), "text", TOPIC)
    decoding.show(payload, "text", TOPIC)
    began = time.monotonic()
    await idle(decoding)
    assert time.monotonic() - began < 0.4
    assert shown.sources[-1] == ("sleep 0.4", True)
    assert not [source for source in shown.sources if source == ("sleep 0", True)]


async def test_another_payload_takes_over_and_a_long_job_is_killed(decoding, shown, scripted):
    decoding.show(large("sleep 60"), "text", TOPIC)
    began = time.monotonic()
    decoding.show(large("sleep 0"), "text", TOPIC)
    assert shown.sources == [("sleep 60", False), ("sleep 0", False)]
    await idle(decoding)
    assert time.monotonic() - began < 10
    assert shown.sources[2:] == [("sleep 0", True)]
    assert shown.working == [True, False]


async def test_a_short_job_is_waited_for_because_that_is_cheaper_than_a_fresh_process(
    decoding, shown, scripted
):
    decoding.show(large("sleep 0"), "text", TOPIC)
    await idle(decoding)
    decoding.show(large(f"sleep {GRACE_S / 3}"), "text", TOPIC)
    await asyncio.sleep(0.01)
    decoding.show(large("sleep 0.0"), "text", TOPIC)
    await idle(decoding)
    first, last = [document.label for document in shown.documents if document.complete]
    assert first == last  # the label tells the process
    assert not decoding.is_behind


async def test_a_small_payload_takes_over_at_once(decoding, shown, scripted):
    decoding.show(large("sleep 0.05"), "text", TOPIC)
    decoding.show(b"small", "text", TOPIC)
    assert shown.sources[-1] == ("small", True)
    assert shown.working == [True, False]
    await asyncio.sleep(0.6)
    assert shown.sources[-1] == ("small", True)


async def test_a_topic_faster_than_decoding_is_shown_all_the_same_without_killing(decoding, shown, scripted):
    """Messages come every 20 ms and take 60 ms to decode."""
    for number in range(40):
        decoding.show(large(f"sleep 0.06{number:02}"), "text", TOPIC, following=True)
        await asyncio.sleep(0.02)
    whole = [document for document in shown.documents if document.complete]
    assert len(whole) >= 3
    assert len({document.label for document in whole}) == 1  # one process did them all
    assert [complete for _, complete in shown.sources] == [False] + [True] * len(whole)
    assert decoding.is_behind
    await idle(decoding)
    assert shown.sources[-1] == ("sleep 0.0639", True)
    assert decoding.payload.startswith(b"sleep 0.0639")
    assert not decoding.is_behind


async def test_a_message_the_user_goes_to_does_not_wait_for_the_followed_one(decoding, shown, scripted):
    decoding.show(large("sleep 30"), "text", TOPIC)
    decoding.show(large("sleep 31"), "text", TOPIC, following=True)
    assert shown.sources == [("sleep 30", False)]
    decoding.show(large("sleep 0"), "text", TOPIC)
    assert shown.sources[1:] == [("sleep 0", False)]
    await idle(decoding)
    assert shown.sources[2:] == [("sleep 0", True)]


@pytest.mark.parametrize("other", [("text", Context("c")), ("json", TOPIC)], ids=["topic", "format"])
async def test_following_ends_with_another_topic_or_format(decoding, shown, scripted, other):
    decoding.show(large("sleep 30"), "text", TOPIC)
    decoding.show(large("sleep 0"), *other, following=True)
    assert shown.sources[-1][1] is False
    await idle(decoding)
    assert shown.documents[-1].complete


async def test_cancelling_leaves_the_first_page_and_it_can_go_on(decoding, shown, scripted):
    payload = large("sleep 0.3")
    decoding.show(payload, "text", TOPIC)
    await busy(decoding)
    decoding.cancel()
    assert shown.working == [True, False]
    page = shown.documents[-1]
    assert (page.format, page.complete) == ("text", False)
    assert "cancelled" in page.notes[-1]
    assert decoding.is_cancelled
    # The next messages of the topic are not decoded either: the user did not want to wait.
    decoding.show(large("sleep 0.31"), "text", TOPIC, following=True)
    assert "cancelled" in shown.documents[-1].notes[-1]
    assert not decoding.is_working
    decoding.resume()
    assert not decoding.is_cancelled
    assert not shown.documents[-1].notes
    await idle(decoding)
    assert shown.sources[-1] == ("sleep 0.31", True)


async def test_another_message_is_decoded_after_cancelling(decoding, shown, scripted):
    decoding.show(large("sleep 30"), "text", TOPIC)
    decoding.cancel()
    decoding.cancel()
    decoding.show(large("sleep 0"), "text", TOPIC)
    await idle(decoding)
    assert shown.sources[-1] == ("sleep 0", True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("die SIGKILL", "ended unexpectedly"),
        ("memory .", "more memory than there is"),
        ("fail ours", "A sentence."),
        ("fail plain", r"failed \(ValueError\)"),
    ],
)
async def test_a_failure_shows_the_bytes_and_says_why(decoding, shown, scripted, words, reason):
    payload = large(words)
    decoding.show(payload, "text", TOPIC)
    await idle(decoding)
    document = shown.documents[-1]
    assert (document.format, document.source, document.complete) == ("hex", payload, True)
    assert re.search(reason, document.problem)
    decoding.show(large("sleep 0"), "text", TOPIC)
    await idle(decoding)
    assert shown.sources[-1] == ("sleep 0", True)


async def test_clear_forgets(decoding, shown, scripted):
    decoding.show(large("sleep 0"), "text", TOPIC)
    decoding.clear()
    assert (decoding.document, decoding.payload, decoding.is_working) == (None, None, False)
    await asyncio.sleep(0.6)
    assert [complete for _, complete in shown.sources] == [False]


async def test_nothing_is_told_after_close(decoding, shown, scripted):
    decoding.show(large("sleep 0.2"), "text", TOPIC)
    decoding.close()
    await asyncio.sleep(0.5)
    assert len(shown.documents) == 1
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("latest job")]


async def test_it_may_be_deleted_in_the_middle(qapp, scripted):
    worker = Worker(())
    parent = QObject()
    made = Decoding(parent, worker=worker)
    made.show(large("sleep 0.2"), "text", TOPIC)
    await asyncio.sleep(0.05)
    shiboken6.delete(parent)
    del made
    gc.collect()
    await asyncio.sleep(0.05)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("latest job")]
    await worker.close()
