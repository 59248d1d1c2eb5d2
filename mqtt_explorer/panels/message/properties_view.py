# SPDX-License-Identifier: MIT
"""The MQTT 5 properties of a message in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.protocol.properties import PropertyError, PropertyValue
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message

_NAME_WIDTH = 26


def properties_text(message: Message) -> str:
    """One line for each property, in the order on the wire."""
    try:
        items = message.properties().items
    except PropertyError as error:
        return error.message
    if not items:
        return QCoreApplication.translate("MessagePanel", "This message has no properties.")
    return "\n".join(_line(name, value) for name, value in items)


def _line(name: str, value: PropertyValue) -> str:
    shown = name.replace("_", " ").capitalize()
    if isinstance(value, tuple):
        return f"{shown:<{_NAME_WIDTH}}{one_line(value[0])} = {one_line(value[1])}"
    if isinstance(value, bytes):
        text = value[:64].hex(" ") + (f" … ({len(value):,} B)" if len(value) > 64 else "")
        return f"{shown:<{_NAME_WIDTH}}{text}"
    if name == "message_expiry_interval":
        return f"{shown:<{_NAME_WIDTH}}{value} s"
    if name == "payload_format_indicator":
        return f"{shown:<{_NAME_WIDTH}}{value} ({'UTF-8 text' if value else 'bytes'})"
    return f"{shown:<{_NAME_WIDTH}}{one_line(str(value))}"
