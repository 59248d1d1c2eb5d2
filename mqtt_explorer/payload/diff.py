# SPDX-License-Identifier: MIT
"""The difference of two payloads: of their structures, of their lines or of their bytes.

Left to itself it compares structures where both payloads have one of the same format, lines where both are text, and bytes else; what it
did and why it did not do better is part of the result. A is the older one, B the newer one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import NO_CONTEXT, QUICK, Context, Document
from mqtt_explorer.payload.diff_bytes import WIDTHS, ByteRows, compare_bytes
from mqtt_explorer.payload.diff_lines import GAVE_UP, LineRows, TextSide, compare_lines, line_end_note
from mqtt_explorer.payload.diff_rows import Counts
from mqtt_explorer.payload.diff_structure import compare_structures
from mqtt_explorer.payload.diff_structure_rows import Source, StructureRows
from mqtt_explorer.payload.text_lines import find_lines

Mode: TypeAlias = Literal["structure", "lines", "bytes"]
MODES: Final[tuple[Mode, ...]] = ("structure", "lines", "bytes")
AnyRows: TypeAlias = StructureRows | LineRows | ByteRows
Progress: TypeAlias = Callable[[float], None]

#: What begins a value or a line: more of them, and comparing takes longer than 10 ms.
_SEPARATORS: Final = b",\n\r[{"
_QUICK_VALUES: Final = 1_000
_QUICK_BINARY: Final = 2_048
_HEX: Final = "hex"


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two payloads; can be pickled.

    Attributes:
        mode: How they were compared.
        rows: The rows of a table.
        equal: The payloads are the same, byte for byte; then there are no rows.
        labels: The formats of A and B for people; empty when they were not decoded.
        reasons: For each mode that cannot be used, why not.
        notes: Why not by structure, what was left out or not checked, and whatever else one should know; a sentence each.
    """

    mode: Mode
    rows: AnyRows
    equal: bool = False
    labels: tuple[str, str] = ("", "")
    reasons: dict[Mode, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """How many values, lines or bytes are what."""
        return self.rows.counts

    def swapped(self) -> Diff:
        """The same with A and B changed over; notes go on naming the older and the newer one."""
        return replace(self, rows=self.rows.swapped(), labels=self.labels[::-1])


def diff(
    a: bytes,
    b: bytes,
    mode: Mode | Literal["auto"] = "auto",
    choice: str = registry.AUTO,
    context_a: Context = NO_CONTEXT,
    context_b: Context = NO_CONTEXT,
    progress: Progress | None = None,
    *,
    width: int = WIDTHS[0],
) -> Diff:
    """Compares two payloads; never raises because of what they hold.

    Args:
        a: The older one, the bytes kept.
        b: The newer one.
        mode: How to compare; another way is taken, and named, where that one cannot be used.
        choice: How the payloads are decoded; see `registry.decode`.
        context_a: What else is known of A.
        context_b: What else is known of B.
        progress: Gets the share that is done, now and then.
        width: Bytes in a row of a comparison by bytes.
    """
    if a == b:
        notes = cut_notes(context_a.cut, context_b.cut)
        return Diff("bytes", compare_bytes(b"", b"", width), equal=True, notes=notes)
    one = registry.decode(a, choice, context_a)
    _tell(progress, 0.25)
    other = registry.decode(b, choice, context_b)
    _tell(progress, 0.5)
    reasons = _reasons(one, other)
    chosen, why = _chosen(mode, one, other, reasons)
    labels = (one.label, other.label)
    notes = (*why, *cut_notes(context_a.cut, context_b.cut))
    later = _part(progress, 0.5)
    if chosen == "bytes":
        rows = compare_bytes(a, b, width, later)
        if rows.unaligned:
            notes = (*notes, "Compared place by place: too much differs to look for inserted bytes.")
        return Diff("bytes", rows, labels=labels, reasons=reasons, notes=notes)
    notes = (*notes, *_document_notes(one, other))
    if chosen == "lines":
        lines = compare_lines(_text(one), _text(other), later)
        notes = (*notes, *_line_notes(lines, one, other))
        return Diff("lines", lines, labels=labels, reasons=reasons, notes=notes)
    assert one.structure is not None
    assert other.structure is not None
    made = compare_structures(Source(one.source, one.structure), Source(other.source, other.structure), later)
    if not made.counts.different:
        said = "The values are the same; their spelling, their order or the blanks between them are not."
        notes = (*notes, said)
    return Diff("structure", made, labels=labels, reasons=reasons, notes=notes)


def is_quick(
    a: bytes,
    b: bytes,
    choice: str = registry.AUTO,
    context_a: Context = NO_CONTEXT,
    context_b: Context = NO_CONTEXT,
) -> bool:
    """Whether `diff` takes some milliseconds at most; else it runs in another process (`diff_jobs`)."""
    if len(a) + len(b) > QUICK:
        return False
    values = 0
    for payload in (a, b):
        try:
            payload.decode()
        except UnicodeDecodeError:  # each byte may be a value
            if len(payload) > _QUICK_BINARY:
                return False
        values += sum(payload.count(mark) for mark in _SEPARATORS)
    if values > _QUICK_VALUES:
        return False
    return registry.is_quick(a, choice, context_a) and registry.is_quick(b, choice, context_b)


def _reasons(one: Document, other: Document) -> dict[Mode, str]:
    """What cannot be compared, and why."""
    reasons: dict[Mode, str] = {}
    for name, document in (("newer", other), ("older", one)):
        if document.structure is None:
            reasons["structure"] = f"The {name} one has no structure: it is shown as {document.label}."
        if not _is_text(document):
            reasons["lines"] = f"The {name} one is no text: it is shown as {document.label}."
    return reasons


def _is_text(document: Document) -> bool:
    return document.picture is None and document.format != _HEX


def _chosen(
    mode: str, one: Document, other: Document, reasons: dict[Mode, str]
) -> tuple[Mode, tuple[str, ...]]:
    """How they are compared, and why not as it was asked for, or as would be best."""
    for asked in MODES:
        if asked == mode and asked not in reasons:
            return asked, ()
    same = one.format == other.format and one.label == other.label
    best: Mode = "bytes"
    if "structure" not in reasons and (same or "lines" in reasons):
        best = "structure"
    elif "lines" not in reasons:
        best = "lines"
    word = {"structure": "by structure", "lines": "by lines", "bytes": "by bytes"}[best]
    if not same:
        return best, (f"Compared {word}: the older one is {one.label}, the newer one {other.label}.",)
    if mode in reasons:
        return best, (f"Compared {word}. {reasons[mode]}",)
    return best, ()


def _text(document: Document) -> TextSide:
    if document.structure is not None:
        return TextSide(document.source, index=document.structure)
    starts = document.lines if document.lines is not None else find_lines(document.source)
    return TextSide(document.source, starts)


def _line_notes(rows: LineRows, one: Document, other: Document) -> list[str]:
    notes = [GAVE_UP] if rows.gave_up else []
    if one.structure is None and other.structure is None:
        ends = line_end_note(one.source, other.source)
        return [*notes, ends] if ends else notes
    if not rows.counts.different:
        notes.append("The indented lines are the same; the blanks between their tokens are not.")
    return notes


def _document_notes(one: Document, other: Document) -> list[str]:
    """What the decoders had to say, told once where it is the same of both."""
    found = [[*filter(None, (each.problem,)), *each.notes] for each in (one, other)]
    both = [note for note in found[0] if note in found[1]]
    return [
        *both,
        *(f"Older one: {note}" for note in found[0] if note not in both),
        *(f"Newer one: {note}" for note in found[1] if note not in both),
    ]


def cut_notes(cut_a: bool, cut_b: bool) -> tuple[str, ...]:
    """What is to be said of payloads of which only a part was kept."""
    if cut_a and cut_b:
        return ("Of both only a part was kept, and only these parts are compared.",)
    if cut_a or cut_b:
        which = "older" if cut_a else "newer"
        return (f"Of the {which} one only a part was kept: what the other has more of may have been there.",)
    return ()


def _tell(progress: Progress | None, share: float) -> None:
    if progress is not None:
        progress(share)


def _part(progress: Progress | None, start: float) -> Progress | None:
    """The same for what begins when a share is done already."""
    if progress is None:
        return None
    tell = progress
    return lambda share: tell(start + (1 - start) * share)
