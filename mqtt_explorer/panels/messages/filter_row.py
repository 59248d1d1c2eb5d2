# SPDX-License-Identifier: MIT
"""What stands above the list of messages: the filter, its chips, the scope, and the strip of a list that stands."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize
from PySide6.QtWidgets import QApplication, QSizePolicy, QStyle, QVBoxLayout, QWidget

from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS, ROW_TABLE, control_px

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.panels.messages.waiting import WaitingStrip
    from mqtt_explorer.widgets.buttons import SegmentedControl
    from mqtt_explorer.widgets.query_bar import QueryBar
    from mqtt_explorer.widgets.query_chips import QueryChips

_LEAST_BAR: Final = 130
"""Width of the filter, in pixels, where there is hardly room for the scope beside it."""
_BAR: Final = (220, 340)
"""Width of the filter, in pixels, while something stands beside it: at least, and at most."""
_STRIP: Final = (380, 400)
"""Width the strip needs with all of its figures, and that it likes to have: then it has room for the rate."""


_ROWS: Final = 3
"""Head and rows of the list that stay visible: in a lower panel the chips give their place to the strip."""


class FilterRow(QWidget):
    """All of it on one line where there is room, so that the list below keeps its rows.

    The chips come with a filter or on request. Where they find no place beside the filter they have a second line; the strip
    stands beside the filter, else beside the chips, else in `under`, which belongs below the list: it comes and goes, and nothing
    that is read may move with it. In a low panel the strip stands in the place of the chips: else no row would be left.

    Args:
        bar, chips, scope, waiting: The parts; they become this widget's.

    Attributes:
        under: The place of the strip where there is none above the list.
    """

    def __init__(
        self,
        bar: QueryBar,
        chips: QueryChips,
        scope: SegmentedControl,
        waiting: WaitingStrip,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bar, self._chips, self._scope, self._waiting = bar, chips, scope, waiting
        self._wanted = False
        self._arranging = False
        self._words = (scope.texts, (self.tr("All"), self.tr("Below")))
        self._lines = [0]
        self.under = QWidget(parent)
        column = QVBoxLayout(self.under)
        column.setContentsMargins(0, 0, 0, 0)
        self.under.hide()
        for part in (bar, chips, waiting, scope):
            part.setParent(self)
        chips.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for before, after in itertools.pairwise((*bar.in_key_order, *chips.stops, scope)):
            QWidget.setTabOrder(before, after)
        theme().changed.connect(self.arrange)
        waiting.installEventFilter(self)  # it may stand in the other place when it comes
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)

    def want_chips(self, wanted: bool) -> None:
        """Shows the chips, or hides them; never under the fingers of who is using them."""
        self._wanted = wanted
        focus = QApplication.focusWidget()
        shown = wanted or (focus is not None and self._chips.isAncestorOf(focus))
        if shown == self._chips.isHidden():
            self._chips.setVisible(shown)
            self.arrange()

    def arrange(self) -> None:
        """Gives every part its place."""
        if self._arranging:
            return
        self._arranging = True
        try:
            self._arrange(self.width())
        finally:
            self._arranging = False

    def _arrange(self, width: int) -> None:
        scope, chips = self._fit_scope(width), self._chips.line_width
        room = width - scope - GAP
        instead = not (self._chips.isHidden() or self._waiting.isHidden()) and self._is_low(width)
        self._chips.setEnabled(not instead)  # no key reaches what is not seen
        shown = not self._chips.isHidden() and not instead
        beside = shown and room >= _BAR[0] + GAP + chips
        room -= chips + GAP if beside else 0
        strip = 0 if room >= _BAR[0] + GAP + _STRIP[0] else 1
        if strip and not (shown and not beside and width >= chips + GAP + _STRIP[0]):
            strip = 1 if instead else 2
        bar = min(max(room - (GAP + _STRIP[1] if strip == 0 else 0), _BAR[0]), _BAR[1], max(room, _LEAST_BAR))
        high = max(self._bar.height(), self._scope.sizeHint().height(), _strip_height(strip == 0))
        self._lines = [high]
        self._place(self._bar, 0, bar, 0, high)
        self._place(self._scope, width - scope, scope, 0, high)
        left = bar + GAP
        if beside:
            self._place(self._chips, left, chips, 0, high)
            left += chips + GAP
        elif shown:
            wide = min(chips, width)
            below = max(self._chips.height_at(wide), _strip_height(strip == 1))
            self._lines.append(below)
            self._place(self._chips, 0, wide, high + GAP_XS, below)
        elif instead:
            self._lines.append(_strip_height(True))
            self._chips.setGeometry(0, -self._chips.height() - 1, self._chips.width(), self._chips.height())
        self._place_strip(strip, left, room - bar - GAP, 0 if instead else chips + GAP)
        self.setMinimumHeight(sum(self._lines) + GAP_XS * (len(self._lines) - 1))
        self.updateGeometry()

    # --- Qt -------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(_BAR[1] + GAP + self._scope.width_for(self._words[0]), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_BAR + GAP + self._scope.width_for(self._words[1]), self.minimumHeight())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a part has another size
            self.arrange()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self.arrange()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _fit_scope(self, width: int) -> int:
        """Where there is hardly room for the filter the scope says the same in shorter words; the pixels it takes."""
        whole, short = self._words
        fits = width >= _LEAST_BAR + GAP + self._scope.width_for(whole)
        self._scope.show_texts(whole if fits else short)
        return self._scope.sizeHint().width()

    def _is_low(self, width: int) -> bool:
        """Whether filter, chips and strip below each other would leave the list no rows."""
        panel = self.parentWidget()
        if panel is None:
            return False
        lines = self._bar.height() + self._chips.height_at(width) + _strip_height(True) + 4 * GAP_XS
        return panel.height() < lines + _ROWS * max(ROW_TABLE, theme().mono_px + 10)

    def _place_strip(self, line: int, left: int, wide: int, after_chips: int) -> None:
        holder = self.under.layout()
        if line == 2:
            if self._waiting.parent() is not self.under and holder is not None:
                holder.addWidget(self._waiting)
                self.under.show()
            return
        if self._waiting.parent() is not self:
            hidden = self._waiting.isHidden()
            self._waiting.setParent(self)  # hides it
            self._waiting.setVisible(not hidden)
            self.under.hide()
        if line == 0:
            self._place(self._waiting, left, wide, 0, self._lines[0])
        else:
            top = self._lines[0] + GAP_XS
            self._place(self._waiting, after_chips, self.width() - after_chips, top, self._lines[1])

    def _place(self, part: QWidget, left: int, wide: int, top: int, high: int) -> None:
        """Puts a part into its line, in its middle; from the right where one reads from the right."""
        chips = part is self._chips
        hint = self._chips.height_at(wide) if chips else part.sizeHint().height()
        tall = min(max(hint, part.minimumHeight()), high)
        rect = QRect(left, top + (high - tall) // 2, wide, tall)
        part.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), rect))

    def _on_focus(self, _old: QWidget | None, _new: QWidget | None) -> None:
        if not self._wanted:
            self.want_chips(False)


def _strip_height(there: bool) -> int:
    """The strip's room is kept also while it is hidden, for the list shall stay where it is.

    Its own minimum is no help: where it has no width yet, it is high.
    """
    return control_px(theme().ui_px) + GAP_XS if there else 0
