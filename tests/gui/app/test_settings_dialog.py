# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel

from mqtt_explorer.app.settings_dialog import SettingsDialog, setting_names
from mqtt_explorer.profiles.settings import MIB, Settings
from mqtt_explorer.profiles.settings_file import SettingsFile
from mqtt_explorer.store.budget import machine_memory
from mqtt_explorer.widgets.theme import install


@pytest.fixture
def look(qapp):
    made = install(qapp, "dark", 13, 12)
    yield made
    made.set_choice("dark")
    made.set_sizes(13, 12)


@pytest.fixture
def make(qtbot, look):
    def make(settings=None, path=Path("/somewhere/settings.json")):
        calls = []
        dialog = SettingsDialog(
            settings or Settings(theme="dark"),
            path=path,
            on_change=calls.append,
            reset_layout=lambda: calls.append("reset"),
        )
        qtbot.addWidget(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test looks at it afterwards
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog, calls

    return make


def test_looks_change_at_once_and_are_handed_over_on_close(make, look, qtbot):
    dialog, calls = make()
    assert not dialog.isModal()
    dialog.theme.set_index(2)
    assert look.choice == "light"
    dialog.ui_px.setValue(16)
    dialog.mono_px.setValue(15)
    assert (look.ui_px, look.mono_px) == (16, 15)
    assert calls == []
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert calls == [{"theme": "light", "ui_px": 16, "mono_px": 15}]
    dialog.close()
    assert len(calls) == 1


def test_nothing_changed_is_nothing_saved(make):
    odd = Settings(theme="dark", budget_bytes=100 * MIB + 1, payload_cap=1_000_000)
    dialog, calls = make(odd)
    dialog.close()
    assert calls == []
    assert dialog.settings() == odd


def test_memory_and_cap(make, tmp_path):
    dialog, calls = make()
    assert dialog.automatic.isChecked()
    assert not dialog.budget.isEnabled()
    dialog.automatic.setChecked(False)
    dialog.budget.setValue(256)
    dialog.cap.setValue(255)
    dialog.close()
    assert calls == [{"budget_bytes": 256 * MIB, "payload_cap": 255 * MIB}]
    chosen = msgspec.structs.replace(Settings(theme="dark"), **calls[0])
    file = SettingsFile(tmp_path)
    file.save(chosen)
    assert file.load() == chosen
    assert file.problem is None
    again, calls = make(chosen)
    assert not again.automatic.isChecked()
    again.automatic.setChecked(True)
    again.close()
    assert calls == [{"budget_bytes": None}]


def test_memory_is_counted_in_one_unit(make):
    dialog, _ = make()
    assert dialog.budget.suffix() == dialog.cap.suffix() == " MiB"
    texts = [dialog.automatic.text()]
    for automatic, value in ((True, 64), (False, 64), (False, machine_memory() // MIB + 1)):
        dialog.automatic.setChecked(automatic)
        dialog.budget.setValue(value)
        texts += [dialog.budget_field.note.text(), dialog.cap_field.note.text()]
    assert not any(" MB" in text or " GB" in text for text in texts)


def test_the_demo_offer_is_a_choice(make):
    dialog, calls = make()
    assert dialog.demo_offer.isChecked()
    dialog.demo_offer.setChecked(False)
    dialog.close()
    assert calls == [{"show_demo_offer": False}]


def test_a_theme_changed_elsewhere_stays(make, look):
    dialog, calls = make()
    look.set_choice("light")
    assert dialog.theme.index == 2
    dialog.ui_px.setValue(16)
    assert look.choice == "light"
    dialog.close()
    assert calls == [{"ui_px": 16}]


def test_a_theme_changed_elsewhere_and_back_here_is_handed_over(make, look):
    dialog, calls = make()
    look.set_choice("light")
    dialog.theme.set_index(1)
    assert look.choice == "dark"
    dialog.close()
    assert calls == [{"theme": "dark"}]


def test_more_memory_than_the_machine_has_is_told_and_not_taken(make, qtbot):
    dialog, calls = make(Settings(theme="dark", budget_bytes=64 * MIB))
    dialog.budget.setValue(machine_memory() // MIB + 1)
    assert "choose at most that" in dialog.budget_field.error
    note = dialog.budget_field.note
    qtbot.waitUntil(lambda: note.height() >= note.heightForWidth(note.width()))
    dialog.close()
    assert calls == []
    dialog.budget.setValue(machine_memory() // MIB)
    assert dialog.budget_field.error == ""


def test_sentences_are_not_clipped_at_any_size(make, look, qtbot):
    dialog, _ = make()
    for px in (13, 20, 11):
        dialog.ui_px.setValue(px)
        for field in (dialog.budget_field, dialog.cap_field):
            qtbot.waitUntil(lambda note=field.note: note.height() >= note.heightForWidth(note.width()))


def test_layout_and_path(make, qtbot):
    dialog, calls = make(path=Path("/a/<b>/settings.json"))
    qtbot.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert calls == ["reset"]
    assert "back in its place" in dialog.reset_note.text()
    dialog._copy_path()
    assert QGuiApplication.clipboard().text() == str(Path("/a/<b>/settings.json"))
    assert dialog.path.text() == str(Path("/a/<b>/settings.json"))


def test_the_dialog_goes_to_each_setting_by_its_name(make):
    dialog, _ = make()
    texts = {each.text() for kind in (QLabel, QAbstractButton) for each in dialog.findChildren(kind)}
    reached = []
    for setting in setting_names():
        assert {setting.label, setting.group} <= texts
        dialog.go_to(setting.name)
        focus = dialog.focusWidget()  # also where the window is not the active one
        assert focus is not dialog.close_button
        reached.append(focus)
    assert len({*reached}) == len(setting_names())
    assert dialog.automatic in reached
    dialog.automatic.setChecked(False)
    dialog.go_to("budget_bytes")
    assert dialog.focusWidget() is dialog.budget
    with pytest.raises(KeyError):
        dialog.go_to("no such setting")


def test_every_setting_of_the_dialog_is_named(make):
    dialog, calls = make()
    dialog.theme.set_index(2)
    dialog.ui_px.setValue(16)
    dialog.mono_px.setValue(15)
    dialog.automatic.setChecked(False)
    dialog.budget.setValue(64)
    dialog.cap.setValue(7)
    dialog.demo_offer.setChecked(False)
    dialog.close()
    assert {*calls[0]} | {"layout"} == {setting.name for setting in setting_names()}
