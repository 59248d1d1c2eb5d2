# SPDX-License-Identifier: MIT
"""The composition root: one process, one thread, one loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mqtt_explorer import __version__
from mqtt_explorer.app.closing import unsent_of
from mqtt_explorer.app.connector import Connector
from mqtt_explorer.app.error_report import ErrorReports
from mqtt_explorer.app.garbage import GarbageTimer
from mqtt_explorer.app.marks_book import MarksBook
from mqtt_explorer.app.metrics_file import MetricsFile
from mqtt_explorer.app.preferences import Preferences
from mqtt_explorer.app.profile_login import Login
from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.app.window import MainWindow
from mqtt_explorer.app.workspace import Workspace
from mqtt_explorer.connection import Connection
from mqtt_explorer.measure.loop_lag import LoopGap
from mqtt_explorer.models import wording
from mqtt_explorer.models.frame_clock import FrameClock
from mqtt_explorer.payload.worker import shared_worker
from mqtt_explorer.profiles.folders import config_folder
from mqtt_explorer.profiles.profile_file import ProfileFile
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.profiles.settings_file import SettingsFile
from mqtt_explorer.store.budget import Budget
from mqtt_explorer.tasks import cancel_and_wait, create_task
from mqtt_explorer.widgets import icons
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import install

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mqtt_explorer.network.unsent import Unsent
    from mqtt_explorer.profiles.settings import Settings
    from mqtt_explorer.request import Request

#: Closing must not take longer, whatever hangs; what was published gets 3 s of it to be acknowledged.
_CLOSE_S = 4.0
_LAST_S = 0.1
_SCREENSHOT_MS = 1_000
#: Messages that were not sent, named one by one when a signal ended the program.
_TOLD = 20


def make_application(arguments: list[str]) -> QApplication:
    """The QApplication with the program's names."""
    application = QApplication(arguments)
    application.setApplicationName("mqtt-explorer-qt")
    application.setApplicationDisplayName("MQTT Explorer Qt")
    application.setDesktopFileName("mqtt-explorer-qt")
    application.setApplicationVersion(__version__)
    application.setQuitOnLastWindowClosed(False)  # the loop ends the program, in order
    return application


def run(request: Request) -> int:
    """Runs the window until it is closed and returns the exit code."""
    application = make_application(sys.argv[:1])
    file = SettingsFile(config_folder(request.config))
    settings = file.load()
    install(application, settings.theme, settings.ui_px, settings.mono_px)
    application.setWindowIcon(icons.app_icon())
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    reports = ErrorReports()
    reports.install(loop)
    try:
        with loop:
            profiles = ProfileFile(file.path.parent)
            return int(loop.run_until_complete(_main(request, file, settings, profiles, reports)))
    finally:
        reports.uninstall()


def _warm_up(connection: Connection | None) -> None:
    """Starts the process that decodes large payloads before the first of them is looked at."""
    if connection is not None:
        shared_worker().warm()


async def _main(
    request: Request, file: SettingsFile, settings: Settings, profiles: ProfileFile, reports: ErrorReports
) -> int:
    budget = Budget(settings.budget_bytes)
    workspace = Workspace(budget)
    marks = MarksBook(file.path.parent)
    workspace.marks_for, workspace.adopt_marks = marks.marks_for, marks.adopt
    book = ProfileBook(profiles.load(), profiles)
    connector = Connector(workspace, book, SecretStore())
    preferences = Preferences(settings, file, budget)
    clock = FrameClock()
    window = MainWindow(workspace, connector, preferences, reports, clock)
    gap = LoopGap()
    garbage = GarbageTimer()
    metrics = MetricsFile(request.metrics, workspace, gap, lambda: window.frames, window.status.set_gaps)
    metrics.problem.connect(window.show_note)
    marks.problem.connect(window.show_note)
    book.gone.connect(marks.forget)
    first_painted = asyncio.Event()
    window.first_paint = first_painted.set
    ended = _close_on_signals(window)
    window.show()
    for problem in (file.problem, profiles.problem, marks.load_problem):
        if problem:
            window.show_note(problem)
    if request.options is not None:
        options = replace(request.options, payload_cap=settings.payload_cap)
        window.start.fill(options, request.subscriptions)
        connector.connect(options, request.subscriptions)
    elif request.demo:
        connector.start_demo()
    await first_painted.wait()
    connector.connect_at_start(*_named_profile(request))
    gap.start()
    garbage.start()
    workspace.shown_changed.connect(_warm_up)
    _warm_up(workspace.shown)
    writing = create_task(metrics.run(), name="metrics")
    grabbing = _grab_regularly(window, request.screenshot) if request.screenshot is not None else None
    await window.closed.wait()
    if grabbing is not None:
        grabbing.stop()
    clock.stop()
    await cancel_and_wait(writing)
    connections = list(workspace.connections)
    try:
        async with asyncio.timeout(_CLOSE_S):
            _, left, *_ = await asyncio.gather(
                metrics.finish(),
                connector.close_all(),
                preferences.finish(),
                window.finish(),
                asyncio.gather(marks.finish(), shared_worker().close()),
                gap.stop(),
            )
    except TimeoutError:
        print("Closing took too long; the rest was left to the system.", file=sys.stderr)
        left = unsent_of(connections)
    if ended.is_set():  # nobody was asked, so nobody has seen it
        tell_unsent(left)
    await _end_tasks()
    window.deleteLater()
    return 0


def _named_profile(request: Request) -> tuple[str | None, Login | None]:
    """The saved broker the command line names, and the environment's login for it."""
    if request.profile_id is None:
        return None, None
    return request.profile_id, Login(request.username, request.password)


async def _end_tasks() -> None:
    """Ends what still runs: the loop would drop it with a complaint, in the middle of whatever it does."""
    this = asyncio.current_task()
    left = [task for task in asyncio.all_tasks() if task is not this]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_LAST_S)


def tell_unsent(left: Sequence[tuple[str, Unsent]]) -> None:
    """Lists on stderr what was not sent, each with its broker's title: the first ones, and how many in all."""
    for title, each in left[:_TOLD]:
        what = f"{wording.size(each.size)}, QoS {each.qos}, {each.state}"
        print(f"Not sent to {one_line(title, 60)}: {one_line(each.topic, 120)} ({what})", file=sys.stderr)
    if left:
        were = "message was" if len(left) == 1 else "messages were"
        print(f"{len(left):,} {were} not sent or not acknowledged.", file=sys.stderr)


def _close_on_signals(window: MainWindow) -> asyncio.Event:
    """Ctrl+C in the terminal and a logout close the window in order; the event tells that one of them did."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def close() -> None:
        ended.set()
        window.close_now()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(close))
    # Python sees a signal only when it runs, and Qt sleeps in C: the timer that measures the loop wakes it every 5 ms.
    return ended


def _grab_regularly(window: MainWindow, path: Path) -> QTimer:
    """Saves a picture of the window once a second, for a machine without a display."""
    timer = QTimer(window)
    new = path.with_name(f".{path.name}.new")

    def save() -> None:
        if window.grab().save(str(new), "PNG"):
            os.replace(new, path)  # whoever looks finds a whole picture, also when we are killed

    timer.timeout.connect(save)
    timer.start(_SCREENSHOT_MS)
    return timer
