# SPDX-License-Identifier: MIT
"""The command palette: one line and a list over the window. What is chosen is done when the palette is gone again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QWidget
from shiboken6 import isValid

from mqtt_explorer.app.palette.entry import Entry, Kind, PaletteSource
from mqtt_explorer.app.palette.rows import Heading, PaletteList, PaletteModel
from mqtt_explorer.widgets.bubble import Bubble
from mqtt_explorer.widgets.cards import Card, Rule, label
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.query_edit import QueryEdit
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS, ICON

_WIDTH: Final = 640
_TOP: Final = 44
_MARGIN: Final = 24
_ROWS: Final = 14
_KEYS: Final = "Ctrl+K"
#: Prefixes that ask for some kinds only.
_ONLY: Final = {">": (Kind.COMMAND,), "/": (Kind.RECENT, Kind.TOPIC)}
#: Entries of a kind at most: beside the others, and alone.
_LIMITS: Final = {Kind.RECENT: 6, Kind.COMMAND: 100, Kind.BROKER: 20, Kind.SETTING: 40, Kind.TOPIC: 20}
_LIMITS_ALONE: Final = {**_LIMITS, Kind.RECENT: 50}
#: With a text the topics come last: they are found bit by bit, and nothing above them may move.
_ORDER_EMPTY: Final = (Kind.RECENT, Kind.COMMAND, Kind.BROKER, Kind.SETTING)
_ORDER: Final = (Kind.COMMAND, Kind.BROKER, Kind.SETTING, Kind.RECENT, Kind.TOPIC)
_STEPS: Final = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class Palette(QWidget):
    """Covers its window while it is open; a click beside it, Esc or its own keys close it. Shortcuts of the window wait meanwhile.

    Args:
        window: The window it belongs to.
        sources: Who offers entries, at most one for each kind.
    """

    def __init__(self, window: QWidget, sources: Iterable[PaletteSource] = ()) -> None:
        super().__init__(window)
        self._sources: dict[Kind, PaletteSource] = {}
        self._found: dict[Kind, list[Entry]] = {}
        self._before: QWidget | None = None
        self._window = window
        self.setAccessibleName(self.tr("Command palette"))
        self.edit = QueryEdit(self, on_key=self._take_key)
        self.edit.setProperty("flat", True)
        self.edit.setPlaceholderText(
            self.tr("Command, topic, broker or setting; > only commands, / only topics")
        )
        self.edit.setAccessibleName(self.tr("Command, topic, broker or setting"))
        self.model = PaletteModel(self)
        self.list = PaletteList(self)
        self.list.setModel(self.model)
        self.list.setAccessibleName(self.tr("What fits"))
        self.list.setFocusProxy(self.edit)  # the keys of the line move in it
        self.nothing = label("", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._picture = QLabel(self)
        self.card = Card(self, raised=True)
        self._lay_out()
        self.bubble = Bubble(self.edit)
        self.edit.textChanged.connect(lambda _text: self._look())
        self.edit.noted.connect(self._on_noted)
        self.list.clicked.connect(self._on_clicked)
        theme().changed.connect(self._place)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        window.installEventFilter(self)
        for source in sources:
            self.add_source(source)
        self.hide()

    def add_source(self, source: PaletteSource) -> None:
        """Takes one more who offers entries."""
        self._sources[source.kind] = source
        source.more.connect(lambda: self._on_more(source.kind))

    def open(self, text: str = "") -> None:
        """Shows the palette with the focus, and with what fits `text`."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.edit.setText(text)
        self._look()
        self.show()
        self.raise_()
        self._place()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def toggle(self) -> None:
        """Opens the palette, or closes it."""
        if self.isVisible():
            self.leave()
        else:
            self.open()

    def leave(self) -> None:
        """Closes the palette; the focus goes where it was."""
        self._end()
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def current(self) -> Entry | None:
        """The entry that Enter would run."""
        return self.model.entry(self.list.currentIndex().row())

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # while it is open no key reaches the window behind it
            return True
        return bool(super().event(event))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # nor one that the line has no use for

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if not self.card.geometry().contains(event.position().toPoint()):
            self.leave()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window behind steps back a little."""
        painter = QPainter(self)
        veil = QColor(theme().color("bg"))
        veil.setAlphaF(0.5)
        painter.fillRect(event.rect(), veil)
        painter.end()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _wanted(self) -> tuple[str, tuple[Kind, ...], bool]:
        """The text to look for, the kinds that are asked for, and whether a prefix chose them."""
        text = self.edit.text()
        only = _ONLY.get(text[:1])
        if only is not None:
            return text[1:].strip(), only, True
        text = text.strip()
        return text, (_ORDER if text else _ORDER_EMPTY), False

    def _look(self) -> None:
        """Asks everybody anew; the first entry is chosen."""
        text, kinds, alone = self._wanted()
        limits = _LIMITS_ALONE if alone else _LIMITS
        for kind, source in self._sources.items():
            if kind in kinds:
                self._found[kind] = source.entries(text, limits[kind])
            else:
                self._found.pop(kind, None)
                source.stop()
        self._show(None)
        self.list.scrollToTop()

    def _on_more(self, kind: Kind) -> None:
        if not self.isVisible() or kind not in self._found:
            return
        text, _, alone = self._wanted()
        self._found[kind] = self._sources[kind].entries(text, (_LIMITS_ALONE if alone else _LIMITS)[kind])
        place = self.list.verticalScrollBar().value()
        self._show(self.current)
        self.list.verticalScrollBar().setValue(place)

    def _show(self, chosen: Entry | None) -> None:
        """Fills the list; the entry that was chosen stays so where it still stands, else it is the first."""
        text, kinds, _ = self._wanted()
        rows: list[Heading | Entry] = []
        seen: set[str] = set()
        for kind in kinds:
            source = self._sources.get(kind)
            fresh = [each for each in self._found.get(kind, []) if each.identity not in seen]
            seen.update(each.identity for each in fresh)
            if source is not None and (fresh or (source.busy and text)):
                rows += [Heading(heading(kind), _how_many(source, len(self._found.get(kind, [])))), *fresh]
        self.model.set_rows(rows)
        places = self.model.places()
        row = self.model.row_of(chosen.identity) if chosen is not None else None
        self._choose(row if row is not None else places[0] if places else -1)
        self.nothing.setText(
            self.tr("Nothing fits “{text}”.").format(text=one_line(text, 60))
            if text
            else self.tr("Nothing to choose here yet.")
        )
        self.nothing.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self._tell()
        self._place()

    def _choose(self, row: int) -> None:
        index = self.model.index(row, 0)
        self.list.setCurrentIndex(index)
        if self.model.places()[:1] == [row]:
            self.list.scrollToTop()  # with its heading
        elif index.isValid():
            self.list.scrollTo(index)

    def _tell(self) -> None:
        """Says the chosen entry to those who do not see the list: the focus stays in the line."""
        index = self.list.currentIndex()
        told = index.data(Qt.ItemDataRole.AccessibleTextRole) if index.isValid() else self.nothing.text()
        self.edit.setAccessibleDescription(str(told))

    # -- keys and mouse ------------------------------------------------------------------------------------------------

    def _take_key(self, event: QKeyEvent) -> bool:
        """Whether a key was for the list; all others but those of editing are held back from the window."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape or _is(event, _KEYS):
            self.leave()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.current)
        elif key in _STEPS:
            self._step(_STEPS[key], wrap=True)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            page = max(1, self.list.viewport().height() // self.list.row_delegate.row_height - 1)
            self._step(page if key == Qt.Key.Key_PageDown else -page)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._step(len(self.model.rows) * (1 if key == Qt.Key.Key_End else -1))
        else:
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)  # there is nowhere else to go
        return True

    def _step(self, by: int, *, wrap: bool = False) -> None:
        places = self.model.places()
        if not places:
            return
        row = self.list.currentIndex().row()
        now = places.index(row) if row in places else 0
        target = (now + by) % len(places) if wrap else max(0, min(now + by, len(places) - 1))
        self._choose(places[target])
        self._tell()

    def _on_clicked(self, index: QModelIndex) -> None:
        self._run(self.model.entry(index.row()))

    def _run(self, entry: Entry | None) -> None:
        if entry is not None:
            self.leave()
            entry.run()

    def _on_noted(self, note: str) -> None:
        self.bubble.say(note, "warn")
        if note:
            self.edit.setAccessibleDescription(note)

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        """Something in the window took the focus for itself (a broker was connected): the palette is in its way."""
        if (
            self.isVisible()
            and new is not None
            and new.window() is self.window()
            and not self.isAncestorOf(new)
        ):
            self._before = None
            self._end()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        self.hide()
        self.edit.clear()
        for source in self._sources.values():
            source.stop()
        self._found.clear()
        self.model.set_rows([])

    def _lay_out(self) -> None:
        column = self.card.column(0, 0)
        line = QHBoxLayout()
        line.setContentsMargins(12, GAP, GAP, GAP)
        line.setSpacing(GAP_XS)
        line.addWidget(self._picture)
        line.addWidget(self.edit, 1)
        column.addLayout(line)
        column.addWidget(Rule(self))
        middle = QHBoxLayout()
        middle.setContentsMargins(6, GAP_XS, 6, GAP_XS)
        middle.addWidget(self.list)
        middle.addWidget(self.nothing)
        column.addLayout(middle)
        column.addWidget(Rule(self))
        self.foot = label(
            self.tr("↑ ↓ choose  ·  Enter runs  ·  Esc closes  ·  > only commands  ·  / only topics"), "small"
        )
        self.foot.setContentsMargins(12, 6, 12, 6)
        self.foot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column.addWidget(self.foot)

    def _place(self) -> None:
        """Top centre of the window, as high as its rows, and no higher than the window."""
        window = self._window
        self.setGeometry(window.rect())
        self._picture.setPixmap(pixmap("palette", "muted", ICON, self.devicePixelRatioF()))
        self.nothing.setFixedHeight(64)
        width = min(_WIDTH, window.width() - 2 * _MARGIN)
        row = self.list.row_delegate.row_height
        rows = min(max(len(self.model.rows), 1), _ROWS)
        self.list.setFixedHeight(rows * row)
        layout = self.card.layout()
        if layout is None:
            return
        layout.activate()
        around = self.card.sizeHint().height() - (rows * row if self.model.rows else 0)
        room = window.height() - _TOP - _MARGIN - around
        if self.model.rows:
            self.list.setFixedHeight(max(2 * row, min(rows * row, room)))
            layout.activate()
        self.card.setGeometry(
            QRect((window.width() - width) // 2, _TOP, width, self.card.sizeHint().height())
        )


def heading(kind: Kind) -> str:
    """The name of a group."""
    translate = QCoreApplication.translate
    return {
        Kind.RECENT: translate("Palette", "Recent topics"),
        Kind.COMMAND: translate("Palette", "Commands"),
        Kind.BROKER: translate("Palette", "Brokers"),
        Kind.SETTING: translate("Palette", "Settings"),
        Kind.TOPIC: translate("Palette", "Topics"),
    }[kind]


def _how_many(source: PaletteSource, shown: int) -> str:
    """Nothing where all are shown: a list that is cut says so."""
    translate = QCoreApplication.translate
    if source.busy:
        return translate("Palette", "searching… {n}").format(n=f"{source.total:,}")
    if source.total > shown:
        return translate("Palette", "{shown} of {n}").format(shown=f"{shown:,}", n=f"{source.total:,}")
    return ""


def _is(event: QKeyEvent, keys: str) -> bool:
    return QKeySequence(event.keyCombination()) == QKeySequence(keys)
