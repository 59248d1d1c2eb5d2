# SPDX-License-Identifier: MIT
"""Errors nobody caught: reported in the window, while the program lives on."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections import deque
from types import TracebackType
from typing import Any

from mqtt_explorer.events import Event

_KEPT = 20
#: The same error is told again when it was quiet for so long.
_AGAIN_S = 2.0


class ErrorReports:
    """Collects uncaught errors from Python, threads, the event loop and the log.

    The text holds the traceback without values of variables: a password never gets in. Widgets may observe: they are told in the
    thread that made this object.

    Events:
        reported: With a headline and the whole text.

    Attributes:
        kept: The last ones, headline and text.
    """

    def __init__(self) -> None:
        self.reported: Event[str, str] = Event()
        self.kept: deque[tuple[str, str]] = deque(maxlen=_KEPT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main_thread = threading.get_ident()
        self._reporting = False
        self._reported_at = 0.0
        self._handler = _LogHandler(self)
        self._old_hook = sys.excepthook
        self._old_thread_hook = threading.excepthook

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to catch; one per process."""
        self._loop = loop
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        loop.set_exception_handler(self._on_loop_error)
        logging.getLogger().addHandler(self._handler)

    def uninstall(self) -> None:
        """Ends catching and puts the old hooks back."""
        sys.excepthook = self._old_hook
        threading.excepthook = self._old_thread_hook
        logging.getLogger().removeHandler(self._handler)

    def report(self, headline: str, text: str) -> None:
        """Takes one error in, from any thread, and prints it to stderr as well, where a terminal's user looks."""
        if threading.get_ident() != self._main_thread and self._loop is not None:
            try:  # observers touch widgets
                self._loop.call_soon_threadsafe(self.report, headline, text)
            except RuntimeError:
                print(text, file=sys.stderr)  # the loop is closed: the program ends
            return
        if self._reporting:  # an observer of `reported` failed: telling it again would go round for ever
            print(text, file=sys.stderr)
            return
        now = time.monotonic()
        if self.kept and self.kept[-1] == (headline, text) and now - self._reported_at < _AGAIN_S:
            self._reported_at = now
            return  # a slot that fails thirty times a second says so once
        self._reported_at = now
        print(text, file=sys.stderr)
        self.kept.append((headline, text))
        self._reporting = True
        try:
            self.reported.emit(headline, text)
        finally:
            self._reporting = False

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._old_hook(kind, error, trace)
            return
        self.report(kind.__name__, "".join(traceback.format_exception(kind, error, trace)))

    def _on_thread_exception(self, info: threading.ExceptHookArgs) -> None:
        if info.exc_value is not None:
            self._on_exception(info.exc_type, info.exc_value, info.exc_traceback)

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._on_exception(type(error), error, error.__traceback__)
        else:
            self.report("Event loop", str(context.get("message", "An unknown error in the event loop.")))


class _LogHandler(logging.Handler):
    """Takes ERROR records in: failed tasks and observers are logged."""

    def __init__(self, reports: ErrorReports) -> None:
        super().__init__(logging.ERROR)
        self._reports = reports
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        headline = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.name
        self._reports.report(headline, self.format(record))
