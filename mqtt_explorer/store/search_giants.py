# SPDX-License-Identifier: MIT
"""Looks through payloads of many megabytes beside the loop: RE2 lets other threads run meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.topic_tree import Node


class Giants:
    """Topics whose payload is too large to be looked through in passing, one after the other in one thread.

    Nothing calls back: whoever waits asks for the results.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._line: dict[Node, None] = {}
        self._now: Node | None = None
        self._dropped = False
        self._answer: bool | None = None
        self._answers: dict[Node, bool] = {}

    def __contains__(self, node: Node) -> bool:
        """True while a topic waits for its answer."""
        return node in self._line or (node is self._now and not self._dropped)

    @property
    def waiting(self) -> bool:
        """True while there are topics without an answer, or answers that nobody took."""
        self._go_on()
        return self._now is not None or bool(self._answers)

    def add(self, nodes: list[Node]) -> None:
        """Lines topics up; what was asked about their payloads before counts no more. Those that stand in line keep their place: their
        payloads are looked into when it is their turn.
        """
        self._forget(nodes)
        self._line.update(dict.fromkeys(nodes))
        self._go_on()

    def drop(self, nodes: Sequence[Node]) -> None:
        """Wants no answers about these any more: they have other payloads."""
        if self._now is None and not self._line and not self._answers:
            return
        for node in nodes:
            self._line.pop(node, None)
        self._forget(nodes)

    def take(self) -> tuple[list[Node], list[Node]]:
        """The topics that got an answer since the last call: those where the text was found, and the others."""
        self._go_on()
        answers, self._answers = self._answers, {}
        return [node for node in answers if answers[node]], [node for node in answers if not answers[node]]

    def _forget(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._answers.pop(node, None)
            self._dropped = self._dropped or node is self._now

    def _go_on(self) -> None:
        if self._now is not None:
            if self._answer is None:
                return
            if not self._dropped:
                holds = self._answer and self._matcher.holds(self._now, time.monotonic_ns())
                self._answers[self._now] = holds
            self._now = self._answer = None
        if self._line:
            self._now = node = next(iter(self._line))
            self._dropped = False
            del self._line[node]
            threading.Thread(target=self._work, args=(node,), name="search", daemon=True).start()

    def _work(self, node: Node) -> None:
        found = False
        try:
            found = self._matcher.found_in_payload(node)
        finally:
            self._answer = found
