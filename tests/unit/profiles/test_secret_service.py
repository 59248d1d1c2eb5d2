# SPDX-License-Identifier: MIT
"""Secrets in the real Secret Service: a GNOME keyring on a message bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-run-session") is None or shutil.which("gnome-keyring-daemon") is None,
    reason="needs dbus-run-session and gnome-keyring-daemon",
)

PROGRAM = """
import asyncio, sys
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.profiles.secrets import SecretStore

FULL = Secrets(password="canary-95 ü", key_password="kp", websocket_query="q", websocket_values=("", "v" * 5000))

async def main():
    store = SecretStore(timeout_s=10)
    await store.save("a", FULL, remember=True)
    print(store.place_text)
    again = SecretStore(timeout_s=10)
    assert await again.load("a") == FULL
    await again.duplicate("a", "b")
    await again.forget("a")
    third = SecretStore(timeout_s=10)
    assert await third.load("a") == Secrets()
    assert await third.load("b") == FULL
    await third.save("b", FULL, remember=False)
    assert await SecretStore(timeout_s=10).load("b") == Secrets()

asyncio.run(main())
print("done")
"""
LOCKED = """
import asyncio
import secretstorage
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.profiles.secrets import SecretStore

secretstorage.get_default_collection(secretstorage.dbus_init()).lock()

async def main():
    store = SecretStore(timeout_s=10)
    await store.save("a", Secrets(password="x"), remember=True)
    print(store.place_text, store.can_unlock)
    print(await store.unlock(10), store.place_text)
    assert await store.load("a") == Secrets(password="x")

asyncio.run(main())
"""
SESSION = (
    'printf "secret" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$0" -c "$1"'
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home and a run-time folder that belong to nobody else."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    own = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(tmp_path / "data")}
    without = (
        "PYTHON_KEYRING_BACKEND",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XDG_CONFIG_HOME",
    )
    return {name: value for name, value in os.environ.items() if name not in without} | own


def run(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", SESSION, sys.executable, program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_secrets_live_in_the_secret_service_and_leave_it(environment, tmp_path):
    result = run(PROGRAM, environment)
    assert result.stdout == "Kept in the system keyring (Secret Service).\ndone\n", result.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files, "the keyring wrote no file: the test proves nothing"
    assert not any(b"canary-95" in path.read_bytes() for path in files)


def test_a_locked_one_is_named_and_the_session_goes_on(environment):
    """There is no display for its dialog, so the daemon takes it for dismissed."""
    result = run(LOCKED, environment)
    locked = "Kept for this session only: the keyring is locked."
    assert result.stdout.splitlines() == [f"{locked} True", f"False {locked}"], result.stderr
