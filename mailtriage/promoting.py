"""Which model is in force, by a person's word: promoted against the gate for a reason alone, and taken back."""

from __future__ import annotations

from errors import MailtriageError
from mailtriage.office import Office

PROMOTED = "model_promoted"
ROLLED_BACK = "model_rolled_back"


class ReasonNeeded(MailtriageError):
    """The gate refused a model, and nobody said why it is to be put in force all the same."""


def promote(policy: str, version: str, office: Office, *, actor: str, reason: str = "") -> None:
    """Puts a version in force; who did it and why is an event.

    Raises :class:`ReasonNeeded` for a version that the gate refused when no reason is given, and
    :class:`~classifier.registry.RegistryError` for one that cannot be used.
    """
    office.policy(policy)
    card = office.registry.card(policy, version)
    why = " ".join(reason.split())
    if card.refused and not why:
        raise ReasonNeeded(
            f"The gate refused {policy} {version}: {card.note} "
            "Give a reason (--reason) to put it in force all the same."
        )
    office.registry.load(policy, version)
    before = office.registry.current(policy)
    office.registry.promote(policy, version)
    details = {"policy": policy, "version": version, "before": before, "reason": why, "against_gate": card.refused}
    office.store.add_event(PROMOTED, actor=actor, details=details)


def rollback(policy: str, office: Office, *, actor: str, reason: str = "") -> str:
    """Puts the version that was in force before back in force; its name. Who did it and why is an event."""
    office.policy(policy)
    before = office.registry.current(policy)
    version = office.registry.rollback(policy)
    details = {"policy": policy, "version": version, "before": before, "reason": " ".join(reason.split())}
    office.store.add_event(ROLLED_BACK, actor=actor, details=details)
    return version
