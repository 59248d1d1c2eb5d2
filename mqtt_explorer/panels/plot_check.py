# SPDX-License-Identifier: MIT
"""Plots one line offscreen: the self-test's proof that pyqtgraph and numpy work with this Qt."""

from __future__ import annotations

from PySide6.QtGui import QColor


def painted_pixels() -> int:
    """Plots a line in pure red on black and counts the red pixels."""
    import pyqtgraph  # 340 ms: never before the first paint

    plot = pyqtgraph.PlotWidget(background="k")
    plot.resize(200, 100)
    plot.plot([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.5, 2.0], pen=pyqtgraph.mkPen(QColor(255, 0, 0), width=2))
    image = plot.grab().toImage()
    plot.close()
    plot.deleteLater()
    return sum(
        image.pixelColor(x, y).red() > 128 and image.pixelColor(x, y).green() < 64
        for x in range(image.width())
        for y in range(image.height())
    )
