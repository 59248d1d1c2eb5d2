# SPDX-License-Identifier: MIT
"""The embedded broker (amqtt, MQTT 3.1.1), in a process of its own: its work must not share the window's loop."""

from __future__ import annotations

import asyncio
import logging

from mqtt_explorer.demo import children


def main(port: int) -> int:
    """Runs until the guard is gone or ends it."""
    # Imported here: the extra `demo` may be absent, and its modules take a third of a second.
    from amqtt.broker import Broker

    logging.basicConfig(
        level=logging.ERROR
    )  # to stderr; it warns of every client that goes without DISCONNECT
    children.end_with_parent()
    configuration = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }

    async def serve() -> None:
        await Broker(configuration).start()
        await asyncio.Event().wait()

    asyncio.run(serve())
    return 0
