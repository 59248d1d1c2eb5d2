# SPDX-License-Identifier: MIT
"""What the certificate files of a profile hold, found out beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from mqtt_explorer.network.certificates import inspect_ca, inspect_client, inspect_pkcs12
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.tasks import cancel_and_wait, create_task, run_in_thread

#: Most answers come within this time; a word that flashes up is no help.
_QUIET_S: Final = 0.15
_CHECKING_S: Final = 0.85

Findings = dict[str, list[tuple[str, str]]]


class FileChecks(QObject):
    """Looks into the files a profile names; a result that came too late is dropped.

    Signals:
        changed(): `findings` are new.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked: dict[str, tuple[Any, ...]] = {}
        self._found: dict[str, Findings] = {}
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._ended = False

    @property
    def findings(self) -> Findings:
        """By field, pairs of level ("ok", "warn", "error", "busy") and sentence."""
        merged: Findings = {}
        for found in self._found.values():
            for field, lines in found.items():
                merged.setdefault(field, []).extend(lines)
        return merged

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Field and sentence of what will keep the broker from being reached."""
        return [
            (field, text)
            for field, lines in self.findings.items()
            for level, text in lines
            if level == "error"
        ]

    @property
    def busy(self) -> bool:
        """True while a file is being read."""
        return any(not job.done() for job in self._jobs.values())

    def check(self, profile: Profile, secrets: Secrets, *, tls: bool, again: bool = False) -> None:
        """Looks into the files that count; those already known are not read again unless `again` says so."""
        ca, client = profile.ca_file.strip(), profile.certificate
        wanted: dict[str, tuple[str, Callable[..., Any], tuple[Any, ...]]] = {}
        if tls and profile.trust == "file" and ca:
            wanted["ca"] = ("ca_file", inspect_ca, (ca,))
        cert, key, p12 = (text.strip() for text in (profile.cert_file, profile.key_file, profile.pkcs12_file))
        password = secrets.key_password
        if tls and client == "pem" and cert and key:
            wanted["client"] = ("key_file", inspect_client, (cert, key, password))
        elif tls and client == "pkcs12" and p12:
            wanted["client"] = ("pkcs12_file", inspect_pkcs12, (p12, password))
        for group in ("ca", "client"):
            self._ask(group, wanted.get(group), again=again)

    def forget(self) -> None:
        """Another profile comes."""
        for group in ("ca", "client"):
            self._ask(group, None, again=False)

    async def finish(self) -> None:
        """Gives up what is under way; from now on nothing is looked into."""
        self._ended = True
        await cancel_and_wait(*self._jobs.values())

    def _ask(
        self,
        group: str,
        wanted: tuple[str, Callable[..., Any], tuple[Any, ...]] | None,
        *,
        again: bool,
    ) -> None:
        if self._ended:
            return  # a window that closes is activated and left once more
        asked = () if wanted is None else (wanted[1], *wanted[2])
        if asked == self._asked.get(group, ()) and not again:
            return
        self._asked[group] = asked
        if (job := self._jobs.pop(group, None)) is not None:
            job.cancel()
        if wanted is None:
            self._tell(group, {})
            return
        field, call, arguments = wanted
        if not again:
            self._tell(group, {})
        self._jobs[group] = create_task(
            self._look(group, field, call, arguments), name=f"look into the {group} file"
        )

    async def _look(self, group: str, field: str, call: Callable[..., Any], arguments: Sequence[Any]) -> None:
        job = create_task(run_in_thread(call, *arguments), name="read certificates")
        try:
            done, _ = await asyncio.wait([job], timeout=_QUIET_S)
            if not done:
                self._tell(group, {field: [("busy", self.tr("Checking…"))]})
                done, _ = await asyncio.wait([job], timeout=_CHECKING_S)
            if not done:
                self._tell(
                    group,
                    {field: [("warn", self.tr("The file does not answer; it is read when connecting."))]},
                )
            found: Findings = {}
            for each in await job:
                found.setdefault(each.field, []).append((each.level, each.sentence))
            self._tell(group, found)
        finally:
            job.cancel()

    def _tell(self, group: str, found: Findings) -> None:
        if self._found.get(group, {}) != found:
            self._found[group] = found
            self.changed.emit()
