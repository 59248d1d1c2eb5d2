# SPDX-License-Identifier: MIT
"""How far a long decode has come, told without handing a callback through every function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[float], None] | None] = ContextVar("_listener", default=None)


@contextmanager
def reporting(listener: Callable[[float], None] | None) -> Iterator[None]:
    """Inside the block `report` reaches the listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def within(start: float, stop: float) -> Iterator[None]:
    """Inside the block what is reported is a part of the work, that from `start` to `stop`."""
    outer = _listener.get()
    with reporting(None if outer is None else lambda share: outer(start + (stop - start) * share)):
        yield


def report(share: float) -> None:
    """Tells whoever listens that this share of the work is done (0…1); call it a few times a second, not per byte."""
    if (listener := _listener.get()) is not None:
        listener(min(max(share, 0.0), 1.0))
