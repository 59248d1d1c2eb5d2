# SPDX-License-Identifier: MIT
"""Texts that lie, break lines, call for files or for hosts, or mean something to somebody: all of them are to be shown as they are."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from pathlib import Path
from types import TracebackType
from typing import Final

#: `{file}` becomes the path of a file that nobody may read, `{url}` an address that nobody may ask.
TEXTS: Final = (
    "<img src='{file}'>",
    '<img src="{url}/a.png">',
    "<a href='{url}'>click</a>",
    "<b>bold</b> &amp; <i>it</i> &lt;",
    "<style>@import url('{url}/x.css');</style>",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM '{file}'>]><a>&x;</a>",
    "<svg xmlns='http://www.w3.org/2000/svg'><image href='{file}'/></svg>",
    "![](file://{file}) [x]({url})",
    "file://{file}",
    "{url}/plain",
    "right\u202eto\u2066left\u2069 \u200fmark",
    "zero\u200bwidth\u2060joiner\ufeff",
    "line\u2028separator\u2029paragraph\x85next",
    "bell\x07 esc\x1b[31mred\x1b]8;;{url}\x07link\x1b[0m",
    "tab\tcr\rlf\nend",
    "constructor",
    "__proto__",
    '=HYPERLINK("{url}","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "&Accelerator && more",
    "%s %d %n %1 {0} {name}",
    "'; DROP TABLE x; --",
    "../../../../etc/passwd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \u05d0\u05d1\u05d2 \u0627\u0644",
    "a" * 3000,
)


def texts(file: Path, url: str) -> list[str]:
    """The corpus, calling for this file and this address."""
    return [text.replace("{file}", str(file)).replace("{url}", url) for text in TEXTS]


def as_topic(text: str) -> str:
    """The same as one level of a topic: without what no topic may hold."""
    return "".join(
        each
        for each in text
        if each not in "/+#\x00" and not 0 <= ord(each) < 0x20 and not 0x7F <= ord(each) < 0xA0
    )


class Tripwire:
    """A file and an address, and whether somebody has touched them (Linux: inotify)."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "tripwire.png"
        self.file.write_bytes(b"\x89PNG\r\n\x1a\n")
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(os.O_NONBLOCK)
        # IN_ACCESS | IN_OPEN: reading it, or trying to
        if self._watch < 0 or libc.inotify_add_watch(self._watch, os.fsencode(self.file), 0x1 | 0x20) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def __enter__(self) -> Tripwire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._watch)
        self._server.close()

    def reads(self) -> int:
        """How often the file was opened or read since the last call."""
        try:
            events = os.read(self._watch, 4096)
        except BlockingIOError:
            return 0
        return len(events) // struct.calcsize("iIII")

    def calls(self) -> int:
        """How many connections came to the address."""
        count = 0
        while True:
            try:
                self._server.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1
