# SPDX-License-Identifier: MIT
"""The form of one saved broker: its sections, what is wrong in them, and what the open connection says to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from mqtt_explorer.app.profiles.form.address import TypedAddress
from mqtt_explorer.app.profiles.form.base import Context, FormSection
from mqtt_explorer.app.profiles.form.basic import BasicSection
from mqtt_explorer.app.profiles.form.draft import Draft
from mqtt_explorer.app.profiles.form.file_checks import FileChecks
from mqtt_explorer.app.profiles.form.preset_note import PresetNote
from mqtt_explorer.app.profiles.form.session import SessionSection
from mqtt_explorer.app.profiles.form.subscriptions import SubscriptionsSection
from mqtt_explorer.app.profiles.form.tls import TlsSection
from mqtt_explorer.app.profiles.form.websocket import WebSocketSection
from mqtt_explorer.app.profiles.form.will import WillSection
from mqtt_explorer.profiles.presets import apply_preset, preset
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.profiles.resolve import limits_of, problems
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.tokens import GAP

#: Names that options have and the form calls otherwise.
_ALIASES = {"minimum_version": "minimum_tls", "filter": "subscriptions.0.filter", "will": "will.topic"}


#: Without a key for so long, a path is typed to its end.
_PAUSE_MS = 700
#: What the files of one check are about: what one of them says makes an error told of another superfluous.
_FILES = ("ca_file", "cert_file", "key_file", "pkcs12_file", "key_password")


class ProfileForm(QWidget):
    """All sections under each other in a scroll area.

    Signals:
        changed(): Values, problems or limits are new; for what stands around the form.
    """

    changed = Signal()

    def __init__(self, draft: Draft, checks: FileChecks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._checks = checks
        self._limits: Limits | None = None
        self._told: dict[str, str] = {}
        self._muted: set[str] = set()
        self._visited: set[str] = set()
        self._fresh = False
        self._shown = ""
        self._before_preset: Profile | None = None
        self.context = Context(Profile(id=""), Limits())
        self.problems: list[tuple[str, str]] = []
        self.unverified = Strip(
            "warn",
            self.tr(
                "The broker's certificate is not checked: anybody in between can read and change everything."
            ),
            self,
        )
        self.unverified.add_button(self.tr("Verify"), self._verify)
        self.preset_note = PresetNote(self)
        self.preset_note.undo_requested.connect(self._undo_preset)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._check_files)
        self._build()
        for section in self.sections:
            section.edited.connect(self._on_edit)
            section.left.connect(self._on_left)
        self.basic.preset_chosen.connect(self._on_preset)
        self.basic.address_taken.connect(self._on_address)
        self.basic.forget_requested.connect(self._forget_sent)
        checks.changed.connect(self._on_findings)
        draft.secrets_arrived.connect(self._reload)
        draft.changed_elsewhere.connect(self._reload)

    def _build(self) -> None:
        self.basic = BasicSection()
        self.tls = TlsSection()
        self.session = SessionSection()
        self.will = WillSection()
        self.subscriptions = SubscriptionsSection()
        self.websocket = WebSocketSection()
        self.sections: tuple[FormSection, ...] = (
            self.basic,
            self.tls,
            self.session,
            self.will,
            self.subscriptions,
            self.websocket,
        )
        page = QWidget()
        self.column = QVBoxLayout(page)
        self.column.setContentsMargins(0, 0, GAP, 0)
        self.column.setSpacing(0)
        for section in self.sections:
            self.column.addWidget(section)
            section.head.step_requested.connect(self._stepper(section))
        self.column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setWidget(page)
        page.setAutoFillBackground(False)  # the card's ground, not the window's
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GAP)
        outer.addWidget(self.unverified)
        outer.addWidget(self.area, 1)
        outer.addWidget(self.preset_note)

    @property
    def is_fresh(self) -> bool:
        """Whether this is a new profile whose problems nobody has asked for yet."""
        return self._fresh and not self._visited

    def add_below(self, widget: QWidget) -> None:
        """Puts a widget under the sections, inside the scroll area (narrow windows)."""
        self.column.insertWidget(len(self.sections), widget)

    # -- the profile ---------------------------------------------------------------------------------------------------

    def show_draft(self, *, fresh: bool = False) -> None:
        """Shows another profile. Of a fresh one, fields the user has not been to yet show no problem."""
        if self._draft.profile is None:
            return
        self._told.clear()
        self._muted.clear()
        self._visited.clear()
        self._fresh = fresh
        self._before_preset = None
        self._checks.forget()
        self.basic.begin(self._draft.profile)
        self.preset_note.hide()
        self._pause.stop()
        self.session.forget_profile()
        self._reload()
        for section in self.sections:
            section.set_open(False)
        first = next((field for field, _ in self.problems), "")
        for section in self.sections:
            if section is self.tls:
                section.set_open(self.context.scheme in ("mqtts", "wss"))
            elif not fresh and section.owns(first):
                section.set_open(True)
        self.area.verticalScrollBar().setValue(0)

    def set_folders(self, folders: tuple[str, ...]) -> None:
        """Offers these folders."""
        self.basic.set_folders(folders)

    def set_limits(self, limits: Limits | None) -> None:
        """Limits of the open connection; None takes the preset's."""
        if limits != self._limits:
            self._limits = limits
            self._refresh()

    def commit(self) -> None:
        """Takes what the field with the cursor holds, as if it were left."""
        if self._draft.profile is not None and self._draft.profile.id == self._shown:
            if self.basic.untaken:
                self.basic.take_address()
            self._take_edits()
            self._refresh()

    def show_error(self, field: str, sentence: str) -> bool:
        """Shows what connecting failed at, at its field; False when no field here is called so."""
        field = _ALIASES.get(field, field)
        section = next((each for each in self.sections if each.owns(field)), None)
        if section is None:
            return False
        self._told = {field: sentence}
        self._muted.discard(field)
        self._refresh()
        return self.focus_field(field)

    def focus_field(self, field: str) -> bool:
        """Opens the section of a field, scrolls there and puts the cursor into it."""
        self._fresh = False
        self._muted.discard(field)
        self._refresh()
        if not any(section.focus_field(field) for section in self.sections):
            return False
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        if (focused := self.window().focusWidget()) is not None:
            self.area.ensureWidgetVisible(focused, 0, 64)
        return True

    def focus_start(self) -> None:
        """Puts the cursor where one begins: the name of a new profile, else what is wrong, else the address."""
        if self._fresh or not self.problems:
            (self.basic.name if self._fresh else self.basic.url).setFocus()
        else:
            self.focus_field(self.problems[0][0])

    @property
    def told(self) -> list[tuple[str, str]]:
        """What connecting failed at, by field: it holds until the field is changed or the next try."""
        named = {field for field, _ in self.problems}
        if any(field in _FILES for field, _ in self._checks.errors):
            named.update(_FILES)
        return [(field, text) for field, text in self._told.items() if field not in named]

    def forget_told(self) -> None:
        """The next try begins."""
        if self._told:
            self._told = {}
            self._refresh()

    def _reload(self) -> None:
        if self._draft.profile is None:
            return
        for section in self.sections:
            section.load(self._draft.profile, self._draft.secrets)
        self._shown = self._draft.profile.id
        self._check_files()
        self._refresh()

    # -- edits ---------------------------------------------------------------------------------------------------------

    def _on_edit(self, field: str) -> None:
        self._told = {name: text for name, text in self._told.items() if not _within(name, field)}
        self._muted.add(field)
        self._take_edits()
        if field == "remember_secrets":
            self._forget_asked()
        if field in _FILES:
            self._pause.start()
        self._refresh()

    def _on_left(self, field: str) -> None:
        touched = any(_within(name, field) for name in self._muted)
        self._muted = {name for name in self._muted if not _within(name, field)}
        if self._fresh and touched and field not in ("folder", "colour"):
            # From the first field that was filled in, its problems show; the others wait for their turn.
            self._visited.add(field)
        self._check_files()
        self._refresh()

    def _take_edits(self) -> None:
        profile, secrets = self._draft.profile, self._draft.secrets
        if profile is None or profile.id != self._shown:
            return  # what stands in the fields is another profile's, and saved
        for section in self.sections:
            profile, secrets = section.apply(profile), section.apply_secrets(secrets)
        self._draft.set_profile(profile)
        self._draft.set_secrets(secrets)
        self._draft.set_held(self.basic.held)

    def _forget_asked(self) -> None:
        """What is asked for each time is not kept in the meantime."""
        profile = self._draft.profile
        if profile is None or profile.remember_secrets:
            return
        self._draft.set_secrets(
            msgspec.structs.replace(self._draft.secrets, password=None, key_password=None)
        )
        self._reload()

    def _on_address(self, typed: TypedAddress) -> None:
        self.websocket.take(typed.path, typed.query)

    def _forget_sent(self) -> None:
        """The password is emptied already; the rest that would be sent goes too."""
        secrets = msgspec.structs.replace(
            self._draft.secrets, password=None, websocket_query=None, websocket_values=()
        )
        self._draft.set_secrets(secrets)
        self._reload()

    def _on_preset(self, key: str) -> None:
        self.commit()
        before = self._draft.profile
        if before is None or before.preset == key:
            return
        chosen = preset(key)
        after, replaced = apply_preset(before, chosen)
        self._before_preset = before
        self._draft.set_profile(after)
        self.basic.begin(after)
        self._reload()
        self.preset_note.tell(before, after, replaced)

    def _undo_preset(self) -> None:
        if self._before_preset is None or self._draft.profile is None:
            return
        self._draft.set_profile(self._before_preset)
        self.basic.begin(self._before_preset)
        self._before_preset = None
        self.preset_note.hide()
        self.basic.preset.setFocus()
        self._reload()

    def _verify(self) -> None:
        self.tls.verify.setChecked(True)

    # -- what is wrong -------------------------------------------------------------------------------------------------

    def _check_files(self, *, again: bool = False) -> None:
        if self._draft.profile is not None:
            self._checks.check(
                self._draft.profile,
                self._draft.secrets,
                tls=self.context.scheme not in ("mqtt", "ws"),
                again=again,
            )

    def check_files_again(self) -> None:
        """The window is back in front: files may have changed."""
        self._check_files(again=True)

    def _on_findings(self) -> None:
        self.tls.show_findings(self._checks.findings)
        self._refresh()

    def _refresh(self) -> None:
        """Problems, limits and summaries of what stands in the form now."""
        profile = self._draft.profile
        if profile is None:
            return
        limits = self._limits if self._limits is not None else limits_of(profile)
        self.context = Context(profile, replace(limits, v5=profile.version == "5"), preset(profile.preset))
        self.problems = self._all_problems(profile, self._draft.secrets)
        shown: dict[str, str] = dict(self.told)
        for field, message in self.problems:
            if self._is_shown(field):
                shown.setdefault(field, message)
        file_fields = {field for field, _ in self._checks.errors}
        for section in self.sections:
            section.show_context(self.context)
            marked = any(section.owns(field) for field in (*shown, *file_fields))
            # What the file says stands there already, as a finding.
            section.show_problems(
                {field: text for field, text in shown.items() if (field, text) not in self._checks.errors},
                marked,
            )
        encrypted = self.context.scheme in ("mqtts", "wss", "")
        self.unverified.setVisible(not profile.verify and encrypted)
        self.changed.emit()

    def _all_problems(self, profile: Profile, secrets: Secrets) -> list[tuple[str, str]]:
        profile, secrets, wrong = self.basic.as_typed(profile, secrets)
        found = [(each.field, each.message) for each in problems(profile, secrets)]
        if wrong:
            found = [("url", wrong), *(each for each in found if each[0] != "url")]
        named = {field for field, _ in found}
        found += [(field, text) for field, text in self._checks.errors if field not in named]
        order = {section: place for place, section in enumerate(self.sections)}

        def place(problem: tuple[str, str]) -> int:
            return next((order[each] for each in self.sections if each.owns(problem[0])), len(order))

        return sorted(found, key=place)

    def _is_shown(self, field: str) -> bool:
        muted = any(field == name or field.startswith(name + ".") for name in self._muted)
        return not muted and (not self._fresh or any(_within(field, name) for name in self._visited))

    # -- keyboard ------------------------------------------------------------------------------------------------------

    def _stepper(self, section: FormSection) -> Callable[[int], None]:
        def step(by: int) -> None:
            heads = [each.head for each in self.sections if not each.head.isHidden()]
            place = heads.index(section.head) + by
            if 0 <= place < len(heads):
                heads[place].setFocus(Qt.FocusReason.TabFocusReason)
                self.area.ensureWidgetVisible(heads[place])

        return step


def _within(field: str, of: str) -> bool:
    """Whether a field is another one or a part of it: "will.topic" of "will"."""
    return field == of or field.startswith(of + ".")
