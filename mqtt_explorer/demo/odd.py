# SPDX-License-Identifier: MIT
"""Odd topics: everything that made a topic tree or a payload view stumble once, to be looked at in peace."""

from __future__ import annotations

import datetime
import gzip
import json
import random
import struct
import zlib
from collections.abc import Callable

from mqtt_explorer.demo.curves import around, counted, daylight
from mqtt_explorer.demo.source import ONCE, Source, as_json, constant, text

BIG_BYTES = 200_000
DEEP_LEVELS = 40


def sources(seed: int, epoch_s: float) -> list[Source]:
    """Every odd topic."""
    return [
        *_names(),
        *_numbers(),
        *_json(),
        *_binary(seed),
        *_texts(epoch_s),
        *_sizes(),
        *_flags(),
        *_weather(seed),
    ]


def _names() -> list[Source]:
    """Topic names that are allowed and surprising."""
    deep = "/".join(["odd", "deep", *(f"level-{level}" for level in range(3, DEEP_LEVELS + 1))])
    names = (
        ("odd/names/constructor", 4),
        ("odd/names/constructor/prototype", 6),
        ("odd/names/__proto__", 6),
        ("odd/names/with space/and  two", 6),
        ("odd//empty//levels", 6),
        ("/odd-leading-slash", 6),
        ("odd/trailing-slash/", 6),
        ("odd/names/$price/$", 6),
        ("odd/names/🌡️/küche/温度", 4),
        ("odd/names/שלום/مرحبا", 6),
        ("odd/names/<b>bold</b>", 6),
        (f"odd/names/long-{'o' * 300}", 10),
        (deep, 4),
    )
    return [Source(name, period_s, _counter(0.5)) for name, period_s in names]


def _numbers() -> list[Source]:
    payloads = {
        "beyond-double": "9007199254740993",
        "huge": "1e400",
        "nan": "NaN",
        "infinity": "-Infinity",
        "negative-zero": "-0.0",
        "leading-zeros": "007",
        "hexadecimal": "0x1F",
        "comma": "21,7",
        "two-numbers": "3.5 4.5",
    }
    return [Source(f"odd/numbers/{name}", 20, constant(value.encode())) for name, value in payloads.items()]


def _json() -> list[Source]:
    deep: object = "bottom"
    for _ in range(60):
        deep = [deep]
    return [
        Source("odd/json/array", 5, lambda t: as_json([round(t, 1), counted(t, 2), None, True, "text"])),
        Source("odd/json/null", 20, constant(b"null")),
        Source("odd/json/deep", 20, constant(as_json(deep))),
        Source("odd/json/broken", 20, constant(b'{"temperature": 21.7, "unit": ')),
        Source("odd/json/same-key-twice", 20, constant(b'{"value": 1, "value": 2}')),
        Source("odd/json/big-integer", 20, constant(b'{"id": 9007199254740993}')),
        Source(
            "odd/json/markup", 20, constant(as_json({"html": "<img src=x><b>bold</b>", "rtl": "\u202eabc"}))
        ),
    ]


def _binary(seed: int) -> list[Source]:
    def noise(t: float) -> bytes:
        return random.Random(f"{seed}/{t:.0f}").randbytes(64)

    def record(t: float) -> bytes:
        return struct.pack("<HIfd", 0xBEEF, counted(t, 1), 20 + 5 * daylight(t), t)

    return [
        Source("odd/binary/random", 5, noise),
        Source("odd/binary/record", 2, record),
        Source("odd/binary/picture.png", ONCE, constant(_picture()), 1, True),
        Source("odd/binary/gzip", 20, lambda t: gzip.compress(as_json({"t": round(t)}), mtime=0)),
        Source(
            "odd/binary/messagepack",
            10,
            lambda t: b"\x82\xa1t\xce" + struct.pack("!I", int(t)) + b"\xa2ok\xc3",
        ),
        Source("odd/binary/latin-1", 20, constant("Küche 21,7 °C".encode("latin-1"))),
        Source("odd/binary/zero-bytes", 20, constant(bytes(16))),
        Source("odd/binary/empty", 20, constant(b"")),
    ]


def _texts(epoch_s: float) -> list[Source]:
    def moment(t: float) -> bytes:
        return text(
            datetime.datetime.fromtimestamp(epoch_s + t, datetime.UTC).isoformat(timespec="milliseconds")
        )

    xml = b"<?xml version='1.0'?><reading unit='bar'><value>1.013</value></reading>"
    return [
        Source("odd/text/lines", 10, constant(b"first line\nsecond line\r\nthird\tline\n")),
        Source("odd/text/xml", 20, constant(xml)),
        Source("odd/text/iso-time", 5, moment),
        Source("odd/text/unix-time", 5, lambda t: text(int(epoch_s + t))),
        Source("odd/text/markup", 20, constant(b"<h1>not a headline</h1><img src='file:///etc/hostname'>")),
        Source("odd/text/escapes", 20, constant(b"\x1b[31mred\x1b[0m \x07 bell")),
        Source("odd/text/emoji", 10, constant("🌱→🌿→🍅 👩‍🔬".encode())),
    ]


def _sizes() -> list[Source]:
    row = {"sensor": "probe", "unit": "bar", "value": 1.0132}
    rows = [{"n": n, **row} for n in range(BIG_BYTES // 58)]
    body = json.dumps(rows, separators=(",", ":"))[1:]

    def big(t: float) -> bytes:
        return f'[{{"written_at":{t:.1f}}},{body}'.encode().ljust(BIG_BYTES)

    return [
        Source("odd/big/200-kB", 20, big, 1, True),
        Source("odd/big/one-word", 30, constant(b"w" * 20_000)),
    ]


def _flags() -> list[Source]:
    """What a boolean, a switch and a flag of MQTT may look like."""
    return [
        Source("odd/flags/true-false", 5, _toggle(b"true", b"false")),
        Source("odd/flags/on-off", 5, _toggle(b"on", b"off")),
        Source("odd/flags/one-zero", 5, _toggle(b"1", b"0")),
        Source("odd/flags/retained-once", ONCE, constant(b"said once, at the start"), 1, True),
        Source("odd/flags/retained-and-alive", 10, _counter(0.1), 0, True),
        Source("odd/flags/qos-1", 5, _counter(0.2), 1),
        Source("odd/flags/never-changes", 2, constant(b"42")),
    ]


def _weather(seed: int) -> list[Source]:
    pressure = around(f"{seed}/pressure", 1013, 9, 400)
    wind, turn = around(f"{seed}/wind", 4.5, 3.5, 40), around(f"{seed}/turn", 220, 120, 90)
    outside = around(f"{seed}/outside", 11, 3, 300)
    return [
        Source("weather/temperature", 2, lambda t: text(f"{outside(t) + 7 * daylight(t):.1f} °C")),
        Source("weather/pressure", 4, lambda t: text(f"{pressure(t):.1f} hPa")),
        Source(
            "weather/wind", 1, lambda t: as_json({"speed": round(wind(t), 1), "from": round(turn(t)) % 360})
        ),
        Source("weather/sun", 4, lambda t: text(f"{820 * daylight(t):.0f} W/m²")),
    ]


def _counter(per_second: float) -> Callable[[float], bytes]:
    return lambda t: text(counted(t, per_second))


def _toggle(first: bytes, second: bytes) -> Callable[[float], bytes]:
    return lambda t: second if counted(t, 0.1) % 2 else first


def _picture(size: int = 48) -> bytes:
    """A small PNG with a colour gradient, written by hand: the standard library draws none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    step = 255 // (size - 1)
    rows = (b"\0" + b"".join(bytes((x * step, y * step, 160)) for x in range(size)) for y in range(size))
    header = struct.pack("!IIBBBBB", size, size, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
