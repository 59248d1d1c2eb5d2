# SPDX-License-Identifier: MIT
"""Decodes the payload that is shown: small ones at once, large ones in the decoding process with their first page before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models.latest_job import LatestJob
from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import Context, Document
from mqtt_explorer.payload.jobs import decode_job, with_source
from mqtt_explorer.payload.registry import AUTO
from mqtt_explorer.payload.worker import Worker, shared_worker


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be decoded, and how."""

    payload: bytes
    choice: str
    context: Context


class Decoding(QObject):
    """Keeps the document of the payload that is shown.

    A large payload is shown in two steps: its first page, then the whole. While a live topic is followed (`show(…, following=True)`)
    the document moves in steps of its own: the one under way is finished and shown, then the newest one there is begins. So a topic
    that sends faster than can be decoded is shown some messages late (`is_behind`), but it is shown, no process is killed for it, and
    a whole document is not replaced by a first page.

    Signals:
        shown(Document): There is a document: a first page (`complete` is False), a whole one, or what is shown in its place.
        progressed(float): Which share of the work under way is done, 0 to 1; at most about 20 times a second.
        working_changed(bool): A larger payload is being decoded, or no more.
    """

    shown = Signal(object)
    progressed = Signal(float)
    working_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None, *, worker: Worker | None = None) -> None:
        super().__init__(parent)
        self._wish: _Wish | None = None
        self._document: Document | None = None
        self._document_of: _Wish | None = None
        self._following = False
        self._working = False
        self._given_up = False
        self._worker = worker
        self._jobs = LatestJob(self._decode, self._on_answer)
        self.destroyed.connect(self._jobs.end)

    @property
    def document(self) -> Document | None:
        """What was shown last; None before the first and after `clear`."""
        return self._document

    @property
    def payload(self) -> bytes | None:
        """The payload of `document`."""
        return self._document_of.payload if self._document_of is not None else None

    @property
    def is_working(self) -> bool:
        """Whether more is to come."""
        return self._working

    @property
    def is_cancelled(self) -> bool:
        """Whether the user cancelled it: `resume` goes on."""
        return self._given_up

    @property
    def is_behind(self) -> bool:
        """Whether the document is that of an older payload than the last one asked for."""
        return self._document_of is not None and self._document_of != self._wish

    def show(
        self,
        payload: bytes,
        choice: str = AUTO,
        context: Context = Context(),  # noqa: B008 – it is a constant
        *,
        following: bool = False,
    ) -> None:
        """Decodes a payload; `shown` comes before this returns if it is small, or has a first page.

        Args:
            payload: The bytes kept.
            choice: See `registry`.
            context: What else is known of it.
            following: It is the next message of the live topic that is shown, not one that the user went to.
        """
        wish = _Wish(payload, choice, context)
        before, self._wish = self._wish, wish
        shown = self._document if wish == self._document_of else None
        if shown is not None and (shown.complete or wish == before):
            if wish != before:  # gone back to: what came after it is not wanted any more
                self._given_up = self._following = False
                self._jobs.drop()
                self._set_working(False)
            self.shown.emit(shown)
            return
        self._following = (
            following
            and before is not None
            and (before.choice, before.context.topic) == (choice, context.topic)
        )
        if not self._following:
            self._given_up = False
        if registry.is_quick(payload, choice, context):
            self._jobs.drop()
            self._set_working(False)
            self._show(wish, registry.decode(payload, choice, context))
        elif self._given_up:
            self._show_first(wish)
        else:
            stays = self._following and (
                self._jobs.is_busy or (self._document is not None and self._document.complete)
            )
            if not stays:
                self._show_first(wish)
            self._begin(wish)

    def clear(self) -> None:
        """Nothing is shown any more."""
        self._wish = self._document = self._document_of = None
        self._given_up = False
        self._jobs.drop()
        self._set_working(False)

    def cancel(self) -> None:
        """The user does not want to wait: the first page stays, with a note."""
        if self._working and self._wish is not None:
            self._given_up = True
            self._jobs.stop()
            self._set_working(False)
            self._show_first(self._wish)

    def resume(self) -> None:
        """The user wants it all after all."""
        if self._given_up and self._wish is not None:
            self._given_up = False
            self._show_first(self._wish)
            self._begin(self._wish)

    def close(self) -> None:
        """Ends what is under way; nothing is told any more."""
        self._working = False
        self._jobs.end()

    async def _decode(self, wish: _Wish) -> Document:
        worker = self._worker if self._worker is not None else shared_worker()
        told = partial(self._on_progress, wish)
        answer = await worker.run(decode_job, wish.payload, wish.choice, wish.context, progress=told)
        return with_source(answer, wish.payload)

    def _begin(self, wish: _Wish) -> None:
        self._jobs.want(wish, patiently=self._following)
        self._set_working(True)

    def _show(self, wish: _Wish, document: Document) -> None:
        self._document, self._document_of = document, wish
        self.shown.emit(document)

    def _show_first(self, wish: _Wish) -> None:
        """The first page; the bytes where only the whole can be told."""
        page = registry.first_page(wish.payload, wish.choice, wish.context)
        if page is None:
            page = replace(self._bytes_of(wish), complete=False)
        if self._given_up:
            note = self.tr("Decoding was cancelled; this is the beginning only.")
            page = replace(page, notes=(*page.notes, note))
        self._show(wish, page)

    def _bytes_of(self, wish: _Wish) -> Document:
        return registry.decode(wish.payload, "hex", wish.context)

    def _set_working(self, working: bool) -> None:
        if working != self._working:
            self._working = working
            self.working_changed.emit(working)

    def _on_progress(self, wish: _Wish, share: float) -> None:
        if self._working and self._is_wanted(wish):
            self.progressed.emit(share)

    def _on_answer(self, wish: _Wish, answer: Document | Exception) -> None:
        if not self._working or not self._is_wanted(wish):
            return
        if isinstance(answer, Document):
            document = answer
        else:
            document = replace(self._bytes_of(wish), problem=self._reason(answer))
        if wish == self._wish:
            self._set_working(False)
        self._show(wish, document)

    def _is_wanted(self, wish: _Wish) -> bool:
        """It is what is to be shown, or an older message of the topic that is followed."""
        return wish == self._wish or self._following

    def _reason(self, error: Exception) -> str:
        if isinstance(error, MqttExplorerError):
            return f"{error.message} {self.tr('Showing Hex instead.')}"
        if isinstance(error, MemoryError):
            return self.tr("Decoding would take more memory than there is. Showing Hex instead.")
        text = self.tr("Decoding failed ({kind}). Showing Hex instead.")
        return text.format(kind=type(error).__name__)
