# SPDX-License-Identifier: MIT
"""A row of a form: label left, editors in one line, and under them what there is to say about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Tone, label, plain_tooltip, set_property, set_tone
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import CONTROL, GAP, GAP_XS

#: Width of the labels at the left, in pixels.
LABEL_PX: Final = 136
_ICON_PX: Final = 14
_ANY_WIDTH: Final = 10_000

NoteKind = Literal["plain", "info", "ok", "warn", "error", "lock", "forbidden", "busy", "key"]
#: Icon, its colour, colour of the text.
_LOOKS: Final[dict[str, tuple[str, str, Tone]]] = {
    "plain": ("", "muted", "muted"),
    "info": ("info", "muted", "muted"),
    "ok": ("check-circle", "ok", "muted"),
    "warn": ("warning", "warn", "warn"),
    "error": ("x-circle", "error", "error"),
    "lock": ("lock", "muted", "muted"),
    "forbidden": ("forbidden", "muted", "muted"),
    "busy": ("clock", "muted", "muted"),
    "key": ("key", "muted", "muted"),
}


class NoteLine(QWidget):
    """A small icon and a sentence that wraps, with an optional link behind it."""

    def __init__(self, kind: NoteKind = "plain", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind: NoteKind = kind
        self._picture = QLabel(self)
        self._picture.setFixedWidth(_ICON_PX)
        self.text = label("", "caption", wrap=True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.button: QPushButton | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self.text, 1)
        theme().changed.connect(self._restyle)
        self.set_note(kind, text)

    def set_note(self, kind: NoteKind, text: str) -> None:
        """Says something else."""
        self.kind = kind
        self.text.setText(one_line(text, 600))
        self._restyle()

    def add_button(self, text: str, on_click: Callable[[], object]) -> QPushButton:
        """A link behind the sentence."""
        made = push_button(text, on_click, kind="link")
        self._row.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
        self.button = made
        return made

    def _restyle(self) -> None:
        icon, token, tone = _LOOKS[self.kind]
        self._picture.setVisible(bool(icon))
        if icon:
            self._picture.setPixmap(pixmap(icon, token, _ICON_PX, self.devicePixelRatioF()))
        set_tone(self.text, tone)


class FormRow(QWidget):
    """Label, editors side by side, notes under them.

    Notes have slots, so that an error, the findings about a file and the reason why a field is off do not overwrite each other. The help
    stands only while nothing more urgent does.

    Args:
        text: The label; empty leaves the place.
        editors: From left to right; line edits share the room that is left.
    """

    def __init__(
        self, text: str, *editors: QWidget, parent: QWidget | None = None, help_text: str = ""
    ) -> None:
        super().__init__(parent)
        self.editors = editors
        self._notes: dict[str, NoteLine] = {}
        self._help = help_text
        self._reason = ""
        self._placeholders: dict[QLineEdit, str] = {}
        self.label = label(text, "muted", buddy=editors[0] if editors else None)
        self.label.setFixedWidth(LABEL_PX)
        self.label.setFixedHeight(CONTROL)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        wide = False
        for each in editors:
            policy = each.sizePolicy().horizontalPolicy()
            expands = policy in (QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
            expands = expands and each.maximumWidth() > _ANY_WIDTH
            line.addWidget(each, 1 if expands else 0)
            wide = wide or expands
            if text and not each.accessibleName():
                each.setAccessibleName(text)
        if not wide:
            line.addStretch(1)
        self._column = QVBoxLayout()
        self._column.setSpacing(GAP_XS)
        self._column.addLayout(line)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(self._column, 1)
        self._show_help()

    @property
    def error(self) -> str:
        """The errors under the editors, or nothing."""
        texts = [note.text.text() for note in self._notes.values() if note.kind == "error"]
        return " ".join(texts)

    @property
    def reason(self) -> str:
        """Why the editors are off, or nothing."""
        return self._reason

    def note(self, slot: str) -> str:
        """What a slot says, or nothing."""
        found = self._notes.get(slot)
        return found.text.text() if found is not None else ""

    def say(
        self, slot: str, text: str, kind: NoteKind = "info", *, editor: QWidget | None = None
    ) -> NoteLine | None:
        """Puts a sentence into a slot; an empty one takes it away. `editor` gets the red line of an error, else the first one."""
        target = editor if editor is not None else self.editors[0]
        if not text:
            self._drop(slot)
        elif slot in self._notes:
            self._notes[slot].set_note(kind, text)
        else:
            self._notes[slot] = NoteLine(kind, text, self)
            # Errors stand first, help last.
            place = 1 if kind == "error" else self._column.count()
            self._column.insertWidget(place, self._notes[slot])
        if slot.startswith("error"):
            set_property(target, "error", bool(text))
        if slot != "help":
            self._show_help()
        target.setAccessibleDescription(" ".join(note.text.text() for note in self._notes.values()))
        return self._notes.get(slot)

    def set_help(self, text: str, kind: NoteKind = "plain") -> None:
        """What stands there while there is nothing more urgent."""
        self._help = text
        self._drop("help")
        self._show_help(kind)

    def set_reason(
        self, reason: str, short: str = "", *, kind: NoteKind = "forbidden", editor: QWidget | None = None
    ) -> None:
        """Switches the editors (or one of them) off with the reason in words; an empty reason switches them on again.

        `short` stands inside an empty line edit instead of a sentence under it.
        """
        targets = (editor,) if editor is not None else self.editors
        slot = "reason" if editor is None else f"reason-{self.editors.index(editor)}"
        self._reason = reason
        told_inside = False
        for each in targets:
            each.setEnabled(not reason)
            each.setToolTip(plain_tooltip(reason))
            if isinstance(each, QLineEdit):
                self._placeholders.setdefault(each, each.placeholderText())
                inside = bool(reason and short and not each.text())
                each.setPlaceholderText(short if inside else self._placeholders[each])
                set_property(each, "reason", inside)
                told_inside = told_inside or inside
        self.say(slot, "" if told_inside else reason, kind, editor=targets[0])

    def _drop(self, slot: str) -> None:
        note = self._notes.pop(slot, None)
        if note is not None:
            self._column.removeWidget(note)
            note.hide()
            note.deleteLater()

    def _show_help(self, kind: NoteKind = "plain") -> None:
        urgent = any(slot != "help" for slot in self._notes)
        wanted = self._help if not urgent else ""
        if wanted != self.note("help"):
            self._drop("help")
            if wanted:
                self._notes["help"] = NoteLine(kind, wanted, self)
                self._column.addWidget(self._notes["help"])
