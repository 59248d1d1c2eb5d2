# SPDX-License-Identifier: MIT
"""The pages by keyboard: F6 walks their parts, Ctrl+F finds a broker, an opened form has the cursor in it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.secrets import SecretStore
from tests.support.profile_page import MemoryKeyring


@pytest.fixture
async def filled(open_program):
    """The program with a keyring and saved brokers, its window in front."""
    program = open_program(SecretStore(MemoryKeyring()))
    for name in ("Greenhouse", "Line 3"):
        program.book.add(Profile(name=name, url="mqtt://127.0.0.1:9"))
    await program.book.finish()
    await program.until(program.window.isActiveWindow, "the window in front")
    return program


async def open_form(program, profile):
    """Its form, once all about it has come."""
    program.window.pages.show_form(profile.id)
    form = program.window.pages._form
    await program.until(lambda: form.draft.secrets_known, "the secrets")
    await program.until(form.form.basic.name.hasFocus, "the cursor in the form")
    return form


def press(qtbot, program, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(program.window, key, modifier)
    return QApplication.focusWidget()


async def test_f6_walks_the_start_page_round(filled, qtbot):
    start = filled.window.start
    await filled.until(start.url.hasFocus, "the address")
    assert press(qtbot, filled, Qt.Key.Key_F6) is start.saved.tree
    assert press(qtbot, filled, Qt.Key.Key_F6) is start.demo_button
    assert press(qtbot, filled, Qt.Key.Key_F6) is start.url
    assert press(qtbot, filled, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier) is start.demo_button
    start.set_demo_offered(False)
    assert press(qtbot, filled, Qt.Key.Key_F6) in (start.url, start.saved.tree)


async def test_f6_finds_a_way_while_nothing_is_saved(program, qtbot):
    await program.until(program.window.isActiveWindow, "the window in front")
    start = program.window.start
    start.url.setFocus()
    assert press(qtbot, program, Qt.Key.Key_F6) is start.saved.new_button


@pytest.mark.parametrize("width", [1360, 900])
async def test_f6_walks_the_form_page_round(filled, qtbot, width):
    """In a narrow window the side column is a part of the form; the walk must not stick in it."""
    window = filled.window
    window.resize(width, 820)
    form = await open_form(filled, filled.book.profiles[0])
    name, tree = form.form.basic.name, form.list.tree
    assert [press(qtbot, filled, Qt.Key.Key_F6) for _ in range(4)] == [tree, name, tree, name]
    await window.finish()


async def test_f6_reaches_the_way_to_a_wrong_field(filled, qtbot):
    broken = filled.book.add(Profile(name="Broken", url="mqtt://127.0.0.1:99999"))
    await filled.book.finish()
    window = filled.window
    window.resize(900, 820)
    form = await open_form(filled, broken)
    inside_side = press(qtbot, filled, Qt.Key.Key_F6)
    assert form.side.isAncestorOf(inside_side)
    assert press(qtbot, filled, Qt.Key.Key_F6) is form.list.tree
    assert press(qtbot, filled, Qt.Key.Key_F6) is form.form.basic.name
    await window.finish()


async def test_ctrl_f_finds_a_saved_broker_on_both_pages(filled, qtbot):
    control = Qt.KeyboardModifier.ControlModifier
    start = filled.window.start
    assert press(qtbot, filled, Qt.Key.Key_F, control) is start.saved.search
    qtbot.keyClicks(start.saved.search, "line")
    qtbot.keyClick(start.saved.search, Qt.Key.Key_Down)
    assert start.saved.tree.hasFocus()
    assert press(qtbot, filled, Qt.Key.Key_F, control) is start.saved.search
    assert start.saved.search.selectedText() == "line"
    form = await open_form(filled, filled.book.profiles[0])
    assert press(qtbot, filled, Qt.Key.Key_F, control) is form.list.search
    qtbot.keyClick(form.list.search, Qt.Key.Key_Escape)
    assert filled.window.pages.currentWidget() is start
    await filled.window.finish()


async def test_ctrl_f_without_anything_to_find_stays_where_it_is(program, qtbot):
    start = program.window.start
    await program.until(start.url.hasFocus, "the address")
    assert press(qtbot, program, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier) is start.url


async def test_ctrl_f_searches_topics_on_the_workbench_and_brokers_elsewhere(filled, broker, qtbot):
    window, control = filled.window, Qt.KeyboardModifier.ControlModifier
    await filled.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert press(qtbot, filled, Qt.Key.Key_F, control) is window.header.search.edit
    window.show_brokers()
    assert press(qtbot, filled, Qt.Key.Key_F, control) is window.start.saved.search
