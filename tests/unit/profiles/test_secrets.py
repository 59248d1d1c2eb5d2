# SPDX-License-Identifier: MIT
"""Secrets with keyrings of every temper: kind, slow, locked, raising, and those that must be refused."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time

import keyring.backend
import pytest
from keyring.backends import fail, null
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError, PasswordSetError

from mqtt_explorer.profiles import secrets as module
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.profiles.secrets import Place

FULL = Secrets(password="pw", key_password="kp", websocket_query="q=1", websocket_values=("", "Bearer ü"))


class Kind(keyring.backend.KeyringBackend):
    """Keeps secrets in memory, as one expects; a shared dict stands for what outlives the program."""

    priority = 5
    name = "Kind Keyring"

    def __init__(self, entries=None):
        super().__init__()
        self.entries = {} if entries is None else entries
        self.calls = []
        self.threads = set()

    def called(self, what, user):
        assert threading.current_thread() is not threading.main_thread()
        assert threading.current_thread().daemon
        self.calls.append((what, user))
        self.threads.add(threading.get_ident())

    def get_password(self, service, username):
        self.called("get", username)
        assert service == "mqtt-explorer-qt"
        return self.entries.get(username)

    def set_password(self, service, username, password):
        self.called("set", username)
        self.entries[username] = password

    def delete_password(self, service, username):
        self.called("delete", username)
        if username not in self.entries:
            raise PasswordDeleteError("not found")
        del self.entries[username]


class Gated(Kind):
    """Answers only while its gate is open, as a keyring that waits for the user's dialog."""

    def __init__(self, entries=None):
        super().__init__(entries)
        self.gate = threading.Event()
        self.inside = 0
        self.most_inside = 0

    def called(self, what, user):
        super().called(what, user)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.gate.wait(20)
        self.inside -= 1


class Locked(Kind):
    locked = True

    def called(self, what, user):
        super().called(what, user)
        if self.locked:
            raise KeyringLocked("Failed to unlock the collection!")


class Telltale(Kind):
    """Refuses to store, and quotes in its error what it was given."""

    def set_password(self, service, username, password):
        raise PasswordSetError(f"cannot store {password}")


class PlaintextKeyring(Kind):
    pass


class NotRecommended(Kind):
    priority = 0.5


@pytest.fixture
def gated(closed):
    backend = Gated()
    yield backend
    backend.gate.set()


_stores = []


class SecretStore(module.SecretStore):
    """One that is closed at the end of its test."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _stores.append(self)


@pytest.fixture(autouse=True)
async def closed():
    yield
    while _stores:
        await _stores.pop().close()


async def settled(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_is_saved_outlives_the_program():
    backend = Kind()
    store = SecretStore(backend)
    assert (store.place, store.known("a")) == (Place.UNKNOWN, None)
    await store.save("a", FULL, remember=True)
    assert store.place is Place.KEYRING
    assert store.place_text == "Kept in the system keyring (Kind Keyring)."
    assert set(backend.entries) == {"a/password", "a/key_password", "a/websocket_query", "a/websocket_value.0", "a/websocket_value.1"}  # fmt: skip
    assert store.known("a") == FULL
    again = SecretStore(Kind(backend.entries))
    assert await again.load("a") == FULL
    assert await again.load("b") == Secrets()
    assert again.known("b") == Secrets()


async def test_only_what_changed_is_written_and_a_known_profile_is_not_asked_again():
    backend = Kind()
    store = SecretStore(backend)
    await store.save("a", FULL, remember=True)
    backend.calls.clear()
    await store.save("a", FULL, remember=True)
    await store.load("a")
    assert backend.calls == []
    await store.save("a", Secrets(password="new", key_password="kp", websocket_values=("x",)), remember=True)
    assert ("set", "a/password") in backend.calls
    assert ("set", "a/key_password") not in backend.calls
    assert backend.entries == {"a/password": "new", "a/key_password": "kp", "a/websocket_value.0": '"x"'}


async def test_an_unknown_past_is_kept_where_nothing_new_was_given():
    entries = {f"a/websocket_value.{index}": '"old"' for index in range(3)} | {
        "a/password": "old",
        "b/password": "other",
    }
    store = SecretStore(Kind(entries))
    await store.save("a", Secrets(key_password="k", websocket_values=("1",)), remember=True)
    assert entries == {
        "a/password": "old",
        "a/key_password": "k",
        "a/websocket_value.0": '"1"',
        "b/password": "other",
    }
    assert store.known("a") == Secrets(password="old", key_password="k", websocket_values=("1",))


async def test_a_new_password_typed_while_the_keyring_is_locked_loses_nothing_else():
    backend = Locked({"a/password": "old", "a/key_password": "kp"})
    store = SecretStore(backend)
    assert await store.load("a") == Secrets()
    await store.save("a", Secrets(password="new"), remember=True)
    backend.locked = False
    assert await store.unlock()
    assert backend.entries == {"a/password": "new", "a/key_password": "kp"}


async def test_what_is_forgotten_while_the_keyring_is_locked_goes_when_it_opens():
    backend = Locked({"a/password": "old", "a/key_password": "kp"})
    store = SecretStore(backend)
    await store.forget("a")
    backend.locked = False
    assert await store.unlock()
    assert backend.entries == {}


async def test_not_remembered_is_kept_for_the_session_and_removed_from_the_keyring():
    backend = Kind()
    store = SecretStore(backend)
    await store.save("a", FULL, remember=True)
    await store.save("a", FULL, remember=False)
    assert backend.entries == {}
    assert await store.load("a") == FULL
    assert store.text_for("a") == "Kept for this session only, as chosen for this broker."
    assert store.text_for("b") == "Kept in the system keyring (Kind Keyring)."


async def test_forget_leaves_nothing():
    backend = Kind()
    store = SecretStore(backend)
    await store.save("a", FULL, remember=True)
    await store.forget("a")
    assert backend.entries == {}
    assert store.known("a") is None
    assert await store.load("a") == Secrets()


async def test_duplicate_copies_and_a_session_secret_stays_one():
    backend = Kind()
    await SecretStore(backend).save("a", FULL, remember=True)
    store = SecretStore(backend)
    await store.duplicate("a", "b")
    assert await SecretStore(backend).load("b") == FULL
    await store.save("c", Secrets(password="x"), remember=False)
    await store.duplicate("c", "d")
    assert store.known("d") == Secrets(password="x")
    assert not any(entry.startswith(("c/", "d/")) for entry in backend.entries)
    await store.duplicate("nobody", "e")
    assert store.known("e") is None


async def test_calls_of_one_profile_are_in_order_and_one_at_a_time(gated):
    store = SecretStore(gated)
    jobs = [asyncio.ensure_future(store.load("a"))]
    await settled(lambda: gated.inside == 1)
    for number in range(20):
        jobs.append(asyncio.ensure_future(store.save("a", Secrets(password=str(number)), remember=True)))
        jobs.append(
            asyncio.ensure_future(store.save("b", Secrets(password=str(number)), remember=number % 2 == 1))
        )
    await asyncio.sleep(0.02)
    assert store.known("a") == Secrets(password="19")
    gated.gate.set()
    await asyncio.gather(*jobs)
    assert gated.entries == {"a/password": "19", "b/password": "19"}
    assert gated.most_inside == 1
    assert await store.load("a") == Secrets(password="19")


# -- keyrings that do not work -----------------------------------------------------------------------------------------


async def test_a_hanging_keyring_costs_its_time_limit_once_and_one_thread(gated):
    before = threading.active_count()
    store = SecretStore(gated, timeout_s=0.2)
    start = time.monotonic()
    assert await store.load("a") == Secrets()
    assert 0.15 < time.monotonic() - start < 1.0
    assert store.place is Place.SESSION
    assert (
        store.place_text
        == "Kept for this session only: the keyring does not answer; it may be waiting to be unlocked."
    )
    assert store.can_unlock
    start = time.monotonic()
    for number in range(50):
        await store.load(f"p{number}")
        await store.save(f"p{number}", Secrets(password="x"), remember=True)
    assert time.monotonic() - start < 1.0
    assert threading.active_count() <= before + 1
    assert store.known("p7") == Secrets(password="x")


async def test_the_loop_goes_on_while_the_keyring_hangs(gated):
    store = SecretStore(gated, timeout_s=0.3)
    load = asyncio.ensure_future(store.load("a"))
    gaps = []
    while not load.done():
        start = time.monotonic()
        await asyncio.sleep(0.005)
        gaps.append(time.monotonic() - start)
    assert len(gaps) > 20


async def test_what_a_slow_keyring_says_at_last_is_taken_and_what_waited_is_stored(gated):
    gated.entries["a/password"] = "old"
    store = SecretStore(gated, timeout_s=0.1)
    await store.load("a")
    await store.save("b", Secrets(password="typed"), remember=True)
    assert store.text_for("b").startswith("Kept for this session only: the keyring does not answer")
    changes = []
    store.changed.connect(lambda: changes.append(store.place))
    gated.gate.set()
    await settled(lambda: gated.entries.get("b/password") == "typed")
    await settled(lambda: store.text_for("b") == "Kept in the system keyring (Kind Keyring).")
    assert store.known("a") == Secrets(password="old")
    assert Place.KEYRING in changes
    assert not store.can_unlock


async def test_what_was_typed_meanwhile_beats_what_a_slow_keyring_says(gated):
    gated.entries["a/password"] = "old"
    store = SecretStore(gated, timeout_s=0.1)
    await store.load("a")
    await store.save("a", Secrets(password="new"), remember=True)
    gated.gate.set()
    await settled(lambda: gated.entries["a/password"] == "new")
    assert store.known("a") == Secrets(password="new")


async def test_what_was_forgotten_meanwhile_does_not_come_back(gated):
    gated.entries["a/password"] = "old"
    store = SecretStore(gated, timeout_s=0.1)
    await store.load("a")
    await store.forget("a")
    assert await store.load("a") == Secrets()
    gated.gate.set()
    await settled(lambda: gated.entries == {})
    assert await store.load("a") == Secrets()


async def test_unlock_waits_longer_for_the_users_dialog(gated):
    gated.entries["a/password"] = "pw"
    store = SecretStore(gated, timeout_s=0.1)
    await store.load("a")
    unlocking = asyncio.ensure_future(store.unlock(timeout_s=5))
    await asyncio.sleep(0.25)
    assert not unlocking.done()
    await store.save("b", Secrets(password="x"), remember=True)
    gated.gate.set()
    assert await unlocking
    assert store.place is Place.KEYRING
    await settled(lambda: gated.entries.get("b/password") == "x")
    assert await store.load("a") == Secrets(password="pw")
    assert gated.most_inside == 1


async def test_an_unlock_that_is_not_answered_ends(gated):
    store = SecretStore(gated, timeout_s=0.05)
    assert not await store.unlock(timeout_s=0.2)
    assert not await store.unlock(timeout_s=0.2)
    assert len(gated.threads) == 1


async def test_a_cancelled_call_does_not_let_a_second_one_in(gated):
    store = SecretStore(gated, timeout_s=5)
    first = asyncio.ensure_future(store.load("a"))
    await settled(lambda: gated.inside == 1)
    first.cancel()
    second = asyncio.ensure_future(store.save("b", Secrets(password="x"), remember=True))
    await asyncio.sleep(0.05)
    gated.gate.set()
    await second
    assert gated.most_inside == 1
    assert gated.entries == {"b/password": "x"}


async def test_a_locked_keyring_is_named_and_unlocking_stores_what_waited():
    backend = Locked()
    store = SecretStore(backend)
    await store.save("a", FULL, remember=True)
    assert store.place_text == "Kept for this session only: the keyring is locked."
    assert store.can_unlock
    assert not await store.unlock()
    backend.locked = False
    assert await store.unlock()
    assert await SecretStore(backend).load("a") == FULL


async def test_a_keyring_whose_dialog_was_dismissed_may_be_asked_again():
    class Dismissed(Kind):
        def get_password(self, service, username):
            raise InitError("Failed to create the collection: Prompt dismissed..")

    store = SecretStore(Dismissed())
    await store.load("a")
    assert store.place_text == "Kept for this session only: the keyring could not be opened."
    assert store.can_unlock


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (fail.Keyring(), "no keyring is running."),
        (null.Keyring(), "the keyring is switched off in its settings."),
        (PlaintextKeyring(), "the only keyring found would write them to a file anybody can read."),
        (NotRecommended(), "the only keyring found would write them to a file anybody can read."),
    ],
    ids=["fail", "null", "plain text", "not recommended"],
)  # fmt: skip
async def test_a_keyring_that_keeps_no_secret_is_refused(backend, reason):
    store = SecretStore(backend)
    await store.save("a", FULL, remember=True)
    assert store.place is Place.SESSION
    assert store.place_text == f"Kept for this session only: {reason}"
    assert not store.can_unlock
    assert store.known("a") == FULL
    assert not getattr(backend, "entries", None)


async def test_a_file_keyring_of_another_library_is_refused():
    alt = type("EncryptedKeyring", (Kind,), {"__module__": "keyrings.alt.file"})()
    store = SecretStore(alt)
    await store.save("a", FULL, remember=True)
    assert store.place is Place.SESSION
    assert alt.calls == []


async def test_no_failure_quotes_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    store = SecretStore(Telltale())
    secret = Secrets(password="canary-91", websocket_values=("canary-92",))
    await store.save("a", secret, remember=True)
    assert store.place_text == "Kept for this session only: the keyring could not store or read them."
    assert store.text_for("a") == store.place_text
    assert await store.load("a") == secret
    assert "canary" not in caplog.text + store.place_text + repr(store.known("a")) + repr(vars(store))


async def test_one_secret_a_keyring_refuses_does_not_hide_that_others_are_kept():
    class NoLong(Kind):
        def set_password(self, service, username, password):
            if len(password) > 100:
                raise OSError(1783, "CredWrite", "The stub received bad data.")
            super().set_password(service, username, password)

    store = SecretStore(NoLong())
    await store.save("a", Secrets(password="x" * 200), remember=True)
    await store.save("b", Secrets(password="x"), remember=True)
    assert store.text_for("a") == "Kept for this session only: the keyring could not store or read them."
    assert store.text_for("b") == "Kept in the system keyring (Kind Keyring)."


async def test_changed_is_told_once_per_change():
    store = SecretStore(Kind())
    places = []
    store.changed.connect(lambda: places.append(store.place))
    for number in range(5):
        await store.save("a", Secrets(password=str(number)), remember=True)
    assert places == [Place.KEYRING]


# -- which keyring -----------------------------------------------------------------------------------------------------

CHOOSE = """
import asyncio, sys
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.profiles.secrets import SecretStore
assert "keyring" not in sys.modules, "it takes 170 ms: only when it is needed"
store = SecretStore()
assert "keyring" not in sys.modules
asyncio.run(store.save("a", Secrets(password="x"), remember=True))
print(store.place_text)
"""


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.null.Keyring", "the keyring is switched off in its settings."),
        ("keyring.backends.fail.Keyring", "no keyring is running."),
        ("not.installed.Keyring", "the keyring that is set up cannot be loaded."),
    ],
)
def test_what_the_user_set_up_for_the_library_counts(tmp_path, monkeypatch, backend, said):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    result = subprocess.run([sys.executable, "-c", CHOOSE], capture_output=True, text=True, check=False)
    assert result.stdout == f"Kept for this session only: {said}\n", result.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a keyring")
def test_without_a_keyring_the_session_has_to_do(monkeypatch, tmp_path):
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    result = subprocess.run([sys.executable, "-c", CHOOSE], capture_output=True, text=True, check=False)
    assert result.stdout == "Kept for this session only: no keyring is running.\n", result.stderr
