# SPDX-License-Identifier: MIT
"""The image preview: the picture with what is known of it. Its pixels are read in the decoding process."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models import wording
from mqtt_explorer.models.latest_job import LatestJob
from mqtt_explorer.models.picture_job import MOST_BYTES, USUAL_BYTES, PictureData, read_picture
from mqtt_explorer.panels.message.picture_canvas import PictureCanvas
from mqtt_explorer.panels.message.picture_facts import Fact, FactsColumn, facts_line, facts_tip
from mqtt_explorer.payload.picture import Picture
from mqtt_explorer.payload.worker import Worker, shared_worker
from mqtt_explorer.widgets.buttons import Chip, IconButton, SegmentedControl
from mqtt_explorer.widgets.cards import Elided, EmptyState, label
from mqtt_explorer.widgets.tokens import CONTROL, GAP, GAP_L, GAP_XS

#: Wider or higher pictures are brought here smaller: no screen shows more at once, and 16 MB travel fast.
LARGEST_PX: Final = 2048
#: A picture that is there sooner takes the place of the one before without a word in between.
SOON_MS: Final = 300
#: A picture that is not wanted any more may take this long; then its process is killed.
GRACE_S: Final = 0.5
#: So wide, in pixels, and the facts stand beside the picture; else below it.
_BESIDE: Final = 640
#: Lower, and nothing stands below a picture: what is known of it takes the place of the head's title.
_LOW: Final = 240
#: Lower, and a picture has all there is; its keys still zoom.
_FLAT: Final = 120
#: MB as in "needs 128 MB": those of the limit, not of a disk's label.
_MB: Final = 1 << 20


class _Wish(NamedTuple):
    payload: bytes
    picture: Picture
    limit: int


class PictureView(QWidget):
    """Shows an image, or says why not.

    Frames of a camera may come faster than they can be read: then some are left out, and none waits.
    """

    def __init__(self, parent: QWidget | None = None, *, worker: Worker | None = None) -> None:
        super().__init__(parent)
        self._wish: _Wish | None = None
        self._following = False
        self._data: PictureData | None = None
        self._worker = worker
        self._jobs = LatestJob(self._decode, self._on_answer, grace_s=GRACE_S)
        self.destroyed.connect(self._jobs.end)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._say_decoding)
        self.canvas = PictureCanvas()
        self.message = EmptyState(
            "image",
            self.tr("No image"),
            self.tr("Nothing is chosen."),
            button=self.tr("Decode anyway"),
            on_click=self._decode_anyway,
        )
        self._message_area = _scrolling(self.message)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.canvas)
        self._pages.addWidget(self._message_area)
        self._pages.setMinimumSize(120, 24)  # the canvas asks for more than a low panel has
        self._known: list[Fact] = []
        self.facts = FactsColumn()
        self.facts_below = _below()
        self.facts_above = Elided(role="muted")
        self._head = self._make_head()
        body = QHBoxLayout()
        body.setSpacing(GAP_L)
        body.addWidget(self._pages, 1)
        body.addWidget(self.facts, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._head)
        column.addLayout(body, 1)
        column.addWidget(self.facts_below)
        self.setFocusProxy(self.canvas)
        self.canvas.scale_changed.connect(self._show_scale)
        self.clear()
        self._show_scale()

    def show_picture(self, payload: bytes, picture: Picture, *, following: bool = False) -> None:
        """Shows a payload that is an image; what was shown stays until it is read, or for a moment.

        Args:
            payload: The bytes kept.
            picture: What they are.
            following: It is the next message of the live topic that is shown, not one that the user went to.
        """
        wish = self._wish
        if wish is not None and (wish.payload, wish.picture) == (payload, picture):
            return
        self._following = following and wish is not None
        self._read(_Wish(payload, picture, USUAL_BYTES))

    def clear(self) -> None:
        """Shows nothing, and frees the picture."""
        self._wish = self._data = None
        self._soon.stop()
        self._jobs.drop()
        self.canvas.clear()
        self._show_facts([])
        self.partial.hide()
        self._show_page(self._message_area)
        self._say("image", self.tr("No image"), self.tr("Nothing is chosen."))

    def close_down(self) -> None:
        """Ends what is under way."""
        self._soon.stop()
        self._jobs.end()

    @property
    def data(self) -> PictureData | None:
        """What is shown; None while nothing is, and until the first is read."""
        return self._data

    def minimumSizeHint(self) -> QSize:
        """Everything but the picture gives way."""
        return QSize(120, 48)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the facts where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        low, beside = self.height() < _LOW, self.width() >= _BESIDE
        saying = self._pages.currentWidget() is not self.canvas
        above = (low and not beside) or (saying and self.height() < _FLAT)
        self._head.setVisible(saying or self.height() >= _FLAT)
        self._title.setVisible(not above)
        self.facts_above.setVisible(above)
        self.facts_above.setText(self.message.title.text() if saying else facts_line(self._known))
        self.facts.setVisible(beside)
        self.facts_below.setVisible(not beside and not low and bool(self._known))

    def _show_facts(self, facts: list[Fact]) -> None:
        self._known = facts
        self.facts.show_facts(facts)
        self.facts_below.setText(facts_line(facts, wraps=True))
        tip = facts_tip(facts) if facts else ""
        self.facts_below.setToolTip(tip)
        self.canvas.setToolTip(tip)
        self._arrange()

    def _make_head(self) -> QWidget:
        self.partial = Chip(
            self.tr("partial"), tint="warn", tooltip=self.tr("The end of the image is missing")
        )
        self.partial.hide()
        self.smaller = IconButton(
            "minus", self.tr("Zoom out"), shortcut="-", on_click=lambda: self.canvas.zoom(-1)
        )
        self.larger = IconButton(
            "plus", self.tr("Zoom in"), shortcut="+", on_click=lambda: self.canvas.zoom(1)
        )
        self.scale_label = label("", "mono-muted")
        self.scale_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.scale_label.setMinimumWidth(self.scale_label.fontMetrics().horizontalAdvance("1,600 %") + GAP)
        self.fit = SegmentedControl((self.tr("Fit"), self.tr("100 %")), name=self.tr("Scale"))
        self.fit.setToolTip(self.tr("Fit (0), one pixel a pixel (1); Ctrl and the wheel zoom"))
        self.fit.changed.connect(self._on_fit)
        self._title = label(self.tr("IMAGE PREVIEW"), "title")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_XS)
        row.addStrut(CONTROL)  # the picture stays where it is when the zoom goes
        row.addWidget(self._title)
        row.addWidget(self.facts_above, 1000)
        row.addSpacing(GAP)
        row.addWidget(self.partial)
        row.addStretch(1)
        for widget in (self.smaller, self.scale_label, self.larger, self.fit):
            row.addWidget(widget)
        return head

    # --- reading ------------------------------------------------------------------------------------------------

    def _read(self, wish: _Wish) -> None:
        self._wish = wish
        self._jobs.want(wish, patiently=self._following)
        if self._data is None:
            self._say_decoding()
        elif not self._following and not self._soon.isActive():
            self._soon.start()

    async def _decode(self, wish: _Wish) -> PictureData:
        worker = self._worker if self._worker is not None else shared_worker()
        return await worker.run(read_picture, wish.payload, wish.picture.kind, LARGEST_PX, wish.limit)

    def _decode_anyway(self) -> None:
        if self._wish is not None:
            self._read(self._wish._replace(limit=MOST_BYTES))

    def _on_answer(self, wish: _Wish, answer: PictureData | Exception) -> None:
        if self._wish is None:
            return
        if wish == self._wish:
            self._soon.stop()
        elif not self._following or isinstance(answer, Exception) or answer.problem:
            return  # the one that is wanted is on its way
        if isinstance(answer, Exception):
            self._show_failure(wish, answer)
        else:
            self._show_data(wish, answer)

    def _show_data(self, wish: _Wish, data: PictureData) -> None:
        self._data = data
        self.partial.setVisible(data.partial)
        self._show_facts(self._facts_of(wish, data))
        if data.problem:
            self.canvas.clear()
            self._say_problem(data)
            return
        image = QImage(
            data.rgba,
            data.shown_width,
            data.shown_height,
            4 * data.shown_width,
            QImage.Format.Format_RGBA8888,
        )
        kept = data.rows / data.height if data.rows is not None and data.height else 1.0
        self.canvas.show_image(image, QSize(data.width, data.height), kept)
        self._data = data._replace(rgba=b"")  # the canvas has it
        self._show_page(self.canvas)

    def _show_failure(self, wish: _Wish, error: Exception) -> None:
        if isinstance(error, MqttExplorerError):
            text = error.message
        elif isinstance(error, MemoryError):
            text = self.tr("It would take more memory than there is.")
        else:
            text = self.tr("The reader failed ({kind}).").format(kind=type(error).__name__)
        self._data = None
        self.canvas.clear()
        self.partial.hide()
        self._show_facts(self._facts_of(wish, None))
        self._say("warning", self.tr("The image cannot be shown"), text)

    # --- saying -------------------------------------------------------------------------------------------------

    def _say_decoding(self) -> None:
        wish = self._wish
        if wish is None:
            return
        self._data = None
        self.canvas.clear()
        self.partial.hide()
        self._show_facts(self._facts_of(wish, None))
        self._say("clock", self.tr("Decoding…"), self.tr("Beside the window, in a process of its own."))

    def _say_problem(self, data: PictureData) -> None:
        title = self.tr("The image cannot be shown")
        if data.problem == "large":
            size = f"{data.width:,} × {data.height:,}"
            needs = f"{-(-data.needs // _MB):,}"
            if data.needs <= MOST_BYTES:
                text = self.tr("Images of up to {usual} MB are decoded without being asked for.")
                self._say(
                    "warning",
                    self.tr("{size} pixels").format(size=size),
                    text.format(usual=USUAL_BYTES // _MB),
                    button=self.tr("Decode anyway (needs {needs} MB)").format(needs=needs),
                )
                return
            text = self.tr("Its {size} pixels need {needs} MB; at most {most} MB are given to an image.")
            self._say("warning", title, text.format(size=size, needs=needs, most=MOST_BYTES // _MB))
        elif data.problem == "unsupported":
            text = self.tr("This computer's Qt has no reader for {kind}.")
            self._say("warning", title, text.format(kind=data.format))
        elif data.partial and data.width:
            text = self.tr("Its end is missing, and without it {kind} cannot be read.")
            self._say("warning", title, text.format(kind=data.format))
        else:
            text = self.tr("It begins like {kind}, but what follows is damaged or cut off.")
            self._say("warning", title, text.format(kind=data.format))

    def _say(self, icon_name: str, title: str, text: str, *, button: str = "") -> None:
        self.message.set_texts(title, text, icon_name)
        if self.message.button is not None:
            self.message.button.setText(button)
            self.message.button.setVisible(bool(button))
        self._show_page(self._message_area)

    def _show_page(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        for control in (self.smaller, self.larger, self.fit, self.scale_label):
            control.setVisible(page is self.canvas)
        self._arrange()

    def _show_scale(self) -> None:
        self.scale_label.setText(f"{self.canvas.scale * 100:,.0f} %")
        fits, whole = self.canvas.is_fitted, self.canvas.scale == 1
        self.fit.blockSignals(True)
        if fits:
            self.fit.set_index(0)
        elif whole:
            self.fit.set_index(1)
        self.fit.blockSignals(False)

    def _on_fit(self, index: int) -> None:
        self.canvas.set_scale(1.0 if index else None)

    def _facts_of(self, wish: _Wish, data: PictureData | None) -> list[Fact]:
        """What is known, the most important first."""
        kind = data.format if data is not None else wish.picture.kind.upper()
        facts = []
        if data is not None and data.width:
            facts.append(Fact(self.tr("Size"), f"{data.width:,} × {data.height:,}", True))
        bits = f", {data.bits}" if data is not None and data.bits else ""
        facts.append(Fact(self.tr("Format"), kind + bits, True))
        facts.append(Fact(self.tr("Bytes"), wording.size(len(wish.payload)), True))
        if data is not None and data.width:
            facts += self._more_facts(data)
        facts.append(Fact(self.tr("Known by"), wish.picture.known_by))
        return facts

    def _more_facts(self, data: PictureData) -> list[Fact]:
        facts = []
        part = self.tr("{n} of {all}")
        if data.rows is not None:
            facts.append(Fact(self.tr("Rows kept"), part.format(n=f"{data.rows:,}", all=f"{data.height:,}")))
        if data.shown_width and data.shown_width < data.width:
            facts.append(Fact(self.tr("Decoded as"), f"{data.shown_width:,} × {data.shown_height:,}"))
        if data.frames > 1:
            facts.append(Fact(self.tr("Frames"), part.format(n="1", all=f"{data.frames:,}")))
        return facts


def _scrolling(message: QWidget) -> QScrollArea:
    """What is said stays within reach in little room."""
    area = QScrollArea()
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(message)
    area.viewport().setAutoFillBackground(False)
    message.setAutoFillBackground(False)  # what setWidget turned on
    return area


def _below() -> QLabel:
    """The facts in as many lines as they take."""
    made = label("", "muted", wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setMinimumWidth(1)
    return made
