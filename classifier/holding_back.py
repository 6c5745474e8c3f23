"""Which mails are held back together: those of one conversation, and those of one customer.

A mail's fold is a hash of its customer, or of its conversation where the customer is not known, so it is the same for
ever: champion and challenger are judged on the same mails however many came in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from classifier.example import Example
from classifier.head import Split
from intake.free_mail import FREE_MAIL

Families = Mapping[str, str]
"""Of :func:`classifier.families.group_families`: for an example's digest the name of its family."""

LEAST_LATER = 8
"""With fewer later mails nothing is judged by time."""


def customer_of(example: Example) -> str | None:
    """Whose mail it is: the account named with it, or else its sender's domain (the address, where anybody has one)."""
    if example.account:
        return f"account {example.account}"
    address = (example.sender or "").strip().lower()
    _, at, domain = address.rpartition("@")
    if not at or not domain:
        return None
    return f"address {address}" if domain in FREE_MAIL else f"domain {domain}"


def unit_of(example: Example, family: str) -> str:
    """What a mail is held back with: its customer, or its family where the customer is not known."""
    return customer_of(example) or family


def fold_of(unit: str, folds: int) -> int:
    """The fold that holds the mails of that unit back; decided by a hash, so the same for ever."""
    return int.from_bytes(hashlib.sha256(unit.encode()).digest()[:8]) % folds


def fixed_folds(examples: Sequence[Example], families: Sequence[str], folds: int) -> list[Split]:
    """Splits by :func:`fold_of`, in each of which neither a customer nor a family stands on both sides.

    ``families`` are the examples' own, in order. A mail of one customer whose conversation or text another customer
    shares takes no part where that one is held back. A fold that would leave nothing on a side is left out.
    """
    chosen = np.asarray([fold_of(unit_of(e, f), folds) for e, f in zip(examples, families, strict=True)])
    splits = []
    for fold in range(folds):
        outside = chosen == fold
        held = {families[row] for row in np.flatnonzero(outside).tolist()}
        inside = ~outside & np.asarray([family not in held for family in families], dtype=bool)
        if outside.any() and inside.any():
            splits.append((np.flatnonzero(inside), np.flatnonzero(outside)))
    return splits


def later_mails(examples: Sequence[Example], families: Families, known: Container[str]) -> frozenset[str]:
    """The ids of the mails to judge by time: the later half of the conversations that agents labelled since.

    ``known`` are the ids of the mails that the champion learned from. Of agents' mails only whole conversations count
    of which the champion knows no mail and that have a date; a conversation is as old as its first mail. Those up to
    the middle are learned from, those after it are judged: trained on the past, judged on what came later. None where
    fewer than :data:`LEAST_LATER` mails would judge.
    """
    stale = {families[e.digest] for e in examples if e.id in known or e.origin != "agent" or e.received is None}
    began: dict[str, datetime] = {}
    mails: dict[str, list[str]] = {}
    for example in examples:
        family = families[example.digest]
        if family not in stale and example.received is not None:
            began[family] = min(began.get(family, example.received), example.received)
            mails.setdefault(family, []).append(example.id)
    ordered = sorted(began, key=lambda family: (began[family], family))
    judging = [one for family in ordered[(len(ordered) + 1) // 2 :] for one in mails[family]]
    return frozenset(judging) if len(judging) >= LEAST_LATER else frozenset()


def by_time(examples: Sequence[Example], later: Container[str]) -> Split | None:
    """The rows of all other examples, and of those whose ids are in ``later``; None where a side has none."""
    judged: npt.NDArray[np.bool_] = np.asarray([example.id in later for example in examples], dtype=bool)
    if not judged.any() or judged.all():
        return None
    return np.flatnonzero(~judged), np.flatnonzero(judged)
