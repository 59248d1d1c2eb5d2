# SPDX-License-Identifier: MIT
"""The MQTT 5 properties of a message in words, whole, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mqtt_explorer.panels.message.payload_view import LINE_LIMIT, WireText
from mqtt_explorer.protocol.properties import PropertyError, PropertyValue
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP_XS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqtt_explorer.protocol.message import Message

PAGE: Final = 32 * 1024
"""Characters shown at first; "Show more" doubles them."""
_NAME_WIDTH: Final = 26
_VALUE_WIDTH: Final = LINE_LIMIT - _NAME_WIDTH


class PropertiesView(QWidget):
    """One line for each property, in the order on the wire; a long value goes on below itself.

    Signals:
        held: The user marked text or turned the page; another message would take that away.
    """

    held = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = WireText(self)
        self.text.setAccessibleName(self.tr("Properties"))
        self.more = push_button(self.tr("Show more"), self._show_more, kind="link")
        self._message: Message | None = None
        self._limit = PAGE
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.more)
        self.text.copyAvailable.connect(self._on_copy_available)

    def show_message(self, message: Message) -> None:
        """Shows the first page of a message's properties."""
        if self._message is None or message.seq != self._message.seq:
            self._limit = PAGE
        self._message = message
        self._show(message)

    def _show(self, message: Message) -> None:
        text, whole = properties_text(message, self._limit)
        self.text.show_text(text)
        self.more.setVisible(not whole)

    def _show_more(self) -> None:
        if self._message is not None:
            self._limit *= 2
            self._show(self._message)
            self.held.emit()

    def _on_copy_available(self, available: bool) -> None:
        if available:
            self.held.emit()


def properties_text(message: Message, limit: int = PAGE) -> tuple[str, bool]:
    """The properties in lines, as many as `limit` characters take; and whether that is all."""
    try:
        items = message.properties().items
    except PropertyError as error:
        return error.message, True
    if not items:
        return QCoreApplication.translate("MessagePanel", "This message has no properties."), True
    lines: list[str] = []
    used = 0
    for name, value in items:
        for line in _lines(name, value):
            if used > limit:
                return "\n".join(lines), False
            lines.append(line)
            used += len(line) + 1
    return "\n".join(lines), True


def _lines(name: str, value: PropertyValue) -> Iterator[str]:
    shown = name.replace("_", " ").capitalize()
    text = _value_text(name, value)
    for start in range(0, max(len(text), 1), _VALUE_WIDTH):
        head = shown if not start else ""
        part = text[start : start + _VALUE_WIDTH]
        yield f"{head:<{_NAME_WIDTH}}{one_line(part, len(part))}"


def _value_text(name: str, value: PropertyValue) -> str:
    if isinstance(value, tuple):
        return f"{value[0]} = {value[1]}"
    if isinstance(value, bytes):
        return value.hex(" ")
    if name == "message_expiry_interval":
        return f"{value} s"
    if name == "payload_format_indicator":
        return f"{value} ({'UTF-8 text' if value else 'bytes'})"
    return str(value)
