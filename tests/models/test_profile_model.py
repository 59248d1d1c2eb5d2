# SPDX-License-Identifier: MIT
"""The tree of saved brokers follows the library row by row, searches, and asks for moves."""

from __future__ import annotations

import random
import time

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.profile_layout import RECENT, find_hits, lay_out
from mqtt_explorer.models.profile_model import ProfileModel
from mqtt_explorer.models.profile_rows import (
    ADDRESS,
    BROKER,
    COLOUR_ROLE,
    KEY_ROLE,
    LAST_USED,
    PROBLEMS_ROLE,
    SIGN_IN,
    STATE_ROLE,
)
from mqtt_explorer.models.profile_wording import last_used_text
from mqtt_explorer.models.roles import HITS_ROLE, NOTE_ROLE
from mqtt_explorer.profiles.profile import Profile

NOW = time.mktime((2026, 11, 20, 15, 0, 0, 0, 0, -1))
FOLDERS = ("Home", "Plant")
GREENHOUSE = Profile(
    id="g", name="Greenhouse", folder="Home", url="mqtts://broker.lan:8883", username="ada", colour=1
)
ZIGBEE = Profile(id="z", name="Zigbee", folder="Home", url="mqtt://10.0.20.5")
LINE = Profile(id="l", name="Line 3", folder="Plant", url="ws://plant.lan", websocket_path="/mqtt")
LOOSE = Profile(id="x", name="", url="mqtt://loose.lan:1883")
ALL = (GREENHOUSE, ZIGBEE, LINE, LOOSE)


@pytest.fixture
def model(qapp):
    made = ProfileModel(now=lambda: NOW)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.set_library(FOLDERS, ALL)
    yield made
    tester.deleteLater()


def shape(model):
    tops = [model.index(row, 0) for row in range(model.rowCount())]
    return [
        (top.data(KEY_ROLE), [model.index(row, 0, top).data(KEY_ROLE) for row in range(model.rowCount(top))])
        for top in tops
    ]


def names(model):
    return [
        text
        for row in range(model.rowCount())
        for top in (model.index(row, 0),)
        for text in (top.data(), *(model.index(kid, 0, top).data() for kid in range(model.rowCount(top))))
    ]


def test_folders_then_loose_brokers_then_addresses(model):
    model.set_recent(["mqtt://other.lan:1884", "mqtt://loose.lan:1883"])
    assert names(model) == [
        *("Home", "Greenhouse", "Zigbee", "Plant", "Line 3", "mqtt://loose.lan:1883"),
        *("Recent addresses", "other.lan"),
    ]
    assert model.index(0, 0).data(NOTE_ROLE) == "2"


def test_a_row_that_changes_keeps_all_others(model):
    resets, changed = [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.data(KEY_ROLE)))
    model.set_library(FOLDERS, (GREENHOUSE, msgspec.structs.replace(ZIGBEE, name="Zig"), LINE, LOOSE))
    assert (resets, changed) == ([], [("profile", "z")])


def test_any_library_follows_any_other_and_indexes_move_along(model):
    """No row is lost, and who held an index of a broker that stays holds it still, whatever moved."""
    rnd = random.Random(7)
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    for _ in range(150):
        folders = rnd.sample("ABCD", rnd.randint(0, 4))
        some = rnd.sample("abcdefghij", rnd.randint(1, 10))
        profiles = [Profile(id=name, name=name, folder=rnd.choice(["", *folders])) for name in some]
        held = {name: QPersistentModelIndex(model.index_of_profile(name)) for name in some}
        known = {name: index for name, index in held.items() if index.isValid()}
        model.set_library(folders, profiles)
        assert shape(model) == lay_out(folders, profiles, ())
        assert all(index.data(KEY_ROLE) == ("profile", name) for name, index in known.items())
    assert resets == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "Keyring"),
        ({"username": ""}, "None"),
        ({"remember_secrets": False}, "Asked each time"),
        ({"certificate": "pem", "username": ""}, "Client certificate"),
        ({"username": "", "websocket_headers": ("Authorization",)}, "Keyring"),
    ],
)
def test_sign_in(model, changes, word):
    model.set_library((), [msgspec.structs.replace(GREENHOUSE, folder="", **changes)])
    assert model.index(0, SIGN_IN).data() == word
    model.set_keyring(False)
    assert model.index(0, SIGN_IN).data() == ("This session only" if word == "Keyring" else word)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (5, "just now"),
        (12 * 60, "12 min ago"),
        (3 * 3_600, "3 h ago"),
        (16 * 3_600, "yesterday"),
        (11 * 86_400, "9 Nov"),
        (400 * 86_400, "16 Oct 2025"),
        (-2 * 86_400, "22 Nov"),
    ],
)
def test_last_used(ago, text):
    assert last_used_text(NOW - ago, NOW) == text


def test_last_used_never_and_beyond_time():
    assert last_used_text(0, NOW) == "never"
    assert last_used_text(1e300, NOW) == "–"


def test_states_and_problems_reach_their_row_only(model):
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.data(KEY_ROLE)[1]))
    model.set_states({"g": ("open", "ok")})
    model.set_problems({"l": 2, "z": 0})
    assert changed == ["g", "l"]
    index = model.index_of_profile("g")
    assert index.data(STATE_ROLE) == ("open", "ok")
    assert index.data(COLOUR_ROLE) == 1
    assert model.index_of_profile("l").data(PROBLEMS_ROLE) == 2
    assert "2 problems" in model.index_of_profile("l").data(Qt.ItemDataRole.AccessibleTextRole)
    model.set_states({})
    assert index.data(STATE_ROLE) is None
    assert changed == ["g", "l", "g"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("green", ["Home", "Greenhouse"]),
        ("ADA", ["Home", "Greenhouse"]),
        ("10.0.20", ["Home", "Zigbee"]),
        ("home zig", ["Home", "Zigbee"]),
        ("plant", ["Plant", "Line 3"]),
        ("ws", ["Plant", "Line 3"]),
        ("mqtts", ["Home", "Greenhouse"]),
        ("mqtt://loose", ["mqtt://loose.lan:1883"]),
        ("zebra", []),
    ],
)
def test_search(model, text, shown):
    model.set_search(text)
    assert names(model) == shown
    model.set_search(" ")
    assert shape(model) == lay_out(FOLDERS, ALL, ())


def test_a_search_marks_its_words(model):
    model.set_search("gr us")
    assert model.index_of_profile("g").data(HITS_ROLE) == [(0, 2), (7, 2)]
    assert find_hits("İstanbul", ["stan"]) == []  # lower case has another length there


def test_an_empty_folder_is_found_by_its_name(model):
    model.set_library((*FOLDERS, "Attic"), ALL)
    model.set_search("attic")
    assert names(model) == ["Attic"]


def test_no_login_of_an_address_is_shown(model):
    typed = Profile(id="p", url="mqtt://ada:canary-5512@h:1")
    model.set_library((), [typed])
    assert "canary" not in " ".join(model.index(0, column).data() for column in range(4))
    assert model.index(0, ADDRESS).data() == "mqtt://h:1"


# -- moves -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def moves(model):
    asked = []
    model.move_requested.connect(lambda *args: asked.append(args))
    model.folder_move_requested.connect(lambda *args: asked.append(args))
    return asked


def drop(model, key, row, parent=QModelIndex()):  # noqa: B008 – an invalid index is a constant
    data = model.mimeData([model.index_of(key)])
    return model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, parent)


def test_drops(model, moves):
    home, plant = model.index_of(("folder", "Home")), model.index_of(("folder", "Plant"))
    assert drop(model, ("profile", "l"), 1, home)
    assert drop(model, ("profile", "g"), -1, plant)
    assert drop(model, ("profile", "g"), 2)
    assert drop(model, ("profile", "g"), -1)
    assert drop(model, ("folder", "Plant"), 0)
    assert drop(model, ("folder", "Home"), 2)
    assert moves[:4] == [("l", "Home", "z"), ("g", "Plant", ""), ("g", "", "x"), ("g", "", "")]
    assert moves[4:] == [("Plant", "Home"), ("Home", "")]


def test_what_cannot_be_dropped(model, moves):
    model.set_recent(["mqtt://h"])
    group = model.index_of(RECENT)
    assert not drop(model, ("folder", "Home"), 0, model.index_of(("folder", "Plant")))
    assert not drop(model, ("folder", "Home"), 3)
    assert not drop(model, ("profile", "g"), 0)
    assert not drop(model, ("profile", "g"), 0, group)
    assert not drop(model, ("recent", "mqtt://h"), -1)
    assert not model.flags(group) & Qt.ItemFlag.ItemIsDropEnabled
    assert moves == []


@pytest.mark.parametrize(
    ("key", "by", "asked"),
    [
        (("profile", "z"), -1, ("z", "Home", "g")),
        (("profile", "g"), 1, ("g", "Home", "")),
        (("profile", "z"), 1, ("z", "Plant", "l")),
        (("profile", "l"), -1, ("l", "Home", "")),
        (("profile", "l"), 1, ("l", "", "x")),
        (("profile", "x"), -1, ("x", "Plant", "")),
        (("folder", "Plant"), -1, ("Plant", "Home")),
        (("folder", "Home"), 1, ("Home", "")),
        (("profile", "g"), -1, None),
        (("profile", "x"), 1, None),
        (("folder", "Home"), -1, None),
    ],
)
def test_steps_by_keyboard(model, moves, key, by, asked):
    assert model.step(model.index_of(key), by) is (asked is not None)
    assert moves == ([asked] if asked else [])


def test_renaming_asks_and_waits_for_the_library(model):
    asked = []
    model.rename_requested.connect(lambda *args: asked.append(args))
    index = model.index_of_profile("g")
    assert model.setData(index, "  Glass house ")
    assert not model.setData(index, "   ")
    assert not model.setData(index, "Greenhouse")
    assert asked == [(("profile", "g"), "Glass house")]
    assert index.data() == "Greenhouse"
    assert model.index(index.row(), LAST_USED, index.parent()).data() == "never"
    assert index.column() == BROKER
