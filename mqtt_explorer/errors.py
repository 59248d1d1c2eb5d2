# SPDX-License-Identifier: MIT
"""The base of every error a user may read."""

from __future__ import annotations


class MqttExplorerError(Exception):
    """An error with a headline and one plain sentence.

    Attributes:
        title: A short headline ("Not authorised").
        message: One plain sentence with the cause and the next step.
        field: The form field the error belongs to ("url", "topic", "filter", …), or None.
        code: The MQTT reason code behind it, or None.
    """

    def __init__(
        self, title: str, message: str, *, field: str | None = None, code: int | None = None
    ) -> None:
        super().__init__(f"{title}: {message}")
        self.title = title
        self.message = message
        self.field = field
        self.code = code
