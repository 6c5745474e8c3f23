"""The same verdict again, from what was stored with the ticket."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from classifier.assess import Mail, assess
from classifier.model import Model
from classifier.program import program_version
from classifier.registry import Registry, RegistryError
from classifier.verdict import Verdict
from errors import MailtriageError
from mailtriage.office import Office
from policies.loader import PolicyFileError
from policies.policy import Policy
from policies.versions import Policies, UnknownVersion
from tickets.columns import json_text
from tickets.rows import Ticket
from tickets.store import Store

Part = TypeVar("Part")
MODELS_HELD = 4
"""Models that a series of replays keeps loaded at a time."""


class ReplayError(MailtriageError):
    """The ticket cannot be decided again: there is no such ticket, or nothing of it is left."""


class Gone(MailtriageError):
    """A part of what decided the ticket is no longer there."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A ticket decided again: whether the verdict is the same byte for byte, and which part of what decided it is gone.

    ``now`` is None where the policy or the model of then is gone.
    """

    ticket: int
    same: bool
    gone: tuple[str, ...]
    then: Verdict
    now: Verdict | None


class Replays:
    """Replays ticket after ticket; the models of then stay loaded, the last few of them."""

    def __init__(self, store: Store, policies: Policies, registry: Registry) -> None:
        self._store = store
        self._policies = policies
        self._registry = registry
        self._models: OrderedDict[tuple[str, str], Model] = OrderedDict()

    def replay(self, number: int) -> Replay:
        """Decides ticket ``number`` again with the facts, the model and the policy it was decided with."""
        ticket = self._store.ticket(number)
        if ticket is None:
            raise ReplayError(f"There is no ticket {number}.")
        if ticket.erased_at is not None:
            raise ReplayError(f"Ticket {number} was erased with its customer: its mail cannot be read again.")
        gone: list[str] = []
        policy = _unless_gone(lambda: self._policy(ticket), gone)
        model = _unless_gone(lambda: self._model(ticket), gone)
        if policy is None or model is None:
            return Replay(number, False, tuple(gone), ticket.verdict, None)
        now = assess(model, policy, [self._mail(ticket)])[0]
        if ticket.verdict.reading is None:  # it was given before readings were kept
            now = replace(now, reading=None)
        same = json_text(now.to_json()) == json_text(ticket.verdict.to_json())
        if not same and now.versions.program != ticket.verdict.versions.program:
            gone.append(f"mailtriage {ticket.verdict.versions.program} (this is {program_version()})")
        return Replay(number, same, tuple(gone), ticket.verdict, now)

    def _policy(self, ticket: Ticket) -> Policy:
        version = ticket.verdict.versions.policy
        try:
            return self._policies.version(ticket.policy, version)
        except (UnknownVersion, PolicyFileError) as error:
            raise Gone(f"policy {ticket.policy} {version}: {error}") from error

    def _model(self, ticket: Ticket) -> Model:
        key = (ticket.policy, ticket.verdict.versions.model)
        if key not in self._models:
            try:
                self._models[key] = self._registry.load(*key)
            except RegistryError as error:
                raise Gone(f"model {key[1]}: {error}") from error
            if len(self._models) > MODELS_HELD:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]

    def _mail(self, ticket: Ticket) -> Mail:
        opening = next(iter(self._store.messages_of(ticket.number)), None)
        if opening is None:
            raise ReplayError(f"The mail that opened ticket {ticket.number} is no longer stored.")
        return Mail(opening.subject, opening.new_text or opening.text, ticket.facts)


def replay(number: int, office: Office) -> Replay:
    """Decides one ticket again; see :class:`Replays`."""
    return Replays(office.store, office.policies, office.registry).replay(number)


def _unless_gone(find: Callable[[], Part], gone: list[str]) -> Part | None:
    """What ``find`` gives; None, and the reason added to ``gone``, when it is no longer there."""
    try:
        return find()
    except Gone as error:
        gone.append(str(error))
        return None
