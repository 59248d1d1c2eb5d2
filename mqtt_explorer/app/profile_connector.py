# SPDX-License-Identifier: MIT
"""Connects saved brokers: loads their secrets, asks for what is missing, tries, and asks again where that helps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QCoreApplication

from mqtt_explorer.app.attempt import Attempt, Phase
from mqtt_explorer.app.profile_login import (
    LOGIN_REFUSED,
    Ask,
    KnownSecrets,
    Login,
    PasswordQuestion,
    missing,
    refused,
)
from mqtt_explorer.app.saved_from import profile_from
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.secrets import Place
from mqtt_explorer.protocol.options import MIB, fresh_client_id
from mqtt_explorer.tasks import create_task

if TYPE_CHECKING:
    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.profiles.profile import Profile, Secrets
    from mqtt_explorer.profiles.secrets import SecretStore
    from mqtt_explorer.protocol.options import ConnectOptions
    from mqtt_explorer.protocol.requests import Subscription


class ProfileConnector:
    """Makes connections of saved brokers, any number at once.

    Events:
        attempts_changed: `attempts` or what one of them says changed.
        profile_failed: A saved broker did not stand: its attempt, and why; also when it is tried again by itself.
        connected: A connection stands for the first time.
        revealed: A connection is to be seen: it is shown already.
        note: Something a user should know.

    Attributes:
        book: The saved brokers.
        secrets: Their secrets.
        ask: Asks the user for a password; without it every question counts as closed.
        may_close: Asks whether connections may close that hold messages nobody has sent yet.
        payload_cap: The settings' payload cap, for the next connection.
    """

    def __init__(self, workspace: Workspace, book: ProfileBook, secrets: SecretStore) -> None:
        self.attempts_changed: Event[()] = Event()
        self.profile_failed: Event[Attempt, MqttExplorerError] = Event()
        self.connected: Event[Connection] = Event()
        self.revealed: Event[Connection] = Event()
        self.note: Event[str] = Event()
        self.book, self.secrets = book, secrets
        self.ask: Ask | None = None
        self.may_close: Callable[[Sequence[Connection]], Awaitable[bool]] | None = None
        self._endings: set[asyncio.Task[object]] = set()
        self.payload_cap = 64 * MIB
        self._workspace = workspace
        self._profiles: dict[str, Attempt] = {}
        self._client_ids: dict[str, str] = {}
        self._asking = asyncio.Lock()
        book.changed.connect(self._drop_deleted)
        book.changed.connect(self._follow_names)

    @property
    def attempts(self) -> list[Attempt]:
        """The saved brokers that are being tried or have failed, oldest first."""
        return list(self._profiles.values())

    def connect_profile(
        self, profile_id: str, login: Login | None = None, *, quiet: bool = False, anew: bool = False
    ) -> None:
        """Connects to a saved broker; one that is open already is shown.

        Args:
            profile_id: Which.
            login: Stands in for the profile's login, this time only.
            quiet: Not asked for by a click: opens no dialog.
            anew: Closes an open connection first, so that changed settings take effect.
        """
        pending = self._profiles.get(profile_id)
        if pending is not None and pending.alive and not anew:
            pending.quiet = pending.quiet and quiet
            pending.front = True
            pending.hurry()
            return
        standing = self._workspace.find(profile_id)
        if standing is not None and not anew:
            if standing.state.state not in (LinkState.DISCONNECTED, LinkState.FAILED):
                standing.retry_now()
                self.reveal(standing)
                return
            if self.book.find(profile_id) is None:  # deleted since
                standing.open()
                self.reveal(standing)
                return
        self.dismiss(profile_id)
        profile = self.book.find(profile_id)
        attempt = Attempt(profile.title if profile is not None else "", profile_id, quiet=quiet)
        self._profiles[profile_id] = attempt
        attempt.changed.connect(self.attempts_changed.emit)
        attempt.setback.connect(lambda error: self.profile_failed.emit(attempt, error))
        attempt.task = create_task(self._connect_profile(attempt, login, anew), name="connect saved broker")
        self.attempts_changed.emit()

    def connect_at_start(self, first: str | None = None, login: Login | None = None) -> None:
        """Connects what is to be connected when the program starts; the first that stands is shown.

        Args:
            first: The saved broker the command line names.
            login: The environment's login, for that one only.
        """
        if first is not None:
            self.connect_profile(first, login, quiet=True)
        for profile in self.book.profiles:
            if profile.connect_at_start and profile.id != first:
                self.connect_profile(profile.id, quiet=True)

    def reconnect(self, profile_id: str) -> None:
        """Closes the open connection of a saved broker in order and connects with its settings of now."""
        self.connect_profile(profile_id, anew=True)

    def save_as_profile(self, connection: Connection) -> str:
        """Saves the broker of a connection with all it uses, its secrets as saved brokers keep theirs; the connection is its own from now on.

        Returns:
            The id of the saved broker.
        """
        profile, secrets = profile_from(connection)
        self.book.add(profile)
        keep = self.secrets.save(profile.id, secrets, remember=profile.remember_secrets)
        create_task(keep, name="keep the secrets")
        self._client_ids[profile.id] = connection.options.client_id
        connection.profile_id = profile.id
        self._workspace.adopt_marks(profile.id, connection.marks)
        self._workspace.changed.emit()
        return profile.id

    def hurry_profile(self, profile_id: str) -> None:
        """Ends the wait for the next try."""
        if (attempt := self._profiles.get(profile_id)) is not None:
            attempt.hurry()

    def dismiss(self, profile_id: str) -> None:
        """Stops trying a saved broker, and forgets why it failed."""
        attempt = self._profiles.pop(profile_id, None)
        if attempt is not None:
            self._give_up(attempt)
            self.attempts_changed.emit()

    def cancel_profiles(self) -> bool:
        """Stops trying the saved brokers that a click began; True when there were some."""
        clicked = [each for each in self.attempts if each.alive and not each.quiet]
        for attempt in clicked:
            if attempt.profile_id is not None:
                self.dismiss(attempt.profile_id)
        return bool(clicked)

    def stay(self, *, quiet_only: bool = False) -> None:
        """Nothing that is being tried comes to the front any more: the user does something else.

        Args:
            quiet_only: What a click began still does.
        """
        for attempt in self._pending():
            if attempt.quiet or not quiet_only:
                attempt.front = False

    def reveal(self, connection: Connection) -> None:
        """Shows a connection."""
        self._workspace.show(connection)
        self.revealed.emit(connection)

    async def close(self, connection: Connection) -> None:
        """Closes a connection."""
        await self._workspace.close(connection)

    def end_soon(self, ending: Coroutine[Any, Any, object], name: str) -> None:
        """Runs what ends connections as a task; the end of the program waits for it."""
        task = create_task(ending, name=name)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    # -- one saved broker ----------------------------------------------------------------------------------------------

    async def _connect_profile(self, attempt: Attempt, login: Login | None, anew: bool) -> None:
        try:
            await self._carry_out(attempt, login, anew)
        except MqttExplorerError as error:
            self._fails(attempt, error)
        except Exception as error:
            what = _tr("{fault}. Try it again; the details stand in the report.")
            fault = type(error).__name__
            self._fails(attempt, MqttExplorerError(_tr("Unexpected fault"), what.format(fault=fault)))
            raise  # a fault of the program: reported with its traceback

    async def _carry_out(self, attempt: Attempt, login: Login | None, anew: bool) -> None:
        profile_id = attempt.profile_id or ""
        attempt.say(_tr("Getting the login…"))
        known = KnownSecrets(await self.secrets.load(profile_id), login)
        error: MqttExplorerError | None = None
        while True:
            profile = self._find(profile_id, login)
            attempt.title = profile.title
            options, subscriptions = self._resolve(profile, known.secrets)
            error = error or self._refused_before(profile_id, options)
            question = refused(error, profile, options) if error else missing(profile, known.secrets, options)
            if question is not None:
                if not await self._ask(attempt, question, known):
                    return
                error = None
            elif error is not None:
                raise error
            elif await self._reopen(attempt, options, anew):
                return
            else:
                error = await self._try(attempt, options, subscriptions)
                if error is None:
                    await self._keep(profile_id, known)
                    return

    def _find(self, profile_id: str, login: Login | None) -> Profile:
        profile = self.book.find(profile_id)
        if profile is None:
            raise MqttExplorerError(_tr("Not saved any more"), _tr("This broker was deleted meanwhile."))
        if login is not None and login.username is not None:
            return msgspec.structs.replace(profile, username=login.username)
        return profile

    def _resolve(self, profile: Profile, secrets: Secrets) -> tuple[ConnectOptions, tuple[Subscription, ...]]:
        from mqtt_explorer.profiles.resolve import resolve  # not before the first paint: it loads the presets

        client_id = self._client_ids.setdefault(profile.id, fresh_client_id())
        return resolve(profile, secrets, client_id=client_id, payload_cap=self.payload_cap)

    def _refused_before(self, profile_id: str, options: ConnectOptions) -> MqttExplorerError | None:
        """Why a connection that stood is down, when the same login would only be refused again."""
        standing = self._workspace.find(profile_id)
        if standing is None or standing.options != options or standing.state.state is not LinkState.FAILED:
            return None
        return standing.state.error if standing.state.code in LOGIN_REFUSED else None

    async def _ask(self, attempt: Attempt, question: PasswordQuestion, known: KnownSecrets) -> bool:
        """Asks for a password; False when the attempt is over without one."""
        if attempt.quiet:
            text = question.sentence or _tr("The password of “{account}” is not known here.")
            error = MqttExplorerError(_tr("Password needed"), text.format(account=question.account))
            self._fails(attempt, error, needs_password=True)
            return False
        attempt.say(_tr("Asking for the password…"))
        async with self._asking:  # one dialog at a time
            answer = await self.ask(question) if self.ask is not None else None
        if answer is None:
            self._finish(attempt)
            return False
        known.take(question, answer)
        return True

    async def _reopen(self, attempt: Attempt, options: ConnectOptions, anew: bool) -> bool:
        """A connection that stood once opens again, with its tree; with other settings it makes way. False: connect."""
        standing = self._workspace.find(attempt.profile_id or "")
        if standing is None:
            return False
        same = standing.options == options and not anew
        if same or not (self.may_close is None or await self.may_close([standing])):
            if same:
                standing.open()
            self._finish(attempt)
            self.reveal(standing)
            return True
        attempt.say(_tr("Closing the connection with the settings of before…"))
        left = await standing.disconnect()
        await self.close(standing)
        if left:
            text = _tr("{broker}: {n} messages were not sent before the reconnect.")
            self.note.emit(text.format(broker=attempt.title, n=f"{len(left):,}"))
        return False

    async def _try(
        self, attempt: Attempt, options: ConnectOptions, subscriptions: Sequence[Subscription]
    ) -> MqttExplorerError | None:
        profile = self.book.find(attempt.profile_id or "")
        named = profile.name.strip() if profile is not None else ""
        self._open(attempt, options, subscriptions, named or None)
        error = await attempt.settled()
        if error is not None:
            self._close_soon(attempt.let_go())
            return error
        self._finish(attempt)
        if attempt.profile_id is not None:
            self.book.touch(attempt.profile_id)
        self._stands(attempt)
        return None

    async def _keep(self, profile_id: str, known: KnownSecrets) -> None:
        """A password that was typed and taken by the broker goes where the user wants it."""
        profile = self.book.find(profile_id)
        if known.answer is None or profile is None:
            return
        if self.secrets.place is Place.SESSION:  # the dialog did not ask: what the profile says counts
            kept = known.to_store if profile.remember_secrets else known.without_answers
            await self.secrets.save(profile_id, kept, remember=profile.remember_secrets)
            return
        if profile.remember_secrets != known.answer.remember:
            self.book.replace(msgspec.structs.replace(profile, remember_secrets=known.answer.remember))
        kept = known.to_store if known.answer.remember else known.without_answers
        await self.secrets.save(profile_id, kept, remember=known.answer.remember)

    def _follow_names(self) -> None:
        """An open broker is called what its profile is called; without a name host and port say it."""
        changed = False
        for connection in self._workspace.connections:
            profile = self.book.find(connection.profile_id) if connection.profile_id else None
            title = (profile.name.strip() or connection.options.url.netloc) if profile is not None else ""
            if title and title != connection.title:
                connection.title, changed = title, True
        if changed:
            self._workspace.changed.emit()

    def _drop_deleted(self) -> None:
        """A broker that was deleted is not tried any more."""
        for profile_id in list(self._profiles):
            if self.book.find(profile_id) is None:
                self.dismiss(profile_id)

    # -- any attempt ---------------------------------------------------------------------------------------------------

    def _pending(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.alive]

    def _open(
        self,
        attempt: Attempt,
        options: ConnectOptions,
        subscriptions: Sequence[Subscription],
        title: str | None,
        marks_key: str | None = None,
    ) -> Connection:
        connection = self._workspace.add(
            options, subscriptions, title, profile_id=attempt.profile_id, marks_key=marks_key
        )
        attempt.watch(connection)
        connection.open()
        return connection

    def _stands(self, attempt: Attempt) -> None:
        """A connection stands: it is shown, unless the user waits for another one."""
        connection = attempt.let_go()
        if connection is None:
            return
        self._workspace.stands(connection)
        pending = [each for each in self._pending() if each is not attempt and each.front]
        if attempt.front and not (attempt.quiet and any(not each.quiet for each in pending)):
            for other in pending:
                other.front = not other.quiet and other.number > attempt.number
            self.reveal(connection)
        self.connected.emit(connection)

    def _finish(self, attempt: Attempt) -> None:
        """An attempt is over; nothing of it stays on the page."""
        attempt.phase = Phase.DONE
        if attempt.profile_id is not None and self._profiles.get(attempt.profile_id) is attempt:
            del self._profiles[attempt.profile_id]
        self.attempts_changed.emit()

    def _fails(self, attempt: Attempt, error: MqttExplorerError, *, needs_password: bool = False) -> None:
        self._close_soon(attempt.let_go())
        attempt.fail(error, needs_password=needs_password)
        self.profile_failed.emit(attempt, error)

    def _give_up(self, attempt: Attempt) -> None:
        attempt.phase = Phase.DONE
        if attempt.task is not None:
            attempt.task.cancel()
        self._close_soon(attempt.let_go())

    def _close_soon(self, connection: Connection | None) -> None:
        if connection is not None:
            self.end_soon(self.close(connection), "close connection")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Connector", text)
