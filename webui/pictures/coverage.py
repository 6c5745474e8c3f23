"""How often a label is right by how much of the mail is decided alone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from classifier.autonomy import Autonomy, Point
from classifier.promise import at_least, percent
from webui.pictures.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Upright, across, level_axis, upright_for
from webui.pictures.svg import Picture, drawing, line, polyline

TABLE_ROWS = 10
COLUMNS = ("Decided alone", "from probability", "right", "at least")


def coverage(name: str, title: str, autonomy: Autonomy) -> Picture | None:
    """The curve of one label; None where fewer than two points are known."""
    points = autonomy.curve
    if len(points) < 2:
        return None
    axis = upright_for(_lowest(points, autonomy.target))
    parts = [*axis.drawn(), *level_axis("of the mail decided alone")]
    key = [("picture-precision", "right"), ("picture-bound", "right at least (95% confidence, each point by itself)")]
    if autonomy.target is not None:
        parts.append(line(LEFT, axis.y(autonomy.target), RIGHT, axis.y(autonomy.target), "picture-target"))
        key.append(("picture-target", "asked for"))
    if autonomy.acts:
        parts.append(line(across(autonomy.coverage), TOP, across(autonomy.coverage), BOTTOM, "picture-chosen"))
        key.append(("picture-chosen", "decided alone"))
    parts += [_line([(p.coverage, p.bound) for p in points], axis, "picture-bound")]
    parts += [_line([(p.coverage, p.precision) for p in points], axis, "picture-precision")]
    summary = f"How often it is right, by the share of the mail decided alone. {_summary(points)}"
    return Picture(
        name,
        title,
        summary,
        drawing(name, title, summary, WIDTH, HEIGHT, parts),
        COLUMNS,
        tuple(
            (percent(p.coverage), f"{p.threshold:.2f}", percent(p.precision), percent(p.bound)) for p in thinned(points)
        ),
        tuple(key),
    )


def _lowest(points: Sequence[Point], target: float | None) -> float:
    """The bounds of the first few mails are low in any case: they need not all be seen."""
    seen = sorted(p.bound for p in points)[len(points) // 5 :]
    return min([*seen, *(p.precision for p in points), *([target] if target is not None else [])])


def _line(points: Sequence[tuple[float, float]], axis: Upright, class_: str) -> Markup:
    return polyline([(across(share), axis.y(level)) for share, level in points], class_)


def _summary(points: Sequence[Point]) -> str:
    half = next(p for p in points if p.coverage >= min(0.5, points[-1].coverage))
    last = points[-1]
    return (
        f"Of the surest {percent(round(half.coverage, 2))} of the mail {percent(half.precision)} were right "
        f"(at least {at_least(half.bound)}), of {percent(round(last.coverage, 2))} {percent(last.precision)} "
        f"(at least {at_least(last.bound)})."
    )


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """About :data:`TABLE_ROWS` of the points, the last among them."""
    step = max(1, round((len(points) - 1) / (TABLE_ROWS - 1)))
    return tuple(points[::-1][::step])[::-1]
