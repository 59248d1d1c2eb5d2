# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from mqtt_explorer.app.error_dialog import ErrorDialog


@pytest.fixture
def dialog(qtbot):
    made = ErrorDialog("ValueError", "Traceback:\n  <b>line</b> 1\nValueError: x\n")
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.open()
    qtbot.waitExposed(made)
    return made


def test_it_shows_the_report_as_plain_text_and_copies_it(dialog, qtbot):
    assert not dialog.isModal()
    assert dialog.headline.text() == "Unexpected error: ValueError"
    assert "keeps running" in dialog.explanation.text()
    assert dialog.text.toPlainText() == "Traceback:\n  <b>line</b> 1\nValueError: x"
    assert dialog.text.isReadOnly()
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dialog.report()
    qtbot.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()


def test_more_errors_join_the_open_dialog_and_stay_bounded(dialog):
    for number in range(50):
        dialog.add("KeyError", f"error {number}\n")
    assert "51 errors so far" in dialog.explanation.text()
    assert dialog.report().startswith("error 30")
    assert dialog.report().endswith("error 49")
    dialog.add("Giant", "x" * 10_000_000)
    assert len(dialog.report()) < 100_000
    dialog.add("x" * 5_000, "y")
    assert len(dialog.headline.text()) < 200
    assert dialog.minimumSizeHint().width() < 700
