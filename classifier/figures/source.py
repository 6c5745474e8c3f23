"""What a model learned from, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from classifier.example import Example
from classifier.given import given
from classifier.holding_back import customer_of
from policies.labels import LABELS

MONTH = "%Y-%m"


@dataclass(frozen=True, slots=True)
class Source:
    """How many mails, by origin (``training_data``, ``agent``, ``written``), and how many of other policies beside.

    ``values`` has by label how many mails each value has. ``customers`` and ``agents`` count who sent and who labelled
    them, ``blind`` the agents' labels that were given without sight of the model's. ``first`` and ``last`` are the
    months (``2026-03``) of the oldest and the newest mail; None where no mail has a date.
    """

    mails: int
    pool: int
    origins: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    customers: int = 0
    agents: int = 0
    blind: int = 0
    first: str | None = None
    last: str | None = None


def source_of(examples: Sequence[Example], pool: int = 0) -> Source:
    """The numbers of ``examples``, with ``pool`` mails of other policies beside them."""
    words = [word for example in examples for word in given(example).values()]
    months = sorted(example.received.strftime(MONTH) for example in examples if example.received is not None)
    return Source(
        mails=len(examples),
        pool=pool,
        origins=_counted(example.origin for example in examples),
        values={label: _counted(e.labels[label] for e in examples if label in e.labels) for label in LABELS},
        customers=len({customer for example in examples if (customer := customer_of(example))}),
        agents=len({word.agent for word in words}),
        blind=sum(bool(word.blind) for word in words),
        first=months[0] if months else None,
        last=months[-1] if months else None,
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
