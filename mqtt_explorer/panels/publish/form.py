# SPDX-License-Identifier: MIT
"""The fields of the Publish panel and how errors and results stand in them; it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from mqtt_explorer.panels.publish.draft import Problem
from mqtt_explorer.panels.publish.editor import PayloadEdit
from mqtt_explorer.protocol.topics import MAX_BYTES
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Elided, StatusDot, label, plain_tooltip, set_tone
from mqtt_explorer.widgets.forms import Field, Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.errors import MqttExplorerError
    from mqtt_explorer.panels.publish.sending import Told

_EDITOR_MIN: Final = 56
#: Width from which options and the widest button stand beside each other.
_ONE_LINE_FROM: Final = 380


class PublishForm(QWidget):
    """Topic, format, payload, options, buttons, and the result line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.topic = QLineEdit(self)
        self.topic.setProperty("mono", True)
        self.topic.setPlaceholderText(self.tr("Topic, for example greenhouse/valve/set"))
        self.topic.setMaxLength(2 * MAX_BYTES)  # its own limit of 32,767 would cut a topic in silence
        self.topic_field = Field(self.tr("Topic"), self.topic, self)
        self.topic_field.label.hide()  # the placeholder says it, and a dock is low
        self.format = SegmentedControl(
            [self.tr("Text"), "JSON", self.tr("Hex")], 1, self, name=self.tr("Format")
        )
        self.size_label = Elided("", role="caption")
        self.size_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.editor = PayloadEdit(self)
        self.editor.setPlaceholderText(self.tr("Payload"))
        self.editor.setAccessibleName(self.tr("Payload"))
        self.editor.setMinimumHeight(_EDITOR_MIN)
        self.hint = Strip("error", "", self)
        self.hint.hide()
        self.qos = SegmentedControl(["0", "1", "2"], 0, self, name="QoS")
        self.qos.setToolTip(
            plain_tooltip(
                self.tr(
                    "Quality of service, how surely it arrives:\n0: sent once and not confirmed\n"
                    "1: repeated until the broker confirms it; may arrive twice\n2: arrives exactly once, and takes longest"
                )
            )
        )
        self.retain = QCheckBox(self.tr("Retain"), self)
        self.explain_retain(None)
        self.as_it_is = push_button("", icon_name="warning")
        self.explain_as_it_is(hold=False)
        self.send = push_button(
            self.tr("Publish"), icon_name="send", kind="primary", tooltip=self.tr("Publish (Ctrl+Enter)")
        )
        self.option_error = label("", "caption", wrap=True)
        set_tone(self.option_error, "error")
        self.notes = label("", "caption", wrap=True)
        self.result = QWidget(self)
        self.dot = StatusDot("muted", self.result)
        self.outcome = label("", "heading")
        self.outcome_details = label("", "caption", wrap=True)
        self.outcome_details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for wrapped in (
            self.option_error,
            self.notes,
            self.outcome_details,
            self.hint.text,
            self.topic_field.note,
        ):
            wrapped.setMinimumWidth(1)  # one long word must not widen the dock
        self._lay_out()

    def show_problem(self, problem: Problem | None) -> None:
        """Marks the faulty line and says below the editor what is wrong."""
        self.editor.mark_line(problem.line if problem is not None else 0)
        if problem is not None:
            strong = self.tr("Line {n}:").format(n=problem.line)
            self.hint.set_message(problem.sentence, kind="error", strong=strong)
        self.hint.setVisible(problem is not None)

    def show_error(self, error: MqttExplorerError) -> None:
        """Puts an error at the field it names; what names none of ours stands under the options."""
        if error.field == "topic":
            self.topic_field.set_error(one_line(error.message))
            self.topic.setFocus()
        elif error.field == "payload":
            self.hint.set_message(error.message, kind="error")
            self.hint.show()
        else:
            self.option_error.setText(one_line(error.message))
            self.option_error.show()

    def explain_retain(self, reason: str | None) -> None:
        """Says what Retain does, or why it cannot be chosen."""
        says = self.tr("The broker keeps this message and hands it to everyone who subscribes later")
        self.retain.setToolTip(plain_tooltip(reason or says))

    def explain_as_it_is(self, *, hold: bool) -> None:
        """The way past the JSON check says what it does now: send, or hold until there is a connection."""
        self.as_it_is.setText(self.tr("Hold as it is") if hold else self.tr("Send as it is"))
        self.as_it_is.setToolTip(
            self.tr("Keep the text until you send it, although it is not valid JSON")
            if hold
            else self.tr("Send the text although it is not valid JSON")
        )

    def clear_errors(self) -> None:
        """Takes errors away from topic and options."""
        self.topic_field.set_error("")
        self.option_error.clear()
        self.option_error.hide()

    def show_outcome(self, told: Told | None, *, under_way: bool) -> None:
        """Shows what became of a message; None hides the line."""
        self.result.setVisible(told is not None)
        if told is not None:
            self.dot.set_tone(told.tone, hollow=under_way)
            self.outcome.setText(told.strong)
            set_tone(self.outcome, told.tone)
            self.outcome_details.setText(told.details)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the buttons below the options where there is no room beside them."""
        super().resizeEvent(event)
        narrow = event.size().width() < _ONE_LINE_FROM
        way = QBoxLayout.Direction
        self._below.setDirection(way.TopToBottom if narrow else way.LeftToRight)

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.addWidget(self.format)
        above.addWidget(self.size_label, 1)
        options = QHBoxLayout()
        options.setSpacing(GAP)
        qos = label("QoS", "muted")
        qos.setToolTip(self.qos.toolTip())
        options.addWidget(qos)
        options.addWidget(self.qos)
        options.addSpacing(GAP_XS)
        options.addWidget(self.retain)
        options.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.as_it_is)
        buttons.addWidget(self.send)
        self._below = below = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        below.setSpacing(GAP)
        below.addLayout(options, 1)
        below.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.topic_field)
        layout.addLayout(above)
        layout.addWidget(self.editor, 1)
        layout.addWidget(self.hint)
        layout.addLayout(below)
        layout.addWidget(self.option_error)
        layout.addWidget(self.notes)
        layout.addWidget(self.result)
        self._lay_out_result()

    def _lay_out_result(self) -> None:
        line = QHBoxLayout(self.result)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        dot = QVBoxLayout()
        dot.addSpacing(5)  # beside the middle of the first line
        dot.addWidget(self.dot)
        dot.addStretch(1)
        top = Qt.AlignmentFlag.AlignTop
        line.addLayout(dot)
        line.addWidget(self.outcome, 0, top)
        line.addWidget(self.outcome_details, 1, top)
