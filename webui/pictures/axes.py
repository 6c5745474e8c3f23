"""Two axes of shares, from 0 or from a floor to 1, and where a share stands on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from classifier.promise import percent
from webui.pictures.svg import line, words

WIDTH, HEIGHT = 320.0, 180.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 300.0, 12.0, 148.0
"""Where the axes stand in the drawing."""
FLOORS = (0.9, 0.8, 0.6, 0.4, 0.2, 0.0)
"""The upright axis begins at the highest of these that leaves what is drawn in sight."""
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Upright:
    """The upright axis, from ``floor`` to 1."""

    floor: float = 0.0

    def y(self, level: float) -> float:
        """Where that level stands; what is below the floor stands on it."""
        return round(BOTTOM - max(0.0, (level - self.floor) / (1 - self.floor)) * (BOTTOM - TOP), 1)

    def drawn(self) -> list[Markup]:
        """Its lines and words."""
        parts = []
        for quarter in QUARTERS:
            level = round(self.floor + quarter * (1 - self.floor), 4)
            y = self.y(level)
            parts += [
                line(LEFT, y, RIGHT, y, "picture-grid"),
                words(percent(level), LEFT - 6, y + 4, "picture-says up"),
            ]
        return parts


def upright_for(lowest: float) -> Upright:
    """The axis that has that level in sight."""
    return Upright(next(floor for floor in FLOORS if floor <= lowest))


def across(share: float) -> float:
    """Where a share stands on the level axis."""
    return round(LEFT + share * (RIGHT - LEFT), 1)


def level_axis(caption: str, ticks: Sequence[tuple[float, str]] = ()) -> list[Markup]:
    """The words of the level axis: the ticks (default: shares by quarters) and what it measures."""
    shown = ticks or [(across(share), percent(share)) for share in QUARTERS]
    return [
        *(words(says, x, BOTTOM + 16) for x, says in shown),
        words(caption, (LEFT + RIGHT) / 2, BOTTOM + 29),
    ]
