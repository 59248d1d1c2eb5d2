# SPDX-License-Identifier: MIT
"""TLS: whom to trust, what we show the broker, and how strict the handshake is."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from mqtt_explorer.app.profiles.form.base import Context, FormSection, listed
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.choices import Choice
from mqtt_explorer.widgets.form_rows import FormRow, NoteKind
from mqtt_explorer.widgets.line_edits import PathEdit, SecretEdit

_TRUST = ("system", "file")
_KINDS = ("none", "pem", "pkcs12")


class TlsSection(FormSection):
    """Only encrypted addresses use it; on plain ones it is greyed and says so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("TLS", parent)
        self.rows: dict[str, FormRow] = {}
        self._remembers = True
        self._make_trust()
        self._make_certificate()
        self._make_handshake()

    def _make_trust(self) -> None:
        certificates = [self.tr("Certificates (*.pem *.crt *.cer)")]
        self.trust = SegmentedControl([self.tr("System store"), self.tr("CA file")], name=self.tr("Trust"))
        self.trust.setToolTip(self.tr("Whose signature under the broker's certificate is believed"))
        self.ca_file = PathEdit(self.tr("CA file"), certificates)
        row = self.add_row(self.tr("Trust"), self.trust, self.ca_file)
        self.rows["trust"] = self.rows["ca_file"] = row
        self.bind_segments("trust", self.trust, _TRUST)
        self.bind_text("ca_file", self.ca_file)
        self.place("ca_file", row, self.ca_file)
        self.kind = SegmentedControl(
            [self.tr("None"), self.tr("PEM files"), "PKCS#12"], name=self.tr("Client certificate")
        )
        self.kind.setToolTip(
            self.tr("Brokers that sign you in by certificate want one; PKCS#12 is one .p12 or .pfx file")
        )
        self.rows["certificate"] = self.add_row(self.tr("Client certificate"), self.kind)
        self.bind_segments("certificate", self.kind, _KINDS)
        self.place("certificate", self.rows["certificate"], self.kind)

    def _make_certificate(self) -> None:
        for field, text, filters in (
            ("cert_file", self.tr("Certificate"), self.tr("Certificates (*.pem *.crt *.cer)")),
            ("key_file", self.tr("Private key"), self.tr("Keys (*.pem *.key)")),
            ("pkcs12_file", self.tr("PKCS#12 file"), self.tr("PKCS#12 files (*.p12 *.pfx)")),
        ):
            edit = PathEdit(text, [filters])
            self.rows[field] = self.add_row(text, edit)
            self.bind_text(field, edit)
            self.place(field, self.rows[field], edit)
        self.key_password = SecretEdit(self.tr("Key password"))
        self.forget = push_button(self.tr("Forget"), self._forget, tooltip=self.tr("Empties the password"))
        row = self.rows["key_password"] = self.add_row(
            self.tr("Key password"), self.key_password, self.forget
        )
        row.label.setToolTip(self.tr("Only for a key file that is encrypted"))
        self.key_password.textEdited.connect(lambda: self._password_edited())
        self.key_password.editingFinished.connect(lambda: self.note_left("key_password"))
        self.place("key_password", row, self.key_password)

    def _make_handshake(self) -> None:
        self.alpn = QLineEdit()
        self.alpn.setToolTip(
            self.tr(
                "ALPN: names of protocols, comma-separated, by which a server with several services behind one port knows that we mean MQTT. "
                "Empty unless the broker's operator gives you one."
            )
        )
        self.server_name = QLineEdit()
        self.server_name.setPlaceholderText(self.tr("from the URL"))
        self.server_name.setAccessibleName(self.tr("Server name (SNI)"))
        self.server_name.setToolTip(
            self.tr(
                "The name the broker's certificate must carry, and by which a server with several names knows which one we mean (SNI). "
                "Empty takes the host of the URL."
            )
        )
        for edit in (self.alpn, self.server_name):
            set_property(edit, "mono", True)
        for field, text, edit in (
            ("alpn", "ALPN", self.alpn),
            ("server_name", self.tr("Server name (SNI)"), self.server_name),
        ):
            row = self.rows[field] = self.add_row(text, edit)
            row.label.setToolTip(edit.toolTip())
            self.bind_text(field, edit)
            self.place(field, row, edit)
        self.minimum = Choice((("1.2", "TLS 1.2"), ("1.3", "TLS 1.3")), name=self.tr("Minimum TLS version"))
        self.minimum.setFixedWidth(104)
        self.verify = QCheckBox(self.tr("Verify the broker's certificate"))
        self.rows["minimum_tls"] = self.add_row(self.tr("Minimum version"), self.minimum, self.verify)
        self.verify.setAccessibleName(self.tr("Verify the broker's certificate"))
        self.bind_choice("minimum_tls", self.minimum)
        self.bind_check("verify", self.verify)
        self.place("minimum_tls", self.rows["minimum_tls"], self.minimum)
        self.place("verify", self.rows["minimum_tls"], self.verify)

    # -- the profile ---------------------------------------------------------------------------------------------------

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        super().show_values(profile, secrets)
        wanted = (secrets.key_password or "") if profile.remember_secrets else ""
        self._remembers = profile.remember_secrets
        if wanted != self.key_password.text():
            self.key_password.set_secret(wanted)
        self.forget.setEnabled(bool(wanted))

    def apply_secrets(self, secrets: Secrets) -> Secrets:
        if not self._remembers:
            return secrets  # what is asked for when connecting is not the form's
        return msgspec.structs.replace(secrets, key_password=self.key_password.text() or None)

    def summary(self, profile: Profile) -> str:
        parts = [self.tr("CA file") if profile.trust == "file" else self.tr("system store")]
        if profile.certificate != "none":
            parts.append(self.tr("client certificate"))
        if profile.alpn.strip():
            parts.append("ALPN")
        if profile.server_name.strip():
            parts.append("SNI")
        if profile.minimum_tls == "1.3":
            parts.append(self.tr("TLS 1.3 only"))
        if not profile.verify:
            parts.append(self.tr("not verified"))
        return listed(parts)

    def off_reason(self, context: Context) -> str:
        return self.tr("Only for mqtts:// and wss://") if context.scheme in ("mqtt", "ws") else ""

    def set_limits(self, context: Context) -> None:
        kind = context.profile.certificate
        self.rows["cert_file"].setVisible(kind == "pem")
        self.rows["key_file"].setVisible(kind == "pem")
        self.rows["pkcs12_file"].setVisible(kind == "pkcs12")
        self.rows["key_password"].setVisible(kind != "none")
        for field in ("certificate", "cert_file", "key_file", "pkcs12_file", "minimum_tls"):
            self.lock(context, field, self.rows[field])
            self.rows[field].set_help(context.help(field))
        trust = self.rows["trust"]
        self.lock(context, "trust", trust, self.trust)
        unused = self.tr("Not used: the system store is trusted")
        system = unused if context.profile.trust == "system" else ""
        reason = context.locked("ca_file")
        trust.set_reason(
            reason or system, system, kind="lock" if reason else "forbidden", editor=self.ca_file
        )
        trust.set_help(context.help("ca_file") or context.help("trust"))
        for field, edit in (("alpn", self.alpn), ("server_name", self.server_name)):
            self.lock(context, field, self.rows[field], edit)
            if not context.locked(field):
                edit.setToolTip(self.rows[field].label.toolTip())
            self.rows[field].set_help(context.help(field))
        self._remembers = context.profile.remember_secrets
        asked = "" if self._remembers else self.tr("Asked at each connect")
        self.rows["key_password"].set_reason(asked, asked, kind="key", editor=self.key_password)
        self.forget.setEnabled(bool(self.key_password.text()))

    def show_secret_note(self, text: str, kind: NoteKind) -> None:
        """Says under the key password where it is kept."""
        self.rows["key_password"].set_help(text, kind)

    def _password_edited(self) -> None:
        self.forget.setEnabled(bool(self.key_password.text()))
        self.note_edit("key_password")

    def _forget(self) -> None:
        self.key_password.set_secret("")
        self.key_password.setFocus()
        self.note_done("key_password")
