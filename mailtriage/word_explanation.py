"""Which words a ticket was decided by, told by the model that decided it; the words are found anew, not stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from classifier.explaining.explained import explain, read
from classifier.explaining.tipping import tips
from classifier.known import Neighbour
from classifier.mail import Mail
from classifier.model import Model
from classifier.registry import RegistryError
from errors import MailtriageError
from mailtriage import starters
from mailtriage.office import Office
from tickets.rows import Ticket
from webui.why import LikeMail, Why

TICKET = "ticket-"
"""How the id of a labelled mail begins that is a ticket of this store (see :mod:`tickets.labelled`)."""


class NotExplained(MailtriageError):
    """A ticket's words cannot be told: there is no such ticket, or its mail or its model is gone."""


class Explaining:
    """Explains tickets one by one; the model in force is shared, one other is kept. Threads may share it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._older: Model | None = None
        self._subjects: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()

    def why(self, number: int, with_tips: bool) -> Why:
        """Ticket ``number`` explained; raises :class:`NotExplained`."""
        office = self._office
        ticket = office.store.ticket(number)
        if ticket is None:
            raise NotExplained(f"There is no ticket {number}.")
        opening = next(iter(office.store.messages_of(number)), None)
        if opening is None:
            raise NotExplained(f"The mail that opened ticket {number} is no longer stored.")
        model, remarks = self._model(ticket)
        policy = office.policy_of(ticket)
        found = read(model, policy, Mail(opening.subject, opening.new_text or opening.text, ticket.facts))
        explained = explain(model, policy, found, leave_out=f"{TICKET}{number}")
        if not remarks and any(
            told.value != ticket.verdict.labels[told.label].model_value for told in explained.labels
        ):
            remarks.append("Read anew it comes out otherwise than recorded: what decided it then has changed since.")
        neighbours = [self._like(near, ticket.policy) for near in explained.neighbours]
        return Why(
            explained, neighbours, tips(model, policy, found, explained) if with_tips else None, " ".join(remarks)
        )

    def _model(self, ticket: Ticket) -> tuple[Model, list[str]]:
        """The model that decided, or where it is gone the one in force, with a remark that says so."""
        version = ticket.verdict.versions.model
        in_force = self._office.models.of(ticket.policy)
        if version == in_force.version:
            return in_force, []
        with self._lock:
            if self._older is None or (self._older.policy, self._older.version) != (ticket.policy, version):
                try:
                    self._older = self._office.registry.load(ticket.policy, version)
                except RegistryError:
                    gone = f"The model {version}, which decided the ticket, is gone; this is {in_force.version}."
                    return in_force, [gone]
            return self._older, []

    def _like(self, near: Neighbour, policy: str) -> LikeMail:
        number = near.id.removeprefix(TICKET)
        labels = tuple(near.labels.items())
        if near.id.startswith(TICKET) and number.isdecimal():
            ticket = self._office.store.ticket(int(number))
            if ticket is not None and ticket.policy == policy:
                return LikeMail(near.id, ticket.subject, ticket.number, labels, near.cosine)
            return LikeMail(near.id, None, None, labels, near.cosine)
        return LikeMail(near.id, self._shipped(policy).get(near.id), None, labels, near.cosine)

    def _shipped(self, policy: str) -> Mapping[str, str]:
        """The subjects of the mails that ship, by id."""
        with self._lock:
            if policy not in self._subjects:
                self._subjects[policy] = dict(_subjects(policy))
            return self._subjects[policy]


def _subjects(policy: str) -> Iterator[tuple[str, str]]:
    for example in starters.shipped_examples(policy):
        yield example.id, example.subject
