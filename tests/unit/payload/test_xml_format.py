# SPDX-License-Identifier: MIT
"""XML: lines are broken where nothing is lost by it, and nothing that a payload names is ever opened."""

from __future__ import annotations

import codecs
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.text_lines import TextLines
from mqtt_explorer.payload.xml_format import XmlDecoder, xml_spans

NOTHING = Context()


def decode(payload: bytes, context: Context = NOTHING) -> Document:
    return XmlDecoder().decode(payload, "", context)


def shown(payload: bytes, context: Context = NOTHING) -> list[str]:
    document = decode(payload, context)
    assert document.lines is not None
    lines = TextLines(document.source, document.lines)
    return [lines.text(number) for number in range(len(lines))]


def test_tags_get_lines_and_everything_is_copied_as_it_was() -> None:
    payload = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ELEMENT a (b)> <!-- ]> -->]><a x="1>2"  y=\'3\'><!-- <c> -->'
        b"<b>text &amp; <i>mixed</i>\n x</b><c/><d></d><e> </e><f><![CDATA[<x>]]></f><?pi a?><g> <h>\n<j k='l'/></h></g></a><!-- end -->"
    )
    assert shown(payload) == [
        '<?xml version="1.0"?>',
        "<!DOCTYPE a [<!ELEMENT a (b)> <!-- ]> -->]>",
        "<a x=\"1>2\"  y='3'>",
        "  <!-- <c> -->",
        "  <b>text &amp; <i>mixed</i>",
        " x</b>",
        "  <c/>",
        "  <d></d>",
        "  <e> </e>",
        "  <f><![CDATA[<x>]]></f>",
        "  <?pi a?>",
        "  <g>",
        "    <h>",
        "      <j k='l'/>",
        "    </h>",
        "  </g>",
        "</a>",
        "<!-- end -->",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        b"<p>one <b>two</b> <i>three</i></p>",
        b"<p> <b>two</b> x</p>",
        b'<p xml:space="preserve"> <b/> </p>',
        b"<p><![CDATA[ ]]><b/></p>",
        b"<p>&#32;<b/></p>",
    ],
    ids=range(5),
)
def test_where_blanks_may_mean_something_nothing_is_changed(payload: bytes) -> None:
    assert decode(payload).source == payload


@pytest.mark.parametrize(
    ("charset", "label"),
    [
        ("iso-8859-1", "ISO-8859-1"),
        ("windows-1251", "WINDOWS-1251"),
        ("utf-8", None),
        ("shift_jis", "SHIFT_JIS"),
    ],
    ids=range(4),
)
def test_the_declared_encoding_is_honoured(charset: str, label: str | None) -> None:
    text = {"iso-8859-1": "é", "windows-1251": "ж", "utf-8": "€", "shift_jis": "日本"}[charset]
    document = decode(f'<?xml version="1.0" encoding="{charset}"?><a>{text}</a>'.encode(charset))
    assert f"<a>{text}</a>".encode() in document.source
    assert document.notes == (() if label is None else (f"Its encoding is {label}.",))


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_encodings_that_show_in_the_first_bytes(charset: str) -> None:
    prolog = '<?xml version="1.0"?>' if charset != "utf-32" else ""
    assert "<a>€</a>".encode() in decode(f"{prolog}<a>€</a>".encode(charset)).source


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "Line 1, column 1: no element found."),
        (b'{"a":1}', "Line 1, column 1: not well-formed (invalid token)."),
        (b"<a>\n<b></a>", "Line 2, column 6: mismatched tag."),
        (b"<a>&x;</a>", "Line 1, column 4: undefined entity."),
        (b"<a/>junk", "Line 1, column 5: junk after document element."),
        (b"<a>\xff</a>", "Byte 3 (0xff) is not valid UTF-8."),
        (b"<a b='1' b='2'/>", "Line 1, column 10: duplicate attribute."),
        (
            b'<?xml version="1.0" encoding="punycode"?><a/>',
            "It says that its encoding is “punycode”, which cannot be read here.",
        ),
        (
            b'<?xml version="1.0" encoding="utf-16"?><a/>',
            "It says that its encoding is “utf-16”, which cannot be read here.",
        ),
        (
            b'<?xml version="1.0" encoding="x-mine"?><a/>',
            "It says that its encoding is “x-mine”, which cannot be read here.",
        ),
    ],
    ids=range(10),
)
def test_what_is_not_well_formed_says_where(payload: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(payload)
    assert caught.value.message == message


LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20))
    + b']><l a="&u;">&u;</l>'
)


def test_entities_are_shown_as_sent_and_never_expanded() -> None:
    begin = time.perf_counter()
    document = decode(LAUGHS)
    assert time.perf_counter() - begin < 5
    assert document.source == LAUGHS
    assert document.label == "XML, as sent"
    assert document.notes[-1].startswith("It declares entities")
    page = XmlDecoder().first_page(LAUGHS, "", NOTHING)
    assert page.source == LAUGHS


#: Who is told what Python opens; an audit hook cannot be taken away, so there is one for all tests.
_watchers: list[list[str]] = []


@cache
def _watch() -> None:
    def told(event: str, arguments: tuple[object, ...]) -> None:
        if _watchers and event in ("open", "socket.connect", "socket.getaddrinfo"):
            _watchers[-1].append(f"{event} {arguments[0]}")

    sys.addaudithook(told)


@contextmanager
def watched() -> Iterator[list[str]]:
    _watch()
    opened: list[str] = []
    _watchers.append(opened)
    try:
        yield opened
    finally:
        _watchers.pop()


def test_the_watch_sees_files(tmp_path: Path) -> None:
    with watched() as opened:
        (tmp_path / "x").write_text("x")
    assert len(opened) == 1


@pytest.mark.parametrize(
    "template",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "{uri}">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "{uri}"> %x;]><a>&canary;</a>',
        '<!DOCTYPE a SYSTEM "{uri}"><a>&canary;</a>',
        '<!DOCTYPE a PUBLIC "-//x//y" "{uri}"><a/>',
        '<?xml-stylesheet href="{uri}"?><a/>',
        '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{uri}" parse="text"/></a>',
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x {uri}"/>',
    ],
    ids=range(7),
)
@pytest.mark.parametrize("scheme", ["file", "path", "http"])
def test_nothing_that_it_names_is_opened(
    template: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("<!ENTITY canary 'tweet'>")
    uri = {"file": canary.as_uri(), "path": str(canary), "http": "http://127.0.0.1:9/canary"}[scheme]
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: pytest.fail("asked"))
    with watched() as opened:
        text = decode(template.format(uri=uri).encode()).source
        XmlDecoder().first_page(template.format(uri=uri).encode(), "", NOTHING)
    assert b"tweet" not in text
    assert uri.encode() in text
    assert opened == []


def test_deep_nesting_never_ends_the_process() -> None:
    script = (
        "from mqtt_explorer.payload.xml_format import XmlDecoder; from mqtt_explorer.payload.api import *\n"
        "document = XmlDecoder().decode(b'<a>' * 100_000 + b'</a>' * 100_000, '', Context())\n"
        "print(len(document.lines), len(document.source), document.notes[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    count, size, note = done.stdout.strip().split(" ", 2)
    assert int(count) == 199_999
    assert int(size) < 40_000_000
    assert note == "100,000 levels deep; from the 60th on they are indented alike."


@pytest.mark.parametrize(
    "payload",
    [
        b"<a>" + b"x" * 5_000_000 + b"</a>",
        b'<a b="' + b"x" * 5_000_000 + b'"/>',
        b"<!--" + b"- x" * 1_000_000 + b"--><a/>",
        b"<a><![CDATA[" + b"]" * 1_000_000 + b"]]></a>",
        b"<a>" + b"]" * 1_000_000 + b"</a>",
        b"<a>" + b" " * 2_000_000 + b"<b/></a>",
    ],
    ids=range(6),
)
def test_one_long_line_takes_no_time(payload: bytes) -> None:
    begin = time.perf_counter()
    document = decode(payload)
    assert time.perf_counter() - begin < 10
    assert document.source.replace(b"\n", b"").replace(b" ", b"") == payload.replace(b" ", b"")


def test_the_first_page_of_a_large_payload() -> None:
    payload = b"<r>" + b'<a b="c">text</a>' * 30_000 + b"</r>"
    page = XmlDecoder().first_page(payload, "", NOTHING)
    assert not page.complete
    whole = decode(payload)
    assert whole.source.startswith(page.source.rpartition(b"\n")[0])
    assert not XmlDecoder().is_quick(payload, "", NOTHING)
    with pytest.raises(DecodeError):
        XmlDecoder().first_page(b"no XML" * 100_000, "", NOTHING)


@pytest.mark.parametrize(
    "payload", [b"<a><b>te", b"<a><b><c/><d e='f", b"<a><!-- x", b"<a>\xe2\x82"], ids=range(4)
)
def test_a_cut_payload_is_shown_as_far_as_it_goes(payload: bytes) -> None:
    document = decode(payload, Context(cut=True))
    assert b"<a>" in document.source
    assert "the end is missing" in document.notes[0]


def test_the_menu_says_what_cannot_be_xml() -> None:
    decoder = XmlDecoder()
    assert decoder.objection(b"hello", NOTHING) == "does not begin with “<”"
    assert decoder.objection(b" ", NOTHING) == "nothing in it"
    assert decoder.objection(codecs.BOM_UTF16_LE + "<a/>".encode("utf-16-le"), NOTHING) is None


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        ('  <a b="c" d=\'e\'>x = "y" &amp; z</a>', [("<a", "key"), ("b", "key"), ('"c"', "string"), ("d", "key"), ("'e'", "string"), (">", "key"), ("&amp;", "literal"), ("</a", "key"), (">", "key")]),
        ("<!-- x --><b/>", [("<!-- x -->", "comment"), ("<b", "key"), ("/>", "key")]),
        ("x --><b/>", [("x -->", "comment"), ("<b", "key"), ("/>", "key")]),
        ("<![CDATA[<x>]]>", [("<![CDATA[<x>]]>", "string")]),
        ('<?xml version="1.0"?>', [('<?xml version="1.0"?>', "mark")]),
        ('c="d">', [("c", "key"), ('"d"', "string"), (">", "key")]),
        ("", []),
    ],
    ids=range(7),
)  # fmt: skip
def test_colours(line: str, spans: list[tuple[str, str]]) -> None:
    assert [(line[start : start + length], kind) for start, length, kind in xml_spans(line)] == spans


@pytest.mark.parametrize(
    "piece", ["<", "a ", "<!--", '"', 'a="', "&a", "= ", "a", " ", "<![CDATA[", "-", "=", "<a b=", "'"]
)
def test_colours_of_a_hostile_line_take_no_time(piece: str) -> None:
    line = piece * (200_000 // len(piece))
    begin = time.perf_counter()
    spans = xml_spans(line)
    assert time.perf_counter() - begin < 5
    assert all(start >= 0 and length > 0 and start + length <= len(line) for start, length, _ in spans)


TEXTS = st.text("ab <&\n", max_size=4)
TREES = st.recursive(
    TEXTS.map(lambda text: (text, [], "")),
    lambda inner: st.tuples(TEXTS, st.lists(inner, max_size=3), TEXTS),
    max_leaves=12,
)


def element(tree: tuple[str, list[object], str]) -> ElementTree.Element:
    made = ElementTree.Element("e", {"k": tree[0]})
    made.text = tree[0]
    for each in tree[1]:
        child = element(each)  # type: ignore[arg-type]
        child.tail = tree[2]
        made.append(child)
    return made


def meaning(each: ElementTree.Element) -> object:
    """What is in it; blanks count wherever there is also text, and where there is nothing else."""
    texts = [each.text or "", *[child.tail or "" for child in each]]
    if len(each) and not any(text.strip(" \t\r\n") for text in texts):
        texts = []
    return each.tag, each.attrib, texts, [meaning(child) for child in each]


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_new_lines_change_no_meaning(tree: tuple[str, list[object], str]) -> None:
    payload = ElementTree.tostring(element(tree))
    after = ElementTree.fromstring(decode(payload).source)
    assert meaning(after) == meaning(ElementTree.fromstring(payload))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<a>",
                "</a>",
                "<b/>",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "<?p",
                "?>",
                "x",
                " ",
                "&amp;",
                "'",
                '"',
                "<!DOCTYPE a [",
                "]>",
                "<!ENTITY x 'y'>",
            ]
        ),
        max_size=30,
    )
)
def test_pieces_of_xml_are_shown_or_refused(pieces: list[str]) -> None:
    payload = "".join(pieces).encode()
    for context in (NOTHING, Context(cut=True)):
        try:
            document = decode(payload, context)
        except DecodeError:
            continue
        blanks = bytes.maketrans(b"", b"")
        assert document.source.translate(blanks, b" \n") == payload.translate(blanks, b" \n")
