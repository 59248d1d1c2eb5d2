# SPDX-License-Identifier: MIT
"""No secret is left behind: real runs with canaries as secrets, then every file and every word they wrote is searched for them.

Each run has a home, a temporary folder and a configuration folder of its own. That the secrets were really used is seen on the wire or by
a broker that asks for them, that the search finds one is proved with planted ones.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
from tests.support.fault_proxy import FaultProxy
from tests.support.mosquitto import password_protected, tls

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Canary-9vK+pä/ss?w0rd"
WRONG = "Canary-2bT+wrong/ä?"
TOKEN = "Canary-7qZ+token/x"
HEADER = "Bearer Canary-5mH+header/x"
USER = "ada"
TIMEOUT_S = 20.0
PROFILE = "canaryprofile"

#: The program, made to meet an error of its own in a place that knows the secrets, once it has connected or failed to.
MEETS_AN_ERROR = """
import asyncio
import os
import sys
from mqtt_explorer import cli
from mqtt_explorer.app import main
from mqtt_explorer.app.connector import Connector
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.tasks import create_task

async def fail(options, password):
    await asyncio.sleep(0)
    raise ValueError("an error of the program")

def fail_in_a_callback(options, password):
    raise LookupError("another error of the program")

class Failing(Connector):
    def __init__(self, workspace, book, secrets):
        super().__init__(workspace, book, secrets)
        values = os.environ.get("CANARY_SECRETS", "").split("\\n")
        if len(values) == 4:
            password, key_password, query, header = values
            given = Secrets(
                password=password, key_password=key_password or None, websocket_query=query or None,
                websocket_values=(header,) if header else (),
            )
            create_task(secrets.save(os.environ["CANARY_PROFILE"], given, remember=True), name="give secrets")
        create_task(self.wait_and_fail(workspace), name="wait for a connection")

    async def wait_and_fail(self, workspace):
        while not (workspace.connections or self.attempts):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        for connection in workspace.connections:
            options, password = connection.options, connection.options.password
            create_task(fail(options, password), name="fails")
            asyncio.get_running_loop().call_soon(fail_in_a_callback, options, password)

main.Connector = Failing
sys.exit(cli.main())
"""

#: The program; the system keeps no picture of its memory, where a secret must be.
WITHOUT_A_DUMP = """
import resource
import sys
from mqtt_explorer import cli
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
sys.exit(cli.main())
"""


def forms(secret: str) -> dict[str, bytes]:
    """A secret as it may be written: as it is, for a URL, for JSON, in base64 at any place of a longer text, in hex, in UTF-16."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "Latin-1": secret.encode("latin-1"),
        "URL-quoted": quote(secret, safe="").encode(),
        "URL-quoted with slashes": quote(secret).encode(),
        "form-quoted": quote_plus(secret).encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "hex": raw.hex().encode(),
        "UTF-16": secret.encode("utf-16-le"),
    }
    for shift in range(3):
        # What follows or precedes changes the characters at both ends; those in between are its own.
        whole = base64.b64encode(b"\0" * shift + raw)
        own = whole[-(-shift * 8 // 6) : len(whole) // 4 * 4 - 4]
        found[f"base64, shifted by {shift}"] = own
        found[f"base64 for URLs, shifted by {shift}"] = own.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def hits(folder: Path, secrets: list[str]) -> list[str]:
    """Every place below a folder, names of files included, that holds a secret in any form."""
    found = []
    for path in sorted(folder.rglob("*")):
        places = [("name", str(path.relative_to(folder)).encode())]
        if path.is_symlink():
            places.append(("target", os.readlink(path).encode()))
        elif path.is_file():
            places.append(("content", path.read_bytes()))
        for what, content in places:
            lower = content.lower()
            for secret in secrets:
                for form, needle in forms(secret).items():
                    # Letters of hex digits and of escapes may be of either case.
                    if needle in content or (not form.startswith("base64") and needle.lower() in lower):
                        found.append(f"{path.relative_to(folder)} ({what}): {secret[:10]}… as {form}")
    return found


class World:
    """Where a run may write: all of it is searched.

    Attributes:
        folder: Holds everything.
        config: Given with --config.
        metrics: Given with --metrics.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.metrics = folder / "config", folder / "metrics.jsonl"
        for name in ("home", "tmp", "run", "config"):
            (folder / name).mkdir(parents=True, mode=0o700)
        self._started: list[subprocess.Popen[bytes]] = []

    def environment(self, **more: str) -> dict[str, str]:
        """No folder, keyring or bus of the machine's user."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_"))}
        home, temporary = str(self.folder / "home"), str(self.folder / "tmp")
        return {
            **own, "HOME": home, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary,
            "XDG_CONFIG_HOME": f"{home}/.config", "XDG_CACHE_HOME": f"{home}/.cache", "XDG_DATA_HOME": f"{home}/.local/share",
            "XDG_STATE_HOME": f"{home}/.local/state", "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONFAULTHANDLER": "1", "PYTHONASYNCIODEBUG": "1", "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*.debug=true",
            **more,
        }  # fmt: skip

    def start(self, *arguments: object, code: str = "", **variables: str) -> subprocess.Popen[bytes]:
        """Starts the window, or what the arguments say; its words go into files of the world."""
        number = len(self._started)
        command = [sys.executable, *(["-c", code] if code else ["-m", "mqtt_explorer"])]
        if arguments[:1] != ("watch",):
            command += ["--config", str(self.config), "--metrics", str(self.metrics)]
        with (
            (self.folder / f"stdout-{number}").open("wb") as out,
            (self.folder / f"stderr-{number}").open("wb") as err,
        ):
            process = subprocess.Popen(
                [*command, *map(str, arguments)], cwd=ROOT, env=self.environment(**variables), stdout=out, stderr=err
            )  # fmt: skip
        self._started.append(process)
        return process

    def said(self, number: int = 0) -> str:
        """What a process wrote to stderr so far."""
        return (self.folder / f"stderr-{number}").read_text(encoding="utf-8", errors="replace")

    def printed(self, number: int = 0) -> str:
        """What a process wrote to stdout so far."""
        return (self.folder / f"stdout-{number}").read_text(encoding="utf-8", errors="replace")

    def states(self) -> list[str]:
        """The states of the first connection, as the metrics have them."""
        if not self.metrics.exists():
            return []
        lines = [line for line in self.metrics.read_text().splitlines(keepends=True) if line.endswith("\n")]
        connections = [json.loads(line)["connections"] for line in lines]
        return [found[0]["state"] for found in connections if found]

    def stop(self) -> None:
        """Kills what a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()

    def is_clean(self, *secrets: str) -> None:
        """Nothing of the secrets is to be found."""
        assert hits(self.folder, list(secrets)) == []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world")
    yield made
    made.stop()


@pytest.fixture
def guarded(broker_factory, tmp_path):
    """A broker that asks for the password, over TCP and over websockets."""
    users = {USER: PASSWORD}
    return broker_factory(
        listeners={
            "mqtt": password_protected(tmp_path, users), "ws": password_protected(tmp_path, users, websockets=True)
        }
    )  # fmt: skip


async def until(condition: Callable[[], object], what: str, world: World, seconds: float = TIMEOUT_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        said = world.said()[-2_000:]
        assert time.monotonic() < end, f"never came: {what}; states {world.states()[-3:]}; stderr: {said}"
        await asyncio.sleep(0.02)


async def ended(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
    process.send_signal(number)
    return await asyncio.to_thread(process.wait, TIMEOUT_S)


# --- the search finds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(forms(PASSWORD)))
def test_the_search_finds_a_secret_in_every_form(tmp_path, form):
    (tmp_path / ".hidden").mkdir()
    file = tmp_path / ".hidden" / "deep.bin"
    file.write_bytes(os.urandom(1_000) + forms(PASSWORD)[form] + os.urandom(1_000))
    found = hits(tmp_path, [PASSWORD, TOKEN])
    assert any(f"as {form}" in hit for hit in found)
    assert all("deep.bin (content)" in hit for hit in found)
    file.write_bytes(forms(PASSWORD)[form][1:])
    assert not any(f"as {form}" in hit for hit in hits(tmp_path, [PASSWORD]))


@pytest.mark.parametrize("before", ["", "a", "ab", "ada:"])
@pytest.mark.parametrize("behind", ["", "@", "@h", "@host/path"])
def test_the_search_finds_a_secret_inside_a_longer_text_in_base64(tmp_path, before, behind):
    text = f"{before}{PASSWORD}{behind}".encode()
    (tmp_path / "a").write_bytes(b"Basic " + base64.b64encode(text))
    (tmp_path / "b").write_bytes(base64.urlsafe_b64encode(text))
    found = hits(tmp_path, [PASSWORD])
    assert {hit[0] for hit in found} == {"a", "b"}


def test_the_search_finds_secrets_in_names_and_links_and_upper_case_escapes(tmp_path):
    (tmp_path / quote(TOKEN, safe="")).touch()
    (tmp_path / "link").symlink_to(TOKEN)
    (tmp_path / "hex").write_text(TOKEN.encode().hex().upper())
    (tmp_path / "lower").write_text(quote(PASSWORD, safe="").lower())
    found = hits(tmp_path, [TOKEN, PASSWORD])
    assert {hit.split()[0] for hit in found} >= {"link", "hex", "lower", quote(TOKEN, safe="")}
    assert len({hit.split(" (")[0] for hit in found}) == 4


# --- the runs -----------------------------------------------------------------------------------------------------------


async def test_a_login_in_the_url_a_broken_connection_and_errors_of_the_program(world, guarded):
    login = f"{USER}:{quote(PASSWORD, safe='')}"
    async with FaultProxy(guarded.port) as proxy:
        program = world.start(f"mqtt://{login}@127.0.0.1:{proxy.port}", code=MEETS_AN_ERROR)
        await until(lambda: "connected" in world.states(), "the connection", world)
        await until(lambda: "another error of the program" in world.said(), "the error reports", world)
        assert "ValueError: an error of the program" in world.said()
        proxy.cut()
        await until(lambda: proxy.accepted == 2, "the next connection", world)
        proxy.down.corrupt_share = 0.5
        proxy.cut()
        await until(lambda: proxy.accepted == 3, "a damaged connection", world)
        await asyncio.sleep(0.3)
        assert await ended(program) == 0
    assert (world.config / "settings.json").exists()
    assert world.metrics.stat().st_size > 0
    world.is_clean(PASSWORD)


async def test_a_crash(world, guarded):
    program = world.start(f"mqtt://127.0.0.1:{guarded.port}", "-u", USER, MQTT_EXPLORER_QT_PASSWORD=PASSWORD)
    await until(lambda: "connected" in world.states(), "the connection", world)
    assert await ended(program, signal.SIGABRT) == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in world.said()
    world.is_clean(PASSWORD)


async def test_a_failed_login(world, guarded):
    program = world.start(
        f"mqtt://127.0.0.1:{guarded.port}", "-u", USER,
        code=MEETS_AN_ERROR, MQTT_EXPLORER_QT_PASSWORD=WRONG,
    )  # fmt: skip
    await asyncio.to_thread(guarded.wait_for_log, "not authorised", timeout_s=TIMEOUT_S)
    await until(world.metrics.exists, "the window", world)
    await asyncio.sleep(0.5)
    assert "connected" not in world.states()
    assert await ended(program) == 0
    world.is_clean(WRONG)


async def test_a_token_in_the_address_of_a_websocket(world, guarded):
    seen = bytearray()
    async with FaultProxy(guarded.ports["ws"], observer=lambda *what: seen.extend(what[2])) as proxy:
        query = f"token={quote(TOKEN, safe='')}"
        program = world.start(
            f"ws://127.0.0.1:{proxy.port}/mqtt?{query}", "-u", USER, "-P", PASSWORD, code=MEETS_AN_ERROR
        )
        await until(lambda: "connected" in world.states(), "the connection", world)
        await until(lambda: "another error of the program" in world.said(), "the error reports", world)
        assert await ended(program) == 0
    assert quote(TOKEN, safe="").encode() in seen
    world.is_clean(TOKEN, PASSWORD)


async def test_a_saved_broker_with_secrets_of_every_kind(world, guarded):
    seen = bytearray()
    async with FaultProxy(guarded.ports["ws"], observer=lambda *what: seen.extend(what[2])) as proxy:
        profile = Profile(
            id=PROFILE, name="Canary", url=f"ws://127.0.0.1:{proxy.port}", username=USER, websocket_path="/mqtt",
            websocket_headers=("Authorization",), connect_at_start=True,
        )  # fmt: skip
        ProfileFile(world.config).save(Library(profiles=(profile,)))
        query = f"token={quote(TOKEN, safe='')}"
        program = world.start(
            code=MEETS_AN_ERROR, CANARY_PROFILE=PROFILE, CANARY_SECRETS="\n".join((PASSWORD, "", query, HEADER))
        )  # fmt: skip
        await until(lambda: "connected" in world.states(), "the connection", world)
        await until(lambda: "another error of the program" in world.said(), "the error reports", world)
        assert await ended(program) == 0
    assert HEADER.encode() in seen
    assert quote(TOKEN, safe="").encode() in seen
    assert PROFILE in (world.config / "profiles.json").read_text()
    world.is_clean(PASSWORD, TOKEN, HEADER)


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
async def test_a_saved_broker_with_a_locked_key(world, broker_factory, certificates, right):
    broker = broker_factory(listeners={"mqtts": tls(certificates, require_client_certificate=True)})
    profile = Profile(
        id=PROFILE, name="Canary", url=f"mqtts://127.0.0.1:{broker.port}", trust="file", ca_file=str(certificates.ca),
        certificate="pem", cert_file=str(certificates.client_locked.cert), key_file=str(certificates.client_locked.key),
        connect_at_start=True,
    )  # fmt: skip
    ProfileFile(world.config).save(Library(profiles=(profile,)))
    password = certificates.key_password if right else WRONG
    program = world.start(
        code=MEETS_AN_ERROR, CANARY_PROFILE=PROFILE, CANARY_SECRETS="\n".join(("", password, "", ""))
    )
    if right:
        await until(lambda: "connected" in world.states(), "the connection", world)
        await until(lambda: "another error of the program" in world.said(), "the error reports", world)
    else:
        await until(lambda: world.metrics.exists(), "the window", world)
        await asyncio.sleep(2)
        assert "connected" not in world.states()
    assert await ended(program) == 0
    world.is_clean(password)


async def test_watch(world, guarded):
    login = f"{USER}:{quote(PASSWORD, safe='')}"
    query = f"token={quote(TOKEN, safe='')}"
    runs = [
        (0, "connected", f"mqtt://{login}@127.0.0.1:{guarded.port}", {}),
        (1, "failed", f"mqtt://{USER}:{quote(WRONG, safe='')}@127.0.0.1:{guarded.port}", {}),
        (0, "connected", f"ws://127.0.0.1:{guarded.ports['ws']}/mqtt?{query}", {"MQTT_EXPLORER_QT_PASSWORD": PASSWORD}),
        (1, "waiting", f"mqtt://{login}@127.0.0.1:1", {}),
        (2, "", f"mqtx://{login}@127.0.0.1", {}),
        (2, "", f"mqtt://{login}@127.0.0.1:99999/?{query}", {}),
        (2, "", f"mqtt://{login}@ 127.0.0.1/{quote(TOKEN, safe='')}@x", {}),
    ]  # fmt: skip
    started = [world.start("watch", url, "-u", USER, "--for", "2", **env) for *_, url, env in runs]
    for number, (process, (code, state, url, _)) in enumerate(zip(started, runs, strict=True)):
        assert await asyncio.to_thread(process.wait, TIMEOUT_S) == code, (url, world.said(number))
        if state:
            assert f'"state":"{state}"' in world.printed(number)
        else:
            assert world.said(number)
    world.is_clean(PASSWORD, WRONG, TOKEN)
