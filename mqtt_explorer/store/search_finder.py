# SPDX-License-Identifier: MIT
r"""Looks for one RE2 pattern in many texts at once.

One call per text costs more than looking: a million topics take 1.2 s call by call and 2 to 120 ms in joined blocks. What a block says
is exactly what each text alone would say:

* A pattern without anchors looks at texts joined by a byte that UTF-8 never has, so that nothing it matches reaches over it.
* A pattern with anchors looks at texts joined by line breaks, with `(?m)` and with RE2's `never_nl`, under which no part of a pattern
  takes a line break. Texts that hold line breaks themselves are asked one by one.
* A few things (`\A`, `\z`, `\B`, `\C`, `\Q`, a change of `(?m)`) mean something else in a block: then every text is asked by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress, repeat
from operator import contains
from typing import Any, Final

#: RE2's own memory for a pattern may be 8 MiB, most of it for what it learns while it looks. One that needs more than this for itself,
#: like `\pL{300}`, takes up to a third of a second to be made, and is refused.
_LARGEST: Final = 1 << 20
_LONG: Final = 100  # characters; shorter patterns are small unless they count with braces

#: Texts asked one by one: fewer are not worth a block.
_FEW: Final = 4

#: Bytes that are in no UTF-8 text, and which RE2 lets no pattern but `\C` match.
_STRANGERS: Final = tuple(bytes((byte,)) for byte in range(0xFF, 0xF7, -1))

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_OTHER_IN_BLOCKS: Final = frozenset("ABzCQE")
_CHANGES_LINES: Final = re.compile(r"\(\?[A-Za-z-]*m")

#: The opposite of each byte of a mask.
FLIP: Final = bytes((1, *([0] * 255)))


class Literal:
    """A plain text in many texts: what a pattern asks for first.

    Args:
        text: What to look for; without NUL.
        case: Upper and lower case differ.
        around: What stands before and behind each text.
        exact: A text that holds it is a hit; else it may be one.
    """

    def __init__(self, text: str, *, case: bool, around: bytes = b"", exact: bool = True) -> None:
        self._search = _compile(escape(text), case=case).search
        self._case = case
        self._around = around
        self._exact = exact and text.isascii()
        self._bytes = text.encode() if case else text.lower().encode()

    def mask(self, texts: Sequence[bytes], *, split: bool) -> tuple[bool, bytearray | None]:
        """In which of the texts it is, or None for in none; with it whether that is the answer, or the pattern itself has to look.

        Args:
            texts: Where to look.
            split: Decide also where there are hits. Where nearly all are hits the runs of the pattern are faster.
        """
        around = self._around
        block = around + (around + b"\0" + around).join(texts) + around
        # It holds no NUL, so it does not reach from one text into the next.
        if self._search(block) is None:
            return True, None
        if not split or not self._exact or not block.isascii():
            return False, None
        parts = (block if self._case else block.lower()).split(b"\0")
        if len(parts) != len(texts):
            return False, None
        return True, _or_none(bytearray(map(contains, parts, repeat(self._bytes))))


class Finder:
    """One pattern in RE2 syntax.

    Args:
        source: The pattern.
        case: Upper and lower case differ; else letters are the same that Unicode's simple case folding says are.
        groups: Keep the groups of the pattern, for `spans`.
        literal: A text without which the pattern is nowhere; often faster to look for.

    Raises:
        re2.error: It cannot be read; the argument says why, in the library's words.
    """

    def __init__(
        self, source: str, *, case: bool, groups: bool = False, literal: Literal | None = None
    ) -> None:
        self._literal = literal
        self._dense = False
        if literal is None and ("{" in source or len(source) > _LONG):
            _compile(source, case=case, max_mem=_LARGEST)
        self._alone = _compile(source, case=case, never_capture=not groups)
        self._group = 1 if groups else 0
        plain = _ESCAPE.sub("", source)
        escaped = set(_ESCAPE.findall(source))
        self._by_lines = any(anchor in plain.replace("[^", "") for anchor in "^$")
        self._one_by_one = bool(escaped & _OTHER_IN_BLOCKS) or _CHANGES_LINES.search(plain) is not None
        self._block: Any = None
        self._case = case
        self._runs_made: Any = None
        self._runs_source = ""
        if self._one_by_one:
            return
        if self._by_lines:
            self._block = _compile(f"(?m)(?:{source})", case=case, never_nl=True)
            # `never_nl` cuts the line break out of everything but \C, and behind $ nothing else stands.
            self._runs_source = rf"(?m)(?:^.*(?:{source}).*$\C)+"
        else:
            self._block = self._alone
            self._runs_source = rf"(?:(?s:.)*(?:{source})(?s:.)*\C)+"

    def _runs(self) -> Any:
        """Takes texts with hits that stand side by side in one go; made when there is a first hit. None where it is too large with
        the rest around it: then texts are found one after the other.
        """
        if self._runs_source:
            try:
                self._runs_made = _compile(self._runs_source, case=self._case, never_nl=self._by_lines)
            except re2_error():
                pass
            self._runs_source = ""
        return self._runs_made

    def found(self, text: bytes) -> bool:
        """Whether the pattern is in one text. RE2 lets other threads run meanwhile."""
        return self._alone.search(text) is not None

    def mask(self, texts: Sequence[bytes], *, utf8: bool = False) -> bytearray | None:
        """In which of the texts the pattern is: a 1 or 0 for each; None for in none.

        Args:
            texts: Not much more than a quarter of a megabyte together, since nobody can interrupt it.
            utf8: All of them are known to be valid.
        """
        if self._one_by_one or len(texts) < _FEW:
            return _or_none(bytearray(map(self.found, texts)))
        result: bytearray | None = None
        decided = False
        if self._literal is not None:
            decided, result = self._literal.mask(texts, split=not self._dense)
        if not decided:
            result = self._joined(texts, utf8=utf8)
        self._dense = result is not None and result.count(1) * 10 > len(result) * 9
        return result

    def _joined(self, texts: Sequence[bytes], *, utf8: bool) -> bytearray | None:
        count = len(texts)
        for separator in (b"\n",) if self._by_lines else _STRANGERS:
            block = separator.join(texts) + separator
            if block.count(separator) == count:
                return self._in_block(block, separator, count, utf8=utf8)
        return self._without_odd(texts, b"\n" if self._by_lines else _STRANGERS[0], utf8=utf8)

    def _without_odd(self, texts: Sequence[bytes], separator: bytes, *, utf8: bool) -> bytearray | None:
        """Asks texts that hold the separator one by one, and the others as a block."""
        result = bytearray(separator in text for text in texts)
        plain = list(compress(range(len(texts)), result.translate(FLIP)))
        for index in compress(range(len(texts)), bytes(result)):
            result[index] = self.found(texts[index])
        if plain:
            found = self.mask([texts[index] for index in plain], utf8=utf8)
            for index in compress(plain, found or b""):
                result[index] = 1
        return _or_none(result)

    def _in_block(self, block: bytes, separator: bytes, count: int, *, utf8: bool) -> bytearray | None:
        first = self._block.search(block)
        # Behind the last separator stands an empty text that is none of ours.
        if first is None or first.start() >= len(block):
            return None
        result = bytearray(count)
        start = block.rfind(separator, 0, first.start()) + 1
        index = block.count(separator, 0, start)
        runs = self._runs() if utf8 or block.replace(separator, b"").isascii() else None
        if runs is not None:
            for match in runs.finditer(block, start):
                begin, end = match.span()
                index += block.count(separator, start, begin)
                length = block.count(separator, begin, end)
                result[index : index + length] = b"\1" * length
                index += length
                start = end
            return result
        # The dot of a run takes no invalid UTF-8.
        match = first
        while match is not None and match.start() < len(block):
            index += block.count(separator, start, match.start())
            result[index] = 1
            index += 1
            start = block.index(separator, match.start()) + 1
            match = self._block.search(block, start)
        return result

    def spans(self, text: str, limit: int) -> list[tuple[int, int]]:
        """Where the pattern is: (start, length) in characters, none of them empty, at most `limit`."""
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            return []
        found: list[tuple[int, int]] = []
        pos = at = chars = 0
        while len(found) < limit:
            match = self._alone.search(raw, pos)
            if match is None:
                break
            start, end = match.span(self._group)
            if end > start:
                chars += _characters(raw[at:start])
                length = _characters(raw[start:end])
                found.append((chars, length))
                chars += length
                at = pos = end
            else:
                pos = max(end, pos) + 1
                if pos > len(raw):
                    break
        return found


def re2_error() -> type[Exception]:
    """The error of the library, which is imported when somebody searches."""
    import re2

    kind: type[Exception] = re2.error
    return kind


def escape(text: str) -> str:
    """A pattern for the text itself."""
    import re2

    quoted: str = re2.escape(text)
    return quoted


def _compile(
    source: str, *, case: bool, never_capture: bool = True, never_nl: bool = False, max_mem: int | None = None
) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case
    options.never_capture = never_capture
    options.never_nl = never_nl
    if max_mem is not None:
        options.max_mem = max_mem
    made = re2.compile(source.encode(), options)
    # The library keeps 128 patterns with up to 8 MiB each: as many as keys are struck in a minute.
    re2.purge()
    return made


def _or_none(mask: bytearray) -> bytearray | None:
    return mask if 1 in mask else None


def _characters(raw: bytes) -> int:
    r"""How many characters begin in a part of a text (`\C` may have cut one)."""
    return sum(byte & 0xC0 != 0x80 for byte in raw)
