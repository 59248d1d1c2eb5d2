# SPDX-License-Identifier: MIT
"""XML, checked and with its lines broken; nothing that it refers to is read, and no entity is expanded."""

from __future__ import annotations

import codecs
import re
from typing import Final
from xml.parsers import expat

from mqtt_explorer.payload.api import FIRST_PAGE, BaseDecoder, Context, DecodeError, Document, Span, TokenKind
from mqtt_explorer.payload.json_index import DEEPEST_INDENT
from mqtt_explorer.payload.progress import report
from mqtt_explorer.payload.text_lines import find_lines
from mqtt_explorer.payload.xml_layout import Layout

#: Up to this many bytes it takes less than 10 ms.
_QUICK: Final = 8 * 1024
_PROLOG = re.compile(rb"<\?xml\s[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._\-]{0,40})[\"']")
#: Byte order marks, and what "<?" is without one (XML 1.0, F.1).
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
#: Codecs of characters, by the beginning of Python's name; others (punycode) can be made to take minutes.
_CODECS: Final = (
    "utf-",
    "ascii",
    "iso8859",
    "cp",
    "koi8",
    "gb",
    "big5",
    "euc",
    "shift",
    "iso2022",
    "mac",
    "tis",
)
_STEP: Final = 1 << 16

_LINE_TOKEN = re.compile(
    r"(?P<comment><!--(?:[^-]++|-(?!->))*+(?:-->)?)"
    r"|(?P<cdata><!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>)?)"
    r"|(?P<mark><[?!][^<>]*+>?)"
    r"|(?P<tag></?[^\s<>/=\"']++)"
    r"|(?P<close>/?>)"
    r"|(?P<name>[^\s<>/=\"'&;]++)(?=\s*=\s*[\"'])"
    r"|[^\s<>/=\"'&;]++"
    r"|(?P<value>(?<==)\s*(?:\"[^\"<]*+\"?|'[^'<]*+'?))"
    r"|(?P<entity>&[#\w.\-]{1,64};)"
)
_COLOURS: Final[dict[str, TokenKind]] = {
    "comment": "comment", "cdata": "string", "mark": "mark", "tag": "key", "close": "key", "name": "key", "value": "string",
    "entity": "literal",
}  # fmt: skip


class _DeclaresEntities(Exception):
    """The document type declares an entity."""


class XmlDecoder(BaseDecoder):
    """Shows XML with one tag a line."""

    name = "xml"
    label = "XML"

    def objection(self, payload: bytes, context: Context) -> str | None:
        """See `api.Decoder.objection`."""
        del context
        head = payload[:256].lstrip(b"\xef\xbb\xbf\xfe\xff\x00 \t\r\n")
        if not head:
            return "nothing in it" if len(payload) <= 256 else None
        return None if head.startswith(b"<") else "does not begin with “<”"

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """See `api.Decoder.is_quick`."""
        del option, context
        return len(payload) <= _QUICK

    def first_page(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.first_page`."""
        del option
        source, _ = _utf8(payload[:_QUICK], cut=context.cut or len(payload) > _QUICK)
        try:
            _check(source, cut=True)
        except _DeclaresEntities:
            return self._raw(source[:FIRST_PAGE], (), complete=False)
        written = Layout(source).written()
        return Document(self.name, self.label, written, lines=find_lines(written), complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `api.Decoder.decode`."""
        del option
        source, charset = _utf8(payload, cut=context.cut)
        notes: tuple[str, ...] = ()
        if context.cut:
            notes += (f"Only the first {len(payload):,} bytes were kept: the end is missing.",)
        if charset != "UTF-8":
            notes += (f"Its encoding is {charset}.",)
        try:
            _check(source, cut=context.cut)
        except _DeclaresEntities:
            return self._raw(source, notes)
        layout = Layout(source)
        if layout.depth > DEEPEST_INDENT:
            notes += (
                f"{layout.depth:,} levels deep; from the {DEEPEST_INDENT}th on they are indented alike.",
            )
        written = layout.written()
        del layout, source
        lines = find_lines(written, lambda share: report(0.9 + 0.1 * share))
        return Document(self.name, self.label, written, lines=lines, notes=notes)

    def _raw(self, source: bytes, notes: tuple[str, ...], *, complete: bool = True) -> Document:
        notes += (
            "It declares entities, which are not read here: it is shown as it was sent, and was not checked.",
        )
        return Document(
            self.name, "XML, as sent", source, lines=find_lines(source), complete=complete, notes=notes
        )


def xml_spans(line: str) -> list[Span]:
    """Colours of one line, or a part of one; what begins on a line before is not known here."""
    spans: list[Span] = []
    begin = 0
    end_of_comment = line.find("-->")
    if end_of_comment >= 0 and "<!--" not in line[:end_of_comment]:
        begin = end_of_comment + 3
        spans.append(Span(0, begin, "comment"))
    inside = True  # a part of a line may begin inside a tag
    for found in _LINE_TOKEN.finditer(line, begin):
        group = found.lastgroup
        if group is None:  # a word of text
            continue
        if group == "tag":
            inside = True
        elif group == "close":
            inside = False
        elif group in ("name", "value") and not inside:
            continue
        blanks = len(found[0]) - len(found[0].lstrip())
        spans.append(Span(found.start() + blanks, len(found[0]) - blanks, _COLOURS[group]))
    return spans


def _utf8(payload: bytes, *, cut: bool) -> tuple[bytes, str]:
    """The text in UTF-8 without a byte order mark, and the name of its encoding.

    Raises:
        DecodeError: It has bytes that are none of its encoding, or names an encoding that is not known.
    """
    charset, label = _charset(payload)
    try:
        text = codecs.getincrementaldecoder(charset)("strict").decode(payload, not cut)
        source = text.encode()
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"Byte {error.start:,} (0x{error.object[error.start]:02x}) is not valid {label}."
        ) from None
    except UnicodeError:
        raise DecodeError(f"It is not valid {label}.") from None
    return source, label


def _charset(payload: bytes) -> tuple[str, str]:
    """Python's name of the encoding, and one for people."""
    for mark, charset in _MARKS:
        if payload.startswith(mark):
            return charset, charset.upper().removesuffix("-SIG").removesuffix("-LE").removesuffix("-BE")
    declared = _PROLOG.match(payload)
    if declared is None:
        return "utf-8", "UTF-8"
    said = declared[1].decode()
    try:
        name = codecs.lookup(said).name
    except (LookupError, ValueError):
        name = ""
    if not name.startswith(_CODECS) or name.startswith(("utf-16", "utf-32", "utf-7")):
        # One byte a character was enough to read the prolog: it cannot be UTF-16.
        raise DecodeError(f"It says that its encoding is “{said}”, which cannot be read here.")
    return name, said.upper()


def _check(source: bytes, *, cut: bool) -> None:
    """Reads all of it with a parser that opens nothing and stops at the first entity declared.

    Raises:
        _DeclaresEntities: It does; nothing behind was looked at.
        DecodeError: It is not well-formed.
    """
    parser = expat.ParserCreate("utf-8")  # whatever the prolog says: it has been decoded
    parser.EntityDeclHandler = _refuse
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        for at in range(0, len(source), _STEP):
            parser.Parse(source[at : at + _STEP], False)
        if not cut:
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code) or "not well-formed"
        raise DecodeError(f"Line {error.lineno:,}, column {error.offset + 1:,}: {reason}.") from None


def _refuse(*_: object) -> None:
    raise _DeclaresEntities
