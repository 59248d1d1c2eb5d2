# SPDX-License-Identifier: MIT
"""What the decoding process is asked to do with a payload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import Context, Document
from mqtt_explorer.payload.progress import reporting


def decode_job(
    payload: bytes, choice: str, context: Context, progress: Callable[[float], None]
) -> tuple[Document, bool]:
    """Decodes a payload; never raises, like `registry.decode`.

    Returns:
        The document, and whether its source is the payload itself: then it is left out, as the other side has it already.
    """
    with reporting(progress):
        document = registry.decode(payload, choice, context)
    same = document.source is payload or document.source == payload
    return (replace(document, source=b""), True) if same else (document, False)


def with_source(answer: tuple[Document, bool], payload: bytes) -> Document:
    """The document of `decode_job`'s answer, whole again."""
    document, same = answer
    return replace(document, source=payload) if same else document
