"""A policy file put in force: what is checked before, and from which day it holds."""

from __future__ import annotations

from datetime import date

from errors import MailtriageError
from mailtriage.policies_in_force import PoliciesInForce
from policies.policy import Policy
from tickets.policy_versions import Adoption, VersionTaken, taken_sentence


class AdoptionRefused(MailtriageError):
    """The policy cannot be put in force as asked: says why and what to do."""


def adoption(
    policy: Policy,
    policies: PoliciesInForce,
    *,
    author: str,
    reason: str,
    effective: date | None = None,
    backdate: bool = False,
) -> Adoption:
    """What is to be recorded for ``policy`` to take effect on ``effective`` (default: the day its file gives).

    Writes nothing. Raises :class:`~tickets.policy_versions.VersionTaken` for a version that is there, and
    :class:`AdoptionRefused` without an author or a reason, or for a day before today unless ``backdate``; the first
    version of a policy may have any day, as there is none before it.
    """
    author, reason = " ".join(author.split()), " ".join(reason.split())
    if not author or not reason:
        raise AdoptionRefused("Say who puts it in force and why: --author NAME --reason TEXT.")
    history = policies.history(policy.name)
    taken = next((row for row in history if row.version == policy.version), None)
    if taken is not None:
        raise VersionTaken(taken_sentence(taken, policy))
    day, today = effective or policy.effective, policies.today(policy)
    if history and day < today and not backdate:
        source = "" if effective else " (the file's `effective`)"
        raise AdoptionRefused(
            f"{policy.name} {policy.version} would take effect on {day}{source}, before today, {today}, and mails of "
            f"those days were decided without it. Give --effective {today} or a later day; or --backdate, then mails "
            "of those days that are recorded from now on are decided by it."
        )
    return Adoption(policy, day, author, reason)
