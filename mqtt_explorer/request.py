# SPDX-License-Identifier: MIT
"""What the command line asks for: read by `cli`, carried out by `app` or `watch`."""

from __future__ import annotations

from dataclasses import dataclass, field
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
        profile_id: The saved broker to connect to at once; `options` is None then.
        username: The user name for that saved broker in place of its own, from the command line or the environment; None leaves it.
        password: The same for its password. Neither is for any other saved broker.
    """

    options: ConnectOptions | None
    subscriptions: tuple[Subscription, ...]
    default_filter: bool = False
    demo: bool = False
    config: Path | None = None
    metrics: Path | None = None
    screenshot: Path | None = None
    seconds: float | None = None
    profile_id: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
