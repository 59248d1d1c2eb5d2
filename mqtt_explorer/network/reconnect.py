# SPDX-License-Identifier: MIT
"""When to try again: 1-2-4…60 s with jitter, and when to stop trying."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 1.0
LONGEST_S = 60.0
#: A connection that ends sooner than this after its CONNACK never really stood.
INSTANT_S = 5.0
#: So many instant drops in a row are a pattern (the same client id twice, a forbidden filter), not bad luck.
INSTANT_DROPS = 3


class Backoff:
    """The waiting time before the next attempt.

    Args:
        chance: Gives 0 ≤ x < 1; tests pass their own.
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._next_s = FIRST_S
        self._instant_drops = 0

    def delay(self) -> float:
        """Seconds to wait now: up to a quarter off the nominal time, so that many clients do not come back at once."""
        nominal = self._next_s
        self._next_s = min(LONGEST_S, nominal * 2)
        return nominal * (1 - 0.25 * self._chance())

    def useful(self) -> None:
        """A SUBACK or an acknowledgement came: the next wait is the first one again."""
        self._next_s = FIRST_S

    def dropped(self, after_s: float) -> bool:
        """Takes note of a connection that ended; True when it is time to pause and say so.

        Args:
            after_s: Seconds between CONNACK and the end.
        """
        self._instant_drops = self._instant_drops + 1 if after_s < INSTANT_S else 0
        return self._instant_drops >= INSTANT_DROPS

    def reset(self) -> None:
        """The user asked to connect: everything starts anew."""
        self._next_s = FIRST_S
        self._instant_drops = 0
