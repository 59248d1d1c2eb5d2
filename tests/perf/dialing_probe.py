# SPDX-License-Identifier: MIT
"""The program as shipped, made to connect to one address after another, each time cancelled: measures its loop and the cancel.

`python -m tests.perf.dialing_probe RECORD SECONDS URL… -- ARGUMENTS OF THE PROGRAM`
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from mqtt_explorer import cli
from mqtt_explorer.app import main as app_main
from mqtt_explorer.app.connector import Connector
from mqtt_explorer.measure import LoopGap
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.tasks import create_task
from tests.perf.reconnect_probe import Record

SETTLE_S = 2.0
"""After its start the window still loads this and that."""
AFTER_S = 0.3
"""What a cancel leaves to be done is measured too."""
LOOK_S = 0.001
GIVE_UP_S = 30.0


class Dialing(Connector):
    """Connects and cancels by itself, as a user at the start page would."""

    record: Record
    seconds: float
    urls: list[str]

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        create_task(self._drive(), name="dialing benchmark")

    async def _drive(self) -> None:
        await asyncio.sleep(SETTLE_S)
        gap = LoopGap()
        gap.start()
        await asyncio.sleep(self.seconds)
        self.record.tell("idle", gaps=gap.read()._asdict())
        for url in self.urls:
            connection = self.connect(
                ConnectOptions(BrokerUrl.parse(url)[0]), (Subscription(TopicFilter("#")),)
            )
            await asyncio.sleep(self.seconds)
            state = connection.state.state
            begin = time.monotonic()
            self.cancel()
            while (
                connection.state.state is not LinkState.DISCONNECTED
                or connection in self._workspace.connections
            ):
                await asyncio.sleep(LOOK_S)
                if time.monotonic() - begin > GIVE_UP_S:
                    raise RuntimeError("the cancel was never done")
            cancelled = time.monotonic() - begin
            await asyncio.sleep(AFTER_S)
            self.record.tell(
                "dialled", url=url, state=state.value, cancel_s=cancelled, gaps=gap.read()._asdict()
            )
        await gap.stop()


def main() -> int:
    """Runs the program with the other connector."""
    at = sys.argv.index("--")
    Dialing.record, Dialing.seconds = Record(Path(sys.argv[1])), float(sys.argv[2])
    Dialing.urls = sys.argv[3:at]
    vars(app_main)["Connector"] = Dialing
    return cli.main(sys.argv[at + 1 :])


if __name__ == "__main__":
    sys.exit(main())
