# SPDX-License-Identifier: MIT
"""Which payloads are images, and what is made of those whose end is missing."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.api import Context, DecodeError
from mqtt_explorer.payload.image_format import KINDS, ImageDecoder, recognise
from mqtt_explorer.payload.picture import Picture
from mqtt_explorer.payload.picture_mend import mend
from tests.support import images

MOST = 64 << 20
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + bytes(24)
ICO = b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\x04\0\0\x16\0\0\0" + bytes(40)
SAMPLES = {
    "png": images.png(2, 2),
    "jpeg": images.JPEG,
    "gif": images.GIF,
    "bmp": images.bmp(2, 2),
    "tiff": images.tiff(2, 2),
    "webp": WEBP,
    "ico": ICO,
}
NO_IMAGES = {
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "bare svg": b"<svg/>",
    "xpm": b'/* XPM */\nstatic char *a[] = {"1 1 1 1", "a c #fff", "a"};',
    "xbm": b"#define a_width 1\n#define a_height 1\nstatic char a_bits[] = {0x00};",
    "pbm": b"P1 1 1 0",
    "ppm": b"P6 1 1 255 \0\0\0",
    "text": b"BMW is a make of cars, and this is no bitmap",
    "nothing": b"",
    "zeros": bytes(64),
    "almost png": b"\x89PNG\r\n",
    "riff": b"RIFF\x24\0\0\0WAVE",
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_images_are_known_by_their_first_bytes(kind):
    payload = SAMPLES[kind]
    picture = recognise(payload)
    assert picture is not None
    assert picture.kind == kind
    assert payload.startswith(bytes.fromhex(picture.known_by))
    decoder = ImageDecoder()
    assert decoder.objection(payload, Context()) is None
    document = decoder.decode(payload, "", Context())
    assert (document.label, document.picture, document.source) == (KINDS[kind], picture, payload)


def test_the_mark_is_shown_in_hex():
    assert recognise(images.tiff(1, 1)) == Picture("tiff", "49 49 2A 00")


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_text_or_a_program_is_no_image(name):
    payload = NO_IMAGES[name]
    assert recognise(payload) is None
    assert ImageDecoder().objection(payload, Context(content_type="image/svg+xml")) == "no known image"
    with pytest.raises(DecodeError) as caught:
        ImageDecoder().decode(payload, "", Context())
    assert caught.value.message.endswith(".")


@settings(max_examples=200, deadline=None)
@given(
    mark=st.sampled_from([b"", *(sample[:40] for sample in SAMPLES.values())]), rest=st.binary(max_size=400)
)
def test_no_bytes_make_it_raise(mark, rest):
    payload = mark + rest
    picture = recognise(payload)
    for kind in KINDS if picture is None else (picture.kind,):
        mended = mend(payload, kind, 1 << 20)
        assert len(mended.payload) >= len(payload) or mended.partial


# --- images whose end is missing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff"])
def test_whole_images_are_left_alone(kind):
    mended = mend(SAMPLES[kind], kind, MOST)
    assert mended == (SAMPLES[kind], False, None)
    assert mended.payload is SAMPLES[kind]


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "webp"])
def test_a_missing_end_is_noticed(kind):
    assert mend(SAMPLES[kind][: -13 if kind == "png" else -1], kind, MOST).partial


def test_the_rows_of_a_png_are_counted_and_the_others_added_empty():
    whole = images.png(10, 100)
    kept = whole[: 41 + 50 + 31 * 42]  # 42 rows and some bytes
    mended = mend(kept, "png", MOST)
    assert mended.partial
    assert 40 <= mended.rows <= 44
    data = mended.payload.index(b"IDAT") + 4
    raw = zlib.decompressobj().decompress(mended.payload[data:])
    assert len(raw) == 31 * 100
    assert raw[31 * (mended.rows - 1) + 1] == mended.rows - 1
    assert raw[31 * mended.rows :] == bytes(31 * (100 - mended.rows))
    assert mend(mended.payload, "png", MOST) == (mended.payload, False, None)


def test_a_png_without_any_row():
    mended = mend(images.png(10, 10)[:45], "png", MOST)
    assert (mended.partial, mended.rows) == (True, 0)


def test_no_more_is_added_than_allowed():
    payload = images.bomb(60_000, 60_000)[:-12]
    assert mend(payload, "png", MOST) == (payload, True, None)
    payload = (
        images.bmp(2_000, 1)[:22]
        + (-2_000_000).to_bytes(4, "little", signed=True)
        + images.bmp(2_000, 1)[26:]
    )
    assert len(mend(payload, "bmp", MOST).payload) == len(payload)


def test_a_preview_inside_a_jpeg_is_not_its_end():
    preview = b"\xff\xd8\xff\xd9"
    segment = b"\xff\xe1" + (2 + len(preview)).to_bytes(2, "big") + preview
    payload = images.JPEG[:2] + segment + images.JPEG[2:]
    assert not mend(payload, "jpeg", MOST).partial
    assert mend(payload[:-2], "jpeg", MOST).partial
