"""Mails of a matter that no policy knows: company bicycles and the keys of their shed. All made up."""

from __future__ import annotations

import random
from collections.abc import Iterator

from classifier.example import Example

SUBJECTS = (
    "Lease bicycle", "Bike shed key", "Company bicycle scheme", "Leasing an e-bike", "Key of the bicycle shed",
    "Bicycle lease form", "my lease bike", "question about the bike scheme", "shed badge", "e-bike battery", "Fiets",
)  # fmt: skip
OPENINGS = (
    "I would like to lease a bicycle through the company scheme.",
    "My lease bicycle was delivered yesterday but the lock has no key.",
    "The key of the bicycle shed behind building C no longer turns.",
    "Can my partner's e-bike be added to the bicycle lease?",
    "The lease company asks for a form with the frame number of my bicycle.",
    "Somebody parked in my spot of the bicycle shed again.",
    "The battery of my leased e-bike is at 20% of what it was.",
    "How do I return a lease bicycle when I leave?",
    "My badge does not open the bicycle shed since Monday.",
    "I want to swap my lease bike for a cargo bicycle.",
)
MIDDLES = (
    "The leaflet says 36 months, the intranet says 48.",
    "Is the insurance part of the lease or do I pay it myself?",
    "The dealer in town says you have to sign the lease first.",
    "Eleven of us share one shed key and it is always with somebody else.",
    "I cycle nine kilometres each way, so it matters to me.",
    "The bicycle dealer will not repair it without your approval of the lease.",
    "Last year it was taken from my gross pay, this year not.",
    "I have the invoice of the helmet and the lights as well.",
)
GREETINGS = ("Hello,", "Dear team,", "Hi all,", "Good morning,", "Hi,", "Dear colleagues,")
CLOSINGS = (
    "Who can help me with the bicycle?", "Please tell me which lease form I need.", "Thanks, see you on the bike.",
    "Could I pick up a shed key this week?", "What does the bicycle scheme say?", "Greetings from the bicycle shed.",
)  # fmt: skip


def invented(count: int, seed: int = 0) -> Iterator[Example]:
    """So many mails, the same for the same seed; no label is known of them."""
    chance = random.Random(seed)
    for number in range(count):
        body = "\n\n".join((chance.choice(OPENINGS), " ".join(chance.sample(MIDDLES, 2)), chance.choice(CLOSINGS)))
        yield Example(
            id=f"invented-{seed}-{number}",
            subject=chance.choice(SUBJECTS),
            body=f"{chance.choice(GREETINGS)}\n\n{body}\n",
            sender=f"rider{seed}-{number}@office{number % 7}.example",
        )
