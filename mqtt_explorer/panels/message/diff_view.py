# SPDX-License-Identifier: MIT
"""What differs between two messages: by structure, by lines or by bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.diff_model import KEY, DiffModel
from mqtt_explorer.panels.message.busy_row import BusyRow
from mqtt_explorer.panels.message.context import context_of
from mqtt_explorer.panels.message.diff_head import DiffHead
from mqtt_explorer.panels.message.diff_table import DiffTable
from mqtt_explorer.panels.message.diff_work import Comparing, Pair
from mqtt_explorer.payload.diff import cut_notes
from mqtt_explorer.payload.diff_jobs import Request
from mqtt_explorer.widgets.cards import EmptyState, label, plain_tooltip
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from mqtt_explorer.payload.diff import Diff, Mode
    from mqtt_explorer.payload.worker import Worker
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_store import TopicStore

_NOTES: Final = 360
"""Characters of notes shown; the tooltip has some more."""


class DiffView(QWidget):
    """Compares an older message A with a newer one B.

    Called for each new pair of a live topic it keeps its mode and its place; a pair that comes while a large one is being compared
    waits, and of those that wait only the last is compared.

    Signals:
        said(str): What came of copying, as a sentence.
        compared(object): The Diff that is shown.
        swap_wanted: The user wants A and B changed over: `show_pair` is to come with them so.
    """

    said = Signal(str)
    compared = Signal(object)
    swap_wanted = Signal()

    def __init__(self, parent: QWidget | None = None, *, worker: Worker | None = None) -> None:
        super().__init__(parent)
        self._pair: Pair | None = None
        self._shown: Pair | None = None
        self._diff: Diff | None = None
        self._choice = ""
        self._mode: Mode | Literal["auto"] = "auto"
        self._swapped = False
        self.comparing = Comparing(self, worker=worker)
        self.head = DiffHead(self)
        self.strip = Strip("warn", "", self)
        self.note = label("", "caption", wrap=True)
        self.model = DiffModel(self)
        self.table = DiffTable(self.model, self)
        self.empty = EmptyState("diff", "", "", self, button=self.tr("Compare again"), on_click=self._again)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.empty)
        self.setFocusProxy(self.table)
        self._lay_out()
        self._wire()
        self.show_pair(None, None, "auto")

    def _lay_out(self) -> None:
        self.busy = BusyRow(self._cancel, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.head)
        layout.addWidget(self.strip)
        layout.addWidget(self.note)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.busy)
        for widget in (self.strip, self.note):
            widget.hide()

    def _wire(self) -> None:
        self.comparing.made.connect(self._on_made)
        self.comparing.failed.connect(self._on_failed)
        self.comparing.progressed.connect(self.busy.set_share)
        self.comparing.working_changed.connect(self._on_working)
        self.head.mode_chosen.connect(self._on_mode)
        self.head.swap_wanted.connect(self.swap_wanted)
        self.head.step_wanted.connect(self.table.go_to_change)
        self.head.hiding_changed.connect(self._on_hiding)
        self.table.said.connect(self.said)
        self.table.byte_width_changed.connect(self._on_byte_width)
        for keys, step in (("F8", 1), ("Shift+F8", -1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self.table.go_to_change(step))

    def minimumSizeHint(self) -> QSize:
        """It takes the room there is."""
        return QSize(60, 40)

    # --- what others ask ----------------------------------------------------------------------------------------

    @property
    def diff(self) -> Diff | None:
        """What is shown, the older message on the left."""
        return self._diff

    def show_pair(
        self, a: Message | None, b: Message | None, choice: str, store: TopicStore | None = None
    ) -> None:
        """Compares two messages.

        Args:
            a: The one on the left, as a rule the older one; None when there is none to compare with.
            b: The other one.
            choice: How their payloads are decoded; see `payload.registry`.
            store: Where decoders find the payloads of other topics they need.
        """
        if a is None or b is None:
            self._forget()
            node = store.find(b.topic.encode()) if store is not None and b is not None else None
            text = self.tr(
                "There is no message before this one. Choose another in the history, or wait for the next."
            )
            if node is not None and node.count == 1:
                text = self.tr("Only one message was received on this topic so far.")
            self._say_empty(self.tr("Nothing to compare with"), text, "diff")
            return
        turned = (a.mono_ns, a.seq) > (b.mono_ns, b.seq)
        if turned:  # whatever the order, what is told of a pair names the older and the newer one
            a, b = b, a
        before = self._pair
        if before is not None and self._choice == choice and _same(before, a, b):
            if turned != self._swapped:
                self._swapped = turned
                self._draw()
            return
        self._swapped = turned
        following = before is not None and before.b.topic == b.topic and self._choice == choice
        self._choice = choice
        evicted = next((each for each in (a, b) if each.evicted), None)
        if evicted is not None:
            self._forget()
            text = self.tr("The {n} bytes of {time} were dropped to stay within the memory budget.")
            time = wording.clock_time(evicted.wall_ns)
            self._say_empty(
                self.tr("Payload evicted"), text.format(n=f"{evicted.size:,}", time=time), "history"
            )
            return
        request = Request(
            a.payload,
            b.payload,
            self._mode,
            choice,
            context_of(a, choice, store),
            context_of(b, choice, store),
            self.table.byte_width,
        )
        self._compare(Pair(a, b, request), following=following)

    def stop(self) -> None:
        """Nobody looks any more: what is being compared is given up."""
        self.comparing.cancel()

    # --- comparing ------------------------------------------------------------------------------------------------

    def _compare(self, pair: Pair, *, following: bool = False) -> None:
        self._pair = pair
        if not following and self._shown is not None:
            self._forget_shown()
        self.comparing.compare(pair, following=following)
        if self._shown is None and self.comparing.is_working:
            self._say_empty(self.tr("Comparing…"), self._sizes(pair), "diff")

    def _again(self, **changes: object) -> None:
        """Compares the same messages once more, another way."""
        if self._pair is not None:
            request = self._pair.request._replace(**changes)  # type: ignore[arg-type]
            self._pair = self._pair._replace(request=request)
            self.comparing.cancel()
            self.comparing.compare(self._pair)
            if self._shown is None and self.comparing.is_working:
                self._say_empty(self.tr("Comparing…"), self._sizes(self._pair), "diff")

    def _cancel(self) -> None:
        self.comparing.cancel()
        if self._shown is None:
            self._say_empty(self.tr("Not compared"), self.tr("Comparing was cancelled."), "diff", again=True)

    def _on_mode(self, mode: Mode) -> None:
        self._mode = mode
        self._again(mode=mode)

    def _on_byte_width(self, width: int) -> None:
        if self._diff is not None and self._diff.mode == "bytes" and not self._diff.equal:
            self._again(width=width)
        elif self._pair is not None:
            self._pair = self._pair._replace(request=self._pair.request._replace(width=width))

    def _on_working(self, working: bool) -> None:
        self.busy.setVisible(working)
        self.busy.set_share(0)
        if working and self._pair is not None:
            self.busy.say(self.tr("Comparing {sizes}").format(sizes=self._sizes(self._pair)))

    def _sizes(self, pair: Pair) -> str:
        sizes = [wording.size(len(each)) for each in (pair.request.a, pair.request.b)]
        return self.tr("{a} with {b}").format(a=sizes[0], b=sizes[1])

    def _on_failed(self, reason: str) -> None:
        self._forget_shown()
        self._say_empty(self.tr("Not compared"), reason, "warning", again=True)

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_made(self, diff: Diff, pair: Pair) -> None:
        if self._pair is None or pair.b.topic != self._pair.b.topic:
            return
        self._diff, self._shown = diff, pair
        if diff.mode == "bytes" and not diff.equal and pair.request.width != self.table.byte_width:
            self._again(width=self.table.byte_width)  # the view became narrower meanwhile
            return
        self._draw()

    def _draw(self) -> None:
        """Shows what was made, from the place on where the user was."""
        diff, pair = self._diff, self._shown
        if diff is None or pair is None:
            return
        shown = diff.swapped() if self._swapped else diff
        same_mode = self.model.diff is not None and self.model.diff.mode == diff.mode
        bar, current = self.table.verticalScrollBar(), self.table.currentIndex().row()
        place = bar.value()
        turn = -1 if self._swapped else 1
        heads = [
            f"{name} {wording.clock_time(each.wall_ns)}"
            for name, each in zip("AB", (pair.a, pair.b)[::turn], strict=True)
        ]
        tips = [
            text.format(time=wording.full_time(each.wall_ns))
            for text, each in ((self.tr("Older: {time}"), pair.a), (self.tr("Newer: {time}"), pair.b))
        ]
        self.model.set_diff(shown, tuple(heads), tuple(tips[::turn]))  # type: ignore[arg-type]
        if same_mode:
            if 0 <= current < self.model.rowCount():
                self.table.setCurrentIndex(self.model.index(current, KEY))
            bar.setValue(place)
        self.head.show_diff(shown, self.model.same)
        self._show_notes(diff, pair)
        self._choose_page()
        self.compared.emit(shown)

    def _choose_page(self) -> None:
        diff, pair = self._diff, self._shown
        if diff is None or pair is None:
            return
        if diff.equal:
            apart = wording.gap(abs(pair.b.mono_ns - pair.a.mono_ns)).removeprefix("+")
            if pair.a.truncated or pair.b.truncated:
                title = self.tr("The parts kept are the same, {time} apart")
            else:
                title = self.tr("Same payload, {time} apart")
            text = self.tr("{size}, byte for byte.").format(size=wording.size(len(pair.b.payload)))
            self._say_empty(title.format(time=apart), text, "check-circle")
        elif not self.model.rowCount():
            self._say_empty(
                self.tr("Nothing to show"),
                self.tr("All rows are the same, and those are hidden."),
                "check-circle",
            )
        else:
            self.stack.setCurrentWidget(self.table)

    def _show_notes(self, diff: Diff, pair: Pair) -> None:
        cut = cut_notes(pair.a.truncated, pair.b.truncated)
        which = pair.b if pair.b.truncated else pair.a
        if cut:
            strong = self.tr("Kept {part} of {all}").format(
                part=wording.size(len(which.payload)), all=wording.size(which.size)
            )
            self.strip.set_message(cut[0], strong=strong)
        self.strip.setVisible(bool(cut))
        text = " ".join(each for each in diff.notes if each not in cut)
        self.note.setText(one_line(text, _NOTES))
        self.note.setToolTip(plain_tooltip(text) if len(text) > _NOTES else "")
        self.note.setVisible(bool(text))

    def _say_empty(self, title: str, text: str, icon_name: str, *, again: bool = False) -> None:
        self.empty.set_texts(title, text, icon_name)
        if self.empty.button is not None:
            self.empty.button.setVisible(again)
        self.stack.setCurrentWidget(self.empty)

    def _forget(self) -> None:
        """There is nothing to compare."""
        self._pair = None
        self.comparing.cancel()
        self._forget_shown()

    def _forget_shown(self) -> None:
        self._diff = self._shown = None
        self.model.set_diff(None, ("", ""))
        self.head.show_nothing()
        self.strip.hide()
        self.note.hide()

    def _on_hiding(self, hiding: bool) -> None:
        row = self.table.currentIndex().row()
        place = self.model.place(row) if row >= 0 else -1
        self.model.set_hides_same(hiding)
        if place >= 0 and (row := self.model.row_of(place)) < self.model.rowCount():
            index = self.model.index(row, KEY)
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index)
        self._choose_page()


def _same(pair: Pair, a: Message, b: Message) -> bool:
    """Whether these are the messages of a pair, as they were."""
    before, now = (
        [(each.seq, each.mono_ns, each.evicted) for each in sides] for sides in ((pair.a, pair.b), (a, b))
    )
    return before == now and pair.b.topic == b.topic
