# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import gc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import byte_column
from mqtt_explorer.payload.byte_column import BLOCK, ByteColumn, TopicIndex


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_a_column_is_what_was_added(count):
    values = numbered(count)
    column = ByteColumn(values)
    assert len(column) == count
    assert list(column) == values
    assert [column[place] for place in range(count)] == values
    with pytest.raises(IndexError):
        column[count]


def test_the_collector_passes_a_column_once():
    gc.disable()  # as the window does
    try:
        column = ByteColumn(numbered(8 * BLOCK))
        blocks = gc.get_referents(column._blocks)
        assert len(blocks) == 8
        assert not any(map(gc.is_tracked, blocks))
    finally:
        gc.enable()


@given(st.lists(st.binary(max_size=3), max_size=40))
@settings(max_examples=100)
def test_an_index_takes_each_topic_once(topics):
    index = TopicIndex()
    known: set[bytes] = set()
    for number, topic in enumerate(topics):
        assert index.add(topic, number) is (topic not in known)
        known.add(topic)
        assert index.part(topic)[topic] == topics.index(topic)
    assert len(index) == len(known)


@pytest.fixture
def held():
    """A kind of bytes that counts those that are gone."""

    class Held(bytes):
        gone = 0

        def __del__(self):
            Held.gone += 1

    return Held


async def test_a_large_column_goes_in_slices(monkeypatch, held):
    monkeypatch.setattr(byte_column, "_SLICE_S", 1e-9)
    column = ByteColumn(held(b"x") for _ in range(20 * BLOCK))
    del column
    seen = [held.gone]
    while held.gone < 20 * BLOCK:
        await asyncio.sleep(0)
        seen.append(held.gone)
        assert len(seen) < 100
    assert len(seen) > 10, "not all at once"
    assert max(after - before for before, after in pairwise(seen)) <= 2 * BLOCK


def test_without_a_loop_it_goes_at_once(held):
    column = ByteColumn(held(b"x") for _ in range(20 * BLOCK))
    del column
    assert held.gone == 20 * BLOCK
