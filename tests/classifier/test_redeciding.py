"""A recorded mail is decided again from its reading alone exactly as its text would be."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from classifier.assess import Mail, assess
from classifier.example import Example
from classifier.mail import mail_of
from classifier.model import Model
from classifier.redeciding import (
    as_decided,
    is_exact,
    read_severity,
    recorded_severity,
    redecide,
)
from classifier.registry import Registry
from mailtriage.starters import shipped_examples, starter_models
from policies.facts import Facts
from policies.loader import load_shipped, read_policy
from policies.policy import Policy

COSTS_OF_SEV1 = re.compile(r"\[severity_costs\.SEV1\]\nSEV2 = .*\nSEV3 = .*\nSEV4 = .*")
COUNT = 40


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_shipped("perfana")


@pytest.fixture(scope="module")
def model() -> Model:
    return Registry(starter_models("standard")).load("perfana")


@pytest.fixture(scope="module")
def mails() -> list[Mail]:
    examples: Sequence[Example] = shipped_examples("perfana")
    return [mail_of(example) for example in examples[:COUNT]]


@pytest.fixture(scope="module")
def verdicts(policy: Policy, model: Model, mails: list[Mail]) -> list[dict[str, Any]]:
    """Verdicts as a store would give them back."""
    return [json.loads(json.dumps(verdict.to_json())) for verdict in assess(model, policy, mails)]


def facts_of(mail: Mail) -> Facts:
    return Facts.from_json(json.loads(json.dumps(mail.facts.to_json())))


def test_the_same_policy_decides_the_same(policy: Policy, mails: list[Mail], verdicts: list[dict[str, Any]]) -> None:
    for mail, verdict in zip(mails, verdicts, strict=True):
        signals = frozenset(verdict["reading"]["signals"])
        again = redecide(policy, verdict, recorded_severity(verdict), facts_of(mail), signals)
        assert again == as_decided(verdict)


def costly(policy: Policy) -> Policy:
    """A policy that dreads a missed SEV1 a hundred times as much."""
    source, count = COSTS_OF_SEV1.subn(
        "[severity_costs.SEV1]\nSEV2 = 200\nSEV3 = 300\nSEV4 = 400", policy.source.decode()
    )
    assert count == 1
    return read_policy(source.encode(), "costly")


def test_other_costs_decide_as_the_model_would_with_the_text(
    policy: Policy, model: Model, mails: list[Mail], verdicts: list[dict[str, Any]]
) -> None:
    other = costly(policy)
    really = [as_decided(verdict.to_json()) for verdict in assess(model, other, mails)]
    changed = 0
    for mail, verdict, expected in zip(mails, verdicts, really, strict=True):
        severity = read_severity(verdict, other, model.autonomy["severity"])
        signals = frozenset(verdict["reading"]["signals"])
        assert redecide(other, verdict, severity, facts_of(mail), signals) == expected
        changed += expected.values["severity"] != verdict["labels"]["severity"]["value"]
    assert changed


def test_without_the_model_another_severity_is_not_known_to_be_sure(
    policy: Policy, verdicts: list[dict[str, Any]]
) -> None:
    read = [read_severity(verdict, costly(policy), None) for verdict in verdicts]
    moved = [
        one
        for one, verdict in zip(read, verdicts, strict=True)
        if one.value != verdict["labels"]["severity"]["model_value"]
    ]
    assert moved
    assert all(one.sure is None for one in moved)


def test_a_verdict_without_reading_is_decided_from_its_labels(
    policy: Policy, mails: list[Mail], verdicts: list[dict[str, Any]]
) -> None:
    for mail, verdict in zip(mails, verdicts, strict=True):
        older = {**verdict, "reading": None}
        assert not is_exact(older)
        signals = frozenset(verdict["reading"]["signals"])
        again = redecide(policy, older, recorded_severity(older), facts_of(mail), signals)
        assert again.values == as_decided(verdict).values
        assert again.clauses == as_decided(verdict).clauses


def test_whoever_decided_a_label_is_named(verdicts: list[dict[str, Any]]) -> None:
    told = [as_decided(verdict) for verdict in verdicts]
    rules = {rule.id for rule in load_shipped("perfana").rules}
    for decision, verdict in zip(told, verdicts, strict=True):
        for label, by in decision.decided_by.items():
            expected = {"rule": rules | {"topic"}, "model": {"model"}}[verdict["labels"][label]["source"]]
            assert by in expected
    assert {by for decision in told for by in decision.decided_by.values()} > {"model", "topic"}


def test_who_must_look_is_as_in_the_verdict(policy: Policy, model: Model, mails: list[Mail]) -> None:
    for verdict in assess(model, policy, mails[:8]):
        assert as_decided(verdict.to_json()).needs_person == verdict.needs_person
        asked = replace(verdict, ask=("Is it so?",))
        assert as_decided(asked.to_json()).needs_person
