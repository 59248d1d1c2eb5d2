# SPDX-License-Identifier: MIT
"""Comparing in another process: what goes there and what comes back.

Payloads of megabytes are here already, so a result does not bring them along: where the text of a side is the payload itself, it travels
empty and gets it back here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from mqtt_explorer.payload.api import NO_CONTEXT, Context
from mqtt_explorer.payload.diff import Diff, Mode, diff
from mqtt_explorer.payload.diff_bytes import WIDTHS, ByteRows


class Request(NamedTuple):
    """Two payloads to be compared; see `diff.diff`."""

    a: bytes
    b: bytes
    mode: Mode | Literal["auto"] = "auto"
    choice: str = "auto"
    context_a: Context = NO_CONTEXT
    context_b: Context = NO_CONTEXT
    width: int = WIDTHS[0]


class Answer(NamedTuple):
    """A result without the texts that are the payloads themselves."""

    result: Diff
    kept_a: bool
    kept_b: bool


def diff_here(request: Request) -> Diff:
    """Compares at once."""
    a, b, mode, choice, context_a, context_b, width = request
    return diff(a, b, mode, choice, context_a, context_b, width=width)


def diff_job(request: Request, progress: Callable[[float], None] | None = None) -> Answer:
    """Compares; runs in the decoding process."""
    a, b, mode, choice, context_a, context_b, width = request
    made = diff(a, b, mode, choice, context_a, context_b, progress, width=width)
    text_a, text_b = _texts(made)
    kept_a, kept_b = text_a is a, text_b is b
    rows = made.rows.with_texts(b"" if kept_a else text_a, b"" if kept_b else text_b)
    return Answer(replace(made, rows=rows), kept_a, kept_b)


def arrived(answer: Answer, request: Request) -> Diff:
    """The result with its texts."""
    text_a, text_b = _texts(answer.result)
    rows = answer.result.rows.with_texts(
        request.a if answer.kept_a else text_a, request.b if answer.kept_b else text_b
    )
    return replace(answer.result, rows=rows)


def _texts(made: Diff) -> tuple[bytes, bytes]:
    rows = made.rows
    if isinstance(rows, ByteRows):
        return rows.a, rows.b
    return rows.a.text, rows.b.text
