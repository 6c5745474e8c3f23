"""What every page works with: the open store, the policies, the models and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from classifier.registry import Registry
from errors import MailtriageError
from policies.policy import Policy
from tickets.store import Recorded, Store
from webui.alerts import Alert
from webui.reply_by_mail import Answering

EXTENSION = "mailtriage"


@dataclass(frozen=True, slots=True)
class SecondLook:
    """How a recorded mail is taken through the trip once more: the mail's id and the agent's name to what became of it.

    ``retry`` is for one in quarantine, ``accept`` for one set aside that is a request.
    """

    retry: Callable[[int, str], Recorded]
    accept: Callable[[int, str], Recorded]


@dataclass(frozen=True, slots=True)
class Room:
    """The parts given to :func:`webui.app.create_app`; ``clock`` gives the present as an aware datetime."""

    store: Store
    policies: Mapping[str, Policy]
    registry: Registry
    clock: Callable[[], datetime]
    health: Callable[[], Mapping[str, object]] | None
    alerts: Callable[[], Sequence[Alert]]
    second_look: SecondLook | None = None
    answering: Answering | None = None


def room() -> Room:
    """The parts of the application that is answering."""
    return cast(Room, current_app.extensions[EXTENSION])


def looking_again() -> SecondLook:
    """How mails are taken through the trip again; raises where this program only shows them."""
    second_look = room().second_look
    if second_look is None:
        raise MailtriageError("This program shows mail only: use the page of `mailtriage up` to look at it again.")
    return second_look
