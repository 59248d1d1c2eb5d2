# SPDX-License-Identifier: MIT
"""A column of a million byte strings that never stops the window: not when the garbage collector passes, nor when it goes.

The collector looks at every element of a list at each of its passes: 40 ms for a million. Tuples of bytes it passes once, then never
again; that once comes early and for few of them. Freeing all at once takes as long, so what a large column held goes in slices of the
loop.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Final, TypeVar

from mqtt_explorer import tasks

T = TypeVar("T")

#: Elements of one block.
BLOCK: Final = 2_048
_SHIFT: Final = 11
_MASK: Final = BLOCK - 1
#: New blocks between two passes of the collector: a third of a millisecond.
_SHOWN: Final = 4
#: Columns with fewer full blocks are freed at once: a millisecond or two.
_SMALL: Final = 16
_PARTS: Final = 256
_SLICE_S: Final = 0.002

#: Blocks of columns that are gone.
_leaving: list[object] = []
_freeing = False


class ByteColumn:
    """Byte strings in the order they were added."""

    __slots__ = ("_blocks", "_size", "_tail")

    def __init__(self, values: Iterable[bytes] = ()) -> None:
        self._blocks: list[tuple[bytes, ...]] = []
        self._tail: list[bytes] = []
        self._size = 0
        for value in values:
            self.append(value)

    def append(self, value: bytes) -> None:
        """Adds one."""
        self._tail.append(value)
        self._size += 1
        if len(self._tail) == BLOCK:
            self._blocks.append(tuple(self._tail))
            self._tail = []
            if not len(self._blocks) % _SHOWN and not gc.isenabled() and _is_main():
                gc.collect(0)  # the window collects by a timer (see `app.garbage`): too late, and all at once

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: int) -> bytes:
        """One; places count from 0 only.

        Raises:
            IndexError: There is none.
        """
        block = place >> _SHIFT
        if block == len(self._blocks):
            return self._tail[place & _MASK]
        return self._blocks[block][place & _MASK]

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            yield from block
        yield from self._tail

    def __del__(self) -> None:
        if len(self._blocks) >= _SMALL:
            free_slowly(self._blocks)


class TopicIndex:
    """Something for each of a million topics: many small dictionaries, for one stops for tens of milliseconds each time it grows.

    Dictionaries of bytes and numbers are, unlike sets, of no interest to the garbage collector.
    """

    __slots__ = ("_size", "parts")

    def __init__(self) -> None:
        self.parts: list[dict[bytes, int]] = [{} for _ in range(_PARTS)]
        self._size = 0

    def part(self, topic: bytes) -> dict[bytes, int]:
        """Where a topic belongs."""
        return self.parts[hash(topic) & (_PARTS - 1)]

    def add(self, topic: bytes, value: int) -> bool:
        """Adds a topic; False when it is there already, which changes nothing."""
        if self.part(topic).setdefault(topic, value) != value:
            return False
        self._size += 1
        return True

    def __len__(self) -> int:
        """Topics added."""
        return self._size

    def __del__(self) -> None:
        if self._size >= _SMALL * BLOCK:
            free_slowly(self.parts)


def free_slowly(blocks: list[T]) -> None:
    """Frees these in slices of the running loop, without one at once. Nobody else may use the list any more."""
    global _freeing
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # another thread, or nothing that could be held up
        return
    _leaving.extend(blocks)
    blocks.clear()
    if not _freeing:
        _freeing = True
        tasks.create_task(_free(), name="free what a column held")


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


async def _free() -> None:
    global _freeing
    try:
        while _leaving:
            deadline = perf_counter() + _SLICE_S
            while _leaving:
                _leaving.pop()
                if perf_counter() >= deadline:
                    break
            await asyncio.sleep(0)
    finally:  # the loop ends: the rest goes at once
        _freeing = False
        _leaving.clear()
