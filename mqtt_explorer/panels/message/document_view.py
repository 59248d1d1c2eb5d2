# SPDX-License-Identifier: MIT
"""A decoded payload: as a tree, as text, or as a picture, with what one should know about it below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.decoding import Decoding
from mqtt_explorer.panels.message.json_tree import JsonTree
from mqtt_explorer.panels.message.picture_view import PictureView
from mqtt_explorer.payload.api import NO_CONTEXT
from mqtt_explorer.payload.registry import AUTO, lines_of
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.line_view import LineView
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Context, Document

TREE, PRETTY = range(2)
_PROGRESS_PX: Final = 96


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
        self._drawn: dict[int, Document] = {}
        self.decoding = Decoding(self)
        self.text = LineView(self)
        self.text.setAccessibleName(name)
        self.tree = JsonTree(self)
        self.picture = PictureView(self)
        self.mode = SegmentedControl(
            (self.tr("Tree"), self.tr("Pretty")), TREE, self, name=self.tr("JSON as")
        )
        self.mode.hide()
        self.stack = QStackedWidget(self)
        for view in (self.text, self.tree, self.picture):
            self.stack.addWidget(view)
        self.note = label("", "caption", wrap=True)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(_PROGRESS_PX)
        self.progress.setRange(0, 1000)
        self.working = label("", "caption")
        self.cancel = push_button(self.tr("Cancel"), self.decoding.cancel, kind="link")
        self.resume = push_button(self.tr("Decode all of it"), self.decoding.resume, kind="link")
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        self._busy = QWidget(self)
        busy = QHBoxLayout(self._busy)
        busy.setContentsMargins(0, 0, 0, 0)
        busy.setSpacing(GAP)
        busy.addWidget(self.progress)
        busy.addWidget(self.working, 1)
        busy.addWidget(self.cancel)
        self._busy.hide()
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.resume, 0, Qt.AlignmentFlag.AlignTop)
        self.note.hide()
        self.resume.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self._busy)
        layout.addLayout(foot)

    def _wire(self) -> None:
        self.decoding.shown.connect(self._on_shown)
        self.decoding.progressed.connect(lambda share: self.progress.setValue(int(share * 1000)))
        self.decoding.working_changed.connect(self._on_working)
        self.mode.changed.connect(lambda _index: self._draw())
        self.text.selection_changed.connect(self._on_marked)
        self.text.said.connect(self.said)
        self.tree.said.connect(self.said)

    def minimumSizeHint(self) -> QSize:
        """It takes the room there is."""
        return QSize(60, 40)

    # --- showing ------------------------------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        """What is shown."""
        return self._document

    def show_payload(
        self, payload: bytes, choice: str = AUTO, context: Context = NO_CONTEXT, *, following: bool = False
    ) -> None:
        """Shows a payload.

        Args:
            payload: The bytes kept.
            choice: See `registry`.
            context: What else is known of it.
            following: It is the next message of the topic shown: what was unfolded and scrolled to stays, where it has it too.
        """
        self._payload, self._fresh = payload, not following
        self.decoding.show(payload, choice, context, following=following)

    def show_mode(self, wanted: bool) -> None:
        """Shows the switch between tree and text, where there is a structure and its tab is in front."""
        self._wanted = wanted
        structure = self._document.structure if self._document is not None else None
        self.mode.setVisible(wanted and self._structured and structure is not None)

    def stop(self) -> None:
        """There is nothing to show any more: what is being decoded is given up, and the memory goes."""
        self.decoding.clear()
        self.picture.clear()
        self.text.show_lines(None)
        self.tree.show_document(None)
        self._document, self._payload = None, b""
        self._drawn.clear()

    def _on_shown(self, document: Document) -> None:
        self._document = document
        self._drawn.clear()
        self.show_mode(self._wanted)
        self._draw()
        self._fresh = False  # the whole takes the place of its first page
        self._show_notes(document)
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
                self.text.show_lines(lines_of(document), keep_place=not self._fresh)
                self._drawn[PRETTY] = document
            self._bring(self.text)

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

    def _on_working(self, working: bool) -> None:
        self._busy.setVisible(working)
        self.progress.setValue(0)
        if working:
            text = self.tr("Decoding {size}…").format(size=wording.size(len(self._payload)))
            self.working.setText(text)
        if self._document is not None:
            self.resume.setVisible(not self._document.complete and not working)

    def _on_marked(self) -> None:
        if self.text.has_selection:
            self.held.emit()
