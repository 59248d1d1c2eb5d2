# SPDX-License-Identifier: MIT
"""Asks for a password, and says which broker gets it and where it is kept."""

from __future__ import annotations

import asyncio
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from mqtt_explorer.app.profile_login import PasswordAnswer, PasswordQuestion
from mqtt_explorer.profiles.secrets import Place, SecretStore
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.forms import Field
from mqtt_explorer.widgets.line_edits import SecretEdit
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_L, GAP_M

_WIDTH: Final = 440


class PasswordDialog(QDialog):
    """One password. Enter connects, Esc gives the attempt up.

    Args:
        question: What it is for.
        place: Where secrets of saved brokers go.
        place_text: The same in words.
    """

    def __init__(
        self,
        question: PasswordQuestion,
        place: Place = Place.UNKNOWN,
        place_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.question = question
        login = question.which == "password"
        self.setWindowTitle(self.tr("Password") if login else self.tr("Password of the private key"))
        broker, account = one_line(question.broker, 120), one_line(question.account, 120)
        what = (
            self.tr("{broker} asks for the password of “{account}”.")
            if login
            else self.tr("The key that signs in to {broker} is encrypted: {account}")
        )
        self.what = label(what.format(broker=broker, account=account), wrap=True)
        self.edit = SecretEdit(self.windowTitle())
        self.field = Field(self.windowTitle(), self.edit)
        self.field.set_error(one_line(question.sentence))
        self.edit.textEdited.connect(
            lambda: self.field.set_error("")
        )  # the height stays: nothing jumps while one types
        self.keep = QCheckBox(self.tr("Keep it in the system’s keyring"))
        self.keep.setChecked(question.remember)
        self.keep.toggled.connect(lambda _on: self._explain())
        self.kept = label("", "caption", wrap=True)
        self._place, self._place_text = place, place_text
        self.keep.setVisible(question.saved and place is not Place.SESSION)
        self.connect_button = push_button(
            self.tr("Connect"), self.accept, icon_name="connect", kind="primary"
        )
        self.connect_button.setDefault(True)
        self.cancel_button = push_button(self.tr("Cancel"), self.reject)
        self._lay_out()
        self._explain()

    @property
    def answer(self) -> PasswordAnswer:
        """What was typed, and whether to keep it."""
        return PasswordAnswer(self.edit.text(), self.keep.isChecked())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.edit.setFocus()
        self._fit()

    def done(self, result: int) -> None:
        super().done(result)
        self.edit.clear()  # nothing keeps it longer than it takes

    def _explain(self) -> None:
        """Says where the password goes; the answer differs with and without a keyring."""
        if not self.question.saved:
            text = self.tr("It is used for this connection and kept nowhere.")
        elif self._place is Place.SESSION:
            text = self._place_text or self.tr("Kept for this session only: there is no keyring.")
        elif not self.keep.isChecked():
            text = self.tr("It is used for this connection and asked for each time.")
        elif self._place is Place.KEYRING:
            text = self._place_text
        else:
            text = self.tr("Without a keyring it is kept until the program ends.")
        self.kept.setText(text)
        self.kept.setVisible(bool(text))
        self._fit()

    def _lay_out(self) -> None:
        ends = QHBoxLayout()
        ends.setSpacing(GAP)
        ends.addStretch(1)
        ends.addWidget(self.cancel_button)
        ends.addWidget(self.connect_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        column.setSpacing(GAP_M)
        column.addWidget(self.what)
        column.addWidget(self.field)
        keeping = QVBoxLayout()
        keeping.setSpacing(GAP)
        keeping.addWidget(self.keep)
        keeping.addWidget(self.kept)
        column.addLayout(keeping)
        column.addSpacing(GAP)
        column.addLayout(ends)

    def _fit(self) -> None:
        """A dialog takes the height its wrapping sentences need at its width."""
        self.setFixedWidth(_WIDTH)
        for each in (self.what, self.field.note, self.kept):
            each.setMinimumHeight(0)  # heightForWidth() never answers less than the minimum that stands
            each.setMinimumHeight(max(each.heightForWidth(_WIDTH - 2 * GAP_L), 0))
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalMinimumSize().height())


async def ask_password(
    question: PasswordQuestion, secrets: SecretStore, parent: QWidget
) -> PasswordAnswer | None:
    """Opens the dialog and waits for its end; None when it was closed. A cancelled task closes it."""
    dialog = PasswordDialog(question, secrets.place, secrets.place_text, parent)
    answer: asyncio.Future[PasswordAnswer | None] = asyncio.get_running_loop().create_future()

    def settle(given: PasswordAnswer | None) -> None:
        if not answer.done():
            answer.set_result(given)

    dialog.accepted.connect(lambda: settle(dialog.answer))
    dialog.rejected.connect(lambda: settle(None))
    dialog.open()
    try:
        return await answer
    except asyncio.CancelledError:
        if isValid(dialog):  # else the window has closed it
            dialog.close()
        raise
