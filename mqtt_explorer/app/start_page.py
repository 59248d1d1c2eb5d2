# SPDX-License-Identifier: MIT
"""The start page: an address, a way in, the saved brokers, and the demo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.app.broker_secrets import address_or_none
from mqtt_explorer.app.demo_card import DemoCard
from mqtt_explorer.app.profiles.saved_table import SavedBrokers
from mqtt_explorer.app.start.address import explain_address, is_weaker, with_scheme
from mqtt_explorer.app.start.attempts import AttemptList
from mqtt_explorer.app.start.quick import QuickOptions
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Card, Rule, label, set_property
from mqtt_explorer.widgets.forms import Field, Strip
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from mqtt_explorer.app.profiles.book import ProfileBook

_NARROW = 900
_SIDE_PX = 344
_BUTTON_PX = 112
_NOT_AUTHORISED = 0x87


class StartPage(QWidget):
    """Where the program opens when nothing is connected. Never a modal dialog by itself.

    Args:
        book: The saved brokers.

    Attributes:
        parts: What F6 walks through.

    Signals:
        connect_requested(object, object): The checked `ConnectOptions` and a tuple of `Subscription`.
        password_requested(str, str): The broker's address and the user name: a password is to be asked for, then `set_password`.
        cancel_requested(): Stop trying to connect, or go back.
        hurry_requested(): Try again now.
        back_requested(): Go back to the broker that is open.
        demo_requested(): Start the demo.
    """

    connect_requested = Signal(object, object)
    password_requested = Signal(str, str)
    cancel_requested = Signal()
    hurry_requested = Signal()
    back_requested = Signal()
    demo_requested = Signal()

    def __init__(self, book: ProfileBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_address()
        self.quick = QuickOptions(self._submit)
        self.filters, self.qos, self.version = self.quick.filters, self.quick.qos, self.quick.version
        self.username, self.password = self.quick.username, self.quick.password
        self.ca_field = self.quick.ca_field
        self._make_progress()
        self.attempts = AttemptList()
        self.saved = SavedBrokers(book)
        self.saved.recent_requested.connect(self._open_recent)
        self._side = DemoCard()
        self._side.setFixedWidth(_SIDE_PX)
        self._side.start_requested.connect(self.demo_requested)
        self.demo_button = self._side.button
        self._lay_out()
        self.set_connecting("")
        self.set_back("")
        self.parts: tuple[QWidget, ...] = (self.url_field, self.attempts, self.saved, self._side)
        self.setFocusProxy(self.url)

    # -- building ------------------------------------------------------------------------------------------------------

    def _make_address(self) -> None:
        self.url = QLineEdit()
        set_property(self.url, "big", True)
        set_property(self.url, "mono", True)
        self.url.setPlaceholderText("mqtts://broker.example.org:8883")
        self.url_field = Field(self.tr("Broker address"), self.url, beside=self._connect_buttons())
        self.url_field.label.hide()  # the heading says it; the name stays for screen readers
        self.url.textChanged.connect(self._on_address)
        self.url.returnPressed.connect(self._submit)
        self.url.editingFinished.connect(self._take_address)
        self.url.textEdited.connect(lambda: self.url_field.set_error(""))
        self.back_button = push_button("", self.back_requested.emit, icon_name="arrow-left", kind="link")

    def _connect_buttons(self) -> QWidget:
        self.connect_button = push_button(
            self.tr("Connect"), self._submit, icon_name="connect", kind="primary"
        )
        self.cancel_button = push_button(
            self.tr("Cancel"), self.cancel_requested.emit, icon_name="stop", tooltip=self.tr("Cancel (Esc)")
        )
        for button in (self.connect_button, self.cancel_button):  # one takes the other's place
            set_property(button, "big", True)
            button.setMinimumWidth(_BUTTON_PX)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.connect_button)
        row.addWidget(self.cancel_button)
        return holder

    def _make_progress(self) -> None:
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(self.tr("Connecting"))
        set_property(self._busy, "kind", "quiet")
        self._connecting = label("", "muted", wrap=True)
        self.now_button = push_button(
            self.tr("Now"),
            self.hurry_requested.emit,
            icon_name="refresh",
            kind="link",
            tooltip=self.tr("Try again without waiting"),
        )
        self._offer = Strip("warn", "", self)
        self._offer_button = self._offer.add_button("", self._take_offer)
        self._offered_scheme = ""
        self._offer.hide()

    def _lay_out(self) -> None:
        body = QWidget()
        self._columns = QHBoxLayout(body)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(8)
        self._columns.addWidget(self._connect_card(), 1)
        self._columns.addWidget(self._side, 0, Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _connect_card(self) -> Card:
        card = Card()
        column = card.column(20, 12)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Connect to a broker"), "page"), 1)
        head.addWidget(self.back_button)
        column.addLayout(head)
        column.addWidget(self.url_field)
        hints = QVBoxLayout()
        hints.setSpacing(4)
        hints.addLayout(self._scheme_hints())
        told = self.tr(
            "A user name may stand before the host, as in mqtts://ada@broker; the password is asked for and never written to a file."
        )
        hints.addWidget(label(told, "caption", wrap=True))
        column.addLayout(hints)
        column.addWidget(self._busy)
        doing = QHBoxLayout()
        doing.addWidget(self._connecting, 1)
        doing.addWidget(self.now_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(doing)
        column.addWidget(self._offer)
        quick = QVBoxLayout()
        quick.setSpacing(0)
        quick.addWidget(self.quick)
        quick.addWidget(Rule())
        column.addLayout(quick)
        column.addWidget(self.attempts)
        column.addWidget(self.saved, 1)
        return card

    def _scheme_hints(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        schemes = (
            ("mqtt://", self.tr("plain TCP")),
            ("mqtts://", self.tr("TLS")),
            ("ws://", self.tr("WebSocket")),
            ("wss://", self.tr("WebSocket + TLS")),
        )
        for scheme, meaning in schemes:
            row.addWidget(label(scheme, "mono"))
            row.addWidget(label(meaning, "caption"))
            row.addSpacing(8)
        row.addStretch(1)
        return row

    # -- what others tell ----------------------------------------------------------------------------------------------

    def set_recent(self, urls: Sequence[str]) -> None:
        """Lists the addresses used last, newest first."""
        self.saved.set_recent(list(urls))

    def set_demo_offered(self, offered: bool) -> None:
        """Shows or hides the demo's card."""
        self._side.setVisible(offered)

    def set_payload_cap(self, size: int) -> None:
        """Takes the payload cap of the settings for the next connection."""
        self.quick.payload_cap = size

    def set_back(self, title: str) -> None:
        """Offers the way back to an open broker; an empty title takes the offer away."""
        self.back_button.setVisible(bool(title))
        text = self.tr("Back to {broker}").format(broker=one_line(title, 40))
        self.back_button.setText(text.replace("&", "&&"))
        self.back_button.setAccessibleName(text)
        self.back_button.setToolTip(self.tr("Esc"))

    def set_password(self, password: str) -> None:
        """Takes the password that was asked for and connects; an empty one means there is none."""
        self.password.set_secret(password)
        self._submit(ask=False)

    def fill(self, options: ConnectOptions, filters: Sequence[Subscription]) -> None:
        """Shows what the command line asked for; the password stays hidden."""
        self.quick.keep_for(options.url)
        self.url.setText(str(options.url))
        self.quick.fill(options, filters)

    def set_connecting(self, text: str, *, waiting: bool = False) -> None:
        """Shows that a connection is being made, with a sentence; an empty text ends it.

        Args:
            text: How far it is.
            waiting: The next try is being counted down to and may be hurried.
        """
        busy = bool(text)
        had_focus = any(
            button.hasFocus() for button in (self.connect_button, self.cancel_button, self.now_button)
        )
        for widget in (self._busy, self._connecting):
            widget.setVisible(busy)
        self._connecting.setText(text)
        self.now_button.setVisible(busy and waiting)
        self.connect_button.setVisible(not busy)
        self.cancel_button.setVisible(busy)
        self.demo_button.setEnabled(not busy)
        self.demo_button.setToolTip(self.tr("Not while another connection is being made") if busy else "")
        if had_focus and not (self.cancel_button.hasFocus() or (self.now_button.hasFocus() and waiting)):
            (self.cancel_button if busy else self.url).setFocus()  # the button that had it is hidden now

    def show_error(self, error: MqttExplorerError, *, offer_older: bool = False) -> None:
        """Shows an error at the field it belongs to, and offers another scheme or MQTT 3.1.1 where that may help.

        What has no field here (a client certificate, keep-alive and client id come from the command line) stands under the address.
        """
        self.clear_errors()
        field = self._field_of(error)
        under_url = field is self.url_field
        if not under_url:
            self.quick.set_open(True)
        field.set_error(one_line(f"{error.title}: {error.message}" if under_url else error.message))
        if self.cancel_button.isHidden():  # while it tries again by itself, the user may be typing
            (field.editor.focusProxy() or field.editor).setFocus()
            if field is self.quick.password_field:
                self.password.selectAll()  # what is typed now takes the place of the refused one
        self._offered_scheme = getattr(error, "try_scheme", None) or ""
        if self._offered_scheme:
            self._offer.set_message(
                self.tr("The port seems to speak {scheme}://.").format(scheme=self._offered_scheme)
            )
            self._offer_button.setText(self.tr("Use {scheme}://").format(scheme=self._offered_scheme))
        else:
            self._offer.set_message(self.tr("The broker may speak MQTT 3.1.1 only."))
            self._offer_button.setText(self.tr("Connect with MQTT 3.1.1"))
        older = offer_older and self.version.currentData() is ProtocolVersion.V5
        self._offer.setVisible(older or bool(self._offered_scheme))

    def _field_of(self, error: MqttExplorerError) -> Field:
        quick = self.quick.fields
        if isinstance(error, ConnackRefused) and error.code == _NOT_AUTHORISED:
            # Mosquitto's answer to a wrong password, and many brokers' to a missing user name.
            return quick["password" if self.username.text() else "username"]
        if error.field == "ca_file" and self.ca_field.isHidden():
            return self.url_field
        return quick.get(error.field or "", self.url_field)

    def clear_errors(self) -> None:
        """Takes all errors away."""
        for field in (self.url_field, *self.quick.fields.values()):
            field.set_error("")
        self._offer.hide()

    # -- what the user does --------------------------------------------------------------------------------------------

    def _submit(self, *, ask: bool = True) -> None:
        self.clear_errors()
        try:
            options, subscriptions = self._read()
        except MqttExplorerError as error:
            if not self.cancel_button.isHidden():  # whoever types a new address is done with the old one
                self.cancel_requested.emit()
            self.show_error(error)
            return
        if ask and self.quick.needs_password:
            self.password_requested.emit(options.url.netloc, self.username.text())
            return
        self.connect_requested.emit(options, subscriptions)

    def _read(self) -> tuple[ConnectOptions, tuple[Subscription, ...]]:
        self._take_address()
        url, _, _ = BrokerUrl.parse(self.url.text())
        return self.quick.read(url)

    def _on_address(self, text: str) -> None:
        parsed = address_or_none(text)
        self.quick.show_for(parsed[0] if parsed is not None else None)
        self.url_field.set_help(explain_address(text))

    def _take_address(self) -> None:
        """A password must not stay readable in an address field, and a login must not go to another broker."""
        parsed = address_or_none(self.url.text())
        if parsed is None:
            return  # said when Connect is pressed
        url, user, password = parsed
        self.quick.take_address(url, user, password)
        if user is not None or password is not None:
            self.url.setText(str(url))

    def _take_offer(self) -> None:
        """The one click that mends a wrong scheme or version."""
        parsed = address_or_none(self.url.text())
        if not self._offered_scheme or parsed is None:
            self.version.setCurrentIndex(self.version.findData(ProtocolVersion.V311))
        else:
            new = with_scheme(parsed[0], self._offered_scheme)
            if not is_weaker(parsed[0], self._offered_scheme):
                self.quick.keep_for(new)
            self.url.setText(str(new))
        self._submit()

    def _open_recent(self, url: str) -> None:
        self.url.setText(url)
        self._submit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() == Qt.Key.Key_Escape
        ):  # comes here when nothing inside, like a search, had a use for it
            self.cancel_requested.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        direction = QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight
        if direction != self._columns.direction():
            self._columns.setDirection(direction)
            self._side.set_compact(narrow)
            self._side.setMinimumWidth(0 if narrow else _SIDE_PX)
            self._side.setMaximumWidth(16_777_215 if narrow else _SIDE_PX)
            self._columns.setAlignment(
                self._side, Qt.AlignmentFlag(0) if narrow else Qt.AlignmentFlag.AlignTop
            )
