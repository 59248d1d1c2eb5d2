# SPDX-License-Identifier: MIT
"""The tabs of a message: Payload, Diff, Hex, Raw, Properties. Only the one in front is filled, and all but the first are made when first seen:
the program's start would pay for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from mqtt_explorer.panels.message.context import context_of
from mqtt_explorer.panels.message.document_view import DocumentView
from mqtt_explorer.payload.registry import AUTO
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.panels.message.diff_view import DiffView
    from mqtt_explorer.panels.message.hex_view import HexView
    from mqtt_explorer.panels.message.properties_view import PropertiesView
    from mqtt_explorer.protocol.message import Message

PAYLOAD, DIFF, HEX, RAW, PROPERTIES = range(5)


class MessageTabs(QTabWidget):
    """Shows a message.

    Signals:
        decoded(object): The Document in the Payload tab.
        compared(object): The Diff in the Diff tab.
        swap_wanted: The user wants A and B of the Diff tab changed over.
        held: The user marked or unfolded something; another message would take that away.
        said(str): What came of copying.
        failed(str, str): Headline and sentence of what went wrong.
        topic_wanted(bytes): The user clicked a topic.
        message_wanted(object): The user clicked another Message.
    """

    decoded = Signal(object)
    compared = Signal(object)
    swap_wanted = Signal()
    held = Signal()
    said = Signal(str)
    failed = Signal(str, str)
    topic_wanted = Signal(bytes)
    message_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.document = DocumentView(self, name=self.tr("Payload"))
        self._made: dict[int, QWidget] = {PAYLOAD: self.document}
        for name, hint in (
            (self.tr("Payload"), self.tr("Decoded")),
            (self.tr("Diff"), self.tr("What changed between two messages")),
            (self.tr("Hex"), self.tr("Every byte, and what numbers it may be")),
            (self.tr("Raw"), self.tr("As it came, without decoding")),
            (self.tr("Properties"), self.tr("MQTT 5 properties, request and response")),
        ):
            page = QWidget(self) if self.count() else self.document
            self.setTabToolTip(self.addTab(page, name), hint)
        self.setCornerWidget(self.document.mode)
        self.document.decoded.connect(self.decoded)
        self._hear(self.document)
        self.currentChanged.connect(self._make)  # before anybody fills it
        theme().changed.connect(self._place_mode)

    # --- views, made when they are first needed --------------------------------------------------------------------

    @property
    def diff(self) -> DiffView:
        """What changed between two messages."""
        return self._make(DIFF)  # type: ignore[return-value]

    @property
    def hex(self) -> HexView:
        """Every byte."""
        return self._make(HEX)  # type: ignore[return-value]

    @property
    def raw(self) -> DocumentView:
        """The payload as it came."""
        return self._make(RAW)  # type: ignore[return-value]

    @property
    def properties(self) -> PropertiesView:
        """The properties, and the other end of a request."""
        return self._make(PROPERTIES)  # type: ignore[return-value]

    def _make(self, tab: int) -> QWidget:
        view = self._made.get(tab)
        if view is None:
            view = self._made[tab] = self._new(tab)
            page = self.widget(tab)
            assert page is not None
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(view)
            page.setFocusProxy(view)
        return view

    def _new(self, tab: int) -> QWidget:
        if tab == DIFF:
            from mqtt_explorer.panels.message.diff_view import DiffView

            diff = DiffView(self)
            diff.said.connect(self.said)
            diff.compared.connect(self.compared)
            diff.swap_wanted.connect(self.swap_wanted)
            return diff
        if tab == HEX:
            from mqtt_explorer.panels.message.hex_view import HexView

            made = HexView(self)
            made.failed.connect(self.failed)
            self._hear(made)
            return made
        if tab == PROPERTIES:
            from mqtt_explorer.panels.message.properties_view import PropertiesView

            properties = PropertiesView(self)
            properties.topic_wanted.connect(self.topic_wanted)
            properties.message_wanted.connect(self.message_wanted)
            self._hear(properties)
            return properties
        raw = DocumentView(self, name=self.tr("Raw payload"), structured=False)
        self._hear(raw)
        return raw

    def _hear(self, view: DocumentView | HexView | PropertiesView) -> None:
        view.held.connect(self.held)
        view.said.connect(self.said)

    # --- showing ----------------------------------------------------------------------------------------------------

    def show_message(
        self,
        message: Message,
        choice: str,
        connection: Connection | None,
        *,
        following: bool = False,
        live: bool = False,
    ) -> None:
        """Fills the tab in front, Diff excepted, which shows two.

        Args:
            message: One with a payload, except for Properties.
            choice: Of the decoder, see `registry`.
            connection: It came from.
            following: It is another message of the topic shown before: what was unfolded and scrolled to stays.
            live: It came by itself; see `DocumentView.show_payload`.
        """
        tab = self.currentIndex()
        store = connection.store if connection is not None else None
        self.document.show_mode(tab == PAYLOAD)
        if tab == PAYLOAD:
            context = context_of(message, choice, store)
            self.document.show_payload(
                message.payload, choice, context, following=following, live=live, of=message
            )
        elif tab == HEX:
            self.hex.show_bytes(message.payload, message.size, fresh=not following)
        elif tab == RAW:
            context = context_of(message, AUTO, None)
            self.raw.show_payload(message.payload, "raw", context, following=following, live=live, of=message)
        elif tab == PROPERTIES:
            self.properties.show_message(message, connection)

    @property
    def message(self) -> Message | None:
        """The message whose document is in front, where it may be another one than was asked for last."""
        tab = self.currentIndex()
        if tab == PAYLOAD:
            return self.document.message
        return self.raw.message if tab == RAW else None

    def stop(self) -> None:
        """There is no message any more: what is being decoded is given up, and nothing keeps its bytes."""
        self._let_go(range(self.count()))

    def leave(self) -> None:
        """Another topic comes: the tabs behind let go of what they hold."""
        self._let_go(each for each in range(self.count()) if each != self.currentIndex())

    def _let_go(self, tabs: Iterable[int]) -> None:
        for tab in tabs:
            if tab not in self._made:
                continue
            if tab == DIFF:
                self.diff.show_pair(None, None, AUTO)
            elif tab == HEX:
                self.hex.show_bytes(b"", fresh=True)
            elif tab == PROPERTIES:
                self.properties.show_message(None, None)
            else:
                (self.document if tab == PAYLOAD else self.raw).stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The switch between tree and text stands beside the tabs where there is room."""
        super().resizeEvent(event)
        self._place_mode()

    def _place_mode(self) -> None:
        mode = self.document.mode
        wide = self.tabBar().sizeHint().width() + GAP + mode.sizeHint().width() <= self.width()
        if wide == (self.cornerWidget() is mode):
            return
        if wide:
            self.setCornerWidget(mode)
            self.document.show_mode(self.currentIndex() == PAYLOAD)
        else:
            self.setCornerWidget(None)  # type: ignore[arg-type]
            self.document.place_mode()
