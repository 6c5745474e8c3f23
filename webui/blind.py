"""A ticket as it is shown while its audit is open: its mail and its customer's facts, nothing of what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, render_template

from policies.labels import LABELS
from policies.policy import Policy
from tickets.audits import Audit
from tickets.rows import Ticket
from webui.decision import FIXED_VALUES, title_of
from webui.highlight import LONGEST_TEXT
from webui.position import Position
from webui.room import room
from webui.spans import pieces
from webui.words import LABEL_TITLES, VALUE_TITLES


@dataclass(frozen=True, slots=True)
class Question:
    """A label to be said, with the values it can have and their titles."""

    label: str
    title: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What passed alone of a label beside what the agent said, by their titles."""

    title: str
    said: str
    answer: str
    right: bool


def page(ticket: Ticket, policy: Policy | None, *, place: Position, address: Mapping[str, object], seen: str) -> str:
    """The page; ``address`` is the queue and the place that the agent goes through."""
    opening = room().store.messages_of(ticket.number)[:1]
    return render_template(
        "ticket/blind.html",
        ticket=ticket,
        policy=policy,
        messages=opening,
        texts={message.id: pieces(message, ()) for message in opening},
        longest=LONGEST_TEXT,
        questions=questions(policy) if policy else [],
        place=place,
        address=address,
        within=address["policy"],
        seen=seen,
    )


def questions(policy: Policy) -> list[Question]:
    """The four labels, by nothing that a model said of them."""
    return [
        Question(
            label,
            LABEL_TITLES[label],
            tuple(
                (value, f"{value} {VALUE_TITLES[value]}" if value in VALUE_TITLES else title_of(label, value, policy))
                for value in FIXED_VALUES.get(label) or tuple(policy.topics)
            ),
        )
        for label in LABELS
    ]


def compared(audit: Audit, policy: Policy | None) -> list[Compared]:
    """Each label of an answered audit, what was said and what the agent said; nothing of an open one."""
    if audit.answers is None:
        return []
    return [
        Compared(
            LABEL_TITLES[label],
            title_of(label, audit.said[label], policy),
            title_of(label, audit.answers[label], policy),
            audit.answers[label] == audit.said[label],
        )
        for label in LABELS
    ]


def refuse_open(number: int) -> None:
    """Answers 409 while the ticket's audit is open: until it is judged nobody sees, or corrects, what was decided."""
    if number in room().store.open_audits_among([number]):
        abort(409, f"Ticket {number} is to be judged blind first: open it and say its four labels.")
