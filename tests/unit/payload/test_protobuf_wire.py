# SPDX-License-Identifier: MIT
from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import protobuf_wire
from mqtt_explorer.payload.notation import write_notation
from mqtt_explorer.payload.protobuf_wire import RawFields, WireError, read_fields, whole_fields


def raw(data, *, cut=False):
    from mqtt_explorer.payload.notation import Pairs

    return write_notation(Pairs(RawFields().members(data, cut=cut))).decode()


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", "{}"),
        (b"\x08\x96\x01", '{"1 varint":150}'),
        (
            b"\x08" + b"\xff" * 9 + b"\x01",
            '{"1 varint":{"unsigned":18446744073709551615,"signed?":-1}}',
        ),
        (b"\x12\x07testing", '{"2 text?":"testing"}'),
        (b"\x12\x00", "{\"2 bytes\":h''}"),
        (b"\x12\x02\xff\xfe", "{\"2 bytes\":h'fffe'}"),
        (b"\x1a\x03\x08\x96\x01", '{"3 message?":{"1 varint":150}}'),
        (b"\x0a\x06\n\x04abcd", '{"1 message?":{"1 text?":"abcd"}}'),
        (b"\x0a\x04a\nbc", '{"1 text?":"a\\nbc"}'),
        (b"\x0d\xc3\xf5\x48\x40", '{"1 fixed32":{"integer":1078523331,"float?":3.14}}'),
        (b"\x09" + struct.pack("<d", -1.5), '{"1 fixed64":{"integer":13832806255468478464,"double?":-1.5}}'),
        (b"\x23\x08\x01\x2b\x10\x02\x2c\x24", '{"4 group":{"1 varint":1,"5 group":{"2 varint":2}}}'),
        (b"\x08\x01\x08\x02", '{"1 varint":1,"1 varint":2}'),
    ],
    ids=[
        "empty",
        "varint",
        "negative",
        "text",
        "no bytes",
        "bytes",
        "message",
        "line feed is a tag",
        "line break",
        "fixed32",
        "fixed64",
        "groups",
        "repeated",
    ],
)
def test_fields_without_a_schema(data, shown):
    assert raw(data) == shown


@pytest.mark.parametrize(
    ("data", "at", "reason"),
    [
        (b"\x08\x01\x00\x01", 2, "there is no field number 0"),
        (b"\x0f", 0, "there is no wire type 7"),
        (b"\x08\x01\x12\x05ab", 2, "field 2 says 5 bytes, and 2 are left"),
        (b"\x08\x80", 1, "a varint is cut off"),
        (b"\x08" + b"\xff" * 11, 1, "a varint has more than 64 bits"),
        (b"\x08" + b"\xff" * 9 + b"\x02", 1, "a varint has more than 64 bits"),
        (b"\x09\x01\x02", 0, "field 1 (fixed64) is cut off"),
        (b"\x24", 0, "a group ends that has not begun"),
        (b"\x23\x08\x01", 1, "group 4 has no end"),
        (b"\x23\x2c", 1, "group 5 ends inside another one"),
    ],
    ids=["number 0", "type 7", "length", "varint", "long", "65 bits", "fixed", "end", "no end", "crossed"],
)
def test_a_fault_says_where_and_why(data, at, reason):
    with pytest.raises(WireError) as caught:
        list(read_fields(data))
    assert (caught.value.at, caught.value.reason) == (at, reason)


def test_a_cut_message_is_read_as_far_as_it_is_whole():
    data = b"\x08\x01\x12\x05ab"
    assert whole_fields(data) == 2
    assert raw(data, cut=True) == '{"1 varint":1}'
    with pytest.raises(WireError):
        raw(b"\x12\x05ab", cut=True)


def test_guesses_go_only_so_deep():
    data = b"\x08\x01"
    for _ in range(40):
        data = b"\x0a" + bytes([len(data)]) + data if len(data) < 128 else data
    shown = raw(data)
    assert 0 < shown.count("message?") <= 16


def test_too_many_fields_are_left_out_and_told(monkeypatch):
    monkeypatch.setattr(protobuf_wire, "MAX_FIELDS", 10)
    reader = RawFields()
    assert len(reader.members(b"\x08\x01" * 12)) == 10
    assert reader.left_out


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes(data):
    covered = whole_fields(data)
    fields = list(read_fields(data[:covered]))
    assert [each.end for each in fields] == sorted(each.end for each in fields)
    write_notation(RawFields().members(data[:covered]))
    if covered == len(data):
        return
    with pytest.raises(WireError) as caught:
        list(read_fields(data))
    assert covered <= caught.value.at <= len(data)


def test_groups_in_groups_cost_what_their_bytes_cost():
    read = []

    class Counted(bytes):
        def __getitem__(self, at):
            read.append(at)
            return super().__getitem__(at)

    RawFields().members(Counted(b"\x0b" * 2_000 + b"\x0c" * 2_000))
    assert len(read) < 20_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\x0b\x08\x01", "has no end"), (b"\x0b\x14", "ends inside another"), (b"\x0c", "has not begun")],
    ids=range(3),
)
def test_a_broken_group_says_how(data, reason):
    with pytest.raises(WireError) as caught:
        RawFields().members(data)
    assert reason in caught.value.reason
