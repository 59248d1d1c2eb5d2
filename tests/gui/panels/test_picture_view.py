# SPDX-License-Identifier: MIT
"""The image preview, with real images read in a real process, the hostile ones too."""

from __future__ import annotations

import asyncio
import random

import pytest
import shiboken6
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from mqtt_explorer.models.picture_job import MOST_BYTES, USUAL_BYTES, read_picture
from mqtt_explorer.panels.message.picture_view import PictureView
from mqtt_explorer.payload.image_format import recognise
from mqtt_explorer.payload.picture import Picture
from mqtt_explorer.payload.worker import Worker
from tests.support import images, jobs


@pytest.fixture(scope="module")
def worker():
    made = Worker(())
    yield made
    asyncio.run(made.close())


@pytest.fixture
async def view(qtbot, worker):
    made = PictureView(worker=worker)
    qtbot.addWidget(made, before_close_func=PictureView.close_down)
    made.resize(800, 400)
    made.show()
    return made


async def shown(view, payload, picture=None, **kwargs):
    view.show_picture(payload, picture or recognise(payload), **kwargs)
    await settled(view)
    return view.data


async def settled(view):
    async with asyncio.timeout(20):
        while view._jobs.is_busy:
            await asyncio.sleep(0.005)


def facts(view):
    return {fact.name: fact.value for fact in view._known}


def jpeg():
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    assert image.save(buffer, "jpeg")
    return bytes(content.data())


async def read(worker, payload, kind, limit=USUAL_BYTES, largest=2048):
    return await worker.run(read_picture, payload, kind, largest, limit)


# --- the job ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "payload", "size", "pixel"),
    [
        ("png", images.png(3, 2), (3, 2), b"\1\0\0\xff"),
        ("bmp", images.bmp(3, 2), (3, 2), b"\0\0\xff\xff"),
        ("tiff", images.tiff(3, 2), (3, 2), b"\x80\x80\x80\xff"),
        ("gif", images.GIF, (1, 1), b"\xff\0\0\xff"),
    ],
    ids=["png", "bmp", "tiff", "gif"],
)
async def test_pictures_are_read(worker, kind, payload, size, pixel):
    data = await read(worker, payload, kind)
    assert (data.problem, data.partial) == ("", False)
    assert (data.width, data.height) == (data.shown_width, data.shown_height) == size
    assert len(data.rgba) == 4 * size[0] * size[1]
    assert data.rgba[-4:] == pixel


async def test_frames_are_counted(worker):
    assert (await read(worker, images.GIF, "gif")).frames == 2


async def test_a_large_picture_comes_smaller(worker):
    data = await read(worker, images.png(300, 100), "png", largest=30)
    assert (data.width, data.height, data.shown_width, data.shown_height) == (300, 100, 30, 10)


@pytest.mark.parametrize("kind", ["svg", "xpm", "xbm", "ppm", "nonsense"])
async def test_other_readers_of_qt_are_never_asked(worker, kind):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>'
    assert (await read(worker, svg, kind)).problem == "unsupported"


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "tiff", "gif", "webp", "ico"])
async def test_another_format_under_that_name_is_not_guessed(worker, kind):
    other = images.bmp(4, 4) if kind == "png" else images.png(4, 4)
    assert (await read(worker, other, kind)).problem == "unreadable"


async def test_random_bytes_behind_each_mark_harm_nobody(worker):
    dice = random.Random(7)
    marks = {
        "png": images.png(9, 9)[:33],
        "jpeg": images.JPEG[:20],
        "gif": images.GIF[:13],
        "bmp": images.bmp(9, 9)[:54],
        "tiff": images.tiff(9, 9)[:8],
        "webp": b"RIFF\xff\0\0\0WEBPVP8 ",
        "ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\x04\0\0\x16\0\0\0",
    }
    for kind, mark in marks.items():
        for _ in range(5):
            data = await read(worker, mark + dice.randbytes(300), kind)
            assert bool(data.rgba) != bool(data.problem)


async def test_broken_images_print_nothing(worker, capfd):
    for kind, payload in (
        ("png", images.png(50, 50)[:60]),
        ("tiff", b"II*\0" + b"<b>" * 90),
        ("jpeg", images.JPEG[:40]),
    ):
        await read(worker, payload, kind)
    assert capfd.readouterr().err == ""


async def test_the_end_of_an_uncompressed_tiff_is_not_needed(worker):
    data = await read(worker, images.tiff(20, 20)[:300], "tiff")
    assert (data.problem, data.partial) == ("", True)
    assert data.rgba[:4] == b"\x80\x80\x80\xff"


async def test_a_size_beyond_all_limits_is_told_without_decoding(worker):
    payload = images.bomb(60_000, 60_000)
    data = await read(worker, payload, "png", limit=1 << 60)
    assert (data.problem, data.width, data.height) == ("large", 60_000, 60_000)
    assert data.needs == 60_000 * 60_000 * 4 > MOST_BYTES


# --- the view --------------------------------------------------------------------------------------------------------


async def test_a_picture_and_what_is_known_of_it(view):
    payload = images.png(40, 20, colour=6)
    await shown(view, payload)
    assert view._pages.currentWidget() is view.canvas
    assert facts(view) == {
        "Format": "PNG, 8-bit RGB, alpha",
        "Known by": "89 50 4E 47 0D 0A 1A 0A",
        "Size": "40 × 20",
        "Bytes": "3.2 KiB",
    }
    assert view.partial.isHidden()


async def test_the_pixels_are_those_of_the_picture(view):
    await shown(view, images.png(2, 2, b"\xff\0\0" * 4))
    middle = view.canvas.viewport().grab().toImage()
    assert middle.pixelColor(middle.rect().center()) == QColor("#ff0000")


async def test_a_transparent_picture_stands_on_a_checkerboard(view):
    await shown(view, images.png(64, 64, bytes(4 * 64 * 64), colour=6))
    image = view.canvas.viewport().grab().toImage()
    middle = image.rect().center()
    assert len({image.pixelColor(middle + QPoint(x, 0)).name() for x in range(16)}) == 2


async def test_what_is_missing_is_painted_as_missing(view):
    whole = images.png(100, 100)
    data = await shown(view, whole[: len(whole) // 2])
    assert data.partial
    assert not view.partial.isHidden()
    assert facts(view)["Rows kept"] == f"{data.rows} of 100"
    assert view.canvas._kept == data.rows / 100


async def test_a_partial_jpeg_shows_what_there_is(view):
    whole = jpeg()
    assert not (await shown(view, whole)).partial
    data = await shown(view, whole[: len(whole) // 2])
    assert (data.problem, data.partial) == ("", True)
    assert view._pages.currentWidget() is view.canvas


async def test_frames_are_told(view):
    await shown(view, images.GIF)
    assert facts(view)["Frames"] == "1 of 2"


async def test_a_large_one_is_decoded_only_when_asked(view):
    payload = images.png(5_000, 4_000, bytes(20_000_000), colour=0)
    data = await shown(view, payload)
    assert data.problem == "large"
    assert view.message.button.isVisible()
    assert view.message.button.text() == "Decode anyway (needs 77 MB)"
    view.message.button.click()
    await settled(view)
    assert view.data.problem == ""
    assert facts(view)["Decoded as"] == "2,048 × 1,638"
    assert view._pages.currentWidget() is view.canvas


@pytest.mark.parametrize(
    ("payload", "kind", "text"),
    [
        (images.bomb(60_000, 60_000), "png", "need 13,733 MB; at most 512 MB"),
        (images.png(5, 5)[:20] + b"x" * 500, "png", "but what follows is damaged"),
        (b"<svg/>", "svg", "no reader for svg"),
        (images.png(4, 4), "webp", "but what follows is damaged"),
    ],
    ids=["bomb", "noise", "svg", "mismatch"],
)
async def test_why_not_is_said(view, payload, kind, text):
    await shown(view, payload, Picture(kind, "00"))
    assert view._pages.currentWidget() is view._message_area
    assert text in view.message.text.text()
    assert not view.message.button.isVisible()


async def test_a_process_that_dies_is_said(view, monkeypatch):
    monkeypatch.setattr("mqtt_explorer.panels.message.picture_view.read_picture", jobs.die_anyhow)
    await shown(view, images.png(2, 2))
    assert "ended unexpectedly" in view.message.text.text()


async def test_decoding_is_said_first(view):
    view.show_picture(images.png(2, 2), Picture("png", "89"))
    assert view.message.title.text() == "Decoding…"
    await settled(view)


async def test_followed_frames_stay_until_the_next_is_there(view):
    await shown(view, images.png(10, 10))
    view.canvas.set_scale(4.0)
    for colour in range(5):
        view.show_picture(
            images.png(10, 10, bytes((colour, 0, 0)) * 100), recognise(images.png(1, 1)), following=True
        )
        assert view._pages.currentWidget() is view.canvas
        await asyncio.sleep(0.003)
    await settled(view)
    image = view.canvas._pixmap.toImage()
    assert image.pixelColor(0, 0) == QColor(4, 0, 0)
    assert view.canvas.scale == 4.0  # one goes on looking at the same place


async def test_clear_forgets(view):
    await shown(view, images.png(10, 10))
    view.clear()
    assert view.data is None
    assert view.canvas._pixmap.isNull()
    assert facts(view) == {}


async def test_zoom_by_keys_wheel_and_buttons(view, qtbot):
    await shown(view, images.png(1_000, 1_000))
    canvas = view.canvas
    fitted = canvas.scale
    assert canvas.is_fitted
    assert fitted < 0.5
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.scale == pytest.approx(fitted * 1.25)
    qtbot.keyClick(canvas, Qt.Key.Key_1)
    assert canvas.scale == 1
    assert (view.fit.index, view.scale_label.text()) == (1, "100 %")
    assert canvas.horizontalScrollBar().maximum() > 0
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.is_fitted
    assert view.fit.index == 0
    view.larger.click()
    view.smaller.click()
    assert canvas.scale == pytest.approx(fitted)
    before = canvas.scale
    place = QPointF(50, 50)
    event = QWheelEvent(
        place, canvas.viewport().mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)
    assert canvas.scale == pytest.approx(before * 1.25)
    view.fit.set_index(1)
    assert canvas.scale == 1


@pytest.mark.parametrize(
    ("size", "place"),
    [
        ((800, 400), "beside"),
        ((800, 130), "beside"),
        ((320, 500), "below"),
        ((360, 260), "below"),
        ((360, 170), "above"),
        ((280, 124), "above"),
        ((300, 60), "nowhere"),
    ],
    ids=["wide", "wide-low", "narrow", "default", "low", "small", "flat"],
)
@pytest.mark.parametrize("payload", [images.png(30, 30), b"\x89PNG\r\n\x1a\nno"], ids=["shown", "damaged"])
async def test_facts_stand_where_there_is_room_and_over_nothing(view, size, place, payload):
    await shown(view, payload)
    view.resize(*size)
    await asyncio.sleep(0.02)
    places = {"beside": view.facts, "below": view.facts_below, "above": view.facts_above}
    said = view._pages.currentWidget() is view._message_area
    assert [name for name, each in places.items() if each.isVisible()] == (
        [place] if place in places else ["above"] if said else []
    )
    parts = [each for each in (view._head, view._pages, view.facts, view.facts_below) if each.isVisible()]
    for part in parts:
        assert view.rect().contains(part.geometry())
        assert not any(part.geometry().intersects(other.geometry()) for other in parts if other is not part)
    if place == "below":
        assert view.facts_below.height() >= view.facts_below.heightForWidth(view.facts_below.width())
    if place == "nowhere" and not said:
        assert view.canvas.height() == 60
    labels = [each for pair in view.facts._labels for each in pair if each.isVisible()]
    assert all(view.facts.rect().contains(each.geometry()) for each in labels)


async def test_facts_that_have_no_room_beside_are_left_out(view):
    await shown(view, images.png(30, 30))
    assert list(view.facts.shown) == ["Size", "Format", "Bytes", "Known by"]
    view.resize(800, 60)
    await asyncio.sleep(0.02)
    assert next(iter(view.facts.shown)) == "Size"
    assert "Known by" not in view.facts.shown
    assert "Known by: 89 50" in view.facts.toolTip()
    assert "Known by: 89 50" in view.canvas.toolTip()


async def test_deleting_it_while_it_decodes_leaves_nothing_behind(qtbot, worker):
    made = PictureView(worker=worker)
    made.show_picture(images.png(900, 900), recognise(images.png(900, 900)))
    await asyncio.sleep(0)
    jobs_of = made._jobs
    task = jobs_of._task
    assert jobs_of.is_busy
    assert task is not None
    shiboken6.delete(made)
    await asyncio.wait({task}, timeout=5)
    assert task.done()
    assert jobs_of._task is None
    assert not jobs_of.is_busy
