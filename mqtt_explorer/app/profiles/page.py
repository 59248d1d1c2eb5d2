# SPDX-License-Identifier: MIT
"""The page of saved brokers: their list, the form of one, and what there is to know before connecting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.app.profiles.form.draft import Draft
from mqtt_explorer.app.profiles.form.file_checks import FileChecks
from mqtt_explorer.app.profiles.form.form import ProfileForm
from mqtt_explorer.app.profiles.form.header import FormHeader
from mqtt_explorer.app.profiles.form.open_broker import OpenBrokers
from mqtt_explorer.app.profiles.form.side import SideColumn, secret_note
from mqtt_explorer.app.profiles.form.typing_watch import TypingWatch
from mqtt_explorer.app.profiles.list_panel import ProfileList
from mqtt_explorer.connection import Connection
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.cards import Card, EmptyState, Rule
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_M

_NARROW: Final = 1000
_LIST_PX: Final = 288
_LIST_NARROW_PX: Final = 232
_SIDE_PX: Final = 320
_FORM_MIN_PX: Final = 420


class ProfilePage(QWidget):
    """List left, form in the middle, side column right; in a narrow window the side column goes under the form.

    Attributes:
        parts: What F6 walks through.

    Signals:
        connect_requested(str): Connect this profile, or show it where it is open.
        reconnect_requested(str): Connect it again with what changed.
        back_requested(): Leave the page.
    """

    connect_requested = Signal(str)
    reconnect_requested = Signal(str)
    back_requested = Signal()

    def __init__(self, book: ProfileBook, store: SecretStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._store = store
        self._new: tuple[Profile, Secrets] | None = None
        self._narrow = False
        self.draft = Draft(book, store, self)
        self.checks = FileChecks(self)
        self.list = ProfileList(book)
        self.form = ProfileForm(self.draft, self.checks)
        self.header = FormHeader(self.draft)
        self.side = SideColumn()
        self.open_brokers = OpenBrokers(self)
        self._typing = TypingWatch(self.form)
        self._build()
        self._wire()
        self._shortcuts()
        self.parts: tuple[QWidget, ...] = (self.list, self.form, self.side)
        self._unhook = (store.changed.connect(self._show_secrets), book.changed.connect(self._on_book))
        for unhook in self._unhook:
            self.destroyed.connect(unhook)
        self._on_book()
        self._show_page()

    # -- building ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._list_card = Card()
        self._list_card.column(GAP_M, 0).addWidget(self.list)
        card = Card()
        body = QVBoxLayout()
        body.setSpacing(GAP)
        self.trouble = Strip("error", "", self)
        self._go = self.trouble.add_button(self.tr("Go to field"), self._go_to_first)
        self.told = Strip("error", "", self, dismissable=True)
        self.stale = Strip("info", "", self)
        self.stale.add_button(self.tr("Reconnect"), self._reconnect)
        for widget in (self.header, Rule(), self.trouble, self.told, self.stale):
            body.addWidget(widget)
        body.addWidget(self.form, 1)
        form = QWidget()
        form.setLayout(body)
        body.setContentsMargins(0, 0, 0, 0)
        self._empty = EmptyState(
            "broker",
            self.tr("No broker chosen"),
            self.tr("Choose one in the list, or make a new one."),
            button=self.tr("New broker"),
            on_click=self.new_profile,
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(form)
        self._pages.addWidget(self._empty)
        inner = card.column(20, 0)
        inner.setContentsMargins(20, 9, 20, 12)
        inner.addWidget(self._pages)
        self._side_area = QScrollArea()
        self._side_area.setWidgetResizable(True)
        self._side_area.setFrameShape(QFrame.Shape.NoFrame)
        self._side_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._side_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._side_area.viewport().setAutoFillBackground(False)
        self._side_area.setFixedWidth(_SIDE_PX)
        self._side_area.setWidget(self.side)
        self.side.setAutoFillBackground(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self._list_card)
        row.addWidget(card, 1)
        row.addWidget(self._side_area)
        self._list_card.setFixedWidth(_LIST_PX)
        for strip in (self.trouble, self.told, self.stale):
            strip.hide()

    def _wire(self) -> None:
        self.list.profile_selected.connect(self._on_selected)
        self.list.connect_requested.connect(self._connect_other)
        self.list.new_requested.connect(lambda: self.new_profile())
        self.list.duplicate_requested.connect(self.duplicate)
        self.header.back_requested.connect(self._back)
        self.header.duplicate_requested.connect(lambda: self.duplicate(self.profile_id))
        self.header.connect_requested.connect(self._connect)
        self.form.changed.connect(self._show_around)
        self.side.go_requested.connect(self.form.focus_field)
        self.side.unlock_requested.connect(lambda: create_task(self._ask_again(), name="unlock keyring"))
        self.draft.gone.connect(self._on_gone)
        self.draft.secrets_arrived.connect(self._show_secrets)
        self.open_brokers.changed.connect(self._on_connections)

    def _shortcuts(self) -> None:
        for keys, call in (
            ("Ctrl+Return", self._connect),
            ("Ctrl+Enter", self._connect),
            ("Ctrl+S", self._on_save_key),
            ("Esc", self._on_escape),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(call)

    # -- what the window asks for --------------------------------------------------------------------------------------

    @property
    def profile_id(self) -> str:
        """The profile in the form; empty where none is."""
        return self.draft.profile.id if self.draft.profile is not None else ""

    def show_profile(self, profile_id: str) -> None:
        """Shows the form of a profile; what stands in it is saved first."""
        if profile_id == self.profile_id and profile_id:
            self.list.set_current(profile_id)
            return
        self.flush()
        self._drop_untouched()
        self.draft.open(profile_id)
        self.told.hide()
        self._show_draft(fresh=False)

    def new_profile(self, url: str = "") -> None:
        """Adds a profile and shows it, with the cursor in its name."""
        self.flush()
        self._drop_untouched()
        made = self._book.add(Profile(folder=self.list.current_folder, url=url))
        self.draft.open(made.id)
        self._new = (made, Secrets())
        self._show_draft(fresh=not url)
        if url:  # path, query and login go to their fields
            self.form.basic.url.setText(url)
            self.form.basic.take_address()
        self.form.focus_start()

    def duplicate(self, profile_id: str) -> None:
        """Adds a copy with the same secrets and shows it."""
        if self._book.find(profile_id) is None:
            return
        self.flush()
        copy = self._book.duplicate(profile_id)
        create_task(self._copy_secrets(profile_id, copy.id), name="copy secrets")
        self.show_profile(copy.id)
        self.form.basic.name.setFocus()
        self.form.basic.name.selectAll()

    def set_connections(self, connections: Mapping[str, Connection]) -> None:
        """Tells which profiles are open."""
        self.open_brokers.set_connections(connections, self._book)

    def show_error(self, profile_id: str, error: MqttExplorerError) -> None:
        """Shows why connecting failed: at its field where it has one, else above the form."""
        if profile_id != self.profile_id:
            self.show_profile(profile_id)
        self.told.hide()
        if error.field is None or not self.form.show_error(error.field, error.message):
            self.told.set_message(one_line(error.message, 400), strong=one_line(error.title, 80))
            self.told.show()

    def flush(self) -> None:
        """Saves what stands in the form now; nothing is lost when the window closes right afterwards."""
        if self.draft.profile is not None:
            self.form.commit()
        self.draft.flush()

    async def finish(self) -> None:
        """Waits until the secrets are kept; the book's own `finish` waits for the file."""
        self.flush()
        self._drop_untouched()
        await self.draft.finish()
        await self.checks.finish()
        self.open_brokers.forget()

    # -- showing -------------------------------------------------------------------------------------------------------

    def _show_draft(self, *, fresh: bool) -> None:
        self._show_page()
        if self.draft.profile is None:
            return
        self.list.set_current(self.draft.profile.id)
        self.form.set_limits(self.open_brokers.limits(self.profile_id))
        self.form.show_draft(fresh=fresh)
        self._show_around()

    def _show_page(self) -> None:
        there = self.draft.profile is not None
        self._pages.setCurrentIndex(0 if there else 1)
        self._side_area.setVisible(there and not self._narrow)

    def _show_around(self) -> None:
        profile = self.draft.profile
        if profile is None:
            return
        found, is_open = self.form.problems, self.open_brokers.is_open(profile.id)
        self.header.name.setText(profile.title)
        blocked = "" if is_open or not found else found[0][1]
        self.header.set_connect(blocked, is_open=is_open)
        fresh = self.form.is_fresh
        self.list.set_problems({} if fresh else {profile.id: len(found) + len(self.form.told)})
        self.side.show_problems(
            found, told=self.form.told, checking=self.checks.busy, is_open=is_open, fresh=fresh
        )
        self.side.show_limits(self.form.context, connected=self.open_brokers.limits(profile.id) is not None)
        self._show_secrets()
        more = self.tr(" {n} more below it.").format(n=len(found) - 1) if len(found) > 1 else ""
        self.trouble.set_message(one_line(found[0][1], 300) + more if found else "")
        self.trouble.setVisible(self._narrow and bool(found) and not fresh)
        differs = self.open_brokers.differs(profile, self.draft.secrets) if is_open else ""
        self.stale.set_message(differs)
        self.stale.setVisible(bool(differs))

    def _show_secrets(self) -> None:
        profile = self.draft.profile
        if profile is None:
            return
        self.side.show_secrets(profile, self.draft.secrets, self._store, loading=not self.draft.secrets_known)
        note, kind = secret_note(profile, self._store)
        self.form.basic.show_secret_note(note, kind)
        self.form.tls.show_secret_note(note, kind)

    # -- deeds ---------------------------------------------------------------------------------------------------------

    def _on_selected(self, profile_id: str) -> None:
        if profile_id:
            self.show_profile(profile_id)

    def _on_book(self) -> None:
        self.form.set_folders(self._book.folders)

    def _on_gone(self) -> None:
        self._new = None
        self._show_page()

    def _on_connections(self) -> None:
        self.list.set_states(self.open_brokers.words())
        if self.draft.profile is not None:
            self.form.set_limits(self.open_brokers.limits(self.profile_id))
            self._show_around()

    def _connect(self) -> None:
        if self.draft.profile is None:
            return
        self.flush()
        if self.form.problems and not self.open_brokers.is_open(self.profile_id):
            self._go_to_first()
            return
        self._new = None
        self.form.forget_told()
        self.connect_requested.emit(self.profile_id)

    def _connect_other(self, profile_id: str) -> None:
        self.flush()
        self.connect_requested.emit(profile_id)

    def _reconnect(self) -> None:
        self.flush()
        if self.form.problems:
            self._go_to_first()
        else:
            self.form.forget_told()
            self.reconnect_requested.emit(self.profile_id)

    def _go_to_first(self) -> None:
        if self.form.problems:
            self.form.focus_field(self.form.problems[0][0])

    def _on_save_key(self) -> None:
        self.flush()
        self.header.say_it_is_saved()

    def _on_escape(self) -> None:
        """Esc in the search empties it first, after typing it leaves the field; anywhere else it leaves the page."""
        focused = self.focusWidget()
        if self._typing.typed_into(focused):
            self.header.back.setFocus()
        elif isinstance(focused, QLineEdit) and focused is self.list.search and focused.text():
            focused.clear()
        else:
            self._back()

    def _back(self) -> None:
        self.flush()
        self._drop_untouched()
        self.back_requested.emit()

    async def _ask_again(self) -> None:
        if await self._store.unlock():
            self.draft.load_secrets()
        self._show_secrets()

    async def _copy_secrets(self, from_id: str, to_id: str) -> None:
        await self.draft.finish_saving()
        await self._store.duplicate(from_id, to_id)
        if self.profile_id == to_id:
            self.draft.load_secrets()

    def _drop_untouched(self) -> None:
        """A new profile nobody typed anything into leaves no line in the list."""
        if self._new is None:
            return
        (made, secrets), self._new = self._new, None
        now = self._book.find(made.id)
        same = now is not None and msgspec.structs.replace(now, folder=made.folder) == made
        if same and not made.url and self.draft.secrets == secrets:
            self._book.remove(made.id)
            self._book.let_go(made.id)

    # -- shape ---------------------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        # The narrow shape's, also while the wide one shows: else the window could not be made narrow.
        return QSize(_LIST_NARROW_PX + _FORM_MIN_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self._list_card.setFixedWidth(_LIST_NARROW_PX if narrow else _LIST_PX)
        if narrow:
            self._side_area.takeWidget()
            self.form.add_below(self.side)
            self.side.show()
        else:
            self._side_area.setWidget(self.side)
        self._show_page()
        self._show_around()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.form.check_files_again()
        if not event.spontaneous() and self.draft.profile is not None:
            self.form.focus_start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.isVisible():
            self.form.check_files_again()  # files may have been mended meanwhile
