# SPDX-License-Identifier: MIT
"""Which part of a line is what."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

TokenKind: TypeAlias = Literal["key", "string", "number", "literal", "comment", "mark"]


class Span(NamedTuple):
    """A coloured stretch of one line, in characters."""

    start: int
    length: int
    kind: TokenKind
