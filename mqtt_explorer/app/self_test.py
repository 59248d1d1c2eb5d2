# SPDX-License-Identifier: MIT
"""``--self-test``: does everything the program needs work here? One line per check."""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

import mqtt_explorer

#: Needs amqtt, which is an extra.
_OPTIONAL = frozenset(("mqtt_explorer.demo.amqtt_broker",))
_SKIPPED = frozenset(("mqtt_explorer.__main__", "mqtt_explorer.demo.__main__"))


def self_test() -> int:
    """Runs all checks and prints a line for each.

    Returns:
        0 when all passed, else 1.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("modules", _check_modules),
        ("TLS", _check_tls),
        ("window", _check_window),
        ("fonts", _check_fonts),
        ("icons", _check_icons),
        ("plot", _check_plot),
    )
    passed = True
    for name, check in checks:
        try:
            print(f"ok    {name}: {check()}")
        except Exception as error:  # noqa: BLE001 – whatever fails is the finding
            passed = False
            print(f"FAIL  {name}: {type(error).__name__}: {error}")
    return 0 if passed else 1


def _check_modules() -> str:
    count = 0
    for module in pkgutil.walk_packages(mqtt_explorer.__path__, "mqtt_explorer."):
        if module.name in _SKIPPED:
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError:
            if module.name not in _OPTIONAL:
                raise
        count += 1
    return f"{count} loaded"


def _check_tls() -> str:
    from mqtt_explorer.network.tls import build_context
    from mqtt_explorer.protocol.options import TlsOptions

    context = build_context(TlsOptions())
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise RuntimeError("certificates would not be verified")
    return f"{ssl.OPENSSL_VERSION}, {len(context.get_ca_certs())} certificates of the system loaded"


def _check_window() -> str:
    """Opens the real window on the real loop, waits for its first frame and closes it."""
    import qasync

    from mqtt_explorer.app.main import make_application
    from mqtt_explorer.widgets.theme import install

    application = make_application(["self-test"])
    install(application, "dark", 13, 12)
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        size = loop.run_until_complete(_open_and_close())
    return f"first frame painted, {size}"


async def _open_and_close() -> str:
    from mqtt_explorer.app.connector import Connector
    from mqtt_explorer.app.error_report import ErrorReports
    from mqtt_explorer.app.preferences import Preferences
    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.app.window import MainWindow
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.profiles.profile_file import Library, ProfileFile
    from mqtt_explorer.profiles.secrets import SecretStore
    from mqtt_explorer.profiles.settings_file import SettingsFile
    from mqtt_explorer.store.budget import Budget

    with tempfile.TemporaryDirectory() as folder:
        file = SettingsFile(Path(folder))
        budget = Budget()
        workspace = Workspace(budget)
        preferences = Preferences(file.load(), file, budget)
        connector = Connector(workspace, ProfileBook(Library(), ProfileFile(Path(folder))), SecretStore())
        window = MainWindow(workspace, connector, preferences, ErrorReports(), FrameClock())
        painted = asyncio.Event()
        window.first_paint = painted.set
        window.show()
        async with asyncio.timeout(10):
            await painted.wait()
        size = f"{window.width()} × {window.height()}"
        window.close()
        await preferences.finish()
        window.deleteLater()
        return size


def _check_fonts() -> str:
    from PySide6.QtGui import QFontDatabase, QFontInfo

    from mqtt_explorer.widgets.theme import theme

    if not QFontDatabase.families():
        raise RuntimeError("Qt finds no font at all; install a font such as fonts-dejavu-core")
    mono = QFontInfo(theme().mono_font())
    if not mono.fixedPitch():
        raise RuntimeError(
            f"the font for payloads, {mono.family()}, is not of fixed width; install fonts-jetbrains-mono"
        )
    return f"{QFontInfo(theme().ui_font()).family()}, {mono.family()}"


def _check_icons() -> str:
    from mqtt_explorer.widgets import icons

    names = icons.names()
    empty = [name for name in names if _is_blank(name)]
    if empty or not names:
        raise RuntimeError(f"icons that paint nothing: {', '.join(empty) or 'all'}")
    return f"{len(names)} painted"


def _is_blank(name: str) -> bool:
    from mqtt_explorer.widgets import icons

    image = icons.pixmap(name, "text").toImage()
    return not any(
        image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height())
    )


def _check_plot() -> str:
    from mqtt_explorer.panels.plot_check import painted_pixels

    count = painted_pixels()
    if count == 0:
        raise RuntimeError("a plotted line painted nothing")
    return f"a line of {count} pixels"
