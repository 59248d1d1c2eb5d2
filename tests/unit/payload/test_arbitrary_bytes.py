# SPDX-License-Identifier: MIT
"""Every decoder under arbitrary bytes: a decoder raises nothing but `DecodeError`, and the registry nothing at all."""

from __future__ import annotations

import base64
import gzip
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import Context, DecodeError, Decoder, Document
from mqtt_explorer.payload.progress import reporting
from mqtt_explorer.payload.raw_format import RawDecoder

#: Beginnings that lead further in than chance does.
HEADS = (
    b"", b"{", b"[", b'{"a":', b"<a>", b"<?xml", b"\xff\xfe<\x00", b"\xa1\x61a", b"\x9f", b"\xbf", b"\xd9\xd9\xf7", b"\x81\xa1a",
    b"\xdd\xff\xff\xff\xff", b"\x1f\x8b\x08\x00", b"x\x9c", b"\x28\xb5\x2f\xfd", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"BM",
    b"data:;base64,", b"\x08\x01\x12\x03", b"\x08\x80\x80\x04\x18\x01", b"\xef\xbb\xbf",
)  # fmt: skip
PAYLOADS = st.one_of(
    st.binary(max_size=120),
    st.builds(bytes.__add__, st.sampled_from(HEADS), st.binary(max_size=60)),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=60).map(base64.b64encode),
    st.binary(max_size=60).map(gzip.compress),
)
CONTEXTS = st.builds(
    Context,
    topic=st.sampled_from(
        ["", "plant/temp", "spBv1.0/g/DDATA/n/d", "spBv1.0/g/NBIRTH/n", "spBv1.0/STATE/h", "spBv1.0"]
    ),
    cut=st.booleans(),
    content_type=st.sampled_from(
        ["", "application/json", "application/cbor", "image/png", "text/plain;charset=utf-16", "x"]
    ),
    related=st.dictionaries(
        st.sampled_from(["spBv1.0/g/NBIRTH/n", "spBv1.0/g/DBIRTH/n/d"]), st.binary(max_size=30), max_size=2
    ),
)

DECODERS = (*registry.DECODERS, RawDecoder())


def options_of(decoder: Decoder) -> list[str]:
    return ["", *(value for value, _ in decoder.options), "no such option", "/no/such.desc::pkg.Type", "\x00"]


def check(document: Document | None) -> None:
    """A view can show it: every line is made, coloured, and what travels between processes does."""
    if document is None:
        return
    assert isinstance(document.label, str)
    assert document.label
    assert isinstance(document.source, bytes)
    assert all(isinstance(note, str) and note for note in document.notes)
    lines = registry.lines_of(pickle.loads(pickle.dumps(document)))
    for number in range(min(len(lines), 50)):
        text = lines.text(number)
        assert "\n" not in text
        assert lines.length(number) == len(text) <= lines.longest
        for start, length, _ in lines.spans(number, 0, text):
            assert 0 <= start <= start + length <= len(text)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
@settings(max_examples=80, deadline=None)
@given(payload=PAYLOADS, context=CONTEXTS, data=st.data())
def test_a_decoder_shows_or_refuses(
    decoder: Decoder, payload: bytes, context: Context, data: st.DataObject
) -> None:
    option = data.draw(st.sampled_from(options_of(decoder)))
    objection = decoder.objection(payload, context)
    assert objection is None or (isinstance(objection, str) and objection)
    assert all(isinstance(topic, str) for topic in decoder.related(context.topic))
    for ask in (decoder.is_quick, decoder.first_page, decoder.decode):
        try:
            answer = ask(payload, option, context)
        except DecodeError as error:
            answer, said = None, error.message
        else:
            said = "no error"
        assert said
        if ask != decoder.is_quick:
            assert answer is None or isinstance(answer, Document)
            check(answer)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(payload=PAYLOADS, context=CONTEXTS, data=st.data())
def test_the_registry_always_shows_something(payload: bytes, context: Context, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([registry.AUTO, "nonsense", "", *(each.name for each in DECODERS)]))
    option = data.draw(
        st.sampled_from(["", ":", ":x", ":\x00::", ":utf-16-le", ":float32:le", ":gzip", ":int8"])
    )
    shares: list[float] = []
    registry.first_page(payload, name + option, context)
    assert registry.is_quick(payload, name + option, context) in (True, False)
    assert isinstance(registry.related(context.topic, name + option), tuple)
    with reporting(shares.append):
        document = registry.decode(payload, name + option, context)
    check(document)
    assert document.complete
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_a_large_payload_has_a_first_page_or_none(decoder: Decoder) -> None:
    for piece in (b"\x00", b"{", b"[1,", b"<a>", b"\x81", b"aGk", b"\xff", b"x\n"):
        payload = piece * (200_000 // len(piece))
        decoder.is_quick(payload, "", Context())
        try:
            check(decoder.first_page(payload, "", Context()))
        except DecodeError:
            continue
