# SPDX-License-Identifier: MIT
from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("google.protobuf")

from mqtt_explorer.payload.api import Context, DecodeError
from mqtt_explorer.payload.sparkplug_format import SparkplugDecoder, sparkplug_topic
from mqtt_explorer.payload.sparkplug_schema import DATATYPES, payload_class
from mqtt_explorer.payload.sparkplug_values import readable_time, signed, typed

DECODER = SparkplugDecoder()
NUMBER = {name: number for number, name in DATATYPES.items()}
NOW = 1486144502122
SAID = "2017-02-03T17:55:02.122Z"
NDATA = "spBv1.0/g/NDATA/n"
DDATA = "spBv1.0/g/DDATA/n/d"
NBIRTH = "spBv1.0/g/NBIRTH/n"
DBIRTH = "spBv1.0/g/DBIRTH/n/d"


def payload(*metrics, **values):
    made = payload_class()(**values)
    for each in metrics:
        made.metrics.add(**each)
    return made.SerializeToString()


def decode(data, topic=NBIRTH, related=None, **context):
    return DECODER.decode(data, "", Context(topic=topic, related=related or {}, **context))


def shown(document):
    return document.source.decode()


def value_of(kind, **value):
    """How the value of a metric of this datatype is shown."""
    text = shown(decode(payload({"name": "m", "datatype": NUMBER[kind], **value})))
    return text.removeprefix(f'{{"metrics":[{{"name":"m","datatype":"{kind}","value":').removesuffix("}]}")


def test_datatypes_have_the_numbers_of_the_specification():
    assert [
        NUMBER[name] for name in ("Unknown", "Int8", "UInt64", "Text", "UUID", "DataSet", "Template")
    ] == [
        0,
        1,
        8,
        14,
        15,
        16,
        19,
    ]
    assert (NUMBER["PropertySetList"], NUMBER["Int8Array"], NUMBER["DateTimeArray"]) == (21, 22, 34)


def test_the_field_numbers_are_those_of_the_schema():
    """Bytes made by hand from the numbers in 6.4.1, so that a table that is wrong both ways is found."""
    metric = b"\x0a\x01m\x10\x07\x18\x01\x20\x0a\x28\x01\x30\x00\x69" + struct.pack("<d", 2.5)
    data = b"\x08\x01\x12" + bytes([len(metric)]) + metric + b"\x18\x05\x22\x01u\x2a\x02\x00\x01"
    assert shown(decode(data)) == (
        '{"timestamp":1,"time":"1970-01-01T00:00:00.001Z","seq":5,"uuid":"u","metrics":[{"name":"m","alias":7,'
        '"datatype":"Double","value":2.5,"timestamp":1,"time":"1970-01-01T00:00:00.001Z","is_historical":true,'
        '"is_transient":false}],"body":h\'0001\'}'
    )


def test_a_birth():
    data = payload(
        {"name": "bdSeq", "datatype": 8, "long_value": 3, "timestamp": NOW},
        {"name": "off", "datatype": 11, "is_null": True},
        timestamp=NOW,
        seq=0,
    )
    document = decode(data)
    assert document.label == "Sparkplug B"
    assert shown(document) == (
        f'{{"timestamp":{NOW},"time":"{SAID}","seq":0,"metrics":[{{"name":"bdSeq","datatype":"UInt64","value":3,'
        f'"timestamp":{NOW},"time":"{SAID}"}},{{"name":"off","datatype":"Boolean","value":null,"is_null":true}}]}}'
    )
    assert document.notes == ()
    assert document.structure is not None


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("Int8", {"int_value": 255}, "-1"),
        ("Int8", {"int_value": 0xFFFFFF80}, "-128"),
        ("Int8", {"int_value": 300}, "300"),
        ("Int16", {"int_value": 0x8000}, "-32768"),
        ("Int32", {"int_value": 0xFFFFFFFF}, "-1"),
        ("Int32", {"long_value": 0xFFFFFFFFFFFFFFFF}, "-1"),
        ("Int64", {"long_value": 1 << 63}, "-9223372036854775808"),
        ("Int64", {"int_value": 5}, "5"),
        ("UInt8", {"int_value": 255}, "255"),
        ("UInt64", {"long_value": 2**64 - 1}, "18446744073709551615"),
        ("Float", {"float_value": 12.1}, "12.1"),
        ("Double", {"double_value": float("nan")}, "NaN"),
        ("Boolean", {"boolean_value": False}, "false"),
        ("Boolean", {"int_value": 1}, "true"),
        ("String", {"string_value": "a\0b"}, '"a\\u0000b"'),
        ("Text", {"string_value": "t"}, '"t"'),
        ("UUID", {"string_value": "u"}, '"u"'),
        ("DateTime", {"long_value": NOW}, f'{{"timestamp":{NOW},"time":"{SAID}"}}'),
        ("DateTime", {"long_value": 2**64 - 1}, "18446744073709551615"),
        ("Bytes", {"bytes_value": b"\x00\xff"}, "h'00ff'"),
        ("File", {"bytes_value": b""}, "h''"),
        ("Int8Array", {"bytes_value": b"\xef\x7b"}, "[-17,123]"),
        ("Int16Array", {"bytes_value": b"\xd0\x8a\x30\x75"}, "[-30000,30000]"),
        ("Int64Array", {"bytes_value": b"\xff" * 8}, "[-1]"),
        ("UInt8Array", {"bytes_value": b"\x17\xfa"}, "[23,250]"),
        ("UInt16Array", {"bytes_value": b"\x17"}, "h'17'"),
        ("UInt64Array", {"bytes_value": b"\xff" * 8}, "[18446744073709551615]"),
        ("FloatArray", {"bytes_value": struct.pack("<2f", 1.23, -7)}, "[1.23,-7.0]"),
        ("DoubleArray", {"bytes_value": struct.pack("<d", 0.1)}, "[0.1]"),
        (
            "BooleanArray",
            {"bytes_value": b"\x0c\x00\x00\x00\x34\xd0"},
            "[false,false,true,true,false,true,false,false,true,true,false,true]",
        ),
        ("BooleanArray", {"bytes_value": b"\xff\xff\xff\xff\x34"}, "h'ffffffff34'"),
        ("BooleanArray", {"bytes_value": b"\x01"}, "h'01'"),
        ("StringArray", {"bytes_value": b"ABC\0\0hello\0"}, '["ABC","","hello"]'),
        ("StringArray", {"bytes_value": b"ABC"}, "h'414243'"),
        ("StringArray", {"bytes_value": b"\xff\0"}, "h'ff00'"),
        ("StringArray", {"bytes_value": b""}, "[]"),
        (
            "DateTimeArray",
            {"bytes_value": NOW.to_bytes(8, "little")},
            f'[{{"timestamp":{NOW},"time":"{SAID}"}}]',
        ),
    ],
    ids=lambda each: each if isinstance(each, str) and each.isalnum() else "",
)
def test_values_by_datatype(kind, value, text):
    assert value_of(kind, **value) == text


def test_a_datatype_nobody_knows_is_its_number():
    assert '"datatype":"datatype 99","value":7' in shown(
        decode(payload({"name": "m", "datatype": 99, "int_value": 7}))
    )


def test_a_data_set_is_shown_as_rows():
    made = payload_class()()
    data = made.metrics.add(name="t", datatype=16).dataset_value
    data.num_of_columns = 2
    data.columns.extend(["a", "b"])
    data.types.extend([1, 12])
    row = data.rows.add()
    row.elements.add(int_value=255)
    row.elements.add(string_value="x")
    data.rows.add().elements.add()
    document = decode(made.SerializeToString())
    assert (
        '"value":{"num_of_columns":2,"columns":["a","b"],"types":["Int8","String"],"rows":[[-1,"x"],[null]]}'
        in shown(document)
    )
    assert document.notes == ()
    data.types.pop()
    assert "data set" in decode(made.SerializeToString()).notes[0]


def test_templates_and_properties():
    made = payload_class()()
    metric = made.metrics.add(name="pump", datatype=19)
    template = metric.template_value
    template.template_ref = "Pump"
    template.is_definition = False
    template.parameters.add(name="p", type=1, int_value=255)
    template.metrics.add(name="speed", datatype=2, int_value=0xFFFF)
    metric.properties.keys.extend(["Quality", "more"])
    metric.properties.values.add(type=3, int_value=192)
    inner = metric.properties.values.add(type=20).propertyset_value
    inner.keys.append("lost")
    metric.metadata.file_name = "f"
    document = decode(made.SerializeToString())
    assert shown(document) == (
        '{"metrics":[{"name":"pump","datatype":"Template","value":{"template_ref":"Pump","is_definition":false,'
        '"parameters":[{"name":"p","type":"Int8","value":-1}],'
        '"metrics":[{"name":"speed","datatype":"Int16","value":-1}]},"metadata":{"file_name":"f"},'
        '"properties":{"Quality":{"type":"Int32","value":192},"more":{"type":"PropertySet","value":{"lost":null}}}}]}'
    )
    assert "not as many keys" in document.notes[0]


def test_aliases_and_datatypes_come_from_the_births():
    node = payload({"name": "N", "alias": 1, "datatype": 1}, {"name": "wrong", "alias": 2}, timestamp=5)
    device = payload({"name": "D", "alias": 2, "datatype": 3}, {"name": "named", "datatype": 1}, timestamp=4)
    data = payload(
        {"alias": 1, "int_value": 255},
        {"alias": 2, "int_value": 0xFFFFFFFE},
        {"name": "named", "int_value": 254},
        timestamp=6,
    )
    document = decode(data, DDATA, {NBIRTH: node, DBIRTH: device})
    assert shown(document).endswith(
        '"metrics":[{"name":"N","alias":1,"datatype":"Int8","value":-1},{"name":"D","alias":2,"datatype":"Int32",'
        '"value":-2},{"name":"named","datatype":"Int8","value":-2}]}'
    )
    assert document.notes == ("Names and datatypes are from the last DBIRTH and NBIRTH.",)


def test_an_alias_without_a_birth_is_shown_and_told():
    one = decode(payload({"alias": 12, "int_value": 4294967295}), NDATA)
    assert '{"alias":12,"value":4294967295}' in shown(one)
    assert one.notes == ("Alias 12 is unknown: its birth has not been seen.",)
    many = decode(
        payload(*({"alias": n} for n in range(11))), NDATA, {NBIRTH: payload({"name": "a", "alias": 99})}
    )
    assert many.notes == (
        "Aliases 0, 1, 2, 3, 4, 5, 6, 7 and 3 more are unknown: the last birth does not name them.",
    )


def test_a_birth_that_cannot_be_read_or_is_newer_is_told():
    broken = decode(payload({"alias": 1}), NDATA, {NBIRTH: b"\xff\xff"})
    assert broken.notes == (
        "Alias 1 is unknown: its birth has not been seen.",
        "The last NBIRTH could not be read.",
    )
    birth = payload({"name": "a", "alias": 1}, timestamp=9)
    assert "newer" in decode(payload({"alias": 1}, timestamp=8), NDATA, {NBIRTH: birth}).notes[1]


def test_which_births_are_asked_for():
    assert DECODER.related(NDATA) == (NBIRTH,)
    assert DECODER.related("spBv1.0/g/NCMD/n") == (NBIRTH,)
    assert DECODER.related(DDATA) == (DBIRTH, NBIRTH)
    assert DECODER.related("spBv1.0/g/DCMD/n/d") == (DBIRTH, NBIRTH)
    for topic in (NBIRTH, DBIRTH, "spBv1.0/g/NDEATH/n", "a/b", "spBv1.0/STATE/host", "spBv1.0/g/NDATA/n/d"):
        assert DECODER.related(topic) == ()


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        (NBIRTH, None),
        ("spBv1.0/g/DDEATH/n/d", None),
        ("plant/a", "topic is not spBv1.0"),
        ("spAv1.0/g/NDATA/n", "topic is not spBv1.0"),
        ("spBv1.0", "topic is not spBv1.0"),
        ("spBv1.0/STATE/host", "a state message is JSON or text"),
        ("spBv1.0/g/STATE/n", "a state message is JSON or text"),
        ("spBv1.0/g/NDATA/n/d", "topic has no message type of Sparkplug"),
        ("spBv1.0/g/DDATA/n", "topic has no message type of Sparkplug"),
        ("spBv1.0/g/DDATA/n/d/e", "topic has no message type of Sparkplug"),
        ("spBv1.0//NDATA/n", "topic has no message type of Sparkplug"),
        ("spBv1.0/g/ndata/n", "topic has no message type of Sparkplug"),
    ],
)
def test_the_topic_decides(topic, reason):
    assert DECODER.objection(payload(seq=1), Context(topic=topic)) == reason
    assert sparkplug_topic(topic) == (reason is None)


def test_a_payload_that_cannot_be_one():
    assert DECODER.objection(b"\x00", Context(topic=NDATA)) == "no field at byte 0"
    with pytest.raises(DecodeError, match=r"Byte 2 \(in metrics\): field 1 says 5 bytes, and 1 are left\."):
        decode(b"\x12\x03\x0a\x05a", NDATA)


def test_unknown_fields_and_broken_texts_are_shown():
    document = decode(b"\x12\x04\x0a\x02\xff\xfe\xa0\x06\x07")
    assert shown(document) == '{"metrics":[{"name":h\'fffe\'}],"unknown 100 varint":7}'
    assert "numbers" in document.notes[0]


def test_a_cut_payload_says_so():
    whole = payload({"name": "a"}, {"name": "b"})
    document = decode(whole[:-1], cut=True)
    assert shown(document) == '{"metrics":[{"name":"a"}]}'
    assert "not kept" in document.notes[0]


def test_without_the_library_it_says_what_to_install(monkeypatch):
    def missing():
        raise ImportError

    monkeypatch.setattr("mqtt_explorer.payload.sparkplug_format.payload_class", missing)
    with pytest.raises(DecodeError, match="pip install"):
        decode(b"")


def test_only_small_ones_are_quick():
    context = Context(topic=NDATA, related={NBIRTH: bytes(5000)})
    assert DECODER.is_quick(b"", "", Context(topic=NDATA))
    assert not DECODER.is_quick(b"", "", context)


def test_times():
    assert readable_time(0) == "1970-01-01T00:00:00.000Z"
    assert readable_time(2**64 - 1) is None
    assert typed(5, "") == 5
    assert signed(2**63, 64) == -(2**63)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=120), birth=st.binary(max_size=60), cut=st.booleans())
def test_arbitrary_bytes_fail_with_a_sentence_or_not_at_all(data, birth, cut):
    try:
        said = shown(decode(data, DDATA, {DBIRTH: birth}, cut=cut))
    except DecodeError as error:
        said = error.message
    assert said.endswith((".", "}"))


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=40), kind=st.integers(0, 40), number=st.integers(0, 2**64 - 1))
def test_arbitrary_values_of_any_datatype(data, kind, number):
    name = DATATYPES.get(kind, "?")
    typed(data, name)
    typed(number, name)
    shown(
        decode(
            payload(
                {"name": "m", "datatype": kind, "bytes_value": data}, {"datatype": kind, "long_value": number}
            )
        )
    )
