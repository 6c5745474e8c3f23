"""Champion and challenger on the same held-back mails: what each said of them while it had not seen them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from classifier.assess import judged_verdict, signals_in
from classifier.evaluation import Evaluation, Judged, score
from classifier.example import Example
from classifier.families import text_key
from classifier.held_out import HeldOut
from classifier.mail import mail_of
from classifier.model import Model
from policies.policy import Policy

Part = Literal["training_data", "agent", "later"]
PARTS: Mapping[Part, str] = {
    "training_data": "verified training data",
    "agent": "mails labelled by agents",
    "later": "mails that came later than what was learned from",
}


@dataclass(frozen=True, slots=True)
class Bench:
    """One part of the held-back mails with what both say of each, in order; ``champion`` is None when there is none."""

    part: Part
    champion: Sequence[Judged] | None
    challenger: Sequence[Judged]

    @property
    def examples(self) -> list[Example]:
        """The mails."""
        return [judged.example for judged in self.challenger]


@dataclass(frozen=True, slots=True)
class PartReport:
    """Champion and challenger on one part of the held-back mails; ``champion`` is None when there was none."""

    part: str
    mails: int
    champion: Evaluation | None
    challenger: Evaluation


def report(policy: Policy, bench: Bench) -> PartReport:
    """The scores of both, every mail counting alike."""
    champion = score(policy, bench.champion) if bench.champion is not None else None
    return PartReport(bench.part, len(bench.challenger), champion, score(policy, bench.challenger))


def held_back(examples: Sequence[Example], merged: Sequence[Example]) -> dict[Part, list[Example]]:
    """The mails that judge: verified ones with the labels verified, and those agents labelled of another text.

    ``examples`` are as they were given, ``merged`` with the agents' labels in place of the others'. So doubtful
    corrections cannot vouch for themselves.
    """
    verified = [example for example in examples if example.origin != "agent"]
    texts = {text_key(example) for example in verified}
    agents = [example for example in merged if example.origin == "agent" and text_key(example) not in texts]
    return {"training_data": verified, "agent": agents}


def judged_while_held(model: Model, policy: Policy, examples: Sequence[Example], held: HeldOut) -> list[Judged]:
    """The verdicts on ``examples`` by what ``held`` says of them; every one must be in it."""
    mails = [mail_of(example) for example in examples]
    judged = []
    for example, mail, signals in zip(examples, mails, signals_in(policy, mails), strict=True):
        known = held.prediction(example.id)
        verdict = judged_verdict(model, policy, mail, known, signals, novel=example.id in held.novel)
        judged.append(Judged(example, verdict, dict(verdict.reading.sure) if verdict.reading else {}))
    return judged
