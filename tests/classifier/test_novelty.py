"""A mail unlike anything learned from goes to a person, and says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from classifier import novelty, storage
from classifier.assess import Mail, assess
from classifier.autonomy import for_precision
from classifier.example import WRITTEN, Example
from classifier.families import group_families
from classifier.fitting_alone import fit_autonomy, one_a_family
from classifier.mail import mail_of
from classifier.model import Model, train
from classifier.prediction import Decided
from classifier.redeciding import as_decided, read_severity, recorded_severity, redecide
from classifier.schema import VerdictDocument, verdict_document
from classifier.verdict import Verdict
from policies.facts import Facts
from policies.labels import LABELS
from policies.policy import Policy
from policies.rule import Outcome
from tests.alone import alone_above

STRANGE = Mail(
    "Karhunlaukka",
    "Pilko karhunlaukka hienoksi, sekoita voin ja suolan kanssa ja anna levätä tunnin verran kellarissa.",
    Facts(datetime(2026, 5, 6, 9, tzinfo=UTC)),
)


@pytest.fixture(scope="module")
def daring(model: Model) -> Model:
    """It decides everything alone that it may."""
    return replace(model, autonomy=alone_above(model, 0.0))


@pytest.fixture(scope="module")
def strange(daring: Model, policy: Policy) -> Verdict:
    return assess(daring, policy, [STRANGE])[0]


def test_a_mail_unlike_anything_learned_from_is_decided_alone_in_nothing(strange: Verdict) -> None:
    assert strange.novelty is not None
    assert strange.novel and strange.needs_person
    assert not any(decision.acted_alone for decision in strange.labels.values())
    assert strange.novelty.familiarity < strange.novelty.threshold < 0
    assert strange.novelty.certainty + strange.novelty.nearness == pytest.approx(strange.novelty.familiarity, abs=1e-3)


def test_nearly_all_mails_learned_from_are_familiar(daring: Model, policy: Policy, examples: Sequence[Example]) -> None:
    verdicts = assess(daring, policy, [mail_of(example) for example in examples])
    assert sum(verdict.novel for verdict in verdicts) <= len(examples) * novelty.REFUSED_IN_SCOPE
    assert all(d.acted_alone for verdict in verdicts if not verdict.novel for d in verdict.labels.values())


def test_a_mail_is_as_familiar_alone_as_among_others(
    daring: Model, policy: Policy, examples: Sequence[Example]
) -> None:
    mails = [mail_of(example) for example in examples[:9]]
    together = assess(daring, policy, [*mails, STRANGE])
    assert [verdict.novelty for verdict in together] == [
        assess(daring, policy, [mail])[0].novelty for mail in [*mails, STRANGE]
    ]


def test_a_model_read_back_finds_the_same_mails_novel(model: Model, policy: Policy, tmp_path: Path) -> None:
    storage.save(model, tmp_path)
    again = storage.load(tmp_path, model.version)
    assert assess(again, policy, [STRANGE])[0] == assess(model, policy, [STRANGE])[0]


def test_a_model_saved_before_there_was_a_gate_finds_nothing_novel(
    model: Model, policy: Policy, tmp_path: Path
) -> None:
    storage.save(model, tmp_path)
    path = tmp_path / storage.DESCRIPTION
    described = json.loads(path.read_text())
    del described["novelty"]
    path.write_text(json.dumps(described))
    verdict = assess(storage.load(tmp_path, model.version), policy, [STRANGE])[0]
    assert verdict.novelty is None and not verdict.novel


def test_a_verdict_given_before_there_was_a_gate_is_read_and_written_again(strange: Verdict) -> None:
    stored = strange.to_json()
    del stored["novelty"]
    old = Verdict.from_json(json.loads(json.dumps(stored)))
    assert old.novelty is None
    assert old.to_json() == {**stored, "novelty": None}
    assert Verdict.from_json(json.loads(json.dumps(strange.to_json()))) == strange


def test_deciding_a_novel_mail_again_keeps_it_novel(strange: Verdict, policy: Policy, daring: Model) -> None:
    stored = json.loads(json.dumps(strange.to_json()))
    again = redecide(policy, stored, recorded_severity(stored), STRANGE.facts, strange.signals)
    assert again == as_decided(stored)
    assert again.needs_person
    costs = {true: {one: 9.0 if one < true else 0.0 for one in row} for true, row in policy.severity_costs.items()}
    changed = replace(policy, severity_costs=costs)
    severity = read_severity(stored, changed, daring.autonomy["severity"])
    assert severity.sure is False
    assert redecide(changed, stored, severity, STRANGE.facts, strange.signals).needs_person


def test_outside_programs_are_told(strange: Verdict, policy: Policy) -> None:
    labels = {label: decision.value for label, decision in strange.labels.items()}
    terms = policy.terms(labels, strange.clauses, STRANGE.facts, STRANGE.facts.received_at)
    document = verdict_document(strange, terms)
    assert document["novelty"]["novel"] is True
    VerdictDocument.model_validate_json(json.dumps(document))
    assert verdict_document(replace(strange, novelty=None), terms)["novelty"] is None


def test_too_few_mails_make_no_gate(policy: Policy, examples: Sequence[Example]) -> None:
    assert train(policy, examples[:12], profile="lean").novelty is None


def test_the_gate_refuses_a_twentieth_and_is_made_of_what_was_held_out() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    probabilities = rng.dirichlet([1.0] * 4, 200)
    splits = [(np.setdiff1d(np.arange(200), part), part) for part in np.array_split(np.arange(200), 4)]
    gate = novelty.fit(probabilities, vectors, splits)
    held_out = gate.out_of_fold(probabilities, vectors, splits)
    assert (held_out < gate.threshold).sum() == 10
    # In a mail's own presence it is near to itself, so more familiar than while it was held out.
    assert (gate.familiarity(probabilities, vectors) > held_out).all()


def decided(value: str, probability: float) -> Decided:
    probabilities = {label: {value: probability, "other": 1 - probability} for label in LABELS}
    nothing = Outcome({}, {}, (), (), (), ())
    return Decided(dict.fromkeys(LABELS, value), dict.fromkeys(LABELS, value), probabilities, nothing)


def test_thresholds_rest_on_mails_that_came_each_family_once_and_none_novel(policy: Policy) -> None:
    labels = dict.fromkeys(LABELS, "right")
    came = [Example(f"came-{i}", "s", f"text {i}", labels=labels) for i in range(50)]
    alerts = [Example(f"alert-{i}", "disk full", "node 7", labels=labels, group=f"ticket-{i}") for i in range(30)]
    rewrites = [Example(f"rewrite-{i}", "s", f"rewrite {i}", labels=labels, group="one") for i in range(5)]
    written = [Example(f"written-{i}", "s", f"example {i}", labels=labels, origin=WRITTEN) for i in range(40)]
    every = [*came, *alerts, *rewrites, *written]
    judging = one_a_family([(example, decided("right", 0.9)) for example in every], group_families(every))
    assert len(judging["topic"]) == 50 + 1 + 1
    novel = frozenset(example.digest for example in came[:10])
    found = fit_autonomy(policy, "topic", judging["topic"], novel)
    assert found.held_out == 52
    assert found.thresholds == {"right": 0.9}
    assert found.coverage == pytest.approx(42 / 52, abs=1e-6)
    assert found.curve[-1].coverage == pytest.approx(42 / 52, abs=1e-6)


def test_a_novel_mail_that_is_wrong_breaks_no_promise_for_it_is_not_decided_alone() -> None:
    right = [True] * 60
    assert for_precision(["a"] * 60, [0.9] * 60, right, 0.95, never=40).coverage == 0.6


def test_a_share_asked_for_in_the_policy_is_decided_alone(policy: Policy) -> None:
    asking = replace(policy, target_coverage={"severity": 0.5})
    labels = dict.fromkeys(LABELS, "right")
    judging = [(Example(f"{i}", "s", f"text {i}", labels=labels), decided("right", 1 - i / 200)) for i in range(80)]
    found = fit_autonomy(asking, "severity", judging, frozenset())
    assert (found.target, found.target_coverage, found.coverage) == (None, 0.5, 0.5)
    assert found.promised == pytest.approx(0.05 ** (1 / 40))
    assert fit_autonomy(asking, "scope", judging, frozenset()).target == policy.target_precision["scope"]
