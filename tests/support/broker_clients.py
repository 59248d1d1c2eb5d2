# SPDX-License-Identifier: MIT
"""Connections and clients of a real broker for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from mqtt_explorer.connection import Connection
from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.link import LinkState, StateChange
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store.budget import Budget
from tests.support.certificates import Certificates
from tests.support.mqtt_peer import until


def broker_options(
    port: int, scheme: str = "mqtt", certificates: Certificates | None = None, **more: Any
) -> ConnectOptions:
    """Options for a broker on this machine that trust the test authority."""
    url, _, _ = BrokerUrl.parse(f"{scheme}://127.0.0.1:{port}")
    if certificates is not None and url.tls:
        more.setdefault("tls", TlsOptions(ca_file=str(certificates.ca)))
    return ConnectOptions(url, **more)


class Inbox:
    """A client and the messages it got."""

    def __init__(self, options: ConnectOptions) -> None:
        self.frames: list[Any] = []
        self.client = MqttClient(options, on_batch=lambda batch: self.frames.extend(batch.frames))

    @property
    def payloads(self) -> list[bytes]:
        """The payloads in order."""
        return [frame[3] for frame in self.frames]


@asynccontextmanager
async def inbox(options: ConnectOptions, *subscriptions: Subscription) -> AsyncIterator[Inbox]:
    """A bare client, connected and subscribed."""
    made = Inbox(options)
    try:
        await made.client.connect(await dial(options))
        if subscriptions:
            await made.client.subscribe(subscriptions)
        yield made
    finally:
        await made.client.disconnect()


@asynccontextmanager
async def opened(
    options: ConnectOptions, subscriptions: Sequence[Subscription] = (), *, wait: bool = True
) -> AsyncIterator[tuple[Connection, list[StateChange]]]:
    """A connection that connects, and the list of its changes of state."""
    connection = Connection(options, budget=Budget(), subscriptions=subscriptions)
    changes: list[StateChange] = []
    connection.state_changed.connect(changes.append)
    connection.open()
    try:
        if wait:
            await until(lambda: connection.state.state is LinkState.CONNECTED)
            answered = (RowState.GRANTED, RowState.REFUSED)
            await until(lambda: all(row.state in answered for row in connection.subscriptions.rows))
        yield connection, changes
    finally:
        await connection.close()


def sub(text: str, qos: int = 0, **more: Any) -> Subscription:
    """A subscription, in few words."""
    return Subscription(TopicFilter(text), qos, **more)
