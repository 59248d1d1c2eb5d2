# SPDX-License-Identifier: MIT
"""Which decoder shows the messages of a topic: chosen in the menu behind the chip, remembered for topics and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from mqtt_explorer.panels.message.context import context_of
from mqtt_explorer.payload.registry import AUTO, split_choice

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.panels.message.schema_picker import SchemaPicker
    from mqtt_explorer.protocol.message import Message


class Formats(QObject):
    """The choice in force for the topic shown.

    Signals:
        changed: Another decoder is to show the message.
        failed(str): Why a choice is not remembered.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._connection: Connection | None = None
        self._topic = b""
        self._choice: str | None = None  # for the time this topic is shown, where it could not be remembered
        self._picker: SchemaPicker | None = None

    def set_topic(self, connection: Connection | None, topic: bytes | None) -> None:
        """Goes to another topic."""
        self._connection, self._topic, self._choice = connection, topic or b"", None

    @property
    def remembered(self) -> tuple[str, str] | None:
        """The filter for which a decoder is remembered that counts here, and the decoder."""
        if self._connection is None or not self._topic:
            return None
        return self._connection.marks.decoders.choice_for(self._topic)

    @property
    def choice(self) -> str:
        """The decoder to use."""
        if self._choice is not None:
            return self._choice
        remembered = self.remembered
        return remembered[1] if remembered is not None else AUTO

    def choose(self, choice: str) -> None:
        """The user wants this decoder for the topic shown; it is remembered for it."""
        self._choice = choice
        if split_choice(choice)[1] and split_choice(choice)[0] == "protobuf":
            self._schemas.remember(choice)
        if self._connection is not None and self._topic:
            self._remember(self._topic.decode(), choice)
        self.changed.emit()

    def remember_for(self, filter_text: str | None) -> None:
        """Remembers the choice in force for a filter, in place of the topic alone; None forgets what counts here."""
        if self._connection is None:
            return
        choice, decoders = self.choice, self._connection.marks.decoders
        if filter_text is None:
            while (remembered := self.remembered) is not None:
                decoders.set(remembered[0], None)
            self._choice = None
        else:
            topic = self._topic.decode()
            if filter_text != topic:
                decoders.set(topic, None)  # the more specific one would go on counting here
            self._remember(filter_text, choice)
        self.changed.emit()

    def _remember(self, filter_text: str, choice: str) -> None:
        if self._connection is None:
            return
        decoders = self._connection.marks.decoders
        if choice == AUTO:
            decoders.set(filter_text, None)
            if self.remembered is None:
                self._choice = None
                return
        if decoders.set(filter_text, choice):
            self._choice = None
        else:
            self.failed.emit(
                self.tr("Too many decoders are remembered; this one is kept while the topic is shown.")
            )

    @property
    def _schemas(self) -> SchemaPicker:
        if self._picker is None:
            from mqtt_explorer.panels.message.schema_picker import SchemaPicker

            self._picker = SchemaPicker(self._window)
            self._picker.chosen.connect(self.choose)
        return self._picker

    def open_menu(self, message: Message, label: str, at: QPoint) -> QMenu:
        """Opens the menu."""
        store = self._connection.store if self._connection is not None else None
        from mqtt_explorer.panels.message.format_menu import format_menu  # not at the program's start

        menu = format_menu(
            self._window,
            payload=message.payload,
            context=context_of(message, self.choice, store),
            choice=self.choice,
            label=label,
            topic=message.topic,
            remembered=self.remembered,
            on_choice=self.choose,
            on_remember=self.remember_for,
            on_schema=self._schemas.ask,
            schemas=self._schemas.recent,
        )
        menu.popup(at)
        return menu
