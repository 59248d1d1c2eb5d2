# SPDX-License-Identifier: MIT
"""WebSocket: where on the web server the broker is, and what the upgrade request carries."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from mqtt_explorer.app.profiles.form.base import Context, FormSection, listed
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.line_edits import SecretEdit
from mqtt_explorer.widgets.pairs import PairsEdit


class WebSocketSection(FormSection):
    """Path, query and headers. Query and header values often hold tokens: they are secrets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("WebSocketSection", "WebSocket"), parent)
        self.path = QLineEdit()
        self.path.setPlaceholderText("/mqtt")
        set_property(self.path, "mono", True)
        path = self.add_row(self.tr("Path"), self.path)
        self.bind_text("websocket_path", self.path)
        self.place("websocket_path", path, self.path)
        self.query = SecretEdit(self.tr("Query"))
        set_property(self.query, "mono", True)
        query = self.add_row(
            self.tr("Query"),
            self.query,
            help_text=self.tr("What stands behind “?”. It often holds a token, so it is kept as a secret."),
        )
        self.query.textEdited.connect(lambda: self.note_edit("websocket_query"))
        self.query.editingFinished.connect(lambda: self.note_left("websocket_query"))
        self.place("websocket_query", query, self.query)
        self.headers = PairsEdit(self.tr("Header"), add=self.tr("Add a header"), secret_values=True)
        headers = self.add_row(
            self.tr("Headers"),
            self.headers,
            help_text=self.tr("Sent with the upgrade request; values are kept as secrets."),
        )
        self.headers.edited.connect(lambda: self.note_edit("websocket_headers"))
        self.headers.left.connect(lambda: self.note_left("websocket_headers"))
        self.place("websocket_headers", headers, self.headers)

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        super().show_values(profile, secrets)
        if (secrets.websocket_query or "") != self.query.text():
            self.query.set_secret(secrets.websocket_query or "")
        values = (*secrets.websocket_values, *("" for _ in profile.websocket_headers))
        pairs = tuple(zip(profile.websocket_headers, values, strict=False))
        if pairs != self.headers.pairs:
            self.headers.set_pairs(pairs)

    def apply(self, profile: Profile) -> Profile:
        names = tuple(name for name, _ in self.headers.pairs)
        return msgspec.structs.replace(super().apply(profile), websocket_headers=names)

    def apply_secrets(self, secrets: Secrets) -> Secrets:
        values = tuple(value for _, value in self.headers.pairs)
        return msgspec.structs.replace(
            secrets,
            websocket_query=self.query.text() or None,
            websocket_values=values if any(values) else (),
        )

    def take(self, path: str | None, query: str | None) -> None:
        """Takes over what stood in the address; None leaves a field as it is."""
        if path is not None:
            self.path.setText(path)
        if query is not None:
            self.query.set_secret(query)

    def summary(self, profile: Profile) -> str:
        parts = [profile.websocket_path or "/mqtt"]
        if self.query.text():
            parts.append(self.tr("query"))
        if count := len(profile.websocket_headers):
            parts.append(self.tr("1 header") if count == 1 else self.tr("{n} headers").format(n=count))
        return listed(parts)

    def off_reason(self, context: Context) -> str:
        return self.tr("Only for ws:// and wss://") if context.scheme in ("mqtt", "mqtts") else ""

    def set_limits(self, context: Context) -> None:
        for field in ("websocket_path", "websocket_query", "websocket_headers"):
            self.lock(context, field, self._places[field][0])
