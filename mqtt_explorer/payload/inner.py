# SPDX-License-Identifier: MIT
"""What was wrapped in another format: it is decoded like a payload of its own, and packed once more it is unpacked."""

from __future__ import annotations

import importlib
from dataclasses import replace
from types import ModuleType
from typing import Final

from mqtt_explorer.payload.api import INFLATION_CAP, Context, DecodeError, Document
from mqtt_explorer.payload.inflate import GZIP, NAMES, ZSTD, Inflated, inflate, packing_of

#: Wrappings inside one another that are taken off; more of them is somebody's joke.
_DEEPEST: Final = 4
#: Bytes of the inside that make a first page.
_PAGE: Final = 8 * 1024
#: `registry.AUTO`
_AUTO: Final = "auto"


def show_inner(data: bytes, context: Context, label: str, notes: tuple[str, ...]) -> Document:
    """Decodes what a wrapping held.

    The format of the document is that of what is in it, so that its lines, colours and bytes are shown as that format's are.

    Args:
        data: The bytes that were wrapped.
        context: That of the whole payload; `cut` when an end is missing.
        label: Name of the wrapping.
        notes: What one should know of it.
    """
    labels = [label]
    while len(labels) <= _DEEPEST and (packing := _sure_packing(data)) is not None:
        try:
            made = inflate(data, packing, INFLATION_CAP)
        except DecodeError as error:
            notes += (error.message,)
            break
        labels.append(NAMES[packing])
        notes += inflation_notes(made, NAMES[packing], context.cut)
        data, context = made.data, context._replace(cut=context.cut or is_short(made))
    document: Document = _registry().decode(data, _AUTO, context._replace(content_type=""))
    label = " → ".join([*labels, document.label])
    return replace(document, label=label, inner=data, notes=notes + document.notes)


def show_inner_page(head: bytes, context: Context, label: str) -> Document | None:
    """The first page of what a wrapping held, of its first bytes; None where only the whole can tell."""
    if not head or _sure_packing(head) is not None:
        return None
    context = context._replace(content_type="", cut=True)
    page: Document | None = _registry().first_page(head[:_PAGE], _AUTO, context)
    if page is None:
        return None
    return replace(page, label=f"{label} → {page.label}", inner=head, complete=False, notes=())


def is_quick_inside(data: bytes, context: Context) -> bool:
    """Whether `show_inner` takes less than 10 ms."""
    return _sure_packing(data) is None and _registry().is_quick(
        data, _AUTO, context._replace(content_type="")
    )


def _registry() -> ModuleType:
    """The registry, at the time of asking: it holds the decoders that ask for it."""
    return importlib.import_module("mqtt_explorer.payload.registry")


def is_short(made: Inflated) -> bool:
    """Whether something is missing at the end of what came out."""
    return made.full or made.fault is not None


def inflation_notes(made: Inflated, name: str, cut: bool) -> tuple[str, ...]:
    """What one should know of an inflation, a sentence each."""
    notes = []
    if made.full:
        notes.append(
            f"The {name} stream inflates to more than {INFLATION_CAP >> 20} MB; the first {INFLATION_CAP >> 20} MB are shown."
        )
    if made.fault is not None:
        if cut:
            notes.append("Only the beginning of the message was kept, so the end is missing.")
        else:
            notes.append(f"{made.fault} What came out before is shown.")
    if made.members > 1:
        notes.append(f"{made.members:,} {name} streams behind one another.")
    if made.trailing:
        notes.append(
            f"{made.trailing:,} {'byte' if made.trailing == 1 else 'bytes'} behind the end of the {name} stream are not shown."
        )
    return tuple(notes)


def _sure_packing(data: bytes) -> str | None:
    """What bytes are packed with where their beginning leaves little doubt; zlib's two bytes leave much."""
    packing = packing_of(data)
    return packing if packing in (GZIP, ZSTD) else None
