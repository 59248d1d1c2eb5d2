# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.diff_align import align, gaps, numbered


def check(a, b, blocks):
    at_a = at_b = 0
    for block in blocks:
        assert block.length > 0
        assert block.a >= at_a
        assert block.b >= at_b
        assert list(a[block.a : block.a + block.length]) == list(b[block.b : block.b + block.length])
        at_a, at_b = block.a + block.length, block.b + block.length
    assert at_a <= len(a)
    assert at_b <= len(b)


def longest_common(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        above = 0
        for place, y in enumerate(b):
            here = row[place + 1]
            row[place + 1] = above + 1 if x == y else max(here, row[place])
            above = here
    return row[-1]


LISTS = st.lists(st.integers(0, 4), max_size=25)


@settings(max_examples=200, deadline=None)
@given(LISTS, LISTS)
def test_blocks_are_equal_and_in_order(a, b):
    alignment = align(a, b)
    check(a, b, alignment.blocks)
    assert not alignment.gave_up
    rebuilt_a, rebuilt_b = [], []
    for gap in gaps(alignment, len(a), len(b)):
        rebuilt_a += [*gap.a, *range(gap.block.a, gap.block.a + gap.block.length)]
        rebuilt_b += [*gap.b, *range(gap.block.b, gap.block.b + gap.block.length)]
    assert rebuilt_a == list(range(len(a)))
    assert rebuilt_b == list(range(len(b)))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=20), st.lists(st.integers(0, 2), max_size=20))
def test_without_unique_elements_nothing_shorter_is_found(a, b):
    a, b = a * 2, b * 2  # each at least twice, so Myers decides
    blocks = align(a, b).blocks
    assert sum(block.length for block in blocks) >= longest_common(a, b) - 2


def test_a_few_changes_in_many_elements():
    a = list(range(200_000))
    b = [*a[:1_000], -1, *a[1_000:50_000], *a[50_010:150_000], -2, -3, *a[150_002:]]
    start = time.process_time()
    alignment = align(a, b)
    assert time.process_time() - start < 2
    assert sum(block.length for block in alignment.blocks) == 200_000 - 10 - 2
    assert not alignment.gave_up


def test_the_worst_case_ends():
    made = random.Random(1)
    a = [made.randrange(3) for _ in range(100_000)]
    b = [made.randrange(3) for _ in range(100_000)]
    start = time.process_time()
    alignment = align(a, b)
    assert time.process_time() - start < 4
    assert alignment.gave_up
    check(a, b, alignment.blocks)


def test_elements_get_numbers():
    assert numbered([b"x", b"y"], [b"y", b"z", b"x"]) == [[0, 1], [1, 2, 0]]
