# SPDX-License-Identifier: MIT
"""What stands beside a connection's state, on connections that really go through it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

from PySide6.QtCore import QCoreApplication, QTranslator

from mqtt_explorer.connection import Connection
from mqtt_explorer.models.state_wording import list_entry, state_details, state_tone, state_word, step_words
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.steps import Step
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store import Budget
from tests.support.scripted_peer import ScriptedPeer, mute


@asynccontextmanager
async def opened(port, **options):
    url, _, _ = BrokerUrl.parse(f"mqtt://127.0.0.1:{port}")
    connection = Connection(ConnectOptions(url, **options), budget=Budget(256 << 20))
    connection.open()
    try:
        yield connection
    finally:
        await connection.close()


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.01)


def test_every_state_has_a_word_and_a_tone(qapp):
    assert len({state_word(state) for state in LinkState}) == len(LinkState)
    assert {state: state_tone(state) for state in LinkState} == {
        LinkState.CONNECTED: "ok",
        LinkState.CONNECTING: "accent",
        LinkState.WAITING: "warn",
        LinkState.FAILED: "error",
        LinkState.DISCONNECTED: "muted",
    }


def test_lists_say_it_in_small_words(qapp):
    assert [list_entry(state) for state in LinkState] == [
        ("open" if state is LinkState.CONNECTED else state_word(state).strip("…").lower(), state_tone(state))
        for state in LinkState
    ]


async def test_the_step_while_connecting(qapp):
    with ScriptedPeer(mute) as peer:
        async with opened(peer.port) as connection:
            await until(lambda: connection.step is Step.CONNECT)
            assert (
                state_details(connection) == f"Waiting for the broker's answer · mqtt://127.0.0.1:{peer.port}"
            )


async def test_a_later_attempt_says_its_number(qapp):
    accepted = []

    def script(sock):
        accepted.append(sock)
        if len(accepted) > 1:
            mute(sock)

    with ScriptedPeer(script) as peer:
        async with opened(peer.port) as connection:
            await until(lambda: connection.state.state is LinkState.WAITING)
            assert state_details(connection) == f"mqtt://127.0.0.1:{peer.port}"
            connection.retry_now()
            await until(lambda: connection.state.attempt > 1 and connection.step is Step.CONNECT)
            assert "attempt 2" in state_details(connection).split(" · ")


async def test_the_facts_of_a_connection(qapp, broker):
    async with opened(broker.port, keep_alive=17) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        parts = state_details(connection).split(" · ")
        assert parts[:3] == ["MQTT 5", "keep-alive 17 s", "clean session"]
        await until(lambda: connection.rtt_s is not None)
        assert state_details(connection).split(" · ")[-1].startswith("RTT ")


async def test_no_keep_alive_is_said_and_the_broker_has_the_last_word(qapp, broker):
    async with opened(broker.port, keep_alive=0, version=ProtocolVersion.V311) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        assert "no keep-alive" in state_details(connection).split(" · ")
    async with opened(broker.port, keep_alive=0) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        told = connection.state.connack.server_keep_alive  # mosquitto does not do without
        assert f"keep-alive {told} s" in state_details(connection).split(" · ")


async def test_a_kept_session_is_told_from_a_new_one(qapp, broker):
    kept = {"client_id": "wording-session", "clean_start": False, "session_expiry": 60}
    async with opened(broker.port, **kept) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        assert "new session" in state_details(connection).split(" · ")
    async with opened(broker.port, **kept) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        assert "session resumed" in state_details(connection).split(" · ")


class _Shout(QTranslator):
    """Every text of the models in capitals, as a language of its own."""

    def translate(self, context, source, disambiguation=None, n=-1):
        return source.upper() if context == "Models" else ""

    def isEmpty(self):
        return False


def test_states_and_steps_are_translated(qapp):
    shout = _Shout()
    QCoreApplication.installTranslator(shout)
    try:
        assert state_word(LinkState.WAITING) == "WAITING"
        assert [step_words(step) for step in Step] == [step.text.upper() for step in Step]
    finally:
        QCoreApplication.removeTranslator(shout)
