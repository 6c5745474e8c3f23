"""SVG elements as safe markup, and the picture that is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Number = float | int
ENLARGED = 1.2
"""A wide picture is so much larger than its coordinates, so that its words are as large as those of the others."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing with its words. ``name`` is its own among those of a page; ``summary`` says what it shows.

    ``key`` explains the lines: the class that draws one, and what it means. ``columns`` and ``rows`` are the same again
    as a table. One that is ``wide`` keeps its size, is scrolled where there is no room, and has no other beside it.
    """

    name: str
    title: str
    summary: str
    svg: Markup
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    key: tuple[tuple[str, str], ...] = ()
    wide: bool = False


def tag(element: str, *inside: Markup | str, **attributes: str | Number) -> Markup:
    """``<element ...>``: numbers to one place, ``class_`` for class, ``stroke_width`` for stroke-width; all escaped."""
    names = {name: name.removesuffix("_").replace("_", "-") for name in attributes}
    told = Markup("").join(
        Markup(' {}="{}"').format(names[name], value if isinstance(value, str) else number(value))
        for name, value in attributes.items()
    )
    content = Markup("").join(inside)
    return (
        Markup("<{0}{1}>{2}</{0}>").format(element, told, content)
        if content
        else Markup("<{}{}/>").format(element, told)
    )


def number(value: Number) -> str:
    """A coordinate: to one place, without what says nothing."""
    return f"{value:.1f}".removesuffix(".0")


def words(text: str, x: Number, y: Number, class_: str = "picture-says") -> Markup:
    """A text; where it is anchored is up to its class."""
    return tag("text", escape(text), class_=class_, x=x, y=y)


def line(x1: Number, y1: Number, x2: Number, y2: Number, class_: str) -> Markup:
    """A straight line."""
    return tag("line", class_=class_, x1=x1, y1=y1, x2=x2, y2=y2)


def polyline(points: Sequence[tuple[Number, Number]], class_: str) -> Markup:
    """A line through the points."""
    return tag("polyline", class_=class_, points=" ".join(f"{number(x)},{number(y)}" for x, y in points))


def whisker(x: Number, low: Number, high: Number, *, upright: bool, at: Number) -> Markup:
    """An interval from ``low`` to ``high`` with its ends marked, and a dot at ``x``; ``at`` is its place across."""
    end = 3
    if upright:
        stroke = f"M{number(at)} {number(low)}V{number(high)}"
        ends = "".join(f"M{number(at - end)} {number(y)}h{2 * end}" for y in (low, high))
        dot = tag("circle", class_="picture-dot", cx=at, cy=x, r=3)
    else:
        stroke = f"M{number(low)} {number(at)}H{number(high)}"
        ends = "".join(f"M{number(y)} {number(at - end)}v{2 * end}" for y in (low, high))
        dot = tag("circle", class_="picture-dot", cx=x, cy=at, r=3)
    return tag("path", class_="picture-interval", d=stroke + ends) + dot


def drawing(
    name: str,
    title: str,
    summary: str,
    width: Number,
    height: Number,
    parts: Sequence[Markup],
    *,
    wide: bool = False,
    top: Number = 0,
) -> Markup:
    """The parts as one picture, named and described for those who do not see it (SVG 2, section 5.8).

    ``top`` is the height at which it begins.
    """
    inside = [
        tag("title", escape(title), id=f"{name}-title"),
        tag("desc", escape(summary), id=f"{name}-desc"),
        *parts,
    ]
    size: dict[str, Number] = {"width": width * ENLARGED, "height": height * ENLARGED} if wide else {}
    return tag(
        "svg",
        *inside,
        class_="picture wide" if wide else "picture",
        viewBox=f"0 {number(top)} {number(width)} {number(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        **size,
    )
