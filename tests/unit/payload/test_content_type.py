# SPDX-License-Identifier: MIT
"""Which decoders a Content Type asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.content_type import choices_of

CASES = {
    "": (),
    "application/json": ("json",),
    "Application/JSON; charset=utf-8": ("json",),
    " application/json ;version=1": ("json",),
    "text/json": ("json",),
    "json": ("json",),
    "JSON": ("json",),
    "application/vnd.acme.v2+json": ("json",),
    "application/problem+JSON": ("json",),
    "application/cloudevents+json; charset=UTF-8": ("json",),
    "application/cbor": ("cbor",),
    "application/senml+cbor": ("cbor",),
    "application/cbor-seq": ("cbor",),
    "application/msgpack": ("msgpack",),
    "application/x-msgpack": ("msgpack",),
    "application/vnd.msgpack": ("msgpack",),
    "application/xml": ("xml",),
    "text/xml; charset=iso-8859-1": ("xml",),
    "application/soap+xml": ("xml",),
    "image/svg+xml": ("xml",),
    "application/gzip": ("unwrap",),
    "application/x-gzip": ("unwrap",),
    "application/tlsrpt+gzip": ("unwrap",),
    "application/zlib": ("unwrap",),
    "application/zstd": ("unwrap",),
    "application/base64": ("base64",),
    "text/plain": ("text",),
    "text/plain; charset=utf-8": ("text",),
    "text/plain;charset=US-ASCII": ("text",),
    "text/plain; charset=latin-1": ("text:latin-1",),
    'text/plain; format=flowed; Charset="ISO-8859-1"': ("text:latin-1",),
    "text/plain; charset=windows-1252": ("text:cp1252",),
    "text/plain; charset=utf-16": ("text:utf-16",),
    "text/plain; charset=no-such-charset": ("text",),
    "text/plain; charset=rot13": ("text",),
    "text/plain; charset=": ("text",),
    "text/csv": ("text",),
    "application/x-ndjson": ("text",),
    "application/yaml": ("text",),
    "text": ("text",),
    "image/png": ("image",),
    "image/JPEG": ("image",),
    "image/gif": ("image",),
    "image/bmp": ("image",),
    "application/octet-stream": ("hex",),
    "application/x-protobuf": (),
    "application/protobuf": (),
    "application/vnd.google.protobuf": (),
    "audio/mpeg": (),
    "application/+": (),
    "image/": (),
    "/": (),
    ";": (),
    "application/pdf; name=a.json": (),
}


@pytest.mark.parametrize("content_type", CASES, ids=range(len(CASES)))
def test_the_content_type_chooses_decoders(content_type: str) -> None:
    assert choices_of(content_type) == CASES[content_type]


def test_a_long_content_type_costs_nothing() -> None:
    assert choices_of("application/json;" + "a=b;" * 16_000) == ("json",)
    assert choices_of("x" * 65_535) == ()


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.text().map("text/plain; charset={}".format)))
def test_no_text_makes_it_fail(content_type: str) -> None:
    assert isinstance(choices_of(content_type), tuple)
