"""What deciding the severity costs, beside simpler ways of deciding it."""

from __future__ import annotations

from classifier.figures.costs import SeverityCosts
from webui.pictures.svg import Picture, drawing, line, tag, whisker, words

WIDTH, LEFT, RIGHT = 320.0, 8.0, 280.0
ROW, HEAD = 38.0, 6.0
COLUMNS = ("Decided", "cost a mail", "95% interval")


def costs(name: str, title: str, found: SeverityCosts) -> Picture:
    """A bar for each way of deciding: its mean cost a mail and the interval of that."""
    ways = {
        "with_rules": "as decided, with the policy's rules",
        "model_alone": "by the model alone",
        "most_probable": "the most probable severity instead of the cheapest",
        "always": f"{found.always} for every mail",
    }
    most = max([way.high for way in found.ways]) or 1.0
    parts = [line(LEFT, HEAD, LEFT, HEAD + ROW * len(found.ways), "picture-grid")]
    for number, way in enumerate(found.ways):
        top = HEAD + number * ROW
        x, low, high = (LEFT + value / most * (RIGHT - LEFT) for value in (way.mean, way.low, way.high))
        parts += [
            words(ways[way.way], LEFT + 4, top + 11, "picture-name from"),
            tag("rect", class_="picture-bar", x=LEFT, y=top + 16, width=max(0.0, x - LEFT), height=12),
            whisker(x, low, high, upright=False, at=top + 22),
            words(f"{way.mean:.2f}", high + 6, top + 26, "picture-name from"),
        ]
    here = {way.way: way for way in found.ways}
    summary = (
        f"Over {found.mails:,} mails a decision costs {here['with_rules'].mean:.2f} on average by the policy's table; "
        f"{found.always} for every mail would cost {here['always'].mean:.2f}."
    )
    rows = tuple((ways[way.way], f"{way.mean:.3f}", f"{way.low:.3f} to {way.high:.3f}") for way in found.ways)
    svg = drawing(name, title, summary, WIDTH, HEAD + ROW * len(found.ways) + 4, parts)
    key = (("picture-mark", "mean cost a mail, with its 95% interval"),)
    return Picture(name, title, summary, svg, COLUMNS, rows, key)
