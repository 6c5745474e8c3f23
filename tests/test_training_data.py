"""What every labelled mail that ships must keep to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.encoder import Profile
from classifier.example import Example, check_labels, read_file, read_jsonl
from classifier.registry import Registry
from mailtriage.starters import STARTER_PROFILES, shipped_snapshot, starter_models
from policies.labels import IMPACT_VALUES
from policies.loader import load_shipped, shipped

FOLDER = Path(__file__).parents[1] / "training_data"
MOST_ALIKE = 0.8


def mails(policy: str) -> list[Example]:
    with (FOLDER / f"{policy}.jsonl").open(encoding="utf-8") as stream:
        return read_jsonl(stream, policy)


@pytest.mark.parametrize("policy", shipped())
def test_each_policy_has_at_least_800_mails(policy: str) -> None:
    assert len(mails(policy)) >= 800


@pytest.mark.parametrize("policy", shipped())
def test_every_label_and_every_quoted_evidence_is_legal(policy: str) -> None:
    loaded = load_shipped(policy)
    assert {e.id: p for e in mails(policy) if (p := check_labels(e, loaded))} == {}


@pytest.mark.parametrize("profile", STARTER_PROFILES)
@pytest.mark.parametrize("policy", shipped())
def test_the_starter_model_was_made_from_these_mails_and_this_policy(policy: str, profile: Profile) -> None:
    """When the mails or the policy change, ``make models`` makes the starters anew."""
    registry = Registry(starter_models(profile))
    card = registry.card(policy, registry.current(policy) or "")
    assert card.data_digest == shipped_snapshot(policy, shipped()).digest
    assert card.policy_version == load_shipped(policy).version
    assert card.profile == profile


@pytest.mark.parametrize("policy", shipped())
def test_the_starter_model_of_the_standard_profile_can_be_loaded(policy: str) -> None:
    registry = Registry(starter_models("standard"))
    assert registry.load(policy).version == registry.current(policy)


def test_the_dutch_test_part_is_legal_and_unlike_what_is_trained_on() -> None:
    held_out = read_file(FOLDER / "held_out" / "dutch.jsonl")
    assert len(held_out) == 120
    assert {e.id: p for e in held_out if (p := check_labels(e, load_shipped(e.policy or "")))} == {}
    trained = [mail for policy in shipped() for mail in mails(policy)]
    assert not {e.id for e in held_out} & {e.id for e in trained}
    assert too_alike([*trained, *held_out]) == []


def test_the_pairs_of_one_kind_are_legal_agree_and_are_unlike_what_is_trained_on() -> None:
    held_out = read_file(FOLDER / "held_out" / "kinds.jsonl")
    assert {e.id: p for e in held_out if (p := check_labels(e, load_shipped(e.policy or "")))} == {}
    pairs: dict[str | None, list[Example]] = {}
    for mail in held_out:
        pairs.setdefault(mail.group, []).append(mail)
    assert {len(pair) for pair in pairs.values()} == {2}
    assert [
        a.group for a, b in pairs.values() if any(a.labels[k] != b.labels[k] for k in ("topic", "issue_type"))
    ] == []
    trained = [mail for policy in shipped() for mail in mails(policy)]
    assert not {e.id for e in held_out} & {e.id for e in trained}
    assert too_alike([*trained, *held_out]) == []


@pytest.mark.parametrize("fact", IMPACT_VALUES)
def test_every_value_of_every_impact_fact_has_at_least_40_mails(fact: str) -> None:
    counts = Counter(e.impact[fact] for policy in shipped() for e in mails(policy))
    assert {value: counts[value] for value in IMPACT_VALUES[fact] if counts[value] < 40} in ({}, {"unknown": 0})


@pytest.mark.parametrize("policy", shipped())
def test_every_mail_has_all_labels_and_impact_facts(policy: str) -> None:
    assert [e.id for e in mails(policy) if set(e.labels) != {"severity", "scope", "issue_type", "topic"}] == []
    assert [e.id for e in mails(policy) if set(e.impact) != set(IMPACT_VALUES)] == []


@pytest.mark.parametrize("policy", shipped())
def test_every_topic_of_the_policy_has_at_least_nine_mails(policy: str) -> None:
    counts = Counter(e.labels["topic"] for e in mails(policy))
    assert {topic: counts[topic] for topic in load_shipped(policy).topics if counts[topic] < 9} == {}


def test_no_two_mails_are_nearly_the_same() -> None:
    everything = [mail for policy in shipped() for mail in mails(policy)]
    assert too_alike(everything) == []


def test_a_near_duplicate_would_be_found() -> None:
    first = Example("a", "Server down", "Nobody of the ward can log in since eight this morning, please call us back.")
    second = Example("b", "server down!", "nobody of the ward can log in since eight this morning, please call us back")
    other = Example("c", "Ports", "Which ports do we open for the reporting add-on?")
    assert too_alike([first, second, other]) == [("a", "b")]


def too_alike(examples: list[Example]) -> list[tuple[str, str]]:
    """Pairs of ids whose texts have a TF-IDF cosine above :data:`MOST_ALIKE`."""
    vectors = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(f"{e.subject}\n{e.body}" for e in examples)
    rows, columns = ((vectors @ vectors.T) > MOST_ALIKE).nonzero()
    return [(examples[i].id, examples[j].id) for i, j in zip(rows, columns, strict=True) if i < j]
