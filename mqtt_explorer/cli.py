# SPDX-License-Identifier: MIT
"""The command line: reads the words, then starts the window or `watch`. Loads no Qt itself."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from mqtt_explorer import __version__
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion, TlsOptions, fresh_client_id
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.request import Request

PROGRAM = "mqtt-explorer-qt"
USERNAME_VARIABLE = "MQTT_EXPLORER_QT_USERNAME"
PASSWORD_VARIABLE = "MQTT_EXPLORER_QT_PASSWORD"
#: What has no meaning without an address, and how it is written.
_NEEDS_URL = {
    "username": "-u",
    "password": "-P",
    "client_id": "-i",
    "keep_alive": "-k",
    "version": "-V",
    "cafile": "--cafile",
    "cert": "--cert",
    "key": "--key",
    "insecure": "--insecure",
    "filters": "-t",
    "qos": "-q",
}
#: What may be said of a saved broker's login for this start.
_ALSO_FOR_PROFILE = {"username", "password"}
_VERSIONS = {"5": ProtocolVersion.V5, "3.1.1": ProtocolVersion.V311, "311": ProtocolVersion.V311}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program.

    Returns:
        The exit code: 2 for wrong usage.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["watch"]:
        from mqtt_explorer import watch

        return watch.run(_read(_watch_parser(), words[1:], os.environ))
    parser = _window_parser()
    if "--self-test" in words:
        from mqtt_explorer.app.self_test import self_test

        parser.parse_args(words)
        return self_test()
    request = _read(parser, words, os.environ)
    from mqtt_explorer.app.main import run

    return run(request)


def _read(parser: argparse.ArgumentParser, words: Sequence[str], environment: Mapping[str, str]) -> Request:
    """Parses and validates; ends the program with code 2 and a sentence when something is wrong."""
    space = parser.parse_args(words)
    profile = getattr(space, "profile", None)
    _check_combination(parser, space, profile)
    try:
        options = _options(space, environment)
        profile_id = None if profile is None else _profile_id(profile, space.config)
        subscriptions = tuple(Subscription(TopicFilter(text), space.qos) for text in space.filters or ["#"])
    except MqttExplorerError as error:
        parser.error(error.message)
    return Request(
        options=options,
        subscriptions=subscriptions,
        default_filter=not space.filters,
        demo=getattr(space, "demo", False),
        config=getattr(space, "config", None),
        metrics=getattr(space, "metrics", None),
        screenshot=getattr(space, "screenshot", None),
        seconds=getattr(space, "seconds", None),
        profile_id=profile_id,
        username=None if profile is None else _first(space.username, environment.get(USERNAME_VARIABLE)),
        password=None if profile is None else _first(space.password, environment.get(PASSWORD_VARIABLE)),
    )


def _check_combination(
    parser: argparse.ArgumentParser, space: argparse.Namespace, profile: str | None
) -> None:
    """Ends the program with code 2 for words that would be ignored."""
    given = {
        name: word for name, word in _NEEDS_URL.items() if getattr(space, name) != parser.get_default(name)
    }
    if profile is not None:
        if space.url is not None or space.demo:
            parser.error("--profile connects to a saved broker: leave the URL and --demo out, or --profile")
        words = [word for name, word in given.items() if name not in _ALSO_FOR_PROFILE]
        if words:
            parser.error(
                f"{', '.join(words)}: not with --profile, which has its own; change the saved broker"
            )
    elif space.url is None and given:
        parser.error(f"{', '.join(given.values())}: give the broker's URL too")
    if space.url is not None and getattr(space, "demo", False):
        parser.error("--demo starts a broker of its own: leave the URL out, or --demo")


def _profile_id(wanted: str, config: Path | None) -> str:
    """The id of the saved broker of a name or id.

    Raises:
        MqttExplorerError: There is none, or more than one.
    """
    # Only here: no other start needs the file before the window is there.
    from mqtt_explorer.profiles.folders import config_folder
    from mqtt_explorer.profiles.profile_file import ProfileFile

    file = ProfileFile(config_folder(config))
    profiles = file.load().profiles
    if any(each.id == wanted for each in profiles):
        return wanted
    named = [each for each in profiles if each.title == wanted] or [
        each for each in profiles if each.title.casefold() == wanted.strip().casefold()
    ]
    if len(named) == 1:
        return named[0].id
    if named:
        ids = ", ".join(f"{each.id} ({each.address or 'no address'})" for each in named)
        message = f"{len(named)} saved brokers are named “{wanted}”; give the id of one: {ids}"
    elif profiles:
        names = ", ".join(f"“{each.title}”" for each in profiles)
        message = f"no saved broker is named “{wanted}”; there are {names}"
    else:
        message = f"no saved broker is named “{wanted}”: none has been saved yet in {file.path.parent}"
    raise MqttExplorerError("Saved brokers", message + (f". {file.problem}" if file.problem else ""))


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value is not None), None)


def _options(space: argparse.Namespace, environment: Mapping[str, str]) -> ConnectOptions | None:
    if space.url is None:
        return None
    url, user, password = BrokerUrl.parse(space.url)
    username = _first(space.username, environment.get(USERNAME_VARIABLE), user)
    # A password that happens to be set is nothing to a broker without a login.
    from_environment = environment.get(PASSWORD_VARIABLE) if username is not None else None
    password = _first(space.password, from_environment, password)
    return ConnectOptions(
        url,
        client_id=space.client_id if space.client_id is not None else fresh_client_id(),
        version=_VERSIONS[space.version],
        username=username,
        password=password,
        keep_alive=space.keep_alive,
        tls=TlsOptions(space.cafile, space.cert, space.key, verify=not space.insecure),
    )


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that repeats no password: whatever stands before an "@", or behind the "=" of an unknown option, is masked."""

    def error(self, message: str) -> NoReturn:
        masked = re.sub(r"(?s)://.*@|\S+@", "…@", message)
        super().error(re.sub(r"(?s)(unrecognized arguments:.*?\s-[\w-]+=).*", r"\1…", masked))


def _window_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        PROGRAM,
        description="Browse an MQTT broker's topic tree live, publish test messages and manage subscriptions.",
        epilog=f"`{PROGRAM} watch URL` prints messages as JSON lines without a window; see `{PROGRAM} watch --help`.",
    )
    parser.add_argument(
        "url",
        nargs="?",
        metavar="URL",
        help=_URL_HELP + " Connects at once; without it the start page opens.",
    )
    _add_connection(parser)
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help=f"connect to the saved broker of this name or id at once; -u, -P, {USERNAME_VARIABLE} and {PASSWORD_VARIABLE} replace its "
        "own login for this start",
    )
    parser.add_argument(
        "--demo", action="store_true", help="start a broker of our own with a simulated plant on it"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="DIR",
        help="folder for settings and saved brokers (default: the desktop's own)",
    )
    parser.add_argument(
        "--metrics", type=Path, metavar="FILE", help="append one JSON object with figures a second to FILE"
    )
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument(
        "--self-test", action="store_true", help="check that everything the program needs works, and exit"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _watch_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        f"{PROGRAM} watch",
        description="Print one JSON object per line and event, without a window: state (connecting, connected, waiting, failed), subscribed "
        "(what the broker granted, or why not), message, malformed (what is no message, raw), and at the end a summary with all "
        "figures. A payload that is not UTF-8 text is printed as payload_base64.",
        epilog="A refused login, a TLS fault or a session taken over by another client ends it at once; a broker that cannot be reached is tried again until --for is over. "
        "Exit code: 0 after --for or a signal, 1 when it never connected or such a fault ended it, 2 for wrong usage.",
    )
    parser.add_argument("url", metavar="URL", help=_URL_HELP)
    _add_connection(parser)
    parser.add_argument(
        "--for", type=_seconds, dest="seconds", metavar="SECONDS", help="end after so many seconds"
    )
    return parser


_URL_HELP = "mqtt://, mqtts://, ws:// or wss:// address, for example mqtt://localhost:1883."


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-t",
        dest="filters",
        action="append",
        metavar="FILTER",
        help="subscribe to FILTER; may be repeated (default: #)",
    )
    parser.add_argument(
        "-q", dest="qos", type=int, choices=(0, 1, 2), default=0, help="QoS of the subscriptions (default: 0)"
    )
    parser.add_argument(
        "-V", dest="version", choices=tuple(_VERSIONS), default="5", help="MQTT version (default: 5)"
    )
    parser.add_argument(
        "-u", dest="username", metavar="USER", help=f"user name (default: {USERNAME_VARIABLE}, if set)"
    )
    parser.add_argument(
        "-P",
        dest="password",
        metavar="PASSWORD",
        help=f"password; better set {PASSWORD_VARIABLE} instead: what stands on a command line can be read by every user of this "
        "computer and stays in the shell's history",
    )
    parser.add_argument(
        "-i", dest="client_id", metavar="CLIENT_ID", help="client id (default: mxq and 12 random characters)"
    )
    parser.add_argument(
        "-k", dest="keep_alive", type=int, default=30, metavar="SECONDS", help="keep-alive (default: 30)"
    )
    parser.add_argument("--cafile", metavar="FILE", help="certificates to trust, PEM (default: the system's)")
    parser.add_argument("--cert", metavar="FILE", help="client certificate, PEM")
    parser.add_argument("--key", metavar="FILE", help="key of the client certificate, PEM")
    parser.add_argument(
        "--insecure", action="store_true", help="check neither the certificate's chain nor its host name"
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds above 0")
    return value
