# SPDX-License-Identifier: MIT
"""The search field of the bytes, and the search itself: in slices beside the window's work, so that it can be cancelled."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from mqtt_explorer.payload.byte_find import ByteSearch, FindError, Needle, Reading, guess_reading, read_needle
from mqtt_explorer.widgets.bubble import Bubble
from mqtt_explorer.widgets.buttons import Chip, IconButton
from mqtt_explorer.widgets.cards import label, set_property
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.query_edit import QueryEdit
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP_XS, ICON

_SLICE_S: Final = 0.004
_TYPED: Final = 16_384
"""Characters taken: as many as the longest bytes to look for need, with spaces."""
_ICON_ROOM: Final = ICON + 10
_STEP_KEYS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3)


class FindField(QueryEdit):
    """Takes text or bytes; a chip says as which it is read and turns it into the other when clicked.

    Signals:
        step_wanted(int): 1 for the next place, -1 for the previous one.
        cancelled(): Escape, while it searches.
        left(): Escape else, or Down: the focus is for the bytes.
    """

    step_wanted = Signal(int)
    cancelled = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, limit=_TYPED, on_key=self._take_key)
        self._chosen: Reading | None = None
        self._searching = False
        words = self.tr("Find text or bytes: 6B 04")
        self.setPlaceholderText(words)
        self.setAccessibleName(self.tr("Find text or bytes"))
        self.setMinimumWidth(200)
        self._picture = QLabel(self)
        self._picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._tail = QWidget(self)
        self.counter = label("", "caption")
        self.chip = Chip("", self._tail, on_click=self._turn)
        self.previous = IconButton(
            "chevron-up",
            self.tr("Previous place"),
            small=True,
            shortcut="Shift+F3",
            on_click=lambda: self.step_wanted.emit(-1),
        )
        self.next = IconButton(
            "chevron-down",
            self.tr("Next place"),
            small=True,
            shortcut="F3",
            on_click=lambda: self.step_wanted.emit(1),
        )
        self.stop = IconButton(
            "close",
            self.tr("Stop searching"),
            small=True,
            shortcut="Esc",
            on_click=lambda: self.cancelled.emit(),
        )
        row = self._row = QHBoxLayout(self._tail)
        row.setContentsMargins(0, 0, 2, 0)
        row.setSpacing(2)
        for each in (self.counter, self.chip, self.previous, self.next, self.stop):
            row.addWidget(each)
        self._tail.setCursor(Qt.CursorShape.ArrowCursor)
        self.bubble = Bubble(self)
        self.textChanged.connect(self._on_text)
        self.noted.connect(lambda text: self.tell(text, notice=True))
        theme().changed.connect(self._restyle)
        self._restyle()
        self._on_text("")

    @property
    def reading(self) -> Reading:
        """How the text is read."""
        return self._chosen or guess_reading(self.text())

    def needle(self) -> Needle | None:
        """What to look for; None when it cannot be looked for, which it then says itself."""
        try:
            return read_needle(self.text(), self.reading)
        except FindError as error:
            self.tell(str(error))
            return None

    def tell(self, text: str, *, notice: bool = False) -> None:
        """Says something under the field: what is wrong, or a notice that goes by itself; "" takes it away."""
        set_property(self, "error", bool(text) and not notice)
        self.bubble.say("")
        self.bubble.say(text, "warn" if notice else "error")

    def set_searching(self, progress: float | None) -> None:
        """Shows how far a search is, 0.0 to 1.0; None when there is none."""
        self._searching = progress is not None
        self.counter.setText("" if progress is None else f"{int(progress * 100)} %")
        self._show_tail()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _on_text(self, text: str) -> None:
        if not text:
            self._chosen = None
        self.tell("")
        self._show_tail()

    def _turn(self) -> None:
        """Reads the text as the other."""
        self._chosen = "text" if self.reading == "bytes" else "bytes"
        self.tell("")
        self._show_tail()
        if self._chosen == "bytes":
            self.needle()  # says at once what is no byte

    def _show_tail(self) -> None:
        has_text = bool(self.text())
        as_bytes = self.reading == "bytes"
        self.chip.set_text(self.tr("as bytes") if as_bytes else self.tr("as text"))
        other = self.tr("Read as bytes. Click: look for it as text.")
        if not as_bytes:
            other = self.tr("Read as text (UTF-8, upper and lower case differ). Click: look for bytes.")
        self.chip.setToolTip(other)
        self.chip.setVisible(has_text and not self._searching)
        self.previous.setVisible(has_text and not self._searching)
        self.next.setVisible(has_text and not self._searching)
        self.counter.setVisible(self._searching)
        self.stop.setVisible(self._searching)
        self._place()

    def _place(self) -> None:
        self._tail.setVisible(bool(self.text()))
        wide = self._row.sizeHint().width() if self.text() else 0
        self._tail.setGeometry(self.width() - wide - 1, 1, wide, self.height() - 2)
        self._picture.setGeometry(GAP_XS + 4, 0, ICON, self.height())
        self.setTextMargins(_ICON_ROOM, 0, max(0, wide - GAP_XS), 0)

    def _restyle(self) -> None:
        self._picture.setPixmap(pixmap("search", "muted", ICON, self.devicePixelRatioF()))
        self._place()

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.key() in _STEP_KEYS:
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.step_wanted.emit(-1 if back else 1)
        elif event.key() == Qt.Key.Key_Escape and self._searching:
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self.tell("")
            self.left.emit()
        else:
            return False
        return True


class Finding(QObject):
    """One search at a time.

    Signals:
        found(int, int, bool): Where the next place begins, how many bytes it has, and whether the search went round an end for it.
        missed(): They are nowhere.
        progressed(object): How far it is, 0.0 to 1.0; None when it ended.
    """

    found = Signal(int, int, bool)
    missed = Signal()
    progressed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._search: ByteSearch | None = None
        self._length = 0
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def running(self) -> bool:
        """True while it searches."""
        return self._search is not None

    def start(self, data: bytes, needle: bytes, place: int, *, forward: bool) -> None:
        """Looks for the next or previous place; see `ByteSearch`."""
        self.cancel()
        self._search = ByteSearch(data, needle, place, forward=forward)
        self._length = len(needle)
        self._go_on()
        if self._search is not None:
            self._timer.start()

    def cancel(self) -> None:
        """Ends it without a result."""
        if self._search is not None:
            self._end()

    def _go_on(self) -> None:
        search = self._search
        if search is None:
            self._timer.stop()
        elif not search.step(_SLICE_S):
            self.progressed.emit(search.progress)
        else:
            self._end()
            if search.found is None:
                self.missed.emit()
            else:
                self.found.emit(search.found, self._length, search.wrapped)

    def _end(self) -> None:
        self._search = None
        self._timer.stop()
        self.progressed.emit(None)
