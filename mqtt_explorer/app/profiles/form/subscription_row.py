# SPDX-License-Identifier: MIT
"""One start-up subscription in the form: filter and QoS, and under them the options MQTT 5 adds."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from mqtt_explorer.app.profiles.form.base import LONGEST, Context
from mqtt_explorer.app.profiles.form.session import number_edit
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.profile import SubscriptionDraft
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.widgets.buttons import IconButton, Segment, SegmentedControl
from mqtt_explorer.widgets.cards import label, set_property
from mqtt_explorer.widgets.choices import Choice
from mqtt_explorer.widgets.form_rows import NoteLine
from mqtt_explorer.widgets.tokens import GAP, GAP_XS


class SubscriptionRow(QWidget):
    """The editors of one `SubscriptionDraft`.

    Signals:
        edited(): The user changed something.
        left(): The user is done with a field.
        remove_requested(): Its cross was pressed.
        move_requested(int): Up (-1) or down (1).
    """

    edited = Signal()
    left = Signal()
    remove_requested = Signal()
    move_requested = Signal(int)

    def __init__(self, number: int, draft: SubscriptionDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loading = True
        self._hinted = False
        self._make_filter(draft)
        self._make_options(draft)
        self.error = NoteLine("error", "", self)
        self.hint = NoteLine("forbidden", "", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, GAP_XS)
        column.setSpacing(GAP_XS)
        column.addLayout(self._first)
        column.addLayout(self._second)
        column.addWidget(self.error)
        column.addWidget(self.hint)
        self.error.hide()
        self.hint.hide()
        self.set_number(number, alone=True)
        self._loading = False

    def _make_filter(self, draft: SubscriptionDraft) -> None:
        self.filter = QLineEdit(draft.filter)
        self.filter.setMaxLength(LONGEST)
        self.filter.setPlaceholderText(self.tr("Filter, for example plant/+/temperature"))
        set_property(self.filter, "mono", True)
        self.qos = SegmentedControl(["0", "1", "2"], draft.qos, name="QoS")
        self.up = IconButton("arrow-up", self.tr("Move up"), small=True)
        self.down = IconButton("arrow-down", self.tr("Move down"), small=True)
        self.remove = IconButton("close", self.tr("Remove"), small=True)
        self._first = QHBoxLayout()
        self._first.setSpacing(GAP)
        self._first.addWidget(self.filter, 1)
        self._first.addWidget(label("QoS", "muted"))
        self._first.addWidget(self.qos)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for each in (self.up, self.down, self.remove):
            buttons.addWidget(each)
        self._first.addLayout(buttons)
        self.filter.textEdited.connect(self._note)
        self.filter.editingFinished.connect(self.left)
        self.qos.changed.connect(self._note_done)
        self.up.clicked.connect(lambda: self.move_requested.emit(-1))
        self.down.clicked.connect(lambda: self.move_requested.emit(1))
        self.remove.clicked.connect(lambda: self.remove_requested.emit())

    def _make_options(self, draft: SubscriptionDraft) -> None:
        self.no_local = QCheckBox(self.tr("No Local"))
        self.no_local.setToolTip(
            self.tr("What this program publishes itself does not come back to it by this filter")
        )
        self.no_local.setChecked(draft.no_local)
        self.as_published = QCheckBox(self.tr("Retain as published"))
        self.as_published.setToolTip(
            self.tr(
                "The broker leaves the mark “retained” (kept for later readers) on messages as they come in; "
                "without this it takes the mark off, and the tree cannot show which values are kept"
            )
        )
        self.as_published.setChecked(draft.retain_as_published)
        self.handling = Choice(
            ((0, self.tr("Send retained")), (1, self.tr("Retained if new")), (2, self.tr("No retained"))),
            name=self.tr("Retain Handling"),
        )
        self.handling.setToolTip(
            self.tr(
                "Retain Handling: whether retained messages come when subscribing, only the first time, or never"
            )
        )
        self.handling.setMinimumWidth(128)
        self.handling.set_value(draft.retain_handling)
        self.identifier = number_edit(self.tr("Id"), 64)
        self._identifier_tip = self.tr(
            "Subscription identifier: a number of your choice; the broker writes it on each message that came by this filter"
        )
        self.identifier.setToolTip(self._identifier_tip)
        self.identifier.setText(draft.identifier)
        self._second = QHBoxLayout()
        self._second.setSpacing(GAP)
        for each in (self.no_local, self.as_published, self.handling, self.identifier):
            self._second.addWidget(each)
        self._second.addStretch(1)
        self.no_local.toggled.connect(self._note_done)
        self.as_published.toggled.connect(self._note_done)
        self.handling.currentIndexChanged.connect(self._note_done)
        self.identifier.textEdited.connect(self._note)
        self.identifier.editingFinished.connect(self.left)

    @property
    def draft(self) -> SubscriptionDraft:
        """What stands in the editors."""
        handling = self.handling.value
        return SubscriptionDraft(
            filter=self.filter.text(),
            qos=self.qos.index,  # type: ignore[arg-type]
            no_local=self.no_local.isChecked(),
            retain_as_published=self.as_published.isChecked(),
            retain_handling=handling if handling in (0, 1, 2) else 0,  # type: ignore[arg-type]
            identifier=self.identifier.text(),
        )

    def set_number(self, number: int, *, alone: bool = False, last: bool = False) -> None:
        """Tells the row its place, counted from 1."""
        words = {
            self.filter: self.tr("Filter {n}"),
            self.no_local: self.tr("No Local, filter {n}"),
            self.as_published: self.tr("Retain as published, filter {n}"),
            self.handling: self.tr("Retain Handling, filter {n}"),
            self.identifier: self.tr("Identifier of filter {n}"),
            self.up: self.tr("Move filter {n} up"),
            self.down: self.tr("Move filter {n} down"),
            self.remove: self.tr("Remove filter {n}"),
        }
        for editor, text in words.items():
            editor.setAccessibleName(text.format(n=number))
        self.up.setEnabled(number > 1)
        self.down.setEnabled(not last and not alone)

    def tab_order(self) -> tuple[QWidget, ...]:
        """The editors from left to right and top to bottom."""
        # A compound control cannot be put into an order; its parts can.
        first = (self.filter, *self.qos.findChildren(Segment), self.up, self.down, self.remove)
        return (*first, self.no_local, self.as_published, self.handling, self.identifier)

    def show_error(self, part: str, sentence: str) -> None:
        """Puts a sentence under the row; `part` is the editor it belongs to."""
        self.error.set_note("error", sentence)
        self.error.setVisible(bool(sentence))
        for name, editor in self._parts().items():
            set_property(editor, "error", bool(sentence) and name == part)
        self.filter.setAccessibleDescription(sentence)
        self._show_hint()

    def _show_hint(self) -> None:
        self.hint.setVisible(self._hinted and self.error.isHidden())

    def focus_part(self, part: str) -> None:
        """Puts the cursor into one of the editors."""
        self._parts().get(part, self.filter).setFocus()

    def set_limits(self, context: Context) -> None:
        """Greys out what the broker or the version does not have."""
        limits = context.limits
        reasons = [limits.qos_reason(qos) or "" for qos in (0, 1, 2)]
        for qos, reason in enumerate(reasons):
            self.qos.set_reason(qos, reason)
        options = limits.options_reason() or ""
        for editor in (self.no_local, self.as_published, self.handling):
            editor.setEnabled(not options)
        identifier = limits.identifier_reason() or ""
        self.identifier.setEnabled(not identifier)
        self.identifier.setToolTip(identifier or self._identifier_tip)
        text = self._filter_reason(context)
        if text:
            self.hint.set_note("forbidden", text)
        elif self.filter.text().strip() == "#":
            self.hint.set_note(
                "plain", self.tr("Everything this account may read; can be a lot on a public broker.")
            )
        self._hinted = bool(text) or self.filter.text().strip() == "#"
        self._show_hint()

    def _filter_reason(self, context: Context) -> str:
        try:
            return context.limits.filter_reason(TopicFilter(self.filter.text())) or ""
        except MqttExplorerError:
            return ""  # the check on leaving the field says what is wrong with it

    def _parts(self) -> dict[str, QWidget]:
        return {
            "filter": self.filter,
            "qos": self.qos,
            "no_local": self.no_local,
            "retain_as_published": self.as_published,
            "retain_handling": self.handling,
            "identifier": self.identifier,
        }

    def _note(self) -> None:
        if not self._loading:
            self.edited.emit()

    def _note_done(self) -> None:
        if not self._loading:
            self.edited.emit()
            self.left.emit()
