# SPDX-License-Identifier: MIT
"""The program as shipped, connected to several brokers at once: `python -m tests.perf.several_brokers ARGUMENTS --also URL …`.

The workspace holds several connections, but the window offers no second one yet; here they are opened beside the first.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mqtt_explorer import cli
from mqtt_explorer.app import main as app_main
from mqtt_explorer.app.connector import Connector
from mqtt_explorer.connection import Connection
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.url import BrokerUrl

more_urls: list[str] = []


class SeveralConnector(Connector):
    """Opens the other brokers together with the first; only the first is shown."""

    def connect(
        self, options: ConnectOptions, subscriptions: Sequence[Subscription], title: str | None = None
    ) -> Connection:
        """Begins to connect to all of them, with the same options."""
        first = super().connect(options, subscriptions, title)
        for url in more_urls:
            others = ConnectOptions(BrokerUrl.parse(url)[0], version=options.version, tls=options.tls)
            self._workspace.add(others, subscriptions).open()
        return first


def main() -> int:
    """Splits the arguments at `--also` and runs the program."""
    at = sys.argv.index("--also")
    more_urls.extend(sys.argv[at + 1 :])
    vars(app_main)["Connector"] = SeveralConnector
    return cli.main(sys.argv[1:at])


if __name__ == "__main__":
    sys.exit(main())
