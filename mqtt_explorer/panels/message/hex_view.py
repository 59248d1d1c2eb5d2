# SPDX-License-Identifier: MIT
"""The Hex tab: the bytes of a payload, what they mean at the cursor, and the ways to a place among them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from mqtt_explorer.panels.message.hex_bar import HexBar
from mqtt_explorer.panels.message.hex_copying import Form, Written, write_bytes
from mqtt_explorer.panels.message.hex_finding import Finding
from mqtt_explorer.panels.message.hex_menu import HexActions, build_menu
from mqtt_explorer.panels.message.hex_readings import ReadingsCard
from mqtt_explorer.panels.message.hex_saving import PartSaver
from mqtt_explorer.payload.byte_find import OffsetError, read_offset
from mqtt_explorer.payload.hex_rows import FOLD_LIMIT
from mqtt_explorer.tasks import create_task, run_in_thread
from mqtt_explorer.widgets.byte_area import ByteArea
from mqtt_explorer.widgets.cards import Elided, Rule, label
from mqtt_explorer.widgets.tokens import GAP, GAP_M, GAP_XS

#: Below this width the readings stand under the bytes, when they are asked for.
NARROW: Final = 700
_SIDE: Final = 318
_LEAST: Final = 260
_SIDE_LEAST: Final = 150
_SIDE_SHARE: Final = 0.4
"""Of the height, what the readings take under the bytes at most, and what they need at least, in pixels."""
_AT_ONCE: Final = 32 * 1024
"""Bytes that are written as text at once; more take their time beside the window."""
_EXACT_FROM: Final = 520
"""Pixels from which the foot has room for its second sentence."""


class HexView(QWidget):
    """Any number of bytes; every one can be reached, selected, read, found, copied and saved.

    Keys inside it: Ctrl+G to an offset, Ctrl+F to find, F3 and Shift+F3 to the next and previous place.

    Signals:
        said(str): Something was copied or saved; what, as a sentence.
        failed(str, str): Something was not saved: a headline and a sentence.
        held(): The user selected bytes or searches: these bytes should stay.
    """

    said = Signal(str)
    failed = Signal(str, str)
    held = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = 0
        self._narrow = False
        self._folds_full = False
        self._told = ""
        self._forward = True
        self._side_wanted: dict[bool, bool] = {False: True, True: False}  # by narrow
        self.area = ByteArea(self)
        self.bar = HexBar(self)
        self.side = ReadingsCard(self)
        self.finding = Finding(self)
        self._saver = PartSaver(self, self.said.emit, self.failed.emit)
        self._actions = HexActions(self.copy, self.save, self.area.select_all, self.area.set_folding)
        self.place = Elided("", self, role="caption")
        self.exact = label(self.tr("Saved and copied bytes are exact"), "caption")
        self.setFocusProxy(self.area)
        self._lay_out()
        self._wire()
        self._share_room()

    # --- what others ask --------------------------------------------------------------------------------------------

    def show_bytes(self, payload: bytes, size: int | None = None, *, fresh: bool = False) -> None:
        """Shows other bytes.

        Args:
            payload: The bytes kept.
            size: How many were sent; None for as many.
            fresh: They are of something else than those before; else place, selection and opened folds stay.
        """
        if payload is not self.area.data:
            self.finding.cancel()
        self._size = len(payload) if size is None else size
        self.area.set_data(payload, fresh=fresh)
        self._show_place()

    def copy(self, form: Form = Form.HEX) -> None:
        """Puts the selected bytes on the clipboard in that form; what it holds then is said, also where it is not all."""
        chosen, data, width = self.area.selection, self.area.data, self.area.row_width
        if not chosen:
            return
        if len(chosen) <= _AT_ONCE:
            self._put(write_bytes(form, data, chosen, width))
        else:
            create_task(self._copy_many(form, data, chosen, width), name="copy bytes")

    def save(self) -> None:
        """Asks where to save the selected bytes."""
        chosen = self.area.selection
        if chosen:
            name = f"bytes-{chosen.start:08X}-{chosen.stop - 1:08X}.bin"
            self._saver.ask(self.area.data[chosen.start : chosen.stop], name)

    def find_step(self, step: int) -> None:
        """Looks for what stands in the search field, from the selection on: 1 for the next place, -1 for the previous one."""
        needle = self.bar.finder.needle()
        if needle is None or not self.area.data:
            return
        self.bar.finder.tell("")
        self._tell("")
        self._forward = step > 0
        chosen = self.area.selection
        # At a hit one looks for the next one; elsewhere the current byte may be the place.
        at_hit = len(chosen) == len(needle.data) and self.area.data.startswith(needle.data, chosen.start)
        place = chosen.start + (1 if step > 0 and at_hit else 0)
        self.held.emit()
        self.finding.start(self.area.data, needle.data, place, forward=step > 0)

    def go_to(self, text: str) -> bool:
        """Goes to an offset as people type it; False when it is none, which is said at the field."""
        try:
            offset = read_offset(text, self.area.selection.start, len(self.area.data), self._size)
        except OffsetError as error:
            self.bar.offset.tell(str(error))
            return False
        self.bar.offset.tell("")
        self.area.select(offset)
        self.area.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    # --- building ---------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(GAP_XS)
        left.addWidget(self.bar)
        left.addWidget(self.area, 1)
        self._side_column = QVBoxLayout()
        self._side_column.addWidget(self.side)
        self._side_column.addStretch(1)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(GAP_M)
        self._body.addLayout(left, 3)
        self._body.addLayout(self._side_column, 0)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, GAP_XS, 0, 0)
        foot.setSpacing(GAP)
        foot.addWidget(self.place, 1)
        foot.addWidget(self.exact)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP, 0, 0)
        layout.setSpacing(GAP_XS)
        # Beside the bytes the readings need more room than under them: their need may not hold the width.
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        layout.addLayout(self._body, 1)
        layout.addWidget(Rule(self))
        layout.addLayout(foot)
        for before, after in (
            (self.bar.offset, self.bar.widths),
            (self.bar.widths, self.bar.finder),
            (self.bar.finder, self.bar.fold),
            (self.bar.fold, self.bar.copy),
            (self.bar.copy, self.bar.readings),
            (self.bar.readings, self.area),
            (self.area, self.side.order),
        ):
            QWidget.setTabOrder(before, after)

    def _wire(self) -> None:
        area, bar = self.area, self.bar
        area.moved.connect(self._on_moved)
        area.marked.connect(self.held)
        area.copy_wanted.connect(self.copy)
        area.menu_wanted.connect(self._open_menu)
        area.width_changed.connect(bar.show_width)
        area.folds_changed.connect(self._show_folding)
        bar.width_chosen.connect(self._on_width_chosen)
        bar.offset.entered.connect(self.go_to)
        for each in (bar.offset, bar.finder):
            each.left.connect(lambda: area.setFocus(Qt.FocusReason.ShortcutFocusReason))
        bar.finder.step_wanted.connect(self.find_step)
        bar.finder.textChanged.connect(lambda _text: self._tell(""))
        bar.finder.cancelled.connect(self.finding.cancel)
        bar.fold.clicked.connect(area.set_folding)
        bar.copy.clicked.connect(lambda: self._open_menu(bar.copy.mapToGlobal(bar.copy.rect().bottomLeft())))
        bar.readings.clicked.connect(self._on_side_wanted)
        self.finding.found.connect(self._on_found)
        self.finding.missed.connect(self._on_missed)
        self.finding.progressed.connect(bar.finder.set_searching)
        self.side.said.connect(self.said)

    # --- room -------------------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, self.bar.minimumSizeHint().height() + self.area.minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Readings beside the bytes, or under them where it is narrow."""
        self._narrow = self.width() < NARROW
        down = QBoxLayout.Direction.TopToBottom
        self._body.setDirection(down if self._narrow else QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(GAP if self._narrow else GAP_M)
        self.side.setMinimumWidth(0 if self._narrow else _SIDE)
        self.side.setMaximumWidth(16_777_215 if self._narrow else _SIDE)
        most = max(_SIDE_LEAST, round(self.height() * _SIDE_SHARE))
        self.side.setMaximumHeight(most if self._narrow else 16_777_215)
        self._show_side()
        self.exact.setVisible(self.width() >= _EXACT_FROM and not self._told)
        self._column.activate()  # at once: nothing is seen at its old place

    def _on_side_wanted(self, on: bool) -> None:
        self._side_wanted[self._narrow] = on
        self._show_side()

    def _show_side(self) -> None:
        wanted = self._side_wanted[self._narrow]
        self.bar.readings.setChecked(wanted)
        self.side.setVisible(wanted)
        self._body.setStretch(1, 2 if self._narrow and wanted else 0)

    def _on_width_chosen(self, width: int) -> None:
        # The one that fits best is no choice: then the rows grow and shrink with the room again.
        self.area.set_chosen_width(None if width == self.area.fitting_width else width)

    # --- showing ----------------------------------------------------------------------------------------------------

    def _on_moved(self) -> None:
        self._told = ""
        self.side.show_bytes(self.area.data, self.area.selection)
        self._show_place()

    def _show_place(self) -> None:
        self.exact.setVisible(self.width() >= _EXACT_FROM and not self._told)
        kept, chosen = len(self.area.data), self.area.selection
        offset = f"{chosen.start:08X}"
        self.bar.offset.show_offset(offset)
        last = f"{max(kept - 1, 0):08X}"
        text = self.tr("Offset {offset} of {last}")
        if self._size > kept:
            text = self.tr("Offset {offset} of {last} kept, {size} sent")
        if len(chosen) > 1:
            text += self.tr(" · {n} selected")
        if self._folds_full:
            text += self.tr(" · only the first {folds} runs of zeros are folded")
        self.place.setText(
            (f"{self._told} " if self._told else "")
            + text.format(
                offset=offset,
                last=last,
                size=f"{self._size:08X}",
                n=f"{len(chosen):,}",
                folds=f"{FOLD_LIMIT:,}",
            )
        )

    def _tell(self, text: str) -> None:
        """Says in the foot how a place was found, until one goes elsewhere; "" takes it away."""
        if text != self._told:
            self._told = text
            self._show_place()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell("")

    def _show_folding(self) -> None:
        self.bar.fold.setChecked(self.area.folding)
        full = self.area.folding and self.area.lines.folds >= FOLD_LIMIT
        if full != self._folds_full:
            self._folds_full = full
            some = self.tr("Fold runs of zeros (of those here the first {n})").format(n=f"{FOLD_LIMIT:,}")
            self.bar.fold.set_hint(some if full else self.tr("Fold runs of zeros"))
            self._show_place()

    def _on_found(self, start: int, length: int, wrapped: bool) -> None:
        same = self.area.selection == range(start, start + length)
        self.area.select(start, length)
        if wrapped and same:
            self._tell(self.tr("This is the only place."))
        elif wrapped:
            on = self.tr("Went on from the beginning.")
            self._tell(on if self._forward else self.tr("Went on from the end."))

    def _on_missed(self) -> None:
        if self._size > len(self.area.data):
            self.bar.finder.tell(self.tr("Not among the bytes kept; the others were let go."))
        else:
            self.bar.finder.tell(self.tr("Not found."))

    def _open_menu(self, place: QPoint) -> None:
        count = len(self.area.selection)
        if count:
            build_menu(self, count, self.area.folding, self._actions).popup(place)

    # --- doing ------------------------------------------------------------------------------------------------------

    async def _copy_many(self, form: Form, data: bytes, chosen: range, width: int) -> None:
        self._put(await run_in_thread(write_bytes, form, data, chosen, width))

    def _put(self, written: Written) -> None:
        QGuiApplication.clipboard().setText(written.text)
        self.said.emit(written.sentence)

    def event(self, event: QEvent) -> bool:
        """Takes keys that the window has other uses for; see `keyPressEvent`."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._is_ours(event)
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_ours(event):
            super().keyPressEvent(event)
            return
        if event.key() == Qt.Key.Key_F3:
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.find_step(-1 if back else 1)
            return
        field = self.bar.offset if event.key() == Qt.Key.Key_G else self.bar.finder
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.selectAll()

    @staticmethod
    def _is_ours(event: QKeyEvent) -> bool:
        if event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            return event.key() in (Qt.Key.Key_F, Qt.Key.Key_G)
        plain = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        return event.key() == Qt.Key.Key_F3 and event.modifiers() in plain
