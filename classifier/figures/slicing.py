"""How right a model is on parts of the mail: by language, customer, topic, length and mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from classifier.evaluation import Judged
from classifier.figures.share import Share, share_of
from classifier.holding_back import customer_of
from policies.labels import LABELS

MAILBOX = "mailbox"
"""The key, beside the shared format's, that names the mailbox by which a mail came."""
UNKNOWN = "not known"
OTHERS = "all others"
MOST = 24
"""So many parts of one kind are told apart; the mails of the rarest are told together."""
SIZES = ((10, "under 10"), (50, "10 to 49"), (250, "50 to 249"), (None, "250 and more"))
"""Micro, small, medium and large (Commission Recommendation 2003/361/EC, which counts staff)."""
SIZE_FACTS = ("concurrent_licences", "licences", "seats", "users", "employees")
"""Contract facts that say how large a customer is, the first that is known counts."""
LENGTHS = ((50, "under 50 words"), (100, "50 to 99 words"), (200, "100 to 199 words"), (None, "200 words and more"))
OFTEN = ((2, "1 mail"), (5, "2 to 4 mails"), (20, "5 to 19 mails"), (None, "20 mails and more"))

Steps = Sequence[tuple[int | None, str]]


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the mail: by what, which value, how many mails, and by label how many of them were right."""

    by: str
    value: str
    mails: int
    right: Mapping[str, Share]


def slices(judged: Sequence[Judged]) -> tuple[Slice, ...]:
    """The parts, kind by kind: ``language``, ``customer_size``, ``customer_mails``, ``topic``, ``length``, ``mailbox``.

    A kind of which nothing is known of any mail is left out. ``customer_mails`` is how many of these mails are of the
    same customer.
    """
    customers = [customer_of(one.example) for one in judged]
    counts = Counter(customers)
    often = [UNKNOWN if name is None else _step(counts[name], OFTEN) for name in customers]
    kinds: dict[str, tuple[list[str], Sequence[str]]] = {
        "language": ([one.verdict.language or UNKNOWN for one in judged], ()),
        "customer_size": ([_size(one) for one in judged], _names(SIZES)),
        "customer_mails": (often, _names(OFTEN)),
        "topic": ([one.example.labels.get("topic", UNKNOWN) for one in judged], ()),
        "length": ([_step(len(one.example.body.split()), LENGTHS) for one in judged], _names(LENGTHS)),
        "mailbox": ([_mailbox(one) for one in judged], ()),
    }
    return tuple(
        part
        for by, (values, order) in kinds.items()
        if set(values) - {UNKNOWN}
        for part in _parts(by, values, order, judged)
    )


def _parts(by: str, values: Sequence[str], order: Sequence[str], judged: Sequence[Judged]) -> list[Slice]:
    """In the order given, else the largest first; what is not known last."""
    counts = Counter(values)
    kept = {value for value, _ in counts.most_common(MOST)} if len(counts) > MOST + 1 else set(counts)
    members: dict[str, list[Judged]] = {}
    for value, one in zip(values, judged, strict=True):
        members.setdefault(value if value in kept else OTHERS, []).append(one)

    def place(value: str) -> tuple[bool, bool, int, str]:
        rank = order.index(value) if value in order else -len(members[value])
        return value == UNKNOWN, value == OTHERS, rank, value

    return [_slice(by, value, members[value]) for value in sorted(members, key=place)]


def _slice(by: str, value: str, ones: Sequence[Judged]) -> Slice:
    right: dict[str, Share] = {}
    for label in LABELS:
        known = [one for one in ones if label in one.example.labels]
        right[label] = share_of(one.verdict.labels[label].value == one.example.labels[label] for one in known)
    return Slice(by, value, len(ones), right)


def _size(one: Judged) -> str:
    found: Callable[[str], object] = one.example.customer.get
    for fact in SIZE_FACTS:
        if type(size := found(fact)) is int:
            return _step(size, SIZES)
    return UNKNOWN


def _mailbox(one: Judged) -> str:
    mailbox = one.example.extra.get(MAILBOX)
    return mailbox if isinstance(mailbox, str) and mailbox else UNKNOWN


def _step(number: int, steps: Steps) -> str:
    return next(name for end, name in steps if end is None or number < end)


def _names(steps: Steps) -> tuple[str, ...]:
    return tuple(name for _, name in steps)
