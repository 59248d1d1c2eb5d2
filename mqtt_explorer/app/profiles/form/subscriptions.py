# SPDX-License-Identifier: MIT
"""The filters that are subscribed to as soon as the broker is connected."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mqtt_explorer.app.profiles.form.base import Context, FormSection
from mqtt_explorer.app.profiles.form.subscription_row import SubscriptionRow
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.form_rows import NoteLine
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP

_FIELD = "subscriptions"


class SubscriptionsSection(FormSection):
    """A row for each filter, in the order they are asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Start-up subscriptions")
        self.head.set_title(self.title)
        self.rows: list[SubscriptionRow] = []
        self._limits_of: Context | None = None
        self._list = QVBoxLayout()
        self._list.setSpacing(GAP)
        self.none = label(
            self.tr("Nothing is subscribed to at the start; the tree stays empty until you subscribe."),
            "caption",
            wrap=True,
        )
        self.add_button = push_button(self.tr("Add a filter"), self._add, icon_name="plus", kind="link")
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        self.limited = NoteLine("forbidden", "", self.body)
        self.column.addWidget(self.limited)
        self.column.addWidget(self.none)
        self.column.addLayout(self._list)
        self.column.addLayout(foot)

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        if tuple(row.draft for row in self.rows) == profile.subscriptions:
            return
        while self.rows:
            self._drop(self.rows[-1])
        for draft in profile.subscriptions:
            self._make(draft)
        self._renumber()

    def apply(self, profile: Profile) -> Profile:
        return msgspec.structs.replace(profile, subscriptions=tuple(row.draft for row in self.rows))

    def summary(self, profile: Profile) -> str:
        drafts = profile.subscriptions
        if not drafts:
            return self.tr("None")
        levels = sorted({draft.qos for draft in drafts})
        qos = "QoS " + ", ".join(str(level) for level in levels)
        if len(drafts) == 1:
            return f"{one_line(drafts[0].filter, 60) or self.tr('1 filter')}, {qos}"
        return self.tr("{n} filters").format(n=len(drafts)) + f", {qos}"

    def set_limits(self, context: Context) -> None:
        self._limits_of = context
        limits = context.limits
        options = limits.options_reason()
        reasons = (limits.qos_reason(2), options, None if options else limits.identifier_reason())
        said = " ".join(reason for reason in reasons if reason)
        self.limited.set_note("forbidden", said)
        self.limited.setVisible(bool(said))
        for row in self.rows:
            row.set_limits(context)

    def owns(self, field: str) -> bool:
        return field.partition(".")[0] == _FIELD

    def show_problems(self, problems: Mapping[str, str], marked: bool) -> None:
        said: dict[int, tuple[str, str]] = {}
        for field, message in problems.items():
            if self.owns(field):
                place, part = _split(field)
                said.setdefault(place, (part, message))
        for place, row in enumerate(self.rows):
            row.show_error(*said.get(place, ("", "")))
        self.head.set_mark(marked)

    def focus_field(self, field: str) -> bool:
        if not self.owns(field):
            return False
        self.set_open(True)
        place, part = _split(field)
        if place < len(self.rows):
            self.rows[place].focus_part(part)
        else:
            self.add_button.setFocus()
        return True

    def _add(self) -> None:
        row = self._make(SubscriptionDraft())
        self._renumber()
        row.filter.setFocus()
        # A new empty line is a problem only once it is left.
        self.note_edit(f"{_FIELD}.{len(self.rows) - 1}.filter")

    def _make(self, draft: SubscriptionDraft) -> SubscriptionRow:
        row = SubscriptionRow(len(self.rows) + 1, draft, self.body)
        row.edited.connect(lambda: self.note_edit(self._name_of(row)))
        row.left.connect(lambda: self.note_left(self._name_of(row)))
        row.remove_requested.connect(lambda: self._remove(row))
        row.move_requested.connect(lambda step: self._move(row, step))
        self.rows.append(row)
        self._list.addWidget(row)
        if self._limits_of is not None:
            row.set_limits(self._limits_of)
        return row

    def _name_of(self, row: SubscriptionRow) -> str:
        return f"{_FIELD}.{self.rows.index(row)}" if row in self.rows else _FIELD

    def _move(self, row: SubscriptionRow, step: int) -> None:
        place = self.rows.index(row)
        target = place + step
        if not 0 <= target < len(self.rows):
            return
        self.rows.insert(target, self.rows.pop(place))
        self._list.removeWidget(row)
        self._list.insertWidget(target, row)
        self._renumber()
        button = row.up if step < 0 else row.down
        (button if button.isEnabled() else row.filter).setFocus()
        self.note_done(_FIELD)

    def _remove(self, row: SubscriptionRow) -> None:
        place = self.rows.index(row)
        self._drop(row)
        self._renumber()
        if self.rows:
            self.rows[min(place, len(self.rows) - 1)].filter.setFocus()
        else:
            self.add_button.setFocus()
        self.note_done(_FIELD)

    def _drop(self, row: SubscriptionRow) -> None:
        self.rows.remove(row)
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _renumber(self) -> None:
        before: QWidget = self.head
        for place, row in enumerate(self.rows):
            row.set_number(place + 1, alone=len(self.rows) == 1, last=place == len(self.rows) - 1)
            for editor in row.tab_order():
                QWidget.setTabOrder(before, editor)
                before = editor
        QWidget.setTabOrder(before, self.add_button)
        self.none.setVisible(not self.rows)


def _split(field: str) -> tuple[int, str]:
    """Row and editor of "subscriptions.2.filter"."""
    parts = field.split(".")
    place = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
    return place, parts[2] if len(parts) > 2 else "filter"
