# SPDX-License-Identifier: MIT
"""What every broker needs: a name, an address, a login, the MQTT version."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from mqtt_explorer.app.profiles.form.address import TypedAddress, origin, sent_secrets, take_apart
from mqtt_explorer.app.profiles.form.base import LONGEST, Context, FormSection
from mqtt_explorer.profiles.presets import PRESETS, Preset, port_help
from mqtt_explorer.profiles.profile import COLOURS, Profile, Secrets, without_login
from mqtt_explorer.widgets.buttons import SegmentedControl
from mqtt_explorer.widgets.cards import label, set_property
from mqtt_explorer.widgets.choices import Choice
from mqtt_explorer.widgets.form_rows import NoteKind
from mqtt_explorer.widgets.line_edits import SecretEdit
from mqtt_explorer.widgets.swatches import Swatches

_VERSIONS = ("5", "3.1.1")
_FOLDER_PX = 104
_PRESET_PX = 176


class BasicSection(FormSection):
    """The top of the form; it does not fold.

    While an address is typed it counts already (`as_typed`), and is saved when it cannot be the beginning of a login. When its field is
    left, a login in it goes to its own fields, and path and query of a websocket address to theirs. When scheme, host or port change, what was typed for the old broker stays, and a note says that it now goes to
    the new one: a broker that only moved would else cost its user the password, and nothing is sent before Connect is pressed. The
    note carries a button that forgets those secrets.

    Signals:
        preset_chosen(str): The key of a preset, or "".
        address_taken(object): A `TypedAddress` whose path and query belong to the WebSocket section.
        forget_requested(): Forget the secrets the address's broker would get to see.
    """

    preset_chosen = Signal(str)
    address_taken = Signal(object)
    forget_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent, folds=False)
        self.title = self.tr("Basic")
        self.column.addWidget(label(self.title.upper(), "title"))
        self._url = ""
        self._preset: Preset | None = None
        self._typed_for = ""
        self._secrets = Secrets()
        self._make_names()
        self._make_address()
        self._make_login()
        self._make_version()

    # -- building ------------------------------------------------------------------------------------------------------

    def _make_names(self) -> None:
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setMinimumWidth(120)
        self.folder = Choice()
        self._folder_edit = QLineEdit()
        self.folder.setEditable(True)
        self.folder.setLineEdit(self._folder_edit)
        self.folder.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.folder.setFixedWidth(_FOLDER_PX)
        self.folder.setAccessibleName(self.tr("Folder"))
        self.folder.setToolTip(self.tr("The folder in the list; type a new name to make one"))
        self._folder_edit.setAccessibleName(self.folder.accessibleName())
        self._folder_edit.setPlaceholderText(self.tr("No folder"))
        self.preset = Choice(
            [("", self.tr("No preset")), *((each.key, each.name) for each in PRESETS)],
            name=self.tr("Preset"),
        )
        self.preset.setFixedWidth(_PRESET_PX)
        self.preset.setToolTip(self.tr("Fills in and explains what a known broker needs"))
        self._name_row = self.add_row(self.tr("Name"), self.name, self.folder, self.preset)
        self.bind_text("name", self.name)
        self.bind("folder", self._folder_text, self._show_folder)
        self._folder_edit.editingFinished.connect(lambda: self.note_done("folder"))
        self.folder.activated.connect(lambda: self.note_done("folder"))
        self.preset.activated.connect(lambda: self.preset_chosen.emit(str(self.preset.value or "")))
        for field, editor in (("name", self.name), ("folder", self.folder), ("preset", self.preset)):
            self.place(field, self._name_row, editor)
        self.colour = Swatches(COLOURS, self.tr("Colour"))
        self.bind("colour", lambda: self.colour.index, self.colour.set_index)
        self.colour.changed.connect(lambda: self.note_done("colour"))
        self.place("colour", self.add_row(self.tr("Colour"), self.colour), self.colour)

    def _make_address(self) -> None:
        self.url = QLineEdit()
        self.url.setMaxLength(LONGEST)
        set_property(self.url, "mono", True)
        self.url_row = self.add_row(self.tr("URL"), self.url)
        self.url.setAccessibleName(self.tr("URL of the broker"))
        self.url.textEdited.connect(self._on_url_typed)
        self.url.editingFinished.connect(self.take_address)
        self.place("url", self.url_row, self.url)

    def _make_login(self) -> None:
        self.username = QLineEdit()
        self._user_row = self.add_row(self.tr("User name"), self.username)
        self.bind_text("username", self.username)
        self.place("username", self._user_row, self.username)
        self.password = SecretEdit(self.tr("Password"))
        self.password.setMaxLength(LONGEST)
        self.password_row = self.add_row(self.tr("Password"), self.password)
        self.password.textEdited.connect(lambda: self.note_edit("password"))
        self.password.editingFinished.connect(lambda: self.note_left("password"))
        self.place("password", self.password_row, self.password)
        self.remember = SegmentedControl(
            [self.tr("Keep in the keyring"), self.tr("Ask each time")], name=self.tr("Secrets")
        )
        self.remember.setToolTip(self.tr("Where this broker's password and other secrets are kept"))
        row = self.add_row(self.tr("Secrets"), self.remember)
        self.bind_segments("remember_secrets", self.remember, (True, False))
        self.place("remember_secrets", row, self.remember)
        self._remember_row = row

    def _make_version(self) -> None:
        self.version = SegmentedControl(["5", "3.1.1"], name=self.tr("MQTT version"))
        self.at_start = QCheckBox(self.tr("Connect when the program starts"))
        self._version_row = self.add_row(self.tr("MQTT version"), self.version, self.at_start)
        self.at_start.setAccessibleName(self.tr("Connect when the program starts"))
        self.bind_segments("version", self.version, _VERSIONS)
        self.bind_check("connect_at_start", self.at_start)
        self.place("version", self._version_row, self.version)
        self.place("connect_at_start", self._version_row, self.at_start)

    # -- the profile ---------------------------------------------------------------------------------------------------

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        super().show_values(profile, secrets)
        self.preset.set_value(profile.preset)
        if not self.url.hasFocus() and self._url != profile.url:
            self.url.setText(profile.url)
        self._url = profile.url
        self._secrets = secrets
        password = (secrets.password or "") if profile.remember_secrets else ""
        if password != self.password.text():
            self.password.set_secret(password)

    def begin(self, profile: Profile) -> None:
        """Another profile comes: what was said about the last one's address goes."""
        self.url_row.say("moved", "")
        self.url.setText(profile.url)
        self._url = profile.url
        self._typed_for = origin(profile.url)
        self.password.hide_secret()

    def set_folders(self, folders: Sequence[str]) -> None:
        """Offers these folders."""
        before = self._folder_text()
        self._loading, was = True, self._loading
        self.folder.clear()
        self.folder.addItems(["", *folders])
        self.folder.setItemText(0, "")
        self._show_folder(before)
        self._loading = was

    def apply(self, profile: Profile) -> Profile:
        # The preset is put in by whoever applies it; the address only when the field was left.
        return msgspec.structs.replace(super().apply(profile), url=self._url)

    def apply_secrets(self, secrets: Secrets) -> Secrets:
        if self.remember.index == 0:  # else what is asked for when connecting is not the form's
            secrets = msgspec.structs.replace(secrets, password=self.password.text() or None)
        self._secrets = secrets
        return secrets

    @property
    def held(self) -> bool:
        """Whether the URL field holds what is not in the profile yet."""
        typed = take_apart(self.url.text(), self._preset)
        return bool(self.url.text().strip()) and (
            typed.shown != self._url or not (typed.bare or typed.problem)
        )

    @property
    def untaken(self) -> bool:
        """Whether the URL field holds what was typed and not taken apart yet."""
        return self.url.text().strip() != self._url or origin(self._url) != self._typed_for

    def as_typed(self, profile: Profile, secrets: Secrets) -> tuple[Profile, Secrets, str]:
        """What connecting now would take, with the text of the URL field as it stands; and what is wrong with that text."""
        typed = take_apart(self.url.text(), self._preset)
        fields = {"url": typed.shown, "username": typed.username, "websocket_path": typed.path}
        hidden = {"password": typed.password, "websocket_query": typed.query}
        return (
            msgspec.structs.replace(
                profile, **{name: text for name, text in fields.items() if text is not None}
            ),
            msgspec.structs.replace(
                secrets, **{name: text for name, text in hidden.items() if text is not None}
            ),
            typed.problem,
        )

    def _on_url_typed(self, text: str) -> None:
        typed = take_apart(text, self._preset)
        if typed.may_be_saved or not text.strip():
            self._url = without_login(typed.shown)
        self.note_edit("url")

    def take_address(self) -> None:
        """Takes what stands in the URL field apart; nothing of a login stays readable."""
        text = self.url.text()
        if not self.untaken:
            self.note_left("url")
            return
        typed = take_apart(text, self._preset)
        if typed.shown != text:
            self.url.setText(typed.shown)
        if typed.username is not None:
            self.username.setText(typed.username)
        if typed.password is not None:
            self.password.set_secret(typed.password)
        self._url = without_login(typed.shown)
        self.address_taken.emit(typed)
        self._tell_where_secrets_go(typed)
        self.note_done("url")

    def _tell_where_secrets_go(self, typed: TypedAddress) -> None:
        now = origin(self._url)
        if not now or now == self._typed_for:
            return
        before, self._typed_for = self._typed_for, now
        secrets = self._secrets
        if typed.password is not None:  # came with this address
            secrets = msgspec.structs.replace(secrets, password=None)
        if typed.query is not None:
            secrets = msgspec.structs.replace(secrets, websocket_query=None)
        names = sent_secrets(secrets, websocket=now.startswith("ws"))
        self.url_row.say("moved", "")
        if not before or not names:
            return
        plain = now.startswith(("mqtt://", "ws://"))
        text = self.tr("Typed for {before}: the {secrets} will now go to {now}.")
        if plain:
            text = self.tr("Typed for {before}: the {secrets} will now go to {now}, not encrypted.")
        listed = self.tr(" and ").join(part for part in (", ".join(names[:-1]), names[-1]) if part)
        note = self.url_row.say("moved", text.format(before=before, secrets=listed, now=now), "warn")
        if note is not None and note.button is None:
            note.add_button(self.tr("Forget"), self._forget_sent)

    def _forget_sent(self) -> None:
        self.url_row.say("moved", "")
        self.password.set_secret("")
        self.forget_requested.emit()
        self.note_done("password")

    # -- what cannot be ------------------------------------------------------------------------------------------------

    def set_limits(self, context: Context) -> None:
        preset = self._preset = context.preset
        hint = preset.url_hint if preset is not None else "mqtts://broker.example.org:8883"
        self.url.setPlaceholderText(hint)
        usual = self.tr("An address with login or path may be pasted too; its parts go to their fields.")
        self.url_row.set_help(port_help(context.profile) or context.help("url", usual))
        for field, row in (("username", self._user_row), ("password", self.password_row)):
            locked = context.locked(field)
            row.set_reason(locked, locked, kind="lock")
        empty = self.tr("Empty when the broker asks for none.")
        if context.locked("username"):
            empty = self.tr("A name typed here is kept, but not sent.")
        self._user_row.set_help(context.help("username", empty))
        if not context.locked("password") and not context.profile.remember_secrets:
            asked = self.tr("Asked at each connect")
            self.password_row.set_reason(asked, asked, kind="key")
        self.lock(context, "version", self._version_row, self.version)
        if not context.locked("version"):
            self._version_row.set_help(context.help("version"))

    def show_secret_note(self, text: str, kind: NoteKind) -> None:
        """Says under the choice where secrets are kept."""
        self._remember_row.set_help(text, kind)

    def _folder_text(self) -> str:
        return self.folder.currentText().strip()

    def _show_folder(self, name: str) -> None:
        self.folder.setEditText(name)
