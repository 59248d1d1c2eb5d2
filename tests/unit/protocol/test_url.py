# SPDX-License-Identifier: MIT
import itertools
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.protocol.url import BrokerUrl, UrlError


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "path"),
    [
        ("mqtt://h", "mqtt", "h", 1883, ""),
        ("mqtts://h", "mqtts", "h", 8883, ""),
        ("ws://h", "ws", "h", 80, "/mqtt"),
        ("wss://h", "wss", "h", 443, "/mqtt"),
        ("wss://h/", "wss", "h", 443, "/mqtt"),
        ("ws://h:9001/a/b?c=d&e", "ws", "h", 9001, "/a/b?c=d&e"),
        ("ws://h?c=d", "ws", "h", 80, "/mqtt?c=d"),
        ("ws://h/?c=d", "ws", "h", 80, "/mqtt?c=d"),
        ("ws://h/ü%20x", "ws", "h", 80, "/%C3%BC%20x"),
        ("tcp://h", "mqtt", "h", 1883, ""),
        ("ssl://h", "mqtts", "h", 8883, ""),
        ("https://h", "wss", "h", 443, "/mqtt"),
        ("MQTT://Broker.Example.ORG/", "mqtt", "broker.example.org", 1883, ""),
        ("h", "mqtt", "h", 1883, ""),
        ("h:1884", "mqtt", "h", 1884, ""),
        ("h:8883", "mqtts", "h", 8883, ""),
        ("mqtt://h:8883", "mqtt", "h", 8883, ""),
        ("  h\n", "mqtt", "h", 1883, ""),
        ("mqtt://h:", "mqtt", "h", 1883, ""),
        ("mqtt://h:01883", "mqtt", "h", 1883, ""),
        ("mqtt://h:65535", "mqtt", "h", 65_535, ""),
        ("mqtt://127.0.0.1", "mqtt", "127.0.0.1", 1883, ""),
        ("mqtt://[::1]", "mqtt", "::1", 1883, ""),
        ("mqtt://[2001:DB8::0:1]:1884", "mqtt", "2001:db8::1", 1884, ""),
        ("wss://[::1]/x", "wss", "::1", 443, "/x"),
        ("::1", "mqtt", "::1", 1883, ""),
        ("[::1]:8883", "mqtts", "::1", 8883, ""),
        ("mqtt://[fe80::1%25eth0]:1884", "mqtt", "fe80::1%eth0", 1884, ""),
        ("mqtt://[fe80::1%eth0]", "mqtt", "fe80::1%eth0", 1883, ""),
        ("fe80::1%eth0", "mqtt", "fe80::1%eth0", 1883, ""),
        ("mqtt://bücher.example", "mqtt", "xn--bcher-kva.example", 1883, ""),
        ("mqtt://例え。テスト", "mqtt", "xn--r8jz45g.xn--zckzah", 1883, ""),
        ("mqtt://my_broker.local.", "mqtt", "my_broker.local.", 1883, ""),
        ("mqtt://１２７.0.0.1", "mqtt", "127.0.0.1", 1883, ""),
    ],
)
def test_reads_addresses(text, scheme, host, port, path):
    url, user, password = BrokerUrl.parse(text)
    assert (url.scheme, url.host, url.port, url.path) == (scheme, host, port, path)
    assert (user, password) == (None, None)
    assert BrokerUrl.parse(str(url))[0] == url


@pytest.mark.parametrize(
    ("text", "host", "user", "password"),
    [
        ("mqtt://u:p@h", "h", "u", "p"),
        ("u:p@h:1884", "h", "u", "p"),
        ("mqtt://u@h", "h", "u", None),
        ("mqtt://u:@h", "h", "u", ""),
        ("mqtt://:p@h", "h", None, "p"),
        ("mqtt://@h", "h", None, None),
        ("mqtt://u:a:b@h", "h", "u", "a:b"),
        ("mqtt://u:a@b@h", "h", "u", "a@b"),
        ("mqtt://u:pa/ss@h", "h", "u", "pa/ss"),
        ("mqtt://u:p?a#s/s@w@h", "h", "u", "p?a#s/s@w"),
        ("mqtt://u%40x:p%2Fa%40%3A%25@h", "h", "u@x", "p/a@:%"),
        ("mqtt://u:100%@h", "h", "u", "100%"),
        ("mqtt://u:%C3%BC%00ü@h", "h", "u", "ü\0ü"),
        ("mqtt://u:p@[::1]:1883", "::1", "u", "p"),
        ("u:p@::1", "::1", "u", "p"),
        ("wss://u:p%2F%3F%23@h/mqtt", "h", "u", "p/?#"),
        ("wss://u:a@b@h/mqtt", "h", "u", "a@b"),
        ("wss://u:p@h/a%40b", "h", "u", "p"),
    ],
)
def test_takes_the_login_out(text, host, user, password):
    url, found_user, found_password = BrokerUrl.parse(text)
    assert (url.host, found_user, found_password) == (host, user, password)
    for shown in (str(url), repr(url)):
        assert "@" not in shown
        if password and len(password) > 1:
            assert password not in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter an address"),
        ("   ", "Enter an address"),
        ("mqtt://", "no host"),
        ("mqtt://:1883", "no host"),
        ("mqtt:///x", "no host"),
        ("://h", "starts with mqtt://"),
        ("ftp://h", "starts with mqtt://"),
        ("mqtt://h h", "spaces"),
        ("mqtt://h\0", "control"),
        ("mqtt://h\x1b[2J", "control"),
        ("mqtt://h\u202egro", "invisible"),
        ("mqtt://\ud800", "invisible"),
        ("mqtt://h:0", "1 to 65535"),
        ("mqtt://h:65536", "1 to 65535"),
        ("mqtt://h:-1", "1 to 65535"),
        ("mqtt://h:+1", "1 to 65535"),
        ("mqtt://h:1_883", "1 to 65535"),
        ("mqtt://h:١٨٨٣", "1 to 65535"),
        ("mqtt://h:" + "9" * 5_000, "1 to 65535"),
        ("mqtt://h:mqtt", "1 to 65535"),
        ("mqtt://[::1", "brackets"),
        ("mqtt://[::1]x", "brackets"),
        ("mqtt://::1", "brackets"),
        ("mqtt://[]", "IPv6"),
        ("mqtt://[::g]", "IPv6"),
        ("mqtt://[127.0.0.1]", "IPv6"),
        ("1:2:3", "IPv6"),
        ("mqtt://[fe80::1%]", "zone"),
        ("mqtt://[fe80::1%a/b]", "brackets"),
        ("mqtt://[fe80::1%a$]", "zone"),
        ("mqtt://127.0.0.256", "IPv4"),
        ("mqtt://127.1", "IPv4"),
        ("mqtt://1883", "IPv4"),
        ("mqtt://a..b", "host name"),
        ("mqtt://-a", "host name"),
        ("mqtt://a-", "host name"),
        ("mqtt://a%20b", "host name"),
        ("mqtt://a,b", "host name"),
        ("mqtt://" + "a" * 64, "host name"),
        ("mqtt://" + "a." * 130, "host name"),
        ("mqtt://" + "ü" * 100_000, "host name"),
        ("mqtt://h＠x", "host name"),
        ("mqtt://h/topic", "no path"),
        ("mqtt://h?x=y", "no path"),
        ("mqtt://h#x", "“#”"),
        ("ws://h/mqtt#x", "“#”"),
        ("ws://u:pa/ss@h", "%2F"),
        ("ws://u:pa?ss@h", "%3F"),
        ("ws://h/a@b", "%40"),
        ("mqtt://u:%FF@h", "UTF-8"),
        ("mqtt//u:p@h", "in front of an address with a login"),
        ("mqtt:/u:p@h", "in front of"),
        ("//u:p@h", "in front of"),
        ("u:p@h/x@y", "in front of"),
        ("u:p?x@h", "in front of"),
        ("mqtt:\\\\u:p@h", "in front of"),
    ],
)
def test_says_what_is_wrong(text, words):
    with pytest.raises(UrlError) as caught:
        BrokerUrl.parse(text)
    assert words in caught.value.message
    assert caught.value.field == "url"
    assert caught.value.message.endswith(".")
    assert len(caught.value.message) < 150


CANARIES = ("zqxj", "wvkq")
TEMPLATES = [
    "mqtt://u:{}@h", "mqtt://u:{}@h:x", "mqtt://u:{}@h/path", "mqtt://u:{}@[::", "mqtt://u:{}@127.0.0.999", "mqtt://u:{}@h#a", "mqtt://u:{}@",
    "mqtt://u:{}", "u:{}", "u:{}@h h", "u:{}@h:99999", "{}://u@h", "u:{}://h", "mqtt://u:{}@[fe80::1%]", "ws://u:{}@h/mqtt", "ws://u:{}@h:x/mqtt",
    "ws://u:{}", "wss://u:{}@h#x", "mqtt://:{}@a..b", "mqtt://u:{}@h\0",
]  # fmt: skip
SEPARATORS = [
    "",
    "/",
    "@",
    ":",
    "#",
    "?",
    "%",
    "[",
    "]",
    "%2",
    "://",
    "\\",
    " ",
    "%ff",
    "\ud800",
    "＠",
    "$",
    "::",
    "[::1]:",
]


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_error_holds_any_part_of_a_password(template):
    refused = 0
    for separator, order in itertools.product(SEPARATORS, (1, -1)):
        text = template.format(separator.join(CANARIES[::order]) + (separator if order < 0 else ""))
        try:
            url, _, _ = BrokerUrl.parse(text)
        except UrlError as error:
            refused += 1
            seen = [
                *traceback.format_exception(error),
                repr(error),
                repr(error.__context__),
                repr(error.__cause__),
            ]
            for canary in CANARIES:
                assert not any(canary in line.lower() for line in seen), text
        else:
            if "@h" in text:
                assert not any(canary in str(url) for canary in CANARIES), text
    assert refused, "the template reaches no error"


@given(st.text(max_size=30), st.text(max_size=30))
def test_nonsense_is_an_address_or_a_url_error(login, rest):
    for text in (login, f"mqtt://{login}@{rest}", f"ws://{login}/{rest}", f"[{login}]:{rest}"):
        try:
            url, _, _ = BrokerUrl.parse(text)
        except UrlError:
            continue
        assert BrokerUrl.parse(str(url)) == (url, None, None)


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_password_survives_percent_encoding(password):
    from urllib.parse import quote

    for scheme in ("mqtt", "wss"):
        assert BrokerUrl.parse(f"{scheme}://u:{quote(password, safe='')}@h")[1:] == ("u", password)


def test_tls_and_websocket():
    kinds = {
        s: (BrokerUrl(s, "h", 1).tls, BrokerUrl(s, "h", 1).websocket) for s in ("mqtt", "mqtts", "ws", "wss")
    }
    assert kinds == {"mqtt": (False, False), "mqtts": (True, False), "ws": (False, True), "wss": (True, True)}


def test_text_of_ipv6():
    assert str(BrokerUrl("mqtt", "::1", 1883)) == "mqtt://[::1]:1883"
    assert BrokerUrl("mqtt", "fe80::1%eth0", 1).netloc == "[fe80::1%25eth0]:1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wss://h/mqtt?token=canary", "wss://h:443/mqtt"),
        ("ws://h?token=canary", "ws://h:80/mqtt"),
        ("ws://h/a%3Fb?x?y=canary", "ws://h:80/a%3Fb"),
        ("mqtts://u:canary@h", "mqtts://h:8883"),
    ],
)
def test_what_is_shown_has_no_query_but_what_is_dialled_has(text, shown):
    url, _, _ = BrokerUrl.parse(text)
    assert url.shown == shown
    assert "canary" not in repr(url)
    assert ("canary" in str(url)) is ("?" in text)
