# SPDX-License-Identifier: MIT
"""The pages of the window: start, the form of a saved broker, and the workbench of the shown connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from mqtt_explorer.app.attempt import Phase
from mqtt_explorer.app.broker_secrets import address_or_none
from mqtt_explorer.app.panel_walk import walk_parts
from mqtt_explorer.app.profile_login import PasswordAnswer, PasswordQuestion
from mqtt_explorer.app.start.address import with_scheme
from mqtt_explorer.app.start_page import StartPage
from mqtt_explorer.models.state_wording import list_entry
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.secrets import Place
from mqtt_explorer.tasks import create_task

if TYPE_CHECKING:
    from mqtt_explorer.app.attempt import Attempt
    from mqtt_explorer.app.connector import Connector
    from mqtt_explorer.app.profiles.page import ProfilePage
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.errors import MqttExplorerError

#: How a list tells an attempt: as a connection in this state; while it connects for all others.
_LIKE: Final = {Phase.FAILED: LinkState.FAILED, Phase.WAITING: LinkState.WAITING}


class Pages(QStackedWidget):
    """Wires the pages to the connector, and says which is seen.

    Signals:
        changed(): Another page is seen.
    """

    changed = Signal()

    def __init__(
        self, workspace: Workspace, connector: Connector, workbench: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._connector, self._workbench = workspace, connector, workbench
        self.start = StartPage(connector.book)
        self._form: ProfilePage | None = None
        self._back_to: QWidget = self.start
        self._forgetting: set[asyncio.Task[None]] = set()
        self._states: dict[str, tuple[str, str]] = {}
        self.addWidget(self.start)
        self.addWidget(workbench)
        self._wire_start()
        self._wire_connector()

    # -- which page is seen --------------------------------------------------------------------------------------------

    @property
    def on_workbench(self) -> bool:
        """True while the panels of a connection are seen."""
        return self.currentWidget() is self._workbench

    def show_start(self) -> None:
        """Goes to the start page; connections stay open meanwhile."""
        self._go(self.start)
        self.start.setFocus()

    def show_workbench(self) -> None:
        """Goes to the shown connection's panels, where there is one."""
        if self._workspace.shown is not None:
            self._go(self._workbench)

    def show_form(self, profile_id: str, error: MqttExplorerError | None = None) -> None:
        """Opens the form of a saved broker, at the field an error names."""
        if self._connector.book.find(profile_id) is None:
            return
        form = self._enter_form()
        form.show_profile(profile_id)
        form.form.basic.name.setFocus()
        if error is not None:
            form.show_error(profile_id, error)

    def new_profile(self, url: str = "") -> None:
        """Opens the form for a new broker."""
        self._enter_form().new_profile(url)

    def leave(self, page: QWidget | None = None) -> None:
        """Esc and Back: from the form to where it was opened, from the start page to the open broker."""
        if (page or self.currentWidget()) is self.start or (
            self._back_to is self._workbench and self._workspace.shown is not None
        ):
            self.show_workbench()
        else:
            self.show_start()

    def begin_search(self) -> None:
        """Goes to the search of the page that is seen."""
        page = self.currentWidget()
        if isinstance(page, StartPage):
            page.saved.search.begin()
        elif self._form is not None and page is self._form:
            self._form.list.search.begin()

    def walk(self, step: int) -> None:
        """Goes to the next (1) or previous (-1) part of the page that is seen."""
        page = self.currentWidget()
        if isinstance(page, StartPage) or (self._form is not None and page is self._form):
            walk_parts(page.parts, step)

    def connection_shown(self, connection: Connection | None) -> None:
        """The workspace shows another connection, or none: without one there is no workbench."""
        self.start.set_back(connection.title if connection is not None else "")
        if connection is None and self.on_workbench:
            self.show_start()

    async def finish(self) -> None:
        """The program ends: everything typed is written."""
        if self._form is not None:
            await self._form.finish()
        await self._connector.book.finish()
        if self._forgetting:
            await asyncio.wait(self._forgetting)

    def _go(self, page: QWidget) -> None:
        before = self.currentWidget()
        if page is before:
            return
        if self._form is not None and before is self._form:
            self._form.flush()
        self.setCurrentWidget(page)
        self.changed.emit()

    def _enter_form(self) -> ProfilePage:
        self._connector.stay()  # nothing may take the form away while one types
        form = self._form or self._make_form()
        if self.currentWidget() is not form:
            self._back_to = self._workbench if self.on_workbench else self.start
        self._go(form)
        return form

    def _make_form(self) -> ProfilePage:
        from mqtt_explorer.app.profiles.page import ProfilePage  # not before the first paint: it is large

        form = self._form = ProfilePage(self._connector.book, self._connector.secrets)
        self.addWidget(form)
        form.connect_requested.connect(self._connector.connect_profile)
        form.reconnect_requested.connect(self._connector.reconnect)
        form.back_requested.connect(lambda *_: self.leave(form))
        self._tell_form()
        return form

    # -- wiring --------------------------------------------------------------------------------------------------------

    def _wire_start(self) -> None:
        start, connector = self.start, self._connector
        start.connect_requested.connect(connector.connect)
        start.password_requested.connect(self._ask_for_address)
        start.cancel_requested.connect(self._cancel_or_leave)
        start.hurry_requested.connect(connector.hurry)
        # Whoever types an address is not taken away from it by what connects at start.
        start.url.textEdited.connect(lambda: connector.stay(quiet_only=True))
        start.back_requested.connect(lambda: self.leave(start))
        start.demo_requested.connect(connector.start_demo)
        start.saved.connect_requested.connect(lambda profile_id: connector.connect_profile(profile_id))
        start.saved.edit_requested.connect(lambda profile_id: self.show_form(profile_id))
        start.saved.new_requested.connect(lambda: self.new_profile())
        start.saved.save_recent_requested.connect(self.new_profile)
        start.saved.duplicate_requested.connect(self._duplicate)
        connector.secrets.changed.connect(
            lambda: start.saved.set_keyring(connector.secrets.place is not Place.SESSION)
        )
        lines = start.attempts
        lines.cancel_requested.connect(connector.dismiss)
        lines.hurry_requested.connect(connector.hurry_profile)
        lines.retry_requested.connect(lambda profile_id: connector.connect_profile(profile_id))
        lines.edit_requested.connect(lambda profile_id: self._edit_failed(profile_id))
        lines.scheme_requested.connect(self._use_scheme)

    def _wire_connector(self) -> None:
        connector = self._connector
        connector.progress.connect(
            lambda text: self.start.set_connecting(text, waiting=bool(text) and connector.waiting)
        )
        connector.failed.connect(lambda error, older: self.start.show_error(error, offer_older=older))
        connector.profile_failed.connect(self._on_profile_failed)
        connector.attempts_changed.connect(self._show_attempts)
        connector.revealed.connect(lambda _connection: self.show_workbench())
        connector.ask = self._ask
        connector.book.gone.connect(self._forget_secrets)
        self._workspace.changed.connect(self._show_states)

    def _cancel_or_leave(self) -> None:
        if not self._connector.cancel():
            self.leave(self.start)

    async def _ask(self, question: PasswordQuestion) -> PasswordAnswer | None:
        from mqtt_explorer.app.password_dialog import ask_password

        return await ask_password(question, self._connector.secrets, self.window())

    def _ask_for_address(self, broker: str, account: str) -> None:
        async def ask() -> None:
            answer = await self._ask(
                PasswordQuestion("password", broker, account, saved=False, remember=False)
            )
            if answer is not None:
                self.start.set_password(answer.password)

        create_task(ask(), name="ask for a password")

    def _edit_failed(self, profile_id: str) -> None:
        attempt = next((each for each in self._connector.attempts if each.profile_id == profile_id), None)
        self.show_form(profile_id, attempt.error if attempt is not None else None)

    def _duplicate(self, profile_id: str) -> None:
        copy = self._connector.book.duplicate(profile_id)
        create_task(self._connector.secrets.duplicate(profile_id, copy.id), name="copy the secrets")
        self.start.saved.tree.choose(("profile", copy.id))

    def _forget_secrets(self, profile_id: str) -> None:
        """Of a deleted broker nothing stays in the keyring."""
        task = create_task(self._connector.secrets.forget(profile_id), name="forget secrets")
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    def _use_scheme(self, profile_id: str, scheme: str) -> None:
        """The one click that mends a saved broker's scheme."""
        profile = self._connector.book.find(profile_id)
        parsed = address_or_none(profile.url) if profile is not None else None
        if profile is not None and parsed is not None:
            url = str(with_scheme(parsed[0], scheme))
            self._connector.book.replace(msgspec.structs.replace(profile, url=url))
            self._connector.connect_profile(profile_id)

    def _on_profile_failed(self, attempt: Attempt, error: MqttExplorerError) -> None:
        from mqtt_explorer.profiles.resolve import ProfileError

        profile_id = attempt.profile_id or ""
        form = self._form
        if form is not None and self.currentWidget() is form and form.profile_id == profile_id:
            form.show_error(profile_id, error)
        elif isinstance(error, ProfileError) and not attempt.quiet:
            self.show_form(profile_id, error)

    def _show_attempts(self) -> None:
        self.start.attempts.show_attempts(self._connector.attempts)
        self._show_states()

    def _show_states(self) -> None:
        states: dict[str, tuple[str, str]] = {}
        for attempt in self._connector.attempts:
            if attempt.profile_id is not None:
                states[attempt.profile_id] = self._attempt_state(attempt)
        for connection in self._workspace.stood:
            if connection.profile_id is not None:
                states[connection.profile_id] = list_entry(connection.state.state)
        if states != self._states:
            self._states = states
            self.start.saved.set_states(states)
        self._tell_form()

    def _tell_form(self) -> None:
        if self._form is not None:
            mine = {each.profile_id: each for each in self._workspace.connections if each.profile_id}
            self._form.set_connections(mine)

    def _attempt_state(self, attempt: Attempt) -> tuple[str, str]:
        if attempt.phase is Phase.FAILED and attempt.needs_password:
            return self.tr("needs a password"), "warn"
        return list_entry(_LIKE.get(attempt.phase, LinkState.CONNECTING))
