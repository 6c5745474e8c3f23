"""The verdict: sources kept apart, evidence that can be pointed at, and nobody acting alone without cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from classifier.assess import Mail, assess
from classifier.example import Example
from classifier.explain import Words
from classifier.mail import mail_of
from classifier.model import Model
from classifier.sentences import whole
from policies.facts import Facts
from policies.labels import IMPACT_VALUES, LABELS
from policies.policy import Policy
from tests.alone import alone_above

OUTAGE = "None of the 57 accounts can connect to production since 8 this morning. Please call us."


def mail(text: str = OUTAGE, **customer: str | bool) -> Mail:
    return Mail("login", text, Facts(datetime(2026, 5, 6, 9, tzinfo=UTC), customer=customer, language="en"))


def test_no_mail_gives_no_verdict_and_many_come_in_order(model: Model, policy: Policy) -> None:
    assert assess(model, policy, []) == []
    verdicts = assess(model, policy, [mail(), mail("Which ports do we need?"), mail()])
    assert verdicts[0] == verdicts[2] != verdicts[1]


def test_an_empty_mail_and_a_hostile_one_get_a_verdict(model: Model, policy: Policy) -> None:
    for text in ("", "\x00\ud800\u202e", "A" * 3_000_000, "\n" * 100_000, ">" * 5000):
        assert set(assess(model, policy, [mail(text)])[0].labels) == set(LABELS)


def test_a_rule_decides_and_the_models_own_view_stands_beside_it(model: Model, policy: Policy) -> None:
    verdict = assess(model, policy, [mail(hosting="self_hosted")])[0]
    scope = verdict.labels["scope"]
    assert (scope.value, scope.source) == ("outside", "rule")
    assert dict(scope.alternatives)[scope.model_value] == scope.probability
    assert any("self" in hit.rule or "self_hosted" in " ".join(hit.because) for hit in verdict.rule_hits)
    assert verdict.clauses


def test_a_rule_that_a_signal_made_fire_shows_the_words_matched(model: Model, policy: Policy) -> None:
    verdict = assess(model, policy, [mail("Our server in our basement is down. We are self-hosted.")])[0]
    assert any("in our basement" in hit.matched_text for hit in verdict.rule_hits)


def test_alternatives_are_all_values_the_most_probable_first(model: Model, policy: Policy) -> None:
    for decision in assess(model, policy, [mail()])[0].labels.values():
        probabilities = [p for _, p in decision.alternatives]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1.0)


def test_each_fact_is_read_from_words_of_the_mail(model: Model, policy: Policy, examples: Sequence[Example]) -> None:
    read = 0
    for example, verdict in zip(examples, assess(model, policy, [mail_of(e) for e in examples]), strict=True):
        assert set(verdict.impact) == set(IMPACT_VALUES)
        for reading in verdict.impact.values():
            if reading.words is not None:
                read += 1
                assert reading.words in f"{example.subject}\n{example.body}"
    assert read > len(examples)


def test_table_and_head_are_both_kept(model: Model, policy: Policy) -> None:
    verdict = assess(model, policy, [mail()])[0]
    impact = {fact: reading.value for fact, reading in verdict.impact.items()}
    assert verdict.severity_by_table == policy.severity_from_impact(impact)[0]
    assert verdict.severity_by_head in model.heads["severity"].classes


def test_nothing_acts_alone_without_a_threshold_and_all_above_one(model: Model, policy: Policy) -> None:
    assert not any(d.acted_alone for d in assess(model, policy, [mail()])[0].labels.values())
    daring = replace(model, autonomy=alone_above(model, 0.0))
    assert all(d.acted_alone for d in assess(daring, policy, [mail()])[0].labels.values())


def test_what_a_rule_decides_acts_alone_only_if_the_topic_does(model: Model, policy: Policy) -> None:
    unsure_topic = replace(model, autonomy=alone_above(model, 0.0, but=frozenset({"topic"})))
    scope = assess(unsure_topic, policy, [mail(hosting="self_hosted")])[0].labels["scope"]
    assert (scope.source, scope.acted_alone) == ("rule", False)


def test_a_rule_never_changes_a_probability(model: Model, policy: Policy) -> None:
    """The topic's and scope's heads may weigh the contract's facts; severity and issue type are the text's alone."""
    ruled, free = assess(model, policy, [mail(hosting="self_hosted"), mail(hosting="saas")])
    for label in ("severity", "issue_type"):
        assert ruled.labels[label].alternatives == free.labels[label].alternatives


def test_the_words_are_of_the_mail_and_their_weights_add_up_to_the_score(
    model: Model, policy: Policy, examples: Sequence[Example]
) -> None:
    text = whole(examples[3].subject, examples[3].body)
    x = model.features.transform([text])
    words = Words(model.features, model.features.mended(text), x[0])
    head = model.heads["severity"]
    difference = head.coef[0] - head.coef[1]
    width = model.features.columns[1].stop
    expected = (x @ difference[:width])[0] / head.temperature
    assert words.weights(head, head.classes[0], head.classes[1]).sum() == pytest.approx(expected, abs=1e-4)
    shown = words.speaking(head, head.classes[0], {head.classes[1]: 1.0})
    assert 0 < len(shown) <= 8
    assert all(word in " ".join(text.lower().split()) or " " in word for word in (w.words for w in shown))
    assert list(map(abs, (w.weight for w in shown))) == sorted((abs(w.weight) for w in shown), reverse=True)


def test_leaving_out_the_words_that_spoke_most_lowers_the_probability(
    model: Model, policy: Policy, examples: Sequence[Example]
) -> None:
    """Over 40 mails, on average: the three weightiest words matter more than three others."""
    drops: dict[str, list[float]] = {"top": [], "other": []}
    rng = np.random.default_rng(0)
    for example in examples[:40]:
        first = mail_of(example)
        verdict = assess(model, policy, [first])[0]
        top = [w.words for w in verdict.evidence["topic"] if w.weight > 0 and " " not in w.words][:3]
        others = rng.choice([w for w in set(first.text.lower().split()) if w not in top], 3)
        for name, words in (("top", top), ("other", list(others))):
            text = " ".join(w for w in first.text.split() if not any(c in w.lower() for c in words))
            after = assess(model, policy, [replace(first, text=text)])[0].labels["topic"]
            drops[name].append(
                verdict.labels["topic"].probability - dict(after.alternatives)[verdict.labels["topic"].model_value]
            )
    assert np.mean(drops["top"]) > 2 * max(np.mean(drops["other"]), 0.0)


def test_versions_language_and_missing_facts_are_told(model: Model, policy: Policy) -> None:
    verdict = assess(model, policy, [mail()])[0]
    assert (verdict.versions.model, verdict.versions.policy) == (model.version, policy.version)
    assert verdict.language == "en"
    assert isinstance(verdict.missing_facts, tuple)
