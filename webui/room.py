"""What every page works with: the open store, the policies, the models and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, cast

from flask import current_app

from classifier.registry import Registry
from errors import MailtriageError
from policies.policy import Policy
from policies.versions import Policies
from tickets.rows import Ticket
from tickets.store import Recorded, Store
from tickets.training_runs import TrainingRun
from webui.alerts import Alert
from webui.drifting import Drifting
from webui.labelling import Labelling
from webui.reply_by_mail import Answering

if TYPE_CHECKING:
    from webui.why import Why

EXTENSION = "mailtriage"

OpenRequest = Callable[[int, str, str, str, int], int]
"""Opens a request from a ticket: its number, the topic, the agent's name, the reason and the newest event that the
agent has seen (0: none) to the new ticket's number."""

Promote = Callable[[str, str, str, str], None]
"""Puts a model in force: the policy, the version, who asks for it and why."""

Explaining: TypeAlias = "Callable[[int, bool], Why]"
"""Says why a ticket's mail was read as it was: its number, and whether to look for what would tip it."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """How a recorded mail is taken through the trip once more: the mail's id and the agent's name to what became of it.

    ``retry`` is for one in quarantine, ``accept`` for one set aside that is a request.
    """

    retry: Callable[[int, str], Recorded]
    accept: Callable[[int, str], Recorded]


@dataclass(frozen=True, slots=True)
class Training:
    """How models are trained and taken back: ``ask`` gets a policy and who asks for its next model, ``rollback`` a
    policy, who asks and why, and gives the version that is in force again."""

    ask: Callable[[str, str], TrainingRun]
    rollback: Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Room:
    """The parts given to :func:`webui.app.create_app`; ``clock`` gives the present as an aware datetime."""

    store: Store
    policies: Policies
    registry: Registry
    clock: Callable[[], datetime]
    health: Callable[[], Mapping[str, object]] | None
    alerts: Callable[[], Sequence[Alert]]
    second_look: SecondLook | None = None
    answering: Answering | None = None
    open_request: OpenRequest | None = None
    why: Explaining | None = None
    promote: Promote | None = None
    training: Training | None = None
    labelling: Labelling | None = None
    drift: Drifting | None = None


def room() -> Room:
    """The parts of the application that is answering."""
    return cast(Room, current_app.extensions[EXTENSION])


def policy_of(ticket: Ticket) -> Policy | None:
    """The version of the policy that decided a ticket, or a later one that has the topic it was given since.

    None where the policy is not loaded.
    """
    policies = room().policies
    if ticket.policy not in policies:
        return None
    decided = policies.that_decided(ticket.policy, ticket.verdict.versions.policy, ticket.facts.received_at)
    return policies.knowing(decided, ticket.topic)


def looking_again() -> SecondLook:
    """How mails are taken through the trip again; raises where this program only shows them."""
    second_look = room().second_look
    if second_look is None:
        raise MailtriageError("This program shows mail only: use the page of `mailtriage up` to look at it again.")
    return second_look
