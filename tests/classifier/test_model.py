"""Training: deterministic, whatever labels are there, and learning from other policies what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier import storage
from classifier.assess import assess
from classifier.example import Example
from classifier.fitting import TrainingError
from classifier.mail import Mail, mail_of
from classifier.model import Model, train
from classifier.prediction import Prediction
from classifier.signals import finder
from policies.labels import IMPACT_VALUES, LABELS
from policies.policy import Policy


def predict(model: Model, policy: Policy, mails: Sequence[Mail]) -> list[Prediction]:
    return model.read(model.see(policy, mails, [finder(policy).find(m.subject, m.text) for m in mails]))


def some(examples: Sequence[Example], count: int) -> list[Example]:
    return [replace(example, group=None) for example in examples[:count]]


def test_probabilities_of_every_label_and_fact_sum_to_one(
    model: Model, policy: Policy, examples: Sequence[Example]
) -> None:
    for prediction in predict(model, policy, [mail_of(e) for e in examples[:5]]):
        assert set(prediction.probabilities) == {*LABELS, *IMPACT_VALUES}
        for values in prediction.probabilities.values():
            assert sum(values.values()) == pytest.approx(1.0)


def test_the_same_examples_and_seed_give_the_same_model_to_the_byte(
    policy: Policy, examples: Sequence[Example], tmp_path: Path
) -> None:
    written = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        storage.save(train(policy, some(examples, 30), profile="lean", seed=3), folder)
        written.append([(folder / file).read_bytes() for file in storage.FILES])
    assert written[0] == written[1]


def test_a_saved_model_says_exactly_what_it_said_before(
    model: Model, policy: Policy, examples: Sequence[Example], tmp_path: Path
) -> None:
    storage.save(model, tmp_path)
    mails = [mail_of(example) for example in examples[:20]]
    assert assess(storage.load(tmp_path, model.version), policy, mails) == assess(model, policy, mails)


def test_a_mail_gets_the_same_probabilities_alone_and_in_a_batch(
    model: Model, policy: Policy, examples: Sequence[Example]
) -> None:
    mails = [mail_of(example) for example in examples[:8]]
    together = predict(model, policy, mails)
    for mail, prediction in zip(mails, together, strict=True):
        for key, values in predict(model, policy, [mail])[0].probabilities.items():
            assert values == pytest.approx(prediction.probabilities[key])


def test_labels_that_are_absent_are_left_out_of_their_head(policy: Policy, examples: Sequence[Example]) -> None:
    """Agents' corrections carry one label each, no impact facts and no evidence."""
    corrections = [
        Example(f"t{i}", e.subject, e.body, labels={label: e.labels[label]}, origin="agent")
        for i, (e, label) in enumerate(zip(examples[:24], LABELS * 6, strict=True))
    ]
    model = train(policy, corrections, profile="lean")
    prediction = predict(model, policy, [Mail("odbc", "please", examples[0].facts)])[0]
    assert prediction.impact["function"] == "unknown"
    assert prediction.impact["deadline"] == "false"
    assert set(prediction.probabilities["severity"]) == {
        e.labels["severity"] for e in corrections if "severity" in e.labels
    }


def test_a_label_without_any_example_is_named(policy: Policy, examples: Sequence[Example]) -> None:
    bare = [replace(e, labels={k: v for k, v in e.labels.items() if k != "topic"}) for e in examples[:10]]
    with pytest.raises(TrainingError, match="has a topic"):
        train(policy, bare, profile="lean")


def test_one_mail_is_enough_for_a_model_that_never_acts_alone(policy: Policy, examples: Sequence[Example]) -> None:
    model = train(policy, examples[:1], profile="lean")
    assert model.acts_alone == ()
    verdict = assess(model, policy, [mail_of(examples[0])])[0]
    assert verdict.labels["severity"].model_value == examples[0].labels["severity"]
    assert verdict.needs_person


def test_every_topic_of_the_policy_is_known_from_its_clauses(policy: Policy, examples: Sequence[Example]) -> None:
    seen = [e for e in some(examples, 60) if e.labels["topic"] != "port_information"]
    model = train(policy, seen, profile="lean")
    assert set(model.heads["topic"].classes) == set(policy.topics)
    mail = Mail("ports", "Which firewall ports do Penelope and the other apps need open?", seen[0].facts)
    assert predict(model, policy, [mail])[0].best("topic") == "port_information"


def test_a_severity_that_only_other_policies_show_is_learned_from_them(
    policy: Policy, examples: Sequence[Example]
) -> None:
    own = [e for e in some(examples, 40) if e.labels["severity"] != "SEV1"]
    others = [replace(e, policy="other") for e in examples[40:] if e.labels["severity"] == "SEV1"]
    assert "SEV1" not in train(policy, own, profile="lean").heads["severity"].classes
    pooled = train(policy, own, profile="lean", pool=others)
    assert "SEV1" in pooled.heads["severity"].classes
    assert set(pooled.heads["scope"].classes) == {e.labels["scope"] for e in own}


def test_the_standard_profile_reads_with_the_encoder(policy: Policy, examples: Sequence[Example]) -> None:
    model = train(policy, some(examples, 24), profile="standard")
    lean = train(policy, some(examples, 24), profile="lean")
    assert model.features.width == lean.features.width + 384
    assert np.isfinite(model.heads["severity"].coef).all()
    assert assess(model, policy, [mail_of(examples[0])])[0].policy == "penelope"
