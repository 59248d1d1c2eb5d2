# SPDX-License-Identifier: MIT
"""The table of subscriptions: colour bar, QoS with a badge, and the state in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import (
    QIdentityProxyModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from mqtt_explorer.models.roles import BADGE_ROLE, BAR_ROLE, KIND_ROLE, RAW_ROLE
from mqtt_explorer.models.subscription_model import FILTER, QOS, STATE, SubscriptionModel
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ROW_LIST
from mqtt_explorer.widgets.views import TableView, menu_place

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection

Index = QModelIndex | QPersistentModelIndex

#: Seconds after which a missing answer is worth a word.
PATIENCE_S: Final = 5.0
#: The first two data colours belong to charts.
_FIRST_COLOUR: Final = 2
_QOS_WIDTH: Final = 148
_STATE_FROM: Final = 420
"""Pixels of table below which the state column gives way; its tooltip and the strip below say the same."""


class SubscriptionRows(QIdentityProxyModel):
    """Adds what only this view shows: colours, badges, and seconds of waiting.

    A colour stays with its subscription for as long as that stands, also while other connections are shown.
    """

    def __init__(self, source: SubscriptionModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._waiting_since: dict[SubscriptionRow, float] = {}
        self._by_connection: WeakKeyDictionary[Connection, dict[SubscriptionRow, int]] = WeakKeyDictionary()
        self._colours: dict[SubscriptionRow, int] = {}
        self.setSourceModel(source)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's subscriptions, or nothing."""
        self._waiting_since.clear()
        self._colours = {} if connection is None else self._by_connection.setdefault(connection, {})
        rows = connection.subscriptions.rows if connection is not None else []
        for row in rows:
            self.note(row)
        self._source.set_table(connection.subscriptions if connection is not None else None)

    def row_of(self, index: Index) -> SubscriptionRow | None:
        """The subscription of an index."""
        return self._source.row(index.row())

    def note(self, row: SubscriptionRow) -> None:
        """Takes a change of a row in: since when it waits."""
        if row.state is RowState.PENDING:
            self._waiting_since.setdefault(row, time.monotonic())
        else:
            self._waiting_since.pop(row, None)

    def forget_removed(self, rows: list[SubscriptionRow]) -> None:
        """Lets colours and waiting times of removed subscriptions go."""
        for kept in (self._colours, self._waiting_since):
            for row in kept.keys() - set(rows):
                del kept[row]

    def show_seconds(self) -> None:
        """Repaints what waits."""
        if self.rowCount():
            self.dataChanged.emit(self.index(0, QOS), self.index(self.rowCount() - 1, STATE))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """As the model says, and what this view adds."""
        row = self._source.row(index.row())
        column = index.column()
        if row is None or not index.isValid():
            return None
        if role == BAR_ROLE:
            return self._colour(row) if column == FILTER else None
        if role == BADGE_ROLE:
            return self._badge(row) if column == QOS else None
        if column == STATE and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._state(row, short=role == Qt.ItemDataRole.DisplayRole)
        if column == STATE and role == Qt.ItemDataRole.ToolTipRole and self._short(row):
            return row.sentence
        if role == Qt.ItemDataRole.ToolTipRole and column == QOS:
            return self._explain_qos(row)
        if column == STATE and role == KIND_ROLE and row.state is RowState.GRANTED and not row.lowered:
            return "muted"  # the usual case needs no colour
        return super().data(index, role)

    def _colour(self, row: SubscriptionRow) -> int:
        found = self._colours.get(row)
        if found is None:
            used = set(self._colours.values())
            found = next(n for n in range(_FIRST_COLOUR, _FIRST_COLOUR + len(used) + 1) if n not in used)
            self._colours[row] = found
        return found

    def _waited(self, row: SubscriptionRow) -> int:
        """Whole seconds it has waited, 0 before that is worth a word."""
        since = self._waiting_since.get(row)
        waited = time.monotonic() - since if since is not None else 0.0
        return int(waited) if waited >= PATIENCE_S else 0

    def _badge(self, row: SubscriptionRow) -> str | None:
        if row.state is RowState.REFUSED:
            return "error:" + self.tr("refused")
        if row.lowered:
            return "warn:" + self.tr("lowered")
        waited = self._waited(row)
        return "warn:" + self.tr("waiting {n} s").format(n=waited) if waited else None

    def _explain_qos(self, row: SubscriptionRow) -> str:
        asked = self.tr("Quality of service asked for: {n}.").format(n=row.subscription.qos)
        if row.lowered:
            return asked + " " + self.tr("The broker gives {n} at most.").format(n=row.granted_qos)
        return asked

    def _short(self, row: SubscriptionRow) -> str:
        """What a row says where the whole sentence, which its tooltip has, would be cut; else nothing."""
        if row.state is RowState.NEW:
            return self.tr("Sent when connected")
        if row.state is RowState.LOST and not row.problem:
            return self.tr("Asked again when connected")
        return ""

    def _state(self, row: SubscriptionRow, *, short: bool) -> str:
        if short and (words := self._short(row)):
            return words
        return refusal(row) if row.state is RowState.REFUSED else row.sentence


def refusal(row: SubscriptionRow) -> str:
    """Name, code and sentence of a refusal."""
    reason = row.reason
    return f"{reason.name} (0x{reason.value:02x}). {row.sentence}" if reason is not None else row.sentence


class SubscriptionsTable(TableView):
    """Filter, QoS, state; refused rows stand on the error tint.

    Signals:
        menu_wanted(QPoint): The context menu of the selected rows, and where on the screen.
    """

    menu_wanted = Signal(QPoint)

    def __init__(self, rows: SubscriptionRows, parent: QWidget | None = None) -> None:
        columns = [Column(mono=True, bar=True), Column(mono=True, badge=True), Column()]
        super().__init__(columns, parent, row_height=ROW_LIST)
        self.setModel(rows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Subscriptions"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        for column in (FILTER, STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(QOS, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(QOS, _QOS_WIDTH)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu at the pointer, or at the current row when a key asked."""
        self.menu_wanted.emit(menu_place(self, event)[1])

    def fit(self, width: int) -> None:
        """Hides the state column where there is no room for it."""
        self.setColumnHidden(STATE, width < _STATE_FROM)

    def _paint_grounds(self, painter: QPainter, area: QRect) -> None:
        tint = theme().color("tint_error")
        for index, rect in self._rows(area):
            row = index.data(RAW_ROLE)
            if row is not None and row.state is RowState.REFUSED:
                painter.fillRect(rect, tint)
        super()._paint_grounds(painter, area)
