# SPDX-License-Identifier: MIT
"""One-line previews of payloads, remembered while their rows are on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mqtt_explorer.models import wording
from mqtt_explorer.payload.decoded_preview import decoded_preview
from mqtt_explorer.payload.preview import Preview, preview

if TYPE_CHECKING:
    from mqtt_explorer.profiles.decoder_choices import DecoderChoices
    from mqtt_explorer.protocol.batch import Frame

_REMEMBERED: Final = 512
_KINDS: Final = {
    "number": "number",
    "boolean": "number",
    "string": "string",
    "text": "string",
    "json": "muted",
    "binary": "muted",
    "empty": "muted",
}
"""Colour of each kind of preview."""


class PreviewCache:
    """Text and colour of the previews asked for last; a cell is asked for both, one after the other."""

    __slots__ = ("_decoders", "_known", "_version")

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, str]] = {}
        self._decoders: DecoderChoices | None = None
        self._version = 0

    def clear(self, decoders: DecoderChoices | None = None) -> None:
        """Forgets everything: sequence numbers begin anew with each store, and so do the decoders chosen for its topics."""
        self._known.clear()
        self._decoders = decoders

    def get(self, seq: int, frame: Frame) -> tuple[str, str]:
        """Text and colour kind of message `seq`."""
        decoders = self._decoders
        if decoders is not None and decoders.version != self._version:
            self._version = decoders.version
            self._known.clear()
        known = self._known.get(seq)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            made = self._decoded(frame) or preview(frame[3], frame[4])
            text = made.text if made.kind != "empty" else _nothing(frame)
            known = self._known[seq] = (text, _KINDS[made.kind])
        return known

    def _decoded(self, frame: Frame) -> Preview | None:
        chosen = self._decoders.choice_for(frame[1]) if self._decoders is not None else None
        return decoded_preview(frame[1], frame[3], frame[4], chosen[1]) if chosen is not None else None


def _nothing(frame: Frame) -> str:
    """What stands for a payload without bytes."""
    return wording.translate("(empty)") if not frame[4] else wording.size(frame[4])
