# SPDX-License-Identifier: MIT
"""The message types of Sparkplug B, made when they are first needed: nothing generated is kept here.

Sparkplug 3.0.0, 6.4.1 (Google Protocol Buffer Schema) and 6.4.16 (Data Types). Field numbers, types and names are the format's own; the
wording of the table is ours.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

_NAMES: Final = (
    "Unknown Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float Double Boolean String DateTime Text UUID DataSet Bytes File Template "
    "PropertySet PropertySetList Int8Array Int16Array Int32Array Int64Array UInt8Array UInt16Array UInt32Array UInt64Array FloatArray "
    "DoubleArray BooleanArray StringArray DateTimeArray"
)
#: Datatype numbers -> names (6.4.16).
DATATYPES: Final = dict(enumerate(_NAMES.split()))
_PACKAGE: Final = "org.eclipse.tahu.protobuf"
#: FieldDescriptorProto.Type; what is not here is a message type.
_TYPES: Final = {"double": 1, "float": 2, "uint64": 4, "bool": 8, "string": 9, "bytes": 12, "uint32": 13}
_MESSAGE: Final = 11
_OPTIONAL: Final = 1
_REPEATED: Final = 3
_LAST_NUMBER: Final = 1 << 29
#: Fields of values that may be of several types, in one order everywhere; each message begins at a number of its own.
_SCALARS: Final = "uint32 int_value, uint64 long_value, float float_value, double double_value, bool boolean_value, string string_value"
#: Message -> fields in the order of their numbers. "*" repeats, "|" stands before the members of the oneof ``value``, and "+" says that
#: third parties may extend the message with all numbers above.
_MESSAGES: Final = {
    "Payload": "uint64 timestamp, *Payload.Metric metrics, uint64 seq, string uuid, bytes body, +",
    "Payload.Template": (
        "string version, *Payload.Metric metrics, *Payload.Template.Parameter parameters, string template_ref, bool is_definition, +"
    ),
    "Payload.Template.Parameter": (
        f"string name, uint32 type, |, {_SCALARS}, Payload.Template.Parameter.ParameterValueExtension extension_value"
    ),
    "Payload.Template.Parameter.ParameterValueExtension": "+",
    "Payload.DataSet": "uint64 num_of_columns, *string columns, *uint32 types, *Payload.DataSet.Row rows, +",
    "Payload.DataSet.DataSetValue": f"|, {_SCALARS}, Payload.DataSet.DataSetValue.DataSetValueExtension extension_value",
    "Payload.DataSet.DataSetValue.DataSetValueExtension": "+",
    "Payload.DataSet.Row": "*Payload.DataSet.DataSetValue elements, +",
    "Payload.PropertyValue": (
        f"uint32 type, bool is_null, |, {_SCALARS}, Payload.PropertySet propertyset_value, "
        "Payload.PropertySetList propertysets_value, Payload.PropertyValue.PropertyValueExtension extension_value"
    ),
    "Payload.PropertyValue.PropertyValueExtension": "+",
    "Payload.PropertySet": "*string keys, *Payload.PropertyValue values, +",
    "Payload.PropertySetList": "*Payload.PropertySet propertyset, +",
    "Payload.MetaData": (
        "bool is_multi_part, string content_type, uint64 size, uint64 seq, string file_name, string file_type, string md5, "
        "string description, +"
    ),
    "Payload.Metric": (
        "string name, uint64 alias, uint64 timestamp, uint32 datatype, bool is_historical, bool is_transient, bool is_null, "
        f"Payload.MetaData metadata, Payload.PropertySet properties, |, {_SCALARS}, bytes bytes_value, Payload.DataSet dataset_value, "
        "Payload.Template template_value, Payload.Metric.MetricValueExtension extension_value"
    ),
    "Payload.Metric.MetricValueExtension": "+",
}


@cache
def payload_class() -> Any:
    """The class of ``org.eclipse.tahu.protobuf.Payload``.

    Raises:
        ImportError: The package protobuf is not installed.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package=_PACKAGE, syntax="proto2")
    made: dict[str, Any] = {}
    for path, fields in _MESSAGES.items():
        outer, _, name = path.rpartition(".")
        message = made[outer].nested_type.add() if outer else file.message_type.add()
        made[path] = message
        message.name = name
        _add_fields(message, [each.strip() for each in fields.split(",")])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


def _add_fields(message: Any, fields: list[str]) -> None:
    number, one_of = 1, False
    for field in fields:
        if field == "|":
            message.oneof_decl.add(name="value")
            one_of = True
        elif field == "+":
            message.extension_range.add(start=number, end=_LAST_NUMBER)
        else:
            kind, _, name = field.partition(" ")
            each = message.field.add(name=name, number=number)
            each.label = _REPEATED if kind.startswith("*") else _OPTIONAL
            kind = kind.removeprefix("*")
            each.type = _TYPES.get(kind, _MESSAGE)
            if each.type == _MESSAGE:
                each.type_name = f".{_PACKAGE}.{kind}"
            if one_of:
                each.oneof_index = 0
            number += 1
