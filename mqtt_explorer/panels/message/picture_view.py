# SPDX-License-Identifier: MIT
"""The image preview: the picture with what is known of it. Its pixels are read in the decoding process."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models import wording
from mqtt_explorer.models.latest_job import LatestJob
from mqtt_explorer.models.picture_job import MOST_BYTES, USUAL_BYTES, PictureData, read_picture
from mqtt_explorer.panels.message.picture_canvas import PictureCanvas
from mqtt_explorer.payload.picture import Picture
from mqtt_explorer.payload.worker import Worker, shared_worker
from mqtt_explorer.widgets.buttons import Chip, IconButton, SegmentedControl
from mqtt_explorer.widgets.cards import EmptyState, label
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import CONTROL, GAP, GAP_L, GAP_XS

#: Wider or higher pictures are brought here smaller: no screen shows more at once, and 16 MB travel fast.
LARGEST_PX: Final = 2048
#: A picture that is there sooner takes the place of the one before without a word in between.
SOON_MS: Final = 300
#: A picture that is not wanted any more may take this long; then its process is killed.
GRACE_S: Final = 0.5
#: Where the facts stand beside the picture, in pixels; below it in less room.
_BESIDE: Final = 560
_FACTS_WIDTH: Final = 256
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
        self._pages = QStackedWidget()
        self._pages.addWidget(self.canvas)
        self._pages.addWidget(self.message)
        self._pages.setMinimumSize(120, 96)
        self._facts = _Facts()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(GAP_L)
        self._body.addWidget(self._pages, 1)
        self._body.addWidget(self._facts, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(self._make_head())
        column.addLayout(self._body, 1)
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
        self._facts.clear()
        self.partial.hide()
        self._show_page(self.message)
        self._say("image", self.tr("No image"), self.tr("Nothing is chosen."))

    def close_down(self) -> None:
        """Ends what is under way."""
        self._soon.stop()
        self._jobs.end()

    @property
    def data(self) -> PictureData | None:
        """What is shown; None while nothing is, and until the first is read."""
        return self._data

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the facts where there is room."""
        super().resizeEvent(event)
        beside = self.width() >= _BESIDE
        self._body.setDirection(
            QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        )
        self._facts.set_beside(beside)

    def _make_head(self) -> QHBoxLayout:
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
        row = QHBoxLayout()
        row.setSpacing(GAP_XS)
        row.addStrut(CONTROL)  # the picture stays where it is when the zoom goes
        row.addWidget(label(self.tr("IMAGE PREVIEW"), "title"))
        row.addSpacing(GAP)
        row.addWidget(self.partial)
        row.addStretch(1)
        for widget in (self.smaller, self.scale_label, self.larger, self.fit):
            row.addWidget(widget)
        return row

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
        self._facts.show_facts(self._facts_of(wish, data))
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
        self._facts.show_facts(self._facts_of(wish, None))
        self._say("warning", self.tr("The image cannot be shown"), text)

    # --- saying -------------------------------------------------------------------------------------------------

    def _say_decoding(self) -> None:
        wish = self._wish
        if wish is None:
            return
        self._data = None
        self.canvas.clear()
        self.partial.hide()
        self._facts.show_facts(self._facts_of(wish, None))
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
        self._show_page(self.message)

    def _show_page(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        for control in (self.smaller, self.larger, self.fit, self.scale_label):
            control.setVisible(page is self.canvas)

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

    def _facts_of(self, wish: _Wish, data: PictureData | None) -> list[tuple[str, str]]:
        kind = data.format if data is not None else wish.picture.kind.upper()
        facts = [
            (self.tr("Format"), f"{kind}, {data.bits}" if data is not None and data.bits else kind),
            (self.tr("Known by"), wish.picture.known_by),
        ]
        if data is not None and data.width:
            facts.append((self.tr("Size"), f"{data.width:,} × {data.height:,}"))
            if data.rows is not None:
                facts.append(
                    (
                        self.tr("Rows kept"),
                        self.tr("{n} of {all}").format(n=f"{data.rows:,}", all=f"{data.height:,}"),
                    )
                )
            if data.shown_width and data.shown_width < data.width:
                facts.append((self.tr("Decoded as"), f"{data.shown_width:,} × {data.shown_height:,}"))
            if data.frames > 1:
                facts.append((self.tr("Frames"), self.tr("1 of {n}").format(n=f"{data.frames:,}")))
        facts.append((self.tr("Bytes"), wording.size(len(wish.payload))))
        return facts


class _Facts(QWidget):
    """Names and values in two columns."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(GAP)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []

    def set_beside(self, beside: bool) -> None:
        """Beside the picture they have a width of their own, below it all there is."""
        self.setFixedWidth(_FACTS_WIDTH) if beside else self.setMaximumWidth(16_777_215)
        if not beside:
            self.setMinimumWidth(0)

    def clear(self) -> None:
        """Shows none."""
        self.show_facts([])

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        """Shows others."""
        while len(self._labels) < len(facts):
            pair = (label("", "muted"), label("", "mono", wrap=True))
            row = len(self._labels)
            pair[1].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            pair[1].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(pair[0], row, 0, top)
            self._grid.addWidget(pair[1], row, 1, top)
            self._labels.append(pair)
            self._grid.setRowStretch(row, 0)
            self._grid.setRowStretch(row + 1, 1)
        for number, (name, value) in enumerate(self._labels):
            shown = number < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[number][0])
                value.setText(one_line(facts[number][1]))
                value.setAccessibleName(f"{facts[number][0]} {facts[number][1]}")
