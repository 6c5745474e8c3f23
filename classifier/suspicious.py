"""Labels that want a second look before a model learns from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from classifier.confident import disagreements
from classifier.example import Example
from classifier.holding_back import customer_of
from classifier.labellers import agents, classes
from classifier.model import Model
from classifier.near_duplicates import near_duplicates
from classifier.second_opinion import Opinion, opinions
from classifier.suspicion import Suspicion as Suspicion
from classifier.suspicion import plain, strongest_first
from policies.labels import LABELS
from policies.policy import Policy

FLOOD = 20
"""A customer with fewer labelled mails floods nothing."""
FLOOD_SHARE = 0.2
"""Of all labelled mails that agents labelled."""
FLOOD_TIMES = 3
"""How many times as many as the customer with the next most."""


def suspicious(
    policy: Policy,
    examples: Sequence[Example],
    model: Model,
    *,
    disputed: Collection[tuple[str, str]] = (),
    judged: Sequence[Opinion] | None = None,
) -> list[Suspicion]:
    """The labels of ``examples`` that want a second look, what many labels share first, then the strongest first.

    Where ``model`` learned from a mail, what it said of it while it was held out is compared with its labels; other
    mails it reads now. ``disputed`` are the mails' ids and labels on which two agents differ, ``judged`` the model's
    opinions on the examples where they are known already.
    """
    found = [*flooding(examples), *(_dispute(mail, label) for mail, label in sorted(disputed))]
    every = opinions(policy, examples, model) if judged is None else judged
    for label in LABELS:
        of_label = [opinion for opinion in every if opinion.label == label]
        found += [*agents(of_label), *classes(of_label), *disagreements(of_label)]
    return strongest_first([*found, *near_duplicates(examples, model)])


def flooding(examples: Sequence[Example]) -> list[Suspicion]:
    """The customer whose mails are so many of those agents labelled that they teach what that customer wants."""
    by_customer: dict[str, list[Example]] = {}
    of_agents = [example for example in examples if example.origin == "agent" and example.labels]
    for example in of_agents:
        if (customer := customer_of(example)) is not None:
            by_customer.setdefault(customer, []).append(example)
    ordered = sorted(by_customer, key=lambda name: (-len(by_customer[name]), name))
    if not ordered:
        return []
    mails = by_customer[ordered[0]]
    following = len(by_customer[ordered[1]]) if len(ordered) > 1 else 0
    if len(mails) < max(FLOOD, FLOOD_SHARE * len(of_agents), FLOOD_TIMES * following):
        return []
    label, value, times = _commonest(mails)
    reason = (
        f"{ordered[0].capitalize()} wrote {len(mails)} of the {len(of_agents)} mails that agents labelled, the next "
        f"{following}; {times} of them have the {plain(label)} {value}."
    )
    share = len(mails) / len(of_agents)
    ids = tuple(example.id for example in mails)
    return [Suspicion("customer", label, ids, value, None, ordered[0], share, reason)]


def _commonest(mails: Sequence[Example]) -> tuple[str, str, int]:
    """The label and value that most of the mails have, the topic where others are no commoner, and how many."""
    counts = Counter((label, value) for mail in mails for label, value in mail.labels.items())
    (label, value), times = max(counts.items(), key=lambda one: (one[1], one[0][0] == "topic", one[0]))
    return label, value, times


def _dispute(mail: str, label: str) -> Suspicion:
    reason = f"Two agents gave different values of {plain(label)}; until a lead settles it, nothing is learned from it."
    return Suspicion("dispute", label, (mail,), None, None, None, 1.0, reason)
