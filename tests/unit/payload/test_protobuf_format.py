# SPDX-License-Identifier: MIT
from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import protobuf_schema
from mqtt_explorer.payload.api import Context, DecodeError
from mqtt_explorer.payload.protobuf_format import ProtobufDecoder
from mqtt_explorer.payload.protobuf_schema import message_class, schema_types, split_option

pytest.importorskip("google.protobuf")

DECODER = ProtobufDecoder()
PROTO = """
syntax = "proto3";
package plant;
import "google/protobuf/timestamp.proto";
message Reading {
  enum Quality { GOOD = 0; BAD = 1; }
  string name = 1;
  int64 count = 2;
  uint64 serial = 3;
  float value = 4;
  bytes raw = 5;
  Quality quality = 6;
  repeated Quality all = 7;
  map<string, int32> tags = 8;
  map<int32, Reading> more = 9;
  oneof kind { string text = 10; int32 number = 11; }
  optional int32 asked = 12;
  Reading inner = 13;
  google.protobuf.Timestamp at = 14;
  repeated sint32 steps = 15;
}
"""
OLD = """
syntax = "proto2";
package old;
message Thing {
  required int32 id = 1;
  optional group Part = 2 { optional string name = 3; }
  enum State { ON = 1; OFF = 2; }
  optional State state = 4;
  extensions 100 to 200;
}
extend Thing { optional int32 extra = 100; }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Descriptor sets of the two schemas above."""
    pytest.importorskip("grpc_tools")
    made = tmp_path_factory.mktemp("schemas")
    for name, text in (("plant", PROTO), ("old", OLD)):
        (made / f"{name}.proto").write_text(text)
        data, _ = protobuf_schema._compile(made / f"{name}.proto")
        (made / f"{name}.desc").write_bytes(data)
    return made


@pytest.fixture(autouse=True)
def _nothing_kept():
    yield
    protobuf_schema._schemas.clear()


def shown(document):
    return document.source.decode()


def decode(payload, option="", **context):
    return DECODER.decode(payload, option, Context(**context))


def test_values_are_exact_and_have_the_schemas_names(folder):
    path = folder / "plant.desc"
    made = message_class(str(path), "plant.Reading")(
        name="a“b",
        count=-(2**63),
        serial=2**64 - 1,
        value=3.14,
        raw=b"\x00\xff",
        quality=1,
        all=[0, 1, 7],
        tags={"b": 2, "a": 1},
        asked=0,
        text="",
        at={"seconds": 5},
        steps=[-1, 2],
    )
    made.more[-3].name = "x"
    document = decode(made.SerializeToString(), f"{path}::plant.Reading")
    assert document.label == "Protobuf, plant.Reading"
    assert shown(document) == (
        '{"name":"a“b","count":-9223372036854775808,"serial":18446744073709551615,"value":3.14,"raw":h\'00ff\','
        '"quality":BAD,"all":[GOOD,BAD,7],"tags":{"a":1,"b":2},"more":{-3:{"name":"x"}},"text":"","asked":0,'
        '"at":{"seconds":5},"steps":[-1,2]}'
    )
    assert document.notes == ()
    assert len(document.structure) > 10


def test_only_what_was_sent_is_there(folder):
    document = decode(b"", f"{folder / 'plant.desc'}::plant.Reading")
    assert shown(document) == "{}"


def test_what_the_schema_does_not_know_is_shown_with_numbers(folder):
    option = f"{folder / 'plant.desc'}::plant.Reading"
    document = decode(b"\x0a\x01a\xa0\x06\x07\xaa\x06\x02hi\xb3\x06\x08\x01\xb4\x06", option)
    assert shown(document) == (
        '{"name":"a","unknown 100 varint":7,"unknown 101 text?":"hi","unknown 102 group":{"1 varint":1}}'
    )
    assert document.notes == ("3 fields are not in the schema; they are shown with their numbers.",)
    strange = decode(b"\xa0\x06\x07", option)
    assert strange.notes == ("None of its fields is in plant.Reading: it may be another message type.",)


def test_groups_extensions_closed_enums_and_required_fields(folder):
    option = f"{folder / 'old.desc'}::old.Thing"
    document = decode(b"\x13\x1a\x02\xff\xfe\x14\x20\x01\x20\x09\xa0\x06\x05", option)
    assert shown(document) == ('{"part":{"name":h\'fffe\'},"state":ON,"[old.extra]":5,"unknown 4 varint":9}')
    assert document.notes[-1] == "Required fields are missing: id."


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"\x0a\x05ab", "Byte 0: field 1 says 5 bytes, and 2 are left."),
        (b"\x10\x01\x6a\x03\x0a\x05a", "Byte 4 (in inner): field 1 says 5 bytes, and 1 are left."),
        (b"\x10\x01\x0a\x02\xff\xfe", "Byte 4: the text of name is not valid UTF-8."),
        (b"\x10\x01\x3a\x01\xff", "A value in it is broken."),
    ],
    ids=["length", "inside", "text", "packed"],
)
def test_a_failure_says_where(folder, payload, sentence):
    with pytest.raises(DecodeError) as caught:
        decode(payload, f"{folder / 'plant.desc'}::plant.Reading")
    assert caught.value.message == sentence


def test_too_deep_says_so(folder):
    payload = b""
    for _ in range(120):
        size = len(payload)
        length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
        payload = b"\x6a" + length + payload
    with pytest.raises(DecodeError, match="more than 100 levels"):
        decode(payload, f"{folder / 'plant.desc'}::plant.Reading")


def test_a_cut_payload_is_read_as_far_as_it_goes(folder):
    option = f"{folder / 'plant.desc'}::plant.Reading"
    document = decode(b"\x0a\x01a\x2a\x7fabc", option, cut=True)
    assert shown(document) == '{"name":"a"}'
    assert "not kept" in document.notes[0]
    with pytest.raises(DecodeError, match="first field is not whole"):
        decode(b"\x2a\x7fabc", option, cut=True)


def test_a_proto_is_compiled_when_there_is_a_compiler(folder):
    path = folder / "plant.proto"
    assert schema_types(str(path)) == ["plant.Reading"]
    document = decode(b"\x0a\x01a", f"{path}::.plant.Reading")
    assert shown(document) == '{"name":"a"}'


def test_imports_may_be_named_from_a_folder_above(tmp_path):
    pytest.importorskip("grpc_tools")
    inside = tmp_path / "a:b" / "sub"
    inside.mkdir(parents=True)
    (inside / "y.proto").write_text('syntax = "proto3"; message Y { int32 a = 1; }')
    path = inside / "x.proto"
    path.write_text('syntax = "proto3"; import "sub/y.proto"; message X { Y y = 1; message In { } }')
    assert schema_types(str(path)) == ["X", "X.In", "Y"]
    assert shown(decode(b"\x0a\x02\x08\x05", f"{path}::X")) == '{"y":{"a":5}}'
    # An import that changes is read again.
    (inside / "y.proto").write_text('syntax = "proto3"; message Y { int32 renamed = 1; }')
    assert shown(decode(b"\x0a\x02\x08\x05", f"{path}::X")) == '{"y":{"renamed":5}}'


def test_a_folder_of_schemas_runs_no_code(tmp_path):
    pytest.importorskip("grpc_tools")
    (tmp_path / "grpc_tools").mkdir()
    (tmp_path / "grpc_tools" / "__init__.py").write_text("open('ran', 'w')")
    (tmp_path / "x.proto").write_text('syntax = "proto3"; message X { }')
    assert schema_types(str(tmp_path / "x.proto")) == ["X"]
    assert not (tmp_path / "ran").exists()


def test_what_the_compiler_says_is_told(tmp_path):
    pytest.importorskip("grpc_tools")
    path = tmp_path / "bad.proto"
    path.write_text('syntax = "proto3"; message X { int32 a = 1 }')
    with pytest.raises(
        DecodeError, match=r"bad.proto could not be compiled: bad.proto:1:44: Expected \";\"\.$"
    ):
        schema_types(str(path))
    path.write_text('syntax = "proto3"; import "nowhere.proto"; message X { }')
    with pytest.raises(DecodeError, match=r"nowhere\.proto: File not found"):
        schema_types(str(path))


def test_without_the_compiler_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(protobuf_schema.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(DecodeError, match="descriptor_set_out"):
        schema_types(str(folder / "plant.proto"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "is not there"),
        (b"", "is no descriptor set"),
        (b"hello", "is no descriptor set"),
        (b"\xff" * 40, "is no descriptor set"),
        (b"\x0a\x03\x0a\x01a", "has no message types"),
    ],
    ids=["missing", "empty", "text", "bytes", "no types"],
)
def test_a_schema_that_cannot_be_used(tmp_path, data, words):
    path = tmp_path / "x.desc"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(DecodeError, match=words):
        schema_types(str(path))


def descriptor_set(*files):
    from google.protobuf import descriptor_pb2

    made = descriptor_pb2.FileDescriptorSet()
    for name, package, imports in files:
        file = made.file.add(name=name, package=package, syntax="proto3")
        file.dependency.extend(imports)
        file.message_type.add(name="M")
    return made.SerializeToString()


def test_sets_that_do_not_fit_together(tmp_path):
    path = tmp_path / "x.desc"
    path.write_bytes(descriptor_set(("a.proto", "a", ["b.proto"])))
    with pytest.raises(
        DecodeError, match=r"x\.desc lacks b\.proto, which a\.proto imports; make it with --include"
    ):
        schema_types(str(path))
    path.write_bytes(descriptor_set(("a.proto", "a", ["b.proto"]), ("b.proto", "b", ["a.proto"])))
    with pytest.raises(DecodeError, match="import each other"):
        schema_types(str(path))
    path.write_bytes(descriptor_set(("a.proto", "p", []), ("b.proto", "p", [])))
    with pytest.raises(DecodeError, match="do not fit together"):
        schema_types(str(path))


def test_any_order_and_missing_well_known_types_will_do(tmp_path):
    path = tmp_path / "x.desc"
    path.write_bytes(
        descriptor_set(("a.proto", "a", ["b.proto", "google/protobuf/any.proto"]), ("b.proto", "b", []))
    )
    assert schema_types(str(path)) == ["b.M", "a.M"]
    with pytest.raises(DecodeError, match=r"has no message type “c\.M”"):
        message_class(str(path), "c.M")


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "x.desc"
    path.write_bytes(descriptor_set(("a.proto", "a", [])))
    assert schema_types(str(path)) == ["a.M"]
    path.write_bytes(descriptor_set(("a.proto", "b", [])))
    os.utime(path, ns=(1, 1))
    assert schema_types(str(path)) == ["b.M"]
    path.unlink()
    with pytest.raises(DecodeError, match="not there"):
        schema_types(str(path))


def test_two_schemas_with_the_same_names_stay_apart(tmp_path):
    (tmp_path / "1.desc").write_bytes(descriptor_set(("a.proto", "a", [])))
    (tmp_path / "2.desc").write_bytes(descriptor_set(("a.proto", "b", [])))
    assert schema_types(str(tmp_path / "1.desc")) == ["a.M"]
    assert schema_types(str(tmp_path / "2.desc")) == ["b.M"]


def test_options():
    assert split_option("C:\\x::y.desc::p.M") == ("C:\\x::y.desc", "p.M")
    for option in ("x.desc", "::p.M", "x.desc::"):
        with pytest.raises(DecodeError, match="two colons"):
            split_option(option)


def test_without_a_schema_fields_have_numbers():
    document = decode(b"\x08\x96\x01")
    assert shown(document) == '{"1 varint":150}'
    assert document.label == "Protobuf, no schema"
    assert "guess" in document.notes[0]
    with pytest.raises(DecodeError, match="Byte 1: a varint is cut off"):
        decode(b"\x08\x96")


def test_what_is_quick_and_what_speaks_against_it():
    assert DECODER.is_quick(b"\x08\x01", "", Context())
    assert not DECODER.is_quick(b"\x08\x01", "x.desc::M", Context())
    assert not DECODER.is_quick(bytes(5000), "", Context())
    assert DECODER.objection(b"\x08\x01", Context()) is None
    assert DECODER.objection(b"\x00", Context()) == "no field at byte 0"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    payload=st.binary(max_size=120),
    cut=st.booleans(),
    schema=st.sampled_from(["", "plant.desc::plant.Reading", "old.desc::old.Thing"]),
)
def test_arbitrary_bytes_fail_with_a_sentence_or_not_at_all(folder, payload, cut, schema):
    option = f"{folder}/{schema}" if schema else ""
    try:
        said = shown(decode(payload, option, cut=cut))
    except DecodeError as error:
        said = error.message
    assert said.endswith((".", "}"))
