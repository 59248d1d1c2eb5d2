# SPDX-License-Identifier: MIT
"""The theme of the running program: palette, stylesheet and fonts from one set of tokens."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QCoreApplication, QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from mqtt_explorer.resources import FOLDER
from mqtt_explorer.widgets.stylesheet import build_stylesheet
from mqtt_explorer.widgets.tokens import DARK, LIGHT, Tokens, mix

Choice = Literal["system", "dark", "light"]
UI_PX: Final = 13
MONO_PX: Final = 12
MIN_PX: Final = 9
MAX_PX: Final = 28


class Theme(QObject):
    """Applies tokens to a QApplication and follows the system while the choice is "system".

    Make it once through `install()`; reach it anywhere through `theme()`.
    """

    changed = Signal()
    """Colours or fonts are new and already applied: repaint what you painted yourself."""

    def __init__(
        self,
        app: QApplication,
        choice: Choice = "system",
        ui_px: int = UI_PX,
        mono_px: int = MONO_PX,
    ) -> None:
        super().__init__(app)
        self._app = app
        self._choice: Choice = choice
        self._ui_px = _clamp(ui_px)
        self._mono_px = _clamp(mono_px)
        self._tokens = DARK
        self._colors: dict[str, QColor] = {}
        self._system_ui = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
        self._system_mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        QDir.setSearchPaths("look", [str(FOLDER / "style")])
        app.setStyle("Fusion")
        self._tell_platform()
        self.apply()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        _standing.theme = self
        self.destroyed.connect(_standing.forget)

    @property
    def tokens(self) -> Tokens:
        """The tokens in force."""
        return self._tokens

    @property
    def is_dark(self) -> bool:
        """True while the dark tokens are in force."""
        return self._tokens.dark

    @property
    def choice(self) -> Choice:
        """What the user chose, not what it resolved to."""
        return self._choice

    @property
    def ui_px(self) -> int:
        """Size of the interface font in device-independent pixels."""
        return self._ui_px

    @property
    def mono_px(self) -> int:
        """Size of the fixed font in device-independent pixels."""
        return self._mono_px

    def set_choice(self, choice: Choice) -> None:
        """Take "system", "dark" or "light"; emits `changed` when the tokens change."""
        if choice == self._choice:
            return
        self._choice = choice
        self._tell_platform()
        if self._resolve() is not self._tokens:
            self.apply()

    def set_sizes(self, ui_px: int, mono_px: int) -> None:
        """Set both font sizes in device-independent pixels, each held within 9 to 28."""
        sizes = (_clamp(ui_px), _clamp(mono_px))
        if sizes != (self._ui_px, self._mono_px):
            self._ui_px, self._mono_px = sizes
            self.apply()

    def color(self, name: str) -> QColor:
        """The colour of a token or kind name ("text", "number", …); do not change it.

        Raises:
            KeyError: no token has this name.
        """
        color = self._colors.get(name)
        if color is None:
            color = self._colors[name] = QColor(self._tokens.color(name))
        return color

    def series(self, index: int) -> QColor:
        """Data colour number `index` (subscriptions, series, consumers), going round."""
        return QColor(self._tokens.series(index))

    def ui_font(self, px: int | None = None, *, semibold: bool = False) -> QFont:
        """The interface font, `px` in device-independent pixels or the chosen size."""
        font = QFont([*_families("Inter", self._system_ui)])
        font.setPixelSize(px or self._ui_px)
        if semibold:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def small_font(self, *, semibold: bool = False) -> QFont:
        """The interface font two pixels smaller: captions, ages, column heads."""
        return self.ui_font(max(self._ui_px - 2, MIN_PX), semibold=semibold)

    def mono_font(self, px: int | None = None) -> QFont:
        """The fixed font for what comes from the wire or goes to it."""
        font = QFont([*_families("JetBrains Mono", self._system_mono)])
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(px or self._mono_px)
        # Ligatures would draw "//" or "->" of a topic as one glyph.
        font.setFeature(QFont.Tag("calt"), 0)
        font.setFeature(QFont.Tag("liga"), 0)
        return font

    def apply(self) -> None:
        """Put palette, fonts and stylesheet in force and announce it."""
        self._tokens = self._resolve()
        self._colors.clear()
        self._app.setFont(self.ui_font())
        self._app.setPalette(build_palette(self._tokens))
        self._app.setStyleSheet(
            build_stylesheet(self._tokens, self._ui_px, self._mono_px, self._mono_families())
        )
        self.changed.emit()

    def _mono_families(self) -> tuple[str, ...]:
        return _families("JetBrains Mono", self._system_mono)

    def _resolve(self) -> Tokens:
        if self._choice == "system":
            scheme = QGuiApplication.styleHints().colorScheme()
            return LIGHT if scheme == Qt.ColorScheme.Light else DARK
        return LIGHT if self._choice == "light" else DARK

    def _tell_platform(self) -> None:
        """Ask for matching window frames and native dialogs, where the platform has them."""
        hints = QGuiApplication.styleHints()
        if self._choice == "system":
            hints.unsetColorScheme()
        else:
            dark = self._choice == "dark"
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)

    def _follow_system(self) -> None:
        if self._choice == "system" and self._resolve() is not self._tokens:
            self.apply()


def install(
    app: QApplication, choice: Choice = "system", ui_px: int = UI_PX, mono_px: int = MONO_PX
) -> Theme:
    """Make the theme of this application, or set the one that stands."""
    existing = _standing.theme
    if existing is None or existing.parent() is not app:
        return Theme(app, choice, ui_px, mono_px)
    existing.set_choice(choice)
    existing.set_sizes(ui_px, mono_px)
    return existing


def theme() -> Theme:
    """The theme of the running application; installs the default one where none stands.

    Raises:
        RuntimeError: there is no QApplication yet.
    """
    # Painting asks for every row, so this is one attribute and not a search among the application's children.
    standing = _standing.theme
    if standing is not None:
        return standing
    app = QCoreApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("A QApplication must exist before the theme is asked for.")
    return Theme(app)


class _Standing:
    """The theme that stands; forgotten when its application goes."""

    theme: Theme | None = None

    def forget(self) -> None:
        self.theme = None


_standing: Final = _Standing()


def build_palette(t: Tokens) -> QPalette:
    """A palette in which every role of every group is set, so that no default grey is left."""
    role = QPalette.ColorRole
    colors = {
        role.Window: t.bg,
        role.WindowText: t.text,
        role.Base: t.panel,
        role.AlternateBase: t.raised,
        role.ToolTipBase: t.raised,
        role.ToolTipText: t.text,
        role.PlaceholderText: t.muted,
        role.Text: t.text,
        role.Button: t.raised,
        role.ButtonText: t.text,
        role.BrightText: t.error,
        role.Light: t.line_strong,
        role.Midlight: t.line,
        role.Mid: t.line,
        role.Dark: t.line,
        role.Shadow: mix(t.bg, "#000000", 0.5),
        role.Highlight: t.selection,
        role.HighlightedText: t.text,
        role.Accent: t.accent,
        role.Link: t.accent,
        role.LinkVisited: t.accent,
    }
    palette = QPalette()
    group = QPalette.ColorGroup
    for name, color in colors.items():
        for which in (group.Active, group.Inactive, group.Disabled):
            palette.setColor(which, name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText, role.ToolTipText):
        palette.setColor(group.Disabled, name, QColor(t.muted))
    for name in (role.Base, role.Button, role.Highlight):
        palette.setColor(group.Disabled, name, QColor(t.panel))
    palette.setColor(group.Disabled, role.Accent, QColor(t.faint))
    return palette


def _families(wanted: str, system: str) -> tuple[str, ...]:
    return (wanted, system) if system and system != wanted else (wanted,)


def _clamp(px: int) -> int:
    return max(MIN_PX, min(MAX_PX, px))
