# SPDX-License-Identifier: MIT
"""A typed observer without Qt."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVarTuple, Unpack

Args = TypeVarTuple("Args")

_log = logging.getLogger(__name__)


class Event(Generic[*Args]):
    """A list of callables that are told when something happened.

    Observers are called in the order they connected. One that raises is logged and does not keep the
    others from being told: a broken panel must not stop the network.
    """

    __slots__ = ("_observers",)

    def __init__(self) -> None:
        self._observers: list[Callable[[Unpack[Args]], object]] = []

    def connect(self, observer: Callable[[Unpack[Args]], object]) -> Callable[[], None]:
        """Adds an observer and returns a callable that removes it again."""
        self._observers.append(observer)

        def disconnect() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return disconnect

    def emit(self, *args: *Args) -> None:
        """Tells every observer connected at this moment."""
        for observer in tuple(self._observers):
            try:
                observer(*args)
            except Exception:  # noqa: BLE001 – it is logged, and the others must still be told
                _log.exception("An observer of an event failed")
