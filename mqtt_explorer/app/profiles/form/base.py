# SPDX-License-Identifier: MIT
"""What the sections of the form share: fields bound to a profile by name, problems under them, reasons why they are off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.presets import Preset
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.widgets.buttons import SegmentedControl
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.choices import Choice
from mqtt_explorer.widgets.form_rows import FormRow
from mqtt_explorer.widgets.line_edits import PathEdit
from mqtt_explorer.widgets.sections import Section

#: A line edit cuts what is longer in silence; MQTT's own limit is 65,535 bytes.
LONGEST = 70_000


@dataclass(frozen=True)
class Context:
    """What decides which fields count.

    Attributes:
        limits: Of the open connection once it is connected, else of the preset.
    """

    profile: Profile
    limits: Limits
    preset: Preset | None = None

    @property
    def scheme(self) -> str:
        """The scheme of the address; empty while it is no address."""
        try:
            return BrokerUrl.parse(self.profile.url)[0].scheme
        except MqttExplorerError:
            return ""

    @property
    def v5(self) -> bool:
        """Whether MQTT 5 is spoken."""
        return self.profile.version == "5"

    def locked(self, field: str) -> str:
        """Why the preset does not leave this field to the user, or nothing."""
        return self.preset.locked.get(field, "") if self.preset is not None else ""

    def help(self, field: str, otherwise: str = "") -> str:
        """What the preset says about a field."""
        return self.preset.helps.get(field, otherwise) if self.preset is not None else otherwise


@dataclass
class _Bound:
    read: Callable[[], Any]
    write: Callable[[Any], Any]


class FormSection(Section):
    """One section: `load` shows a profile, `apply` puts what stands in the fields into one.

    Signals:
        edited(str): The user changed a field.
        left(str): The user is done with a field: time to check it.
    """

    edited = Signal(str)
    left = Signal(str)

    #: Before the names of the fields in problems.
    prefix: ClassVar[str] = ""

    def __init__(self, title: str, parent: QWidget | None = None, *, folds: bool = True) -> None:
        super().__init__(title, parent, folds=folds)
        self._bound: dict[str, _Bound] = {}
        self._places: dict[str, tuple[FormRow, QWidget]] = {}
        self._loading = False
        self._rows: list[FormRow] = []

    # -- for the sections ----------------------------------------------------------------------------------------------

    def add_row(self, text: str, *editors: QWidget, help_text: str = "") -> FormRow:
        """A row at the end of the section."""
        row = FormRow(text, *editors, parent=self.body, help_text=help_text)
        self.column.addWidget(row)
        self._rows.append(row)
        return row

    def lock(self, context: Context, field: str, row: FormRow, editor: QWidget | None = None) -> None:
        """Switches off what the preset sets, with its reason."""
        row.set_reason(context.locked(field), kind="lock", editor=editor)

    def place(self, field: str, row: FormRow, editor: QWidget) -> None:
        """Says where the problems of a field are shown and which editor takes the focus."""
        self._places[field] = (row, editor)

    def bind(self, field: str, read: Callable[[], Any], write: Callable[[Any], Any]) -> None:
        """Says how a field of the profile is read from its editor and shown in it."""
        self._bound[field] = _Bound(read, write)

    def bind_text(self, field: str, edit: QLineEdit) -> QLineEdit:
        """Binds a line edit."""
        edit.setMaxLength(LONGEST)
        self.bind(field, edit.text, lambda text: _show_text(edit, text))
        edit.textEdited.connect(lambda: self.note_edit(field))
        edit.editingFinished.connect(lambda: self.note_left(field))
        if isinstance(edit, PathEdit):
            edit.chosen.connect(lambda: self.note_done(field))
        return edit

    def bind_check(self, field: str, box: QCheckBox) -> QCheckBox:
        """Binds a check box."""
        self.bind(field, box.isChecked, box.setChecked)
        box.toggled.connect(lambda: self.note_done(field))
        return box

    def bind_segments(
        self, field: str, control: SegmentedControl, values: Sequence[object]
    ) -> SegmentedControl:
        """Binds a segmented control whose choices stand for `values`."""
        self.bind(field, lambda: values[control.index], lambda value: control.set_index(values.index(value)))
        control.changed.connect(lambda: self.note_done(field))
        return control

    def bind_choice(self, field: str, choice: Choice) -> Choice:
        """Binds a combo box."""
        self.bind(field, lambda: choice.value, choice.set_value)
        choice.currentIndexChanged.connect(lambda: self.note_done(field))
        return choice

    def note_edit(self, field: str) -> None:
        """The user changed a field."""
        if not self._loading:
            self.edited.emit(self.prefix + field)

    def note_left(self, field: str) -> None:
        """The user left a field."""
        if not self._loading:
            self.left.emit(self.prefix + field)

    def note_done(self, field: str) -> None:
        """The user chose a value: changed and left at once."""
        self.note_edit(field)
        self.note_left(field)

    # -- the profile ---------------------------------------------------------------------------------------------------

    def load(self, profile: Profile, secrets: Secrets) -> None:
        """Shows a profile; emits nothing."""
        self._loading = True
        try:
            self.show_values(profile, secrets)
        finally:
            self._loading = False

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        """Fills the fields; sections with more than bound fields go on from here."""
        for field, bound in self._bound.items():
            bound.write(getattr(profile, field))

    def apply(self, profile: Profile) -> Profile:
        """The profile with what stands in this section's fields."""
        return msgspec.structs.replace(profile, **self.values())

    def apply_secrets(self, secrets: Secrets) -> Secrets:
        """The secrets with what stands in this section's fields."""
        return secrets

    def values(self) -> dict[str, Any]:
        """The bound fields by name."""
        return {field: bound.read() for field, bound in self._bound.items()}

    def summary(self, profile: Profile) -> str:
        """What the section holds, in one line."""
        return ""

    # -- what is wrong, and what cannot be -----------------------------------------------------------------------------

    def show_context(self, context: Context) -> None:
        """Greys out what cannot work, with the reason, and renews the summary."""
        off = self.off_reason(context)
        self.head.set_summary(off or self.summary(context.profile), greyed=bool(off))
        self.set_limits(context)
        for row in self._rows:
            reason = off or self.idle(context, row)
            row.setEnabled(not reason)
            row.setToolTip(reason)

    def idle(self, context: Context, row: FormRow) -> str:
        """Why a whole row does not count now, or nothing; said as its tooltip."""
        return ""

    def set_limits(self, context: Context) -> None:
        """Greys out single fields; the sections say which."""

    def off_reason(self, context: Context) -> str:
        """Why the whole section does not count, or nothing."""
        return ""

    def owns(self, field: str) -> bool:
        """Whether problems of this field are shown here."""
        return self._own_name(field) is not None

    def show_problems(self, problems: Mapping[str, str], marked: bool) -> None:
        """Puts sentences under their fields and takes away the others; `marked` says in the head that something inside is wrong."""
        said: dict[str, str] = {}
        for field, message in problems.items():
            if (name := self._own_name(field)) is not None:
                said.setdefault(name, message)
        for name, (row, editor) in self._places.items():
            if row.note(f"error-{name}") != said.get(name, ""):
                row.say(f"error-{name}", said.get(name, ""), "error", editor=editor)
        self.head.set_mark(marked)

    def show_findings(self, findings: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Shows what files hold: by field, pairs of level ("ok", "info", "warn", "error", "busy") and sentence."""
        for name, (row, editor) in self._places.items():
            found = findings.get(name, ())
            for number in range(3):
                level, sentence = found[number] if number < len(found) else ("ok", "")
                row.say(f"finding-{name}-{number}", sentence, level, editor=editor)  # type: ignore[arg-type]
            set_property(
                editor,
                "error",
                bool(row.note(f"error-{name}")) or any(level == "error" for level, _ in found),
            )

    def focus_field(self, field: str) -> bool:
        """Opens the section and puts the cursor into a field of its own."""
        name = self._own_name(field)
        if name is None:
            return False
        self.set_open(True)
        self._places[name][1].setFocus()
        return True

    def _own_name(self, field: str) -> str | None:
        """The field as registered here: "user_properties.0" is shown at "user_properties"."""
        if not field.startswith(self.prefix):
            return None
        name = field[len(self.prefix) :]
        while name and name not in self._places:
            name = name.rpartition(".")[0]
        return name or None


def _show_text(edit: QLineEdit, text: str) -> None:
    """Shows a text from its beginning, of a path its end; a text that stands there already keeps the cursor."""
    if text != edit.text():
        edit.setText(text)
        if not isinstance(edit, PathEdit):
            edit.setCursorPosition(0)


def listed(parts: Sequence[str]) -> str:
    """A summary of parts, the first with a capital."""
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]
