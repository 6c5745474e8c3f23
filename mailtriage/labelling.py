"""Which labels to ask for next, where more would help most, and which want a second look: of one running program."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime

from classifier import teaching
from classifier.example import Example
from classifier.known import quick_vectors, stacked
from classifier.model import Model
from classifier.needed import LABELS_MORE, Need, needed
from classifier.novelty import Vectors
from classifier.second_opinion import Opinion, opinions
from classifier.sentences import whole
from classifier.snapshot import snapshot
from classifier.suspicion import Suspicion
from classifier.suspicious import suspicious
from mailtriage.live_mix import live_mix
from mailtriage.office import Office
from mailtriage.retraining import training_data
from tickets.to_label import ToLabel
from webui.labelling import NextLabel

LOOKED_THROUGH = 500
"""The most urgent tickets of the queue: more than a team labels in a week, and ordered in a second."""
KEPT_VECTORS = 2_000
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Labelling:
    """See :class:`webui.labelling.Labelling`. Threads may share it; what has not changed is not worked out again."""

    def __init__(self, office: Office, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._office = office
        self._clock = clock
        self._lock = threading.Lock()
        self._vectors: OrderedDict[tuple[str, int], Vectors] = OrderedDict()
        self._opinions: dict[str, tuple[Hashable, list[Example], list[Opinion]]] = {}
        self._suspicions: dict[str, tuple[Hashable, list[Suspicion]]] = {}

    def next(self, policy: str | None) -> Sequence[NextLabel]:
        """The most urgent tickets that wait, :data:`LOOKED_THROUGH` of a policy at most, in the order to ask."""
        found: list[NextLabel] = []
        for name in [policy] if policy is not None else sorted(self._office.policies):
            waiting = self._office.store.to_label(policy=name, limit=LOOKED_THROUGH)
            found += self._ordered(self._office.models.of(name), waiting) if waiting else []
        # Each policy's scores fall from one to the next, so the order within it stays.
        return sorted(found, key=lambda one: -one.worth.score)

    def needed(self, policy: str, labels: int = LABELS_MORE) -> list[Need]:
        """See :func:`classifier.needed.needed`; the mail that comes is that of the last 90 days."""
        _, _, every = self._judged(policy)
        return needed(self._office.policy(policy), every, mix=live_mix(policy, self._office.store), labels=labels)

    def suspicious(self, policy: str) -> list[Suspicion]:
        """See :func:`classifier.suspicious.suspicious`; those that concern no agent's label are left out."""
        key, examples, judged = self._judged(policy)
        with self._lock:
            done, found = self._suspicions.get(policy, (None, []))
        if done != key:
            disputed = [(f"ticket-{number}", label) for number, label in self._office.store.disputed(policy)]
            of_agents = {example.id for example in examples if example.origin == "agent"}
            of_agents |= {mail for mail, _ in disputed}
            model = self._office.models.of(policy)
            chosen = self._office.policy(policy)
            every = suspicious(chosen, examples, model, disputed=disputed, judged=judged)
            found = [one for one in every if of_agents & set(one.mails)]
            with self._lock:
                self._suspicions[policy] = (key, found)
        return found

    def _judged(self, policy: str) -> tuple[Hashable, list[Example], list[Opinion]]:
        """What is labelled, and what the model in force says of it without having seen it; and a mark of both."""
        store, model = self._office.store, self._office.models.of(policy)
        newest = max((one.id for one in store.corrections()), default=0)
        key = (model.version, newest, store.labels_since(policy, BEGINNING), frozenset(store.disputed(policy)))
        with self._lock:
            known = self._opinions.get(policy)
        if known is not None and known[0] == key:
            return known
        examples = list(snapshot(training_data(policy, self._office)).examples)
        found = (key, examples, opinions(self._office.policy(policy), examples, model))
        with self._lock:
            self._opinions[policy] = found
        return found

    def _ordered(self, model: Model, waiting: Sequence[ToLabel]) -> list[NextLabel]:
        now = self._clock()
        order = teaching.in_order(
            [one.uncertain for one in waiting],
            self._vectors_of(model, waiting),
            model.known.vectors,
            urgent=[_urgency(one, now) for one in waiting],
            audited=[float(one.item.audit) for one in waiting],
        )
        return [NextLabel(waiting[row].item, worth) for row, worth in order]

    def _vectors_of(self, model: Model, waiting: Sequence[ToLabel]) -> Vectors:
        keys = [(f"{model.policy} {model.version}", one.item.number) for one in waiting]
        with self._lock:
            known = {key: self._vectors[key] for key in keys if key in self._vectors}
        new = [(key, one) for key, one in zip(keys, waiting, strict=True) if key not in known]
        made = quick_vectors(model.features, [whole(one.item.subject, one.text) for _, one in new])
        known |= {key: made[[row]] for row, (key, _) in enumerate(new)}
        with self._lock:
            self._vectors.update(known)
            while len(self._vectors) > KEPT_VECTORS:
                self._vectors.popitem(last=False)
        return stacked([known[key] for key in keys])


def _urgency(one: ToLabel, now: datetime) -> float:
    waits = one.item.answered_at is None and one.item.paused_at is None and not one.item.audit
    return teaching.urgency(one.item.due_at, now) if waits else 0.0
