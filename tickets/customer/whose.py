"""Whose mail a ticket is of, in words."""

from __future__ import annotations

from collections.abc import Sequence

from policies.facts import Facts


def sender_sentence(facts: Facts, customer: str | None) -> str:
    """What is known of the sender; empty where nobody looked, as for mails decided by older programs."""
    may_be = either(facts.candidates)
    match facts.sender:
        case "contact":
            return f"The sender is a contact of {customer}."
        case "domain":
            return f"The sender is no known contact; the domain is {customer}'s."
        case "shared_domain":
            return f"The sender may be {may_be}: each has the sender's domain. Choose the customer."
        case "subdomain":
            return f"The sender may be {may_be}: the sender's domain is below one of theirs. Choose the customer."
        case "left":
            return f"The sender has left {may_be} and speaks for nobody, so that nothing is promised."
        case "unknown":
            return "The sender is unknown: no contact has the address and no customer the domain."
        case "assigned":
            return f"An agent assigned the ticket to {customer}."
        case _:
            return ""


def choice_asked(facts: Facts) -> str | None:
    """Why a person has to choose the customer, as a reason for review; None where nobody has to."""
    if facts.sender in ("shared_domain", "subdomain"):
        return f"may be {either(facts.candidates)}: choose the customer"
    if facts.sender == "left":
        return f"the sender has left {either(facts.candidates)}: choose the customer"
    return None


def either(names: Sequence[str]) -> str:
    """``Alpha``, ``Alpha or Beta``, ``Alpha, Beta or Gamma``."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
