# SPDX-License-Identifier: MIT
"""What the command line asks for: read by `cli`, carried out by `app` or `watch`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.requests import Subscription


@dataclass(frozen=True, slots=True)
class Request:
    """One start of the program.

    Attributes:
        options: Where to connect at once; None opens the start page.
        subscriptions: What to subscribe to.
        default_filter: True when no -t was given and ``#`` stands in.
        demo: Start the demo broker.
        config: The folder for settings; the desktop's own when None.
        metrics: The file to append figures to.
        screenshot: The file for a picture of the window.
        seconds: How long `watch` runs; None until a signal.
    """

    options: ConnectOptions | None
    subscriptions: tuple[Subscription, ...]
    default_filter: bool = False
    demo: bool = False
    config: Path | None = None
    metrics: Path | None = None
    screenshot: Path | None = None
    seconds: float | None = None
