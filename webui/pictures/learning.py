"""Learning curve: how right one label is by how many mails were learned from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from classifier.figures.step import Step
from classifier.promise import percent
from webui.pictures.axes import HEIGHT, LEFT, RIGHT, WIDTH, level_axis, upright_for
from webui.pictures.reliability import interval
from webui.pictures.svg import Picture, drawing, polyline, whisker

COLUMNS = ("Mails learned from", "right", "95% interval")
MARGIN = 16.0
"""From the axes to the first and the last point."""


def learning(name: str, title: str, steps: Sequence[Step], label: str) -> Picture | None:
    """The curve of one label; the level axis is logarithmic. None where fewer than two points are known."""
    known = [(step.learned, step.right[label]) for step in steps if step.right[label].mails]
    if len(known) < 2:
        return None
    axis = upright_for(min(found.low for _, found in known))
    places = _places([learned for learned, _ in known])
    points = [(x, axis.y(found.value or 0.0)) for x, (_, found) in zip(places, known, strict=True)]
    ticks = [(x, f"{learned:,}") for x, (learned, _) in zip(places, known, strict=True)]
    parts = [*axis.drawn(), *level_axis("mails learned from", ticks), polyline(points, "picture-precision")]
    parts += [
        whisker(y, axis.y(found.low), axis.y(found.high), upright=True, at=x)
        for (x, y), (_, found) in zip(points, known, strict=True)
    ]
    (less, before), (most, last) = known[-2:]
    summary = (
        f"Of {last.mails:,} mails held back from all points {percent(round(before.value or 0.0, 3))} are right after "
        f"learning from {less:,} mails, {percent(round(last.value or 0.0, 3))} after {most:,}."
    )
    rows = tuple(
        (f"{learned:,}", percent(round(found.value or 0.0, 3)), interval(found.low, found.high))
        for learned, found in known
    )
    svg = drawing(name, title, summary, WIDTH, HEIGHT, parts)
    return Picture(name, title, summary, svg, COLUMNS, rows, (("picture-mark", "right, with its 95% interval"),))


def _places(learned: Sequence[int]) -> list[float]:
    low, high = math.log(learned[0]), math.log(learned[-1])
    room = RIGHT - LEFT - 2 * MARGIN
    return [LEFT + MARGIN + (math.log(n) - low) / ((high - low) or 1.0) * room for n in learned]
