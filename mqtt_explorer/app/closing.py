# SPDX-License-Identifier: MIT
"""Before a connection closes: what is under way gets up to three seconds, and what is left is listed before it is given up.

An export ends with its connection, and so does the saving of a snapshot: the question says so, and goes by itself when the file is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget
from shiboken6 import isValid

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models.unsent_model import BROKER, QOS, SIZE, TOPIC, UnsentModel
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import label, set_property
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_L
from mqtt_explorer.widgets.views import TableView

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.unsent import Unsent

#: So long what is under way may take before the user is asked.
PATIENCE_S: Final = 3.0
#: So long the question stays away while something is under way: an answer that is due now needs none.
_GRACE_S: Final = 0.25
_LOOK_S: Final = 0.05
_SIZE: Final = (680, 380)
_COLUMNS: Final = (
    Column(mono=True, middle=True),
    Column(kind="muted"),
    Column(right=True, kind="muted"),
    Column(kind="muted"),
    Column(kind="muted"),
)
_WIDTHS: Final = {TOPIC: 320, QOS: 44, SIZE: 76}
#: With the column that names the broker.
_WIDTHS_OF_SEVERAL: Final = {TOPIC: 210, QOS: 44, SIZE: 76, BROKER: 120}

#: A broker's title and one of its messages.
Left: TypeAlias = "tuple[str, Unsent]"


def unsent_of(connections: Sequence[Connection]) -> list[Left]:
    """What has not reached the brokers of these connections, each with its broker's title."""
    return [(connection.title, each) for connection in connections for each in connection.unsent()]


class ClosingDialog(QDialog):
    """Shows what is left while it is being sent, then asks.

    Signals:
        decided(bool): True: close and give up what is left; False: keep it open.
        send_wanted: The held messages are to be sent, and then closed.
    """

    decided = Signal(bool)
    send_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Not everything was sent"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._tried = False
        self.headline = label("", "section", wrap=True)
        self.text = label("", "muted", wrap=True)
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName(self.tr("Sending"))
        set_property(self.busy, "kind", "quiet")
        self.model = UnsentModel(self)
        self.table = TableView(_COLUMNS, self)
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Messages that were not sent"))
        self.keep = push_button(self.tr("Keep it open"), lambda: self._decide(False), kind="primary")
        self.give_up = push_button("", lambda: self._decide(True))
        self.send = push_button(self.tr("Send held and close"), self._send_held, icon_name="send")
        self.send.setToolTip(self.tr("Sends the held messages, and closes if all of them arrive"))
        self.send.hide()
        self.keep.setDefault(True)
        self._lay_out()
        self.resize(*_SIZE)
        self.keep.setFocus()

    def _lay_out(self) -> None:
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(self.give_up)
        ends.addWidget(self.send)
        ends.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        column.setSpacing(GAP)
        for widget in (self.headline, self.text, self.busy):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addLayout(ends)

    def show_left(
        self, left: Sequence[Left], *, sending: int, sendable: bool = False, exporting: bool = False
    ) -> None:
        """Shows what is left: messages, an export, or both.

        Args:
            left: The messages, each with its broker's title.
            sending: How many of them may still get through by themselves.
            sendable: The held ones may be sent now.
            exporting: Messages or snapshots of these connections are being written to a file.
        """
        self.table.setVisible(bool(left))
        if left:
            self._show_messages(left, sending)
        else:
            self.setWindowTitle(self.tr("An export is under way"))
            self.headline.setText(self.tr("A file is still being written."))
            self.text.setText(self.tr("This closes by itself when it is whole."))
            self.give_up.setText(self.tr("Close and stop the export"))
        if exporting:
            stops = self.tr("Closing now stops the export under way; no file is written or replaced.")
            self.text.setText(f"{self.text.text()} {stops}")
        self.busy.setVisible(bool(sending) or (exporting and not left))
        self.send.setVisible(sendable and not sending)

    def _show_messages(self, left: Sequence[Left], sending: int) -> None:
        self.setWindowTitle(self.tr("Not everything was sent"))
        self.model.set_rows(left)
        brokers = {title for title, _ in left}
        several = len(brokers) > 1
        self.table.setColumnHidden(BROKER, not several)
        for column, width in (_WIDTHS_OF_SEVERAL if several else _WIDTHS).items():
            self.table.setColumnWidth(column, width)
        broker = one_line(next(iter(brokers), ""), 60)
        n = len(left)
        one = n == 1
        if sending:
            words = self.tr("Sending one message…") if sending == 1 else self.tr("Sending {n} messages…")
            self.headline.setText(words.format(n=f"{sending:,}"))
            self.text.setText(self._under_way(left, sending))
        else:
            words = (
                self.tr("One message has not reached {broker}.")
                if one
                else self.tr("{n} messages have not reached their brokers.")
                if several
                else self.tr("{n} messages have not reached {broker}.")
            )
            self.headline.setText(words.format(n=f"{n:,}", broker=broker))
            self.text.setText(self._explanation(left))
        self.give_up.setText(
            self.tr("Close now")
            if sending
            else self.tr("Close and discard it")
            if one
            else self.tr("Close and discard {n}").format(n=f"{n:,}")
        )

    def _under_way(self, left: Sequence[Left], sending: int) -> str:
        """What happens to those under way, and that the others stay where they are."""
        parts = [self.tr("The broker has a few seconds to acknowledge what is under way.")]
        held = sum(each.state is UnsentState.HELD for _, each in left)
        if held:
            words = (
                self.tr("1 more is held and not sent by itself.")
                if held == 1
                else self.tr("{n} more are held and not sent by themselves.")
            )
            parts.append(words.format(n=f"{held:,}"))
        stuck = len(left) - sending - held
        if stuck > 0:
            words = (
                self.tr("1 more waits for its connection.")
                if stuck == 1
                else self.tr("{n} more wait for their connection.")
            )
            parts.append(words.format(n=f"{stuck:,}"))
        return " ".join(parts)

    def _explanation(self, left: Sequence[Left]) -> str:
        states = {each.state for _, each in left}
        parts = []
        if UnsentState.HELD in states and self._tried:
            parts.append(self.tr("Not all held messages could be sent; the Publish panel says why."))
        elif UnsentState.HELD in states:
            parts.append(
                self.tr("Held messages were written without a connection; the Publish panel sends them.")
            )
        if UnsentState.WAITING in states:
            parts.append(self.tr("Waiting messages were not sent yet."))
        if UnsentState.SENT in states:
            parts.append(
                self.tr(
                    "What was sent but not acknowledged may have arrived; nobody knows until the broker answers."
                )
            )
        parts.append(self.tr("Closing discards what is listed here; it is not kept for the next start."))
        return " ".join(parts)

    def _send_held(self) -> None:
        self._tried = True
        self.send_wanted.emit()

    def _decide(self, give_up: bool) -> None:
        self.decided.emit(give_up)
        self.done(0)

    def reject(self) -> None:
        """Esc keeps it open."""
        self._decide(False)


class Closing:
    """Asks before something is lost; one question at a time.

    Args:
        parent: The window the question belongs to.
        exports: Each tells whether something of one of these connections is being written to a file.
    """

    def __init__(self, parent: QWidget, *exports: Callable[[Sequence[Connection]], bool]) -> None:
        self._parent = parent
        self._exports = exports
        self._busy = False
        self.dialog: ClosingDialog | None = None

    def would_lose(self, connections: Sequence[Connection]) -> bool:
        """True when closing these connections now gives up messages or an export."""
        return bool(unsent_of(connections)) or self._exports_from(connections)

    def _exports_from(self, connections: Sequence[Connection]) -> bool:
        return any(is_writing(connections) for is_writing in self._exports)

    async def may_close(self, connections: Sequence[Connection]) -> bool:
        """Waits for what is under way, up to `PATIENCE_S`, then for the user.

        Returns:
            True at once when nothing is left; else what the user decided. False while another question is open.
        """
        if self._busy:
            return False
        self._busy = True
        try:
            return await self._drained(connections) or await self._ask(connections)
        finally:
            self._busy = False

    async def _drained(self, connections: Sequence[Connection]) -> bool:
        """Gives what is under way a moment; True when nothing is left."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _GRACE_S
        while self.would_lose(connections):
            under_way = _moving(connections) or self._exports_from(connections)
            if loop.time() >= until or not under_way:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    async def _ask(self, connections: Sequence[Connection]) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        dialog = self.dialog = ClosingDialog(self._parent)
        dialog.decided.connect(lambda give_up: None if answer.done() else answer.set_result(give_up))
        sending = _HeldSending(connections)
        dialog.send_wanted.connect(sending.start)
        dialog.show_left(
            unsent_of(connections),
            sending=_moving(connections),
            sendable=sending.possible,
            exporting=self._exports_from(connections),
        )
        dialog.open()
        try:
            return await self._watch(dialog, connections, answer, sending)
        finally:
            self.dialog = None
            if isValid(dialog):  # else whoever decided has closed it
                dialog.done(0)

    async def _watch(
        self,
        dialog: ClosingDialog,
        connections: Sequence[Connection],
        answer: asyncio.Future[bool],
        sending: _HeldSending,
    ) -> bool:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not answer.done():
            left, exporting = unsent_of(connections), self._exports_from(connections)
            if not left and not exporting and not sending.under_way:
                return True
            patient = sending.under_way or loop.time() < max(begun, sending.begun) + PATIENCE_S
            moving = _moving(connections) if patient else 0
            dialog.show_left(left, sending=moving, sendable=sending.possible, exporting=exporting)
            await asyncio.wait([answer], timeout=_LOOK_S)
        return answer.result()


class _HeldSending:
    """Sends the held messages of several connections when the user says so.

    Attributes:
        begun: When that was, in the loop's time; 0 before.
    """

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections
        self._tasks: list[asyncio.Task[None]] = []
        self.begun = 0.0

    @property
    def under_way(self) -> bool:
        """Some have not had their turn or their answer."""
        return any(not task.done() for task in self._tasks)

    @property
    def possible(self) -> bool:
        """There are held ones, and every broker that is to get some is connected."""
        holding = [each for each in self._connections if len(each.held)]
        return (
            bool(holding)
            and not self.under_way
            and all(each.state.state is LinkState.CONNECTED for each in holding)
        )

    def start(self) -> None:
        """Begins; what fails stays held, and the Publish panel says why."""
        if self.possible:
            self.begun = asyncio.get_running_loop().time()
            self._tasks = [
                create_task(_send_held(each), name="send held messages")
                for each in self._connections
                if len(each.held)
            ]


async def _send_held(connection: Connection) -> None:
    with contextlib.suppress(MqttExplorerError):  # the connection went just now: they stay held
        await connection.send_held()


def _moving(connections: Sequence[Connection]) -> int:
    """How many may still get through by themselves."""
    return sum(
        each.state is not UnsentState.HELD
        for connection in connections
        if connection.state.state is LinkState.CONNECTED
        for each in connection.unsent()
    )
