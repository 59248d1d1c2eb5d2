# SPDX-License-Identifier: MIT
"""What is wrong with a field, and numbers as people type them."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """Why a profile cannot connect: a field ("url", "will.topic", "subscriptions.2.filter") and one sentence."""

    field: str
    message: str


class Problems:
    """A growing list of problems; the first of a field counts.

    Attributes:
        found: In the order they were found, which is the order of the form.
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, field: str, message: str) -> None:
        """One more, unless the field has one already."""
        if all(each.field != field for each in self.found):
            self.found.append(Problem(field, message))

    def number(
        self, field: str, text: str, label: str, low: int, high: int, unit: str = "", end: str = ""
    ) -> int | None:
        """The whole number a text stands for; None when it is empty or none in the range, which is a problem."""
        text = text.strip()
        if not text:
            return None
        # isascii: int() takes digits of every script, and text of any length.
        if text.isascii() and text.isdigit() and len(text) <= 12 and low <= int(text) <= high:
            return int(text)
        what = f"a number of {unit}" if unit else "a whole number "
        self.add(field, f"{label} is {what}from {low} to {high}{end}.")
        return None
