# SPDX-License-Identifier: MIT
"""Renders the shared look to PNG: `python -m tests.shots_gallery OUTDIR`.

Each picture is made in a process of its own, since the device pixel ratio is fixed when Qt starts.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SCHEMES = ("dark", "light")
SCALES = ("1", "2")


def main(out: Path) -> int:
    """Render every scheme at every scale; the exit code."""
    out.mkdir(parents=True, exist_ok=True)
    for scale in SCALES:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
        command = [sys.executable, "-m", "tests.shots_gallery", "--render", scale, str(out)]
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode:
            return done.returncode
    return 0


def render(scale: str, out: Path) -> None:
    """Render the pages in this process."""
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from mqtt_explorer.widgets.theme import install

    app = QApplication([])
    look = install(app, "dark")
    pages = {
        "window": window_page(),
        "docks": docks_page(),
        "controls": controls_page(),
        "icons": icons_page(),
    }
    for scheme in SCHEMES:
        look.set_choice(scheme)  # type: ignore[arg-type]
        for name, page in pages.items():
            page.resize(1360, 820)
            page.show()
            QTest.qWaitForWindowActive(page, 2000)
            app.sendPostedEvents()
            page.grab().save(str(out / f"{name}-{scheme}-{scale}x.png"))


def topic_model() -> Any:
    """A small topic tree that shows every mark."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QStandardItem, QStandardItemModel

    from mqtt_explorer.models import roles

    def wave(seed: int) -> list[float]:
        return [0.5 + 0.4 * math.sin(n / 2 + seed) * math.cos(n * seed / 7) for n in range(24)]

    model = QStandardItemModel()
    model.setHorizontalHeaderLabels(["Topic", "Value", "", "Rate", "Age"])
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for column in (3, 4):
        model.setHeaderData(column, Qt.Orientation.Horizontal, right, Qt.ItemDataRole.TextAlignmentRole)

    def row(
        name: str, value: str = "", kind: str = "number", rate: str = "", age: str = "", **extra: Any
    ) -> list[QStandardItem]:
        items = [QStandardItem(text) for text in (name, value, "", rate, age)]
        items[1].setData(kind, roles.KIND_ROLE)
        for key, data in extra.items():
            items[1 if key == "badge" else 0].setData(data, getattr(roles, key.upper() + "_ROLE"))
        if rate and rate != "–":
            items[2].setData(wave(len(name)), roles.SPARK_ROLE)
        return items

    house = row("greenhouse", strong=True, note="14 hits")
    model.appendRow(house)
    zone = row("zone-1", strong=True)
    house[0].appendRow(zone)
    climate = row("climate", strong=True)
    zone[0].appendRow(climate)
    climate[0].appendRow(row("temperature", "21.7 °C", "number", "1.0/s", "0.4 s", pin=True, hits=[(0, 4)]))
    climate[0].appendRow(row("humidity", "58.2 %", "number", "0.5/s", "0.4 s", glow=1.0))
    climate[0].appendRow(
        row("overtemp", '{"level":"warn","since":120}', "muted", "–", "2 h", pin=True, hits=[(4, 4)])
    )
    soil = row("soil", strong=True)
    zone[0].appendRow(soil)
    soil[0].appendRow(row("temp_10cm", "16.2 °C", "number", "0.1/s", "6 s", hits=[(0, 4)]))
    soil[0].appendRow(row("temp_40cm", "14.9 °C", "number", "0.1/s", "6 s", glow=0.6, hits=[(0, 4)]))
    soil[0].appendRow(row("state", "open 42 %", "string", "–", "8 s"))
    zone2 = row("zone-2", strong=True)
    house[0].appendRow(zone2)
    zone2[0].appendRow(row("temperature", "19.4 °C", "muted", "–", "4 min", pin=True, badge="warn:stale"))
    zone3 = row("zone-3", strong=True, note="18 topics · 4,102 messages")
    zone3[0].appendRow(row("hidden"))
    house[0].appendRow(zone3)
    plant = row("plant", strong=True)
    model.appendRow(plant)
    for name in ("barrel-1_temp", "barrel-2_temp", "barrel-3_temp"):
        plant[0].appendRow(row(name, "184.2 °C", "number", "5.0/s", "0.1 s", glow=0.8))
    plant[0].appendRow(row("firmware", "64 MB, kept 1 MB", "muted", "–", "1 h", truncated=True, pin=True))
    plant[0].appendRow(row("evil\x00name\u202etxt.exe", "<b>not bold</b>\nsecond line", "string", "–", "1 h"))
    plant[0].appendRow(row("true", "true", "key", "–", "1 h"))
    for n in range(10):
        plant[0].appendRow(row(f"line-{n}", f"{n * 17.3:.1f} kPa", "number", "2.0/s", f"{n} s"))
    return model


TREE_COLUMNS = ("name", "value", "spark", "rate", "age")


def topic_columns() -> list[Any]:
    """The columns of the Topics tree."""
    from mqtt_explorer.widgets.delegates import Column

    small = Column(right=True, small=True, kind="muted")
    return [
        Column(name=True, marks=True, hits=True, kind="text"),
        Column(mono=True, badge=True),
        Column(spark=True),
        small,
        small,
    ]


def topic_tree() -> Any:
    """The tree of the gallery, opened, with one selected row."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QHeaderView

    from mqtt_explorer.widgets.views import TreeView

    tree = TreeView(topic_columns())
    model = topic_model()
    model.setParent(tree)
    tree.setModel(model)
    for text in ("greenhouse", "zone-1", "climate", "soil", "zone-2", "plant"):
        flags = Qt.MatchFlag.MatchRecursive
        for index in model.match(model.index(0, 0), Qt.ItemDataRole.DisplayRole, text, -1, flags):
            tree.expand(index)
    found = model.match(
        model.index(0, 0), Qt.ItemDataRole.DisplayRole, "temperature", 1, Qt.MatchFlag.MatchRecursive
    )
    tree.setCurrentIndex(found[0])
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column, width in ((1, 112), (2, 62), (3, 48), (4, 50)):
        tree.setColumnWidth(column, width)
    return tree


def message_table() -> Any:
    """A table of messages."""
    from PySide6.QtGui import QStandardItem, QStandardItemModel

    from mqtt_explorer.models import roles
    from mqtt_explorer.widgets.delegates import Column
    from mqtt_explorer.widgets.views import TableView

    muted = Column(mono=True, kind="muted")
    table = TableView(
        [Column(mono=True, bar=True), muted, Column(mono=True, hits=True), muted, Column(mono=True)]
    )
    model = QStandardItemModel(table)
    model.setHorizontalHeaderLabels(["Time", "Gap", "Topic", "QoS", "Preview"])
    for n in range(40):
        cells = [f"14:02:{59 - n:02d}.{n * 37 % 1000:03d}", f"+{n * 0.013:.3f}"]
        cells += [f"greenhouse/zone-{n % 3}/climate/temperature", str(n % 3), f"{20 + n / 7:.1f} °C"]
        items = [QStandardItem(cell) for cell in cells]
        items[0].setData(n % 6, roles.BAR_ROLE)
        items[2].setData([(26, 4)], roles.HITS_ROLE)
        items[4].setData("number", roles.KIND_ROLE)
        model.appendRow(items)
    table.setModel(model)
    for column, width in enumerate((130, 70, 280, 50)):
        table.setColumnWidth(column, width)
    table.selectRow(1)
    return table


def panel(
    title: str, body: Any, info: str = "", actions: tuple[tuple[str, str], ...] = (), margin: int = 12
) -> Any:
    """Title bar and body as one card."""
    from PySide6.QtWidgets import QVBoxLayout, QWidget

    from mqtt_explorer.widgets.cards import Card
    from mqtt_explorer.widgets.title_bar import TitleBar

    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    bar = TitleBar(title)
    bar.set_info(info)
    for icon_name, tooltip in actions:
        bar.add_action(icon_name, tooltip)
    layout.addWidget(bar)
    card = Card(part="bottom")
    card.column(margin).addWidget(body)
    layout.addWidget(card, 1)
    return whole


def window_page() -> Any:
    """Something like the main window."""
    from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QTabWidget, QVBoxLayout, QWidget

    from mqtt_explorer.widgets.buttons import Chip, IconButton, push_button
    from mqtt_explorer.widgets.cards import Card, EmptyState, StatusDot, label, set_tone
    from mqtt_explorer.widgets.forms import Strip

    page = QWidget()
    outer = QVBoxLayout(page)
    outer.setContentsMargins(12, 8, 12, 4)
    outer.setSpacing(8)
    header = QHBoxLayout()
    header.addWidget(push_button("Disconnect", icon_name="disconnect"))
    header.addWidget(StatusDot("ok"))
    state = label("Connected", "heading")
    set_tone(state, "ok")
    header.addWidget(state)
    header.addWidget(label("MQTT 5 · keep-alive 30 s · RTT 4.2 ms", "muted"))
    header.addStretch(1)
    search = QLineEdit()
    search.setPlaceholderText("Search topics and payloads")
    search.setFixedWidth(280)
    header.addWidget(search)
    for name in ("pause", "moon", "settings"):
        header.addWidget(IconButton(name, name))
    outer.addLayout(header)
    middle = QHBoxLayout()
    middle.setSpacing(8)
    outer.addLayout(middle, 1)
    actions = (("sort", "Sort"), ("columns", "Columns"), ("dots", "More"))
    topics = panel("Topics", topic_tree(), "38 of 1,284", actions)
    topics.setFixedWidth(456)
    middle.addWidget(topics)
    right = QVBoxLayout()
    right.setSpacing(8)
    middle.addLayout(right, 1)
    message = Card()
    column = message.column()
    line = QHBoxLayout()
    line.addWidget(label("greenhouse / zone-1 / climate / temperature", "mono"))
    line.addStretch(1)
    for name in ("copy", "star", "bell", "trash"):
        line.addWidget(IconButton(name, name))
    column.addLayout(line)
    chips = QHBoxLayout()
    chips.setSpacing(6)
    chips.addWidget(Chip("QoS 1", tint="accent"))
    for text in ("retained", "112 B", "3,040 messages", "14:02:11.482"):
        chips.addWidget(Chip(text))
    chips.addWidget(Chip("QoS 2 → 1 downgraded", tint="warn"))
    chips.addStretch(1)
    column.addLayout(chips)
    tabs = QTabWidget()
    for text in ("Payload", "Diff", "Hex", "Raw", "Properties"):
        tabs.addTab(EmptyState("chart", "Nothing plotted", "Click the chart icon beside any number."), text)
    column.addWidget(tabs, 1)
    right.addWidget(message, 1)
    strip = Strip("warn", "still receiving 312 msg/s")
    strip.set_message("still receiving 312 msg/s", strong="Paused 1,204 waiting")
    strip.add_button("Show them", lambda: None, icon_name="play")
    body = QWidget()
    below = QVBoxLayout(body)
    below.setContentsMargins(0, 0, 0, 0)
    below.addWidget(strip)
    below.addWidget(message_table(), 1)
    right.addWidget(panel("Messages", body, "6,120 of 48,210 match", (("download", "Save"),)), 1)
    outer.addWidget(label("↓ 312 msg/s    ↑ 2 msg/s    18.4 kB/s    0 dropped", "caption"))
    return page


def controls_page() -> Any:
    """Every control in every state."""
    from PySide6.QtWidgets import (
        QCheckBox,
        QComboBox,
        QGridLayout,
        QHBoxLayout,
        QLineEdit,
        QMenu,
        QPlainTextEdit,
        QProgressBar,
        QRadioButton,
        QTabBar,
        QVBoxLayout,
        QWidget,
    )

    from mqtt_explorer.widgets.buttons import Chip, IconButton, SegmentedControl, push_button
    from mqtt_explorer.widgets.cards import Card, Elided, EmptyState, Rule, StatusDot, label
    from mqtt_explorer.widgets.forms import Field, NumberBox, Strip
    from mqtt_explorer.widgets.icons import icon

    page = QWidget()
    outer = QHBoxLayout(page)
    outer.setContentsMargins(12, 12, 12, 12)
    outer.setSpacing(8)
    left = Card()
    column = left.column(16, 12)
    column.addWidget(label("Connect to a broker", "page"))
    url = QLineEdit()
    url.setPlaceholderText("mqtts://broker.example.org:8883")
    url.setProperty("mono", True)
    url.setProperty("big", True)
    url.addAction(icon("plug"), QLineEdit.ActionPosition.LeadingPosition)
    connect = push_button("Connect", icon_name="connect", kind="primary")
    connect.setProperty("big", True)
    line = QHBoxLayout()
    line.addWidget(url, 1)
    line.addWidget(connect)
    column.addLayout(line)
    column.addWidget(label("A user name may stand before the host; the password is asked for.", "caption"))
    column.addWidget(Rule())
    name = QLineEdit("AWS greenhouse fleet")
    column.addWidget(Field("Name", name, label_width=136, help_text="Shown in the list of brokers"))
    key = QLineEdit("greenhouse-gw-old.private.key")
    key.setProperty("mono", True)
    bad = Field("Private key", key, label_width=136)
    bad.set_error("This key does not belong to the certificate: it is EC P-256, the certificate is RSA 2048.")
    column.addWidget(bad)
    off = QLineEdit("Not used: this preset signs in by client certificate")
    off.setEnabled(False)
    column.addWidget(Field("User name", off, label_width=136))
    combo = QComboBox()
    combo.addItems(["TLS 1.2", "TLS 1.3"])
    combo.setMinimumWidth(110)
    spin = NumberBox(0, 99, 30, suffix=" s")
    versions = SegmentedControl(["5", "3.1.1"], name="MQTT version")
    qos = SegmentedControl(["QoS 0", "QoS 1", "QoS 2"], 1, name="QoS")
    qos.set_reason(2, "AWS IoT Core has no QoS 2")
    line = QHBoxLayout()
    for widget in (combo, spin, versions, qos):
        line.addWidget(widget)
    line.addStretch(1)
    column.addLayout(line)
    line = QHBoxLayout()
    for text, on, enabled in (
        ("Retain", True, True),
        ("No Local", False, True),
        ("Off", True, False),
        ("Off", False, False),
    ):
        box = QCheckBox(text)
        box.setChecked(on)
        box.setEnabled(enabled)
        line.addWidget(box)
    radio = QRadioButton("Radio")
    radio.setChecked(True)
    line.addWidget(radio)
    line.addStretch(1)
    column.addLayout(line)
    grid = QGridLayout()
    grid.setSpacing(8)
    for n, kind in enumerate(("normal", "primary", "danger", "link")):
        grid.addWidget(push_button(kind.title(), kind=kind, icon_name="send"), 0, n)  # type: ignore[arg-type]
        disabled = push_button(kind.title(), kind=kind, icon_name="send")  # type: ignore[arg-type]
        disabled.setEnabled(False)
        grid.addWidget(disabled, 1, n)
    small = push_button("Small", small=True)
    grid.addWidget(small, 0, 4)
    column.addLayout(grid)
    line = QHBoxLayout()
    for n, icon_name in enumerate(("copy", "star", "bell", "trash", "pause")):
        button = IconButton(icon_name, icon_name, checkable=n == 4)
        button.setChecked(n == 4)
        line.addWidget(button)
    off_button = IconButton("trash", "off")
    off_button.setEnabled(False)
    line.addWidget(off_button)
    for tone in ("ok", "warn", "error", "faint", "accent"):
        line.addWidget(StatusDot(tone))
    hollow = StatusDot("muted", hollow=True)
    line.addWidget(hollow)
    line.addStretch(1)
    column.addLayout(line)
    column.addStretch(1)
    outer.addWidget(left, 3)
    right = QWidget()
    stack = QVBoxLayout(right)
    stack.setContentsMargins(0, 0, 0, 0)
    stack.setSpacing(8)
    chips = QHBoxLayout()
    for tint in ("", "accent", "ok", "warn", "error"):
        chips.addWidget(Chip(tint or "plain", tint=tint))
    for on in (True, False):
        chip = Chip("Topic", checkable=True)
        chip.setChecked(on)
        chips.addWidget(chip)
    chips.addStretch(1)
    stack.addLayout(chips)
    for kind, text in (
        ("info", "Docks open when a broker is connected"),
        ("ok", "Success · PUBACK 0x00 · 3.9 ms"),
        (
            "warn",
            "Certificate check is off for this broker: anybody on the way can read and change messages.",
        ),
        ("error", 'Line 5: a comma is missing before "by"'),
    ):
        strip = Strip(kind, text, dismissable=True)  # type: ignore[arg-type]
        strip.add_button("Fix it", lambda: None)
        stack.addWidget(strip)
    bar = QTabBar()
    bar.setExpanding(False)
    for text in ("Messages", "Subscriptions", "Log"):
        bar.addTab(text)
    stack.addWidget(bar)
    edit = QPlainTextEdit('{\n  "open": true,\n  "duration": 30\n}\n' + "line\n" * 30)
    edit.setProperty("mono", True)
    stack.addWidget(edit, 1)
    progress = QProgressBar()
    progress.setValue(42)
    stack.addWidget(progress)
    elided = Elided(
        "mqtts://a3k9-ats.iot.eu-central-1.amazonaws.com:443/a/very/long/path/that/never/fits/here/at/all/in/any/window"
    )
    stack.addWidget(elided)
    empty = Card()
    empty.column().addWidget(
        EmptyState(
            "tree", "No topics yet", "Connect to a broker and its topic tree grows here.", button="Add"
        )
    )
    stack.addWidget(empty, 2)
    menu = QMenu(page)
    menu.addAction(icon("copy"), "Copy topic").setShortcut("Ctrl+C")
    checked = menu.addAction("Show ages")
    checked.setCheckable(True)
    checked.setChecked(True)
    menu.addSeparator()
    menu.addAction(icon("trash", "error"), "Clear retained…").setEnabled(False)
    menu.addMenu("Sort by")
    menu.setWindowFlags(menu.windowFlags() & ~menu.windowType())
    stack.addWidget(menu)
    outer.addWidget(right, 2)
    url.setFocus()
    return page


def docks_page() -> Any:
    """Real docks, two of them behind one another, and the popups as pictures."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import (
        QComboBox,
        QDockWidget,
        QLabel,
        QMainWindow,
        QMenu,
        QTabWidget,
        QVBoxLayout,
        QWidget,
    )

    from mqtt_explorer.widgets.cards import Card, EmptyState
    from mqtt_explorer.widgets.icons import icon
    from mqtt_explorer.widgets.theme import theme
    from mqtt_explorer.widgets.title_bar import TitleBar

    window = QMainWindow()
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    window.setDocumentMode(True)

    def dock(title: str, body: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        made = QDockWidget(title, window)
        made.setObjectName(title)
        bar = TitleBar(title, made)
        bar.set_info("8 shown")
        bar.add_action("sort", "Sort")
        made.setTitleBarWidget(bar)
        card = Card(part="bottom")
        card.column().addWidget(body)
        made.setWidget(card)
        window.addDockWidget(area, made)
        return made

    dock("Topics", topic_tree(), Qt.DockWidgetArea.LeftDockWidgetArea)
    messages = dock("Messages", message_table(), Qt.DockWidgetArea.BottomDockWidgetArea)
    log = dock(
        "Log",
        EmptyState("log", "Nothing logged", "States and refusals stand here."),
        Qt.DockWidgetArea.BottomDockWidgetArea,
    )
    window.tabifyDockWidget(messages, log)
    dock("Publish", EmptyState("send", "No draft", "Write a topic."), Qt.DockWidgetArea.RightDockWidgetArea)
    centre = Card()
    column: QVBoxLayout = centre.column()
    menu = QMenu(window)
    menu.addAction(icon("copy"), "Copy topic").setShortcut("Ctrl+C")
    checked = menu.addAction("Show ages")
    checked.setCheckable(True)
    checked.setChecked(True)
    menu.addSeparator()
    menu.addAction(icon("trash", "error"), "Clear retained…").setEnabled(False)
    menu.addMenu("Sort by")
    combo = QComboBox(window)
    combo.addItems(["TLS 1.2", "TLS 1.3", "Something longer"])
    combo.hide()
    pictures = [QLabel(), QLabel()]
    for label in pictures:
        column.addWidget(label)

    def grab() -> None:
        menu.resize(menu.sizeHint())
        pictures[0].setPixmap(menu.grab())
        combo.view().window().resize(180, 100)
        pictures[1].setPixmap(combo.view().window().grab())

    theme().changed.connect(grab)
    grab()
    window.setCentralWidget(centre)
    window.statusBar().showMessage("↓ 312 msg/s   0 dropped")
    return window


def icons_page() -> Any:
    """All line icons with their names, and the program's mark."""
    from PySide6.QtCore import QSize
    from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

    from mqtt_explorer.widgets import icons
    from mqtt_explorer.widgets.cards import label

    page = QWidget()
    grid = QGridLayout(page)
    for n, name in enumerate(icons.names()):
        cell = QHBoxLayout()
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setIcon(icons.icon(name, ("text", "muted", "accent")[n % 3]))
        cell.addWidget(button)
        cell.addWidget(label(name, "small"), 1)
        grid.addLayout(cell, n // 9, n % 9)
    marks = QHBoxLayout()
    for size in (16, 24, 32, 48, 64, 128):
        mark = QLabel()
        mark.setPixmap(icons.app_icon().pixmap(QSize(size, size), mark.devicePixelRatioF()))
        marks.addWidget(mark)
    marks.addStretch(1)
    grid.addLayout(marks, 20, 0, 1, 9)
    return page


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--render":
        render(sys.argv[2], Path(sys.argv[3]))
    elif len(sys.argv) == 2:
        raise SystemExit(main(Path(sys.argv[1])))
    else:
        raise SystemExit("usage: python -m tests.shots_gallery OUTDIR")
