# SPDX-License-Identifier: MIT
"""What a connection by address uses besides the address: one line, which opens to the fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from mqtt_explorer.app.broker_secrets import Belonging
from mqtt_explorer.app.ca_file_field import CaFileField
from mqtt_explorer.app.filter_text import explain_filters, join_filters, split_filters
from mqtt_explorer.protocol.options import (
    MIB,
    ConnectOptions,
    ProtocolVersion,
    TlsOptions,
    fresh_client_id,
    is_fresh_client_id,
)
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.widgets.buttons import SegmentedControl
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.forms import Field, left_aligned
from mqtt_explorer.widgets.line_edits import SecretEdit
from mqtt_explorer.widgets.sections import Section
from mqtt_explorer.widgets.text import one_line


class QuickOptions(Section):
    """Login, protocol, filters and CA file of a quick connection.

    Args:
        submit: Called when Enter is pressed in a field.
    """

    def __init__(self, submit: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("StartPage", "Connects with"), parent)
        self.payload_cap = 64 * MIB
        self._belonging = Belonging()
        self._tls = TlsOptions()
        self._keep_alive = 30
        self._client_id: str | None = None
        self._given: tuple[str, tuple[Subscription, ...]] = ("", ())
        self._make_fields()
        self._lay_out()
        for edit in (self.username, self.password, self.filters, self.ca_field.edit):
            edit.returnPressed.connect(submit)
        self.toggled.connect(lambda _open: self._summarise())
        self._summarise()

    def _make_fields(self) -> None:
        self.username = QLineEdit()
        self.username_field = Field(self.tr("User name"), self.username)
        self.password = SecretEdit(self.tr("Password"))
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
        for field, edit in (
            (self.filter_field, self.filters),
            (self.username_field, self.username),
            (self.password_field, self.password),
        ):
            edit.textEdited.connect(lambda _text, field=field: field.set_error(""))
        for edit in (self.username, self.password):
            edit.textEdited.connect(lambda: self.username_field.set_help(""))
        for changed in (self.username.textChanged, self.filters.textChanged, self.ca_field.edit.textChanged):
            changed.connect(lambda: self._summarise())
        self.version.currentIndexChanged.connect(lambda _index: self._summarise())
        self.qos.changed.connect(lambda _index: self._summarise())
        self.filters.textChanged.connect(lambda text: self.filter_field.set_help(explain_filters(text)))
        self.filter_field.set_help(explain_filters(self.filters.text()))

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.username_field, 0, 0, top)
        grid.addWidget(self.password_field, 0, 1, top)
        grid.addWidget(self.version_field, 0, 2, top)
        grid.addWidget(self.filter_field, 1, 0, 1, 2, top)
        grid.addWidget(self.qos_field, 1, 2, top)
        grid.addWidget(self.ca_field, 2, 0, 1, 3, top)
        for index, stretch in enumerate((2, 2, 1)):
            grid.setColumnStretch(index, stretch)
        self.column.addLayout(grid)

    # -- what the page asks --------------------------------------------------------------------------------------------

    @property
    def fields(self) -> dict[str, Field]:
        """The fields that can be wrong, by the names errors have for them."""
        return {
            "username": self.username_field,
            "password": self.password_field,
            "version": self.version_field,
            "filter": self.filter_field,
            "ca_file": self.ca_field,
        }

    @property
    def needs_password(self) -> bool:
        """True when there is a user name and no password yet."""
        return bool(self.username.text()) and not self.password.text()

    def fill(self, options: ConnectOptions, filters: Sequence[Subscription]) -> None:
        """Shows what the command line asked for; the password stays hidden."""
        self._belonging.bind(options.url)
        self.username.setText(options.username or "")
        self.password.setText(options.password or "")
        self.version.setCurrentIndex(self.version.findData(options.version))
        self._given = (join_filters(each.filter.text for each in filters), tuple(filters))
        self.filters.setText(self._given[0])
        if filters:
            self.qos.set_index(filters[0].qos)
        self._tls, self._keep_alive = options.tls, options.keep_alive
        # A name of our own making is for one connection: two with the same would throw each other out for ever.
        self._client_id = None if is_fresh_client_id(options.client_id) else options.client_id
        self.ca_field.set_path(options.tls.ca_file)

    def read(self, url: BrokerUrl) -> tuple[ConnectOptions, tuple[Subscription, ...]]:
        """What to connect with.

        Raises:
            MqttExplorerError: A field is wrong; `field` names it.
        """
        subscriptions = self._subscriptions()
        options = ConnectOptions(
            url,
            client_id=self._client_id or fresh_client_id(),
            version=self.version.currentData(),
            username=self.username.text() or None,
            password=self.password.text() or None,
            keep_alive=self._keep_alive,
            tls=replace(self._tls, ca_file=self.ca_field.path) if url.tls else self._tls,
            payload_cap=self.payload_cap,
        )
        return options, subscriptions

    def show_for(self, url: BrokerUrl | None) -> None:
        """Shows what only an encrypted address has."""
        self.ca_field.setVisible(url is not None and url.tls)
        self._summarise()

    def take_address(self, url: BrokerUrl, user: str | None, password: str | None) -> None:
        """Takes the login out of an address; what was given for another broker goes."""
        self._drop_what_is_not_for(url)
        if user is not None:
            self.username.setText(user)
        if password is not None:
            self.password.set_secret(password)

    def keep_for(self, url: BrokerUrl) -> None:
        """The login is this address's too: the same broker, no less protected."""
        self._belonging.bind(url)

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

    def _subscriptions(self) -> tuple[Subscription, ...]:
        text, given = self._given
        if given and self.filters.text() == text:  # as they were: the text may not tell where one ends
            return tuple(replace(each, qos=self.qos.index) for each in given)
        return tuple(
            Subscription(TopicFilter(each), self.qos.index) for each in split_filters(self.filters.text())
        )

    def _summarise(self) -> None:
        """The closed line says all that will be sent, so that nobody subscribes to # unseen."""
        filters = one_line(self.filters.text().strip(), 60)
        parts = [
            self.version.currentText(),
            self.tr("subscribes to {filters} at QoS {qos}").format(filters=filters, qos=self.qos.index)
            if filters
            else self.tr("subscribes to nothing"),
            self.tr("signs in as {user}").format(user=one_line(self.username.text(), 40))
            if self.username.text()
            else self.tr("no login"),
        ]
        if not self.ca_field.isHidden() and self.ca_field.path:
            parts.append(self.tr("CA file of your own"))
        self.head.set_summary(" · ".join(parts))
