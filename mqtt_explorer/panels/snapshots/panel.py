# SPDX-License-Identifier: MIT
"""The Snapshots panel: keeps the topic tree as it is, and says what became of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.snapshot_model import SnapshotModel
from mqtt_explorer.panels.snapshots import files
from mqtt_explorer.panels.snapshots.deeds import SnapshotDeeds
from mqtt_explorer.panels.snapshots.menus import ShelfActions, row_menu, shelf_menu
from mqtt_explorer.panels.snapshots.parts import ResultSide, ShelfSide, Split, make_strips
from mqtt_explorer.panels.snapshots.situation import foot, info, situation
from mqtt_explorer.store.snapshot import snapshot_limit
from mqtt_explorer.store.snapshot_compare import Status
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP_XS

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.panels.snapshots.state import Named, View
    from mqtt_explorer.store.snapshot_compare import Row
    from mqtt_explorer.widgets.buttons import IconButton
    from mqtt_explorer.widgets.title_bar import TitleBar

_LEAST_WIDTH: Final = 300
_BRANCH: Final = 60


class SnapshotsPanel(QWidget):
    """Snapshots of one connection, and one of them compared with now or with another one.

    What was taken stays while its connection is open, and files outlive that. Nothing here runs unless it is asked for.

    Signals:
        topic_selected(bytes): Show this topic in the tree.
        compare_wanted(object, object): Show what changed between two Messages of a topic, as the two snapshots have them.
        info_changed(str): What stands beside the panel's title: "since 14:02:11: 43 of 1,284 changed".
    """

    topic_selected = Signal(bytes)
    compare_wanted = Signal(object, object)
    info_changed = Signal(str)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        del clock  # it follows nothing: results stand until they are asked for again
        self.panel_title = self.tr("Snapshots")
        self.info = ""
        self._connection: Connection | None = None
        self._view: View | None = None
        self._branch: bytes | None = None
        self._folder = ""
        self._export_button: IconButton | None = None
        self._shown: object = None
        self.deeds = SnapshotDeeds(self)
        self.model = SnapshotModel(self)
        self.shelf = ShelfSide(self)
        self.result = ResultSide(self.model, self)
        self.progress, self.notice = make_strips(self)
        self.cancel_button = self.progress.add_button(self.tr("Cancel"), self.cancel)
        self.undo_button = self.notice.add_button(self.tr("Undo"), self._undo)
        self._split = Split(self.shelf, self.result, self)
        self._lay_out()
        self._connect()
        self._show()

    # --- what others call -------------------------------------------------------------------------------------------

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds this panel's actions to its dock's title bar."""
        tooltip = self.tr("Export what is listed, as CSV or NDJSON…")
        self._export_button = bar.add_action("download", tooltip, self.export)
        self._show()

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's snapshots, as they were left."""
        if connection is self._connection:
            return
        self._connection = connection
        self._view = self.deeds.view(connection) if connection is not None else None
        view = self._view
        self.result.set_filter(view.text if view is not None else "")
        with QSignalBlocker(self.shelf.scope):
            self.shelf.scope.set_index(int(view is not None and view.branch_only))
        self._show_shelf()

    def set_branch(self, topic: bytes | None) -> None:
        """The selection in the tree: what a snapshot of a branch is of; None for no selection."""
        if topic != self._branch:
            self._branch = topic
            self._show()

    @property
    def busy(self) -> bool:
        """True while something is under way for the connection shown."""
        return self._view is not None and self._view.work is not None

    # --- what the user does -----------------------------------------------------------------------------------------

    def take(self) -> None:
        """Takes a snapshot of the whole tree, or of the selected branch if that was chosen."""
        view, connection = self._view, self._connection
        if view is None or connection is None or self.busy:
            return
        if self.shelf.take.hasFocus():
            self.shelf.list.setFocus()  # switched off, the button would give the focus away, and F5 would go elsewhere
        if not view.branch_only:
            self.deeds.take(connection, None)
        elif self._branch is not None:
            self.deeds.take(connection, self._branch)

    def compare(self) -> None:
        """Compares again: with the tree as it is now, or with the snapshot chosen."""
        if self._connection is not None and not self.busy:
            self.deeds.compare(self._connection)

    def cancel(self) -> None:
        """Ends what is under way."""
        if self._view is not None:
            self.deeds.cancel(self._view)

    def open_file(self) -> None:
        """Asks for a snapshot's file and opens it."""
        connection = self._connection
        if connection is None or self.busy:
            return

        def chosen(path: str) -> None:
            self._folder = str(Path(path).parent)
            self.deeds.open(connection, path)

        files.choose_to_open(self, self._folder, chosen)

    def save_file(self) -> None:
        """Asks where to, and saves the chosen snapshot."""
        view, named = self._view, self._view.before if self._view is not None else None
        if view is None or named is None or self.busy:
            return

        def chosen(path: str) -> None:
            self._folder = str(Path(path).parent)
            self.deeds.save(view, named, path)

        title, name = self.tr("Save snapshot"), files.file_name(named.name)
        files.choose_to_save(self, title, self._offered(name), files.snapshot_kinds(), chosen)

    def export(self) -> None:
        """Asks for a file and writes to it what is listed at this moment."""
        view, comparison = self._view, self.model.comparison
        numbers = self.model.numbers()
        if view is None or comparison is None or not numbers or self.busy:
            return

        def chosen(path: str) -> None:
            self._folder = str(Path(path).parent)
            self.deeds.report(view, comparison, numbers, path)

        title, name = self.tr("Export comparison"), self.tr("comparison")
        files.choose_to_save(self, title, self._offered(name), files.report_kinds(), chosen)

    def _offered(self, name: str) -> str:
        return str(Path(self._folder) / name) if self._folder else name

    def _remove(self, named: Named) -> None:
        if self._view is not None and not self.busy:
            self.deeds.remove(self._view, named)

    def _undo(self) -> None:
        if self._view is not None:
            self.deeds.undo(self._view)

    def _on_dismissed(self) -> None:
        if self._view is not None:
            self.deeds.forget_removed(self._view)

    def _on_named(self, named: Named) -> None:
        """Another snapshot in the list: it is compared at once, unless that was done."""
        view = self._view
        if view is None or view.before is named:
            return
        view.before = named
        if view.after is named:
            view.after = None
        self._show_others()
        if view.compared != (view.before, view.after):
            self.compare()
        self._show()

    def _on_compare_named(self, named: Named) -> None:
        view = self._view
        if view is not None and not self.busy:
            view.before, view.after = named, None
            self._show_others()
            self.compare()

    def _on_other(self, other: Named | None) -> None:
        if self._view is not None and other is not self._view.after:
            self._view.after = other
            self.compare()
            self._show()

    def _on_scope(self, index: int) -> None:
        if self._view is not None:
            self._view.branch_only = bool(index)
            self._show()

    def _on_filter(self) -> None:
        if self._view is not None:
            self._view.statuses, self._view.text = self.result.chips.chosen, self.result.filter.text()
            self.model.choose(self._view.statuses, self._view.text)

    def _on_empty_button(self) -> None:
        view = self._view
        if view is None:
            return
        if view.compared != (view.before, view.after):
            self.compare()
        elif view.text:
            self.result.filter.clear()
        else:
            view.statuses = frozenset(Status)
            self._show_result()

    def _show_difference(self, row: Row) -> None:
        if self._can_differ(row) and row.before is not None and row.after is not None:
            self.compare_wanted.emit(row.before.as_message(-2), row.after.as_message(-1))

    @staticmethod
    def _can_differ(row: Row) -> bool:
        return (
            row.before is not None and row.after is not None and row.before.kept == row.after.kept == "whole"
        )

    def _open_row_menu(self, row: Row, place: QPoint) -> None:
        difference = partial(self._show_difference, row) if self._can_differ(row) else None
        row_menu(self, row, partial(self.topic_selected.emit, row.topic), difference).popup(place)

    def _open_shelf_menu(self, named: Named, place: QPoint) -> None:
        actions = ShelfActions(
            partial(self._on_compare_named, named),
            self.shelf.list.rename,
            self.save_file,
            partial(self._remove, named),
        )
        shelf_menu(self, actions, busy=self.busy).popup(place)

    # --- showing ----------------------------------------------------------------------------------------------------

    def _on_changed(self, view: View) -> None:
        if view is self._view:
            self._show()

    def _on_progress(self, view: View) -> None:
        if view is self._view and view.work is not None:
            self.progress.set_message(view.work.text)

    def _on_shelf_changed(self, view: View) -> None:
        if view is self._view:
            self._show_shelf()

    def _show_shelf(self) -> None:
        view = self._view
        self.shelf.model.set_rows(view.shelf if view is not None else [])
        self.setFocusProxy(self.shelf.list if view is not None and view.shelf else self.shelf.take)
        self._show_others()
        self._show()

    def _show_others(self) -> None:
        view = self._view
        self.shelf.list.show_current(view.before if view is not None else None)
        others = (
            [each for each in reversed(view.shelf) if each is not view.before] if view is not None else []
        )
        self.result.show_others(others, view.after if view is not None else None)

    def _show(self) -> None:
        self._show_controls()
        self._show_result()
        view = self._view
        under_way = view.work if view is not None else None
        self.progress.setVisible(under_way is not None)
        if under_way is not None:
            self.progress.set_message(under_way.text)
        kind, strong, text = view.said if view is not None else ("info", "", "")
        self.undo_button.setVisible(view is not None and view.removed is not None)
        self.notice.set_message(text, kind=kind, strong=strong)  # type: ignore[arg-type]
        self.notice.setVisible(bool(text))
        told = info(view)
        if told != self.info:
            self.info = told
            self.info_changed.emit(told)

    def _show_controls(self) -> None:
        view, busy = self._view, self.busy
        shelf = self.shelf
        branch_only = view is not None and view.branch_only
        reason = ""
        if branch_only and self._branch is None:
            reason = self.tr("Select a topic or branch in the tree first.")
        shelf.take.setEnabled(view is not None and not busy and not reason)
        shelf.open.setEnabled(view is not None and not busy)
        shelf.save.setEnabled(view is not None and view.before is not None and not busy)
        shelf.show_scope(
            self._branch.decode("utf-8", "replace") if branch_only and self._branch is not None else "",
            reason,
        )
        held = self.deeds.memory_bytes
        room = self.tr("{size} of at most {limit}").format(
            size=wording.size(held), limit=wording.size(snapshot_limit())
        )
        shelf.room.setText(room if held else "")
        shelf.room.setVisible(bool(held))
        can_compare = view is not None and view.before is not None and not busy
        self.result.refresh.setEnabled(can_compare)
        if self._export_button is not None:
            self._export_button.setEnabled(bool(self.model.rowCount()) and not busy)

    def _show_result(self) -> None:
        view, result = self._view, self.result
        comparison = None
        if view is not None and view.compared == (view.before, view.after):
            comparison = view.comparison
        result.show_head(one_line(view.before.name, _BRANCH) if view is not None and view.before else "")
        result.chips.show_counts(comparison, view.statuses if view is not None else frozenset())
        result.filter.setVisible(comparison is not None and len(comparison) > 0)
        self.model.is_now = view is None or view.after is None
        if view is not None:
            self.model.choose(view.statuses, view.text)
        if comparison is not self._shown:
            self._shown = comparison
            self.model.show_comparison(comparison)
        self._show_page()

    def _show_page(self) -> None:
        view = self._view
        is_current = view is not None and view.compared == (view.before, view.after)
        if self.model.sifting and is_current:
            return  # what was there stands until the rows are chosen
        self.result.show_situation(situation(view, self.model.rowCount() if is_current else 0))
        self.result.show_foot(foot(view) if is_current else "")
        if self._export_button is not None:
            self._export_button.setEnabled(bool(self.model.rowCount()) and not self.busy)

    # --- building ---------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.deeds.changed.connect(self._on_changed)
        self.deeds.progressed.connect(self._on_progress)
        self.deeds.shelf_changed.connect(self._on_shelf_changed)
        shelf, result = self.shelf, self.result
        shelf.take.clicked.connect(lambda: self.take())
        shelf.open.clicked.connect(lambda: self.open_file())
        shelf.save.clicked.connect(lambda: self.save_file())
        shelf.scope.changed.connect(self._on_scope)
        shelf.list.chosen.connect(self._on_named)
        shelf.list.compare_requested.connect(self._on_compare_named)
        shelf.list.remove_requested.connect(self._remove)
        shelf.list.menu_wanted.connect(self._open_shelf_menu)
        shelf.model.renamed.connect(self._show_others)
        shelf.model.renamed.connect(self._show)
        result.other_chosen.connect(self._on_other)
        result.refresh.clicked.connect(lambda: self.compare())
        result.chips.changed.connect(self._on_filter)
        result.filter.textChanged.connect(lambda _text: self._on_filter())
        result.table.opened.connect(lambda row: self.topic_selected.emit(row.topic))
        result.table.difference_wanted.connect(self._show_difference)
        result.table.menu_wanted.connect(self._open_row_menu)
        result.empty_button.clicked.connect(lambda: self._on_empty_button())
        self.model.sifted.connect(self._show_page)
        self.notice.dismissed.connect(self._on_dismissed)
        again = QShortcut(QKeySequence(Qt.Key.Key_F5), self)
        again.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        again.activated.connect(self.compare)

    def _lay_out(self) -> None:
        self.setMinimumWidth(_LEAST_WIDTH)
        self.setFocusProxy(self.shelf.take)  # while there is nothing to choose
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_XS)
        column.addWidget(self._split, 1)
        column.addWidget(self.progress)
        column.addWidget(self.notice)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._split.turn(event.size())
