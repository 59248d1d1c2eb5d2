# SPDX-License-Identifier: MIT
"""The start page: an address, a way in, the demo, and what was used last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.app.broker_secrets import Belonging, address_or_none
from mqtt_explorer.app.ca_file_field import CaFileField
from mqtt_explorer.app.demo_card import DemoCard
from mqtt_explorer.app.filter_text import explain_filters, join_filters, split_filters
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.protocol.options import MIB, ConnectOptions, ProtocolVersion, TlsOptions, fresh_client_id
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Card, Rule, label, set_property
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.forms import Field, Strip, left_aligned
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.views import ListView

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_SCHEMES = (
    ("mqtt://", "plain TCP"),
    ("mqtts://", "TLS"),
    ("ws://", "WebSocket"),
    ("wss://", "WebSocket + TLS"),
)
_NARROW = 900
_SIDE_PX = 344
_BUTTON_PX = 112
_NOT_AUTHORISED = 0x87


class StartPage(QWidget):
    """Where the program opens when nothing is connected. Never a modal dialog.

    Signals:
        connect_requested(object, object): The checked `ConnectOptions` and a tuple of `Subscription`.
        cancel_requested(): Stop trying to connect.
        demo_requested(): Start the demo.
    """

    connect_requested = Signal(object, object)
    cancel_requested = Signal()
    demo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tls = TlsOptions()
        self._keep_alive = 30
        self._client_id: str | None = None
        self._belonging = Belonging()
        self._given: tuple[str, tuple[Subscription, ...]] = ("", ())
        self._payload_cap = 64 * MIB
        self._make_fields()
        self._offer = Strip("warn", "", self)
        self._offer_button = self._offer.add_button(
            self.tr("Connect with MQTT 3.1.1"), self._take_older_version
        )
        self._offer.hide()
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(self.tr("Connecting"))
        set_property(self._busy, "kind", "quiet")
        self._connecting = label("", "muted", wrap=True)
        self._columns = QHBoxLayout(self)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(8)
        self._columns.addWidget(self._connect_card(), 1)
        self._side = DemoCard()
        self._side.setFixedWidth(_SIDE_PX)
        self._side.start_requested.connect(self.demo_requested)
        self.demo_button = self._side.button
        self._columns.addWidget(self._side, 0, Qt.AlignmentFlag.AlignTop)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.cancel_requested.emit)
        self._escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.set_connecting("")
        self.setFocusProxy(self.url)

    # -- building ------------------------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.url = QLineEdit()
        set_property(self.url, "big", True)
        set_property(self.url, "mono", True)
        self.url.setPlaceholderText("mqtts://broker.example.org:8883")
        self.url.setClearButtonEnabled(False)
        self.url_field = Field(self.tr("Broker address"), self.url, beside=self._connect_buttons())
        self.username = QLineEdit()
        self.username_field = Field(self.tr("User name"), self.username)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password_field = Field(self.tr("Password"), self.password)
        self.version = QComboBox()
        for version in (ProtocolVersion.V5, ProtocolVersion.V311):
            self.version.addItem(version.label, version)
        self.version_field = Field(self.tr("Protocol"), self.version)
        self.filters = QLineEdit("#")
        set_property(self.filters, "mono", True)
        self.filter_field = Field(self.tr("Subscribe to"), self.filters)
        self.qos = SegmentedControl(["0", "1", "2"], name=self.tr("QoS"))
        self.qos_field = Field(self.tr("QoS"), left_aligned(self.qos))
        self.ca_field = CaFileField()
        self.ca_field.hide()
        self.url.textChanged.connect(self._show_ca_field)
        for edit in (self.url, self.username, self.password, self.filters, self.ca_field.edit):
            edit.returnPressed.connect(self._submit)
        self.url.editingFinished.connect(self._take_address)
        for edit in (self.username, self.password):
            edit.textEdited.connect(lambda: self.username_field.set_help(""))
        self.url.textEdited.connect(lambda: self.url_field.set_error(""))
        for field, edit in (
            (self.filter_field, self.filters),
            (self.username_field, self.username),
            (self.password_field, self.password),
        ):
            edit.textEdited.connect(lambda _text, field=field: field.set_error(""))
        self.filters.textChanged.connect(lambda text: self.filter_field.set_help(explain_filters(text)))
        self.filter_field.set_help(explain_filters(self.filters.text()))

    def _connect_buttons(self) -> QWidget:
        self.connect_button = push_button(
            self.tr("Connect"), self._submit, icon_name="connect", kind="primary"
        )
        set_property(self.connect_button, "big", True)
        self.cancel_button = push_button(self.tr("Cancel"), self.cancel_requested.emit, icon_name="stop")
        set_property(self.cancel_button, "big", True)
        for button in (self.connect_button, self.cancel_button):  # one takes the other's place
            button.setMinimumWidth(_BUTTON_PX)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.connect_button)
        row.addWidget(self.cancel_button)
        return holder

    def _connect_card(self) -> Card:
        card = Card()
        column = card.column(20, 12)
        column.addWidget(label(self.tr("Connect to a broker"), "page"))
        column.addWidget(self.url_field)
        column.addLayout(self._scheme_hints())
        column.addWidget(self._busy)
        column.addWidget(self._connecting)
        column.addWidget(self._offer)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        grid.addWidget(self.username_field, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.password_field, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.version_field, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.filter_field, 1, 0, 1, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.qos_field, 1, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.ca_field, 2, 0, 1, 3, Qt.AlignmentFlag.AlignTop)
        for index, stretch in enumerate((2, 2, 1)):
            grid.setColumnStretch(index, stretch)
        column.addLayout(grid)
        column.addWidget(Rule())
        column.addLayout(self._recent_list(), 1)
        return card

    def _scheme_hints(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for scheme, meaning in _SCHEMES:
            row.addWidget(label(scheme, "mono"))
            row.addWidget(label(meaning, "caption"))
            row.addSpacing(8)
        row.addStretch(1)
        return row

    def _recent_list(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(label(self.tr("RECENT BROKERS"), "title"))
        self._recent_model = QStringListModel(self)
        self.recent = ListView(Column(mono=True, middle=True, kind="text"), self)
        self.recent.setModel(self._recent_model)
        self.recent.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.recent.setAccessibleName(self.tr("Recent brokers"))
        self.recent.activated.connect(lambda index: self._open_recent(str(index.data())))
        self.recent.clicked.connect(lambda index: self._fill_recent(str(index.data())))
        self._no_recent = label(
            self.tr("Brokers you connect to are listed here, without user names and passwords."),
            "muted",
            wrap=True,
        )
        column.addWidget(self._no_recent)
        column.addWidget(self.recent, 1)
        column.addStretch(0)
        self._recent_hint = label(self.tr("Enter or double-click connects."), "caption")
        column.addWidget(self._recent_hint)
        return column

    # -- what others tell ----------------------------------------------------------------------------------------------

    def set_recent(self, urls: Sequence[str]) -> None:
        """Lists the addresses used last, newest first."""
        self._recent_model.setStringList(list(urls))
        self._no_recent.setVisible(not urls)
        self.recent.setVisible(bool(urls))
        self._recent_hint.setVisible(bool(urls))

    def set_demo_offered(self, offered: bool) -> None:
        """Shows or hides the demo's card."""
        self._side.setVisible(offered)

    def set_payload_cap(self, size: int) -> None:
        """Takes the payload cap of the settings for the next connection."""
        self._payload_cap = size

    def fill(self, options: ConnectOptions, filters: Sequence[Subscription]) -> None:
        """Shows what the command line asked for; the password stays hidden."""
        self._belonging.bind(options.url)
        self.url.setText(str(options.url))
        self.username.setText(options.username or "")
        self.password.setText(options.password or "")
        self.version.setCurrentIndex(self.version.findData(options.version))
        self._given = (join_filters(each.filter.text for each in filters), tuple(filters))
        self.filters.setText(self._given[0])
        if filters:
            self.qos.set_index(filters[0].qos)
        self._tls, self._keep_alive, self._client_id = options.tls, options.keep_alive, options.client_id
        self.ca_field.set_path(options.tls.ca_file)

    def set_connecting(self, text: str) -> None:
        """Shows that a connection is being made, with a sentence; an empty text ends it."""
        busy = bool(text)
        had_focus = self.connect_button.hasFocus() or self.cancel_button.hasFocus()
        self._busy.setVisible(busy)
        self._connecting.setVisible(busy)
        self._connecting.setText(text)
        self.connect_button.setVisible(not busy)
        self.cancel_button.setVisible(busy)
        self.demo_button.setEnabled(not busy)
        self._escape.setEnabled(busy)
        if had_focus:  # the button that had it is hidden now
            (self.cancel_button if busy else self.url).setFocus()

    def show_error(self, error: MqttExplorerError, *, offer_older: bool = False) -> None:
        """Shows an error at the field it belongs to, and offers MQTT 3.1.1 where that may help.

        What has no field here (a client certificate, keep-alive and client id come from the command line) stands under the address.
        """
        self.clear_errors()
        fields = {
            "username": self.username_field,
            "password": self.password_field,
            "version": self.version_field,
            "filter": self.filter_field,
            "ca_file": self.url_field if self.ca_field.isHidden() else self.ca_field,
        }
        field = fields.get(error.field or "", self.url_field)
        if isinstance(error, ConnackRefused) and error.code == _NOT_AUTHORISED:
            # Mosquitto's answer to a wrong password, and many brokers' to a missing user name.
            field = self.password_field if self.username.text() else self.username_field
        under_url = field is self.url_field
        field.set_error(one_line(f"{error.title}: {error.message}" if under_url else error.message))
        if self.cancel_button.isHidden():  # while it tries again by itself, the user may be typing
            (field.editor.focusProxy() or field.editor).setFocus()
        older = offer_older and self.version.currentData() is ProtocolVersion.V5
        self._offer.set_message(self.tr("The broker may speak MQTT 3.1.1 only."))
        self._offer.setVisible(older)

    def clear_errors(self) -> None:
        """Takes all errors away."""
        for field in (
            self.url_field,
            self.username_field,
            self.password_field,
            self.version_field,
            self.filter_field,
            self.ca_field,
        ):
            field.set_error("")
        self._offer.hide()

    # -- what the user does --------------------------------------------------------------------------------------------

    def _submit(self) -> None:
        self.clear_errors()
        try:
            options, subscriptions = self._read()
        except MqttExplorerError as error:
            if not self.cancel_button.isHidden():  # whoever types a new address is done with the old one
                self.cancel_requested.emit()
            self.show_error(error)
            return
        self.connect_requested.emit(options, subscriptions)

    def _read(self) -> tuple[ConnectOptions, tuple[Subscription, ...]]:
        self._take_address()
        url, _, _ = BrokerUrl.parse(self.url.text())
        subscriptions = self._subscriptions()
        options = ConnectOptions(
            url,
            client_id=self._client_id or fresh_client_id(),
            version=self.version.currentData(),
            username=self.username.text() or None,
            password=self.password.text() or None,
            keep_alive=self._keep_alive,
            tls=replace(self._tls, ca_file=self.ca_field.path) if url.tls else self._tls,
            payload_cap=self._payload_cap,
        )
        return options, subscriptions

    def _subscriptions(self) -> tuple[Subscription, ...]:
        text, given = self._given
        if given and self.filters.text() == text:  # as they were: the text may not tell where one ends
            return tuple(replace(each, qos=self.qos.index) for each in given)
        return tuple(
            Subscription(TopicFilter(each), self.qos.index) for each in split_filters(self.filters.text())
        )

    def _take_address(self) -> None:
        """A password must not stay readable in an address field, and a login must not go to another broker."""
        parsed = address_or_none(self.url.text())
        if parsed is None:
            return  # said when Connect is pressed
        url, user, password = parsed
        self._drop_what_is_not_for(url)
        if user is None and password is None:
            return
        self.url.setText(str(url))
        if user is not None:
            self.username.setText(user)
        if password is not None:
            self.password.setText(password)

    def _drop_what_is_not_for(self, url: BrokerUrl) -> None:
        """Login, client id and TLS options (the command line's) stay with the broker they were given for."""
        left = self._belonging.move_to(url)
        if not left:
            return
        had_login = bool(self.username.text() or self.password.text())
        self._tls, self._client_id = TlsOptions(), None
        self.username.clear()
        self.password.clear()
        self.ca_field.set_path(None)
        said = self.tr("Cleared: the login was for {broker}.").format(broker=left) if had_login else ""
        self.username_field.set_help(said)

    def _show_ca_field(self, text: str) -> None:
        parsed = address_or_none(text)
        self.ca_field.setVisible(parsed is not None and parsed[0].tls)

    def _take_older_version(self) -> None:
        self.version.setCurrentIndex(self.version.findData(ProtocolVersion.V311))
        self._submit()

    def _fill_recent(self, url: str) -> None:
        self.url.setText(url)
        self._take_address()
        self.clear_errors()

    def _open_recent(self, url: str) -> None:
        self._fill_recent(url)
        self._submit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        direction = (
            QHBoxLayout.Direction.TopToBottom if self.width() < _NARROW else QHBoxLayout.Direction.LeftToRight
        )
        if direction != self._columns.direction():
            self._columns.setDirection(direction)
            narrow = direction is QHBoxLayout.Direction.TopToBottom
            self._side.setMinimumWidth(0 if narrow else _SIDE_PX)
            self._side.setMaximumWidth(16_777_215 if narrow else _SIDE_PX)
            self._columns.setAlignment(
                self._side, Qt.AlignmentFlag(0) if narrow else Qt.AlignmentFlag.AlignTop
            )
