"""The same verdict again, from what was stored with the ticket."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.assess import Mail, assess
from classifier.registry import RegistryError
from classifier.verdict import Verdict
from errors import MailtriageError
from mailtriage.office import Office
from tickets.rows import Ticket


class ReplayError(MailtriageError):
    """The ticket cannot be decided again: there is no such ticket, or nothing of it is left."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A ticket decided again: whether the verdict is the same, and which part of what decided it then is gone."""

    ticket: int
    same: bool
    gone: tuple[str, ...]
    then: Verdict
    now: Verdict | None


def replay(number: int, office: Office) -> Replay:
    """Decides ticket ``number`` again with the facts, the model and the policy it was decided with."""
    ticket = office.store.ticket(number)
    if ticket is None:
        raise ReplayError(f"There is no ticket {number}.")
    policy = office.policy(ticket.policy)
    gone = []
    if policy.version != ticket.verdict.versions.policy:
        gone.append(f"policy {policy.name} {ticket.verdict.versions.policy} (now {policy.version})")
    try:
        model = office.registry.load(ticket.policy, ticket.verdict.versions.model)
    except RegistryError as error:
        return Replay(number, False, (*gone, f"model {ticket.verdict.versions.model}: {error}"), ticket.verdict, None)
    now = assess(model, policy, [_mail(ticket, office)])[0]
    same = now.to_json() == ticket.verdict.to_json()
    return Replay(number, same, tuple(gone), ticket.verdict, now)


def _mail(ticket: Ticket, office: Office) -> Mail:
    opening = next(iter(office.store.messages_of(ticket.number)), None)
    if opening is None:
        raise ReplayError(f"The mail that opened ticket {ticket.number} is no longer stored.")
    return Mail(opening.subject, opening.new_text or opening.text, ticket.facts)
