"""The return trip: corrections are learned, and what makes decisions worse is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classifier import training
from classifier.assess import assess
from classifier.example import WRITTEN, Example
from classifier.families import group_families
from classifier.fitting import Fitting, fit_model
from classifier.held_out import NOTHING_HELD
from classifier.holding_back import fold_of
from classifier.mail import mail_of
from classifier.model import Model, train
from classifier.snapshot import snapshot
from classifier.training import challenge
from policies.policy import Policy
from tests.alone import alone_above

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


def test_a_family_stays_in_its_fold_and_folds_are_about_as_large() -> None:
    folds = [fold_of(f"text {i}", 5) for i in range(2000)]
    assert folds == [fold_of(f"text {i}", 5) for i in range(2000)]
    assert all(0.17 < folds.count(fold) / 2000 < 0.23 for fold in range(5))


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
    assert any("Severity cost" in reason and "refused" in reason for reason in report.reasons)


def test_the_champions_own_words_judge_it_and_nothing_is_fitted_again(
    policy: Policy, champion: Model, verified: Sequence[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = []

    def counted(*args: Any, **kwargs: Any) -> Fitting:
        fits.append(len(args[1]))
        return fit_model(*args, **kwargs)

    monkeypatch.setattr(training, "fit_model", counted)
    report = challenge(policy, champion, verified, profile="lean")
    assert (fits, report.promoted) == ([70], True)
    # A version from before its words were kept is fitted again by its recipe.
    older = challenge(policy, replace(champion, held=NOTHING_HELD), verified, profile="lean")
    assert (fits, older.promoted) == ([70, 70, 70], True)
    assert older.parts == report.parts


def test_what_agents_labelled_since_is_judged_by_time_as_well(
    policy: Policy, champion: Model, verified: Sequence[Example], examples: Sequence[Example]
) -> None:
    since = [
        replace(corrected(e, n, **e.labels), received=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=n))
        for n, e in enumerate(examples[70:90])
    ]
    told: list[str] = []
    report = challenge(
        policy, champion, [*verified, *since], profile="lean", progress=lambda step, share: told.append(step)
    )
    assert [(part.part, part.mails) for part in report.parts] == [("training_data", 70), ("later", 10)]
    assert any("mails that came later" in reason for reason in report.reasons)
    assert told[0] == "features" and told[-1] == "judged"
    # The next model is judged on them as on all others.
    assert report.model.held.ids == tuple(sorted(report.model.held.ids))
    assert {e.id for e in since} <= set(report.model.held.ids)


def test_corrections_that_agree_pass(policy: Policy, examples: Sequence[Example]) -> None:
    known = examples[:150]
    champion = replace(train(policy, known, profile="lean"), version="20260101-000000-00000000")
    agreeing = [corrected(e, n, **e.labels) for n, e in enumerate(known[:40])]
    report = challenge(policy, champion, [*known, *agreeing], profile="lean")
    assert report.promoted, report.reasons


def test_the_verified_label_judges_where_an_agent_says_otherwise(policy: Policy, verified: Sequence[Example]) -> None:
    wrong = [corrected(e, n, severity="SEV1") for n, e in enumerate(verified)]
    report = challenge(policy, None, [*verified, *wrong], profile="lean")
    assert [part.part for part in report.parts] == ["training_data"]


def test_too_few_mails_to_judge_by_promote_nothing(
    policy: Policy, champion: Model, verified: Sequence[Example]
) -> None:
    report = challenge(policy, champion, verified[:7], profile="lean")
    assert not report.promoted
    assert "label more mails" in report.reasons[0]


def test_where_too_few_judge_and_a_person_decides_all_the_next_model_is_taken_and_decides_nothing_alone(
    policy: Policy, verified: Sequence[Example]
) -> None:
    few = verified[:6]
    first = challenge(policy, None, few, profile="lean")
    assert first.promoted and first.model is not None
    assert first.model.acts_alone == ()
    more = challenge(policy, first.model, verified[:7], profile="lean")
    assert more.promoted and more.model is not None
    assert "without a person" in more.reasons[0]
    assert more.model.acts_alone == ()
    confident = replace(first.model, autonomy=alone_above(first.model, 0.9))
    assert not challenge(policy, confident, verified[:7], profile="lean").promoted


def test_mails_that_nobody_sent_are_learned_from_and_show_no_precision(policy: Policy) -> None:
    sent = [plain(number) for number in range(70)]
    assert "severity" in train(policy, sent, profile="lean").acts_alone
    assert train(policy, [replace(mail, origin=WRITTEN) for mail in sent], profile="lean").acts_alone == ()


def plain(number: int) -> Example:
    """A mail of one of two kinds that nothing could take for the other."""
    down = number % 2 == 0
    text = "the server is down for everybody" if down else "which firewall ports must be open please"
    labels = {"severity": "SEV1" if down else "SEV4", "scope": "included", "issue_type": "bug" if down else "advice"}
    labels["topic"] = "server_down" if down else "port_information"
    return Example(id=f"plain-{number}", subject=text, body=f"{text}, says {number}", labels=labels)


def test_one_correction_is_learned_for_mails_of_its_kind(policy: Policy, examples: Sequence[Example]) -> None:
    """Once corrected and trained, the mail and its like have the topic as corrected, and the severity is likelier.

    The facts that the text tells weigh in the severity too, and one correction does not change how they are read.
    """
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
    likelier = [dict(v.labels["severity"].alternatives)[severity] for v in now]
    assert min(likelier) > dict(said["severity"].alternatives)[severity]
