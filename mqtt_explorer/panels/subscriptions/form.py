# SPDX-License-Identifier: MIT
"""The form that adds subscriptions: at the right of a wide panel, in one line above a narrow one."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QLineEdit, QSizePolicy, QWidget

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.limits import NO_LIMITS, Limits
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import label, plain_tooltip
from mqtt_explorer.widgets.forms import Field
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_M

#: Pasting more than this is a mistake more often than a wish.
MAX_LINES: Final = 500
#: Characters; a field's own limit of 32,767 would cut a paste in silence.
_MAX_LENGTH: Final = 200_000
_WIDTH: Final = 260


class SubscribeForm(QWidget):
    """Filter, QoS, and the button. Several pasted lines add several subscriptions.

    Signals:
        submitted(list): The subscriptions asked for, each valid.
    """

    submitted = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._narrow: bool | None = None
        self._limits = NO_LIMITS
        self.heading = label(self.tr("New subscription"), "heading")
        self.filter = QLineEdit(self)
        self.filter.setProperty("mono", True)
        self.filter.setPlaceholderText(self.tr("Filter, for example sensors/#"))
        self.filter.setMaxLength(_MAX_LENGTH)
        self.filter.installEventFilter(self)
        self.filter.setToolTip(
            plain_tooltip(
                self.tr("Which topics to receive: + stands for any one level, # at the end for all below")
            )
        )
        self.field = Field(self.tr("Filter"), self.filter, self)
        self.field.note.setMinimumWidth(1)
        self.qos = SegmentedControl(["0", "1", "2"], 0, self, name="QoS")
        self.qos.setToolTip(
            plain_tooltip(
                self.tr(
                    "Quality of service, the most the broker may use when it sends to you:\n0: sent once and not confirmed\n"
                    "1: repeated until confirmed; may arrive twice\n2: arrives exactly once, and takes longest"
                )
            )
        )
        self.qos_field = Field("QoS", self.qos, self)
        self.qos_field.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.button = push_button(self.tr("Subscribe"), self.submit, icon_name="plus", kind="primary")
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self.filter.textChanged.connect(self._on_text)
        self.filter.returnPressed.connect(self.submit)
        self.setFocusProxy(self.filter)
        self.set_narrow(narrow=False)

    def set_narrow(self, *, narrow: bool) -> None:
        """One line, or a column."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        while self._box.count():
            self._box.takeAt(0)
        self.heading.setVisible(not narrow)
        for each in (self.field, self.qos_field):
            each.label.setVisible(not narrow)
        top = Qt.AlignmentFlag.AlignTop
        if narrow:
            self._box.setDirection(QBoxLayout.Direction.LeftToRight)
            self._box.setSpacing(GAP)
            self._box.addWidget(self.field, 1, top)
            self._box.addWidget(self.qos_field, 0, top)
            self._box.addWidget(self.button, 0, top)
            self.setMinimumWidth(0)
            self.setMaximumWidth(16_777_215)
        else:
            self._box.setDirection(QBoxLayout.Direction.TopToBottom)
            self._box.setSpacing(GAP_M)
            self._box.addWidget(self.heading)
            self._box.addWidget(self.field)
            self._box.addWidget(self.qos_field)
            self._box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignRight)
            self._box.addStretch(1)
            self.setFixedWidth(_WIDTH)

    def set_limits(self, limits: Limits) -> None:
        """Switches off what this broker does not take, with the reason."""
        self._limits = limits
        if self.qos.index > limits.subscribe_qos:
            self.qos.set_index(limits.subscribe_qos)
        for qos in range(3):
            self.qos.set_reason(qos, limits.subscribe_qos_reason(qos) or "")
        if self.filter.text():
            self._on_text(self.filter.text())

    def _wanted(self, text: str) -> Subscription:
        """The subscription to this filter; raises where it is none, or this broker would not take it."""
        wanted = Subscription(TopicFilter(text), self.qos.index)
        self._limits.check_subscription(wanted)
        return wanted

    def submit(self) -> None:
        """Asks for the filter in the field, or says below it why it is none."""
        try:
            wanted = self._wanted(self.filter.text())
        except MqttExplorerError as error:
            self.show_error(error.message)
            self.filter.setFocus()
            return
        self.filter.clear()
        self.submitted.emit([wanted])

    def ask_for(self, filter_text: str) -> None:
        """Asks for exactly this filter, whatever characters it has; a faulty one stays in the field with its reason."""
        try:
            wanted = self._wanted(filter_text)
        except MqttExplorerError as error:
            # In the field, a line's end would split it.
            self.filter.setText("" if len(filter_text.splitlines()) > 1 else filter_text)
            self.show_error(error.message)
            self.filter.setFocus()
            return
        self.submitted.emit([wanted])

    def take_lines(self, text: str) -> None:
        """Asks for each line of a text; the first faulty one stays in the field with its reason."""
        if len(text) >= _MAX_LENGTH:
            self.filter.clear()
            self.show_error(self.tr("That is too much text; paste fewer filters at a time."))
            return
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > MAX_LINES:
            self.filter.clear()
            self.show_error(
                self.tr("That is {n} lines; paste {limit} filters at most at a time.").format(
                    n=f"{len(lines):,}", limit=MAX_LINES
                )
            )
            return
        wanted: list[Subscription] = []
        faulty: list[tuple[str, str]] = []
        for line in lines:
            try:
                wanted.append(self._wanted(line))
            except MqttExplorerError as error:
                faulty.append((line, error.message))
        self.filter.setText(faulty[0][0] if faulty else "")
        if len(faulty) > 1:
            self.show_error(
                self.tr("{sentence} {n} lines were no filters; this is the first.").format(
                    sentence=faulty[0][1], n=len(faulty)
                )
            )
        if wanted:
            self.submitted.emit(wanted)

    def show_error(self, sentence: str) -> None:
        """Puts a sentence under the filter."""
        self.field.set_error(one_line(sentence, 200))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Esc empties the field first; a dock or dialog around it gets the next one.
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self.filter.text()
        ):
            self.filter.clear()
            return True
        return bool(super().eventFilter(watched, event))

    def _on_text(self, text: str) -> None:
        if "\n" in text or "\r" in text:
            self.take_lines(text)
            return
        self.field.set_error("")
        self.field.set_help("")
        if not text:
            return
        try:
            found = TopicFilter(text)
        except MqttExplorerError as error:
            self.show_error(error.message)
            return
        if (reason := self._limits.filter_reason(found)) is not None:
            self.show_error(reason)
            return
        if found.bare == "#":
            self.field.set_help(self.tr("Everything this account may read; can be a lot on a public broker."))
        elif found.group is not None:
            self.field.set_help(
                self.tr("Shared: each message goes to one member of the group {group}.").format(
                    group=one_line(found.group, 40)
                )
            )
