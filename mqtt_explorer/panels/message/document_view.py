# SPDX-License-Identifier: MIT
"""A decoded payload: as a tree, as text, or as a picture, with what one should know about it below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.decoding import Decoding
from mqtt_explorer.panels.message.busy_row import BusyRow
from mqtt_explorer.panels.message.json_tree import JsonTree
from mqtt_explorer.payload.api import NO_CONTEXT
from mqtt_explorer.payload.hex_format import HEX_WIDTH, HexLines
from mqtt_explorer.payload.registry import AUTO, lines_of
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.line_sight import PAD
from mqtt_explorer.widgets.line_view import LineView
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.panels.message.picture_view import PictureView
    from mqtt_explorer.payload.api import Context, Document, Lines
    from mqtt_explorer.protocol.message import Message

TREE, PRETTY = range(2)
_ANNOUNCE_MS: Final = 150
"""Decoding that is done sooner is not announced: it would only flicker."""


class DocumentView(QWidget):
    """Decodes payloads and shows them; large ones page by page while another process decodes them.

    Args:
        parent: The panel.
        name: What a screen reader calls the text.
        structured: False shows text only.

    Signals:
        decoded(object): The Document that is shown: the first page of a large one, then the whole.
        held: The user marked or unfolded something; another message would take that away.
        said(str): What came of copying.
    """

    decoded = Signal(object)
    held = Signal()
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, name: str = "", structured: bool = True) -> None:
        super().__init__(parent)
        self._structured = structured
        self._payload = b""
        self._fresh = True
        self._wanted = True
        self._document: Document | None = None
        self._asked: Message | None = None
        self._begun: Message | None = None
        self._shown: Message | None = None
        self._drawn: dict[int, Document] = {}
        self.decoding = Decoding(self)
        self.text = LineView(self)
        self.text.setAccessibleName(name)
        self.tree = JsonTree(self)
        self._picture: PictureView | None = None
        self.mode = SegmentedControl(
            (self.tr("Tree"), self.tr("Pretty")), TREE, self, name=self.tr("JSON as")
        )
        self.mode.hide()
        self.stack = QStackedWidget(self)
        for view in (self.text, self.tree):
            self.stack.addWidget(view)
        self.setFocusProxy(self.text)
        self.note = label("", "caption", wrap=True)
        self.busy = BusyRow(self.decoding.cancel, self)
        self.progress, self.cancel = self.busy.progress, self.busy.cancel
        self._announce = QTimer(self, interval=_ANNOUNCE_MS, singleShot=True)
        self.resume = push_button(self.tr("Decode all of it"), self.decoding.resume, kind="link")
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.resume, 0, Qt.AlignmentFlag.AlignTop)
        self.note.hide()
        self.resume.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP_XS, 0, 0)
        layout.setSpacing(GAP_XS)
        self._mode_row = QHBoxLayout()
        self._mode_row.addStretch(1)
        layout.addLayout(self._mode_row)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.busy)
        layout.addLayout(foot)

    def _wire(self) -> None:
        self.decoding.shown.connect(self._on_shown)
        self.decoding.progressed.connect(self.busy.set_share)
        self.decoding.working_changed.connect(self._on_working)
        self._announce.timeout.connect(self.busy.show)
        self.mode.changed.connect(lambda _index: self._draw())
        self.text.selection_changed.connect(self._on_marked)
        self.text.said.connect(self.said)
        theme().changed.connect(self._fit_rows)
        self.tree.said.connect(self.said)

    def minimumSizeHint(self) -> QSize:
        """It takes the room there is."""
        return QSize(60, 40)

    # --- showing ------------------------------------------------------------------------------------------------

    @property
    def picture(self) -> PictureView:
        """Shows pictures; made with the first one."""
        if self._picture is None:
            from mqtt_explorer.panels.message.picture_view import PictureView

            self._picture = PictureView(self)
            self.stack.addWidget(self._picture)
        return self._picture

    @property
    def document(self) -> Document | None:
        """What is shown."""
        return self._document

    @property
    def message(self) -> Message | None:
        """The message whose document is shown: while a live topic is followed it may be an earlier one than was asked for last."""
        return self._shown

    def show_payload(
        self,
        payload: bytes,
        choice: str = AUTO,
        context: Context = NO_CONTEXT,
        *,
        following: bool = False,
        live: bool | None = None,
        of: Message | None = None,
    ) -> None:
        """Shows a payload.

        Args:
            payload: The bytes kept.
            choice: See `registry`.
            context: What else is known of it.
            following: It is the next message of the topic shown: what was unfolded and scrolled to stays, where it has it too.
            live: Nobody went to it, it came: the document before may stay until this one is decoded. None: as `following`.
            of: The message it is of.
        """
        live = following if live is None else live
        self._payload, self._fresh, self._asked = payload, not following, of
        if not (live and self.decoding.is_working):
            self._begun = of
        self.decoding.show(payload, choice, context, following=live)
        self._say_working()

    def place_mode(self) -> None:
        """Puts the switch between tree and text above the document, where there is no room for it beside the tabs."""
        self._mode_row.addWidget(self.mode)
        self.show_mode(self._wanted)

    def show_mode(self, wanted: bool) -> None:
        """Shows the switch between tree and text, where there is a structure and its tab is in front."""
        self._wanted = wanted
        structure = self._document.structure if self._document is not None else None
        self.mode.setVisible(wanted and self._structured and structure is not None)

    def stop(self) -> None:
        """There is nothing to show any more: what is being decoded is given up, and the memory goes."""
        self.decoding.clear()
        if self._picture is not None:
            self._picture.clear()
        self.text.show_lines(None)
        self.tree.show_document(None)
        self._document, self._payload = None, b""
        self._asked = self._begun = self._shown = None
        self._drawn.clear()
        self.text.search.set_coming(False)
        self.note.hide()
        self.resume.hide()
        self.show_mode(self._wanted)

    def _on_shown(self, document: Document) -> None:
        payload = self.decoding.payload
        known = (self._asked, self._begun, self._shown)
        self._shown = next((each for each in known if each is not None and each.payload is payload), None)
        self._begun = self._asked
        if document is not self._document:
            self._drawn.clear()
        self._document = document
        self.show_mode(self._wanted)
        self._draw()
        self._fresh = False  # the whole takes the place of its first page
        self._show_notes(document)
        self._say_working()
        self.decoded.emit(document)

    def _draw(self) -> None:
        """Fills the view in front; the other one when it is asked for."""
        document = self._document
        if document is None:
            return
        payload = self.decoding.payload or b""
        if document.picture is not None and self._structured:
            self.picture.show_picture(payload, document.picture, following=not self._fresh)
            self._bring(self.picture)
        elif document.structure is not None and self._structured and self.mode.index == TREE:
            if self._drawn.get(TREE) is not document:
                self.tree.show_document(document, fresh=self._fresh)
                self._drawn[TREE] = document
            self._bring(self.tree)
        else:
            if self._drawn.get(PRETTY) is not document:
                self.text.show_lines(self._lines_of(document), keep_place=not self._fresh)
                self._drawn[PRETTY] = document
            self._bring(self.text)

    def _lines_of(self, document: Document) -> Lines:
        lines = lines_of(document)
        if isinstance(lines, HexLines) and not self._has_room_for(lines.longest - 1):
            return HexLines(document.source, HEX_WIDTH // 2)
        return lines

    def _has_room_for(self, columns: int) -> bool:
        """Whether so many characters stand beside each other in the text."""
        room = self.width() - self.text.verticalScrollBar().sizeHint().width() - 2 * PAD
        return columns * QFontMetricsF(theme().mono_font()).horizontalAdvance("0") <= room

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows of bytes become shorter or longer with the room."""
        super().resizeEvent(event)
        self._fit_rows()

    def _fit_rows(self) -> None:
        document, lines = self._document, self.text.lines
        if document is None or self._drawn.get(PRETTY) is not document or not isinstance(lines, HexLines):
            return
        fitting = self._lines_of(document)
        if isinstance(fitting, HexLines) and fitting.width != lines.width:
            top = self.text.top_line * lines.width // fitting.width
            self.text.show_lines(fitting, keep_place=False)
            self.text.scroll_to(top)

    def _bring(self, view: QWidget) -> None:
        """Shows one of the views; the focus goes along."""
        before = self.stack.currentWidget()
        if view is before:
            return
        had_focus = before is not None and before.isAncestorOf(QApplication.focusWidget() or self)
        had_focus = had_focus or (before is not None and before.hasFocus())
        self.stack.setCurrentWidget(view)
        self.setFocusProxy(view)
        if had_focus:
            view.setFocus()

    def _show_notes(self, document: Document) -> None:
        notes = [document.problem] if document.problem else []
        notes += document.notes
        text = " ".join(notes)
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.resume.setVisible(not document.complete and not self.decoding.is_working)
        self._tell_search()

    def _tell_search(self) -> None:
        """While the whole is to come, what is not found in its beginning may still be found."""
        document = self._document
        self.text.search.set_coming(
            document is not None and not document.complete and self.decoding.is_working
        )

    def _on_working(self, working: bool) -> None:
        self.busy.set_share(0)
        if working:
            self._announce.start()
        else:
            self._announce.stop()
            self.busy.hide()
        self._say_working()
        if self._document is not None:
            self.resume.setVisible(not self._document.complete and not working)
            self._tell_search()

    def _say_working(self) -> None:
        if self.decoding.is_behind:
            text = self.tr("An earlier message is shown; decoding {size}…")
        else:
            text = self.tr("Decoding {size}…")
        self.busy.say(text.format(size=wording.size(len(self._payload))))

    def _on_marked(self) -> None:
        if self.text.has_selection:
            self.held.emit()
