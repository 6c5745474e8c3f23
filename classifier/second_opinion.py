"""What a model says of labelled mails that it had not seen: beside their labels it is a second opinion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.example import Example
from classifier.mail import Mail, mail_of
from classifier.model import Model
from classifier.prediction import Decided, Prediction, decide
from classifier.signals import finder
from policies.policy import Policy

AT_ONCE = 256
"""Mails read together: more would take memory and save no time."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One label of one mail: what it was ``given`` as, and what the model and the policy's rules make of the mail.

    ``said`` is the model's value, ``probabilities`` has those of all values; ``agrees`` says whether the model's value
    or that after the rules is the one given.
    """

    example: Example
    label: str
    given: str
    said: str
    probabilities: Mapping[str, float]
    agrees: bool

    @property
    def doubt(self) -> float:
        """How probable the model itself holds it that another value than its own is right."""
        return 1.0 - self.probabilities[self.said]


def opinions(policy: Policy, examples: Sequence[Example], model: Model) -> list[Opinion]:
    """An opinion on every label of the ``examples``: out of fold where the model learned from the mail."""
    labelled = [example for example in examples if example.labels]
    mails = [mail_of(example) for example in labelled]
    signals = [finder(policy).find(mail.subject, mail.text) for mail in mails]
    unknown = [row for row, example in enumerate(labelled) if example.id not in model.held]
    read = _read(policy, [mails[row] for row in unknown], [signals[row] for row in unknown], model)
    now = dict(zip(unknown, read, strict=True))
    found = []
    for row, example in enumerate(labelled):
        prediction = now[row] if row in now else model.held.prediction(example.id)
        decided = decide(policy, prediction, mails[row].facts, signals[row], model.severity_mix)
        found += [_opinion(example, label, given, decided) for label, given in example.labels.items()]
    return found


def _opinion(example: Example, label: str, given: str, decided: Decided) -> Opinion:
    said = decided.model_values[label]
    return Opinion(example, label, given, said, decided.probabilities[label], given in (said, decided.values[label]))


def _read(
    policy: Policy, mails: Sequence[Mail], signals: Sequence[Mapping[str, object]], model: Model
) -> list[Prediction]:
    found: list[Prediction] = []
    for start in range(0, len(mails), AT_ONCE):
        batch = slice(start, start + AT_ONCE)
        found += model.read(model.see(policy, mails[batch], signals[batch]))
    return found
