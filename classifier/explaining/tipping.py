"""What would tip a decision: the fewest words, or the one fact, without which it would have been another.

Each candidate is decided again by the model and the policy; nothing is said of one that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import scipy.sparse as sp

from classifier import context
from classifier.assess import look
from classifier.explaining.explained import Explained, LabelExplained, Read
from classifier.mail import Mail
from classifier.model import Model
from classifier.prediction import Decided, Prediction, decide
from policies.facts import Facts, FactValue
from policies.labels import IMPACT_VALUES
from policies.policy import Policy

MOST_WORDS = 8
"""A decision that rests on more words than these rests on no words in particular."""
TRIED = 2
"""Sizes of a set of words that are tried for a label: each is a mail for the encoder to read."""
BOOLEAN = ("true", "false")
UNREAD: Mapping[str, str] = {fact: "unknown" if "unknown" in values else "" for fact, values in IMPACT_VALUES.items()}


@dataclass(frozen=True, slots=True)
class Tip:
    """What tips a label: ``kind`` is ``words`` (left out), ``impact`` (an impact fact not said) or ``fact``.

    ``what`` are the words, or the fact as ``name = value``; ``becomes`` is the label's value then.
    """

    label: str
    kind: str
    what: tuple[str, ...]
    becomes: str


def tips(model: Model, policy: Policy, found: Read, explained: Explained) -> list[Tip]:
    """What would tip each label, the words first."""
    return [
        *_by_words(model, policy, found, explained),
        *_by_impact(model, policy, found),
        *_by_facts(model, policy, found),
    ]


def _by_words(model: Model, policy: Policy, found: Read, explained: Explained) -> Iterator[Tip]:
    candidates = [(label, words) for label in explained.labels for words in _candidates(label, explained.text) if words]
    mails = [_without(found, words) for _, words in candidates]
    tipped: set[str] = set()
    for (label, words), after in zip(candidates, _decided(model, policy, mails), strict=True):
        becomes = after.model_values[label.label]
        if becomes != label.value and label.label not in tipped:
            tipped.add(label.label)
            yield Tip(label.label, "words", words, becomes)


def _candidates(label: LabelExplained, text: str) -> Iterator[tuple[str, ...]]:
    """The weightiest words that are about enough to undo the margin, and a few more."""
    ranked = sorted(label.by_word(text), key=lambda item: -item[1])
    speaking = [(word, weight) for word, weight in ranked if weight > 0][:MOST_WORDS]
    sums = list(accumulate(weight for _, weight in speaking))
    enough = next((count for count, total in enumerate(sums, start=1) if total > label.margin), None)
    if enough is None or label.value == label.runner_up:
        return
    for count in sorted({enough, min(enough * 2, len(speaking))})[:TRIED]:
        yield tuple(word for word, _ in speaking[:count])


def _without(found: Read, words: Sequence[str]) -> Mail:
    gone = [number for number in range(len(found.text.words)) if found.text.word(number).lower() in words]
    left = found.text.without(gone)
    return Mail(left.subject, left.body, found.mail.facts)


def _decided(model: Model, policy: Policy, mails: Sequence[Mail]) -> list[Decided]:
    if not mails:
        return []
    signals, seen = look(model, policy, mails)
    together = zip(model.read(seen), mails, signals, strict=True)
    return [decide(policy, prediction, mail.facts, said, model.severity_mix) for prediction, mail, said in together]


def _by_impact(model: Model, policy: Policy, found: Read) -> Iterator[Tip]:
    """An impact fact that, not said, would give another severity."""
    for fact, unread in UNREAD.items():
        value = found.prediction.best(fact)
        if not unread or value == unread:
            continue
        silent = {**found.prediction.probabilities, fact: {unread: 1.0}}
        after = decide(policy, Prediction(silent, {}), found.mail.facts, found.signals, model.severity_mix)
        becomes = after.values["severity"]
        if becomes != found.decided.values["severity"]:
            yield Tip("severity", "impact", (f"{fact} = {value}",), becomes)


def _by_facts(model: Model, policy: Policy, found: Read) -> Iterator[Tip]:
    """A customer fact with another of its legal values, by which scope or topic would be another."""
    variants = list(_other_facts(policy, found.mail.facts))
    if not variants:
        return
    mails = [replace(found.mail, facts=facts) for _, facts in variants]
    # The text is the same, so the encoder need not read it again: only what is around the mail is looked at anew.
    learned = model.trained_under or policy
    seen = found.splitter.seen
    count = len(mails)
    read = [replace(mail, facts=mail.facts.as_read) for mail in mails]
    here = replace(
        seen,
        x=sp.vstack([seen.x] * count, format="csr"),
        around=context.matrix(learned, model.context, read, [_signals(model, policy, found)] * count),
        pooled=np.repeat(seen.pooled, count, axis=0),
        read=np.repeat(seen.read, count, axis=0),
        sentence_lists=list(seen.sentence_lists) * count,
        rows=list(seen.rows) * count,
    )
    for (what, facts), prediction in zip(variants, model.read(here), strict=True):
        after = decide(policy, prediction, facts, found.signals, model.severity_mix)
        for label in ("scope", "topic"):
            if after.values[label] != found.decided.values[label]:
                yield Tip(label, "fact", (what,), after.values[label])


def _signals(model: Model, policy: Policy, found: Read) -> Mapping[str, object]:
    learned = model.trained_under or policy
    return found.signals if learned.digest == policy.digest else look(model, learned, [found.mail])[0][0]


def _other_facts(policy: Policy, facts: Facts) -> Iterator[tuple[str, Facts]]:
    for name, legal in policy.fact_values.items():
        now = facts.customer.get(name)
        # A boolean's legal values are words; records, and what the heads learned from, hold true and false themselves.
        values: Sequence[FactValue] = (True, False) if legal == BOOLEAN else legal or ()
        for value in values:
            if _plain(value) != _plain(now):
                yield f"{name} = {_plain(value)}", replace(facts, customer={**facts.customer, name: value})


def _plain(value: FactValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
