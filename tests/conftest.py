# SPDX-License-Identifier: MIT
"""What every test gets: real brokers, and strictness about what it leaves behind.

- A test that leaves an asyncio task, a running QTimer or a top-level widget behind fails and is told which.
- A record at ERROR or above in the log fails the test; `expect_log` names the ones a test provokes.
- Under tests/unit the package cannot import Qt.
- The log of each broker a test used is part of the report when the test fails.
- asyncio tests in tests/gui and tests/models run on qasync's loop, all others on asyncio's; `@pytest.mark.both_loops` asks for both.
"""

from __future__ import annotations

import asyncio
import builtins
import gc
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Certificates, make_certificates
from tests.support.mosquitto import Mosquitto

# Set before anything makes a QApplication: no test needs a display.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Nobody's own passwords are touched, nor asked for; tests of the keyring name the backend they mean.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

TESTS = Path(__file__).resolve().parent
QT_MODULES = {"PySide6", "shiboken6", "qasync", "pyqtgraph", "qtawesome"}

# --- brokers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Real certificates, good and bad ones."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A plain mosquitto with default limits, shared by the session: use topics of your own, do not stop it."""
    with Mosquitto(tmp_path_factory.mktemp("broker"), name="shared-mosquitto") as shared:
        yield shared


@pytest.fixture
def broker_factory(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts brokers for one test: `broker_factory(["max_queued_messages 0"], listeners={"tls": tls(certificates)})`."""
    started: list[Mosquitto] = []

    def start(*args: Any, **kwargs: Any) -> Mosquitto:
        kwargs.setdefault("name", f"mosquitto-{len(started)}")
        made = Mosquitto(tmp_path, *args, **kwargs)
        started.append(made)
        made.start()
        return made

    yield start
    for each in started:
        each.stop()


_log_starts = pytest.StashKey[dict[Mosquitto, int]]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # A shared broker's log is shown from here on only.
    item.stash[_log_starts] = {running: len(running.log) for running in Mosquitto.running}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report: pytest.TestReport = yield
    if report.failed:
        starts = item.stash.get(_log_starts, {})
        for used in Mosquitto.running:
            if text := used.log[starts.get(used, 0) :]:
                report.sections.append((f"{used.name} {dict(used.ports)}, {call.when}", text))
    return report


# --- event loops ----------------------------------------------------------------------------------------------------

_application: list[Any] = []  # keeps the QApplication alive between loops


def _new_qt_loop() -> asyncio.AbstractEventLoop:
    import qasync
    from PySide6.QtWidgets import QApplication

    if not _application:
        _application.append(QApplication.instance() or QApplication(["tests"]))

    class Loop(qasync.QEventLoop):
        """Without qasync's last round of events: there no loop is running any more, and a task that is ready then would fail."""

        def run_until_complete(self, future):
            task = asyncio.ensure_future(future, loop=self)

            def stop(_task):
                self.stop()

            task.add_done_callback(stop)
            try:
                self.run_forever()
            finally:
                task.remove_done_callback(stop)
            if not task.done():
                raise RuntimeError("the loop stopped before the task was done")
            return task.result()

    return Loop(_application[0])


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.get_closest_marker("both_loops"):
        return {"asyncio": asyncio.new_event_loop, "qasync": _new_qt_loop}
    if _folder(item) in ("gui", "models"):
        return {"qasync": _new_qt_loop}
    return {"asyncio": asyncio.new_event_loop}


def _folder(item: pytest.Item) -> str:
    """The folder of tests/ a test lies in."""
    return item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""


# --- garbage --------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Collects in this thread only, between tests, as the program does (app/garbage.py).

    qasync leaves timers running in a closed loop. Were a dialling thread's collection to find such a loop, the timers would outlive their
    object there and the next one to fire would crash the process.
    """
    if _folder(item) not in ("gui", "models"):
        return (yield)
    _let_go()
    gc.collect()
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.enable()


def _let_go() -> None:
    """Releases what an earlier test holds: a double click leaves its button down, and a menu may stand open; both hold the tree's rows."""
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QWidget

    if QApplication.instance() is None:
        return
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()
    down = QGuiApplication.mouseButtons()
    if down == Qt.MouseButton.NoButton:
        return
    target = QWidget()
    target.show()
    for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        if down & button:
            QTest.mouseRelease(target, button)
    target.close()
    target.deleteLater()


# --- the log --------------------------------------------------------------------------------------------------------


class _ErrorRecords(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []
        self.expected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def problems(self) -> list[str]:
        messages = [record.getMessage() for record in self.records]
        problems = []
        for record, message in zip(self.records, messages, strict=True):
            if not any(re.search(pattern, message) for pattern in self.expected):
                cause = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
                problems.append(
                    f"unexpected {record.levelname} from {record.name}: {message}\n{cause}".rstrip()
                )
        missing = [p for p in self.expected if not any(re.search(p, message) for message in messages)]
        return problems + [
            f"expected in the log at ERROR, but never came: {pattern!r}" for pattern in missing
        ]


_error_records = pytest.StashKey[_ErrorRecords]()


@pytest.fixture
def expect_log(request: pytest.FixtureRequest, _nothing_left_behind: None) -> Callable[[str], None]:
    """Allows, and demands, an ERROR record whose message matches a regular expression: `expect_log("observer .* failed")`."""
    return request.node.stash[_error_records].expected.append


# --- what a test may not leave behind -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """First of all fixtures, so last to be torn down: whatever is alive then was forgotten."""
    handler = request.node.stash[_error_records] = _ErrorRecords()
    logging.getLogger().addHandler(handler)
    _leaked_tasks.clear()
    windows = {id(window) for window in _top_level_widgets()}
    yield
    problems = [f"task left behind: {task}" for task in _leaked_tasks]
    problems += _leaked_qt_objects(windows)
    logging.getLogger().removeHandler(handler)
    problems += handler.problems()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


_leaked_tasks: list[str] = []
_cancel_all_tasks = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]


def _note_and_cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
    # asyncio.Runner calls this when a test's loop closes. It would cancel what still runs and say nothing.
    _leaked_tasks.extend(
        f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})"
        for task in asyncio.all_tasks(loop)
    )
    _cancel_all_tasks(loop)


asyncio.runners._cancel_all_tasks = _note_and_cancel_all_tasks  # type: ignore[attr-defined]


def _top_level_widgets() -> list[Any]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
        return []
    # The tool tip is one window Qt keeps for itself.
    return [each for each in widgets.QApplication.topLevelWidgets() if not each.inherits("QTipLabel")]


_started_timers: list[tuple[Any, str]] = []  # weak references to timers, and where each was started


def _leaked_qt_objects(windows_before: set[int]) -> list[str]:
    core = sys.modules.get("PySide6.QtCore")
    if core is None or core.QCoreApplication.instance() is None:
        return []

    def find() -> list[str]:
        # No loop runs now, so nothing else carries out deleteLater().
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        found = [
            f"top-level widget left behind: {type(each).__name__} {each.objectName()!r} {each.windowTitle()!r}"
            for each in _top_level_widgets()
            if id(each) not in windows_before
        ]
        return found + [f"running QTimer left behind, started at\n{place}" for place in _running_timers()]

    problems = find()
    if problems:  # objects that only a reference cycle keeps are no leak
        gc.collect()
        problems = find()
    _started_timers.clear()
    return problems


def _running_timers() -> list[str]:
    shiboken = sys.modules["shiboken6"]
    places = []
    for reference, place in _started_timers:
        timer = reference()
        if timer is not None and shiboken.isValid(timer) and timer.isActive() and place not in places:
            places.append(place)
    return places


@pytest.fixture(scope="session", autouse=True)
def _timers_know_their_start() -> None:
    """Wraps QTimer.start, the only way to know the line that started a timer found running later."""
    if "PySide6.QtCore" not in sys.modules:
        return
    import weakref

    from PySide6.QtCore import QTimer

    start = QTimer.start

    def noting_start(timer: QTimer, *args: Any) -> None:
        start(timer, *args)
        stack = traceback.extract_stack(limit=6)[:-1]
        _started_timers.append((weakref.ref(timer), "".join(traceback.format_list(stack[-2:])).rstrip()))
        if len(_started_timers) > 10_000:  # a timer restarted in a loop
            del _started_timers[:5_000]

    QTimer.start = noting_start  # type: ignore[assignment, method-assign]


# --- no Qt in tests/unit --------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_qt_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails an import of Qt that the package makes while a unit test runs.

    pytest-qt has loaded Qt long before, so the import statement itself is watched, by the module it stands in. What test modules
    and the package import at the top is held by tests/unit/test_import_hygiene.py, in a process where Qt cannot be imported.
    """
    if _folder(request.node) != "unit":
        return
    real_import = builtins.__import__

    def watching_import(name: str, globals: Any = None, *args: Any, **kwargs: Any) -> Any:
        importer = (globals or {}).get("__name__", "")
        if name.partition(".")[0] in QT_MODULES and importer.partition(".")[0] == "mqtt_explorer":
            raise ImportError(f"{importer} imports {name}, but tests/unit tests what works without Qt")
        return real_import(name, globals, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", watching_import)
