# SPDX-License-Identifier: MIT
"""The small widgets: named, reachable by keyboard, and plain about text from the wire."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.widgets.buttons import Chip, IconButton, SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Card, Elided, EmptyState, StatusDot, label, plain_tooltip, set_tone
from mqtt_explorer.widgets.forms import Field, NumberBox, Strip
from mqtt_explorer.widgets.theme import Theme
from mqtt_explorer.widgets.title_bar import TitleBar


def test_icon_button_is_named_and_says_its_shortcut(look: Theme, qtbot):
    clicked = []
    button = IconButton("search", "Search", on_click=lambda: clicked.append(1), shortcut="Ctrl+F")
    qtbot.addWidget(button)
    assert button.accessibleName() == "Search"
    assert button.toolTip() == "Search (Ctrl+F)"
    assert button.focusPolicy() == Qt.FocusPolicy.TabFocus
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert clicked == [1]


def test_a_chip_shows_an_ampersand(look: Theme, qtbot):
    chip = Chip("a&b\n\u202e")
    qtbot.addWidget(chip)
    assert chip.text() == "a&&b␊⟨U+202E⟩"
    assert chip.accessibleName() == "a&b␊⟨U+202E⟩"
    assert chip.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_a_checkable_chip_takes_the_keys(look: Theme, qtbot):
    chip = Chip("Topic", checkable=True)
    qtbot.addWidget(chip)
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert chip.isChecked()
    assert chip.focusPolicy() == Qt.FocusPolicy.TabFocus


def test_segments_move_with_the_arrows_and_skip_what_is_off(look: Theme, qtbot):
    control = SegmentedControl(["0", "1", "2"], name="QoS")
    qtbot.addWidget(control)
    control.show()
    chosen = []
    control.changed.connect(chosen.append)
    control.set_reason(1, "The broker allows no QoS 1")
    qtbot.keyClick(control, Qt.Key.Key_Right)
    assert control.index == 2
    qtbot.keyClick(control, Qt.Key.Key_Right)
    assert control.index == 2
    qtbot.keyClick(control, Qt.Key.Key_Left)
    assert chosen == [2, 0]
    stops = [b.focusPolicy() for b in control._group.buttons()]
    assert stops == [Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.NoFocus, Qt.FocusPolicy.NoFocus]
    assert control._group.button(2).accessibleName() == "QoS 2"
    with pytest.raises(IndexError):
        control.set_index(3)


def test_a_field_puts_its_error_under_its_editor(look: Theme, qtbot):
    editor = QLineEdit("bad")
    field = Field("Name", editor, help_text="Shown in the list")
    qtbot.addWidget(field)
    field.show()
    assert field.note.text() == "Shown in the list"
    field.set_error("A name must not be empty.")
    assert editor.property("error") is True
    assert field.note.text() == "A name must not be empty."
    assert field.note.palette().color(field.note.foregroundRole()) == look.color("error")
    assert editor.accessibleDescription() == "A name must not be empty."
    assert editor.accessibleName() == "Name"
    field.set_error("")
    assert editor.property("error") is False
    assert field.note.text() == "Shown in the list"


def test_a_field_without_help_takes_no_room_for_it(look: Theme, qtbot):
    field = Field("Name", QLineEdit())
    qtbot.addWidget(field)
    assert field.note.isHidden()


def test_a_strip_can_be_dismissed(look: Theme, qtbot):
    strip = Strip("warn", "Certificate check is off.", dismissable=True)
    qtbot.addWidget(strip)
    pressed = []
    button = strip.add_button("Fix", lambda: pressed.append(1))
    strip.show()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pressed == [1]
    with qtbot.waitSignal(strip.dismissed):
        qtbot.mouseClick(strip._close, Qt.MouseButton.LeftButton)
    assert strip.isHidden()
    strip.set_message("<b>refused</b>", kind="error", strong="12")
    assert strip.text.textFormat() == Qt.TextFormat.PlainText
    assert strip.accessibleName() == "12 <b>refused</b>"


@pytest.mark.parametrize("strong", ["", "Packaging hall"])
def test_a_strip_puts_its_buttons_under_the_sentence_where_they_would_squeeze_it(
    look: Theme, qtbot, strong: str
):
    strip = Strip("warn", "")
    strip.set_message(
        "Nothing listens there; check that the broker runs and that the port is right.", strong=strong
    )
    buttons = [strip.add_button(text, lambda: None) for text in ("Use mqtts://", "Try again", "Dismiss")]
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.addWidget(strip)
    column.addStretch(1)
    qtbot.addWidget(holder)
    holder.show()

    def stacked_at(width):
        holder.resize(width, 400)
        QApplication.processEvents()
        assert holder.width() == width, "it cannot be made so narrow"
        ends = [0]
        for button in buttons:
            left = button.mapTo(strip, QPoint()).x()
            assert left >= ends[-1]
            assert button.width() >= button.sizeHint().width(), "cut"
            ends.append(left + button.width())
        assert ends[-1] <= strip.width()
        assert strip.text.height() >= strip.text.heightForWidth(strip.text.width())
        assert strip.height() < 140
        return (
            buttons[0].mapTo(strip, QPoint()).y()
            >= strip.text.mapTo(strip, QPoint()).y() + strip.text.height()
        )

    assert not stacked_at(1_200)
    tall = strip.height()
    assert stacked_at(420)
    assert strip.height() > tall
    assert not stacked_at(1_200)
    assert strip.height() == tall
    for button in buttons[1:]:
        button.hide()
    buttons[:] = buttons[:1]
    QApplication.processEvents()
    assert not stacked_at(460 if not strong else 560)  # one button leaves room enough


def test_labels_are_plain_and_coloured_by_meaning(look: Theme, qtbot):
    made = label("<img src='/etc/passwd'>", "muted")
    qtbot.addWidget(made)
    made.show()
    assert made.textFormat() == Qt.TextFormat.PlainText
    set_tone(made, "warn")
    assert made.palette().color(made.foregroundRole()) == look.color("warn")
    set_tone(made, None)
    assert made.palette().color(made.foregroundRole()) == look.color("muted")


def test_a_tooltip_is_never_markup():
    assert plain_tooltip("21.7 °C") == "21.7 °C"
    assert plain_tooltip("<b>x</b>&") == "<qt>&lt;b&gt;x&lt;/b&gt;&amp;</qt>"


def test_elided_asks_for_no_width_and_keeps_its_name(look: Theme, qtbot):
    whole = "a/very/long/topic/" * 10
    elided = Elided(whole + "\n")
    qtbot.addWidget(elided)
    elided.resize(100, 20)
    assert elided.minimumSizeHint().width() < 100
    assert elided.accessibleName() == whole + "␊"
    elided.grab()


def test_empty_state_shows_its_whole_text(look: Theme, qtbot):
    clicked = []
    state = EmptyState(
        "tree", "No topics yet", "word " * 30, button="Add", on_click=lambda: clicked.append(1)
    )
    qtbot.addWidget(state)
    asked = []
    for width in (200, 600):
        state.resize(width, 400)
        state.show()
        asked.append(state.text.minimumHeight())
        assert state.text.height() >= state.text.heightForWidth(state.text.width())
        assert state.text.width() <= width
        assert abs(state.text.geometry().center().x() - state.rect().center().x()) <= 1
    assert asked[0] > asked[1] > 20
    qtbot.mouseClick(state.button, Qt.MouseButton.LeftButton)
    assert clicked == [1]


def test_number_box_leaves_the_wheel_to_the_form(look: Theme, qtbot):
    box = NumberBox(0, 10, 5)
    qtbot.addWidget(box)
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, wheel)
    assert box.value() == 5


def test_title_bar_floats_and_closes_its_dock(look: Theme, qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = QDockWidget("Topics", window)
    bar = TitleBar("Topics", dock)
    dock.setTitleBarWidget(bar)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.show()
    assert bar.title.text() == "TOPICS"
    assert bar.accessibleName() == "Topics"
    qtbot.mouseClick(bar.float_button, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    assert bar.float_button.accessibleName() == "Dock this panel"
    qtbot.mouseClick(bar.float_button, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert dock.isHidden()


def test_title_bar_offers_what_the_dock_can(look: Theme, qtbot):
    dock = QDockWidget("Fixed")
    qtbot.addWidget(dock)
    bar = TitleBar("Fixed", dock)
    dock.setTitleBarWidget(bar)
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    assert bar.float_button.isHidden()
    assert bar.close_button.isHidden()
    alone = TitleBar("Panel")
    qtbot.addWidget(alone)
    assert alone.close_button.isHidden()


def test_a_card_is_painted_in_the_panels_colour(look: Theme, qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    card = Card(page)
    card.resize(60, 60)
    page.resize(60, 60)
    for choice in ("dark", "light"):
        look.set_choice(choice)
        image = page.grab().toImage()
        assert image.pixelColor(30, 30).name() == look.tokens.panel
        assert image.pixelColor(30, 0).name() == look.tokens.line


def test_a_primary_button_in_use_and_off(look: Theme, qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    button = push_button("Connect", kind="primary")
    button.setParent(page)
    button.resize(100, 28)
    assert page.grab().toImage().pixelColor(6, 14).name() == look.tokens.accent
    button.setEnabled(False)
    assert page.grab().toImage().pixelColor(6, 14).name() == look.tokens.bg


def test_gone_widgets_do_not_hear_of_the_theme(look: Theme, qtbot):
    page = QWidget()
    box = QVBoxLayout(page)
    for made in (
        StatusDot("ok"),
        EmptyState("tree", "a", "b"),
        Strip("warn", "x"),
        TitleBar("x"),
        QLabel("x"),
    ):
        box.addWidget(made)
    box.addLayout(QHBoxLayout())
    page.show()
    page.deleteLater()
    qtbot.waitSignal(page.destroyed).wait()
    look.set_choice("light")
