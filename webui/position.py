"""Where a ticket stands in the review queue: what comes before and after it."""

from __future__ import annotations

from dataclasses import dataclass

from webui.queue_order import Queue

AROUND = 10
"""Tickets looked at on either side: more than leave a queue between two keystrokes."""

FIRST_LOOK = 200
"""Tickets looked through for one that was opened from elsewhere."""


@dataclass(frozen=True, slots=True)
class Step:
    """A ticket of the queue, and how many come before it."""

    number: int
    at: int


@dataclass(frozen=True, slots=True)
class Position:
    """``at`` counts the tickets before this one, None when it does not wait; its neighbours, None at either end."""

    at: int | None
    previous: Step | None
    next: Step | None


def position(queue: Queue, number: int, *, policy: str | None = None, at: int | None = None) -> Position:
    """The neighbours of ticket ``number`` in the ``queue`` of ``policy`` (None: of all).

    ``at`` is where it stood when it was last seen; a ticket that has left the queue has the neighbours of that place.
    """
    offset = 0 if at is None else max(0, at - AROUND)
    window = queue.review_queue(policy=policy, limit=FIRST_LOOK if at is None else 2 * AROUND + 1, offset=offset)
    steps = [Step(item.number, offset + i) for i, item in enumerate(window)]
    here = next((i for i, step in enumerate(steps) if step.number == number), None)
    if here is not None:
        return Position(steps[here].at, _at(steps, here - 1), _at(steps, here + 1))
    place = (at or 0) - offset
    return Position(None, _at(steps, place - 1), _at(steps, place))


def _at(steps: list[Step], index: int) -> Step | None:
    return steps[index] if 0 <= index < len(steps) else None
