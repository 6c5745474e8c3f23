"""Many different support mails with their facts, made of the sentences of the labelled mails that ship."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from classifier.example import Example
from mailtriage.starters import shipped_examples

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
DAYS = 300
SENTENCE = re.compile(r"(?<=[.!?])\s+")
SENTENCES = (3, 7)
LABELLED = 0.3
"""The share of tickets on which an agent has spoken."""


def varied(policy: str, count: int, seed: int = 0) -> Iterator[Example]:
    """``count`` mails to ``policy``, the same for the same seed, received on some minute of three hundred days.

    Each is made of sentences of three shipped mails, with the facts of a fourth.
    """
    chance = random.Random(seed)
    shipped = shipped_examples(policy)
    parts = {example.id: SENTENCE.split(" ".join(example.body.split())) for example in shipped}
    for number in range(count):
        sources = chance.sample(shipped, 3)
        pool = [sentence for source in sources for sentence in parts[source.id]]
        chosen = chance.sample(pool, min(len(pool), chance.randint(*SENTENCES)))
        facts = chance.choice(shipped)
        yield replace(
            facts,
            id=f"varied-{seed}-{number}",
            subject=sources[0].subject,
            body="\n".join(chosen),
            sender=f"sender{number}@company{number}.example",
            received=FIRST + timedelta(minutes=chance.randrange(DAYS * 24 * 60)),
            labels={} if chance.random() > LABELLED else dict(facts.labels),
        )
