# SPDX-License-Identifier: MIT
"""The stylesheet, built from tokens. No Qt.

Item views are not mentioned: a rule that touched them would send every cell through the stylesheet engine
(4.9-6.0 ms a repaint against 2.2 ms). So there is no rule for QWidget, QFrame or QAbstractScrollArea either.
"""

from __future__ import annotations

from collections.abc import Sequence

from mqtt_explorer.widgets.tokens import RADIUS, RADIUS_CONTROL, Tokens, control_px


def build_stylesheet(t: Tokens, ui_px: int, mono_px: int, mono_families: Sequence[str]) -> str:
    """The stylesheet of the whole program for these tokens and font sizes (device-independent pixels)."""
    mono = ", ".join(f'"{family}"' for family in mono_families)
    small = max(ui_px - 2, 9)
    control = control_px(max(ui_px, mono_px))
    return "".join(
        (
            _frames(t),
            _labels(t, ui_px, small, mono_px, mono),
            _buttons(t, control, ui_px, small),
            _fields(t, control, mono_px, mono),
            _choices(t, control),
            _tabs(t, ui_px),
            _bars(t),
            _popups(t, ui_px),
            _views(t, small),
        )
    )


def _frames(t: Tokens) -> str:
    return f"""
QMainWindow, QDialog {{ background: {t.bg}; }}
QMainWindow::separator {{ background: transparent; width: 8px; height: 8px; }}
QMainWindow::separator:hover {{ background: {t.line_strong}; border-radius: 3px; margin: 3px; }}
QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {t.line_strong}; border-radius: 2px; margin: 2px; }}
QDockWidget {{ border: none; }}
QScrollArea {{ background: transparent; border: none; }}
Card {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: {RADIUS}px; }}
Card[part="top"] {{ border-bottom: none; border-bottom-left-radius: 0; border-bottom-right-radius: 0; }}
Card[part="bottom"] {{ border-top: none; border-top-left-radius: 0; border-top-right-radius: 0; }}
Card[raised="true"] {{ background: {t.raised}; }}
Rule {{ background: {t.line}; border: none; }}
BrokerTab {{ background: transparent; border: 1px solid transparent; border-radius: {RADIUS}px; }}
BrokerTab:hover {{ background: {t.hover}; }}
BrokerTab[current="true"] {{ background: {t.raised}; border-color: {t.line}; }}
BrokerTab:focus {{ border-color: {t.accent}; }}
QueryBar {{ background: {t.field}; border: 1px solid {t.line}; border-radius: {RADIUS_CONTROL}px; }}
QueryBar:hover {{ border-color: {t.line_strong}; }}
QueryBar[within="true"] {{ border-color: {t.accent}; }}
QueryBar[error="true"] {{ background: {t.tint_error}; border-color: {t.error}; }}
Bubble {{ background: {t.tint_error}; border: 1px solid {t.error}; border-radius: {RADIUS_CONTROL}px; }}
Bubble[kind="warn"] {{ background: {t.tint_warn}; border-color: {t.warn}; }}

Strip {{ border: 1px solid transparent; border-radius: {RADIUS_CONTROL}px; background: {t.raised}; }}
Strip[kind="warn"] {{ background: {t.tint_warn}; }}
Strip[kind="error"] {{ background: {t.tint_error}; }}
Strip[kind="ok"] {{ background: {t.tint_ok}; }}
"""


def _labels(t: Tokens, ui_px: int, small: int, mono_px: int, mono: str) -> str:
    caption = max(ui_px - 1, 9)
    return f"""
QLabel {{ background: transparent; color: {t.text}; }}
QLabel:disabled {{ color: {t.muted}; }}
QLabel[role="title"] {{ color: {t.muted}; font-size: {small}px; font-weight: 600; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="section"] {{ font-size: {ui_px + 2}px; font-weight: 600; }}
QLabel[role="page"] {{ font-size: {ui_px + 7}px; font-weight: 600; }}
QLabel[role="figure"] {{ font-size: {ui_px + 11}px; font-weight: 600; }}
QLabel[role="muted"] {{ color: {t.muted}; }}
QLabel[role="caption"] {{ color: {t.muted}; font-size: {caption}px; }}
QLabel[role="small"] {{ color: {t.muted}; font-size: {small}px; }}
QLabel[role="mono"] {{ font-family: {mono}; font-size: {mono_px}px; }}
QLabel[role="mono-muted"] {{ font-family: {mono}; font-size: {mono_px}px; color: {t.muted}; }}
QLabel[tone="ok"] {{ color: {t.ok}; }}
QLabel[tone="warn"] {{ color: {t.warn}; }}
QLabel[tone="error"] {{ color: {t.error}; }}
QLabel[tone="accent"] {{ color: {t.accent}; }}
QLabel[tone="muted"] {{ color: {t.muted}; }}
QLabel[tone="text"] {{ color: {t.text}; }}
"""


def _buttons(t: Tokens, control: int, ui_px: int, small: int) -> str:
    inner = control - 2
    flat = max(22, ui_px + 8)  # a line of text with its border
    chip = max(16, small + 5)
    return f"""
QPushButton {{
    background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; border-radius: {RADIUS_CONTROL}px;
    min-height: {inner}px; max-height: {inner}px; padding: 0 12px; font-weight: 500;
}}
QPushButton:hover {{ background: {t.line}; }}
QPushButton:pressed, QPushButton:checked {{ background: {t.selection}; border-color: {t.line_strong}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled {{ background: transparent; color: {t.muted}; border: 1px dashed {t.line_strong}; }}
QPushButton[primary="true"] {{
    background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600;
}}
QPushButton[primary="true"]:hover {{ background: {t.accent_hover}; border-color: {t.accent_hover}; }}
QPushButton[primary="true"]:focus {{ border: 1px solid {t.text}; }}
QPushButton[primary="true"]:disabled {{
    background: transparent; color: {t.muted}; border: 1px dashed {t.line_strong};
}}
QPushButton[danger="true"] {{ background: transparent; color: {t.error}; border-color: {t.error}; }}
QPushButton[danger="true"]:hover {{ background: {t.tint_error}; }}
QPushButton[danger="true"]:disabled {{ color: {t.muted}; border: 1px dashed {t.line_strong}; }}
QPushButton[small="true"] {{
    min-height: {flat}px; max-height: {flat}px; padding: 0 8px; font-size: {max(ui_px - 1, 9)}px;
}}
QPushButton[bare="true"] {{ background: transparent; border-color: transparent; padding: 0 4px; }}
QPushButton[bare="true"]:hover {{ background: {t.hover}; }}
QPushButton[bare="true"]:focus {{ border-color: {t.accent}; }}
QPushButton[tone="warn"] {{ color: {t.warn}; }}
QPushButton[big="true"] {{ min-height: {inner + 10}px; max-height: {inner + 10}px; padding: 0 16px; }}
QPushButton[link="true"] {{
    background: transparent; color: {t.accent}; border: 1px solid transparent; padding: 0 6px;
    min-height: {flat}px; max-height: {flat}px;
}}
QPushButton[link="true"]:hover {{ background: {t.hover}; }}
QPushButton[link="true"]:focus {{ border-color: {t.accent}; }}
QPushButton[link="true"]:disabled {{ color: {t.muted}; }}
QPushButton::menu-indicator {{ image: none; width: 0; }}
QToolButton {{
    background: transparent; color: {t.muted}; border: 1px solid transparent;
    border-radius: {RADIUS_CONTROL}px; padding: 0 6px;
}}
QToolButton:hover {{ background: {t.hover}; color: {t.text}; }}
QToolButton:pressed, QToolButton:checked {{ background: {t.selection}; color: {t.text}; }}
QToolButton:focus {{ border-color: {t.accent}; }}
QToolButton:disabled {{ background: transparent; color: {t.muted}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
IconButton {{ padding: 0; }}
Chip {{
    background: {t.panel}; color: {t.muted}; border: 1px solid {t.line}; border-radius: {(chip + 2) // 2}px;
    padding: 0 8px; font-size: {small}px; font-weight: 500; min-height: {chip}px; max-height: {chip}px;
}}
Chip:hover {{ background: {t.panel}; color: {t.muted}; }}
Chip[interactive="true"]:hover {{ background: {t.hover}; color: {t.text}; }}
Chip:checked, Chip[tint="accent"] {{
    background: {t.selection}; color: {t.accent}; border-color: {t.selection}; font-weight: 600;
}}
Chip[tint="warn"] {{ background: {t.tint_warn}; color: {t.warn}; border-color: {t.tint_warn}; }}
Chip[tint="error"] {{ background: {t.tint_error}; color: {t.error}; border-color: {t.tint_error}; }}
Chip[tint="ok"] {{ background: {t.tint_ok}; color: {t.ok}; border-color: {t.tint_ok}; }}
Chip:focus {{ border-color: {t.accent}; }}
Chip:disabled {{ background: transparent; color: {t.muted}; border: 1px dashed {t.line_strong}; }}
SegmentedControl {{
    background: {t.field}; border: 1px solid {t.line}; border-radius: {RADIUS_CONTROL}px;
}}
Segment {{
    border: 1px solid transparent; border-radius: 4px; padding: 0 10px; color: {t.muted};
    min-height: {control - 8}px; max-height: {control - 8}px;
}}
Segment:hover {{ background: {t.hover}; color: {t.text}; }}
Segment:checked {{ background: {t.selection}; color: {t.text}; font-weight: 600; }}
Segment:focus {{ border-color: {t.accent}; }}
Segment:disabled {{ color: {t.muted}; background: transparent; border: 1px dashed {t.line_strong}; }}
"""


def _fields(t: Tokens, control: int, mono_px: int, mono: str) -> str:
    inner = control - 2
    return f"""
QLineEdit, QSpinBox, QDoubleSpinBox, QPlainTextEdit, QTextEdit {{
    background: {t.field}; color: {t.text}; border: 1px solid {t.line}; border-radius: {RADIUS_CONTROL}px;
    selection-background-color: {t.selection}; selection-color: {t.text};
}}
QLineEdit {{ min-height: {inner}px; max-height: {inner}px; padding: 0 7px; }}
QPlainTextEdit, QTextEdit {{ padding: 4px; }}
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QPlainTextEdit:hover {{
    border-color: {t.line_strong};
}}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus {{
    border-color: {t.accent};
}}
QLineEdit[error="true"], QSpinBox[error="true"], QDoubleSpinBox[error="true"], QPlainTextEdit[error="true"],
QComboBox[error="true"] {{ border-color: {t.error}; }}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QPlainTextEdit:disabled {{
    background: transparent; color: {t.muted}; border: 1px dashed {t.line_strong};
}}
QLineEdit[reason="true"] {{ placeholder-text-color: {t.muted}; }}
QLineEdit[flat="true"] {{ background: transparent; border-color: transparent; }}
QLineEdit[big="true"] {{ min-height: {inner + 10}px; max-height: {inner + 10}px; }}
QLineEdit[mono="true"], QPlainTextEdit[mono="true"], QComboBox[mono="true"], QSpinBox[mono="true"],
QTextEdit[mono="true"] {{ font-family: {mono}; font-size: {mono_px}px; }}
QLineEdit[mono="true"][big="true"] {{ font-size: {mono_px + 2}px; }}
QSpinBox, QDoubleSpinBox {{ min-height: {inner}px; max-height: {inner}px; padding: 0 2px 0 7px; }}
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {{
    subcontrol-origin: border; width: 20px; border: none; background: transparent;
}}
QSpinBox::up-button, QDoubleSpinBox::up-button {{ subcontrol-position: top right; margin: 2px 2px 0 0; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{
    subcontrol-position: bottom right; margin: 0 2px 2px 0;
}}
QSpinBox::up-button:hover, QDoubleSpinBox::up-button:hover, QSpinBox::down-button:hover,
QDoubleSpinBox::down-button:hover {{ background: {t.hover}; border-radius: 3px; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{
    image: url(look:{t.name}-up.svg); width: 10px; height: 10px;
}}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{
    image: url(look:{t.name}-down.svg); width: 10px; height: 10px;
}}
"""


def _choices(t: Tokens, control: int) -> str:
    inner = control - 2
    return f"""
QComboBox {{
    background: {t.field}; color: {t.text}; border: 1px solid {t.line}; border-radius: {RADIUS_CONTROL}px;
    min-height: {inner}px; max-height: {inner}px; padding: 0 4px 0 8px; combobox-popup: 0;
}}
QComboBox:hover {{ border-color: {t.line_strong}; }}
QComboBox:focus, QComboBox:on {{ border-color: {t.accent}; }}
QComboBox:disabled {{ background: transparent; color: {t.muted}; border: 1px dashed {t.line_strong}; }}
QComboBox::drop-down {{ border: none; width: 22px; subcontrol-position: center right; }}
QComboBox::down-arrow {{ image: url(look:{t.name}-down.svg); width: 12px; height: 12px; }}
QComboBox QLineEdit {{ border: none; background: transparent; padding: 0; min-height: 0; }}
QComboBox QAbstractItemView {{
    background: {t.raised}; color: {t.text}; border: 1px solid {t.line_strong}; padding: 4px; outline: none;
    selection-background-color: {t.selection}; selection-color: {t.text};
}}
QComboBox QAbstractItemView::item {{ min-height: {control - 4}px; padding: 0 6px; border-radius: 4px; }}
QComboBox QAbstractItemView::item:selected {{ background: {t.selection}; color: {t.text}; }}
QCheckBox, QRadioButton {{ color: {t.text}; spacing: 8px; background: transparent; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {t.muted}; }}
QCheckBox::indicator, QRadioButton::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.faint}; border-radius: 4px; background: {t.field};
}}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {t.muted}; }}
QCheckBox::indicator:checked {{
    background: {t.accent}; border-color: {t.accent}; image: url(look:{t.name}-check.svg);
}}
QCheckBox::indicator:indeterminate {{
    background: {t.accent}; border-color: {t.accent}; image: url(look:{t.name}-dash.svg);
}}
QRadioButton::indicator:checked {{
    background: {t.accent}; border-color: {t.accent}; image: url(look:{t.name}-dot.svg);
}}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus {{ border-color: {t.text}; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{
    background: transparent; border: 1px dashed {t.line_strong};
}}
QCheckBox::indicator:checked:disabled {{ image: url(look:{t.name}-check-off.svg); }}
QRadioButton::indicator:checked:disabled {{ image: url(look:{t.name}-dot-off.svg); }}
QGroupBox {{ border: none; margin-top: 20px; font-weight: 600; color: {t.text}; }}
QGroupBox::title {{ subcontrol-origin: margin; subcontrol-position: top left; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.line}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {t.accent}; }}
QSlider::handle:horizontal {{ width: 12px; margin: -4px 0; border-radius: 6px; background: {t.accent}; }}
"""


def _tabs(t: Tokens, ui_px: int) -> str:
    return f"""
QTabWidget::pane {{ border: none; border-top: 1px solid {t.line}; }}
QTabWidget::tab-bar {{ left: 0; }}
QTabBar {{ background: transparent; qproperty-drawBase: 0; }}
QTabBar::tab {{
    background: transparent; color: {t.muted}; border: none; border-bottom: 2px solid transparent;
    padding: 0 10px; min-height: {ui_px + 15}px; max-height: {ui_px + 15}px;
}}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
QTabBar::tab:focus {{ color: {t.accent}; }}
QTabBar::tab:disabled {{ color: {t.muted}; }}
QTabBar::scroller {{ width: 24px; }}
"""


def _bars(t: Tokens) -> str:
    return f"""
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; border: none; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; border: none; }}
QScrollBar::handle {{ background: {t.line_strong}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QProgressBar {{
    background: {t.line}; border: none; border-radius: 2px; min-height: 4px; max-height: 4px;
    color: transparent;
}}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
QProgressBar[kind="quiet"]::chunk {{ background: {t.muted}; }}
QProgressBar[kind="warn"]::chunk {{ background: {t.warn}; }}
QProgressBar[kind="error"]::chunk {{ background: {t.error}; }}
QStatusBar {{ background: {t.bg}; color: {t.muted}; border: none; }}
QStatusBar::item {{ border: none; }}
QSizeGrip {{ width: 0; height: 0; }}
"""


def _popups(t: Tokens, ui_px: int) -> str:
    return f"""
QToolTip {{
    background: {t.raised}; color: {t.text}; border: 1px solid {t.line_strong}; padding: 4px 6px;
    font-size: {max(ui_px - 1, 9)}px;
}}
QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.line_strong}; padding: 4px; }}
QMenu::item {{ padding: 4px 16px 4px 8px; border-radius: 4px; min-height: 18px; }}
QMenu::item:selected {{ background: {t.selection}; }}
QMenu::item:disabled {{ color: {t.muted}; background: transparent; }}
QMenu::icon {{ padding-left: 6px; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QMenu::indicator {{ width: 14px; height: 14px; margin-left: 6px; }}
QMenu::indicator:checked {{ image: url(look:{t.name}-mark.svg); }}
QMenu::right-arrow {{ image: url(look:{t.name}-right.svg); width: 12px; height: 12px; }}
QMenuBar {{ background: {t.bg}; color: {t.text}; border: none; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
"""


def _views(t: Tokens, small: int) -> str:
    return f"""
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{
    background: transparent; color: {t.muted}; border: none; border-bottom: 1px solid {t.line};
    padding: 0 6px; font-size: {small}px; font-weight: 600;
}}
QHeaderView::section:hover {{ color: {t.text}; }}
QHeaderView::up-arrow {{ image: url(look:{t.name}-up.svg); width: 10px; height: 10px; }}
QHeaderView::down-arrow {{ image: url(look:{t.name}-down.svg); width: 10px; height: 10px; }}
QTableCornerButton::section {{ background: transparent; border: none; }}
"""
