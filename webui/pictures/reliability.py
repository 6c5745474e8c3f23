"""Reliability diagram: how often decisions of each probability were right (DeGroot and Fienberg 1983)."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.figures.reliability import BINS, Bin
from classifier.promise import percent
from webui.pictures.axes import HEIGHT, LEFT, RIGHT, WIDTH, Upright, across, level_axis
from webui.pictures.svg import Picture, drawing, line, whisker, words

COLUMNS = ("Said on average", "mails", "right", "95% interval")
HEADROOM = 20.0
"""Above the axes, for how many mails each point stands for."""


def reliability(name: str, title: str, bins: Sequence[Bin], ece: float) -> Picture | None:
    """The diagram of one label; None where nothing was decided."""
    if not bins:
        return None
    axis = Upright()
    parts = [
        *axis.drawn(),
        *level_axis("probability said"),
        line(LEFT, axis.y(0), RIGHT, axis.y(1), "picture-target"),
        words("mails", LEFT - 6, -4, "picture-says up"),
    ]
    for one in bins:
        x = across(one.said)
        parts += [
            whisker(axis.y(one.found.value or 0.0), axis.y(one.found.low), axis.y(one.found.high), upright=True, at=x),
            words(_count(one.found.mails), across(_middle(one.said)), -4),
        ]
    summary = (
        f"How often the model was right, by the probability it said. The calibration error "
        f"is {percent(round(ece, 4))}: so far, on average, is what it says from what happens."
    )
    svg = drawing(name, title, summary, WIDTH, HEIGHT + HEADROOM, parts, top=-HEADROOM)
    rows = tuple(
        (
            percent(round(b.said, 3)),
            str(b.found.mails),
            percent(round(b.found.value or 0.0, 3)),
            interval(b.found.low, b.found.high),
        )
        for b in bins
    )
    key = (("picture-mark", "right, with its 95% interval"), ("picture-target", "as often as said"))
    return Picture(name, title, summary, svg, COLUMNS, rows, key)


def _middle(said: float) -> float:
    """Of the tenth: means of two tenths may lie so close that their counts would stand on each other."""
    return (min(int(said * BINS), BINS - 1) + 0.5) / BINS


def _count(mails: int) -> str:
    return str(mails) if mails < 1000 else f"{mails / 1000:.1f}k" if mails < 10_000 else f"{mails // 1000}k"


def interval(low: float, high: float) -> str:
    """``61.2% to 70.4%``."""
    return f"{percent(round(low, 3))} to {percent(round(high, 3))}"
