# SPDX-License-Identifier: MIT
"""A host that does not answer at all, on this machine."""

from __future__ import annotations

import socket


class BlackHole:
    """An address of this machine that swallows connections: a listener whose queue is full."""

    def __init__(self, host: str = "127.0.0.3") -> None:
        self.server = socket.socket()
        self.server.bind((host, 0))
        self.server.listen(0)
        self.host, self.port = self.server.getsockname()
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self.fillers.append(filler)

    def __enter__(self) -> BlackHole:
        """Gives itself."""
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (*self.fillers, self.server):
            sock.close()
