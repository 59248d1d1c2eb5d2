# SPDX-License-Identifier: MIT
"""What the help (F1) says of brokers and connections. A section fits on one screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.app.help_texts import Lines


def _tr(text: str) -> str:
    return QCoreApplication.translate("HelpDialog", text)


def brokers() -> Lines:
    """Saved brokers and their form."""
    return [
        (
            _tr("The list"),
            _tr(
                "Enter or a double-click connects. Folders and colours keep order; drag a row, or move it with Alt+Up and Alt+Down. "
                "What you delete can be brought back with Undo."
            ),
        ),
        (
            _tr("The form"),
            _tr(
                "Every change is saved by itself, also an invalid one: the form says at the field what is wrong and how to mend it. "
                "Changes to an open broker count from the next connect."
            ),
        ),
        (
            _tr("URL"),
            _tr(
                "mqtt:// is plain, mqtts:// is encrypted (TLS); ws:// and wss:// are the same through a web server. "
                "A login pasted with the address goes into its own fields."
            ),
        ),
        (
            _tr("Preset"),
            _tr(
                "Fills in what a known broker needs and explains it. What that broker cannot do is greyed out, with the reason."
            ),
        ),
        (
            _tr("Limits"),
            _tr(
                "Beside the form. Before connecting they are the preset's; afterwards the broker's own count as far as it tells them, "
                "which MQTT 5 brokers do."
            ),
        ),
        (
            _tr("Start-up subscriptions"),
            _tr(
                "The filters asked for as soon as the broker is connected. Without any the tree stays empty."
            ),
        ),
        (
            _tr("Connect at start"),
            _tr(
                "Connects when the program starts. A password that is not known is waited for, not asked in a dialog."
            ),
        ),
        (
            _tr("Several brokers"),
            _tr(
                "Each open broker has a tab in the header; Ctrl+B goes to the list and back while all of them stay open."
            ),
        ),
    ]


def passwords() -> Lines:
    """Where secrets are."""
    return [
        (
            _tr("What is a secret"),
            _tr(
                "The password, the password of a private key, what stands behind “?” in a websocket address, and the values of its headers."
            ),
        ),
        (
            _tr("Keyring"),
            _tr(
                "The system's own store for passwords. Secrets are kept there and nowhere else; deleting a broker removes them, "
                "once Undo is gone."
            ),
        ),
        (
            _tr("Without a keyring"),
            _tr(
                "Secrets are kept until the program ends, and the form says so. A keyring that is locked can be opened with Unlock beside the form."
            ),
        ),
        (
            _tr("Ask each time"),
            _tr(
                "This broker's password and key password are kept nowhere: you are asked at each connect. "
                "A reconnect after a lost connection does not ask again."
            ),
        ),
        (
            _tr("Never in a file"),
            _tr("The files of saved brokers and settings, the log and error reports hold no secrets."),
        ),
        (
            _tr("Start page"),
            _tr("A password typed there is used for that connection and stored nowhere."),
        ),
        (
            _tr("From outside"),
            _tr(
                "MQTT_EXPLORER_QT_USERNAME and MQTT_EXPLORER_QT_PASSWORD count for an address on the command line, and for --profile NAME in "
                "place of its own login, for that start only. -u and -P come before them."
            ),
        ),
    ]


def tls() -> Lines:
    """Encryption and certificates."""
    return [
        (
            _tr("TLS"),
            _tr(
                "Encrypts the connection and proves by a certificate that the broker is the one you mean: mqtts:// and wss://."
            ),
        ),
        (
            _tr("Trust"),
            _tr(
                "Whose signature is believed. The system store knows the public authorities; for a company's or your own, choose its CA file."
            ),
        ),
        (
            _tr("Client certificate"),
            _tr(
                "With it some brokers sign you in. Either two PEM files, certificate and private key, or one PKCS#12 file (.p12, .pfx). "
                "The form tells what is in the files and when they end."
            ),
        ),
        (
            _tr("ALPN"),
            _tr(
                "A protocol name offered in the handshake. Leave it empty unless the broker or its preset asks for one."
            ),
        ),
        (
            _tr("SNI"),
            _tr(
                "The host name asked for and looked for in the certificate. Only needed where it is not the one in the address."
            ),
        ),
        (
            _tr("Verify"),
            _tr(
                "Switched off, anybody in between can read and change everything; a warning stands in the window as long as it is off. "
                "A CA file is the better way."
            ),
        ),
        (
            _tr("When it fails"),
            _tr(
                "The message names the cause, the file or host, and what to do: expired, not yet valid, another host's, signed by somebody unknown, "
                "a wrong key or password."
            ),
        ),
    ]


def sessions() -> Lines:
    """What the broker keeps, and what it says for us."""
    return [
        (
            _tr("Client id"),
            _tr("The name the broker knows this program by. Two programs with one name push each other off."),
        ),
        (
            _tr("Fresh or fixed"),
            _tr(
                "A fresh id per start never clashes and keeps nothing. A fixed one is needed where the broker allows only certain names, "
                "and to keep a session."
            ),
        ),
        (
            _tr("Clean start"),
            _tr(
                "On: the broker forgets what it kept. Off, with a fixed id: subscriptions and waiting messages are still there when you come back."
            ),
        ),
        (
            _tr("Session expiry"),
            _tr(
                "MQTT 5: how long the broker keeps the session after the connection ended, in seconds. Empty: not at all."
            ),
        ),
        (
            _tr("Keep-alive"),
            _tr(
                "The program asks the broker for a sign of life at least so often; the time the answer takes is the RTT in the header."
            ),
        ),
        (
            _tr("Last Will"),
            _tr(
                "A message the broker publishes when the connection breaks off: for others to see that you are gone. "
                "A disconnect in order never fires it."
            ),
        ),
        (
            _tr("Will delay"),
            _tr("MQTT 5: so many seconds the broker waits with it; a reconnect in time calls it off."),
        ),
    ]


def states() -> Lines:
    """What the states mean, and when trying pauses."""
    return [
        (
            _tr("Connecting"),
            _tr(
                "The header names the step: looking up the host, TLS handshake, WebSocket upgrade, waiting for the broker's answer. "
                "Stop trying ends it at once."
            ),
        ),
        (
            _tr("Connected"),
            _tr(
                "With the version, keep-alive, the session (clean, new or resumed), and the time of a round trip (RTT)."
            ),
        ),
        (
            _tr("Waiting"),
            _tr(
                "The broker is out of reach or the connection dropped. It is tried again after 1, 2, 4 … up to 60 seconds; Try now does not wait. "
                "Subscriptions come back by themselves."
            ),
        ),
        (
            _tr("Failed"),
            _tr(
                "Trying again would not help as things are. The sentence says why and what to change; then Try again."
            ),
        ),
        (
            _tr("Paused"),
            _tr(
                "Failed after three connections in a row that ended within 5 seconds in the same way: before anything was subscribed to, "
                "with the same reason, or at the same broken message, which the broker keeps and sends again."
            ),
        ),
        (
            _tr("Same client id twice"),
            _tr(
                "Two programs with one client id throw each other out without end, so trying pauses. Choose another id, or end the other program."
            ),
        ),
        (
            _tr("Wrong port"),
            _tr(
                "When a port does not answer as expected, it is asked once what it speaks, without your login. The right scheme is then offered as a button."
            ),
        ),
        (
            _tr("After sleep"),
            _tr("When the computer wakes up, the connection is checked at once and made anew if it is gone."),
        ),
    ]


def held() -> Lines:
    """Messages that have not reached the broker."""
    return [
        (
            _tr("Held"),
            _tr(
                "What you publish without a connection is held, at most 1,000 messages and 64 MiB. It goes out when you press Send in the Publish panel, "
                "in order, and never by itself."
            ),
        ),
        (
            _tr("Same broker only"),
            _tr("Held messages belong to the connection they were written for and go to no other."),
        ),
        (_tr("Discard"), _tr("Throws them away; for a moment Undo brings them back.")),
        (
            _tr("Waiting"),
            _tr(
                "Published, but the broker takes only so many messages at QoS 1 and 2 at a time. It goes out by itself, or is told as not sent."
            ),
        ),
        (
            _tr("Sent, not acknowledged"),
            _tr(
                "At QoS 1 and 2 it is sent again after a reconnect until the broker acknowledges it. QoS 0 is sent once."
            ),
        ),
        (
            _tr("Closing"),
            _tr(
                "What is under way gets up to 3 seconds. What is left is listed: keep the connection open, or close and discard it. "
                "Nothing of it is kept for the next start."
            ),
        ),
    ]
