# SPDX-License-Identifier: MIT
"""The lines above and below the topic tree: what was done and can be undone, and what a search hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Elided, Rule
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from mqtt_explorer.models.topic_search import SearchState


_NARROW: Final = 300
"""Below this width, in pixels, the foot says it in fewer words."""


class Note(Strip):
    """A sentence until it is dismissed or the next one comes, with at most one button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("info", "", parent, dismissable=True)
        self._act: Callable[[], object] | None = None
        self._about = ""
        self.button = self.add_button("", self._on_button)
        self.hide()

    def say(
        self, text: str, button: str = "", act: Callable[[], object] | None = None, *, about: str = ""
    ) -> None:
        """Shows a sentence, and a button that does `act` and takes the sentence away; `about` is for `drop`."""
        self._act, self._about = act, about
        self.button.setText(button)
        self.button.setVisible(act is not None)
        self.set_message(text)
        self.show()

    def drop(self, about: str) -> None:
        """Takes the sentence away if it is about that, which is over."""
        if self._about == about:
            self.hide()

    def _on_button(self) -> None:
        act, self._act = self._act, None
        self.hide()
        if act is not None:
            act()


class SearchFoot(QWidget):
    """Says what a search hides, how far it has come, or that its pattern cannot be read.

    Signals:
        clear_requested(): The button that ends the search.
    """

    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = ("eye-off", "muted")
        self._shown: tuple[SearchState, bool, int] | None = None
        self._picture = QLabel(self)
        self._picture.setFixedWidth(16)
        self.text = Elided("", role="caption")
        self.clear = push_button(self.tr("Esc clears"), self.clear_requested.emit, kind="link", small=True)
        self.clear.setAccessibleName(self.tr("Clear the search"))
        self.clear.setToolTip(self.tr("Clear the search (Esc)"))
        self.progress = _ThinBar(self)
        self.progress.setAccessibleName(self.tr("Search progress"))
        self._rule = Rule(self)
        line = QHBoxLayout()
        line.setContentsMargins(0, GAP_XS, 0, 0)
        line.setSpacing(GAP)
        line.addWidget(self._picture)
        line.addWidget(self.text, 1)
        line.addWidget(self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.progress)
        layout.addWidget(self._rule)
        layout.addLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._paint_icon)
        self._paint_icon()

    def show_state(self, state: SearchState, *, filtered: bool, unsearchable: int = 0) -> None:
        """Says how the search stands.

        Args:
            state: What the search last told.
            filtered: A search stands in the tree; with an error that is the last good one.
            unsearchable: Topics that are no hits whose payloads were evicted or kept in part.
        """
        self._shown = (state, filtered, unsearchable)
        searching = not state.done and not state.error
        self.progress.setVisible(searching)
        self._rule.setVisible(not searching)  # the bar takes its place
        if searching:
            self.progress.set_share(state.scanned / max(state.topics, 1))
        line = self._line(state, filtered=filtered)
        text = line.text
        if unsearchable and not state.error:
            text += self.tr(" · {n} values not all there to search").format(n=f"{unsearchable:,}")
        self.text.setText(text)
        if line.icon != self._icon:
            self._icon = line.icon
            self._paint_icon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        if self._shown is not None and narrow != (event.oldSize().width() < _NARROW):
            state, filtered, unsearchable = self._shown
            self.show_state(state, filtered=filtered, unsearchable=unsearchable)

    def _line(self, state: SearchState, *, filtered: bool) -> _Line:
        if state.error:
            text = (
                self.tr("The last good search is shown")
                if filtered
                else self.tr("Not searched: all topics are shown")
            )
            return _Line(("warning", "warn"), text)
        if not state.done:
            text = self.tr("Searching… {n} of {total}")
            return _Line(("search", "muted"), text.format(n=f"{state.scanned:,}", total=f"{state.topics:,}"))
        hidden = max(0, state.topics - state.hits)
        if not hidden:
            return _Line(("eye", "muted"), self.tr("The search hides no topic"))
        if self.width() < _NARROW:
            one, more = self.tr("1 topic hidden"), self.tr("{n} topics hidden")
        else:
            one, more = self.tr("1 topic hidden by the search"), self.tr("{n} topics hidden by the search")
        return _Line(("eye-off", "muted"), one if hidden == 1 else more.format(n=f"{hidden:,}"))

    def _paint_icon(self) -> None:
        name, token = self._icon
        self._picture.setPixmap(pixmap(name, token, 14, self.devicePixelRatioF()))


class _ThinBar(QWidget):
    """A line of progress. Qt's own paints at once whenever it is told a value, in the middle of a search."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.share = 0.0
        self.setFixedHeight(2)

    def set_share(self, share: float) -> None:
        """Shows how much is done, 0.0 to 1.0."""
        self.share = min(max(share, 0.0), 1.0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("line"))
        painter.fillRect(0, 0, round(self.width() * self.share), self.height(), theme().color("accent"))
        painter.end()


class _Line(NamedTuple):
    """Icon with its colour, and text."""

    icon: tuple[str, str]
    text: str
