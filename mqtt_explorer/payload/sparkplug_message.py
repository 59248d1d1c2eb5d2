# SPDX-License-Identifier: MIT
"""A Sparkplug B payload as values for `notation`: its metrics with names, datatypes and times (Sparkplug 3.0.0, 6.4.5 to 6.4.15)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mqtt_explorer.payload.notation import Pairs
from mqtt_explorer.payload.protobuf_values import MessageValues
from mqtt_explorer.payload.protobuf_wire import float32
from mqtt_explorer.payload.sparkplug_values import readable_time, type_name, typed

_Members = list[tuple[str, Any]]
#: So many aliases are named in a note.
_NAMED = 8


class Birth(NamedTuple):
    """What a birth says of a metric."""

    name: str | None
    datatype: int | None


class Births:
    """The metrics that births have announced.

    Attributes:
        topics: Births that were read.
        broken: Those that could not be read.
        newest: The latest payload timestamp among them, in ms since 1970; 0 without one.
    """

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.broken: list[str] = []
        self.newest = 0
        self._by_alias: dict[int, Birth] = {}
        self._by_name: dict[str, Birth] = {}

    def add(self, topic: str, message: Any) -> None:
        """Takes a birth's metrics; what was added before counts more."""
        self.topics.append(topic)
        if message.HasField("timestamp"):
            self.newest = max(self.newest, message.timestamp)
        for metric in message.metrics:
            birth = Birth(
                metric.name if metric.HasField("name") else None,
                metric.datatype if metric.HasField("datatype") else None,
            )
            if metric.HasField("alias"):
                self._by_alias.setdefault(metric.alias, birth)
            if isinstance(birth.name, str):
                self._by_name.setdefault(birth.name, birth)

    def find(self, metric: Any) -> Birth | None:
        """What is known of a metric, by its name where it has one, else by its alias."""
        if metric.HasField("name"):
            name = metric.name
            return self._by_name.get(name) if isinstance(name, str) else None
        return self._by_alias.get(metric.alias) if metric.HasField("alias") else None


class PayloadReader:
    """Makes the values of one payload.

    Args:
        births: What is known of its metrics.
    """

    def __init__(self, births: Births) -> None:
        self._births = births
        self._plain = MessageValues()
        self._unnamed: dict[int, None] = {}
        self._untyped = 0
        self._uneven = False
        self._from_births = False

    def payload(self, message: Any) -> Pairs:
        """The payload (6.4.5): times, sequence number and metrics, in this order."""
        members = _timed(message)
        members += _present(message, "seq", "uuid")
        members.append(("metrics", [self._metric(each, births=True) for each in message.metrics]))
        members += _present(message, "body")
        return Pairs([*members, *self._others(message)])

    def notes(self, message: Any, *, needs_births: bool) -> Iterator[str]:
        """What one should know of the payload, a sentence each; after `payload`."""
        births = self._births
        if self._unnamed:
            yield _alias_note(list(self._unnamed), births)
        if self._from_births:
            yield f"Names and datatypes are from the last {' and '.join(_kind(each) for each in births.topics)}."
            if message.HasField("timestamp") and births.newest > message.timestamp:
                yield "That birth is newer than this message: an alias may have meant something else then."
        if self._untyped and not self._unnamed:
            yield "Some values have no datatype: integers are shown unsigned, as they were sent."
        if needs_births and births.broken:
            yield f"The last {_kind(births.broken[0])} could not be read."
        if self._uneven:
            yield "A property set or data set has not as many keys or types as values; what has no partner is shown with null."
        if self._plain.unknown:
            yield "Fields that Sparkplug B does not have are shown with their numbers."

    def _metric(self, metric: Any, *, births: bool) -> Pairs:
        """A metric (6.4.6): what it is, its value, and what is said of it."""
        birth = self._births.find(metric) if births else None
        members = self._identity(metric, birth, births)
        datatype = metric.datatype if metric.HasField("datatype") else None
        if datatype is None and birth is not None and birth.datatype is not None:
            datatype = birth.datatype
            self._from_births = True
        if datatype is not None:
            members.append(("datatype", type_name(datatype)))
        members += self._value(metric, datatype)
        members += _timed(metric)
        members += _present(metric, "is_historical", "is_transient", "is_null")
        if metric.HasField("metadata"):
            members.append(("metadata", self._plain.message(metric.metadata)))
        if metric.HasField("properties"):
            members.append(("properties", self._properties(metric.properties)))
        return Pairs([*members, *self._others(metric)])

    def _identity(self, metric: Any, birth: Birth | None, births: bool) -> _Members:
        members: _Members = []
        if metric.HasField("name"):
            members.append(("name", metric.name))
        elif birth is not None and birth.name is not None:
            members.append(("name", birth.name))
            self._from_births = True
        if metric.HasField("alias"):
            members.append(("alias", metric.alias))
            if births and members[0][0] != "name":
                self._unnamed[metric.alias] = None
        return members

    def _value(self, holder: Any, datatype: int | None) -> _Members:
        """The value (6.4.6, 6.4.9, 6.4.15) as a member, or none where none was sent; null where it is said to be null."""
        which = holder.WhichOneof("value")
        if which is None:
            null = "is_null" in holder.DESCRIPTOR.fields_by_name and holder.is_null
            return [("value", None)] if null else []
        return [("value", self._one(which, getattr(holder, which), datatype))]

    def _one(self, which: str, value: Any, datatype: int | None) -> Any:
        if which == "dataset_value":
            return self._data_set(value)
        if which == "template_value":
            return self._template(value)
        if which == "propertyset_value":
            return self._properties(value)
        if which == "propertysets_value":
            return [self._properties(each) for each in value.propertyset]
        if which == "extension_value":
            return self._plain.message(value)
        if which == "float_value":
            return float32(value)
        if datatype is None:
            self._untyped += which in ("int_value", "long_value")
            return value
        return typed(value, type_name(datatype))

    def _properties(self, properties: Any) -> Pairs:
        """A property set (6.4.8): keys and values are two lists of the same length."""
        keys, values = list(properties.keys), list(properties.values)
        members: _Members = [(_text(key), None) for key in keys]
        for place, each in enumerate(values):
            datatype = each.type if each.HasField("type") else None
            inside: _Members = [] if datatype is None else [("type", type_name(datatype))]
            inside += self._value(each, datatype)
            inside += _present(each, "is_null")
            made = Pairs([*inside, *self._others(each)])
            if place < len(members):
                members[place] = (members[place][0], made)
            else:
                members.append((f"value {place + 1} without a key", made))
        self._uneven |= len(keys) != len(values)
        return Pairs([*members, *self._others(properties)])

    def _data_set(self, data: Any) -> Pairs:
        """A data set (6.4.11 to 6.4.13): the columns with their types, then each row as a list."""
        types = list(data.types)
        members: _Members = _present(data, "num_of_columns")
        members.append(("columns", list(data.columns)))
        members.append(("types", [type_name(each) for each in types]))
        rows = []
        for row in data.rows:
            cells = []
            for place, cell in enumerate(row.elements):
                which = cell.WhichOneof("value")
                datatype = types[place] if place < len(types) else None
                cells.append(None if which is None else self._one(which, getattr(cell, which), datatype))
                self._uneven |= datatype is None
            rows.append(cells)
        self._uneven |= len(types) != len(data.columns)
        return Pairs([*members, ("rows", rows), *self._others(data)])

    def _template(self, template: Any) -> Pairs:
        """A template's definition or instance (6.4.14), with its parameters (6.4.15)."""
        members = _present(template, "template_ref", "is_definition", "version")
        if template.parameters:
            members.append(("parameters", [self._parameter(each) for each in template.parameters]))
        members.append(("metrics", [self._metric(each, births=False) for each in template.metrics]))
        return Pairs([*members, *self._others(template)])

    def _parameter(self, parameter: Any) -> Pairs:
        datatype = parameter.type if parameter.HasField("type") else None
        members = _present(parameter, "name")
        if datatype is not None:
            members.append(("type", type_name(datatype)))
        return Pairs([*members, *self._value(parameter, datatype), *self._others(parameter)])

    def _others(self, message: Any) -> _Members:
        return self._plain.unknown_of(message)


def _present(message: Any, *names: str) -> _Members:
    return [(name, getattr(message, name)) for name in names if message.HasField(name)]


def _timed(message: Any) -> _Members:
    """A timestamp as it was sent, and as people read it."""
    if not message.HasField("timestamp"):
        return []
    said = readable_time(message.timestamp)
    stamp: _Members = [("timestamp", message.timestamp)]
    return stamp if said is None else [*stamp, ("time", said)]


def _alias_note(aliases: list[int], births: Births) -> str:
    seen = bool(births.topics)
    if len(aliases) == 1:
        why = "the last birth does not name it" if seen else "its birth has not been seen"
        return f"Alias {aliases[0]} is unknown: {why}."
    named = ", ".join(str(each) for each in aliases[:_NAMED])
    more = f" and {len(aliases) - _NAMED:,} more" if len(aliases) > _NAMED else ""
    why = "the last birth does not name them" if seen else "their birth has not been seen"
    return f"Aliases {named}{more} are unknown: {why}."


def _kind(topic: str) -> str:
    """The message type of a topic ("NBIRTH")."""
    return topic.split("/")[2]


def _text(value: Any) -> str:
    """A text of the message; the library gives bytes where they are not valid UTF-8."""
    return value if isinstance(value, str) else f"h'{bytes(value).hex()}'"
