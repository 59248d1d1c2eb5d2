# SPDX-License-Identifier: MIT
"""The strictness of tests/conftest.py, tried on tests that leave something behind."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LEAKS = {
    "an asyncio task": (
        """
        import asyncio
        async def forgotten():
            await asyncio.sleep(60)
        async def test_it():
            test_it.task = asyncio.get_running_loop().create_task(forgotten(), name="poll the broker")
            await asyncio.sleep(0)
        """,
        "*task left behind: poll the broker (forgotten)*",
    ),
    "an asyncio task on Qt's loop": (
        """
        import asyncio, pytest
        async def forgotten():
            await asyncio.sleep(60)
        @pytest.mark.both_loops
        async def test_it():
            asyncio.get_running_loop().create_task(forgotten(), name="poll the broker")
            await asyncio.sleep(0)
        """,
        "*task left behind: poll the broker (forgotten)*",
    ),
    "a running timer": (
        """
        from PySide6.QtCore import QTimer
        kept = []
        def test_it(qapp):
            timer = QTimer()
            timer.setInterval(1000)
            timer.start()
            kept.append(timer)
        """,
        "*timer.start()*",
    ),
    "a window": (
        """
        from PySide6.QtWidgets import QWidget
        kept = []
        def test_it(qapp):
            window = QWidget(objectName="settings", windowTitle="Settings")
            window.show()
            kept.append(window)
        """,
        "*top-level widget left behind: QWidget 'settings' 'Settings'*",
    ),
    "an error in the log": (
        """
        import logging
        def test_it():
            logging.getLogger("mqtt_explorer.store").error("the tree is %s", "broken")
        """,
        "*unexpected ERROR from mqtt_explorer.store: the tree is broken*",
    ),
    "an error that was announced but did not come": (
        """
        def test_it(expect_log):
            expect_log("observer .* failed")
        """,
        "*never came: 'observer .* failed'*",
    ),
}

TIDY = """
    import asyncio, logging, pytest
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QDialog, QWidget

    def test_log(expect_log):
        expect_log("^the tree is")
        logging.getLogger("mqtt_explorer.store").error("the tree is %s", "broken")

    @pytest.mark.both_loops
    async def test_tasks():
        task = asyncio.get_running_loop().create_task(asyncio.sleep(0.01))
        await task

    def test_timer(qapp):
        timer = QTimer()
        timer.start(1000)
        timer.stop()
        gone = QTimer()
        gone.start(1000)

    def test_widgets(qtbot):
        window = QWidget()
        qtbot.addWidget(window)
        window.show()
        dialog = QDialog(window)
        dialog.open()
        cycle = QWidget()
        cycle.itself = cycle
"""


@pytest.fixture
def run(pytester, monkeypatch):
    def run(source: str) -> pytest.RunResult:
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        file = pytester.makepyfile(source)
        settings = ["-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", "-p", "no:cacheprovider"]
        return pytester.runpytest_subprocess(*settings, file)

    return run


@pytest.mark.parametrize("name", LEAKS)
def test_what_is_left_behind_fails_and_is_named(run, name):
    source, line = LEAKS[name]
    result = run(source)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([line])


def test_a_tidy_test_passes(run):
    run(TIDY).assert_outcomes(passed=5)
