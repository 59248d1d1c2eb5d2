# SPDX-License-Identifier: MIT
"""A test never begins with what another one holds down or has open: a double click leaves its button down in Qt's eyes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget


def test_one_that_leaves_things_behind(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    QTest.mousePress(widget, Qt.MouseButton.LeftButton)
    menu = QMenu(widget)
    menu.addAction("x")
    menu.popup(widget.mapToGlobal(widget.rect().center()))
    assert QGuiApplication.mouseButtons() == Qt.MouseButton.LeftButton


def test_the_next_one_finds_nothing():
    assert QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton
    assert QApplication.activePopupWidget() is None
