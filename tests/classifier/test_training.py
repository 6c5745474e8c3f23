"""The return trip: corrections are learned, and what makes decisions worse is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from classifier.assess import assess
from classifier.example import Example
from classifier.mail import mail_of
from classifier.model import Model, train
from classifier.training import challenge, group_families, is_held_back, one_step_cost, snapshot
from policies.policy import Policy

SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")


def corrected(example: Example, number: int, **labels: str) -> Example:
    """The example as an agent's correction of the ticket that the mail became."""
    return Example(
        id=f"ticket-{number}",
        subject=example.subject,
        body=example.body,
        received=example.received,
        customer=example.customer,
        history=example.history,
        labels=labels,
        group=f"conversation-{number}",
        origin="agent",
    )


@pytest.fixture(scope="module")
def verified(examples: Sequence[Example]) -> Sequence[Example]:
    """Enough mails to learn from and to judge by, few enough to train on in a second."""
    return examples[:70]


@pytest.fixture(scope="module")
def champion(policy: Policy, verified: Sequence[Example]) -> Model:
    return replace(train(policy, verified, profile="lean"), version="20260101-000000-00000000")


def test_a_snapshot_is_the_same_in_any_order_and_differs_with_any_label(examples: Sequence[Example]) -> None:
    shuffled = random.Random(0).sample(list(examples), len(examples))
    assert snapshot(shuffled).digest == snapshot(examples).digest
    other = [replace(examples[0], labels={**examples[0].labels, "severity": "SEV2"}), *examples[1:]]
    assert examples[0].labels["severity"] == "SEV2" or snapshot(other).digest != snapshot(examples).digest


def test_an_agents_word_replaces_the_label_it_speaks_on_and_no_other(examples: Sequence[Example]) -> None:
    agent = replace(examples[0], labels={"severity": "SEV3"}, impact={}, clauses=None, origin="agent")
    merged = snapshot([agent, *examples]).examples
    changed = next(e for e in merged if e.id == examples[0].id)
    assert len(merged) == len(examples)
    assert changed.labels == {**examples[0].labels, "severity": "SEV3"}
    assert (changed.impact, changed.clauses) == (examples[0].impact, examples[0].clauses)
    assert snapshot([agent, *examples]).agent_labelled == 1


def test_mails_of_one_group_or_one_text_are_of_one_family(examples: Sequence[Example]) -> None:
    copy = corrected(examples[0], 1, severity="SEV1")
    reply = replace(examples[1], group=copy.group)
    families = group_families([*examples[:3], copy, reply])
    assert families[examples[0].digest] == families[copy.digest] == families[reply.digest]
    assert families[examples[0].digest] != families[examples[2].digest]


def test_a_family_stays_on_its_side_and_about_a_fifth_is_held_back() -> None:
    sides = [is_held_back("penelope", f"text {i}") for i in range(2000)]
    assert sides == [is_held_back("penelope", f"text {i}") for i in range(2000)]
    assert 0.18 < sum(sides) / 2000 < 0.26


def test_the_first_model_is_taken_and_says_how_it_did_on_mails_it_had_not_seen(
    policy: Policy, verified: Sequence[Example]
) -> None:
    report = challenge(policy, None, verified, profile="lean")
    assert report.promoted
    assert report.model is not None
    assert report.model.learned_from == frozenset(e.digest for e in verified)
    assert report.parts[0].champion is None
    assert report.parts[0].challenger.model_alone["topic"].accuracy < 0.95
    assert json.loads(json.dumps(report.to_json()))["examples"] == len(verified)


def test_learning_the_same_again_is_not_worse(policy: Policy, champion: Model, verified: Sequence[Example]) -> None:
    report = challenge(policy, champion, verified, profile="lean")
    assert report.promoted, report.reasons
    assert report.parts[0].champion == report.parts[0].challenger
    assert report.champion_version == champion.version


def test_shuffled_severities_are_refused(policy: Policy, champion: Model, verified: Sequence[Example]) -> None:
    """Corrections of 70 tickets, every severity another than the true one."""
    shuffle = random.Random(1)
    poison = [
        corrected(e, n, severity=shuffle.choice([s for s in SEVERITIES if s != e.labels["severity"]]))
        for n, e in enumerate(verified)
    ]
    report = challenge(policy, champion, [*verified, *poison], profile="lean")
    assert not report.promoted
    assert report.model is None
    assert any("Severity cost" in reason and "refused" in reason for reason in report.reasons)


def test_corrections_that_agree_pass(policy: Policy, champion: Model, verified: Sequence[Example]) -> None:
    agreeing = [corrected(e, n, **e.labels) for n, e in enumerate(verified[:40])]
    report = challenge(policy, champion, [*verified, *agreeing], profile="lean")
    assert report.promoted, report.reasons


def test_the_verified_label_judges_where_an_agent_says_otherwise(policy: Policy, verified: Sequence[Example]) -> None:
    wrong = [corrected(e, n, severity="SEV1") for n, e in enumerate(verified)]
    report = challenge(policy, None, [*verified, *wrong], profile="lean")
    assert [part.part for part in report.parts] == ["training_data"]


def test_too_few_mails_to_judge_by_promote_nothing(
    policy: Policy, champion: Model, verified: Sequence[Example]
) -> None:
    report = challenge(policy, champion, verified[:12], profile="lean")
    assert not report.promoted
    assert "label more mails" in report.reasons[0]


def test_one_correction_is_learned_for_mails_of_its_kind(policy: Policy, examples: Sequence[Example]) -> None:
    """What the model called otherwise is, once corrected and trained, classified as corrected, and so is its like."""
    before = train(policy, examples, profile="lean")
    first = replace(
        examples[0],
        id="t",
        subject="Chat bubbles in the portal",
        body="Hello, the new chat bubbles cover the save button in the client portal. Can they be moved?\n\nKim",
    )
    like = replace(
        mail_of(first),
        subject="chat bubble",
        text="hi, since today a chat bubble sits over the save button of the portal. move it pls",
    )
    said = assess(before, policy, [like])[0].labels
    topic = "dashboard_accounts" if said["topic"].value != "dashboard_accounts" else "other"
    severity = "SEV2" if said["severity"].value != "SEV2" else "SEV3"
    correction = corrected(first, 1, topic=topic, severity=severity)
    report = challenge(policy, replace(before, version="v"), [*examples, correction], profile="lean")
    assert report.model is not None, report.reasons
    now = assess(report.model, policy, [mail_of(correction), like])
    assert [v.labels["topic"].value for v in now] == [topic, topic]
    assert [v.labels["severity"].value for v in now] == [severity, severity]


def test_one_step_costs_what_the_policys_table_says_on_average(policy: Policy) -> None:
    costs = policy.severity_costs
    steps = [("SEV1", "SEV2"), ("SEV2", "SEV1"), ("SEV2", "SEV3"), ("SEV3", "SEV2"), ("SEV3", "SEV4"), ("SEV4", "SEV3")]
    flat = {str(a): {str(b): c for b, c in row.items()} for a, row in costs.items()}
    assert one_step_cost(policy) == pytest.approx(sum(flat[a][b] for a, b in steps) / 6)
