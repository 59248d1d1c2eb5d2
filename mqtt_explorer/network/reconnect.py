# SPDX-License-Identifier: MIT
"""When to try again: 1-2-4…60 s with jitter, and when to stop trying."""

from __future__ import annotations

import enum
import random
from collections.abc import Callable

from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.protocol.reason_codes import ReasonCode

FIRST_S = 1.0
LONGEST_S = 60.0
#: A connection that ends sooner than this after its CONNACK may never really have stood.
INSTANT_S = 5.0
#: So many early ends of one kind in a row are a pattern, not bad luck.
IN_A_ROW = 3


class Pattern(enum.Enum):
    """What early ends have in common, the most telling first."""

    #: The broker's stream breaks in the same way each time: a message it keeps does that, and comes again with the subscription.
    SAME_FAULT = "same fault"
    #: The broker closes in order without a reason, and the client id is the user's own: two clients throw each other out (3.1.4-3).
    CLIENT_ID = "client id"
    #: The broker gives the same reason each time.
    SAME_REASON = "same reason"
    #: The end comes before any subscription or acknowledgement.
    INSTANT = "instant"


class Backoff:
    """The waiting time before the next attempt, and an eye on drops that come again and again.

    A reset or a lost network after a SUBACK or an acknowledgement is never held against a broker: such a connection was of use.

    Args:
        chance: Gives 0 ≤ x < 1; tests pass their own.
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self.reset()

    def reset(self) -> None:
        """The user asked to connect, or the computer woke up: everything starts anew."""
        self._next_s = FIRST_S
        self._useful = False
        self._next_before_s = FIRST_S
        self._rows: dict[Pattern, tuple[object, int]] = {}

    def delay(self) -> float:
        """Seconds to wait now: up to a quarter off the nominal time, so that many clients do not come back at once."""
        nominal = self._next_s
        self._next_s = min(LONGEST_S, nominal * 2)
        return nominal * (1 - 0.25 * self._chance())

    def connected(self) -> None:
        """A CONNACK came: the connection has yet to show what it is good for."""
        self._useful = False

    def useful(self) -> None:
        """A SUBACK or an acknowledgement came: the next wait is the first one again."""
        if not self._useful:
            self._useful, self._next_before_s = True, self._next_s
        self._next_s = FIRST_S

    def dropped(self, fault: LinkFault, after_s: float, *, fixed_client_id: bool = False) -> Pattern | None:
        """Takes note of a connection that ended; the pattern when it is time to pause and say so.

        Args:
            fault: How it ended.
            after_s: Seconds between CONNACK and the end.
            fixed_client_id: Another client may have the same client id.
        """
        reason = ReasonCode(fault.code, "DISCONNECT") if fault.code is not None else None
        early = after_s < INSTANT_S
        if early and self._useful and reason is not None and reason.overloaded:
            # It took the subscription and says "too much" all the same: no pattern to pause at, but ever longer waits.
            self._next_s = self._next_before_s
        marks = _marks(fault, useful=self._useful, fixed_client_id=fixed_client_id) if early else {}
        before, self._rows = self._rows, {}
        for pattern, mark in marks.items():
            last_mark, count = before.get(pattern, (mark, 0))
            self._rows[pattern] = (mark, count + 1 if mark == last_mark else 1)
        return next((each for each in Pattern if self._rows.get(each, ("", 0))[1] >= IN_A_ROW), None)


def _marks(fault: LinkFault, *, useful: bool, fixed_client_id: bool) -> dict[Pattern, object]:
    """The patterns an early end may belong to, each with what must be the same every time."""
    marks: dict[Pattern, object] = {}
    if not useful:
        marks[Pattern.INSTANT] = None
    if fault.kind in (FaultKind.PROTOCOL, FaultKind.PROGRAM):
        marks[Pattern.SAME_FAULT] = fault.message
    elif fault.code is not None:
        if not ReasonCode(fault.code, "DISCONNECT").overloaded:
            marks[Pattern.SAME_REASON] = fault.code
    elif fault.clean and fixed_client_id:
        marks[Pattern.CLIENT_ID] = None
    return marks
