# SPDX-License-Identifier: MIT
"""The settings: look, fonts, memory, payload cap, layout, and where all this is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mqtt_explorer.profiles.settings import MIB, Settings, Theme
from mqtt_explorer.store.budget import default_limit, machine_memory
from mqtt_explorer.widgets.buttons import IconButton, SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Elided, Rule, label
from mqtt_explorer.widgets.forms import Field, NumberBox
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_L, GAP_M

_THEMES: Final[tuple[Theme, ...]] = ("system", "dark", "light")
_LABEL: Final = 148
_BUDGET_MIN_MIB: Final = 16
_BUDGET_MAX_MIB: Final = 4 * MIB  # 4 TiB: the machine's memory is the real limit, and it is told in words
_CAP_MAX_MIB: Final = 255  # an MQTT packet holds one byte less than 256 MiB
_WIDTH: Final = 520


class SettingName(NamedTuple):
    """A setting as the dialog calls it.

    Attributes:
        name: For `SettingsDialog.go_to`.
        label: What stands before its field.
        group: The heading above it.
        keywords: Other words for it.
    """

    name: str
    label: str
    group: str
    keywords: str = ""


def setting_names() -> list[SettingName]:
    """All settings of the dialog, from top to bottom."""
    look, memory, window = _tr("Look"), _tr("Memory"), _tr("Window")
    return [
        SettingName("theme", _tr("Theme"), look, _tr("dark light colours")),
        SettingName("ui_px", _tr("Text"), look, _tr("font size zoom")),
        SettingName("mono_px", _tr("Topics and payloads"), look, _tr("font size zoom monospace")),
        SettingName("budget_bytes", _tr("Memory for messages"), memory, _tr("budget limit history")),
        SettingName("payload_cap", _tr("Largest payload"), memory, _tr("limit size cut truncated")),
        SettingName("layout", _tr("Reset layout"), window, _tr("docks panels")),
        SettingName("show_demo_offer", _tr("Offer the demo on the start page"), window),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("SettingsDialog", text)


class SettingsDialog(QDialog):
    """Theme and fonts change at once; everything is handed over when the dialog closes, if anything changed.

    The memory budget is not applied while it is typed: on the way to "512" a budget of 51 MiB would throw the history away.

    Args:
        settings: What stands now.
        path: The file they are stored in.
        on_change: Gets the values that were changed here, by name, when the dialog closes; applies and saves them.
        reset_layout: Brings all docks back to their places.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        path: Path,
        on_change: Callable[[dict[str, Any]], object],
        reset_layout: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._before = settings
        self._path = path
        self._on_change = on_change
        self._reset_layout = reset_layout
        self._build_look()
        self._build_memory()
        self._names: list[QLabel] = []
        self._lay_out()
        theme().changed.connect(self._fit_names)
        self._fit_names()
        self._on_budget_changed()
        self.finished.connect(lambda _code: self._hand_over())

    def open(self) -> None:
        """Shows the dialog beside the window, which stays usable: changes are seen as they are made."""
        self.setModal(False)
        self.show()
        self.raise_()
        self.activateWindow()

    def go_to(self, name: str) -> None:
        """Gives the focus to a setting's field.

        Args:
            name: One of `setting_names`.

        Raises:
            KeyError: There is no such setting.
        """
        field: QWidget = {
            "theme": self.theme,
            "ui_px": self.ui_px,
            "mono_px": self.mono_px,
            # The number can only be typed when the box above it does not set it.
            "budget_bytes": self.automatic if self.automatic.isChecked() else self.budget,
            "payload_cap": self.cap,
            "layout": self.reset_button,
            "show_demo_offer": self.demo_offer,
        }[name]
        if isinstance(field, SegmentedControl):
            field = next(
                each for each in field.findChildren(QWidget) if each.focusPolicy() != Qt.FocusPolicy.NoFocus
            )
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        done = bool(super().event(event))
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        """Room for sentences that wrap: a window asks them for their height only once, before it has a width."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            width = max(self.width(), self.minimumSizeHint().width())
            self.resize(width, max(self.height(), layout.totalHeightForWidth(width)))

    def settings(self) -> Settings:
        """The settings as they stand in the dialog; of a faulty value the one before."""
        before = self._before
        budget = before.budget_bytes
        if self.automatic.isChecked():
            budget = None
        elif not self.budget_field.error:
            # A value the user did not touch keeps its bytes, also where they are no whole number of MiB.
            budget = _kept_or_new(before.budget_bytes, self.budget.value())
        return msgspec.structs.replace(
            before,
            theme=_THEMES[self.theme.index],
            ui_px=self.ui_px.value(),
            mono_px=self.mono_px.value(),
            budget_bytes=budget,
            payload_cap=_kept_or_new(before.payload_cap, self.cap.value()),
            show_demo_offer=self.demo_offer.isChecked(),
        )

    def _hand_over(self) -> None:
        before, now = self._before, self.settings()
        names = (field.name for field in msgspec.structs.fields(Settings))
        changed = {name: getattr(now, name) for name in names if getattr(now, name) != getattr(before, name)}
        if changed:
            self._before = now
            self._on_change(changed)

    # -- building -----------------------------------------------------------------------------------------------------

    def _build_look(self) -> None:
        now = self._before
        self.theme = SegmentedControl(
            [self.tr("System"), self.tr("Dark"), self.tr("Light")],
            _THEMES.index(now.theme),
            self,
            name=self.tr("Theme"),
        )
        self.ui_px = NumberBox(11, 20, now.ui_px, self, suffix=" px")
        self.mono_px = NumberBox(10, 20, now.mono_px, self, suffix=" px")
        for box in (self.ui_px, self.mono_px):
            box.setKeyboardTracking(False)  # the "1" of a "14" is no size
            box.valueChanged.connect(lambda: theme().set_sizes(self.ui_px.value(), self.mono_px.value()))
        self.theme.changed.connect(lambda: theme().set_choice(_THEMES[self.theme.index]))
        theme().changed.connect(self._follow_theme)

    def _follow_theme(self) -> None:
        """The theme was changed elsewhere (Ctrl+Shift+L), and saved there."""
        choice = theme().choice
        if choice != _THEMES[self.theme.index]:
            self._before = msgspec.structs.replace(self._before, theme=choice)
            self.theme.set_index(_THEMES.index(choice))

    def _build_memory(self) -> None:
        now = self._before
        self.automatic = QCheckBox(
            self.tr("A quarter of this machine's memory, at most 4 GiB: {n} MiB here").format(
                n=f"{default_limit() // MIB:,}"
            ),
            self,
        )
        self.automatic.setChecked(now.budget_bytes is None)
        self.budget = NumberBox(
            _BUDGET_MIN_MIB, _BUDGET_MAX_MIB, _mib(now.budget_bytes or default_limit()), self, suffix=" MiB"
        )
        self.budget_field = Field(self.tr("Memory for messages"), self.budget, self, label_width=_LABEL)
        self.automatic.toggled.connect(self._on_budget_changed)
        self.budget.valueChanged.connect(self._on_budget_changed)
        self.cap = NumberBox(1, _CAP_MAX_MIB, _mib(now.payload_cap), self, suffix=" MiB")
        self.cap_field = Field(
            self.tr("Largest payload"),
            self.cap,
            self,
            label_width=_LABEL,
            help_text=self.tr(
                "Of a larger one the first 1 MiB is kept, with its true size. For new connections."
            ),
        )

    def _on_budget_changed(self) -> None:
        automatic = self.automatic.isChecked()
        self.budget.setEnabled(not automatic)
        machine = machine_memory() // MIB
        self.budget_field.set_error("")
        if automatic:
            self.budget_field.set_help(self.tr("Set by the box above."))
        elif self.budget.value() > machine:
            self.budget_field.set_error(
                self.tr("This machine has {n} MiB; choose at most that. The value before stays.").format(
                    n=f"{machine:,}"
                )
            )
        else:
            self.budget_field.set_help(
                self.tr("When it is full the oldest messages go first. {n} MiB at least.").format(
                    n=_BUDGET_MIN_MIB
                )
            )

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        layout.setSpacing(GAP_M)
        layout.addWidget(label(self.tr("Look"), "section"))
        theme_name = label(self.tr("Theme"), "muted", buddy=self.theme)
        layout.addLayout(_line(theme_name, self.theme))
        ui_field = Field(self.tr("Text"), self.ui_px, self, label_width=_LABEL)
        mono_field = Field(self.tr("Topics and payloads"), self.mono_px, self, label_width=_LABEL)
        fields = (ui_field, mono_field, self.budget_field, self.cap_field)
        self._names = [theme_name, *(field.label for field in fields)]
        layout.addWidget(ui_field)
        layout.addWidget(mono_field)
        layout.addWidget(Rule(self))
        layout.addWidget(label(self.tr("Memory"), "section"))
        layout.addWidget(self.automatic)
        layout.addWidget(self.budget_field)
        layout.addWidget(self.cap_field)
        layout.addWidget(Rule(self))
        layout.addWidget(label(self.tr("Window"), "section"))
        self.reset_button = push_button(self.tr("Reset layout"), self._on_reset, icon_name="layout")
        self.reset_note = label(self.tr("Brings every panel back to its place."), "caption", wrap=True)
        reset = QHBoxLayout()
        reset.setSpacing(GAP_M)
        reset.addWidget(self.reset_button)
        reset.addWidget(self.reset_note, 1)
        layout.addLayout(reset)
        self.demo_offer = QCheckBox(self.tr("Offer the demo on the start page"), self)
        self.demo_offer.setChecked(self._before.show_demo_offer)
        layout.addWidget(self.demo_offer)
        layout.addWidget(Rule(self))
        layout.addLayout(self._storage_line())
        layout.addStretch(1)
        ends = QHBoxLayout()
        ends.addStretch(1)
        self.close_button = push_button(self.tr("Close"), self.close)
        ends.addWidget(self.close_button)
        layout.addLayout(ends)
        self.setMinimumWidth(_WIDTH)

    def _fit_names(self) -> None:
        """All names before fields as wide as the widest, in whatever font."""
        metrics = QFontMetrics(theme().ui_font())
        wide = max(metrics.horizontalAdvance(name.text()) for name in self._names) + GAP_M
        for name in self._names:
            name.setFixedWidth(max(_LABEL, wide))

    def _storage_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(label(self.tr("Stored in"), "muted"))
        self.path = Elided(str(self._path), role="mono-muted", mode=Qt.TextElideMode.ElideMiddle)
        line.addWidget(self.path, 1)
        line.addWidget(IconButton("copy", self.tr("Copy the path"), self, on_click=self._copy_path))
        return line

    def _copy_path(self) -> None:
        QGuiApplication.clipboard().setText(str(self._path))

    def _on_reset(self) -> None:
        self._reset_layout()
        self.reset_note.setText(self.tr("Every panel is back in its place."))


def _mib(count: int) -> int:
    """Bytes as MiB, rounded up so that nothing shows as 0."""
    return -(-count // MIB)


def _kept_or_new(before: int | None, mib: int) -> int:
    """The bytes as they were where the number still stands for them, else the new number's bytes."""
    return before if before is not None and _mib(before) == mib else mib * MIB


def _line(name: QWidget, editor: QWidget) -> QHBoxLayout:
    """A label and its editor, at its own width."""
    line = QHBoxLayout()
    line.setSpacing(0)
    line.addWidget(name)
    line.addWidget(editor)
    line.addStretch(1)
    return line
