"""The rules and severity tables against the labelled mails: the topic, impact and facts of a label give its scope."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from policies.facts import Facts, PastTicket
from policies.labels import IssueType, Severity
from policies.loader import load_shipped, shipped
from policies.policy import Policy
from policies.rule import Observation

DATA = Path(__file__).parents[2] / "training_data"


def _mails(name: str) -> list[dict[str, Any]]:
    path = DATA / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"training_data/{path.name} is not here")
    with path.open(encoding="utf-8") as lines:
        mails = [json.loads(line) for line in lines]
    return [mail for mail in mails if {"scope", "topic", "severity", "impact"} <= set(mail["labels"])]


def _impact(mail: dict[str, Any]) -> dict[str, str]:
    return {key: str(value).lower() for key, value in mail["labels"]["impact"].items()}


def _said(policy: Policy, mail: dict[str, Any]) -> Iterator[str]:
    """Signals whose phrases stand in the mail, word for word (no negation: the classifier's duty)."""
    text = " ".join(f"{mail['subject']} {mail['body']}".lower().split())
    for signal in policy.signals.values():
        phrases = (re.escape(phrase) for of_language in signal.phrases.values() for phrase in of_language)
        if re.search(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", text):
            yield signal.name


def _observation(policy: Policy, mail: dict[str, Any]) -> Observation:
    labels, history = mail["labels"], mail.get("history")
    return Observation(
        topic=labels["topic"],
        issue_type=IssueType(labels["issue_type"]) if "issue_type" in labels else None,
        severity=Severity(labels["severity"]),
        scope=None,
        impact=_impact(mail),
        signals=tuple(_said(policy, mail)),
        facts=Facts(
            received_at=datetime.fromisoformat(mail["received"]),
            customer=mail.get("customer") or {},
            history=None if history is None else tuple(PastTicket(p["topic"], p["days_ago"]) for p in history),
            sender_proven=True,
        ),
    )


@pytest.mark.parametrize("name", shipped())
def test_topic_and_facts_give_the_labelled_scope(name: str) -> None:
    policy, mails = load_shipped(name), [mail for mail in _mails(name) if mail.get("received")]
    wrong = [
        mail["id"]
        for mail in mails
        if policy.decide(_observation(policy, mail)).values.get("scope") != mail["labels"]["scope"]
    ]
    assert len(wrong) <= 0.03 * len(mails), wrong


@pytest.mark.parametrize("name", shipped())
def test_topic_and_facts_cite_the_labelled_clauses(name: str) -> None:
    policy = load_shipped(name)
    mails = [mail for mail in _mails(name) if mail.get("received") and "clauses" in mail["labels"]]
    wrong = [
        mail["id"]
        for mail in mails
        if set(policy.decide(_observation(policy, mail)).clauses) != set(mail["labels"]["clauses"])
    ]
    assert len(wrong) <= 0.03 * len(mails), wrong


@pytest.mark.parametrize("name", shipped())
def test_impact_gives_the_labelled_severity(name: str) -> None:
    policy, mails = load_shipped(name), _mails(name)
    wrong = [
        mail["id"] for mail in mails if policy.severity_from_impact(_impact(mail))[0] != mail["labels"]["severity"]
    ]
    assert len(wrong) <= 0.03 * len(mails), wrong


@pytest.mark.parametrize("name", shipped())
def test_no_rule_moves_the_severity_or_issue_type_of_a_label(name: str) -> None:
    policy = load_shipped(name)
    for mail in _mails(name):
        if not mail.get("received"):
            continue
        values = policy.decide(_observation(policy, mail)).values
        assert values.get("severity", mail["labels"]["severity"]) == mail["labels"]["severity"], mail["id"]
        assert values.get("issue_type", mail["labels"]["issue_type"]) == mail["labels"]["issue_type"], mail["id"]
