"""How right one label is on parts of the mail, each with its interval and its number of mails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from classifier.figures.share import Share
from classifier.figures.slicing import Slice
from classifier.promise import percent
from webui.pictures.reliability import interval
from webui.pictures.svg import Picture, drawing, line, whisker, words

WIDTH, LEFT, RIGHT = 320.0, 16.0, 246.0
ROW, HEAD, LONGEST = 30.0, 16.0, 44
COLUMNS = ("Part", "mails", "right", "95% interval")


def slices(
    name: str, title: str, parts: Sequence[Slice], label: str, overall: Share, titled: Callable[[str], str]
) -> Picture | None:
    """A row for each part that has the label; None where none has. ``titled`` says a part's value in words."""
    known = [(titled(part.value), part.right[label]) for part in parts if part.right[label].mails]
    if not known or overall.value is None:
        return None
    height = HEAD + ROW * len(known)
    drawn = [line(_x(level), HEAD - 4, _x(level), height, "picture-grid") for level in (0.0, 0.5, 1.0)]
    drawn += [words(percent(level), _x(level), 9) for level in (0.0, 0.5, 1.0)]
    drawn.append(line(_x(overall.value), HEAD - 4, _x(overall.value), height, "picture-target"))
    for number, (says, found) in enumerate(known):
        top = HEAD + number * ROW
        drawn += [
            words(
                says if len(says) <= LONGEST else says[: LONGEST - 1].rstrip() + "…",
                LEFT,
                top + 10,
                "picture-name from",
            ),
            whisker(_x(found.value or 0.0), _x(found.low), _x(found.high), upright=False, at=top + 20),
            words(f"{found.value:.0%} of {found.mails:,}", RIGHT + 8, top + 23, "picture-says from"),
        ]
    right = percent(round(overall.value, 3))
    summary = f"{len(known)} parts of {overall.mails:,} mails, of which {right} are right. {_far(known, overall)}"
    rows = tuple(
        (says, f"{found.mails:,}", percent(round(found.value or 0.0, 3)), interval(found.low, found.high))
        for says, found in known
    )
    key = (("picture-mark", "right, with its 95% interval"), ("picture-target", "all mails"))
    return Picture(name, title, summary, drawing(name, title, summary, WIDTH, height + 4, drawn), COLUMNS, rows, key)


def _x(share: float) -> float:
    return LEFT + share * (RIGHT - LEFT)


def _far(known: Sequence[tuple[str, Share]], overall: Share) -> str:
    """Which parts lie, with their whole interval, below what all mails have."""
    worse = [says for says, found in known if found.high < (overall.value or 0.0)]
    return f"Clearly worse: {'; '.join(worse)}." if worse else "None is clearly worse than all together."
