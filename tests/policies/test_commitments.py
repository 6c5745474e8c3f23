"""What a decided request uses up, which procedure it is in, and what may be opened from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from policies.facts import Facts
from policies.loader import check, load_shipped
from policies.terms import Terms
from policies.work.commitments import request_to_open

ATOLLON = load_shipped("atollon")
PENELOPE = load_shipped("penelope")
NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
FREE = ("atollon/configuration-request.1", "atollon/configuration-request.4")
CHARGED = ("atollon/configuration-request.1", "atollon/configuration-request.2")


def labels(
    scope: str = "included", topic: str = "new_function", issue_type: str = "configuration_request"
) -> dict[str, str]:
    return {"severity": "SEV4", "scope": scope, "issue_type": issue_type, "topic": topic}


def facts(*, proven: bool | None = True, **customer: Any) -> Facts:
    return Facts(NOON, customer, (), proven, "en")


def terms(found: dict[str, str], clauses: tuple[str, ...], known: Facts) -> Terms:
    return ATOLLON.terms(found, clauses, known, NOON)


def test_a_request_that_a_free_task_covers_uses_one() -> None:
    found = terms(labels(), FREE, facts(free_tasks_left=1))
    assert found.quotas == {"free-tasks": "free_tasks_left"}
    assert found.procedure == "free-task"
    assert "Uses one of the customer's free tasks." in found.notes


@pytest.mark.parametrize(
    "known",
    [
        facts(free_tasks_left=0),
        facts(),
        facts(free_tasks_left=-1),
        facts(proven=False, free_tasks_left=1),
        facts(proven=None, free_tasks_left=1),
    ],
    ids=["none left", "not known", "below zero", "proof failed", "not proven"],
)
def test_without_one_left_or_without_proof_no_free_task_is_used(known: Facts) -> None:
    assert terms(labels(), FREE, known).quotas == {}


@pytest.mark.parametrize(
    "found", [labels("professional_services"), labels(topic="advice_question", issue_type="advice")]
)
def test_what_is_charged_or_no_configuration_request_uses_no_free_task(found: dict[str, str]) -> None:
    assert terms(found, (), facts(free_tasks_left=3)).quotas == {}


def test_a_charged_request_has_the_procedure_with_estimate_and_approval() -> None:
    assert terms(labels("professional_services"), CHARGED, facts()).procedure == "configuration-request"


def test_a_longer_project_has_hand_over_and_approval_free_or_not() -> None:
    long = (*CHARGED, "atollon/configuration-request.3")
    assert terms(labels("professional_services"), long, facts()).procedure == "project"
    assert terms(labels(), (*FREE, "atollon/configuration-request.3"), facts(free_tasks_left=1)).procedure == "project"


def test_a_bug_is_in_no_procedure() -> None:
    assert terms(labels(topic="application_bug", issue_type="bug"), ("atollon/bug.1",), facts()).procedure is None


def test_a_request_is_opened_from_advice_alone_and_where_the_policy_names_one() -> None:
    found = request_to_open(ATOLLON, labels(topic="advice_question", issue_type="advice"), facts())
    assert found is not None
    assert "new_function" in found.topics
    assert request_to_open(ATOLLON, labels(), facts()) is None
    advice = {"severity": "SEV4", "scope": "included", "issue_type": "advice", "topic": "other"}
    assert request_to_open(PENELOPE, advice, facts()) is None


def test_a_charge_that_a_person_confirms_is_proposed() -> None:
    alarm = {"severity": "SEV4", "scope": "outside", "issue_type": "advice", "topic": "false_alarm"}
    assert PENELOPE.terms(alarm, ("penelope/outside.8",), facts(hosting="saas"), NOON).charge_proposed
    assert not terms(labels("professional_services"), CHARGED, facts()).charge_proposed


def test_what_terms_say_of_work_survives_json_and_is_absent_from_older_ones() -> None:
    found = terms(labels(), FREE, facts(free_tasks_left=1))
    assert Terms.from_json(found.to_json()) == found
    older = {
        key: value for key, value in found.to_json().items() if key not in ("quotas", "procedure", "charge_proposed")
    }
    assert (Terms.from_json(older).quotas, Terms.from_json(older).procedure) == ({}, None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('fact = "free_tasks_left"', 'fact = "hosting"', "quotas[0].fact"),
        ('cites = ["configuration-request.3"]', 'cites = ["configuration-request.9"]', "procedures[0].cites"),
        (
            'before_approval = ["talking with the client", ',
            'before_approval = ["chatting", ',
            "procedures[0].before_approval",
        ),
        ('clauses = ["advice.3"]\nwhen = ', 'clauses = ["advice.9"]\nwhen = ', "linked_request.clauses"),
        ('id = "free-task"\ntitle = "Free task"', 'id = "project"\ntitle = "Free task"', "procedures[2]"),
    ],
)
def test_names_that_are_not_there_are_found_in_the_file(tmp_path: Any, old: str, new: str, says: str) -> None:
    text = ATOLLON.source.decode()
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(says in str(problem) for problem in check(path))
