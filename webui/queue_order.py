"""In which order the review queue is gone through: the most urgent first, or what teaches the next model most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from flask import abort, request, session

from tickets.rows import QueueItem
from webui.labelling import Labelling, NextLabel
from webui.room import room

Order = Literal["urgent", "teaching"]
KEPT = "order"
"""The key of the session under which the order stands that an agent goes through."""


class Queue(Protocol):
    """What has a review queue."""

    def review_queue(self, *, policy: str | None = None, limit: int = 50, offset: int = 0) -> Sequence[QueueItem]: ...


class TeachingQueue:
    """The queue with that first of which the next model learns most."""

    def __init__(self, labelling: Labelling) -> None:
        self._labelling = labelling

    def review_queue(self, *, policy: str | None = None, limit: int = 50, offset: int = 0) -> Sequence[QueueItem]:
        return [one.item for one in self.worth(policy=policy, limit=limit, offset=offset)]

    def worth(self, *, policy: str | None, limit: int, offset: int) -> Sequence[NextLabel]:
        """The same lines with what each is worth."""
        return self._labelling.next(policy)[offset : offset + limit]


def asked_order() -> Order:
    """The order in the address, ``urgent`` without one; from now on tickets are gone through in it."""
    asked = request.args.get("order", "urgent")
    if asked not in ("urgent", "teaching") or (asked == "teaching" and room().labelling is None):
        abort(404, f"There is no order named {asked[:80]}.")
    if session.get(KEPT, "urgent") != asked:
        session[KEPT] = asked
    return "teaching" if asked == "teaching" else "urgent"


def kept_order() -> Order:
    """The order that the agent goes through."""
    return "teaching" if session.get(KEPT) == "teaching" and room().labelling is not None else "urgent"


def order_named(order: Order) -> str | None:
    """What the address of the queue names; None for the usual order."""
    return None if order == "urgent" else order


def queue_in(order: Order) -> Queue:
    """The review queue in that order."""
    labelling = room().labelling
    return TeachingQueue(labelling) if order == "teaching" and labelling is not None else room().store
