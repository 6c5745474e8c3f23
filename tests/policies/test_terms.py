"""Coverage, charge, response target and notes of a decided request."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policies.facts import Facts, FactValue
from policies.loader import load_shipped
from policies.policy import Policy
from policies.terms import Terms
from tests.policies.build import SMALL, facts, policy_from

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FRIDAY = datetime(2026, 5, 8, 16, 59, 59, tzinfo=AMSTERDAM)


def _terms(
    policy: Policy,
    topic: str,
    severity: str,
    clauses: str,
    given: Facts,
    *,
    scope: str = "included",
    issue_type: str = "bug",
    at: datetime = FRIDAY,
) -> Terms:
    labels = {"severity": severity, "scope": scope, "issue_type": issue_type, "topic": topic}
    return policy.terms(labels, tuple(f"{policy.name}/{name}" for name in clauses.split()), given, at)


def _perfana(plan: str | None, severity: str, **more: object) -> Terms:
    given = facts({"plan": plan, "maintenance_until": "2026-12-31"}, proven=more.pop("proven", True))  # type: ignore[arg-type]
    return _terms(load_shipped("perfana"), "malfunction", severity, "included.1", given, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plan", "severity", "due", "within"),
    [
        ("team", "SEV1", "2026-05-11T09:59:59+02:00", "2 support hours"),
        ("team", "SEV2", "2026-05-11T13:59:59+02:00", "6 support hours"),
        ("team", "SEV3", "2026-05-11T16:59:59+02:00", "1 business day"),
        ("team", "SEV4", "2026-05-12T16:59:59+02:00", "2 business days"),
        ("enterprise", "SEV1", "2026-05-08T17:59:59+02:00", "1 support hour"),
        ("enterprise", "SEV2", "2026-05-08T18:59:59+02:00", "2 support hours"),
        ("enterprise", "SEV3", "2026-05-11T16:59:59+02:00", "1 business day"),
        ("enterprise", "SEV4", "2026-05-12T16:59:59+02:00", "2 business days"),
    ],
)
def test_perfanas_targets_by_plan_a_second_before_the_weekend(plan: str, severity: str, due: str, within: str) -> None:
    target = _perfana(plan, severity).response_target
    assert target is not None
    assert (target.due.isoformat(), target.within, target.paused) == (due, within, False)


def test_enterprise_is_supported_at_the_weekend_whatever_the_severity() -> None:
    """perfana/hours.weekend: the clock of a SEV3 starts on Saturday too, that of a Team plan on Monday."""
    saturday = datetime(2026, 5, 9, 10, 0, tzinfo=AMSTERDAM)
    enterprise, team = (_perfana(plan, "SEV3", at=saturday).response_target for plan in ("enterprise", "team"))
    assert enterprise is not None
    assert team is not None
    assert enterprise.due == datetime(2026, 5, 11, 10, 0, tzinfo=AMSTERDAM)
    assert team.due == datetime(2026, 5, 12, 8, 0, tzinfo=AMSTERDAM)
    assert "Friday 17:00 to Monday 8:00" in enterprise.calendar


def test_the_clauses_of_target_hours_and_channel_are_cited_with_their_sentences() -> None:
    terms = _perfana("enterprise", "SEV1")
    assert list(terms.clauses) == [
        "perfana/included.1",
        "perfana/target.enterprise",
        "perfana/hours.weekday",
        "perfana/hours.weekend",
        "perfana/phone.1",
        "perfana/fix.1",
    ]
    assert all(sentence.endswith(".") for sentence in terms.clauses.values())
    assert any("Phone" in note for note in terms.notes)


def test_phone_is_for_enterprise_sev1_only() -> None:
    for plan, severity in (("enterprise", "SEV2"), ("team", "SEV1"), ("free", "SEV1")):
        assert "perfana/phone.1" not in _perfana(plan, severity).clauses


def test_the_free_plan_has_no_target_and_says_so() -> None:
    terms = _perfana("free", "SEV1")
    assert terms.response_target is None
    assert "perfana/plan.free" in terms.clauses
    assert any("No response time is promised" in note for note in terms.notes)


@pytest.mark.parametrize("proven", [None, False])
def test_a_sender_who_is_not_proven_gets_no_target_of_the_plan_it_claims(proven: bool | None) -> None:
    terms = _perfana("enterprise", "SEV1", proven=proven)
    assert terms.response_target is None
    assert "perfana/target.enterprise" not in terms.clauses
    assert "perfana/phone.1" not in terms.clauses
    assert any("not proven" in note for note in terms.notes)


def test_a_policy_may_trust_the_sender(tmp_path: Path) -> None:
    text = Path(load_shipped.__globals__["__file__"]).with_name("perfana.toml").read_text(encoding="utf-8")
    policy = policy_from(text.replace('sender_proof = "required"', 'sender_proof = "trusted"'), tmp_path)
    given = facts({"plan": "enterprise"}, proven=None)
    assert _terms(policy, "malfunction", "SEV1", "included.1", given).response_target is not None


def test_an_unknown_plan_gives_no_target_and_names_the_fact() -> None:
    terms = _perfana(None, "SEV1")
    assert terms.response_target is None
    assert "No response target: it depends on what is not known (plan)." in terms.notes


def test_what_is_outside_has_no_target() -> None:
    given = facts({"plan": "enterprise"})
    terms = _terms(load_shipped("perfana"), "training", "SEV4", "not-included.7", given, scope="outside")
    assert terms.response_target is None
    assert terms.coverage == (
        "Not covered by the support agreement: Product training is not part of support (perfana/not-included.7)."
    )


def test_missing_facts_are_named_in_the_notes_by_their_titles() -> None:
    terms = _terms(load_shipped("penelope"), "admin_password_reset", "SEV4", "included.1", facts({"hosting": "saas"}))
    assert "Not known: the customer's earlier requests." in terms.notes


def test_a_false_alarm_is_proposed_to_be_charged() -> None:
    terms = _terms(
        load_shipped("penelope"), "false_alarm", "SEV4", "outside.8", facts({"hosting": "saas"}), scope="outside"
    )
    assert terms.charge == (
        "USD 250 for a false alarm (penelope/outside.8; proposed, a person confirms it before it is charged)."
    )


def test_professional_services_are_quoted_by_penelope_and_charged_by_time_at_atollon() -> None:
    scope = "professional_services"
    quoted = _terms(
        load_shipped("penelope"), "admin_password_reset", "SEV4", "outside.3 professional.2", facts(), scope=scope
    )
    timed = _terms(load_shipped("atollon"), "new_function", "SEV4", "configuration-request.1", facts(), scope=scope)
    assert quoted.charge == "Professional services, through the account manager, at a price to be quoted."
    assert quoted.coverage.startswith("Not covered by support, but offered as a professional service: Password resets")
    assert timed.charge is not None
    assert "started units of 15 minutes for each work entry" in timed.charge
    assert {"atollon/invoice.1", "atollon/invoice.2"} <= set(timed.clauses)


def test_a_price_list_is_named_with_its_prices(tmp_path: Path) -> None:
    text = Path(load_shipped.__globals__["__file__"]).with_name("atollon.toml").read_text(encoding="utf-8")
    priced = text.replace(
        "unit_minutes = 15", 'unit_minutes = 15\ncurrency = "EUR"\nper_unit = { consultant = "25.00" }'
    )
    terms = _terms(
        policy_from(priced, tmp_path),
        "new_function",
        "SEV4",
        "configuration-request.1",
        facts(),
        scope="professional_services",
    )
    assert terms.charge is not None
    assert "consultant EUR 25.00 a unit" in terms.charge


def test_what_is_included_costs_nothing() -> None:
    for name, topic, clause in (
        ("penelope", "technical_issue", "included.5"),
        ("atollon", "feature_wish", "feature.1"),
    ):
        assert _terms(load_shipped(name), topic, "SEV3", clause, facts()).charge is None


def test_a_server_that_is_down_is_answered_around_the_clock_without_a_time() -> None:
    terms = _terms(load_shipped("penelope"), "server_down", "SEV1", "included.6", facts({"hosting": "saas"}))
    assert terms.response_target is None
    assert (
        "Answered around the clock, 24 hours a day, 7 days a week; the agreement names no time (penelope/included.6)."
    ) in terms.notes
    assert "penelope/included.6" in terms.clauses


@pytest.mark.parametrize(
    ("topic", "severity", "clause"),
    [
        ("production_down", "SEV1", "fix.1"),
        ("malfunction", "SEV2", "fix.2"),
        ("bug_report", "SEV4", "fix.2"),
        ("security_bug", "SEV1", "fix.1"),
        ("security_bug", "SEV3", "fix.1 fix.2"),
    ],
)
def test_perfanas_bugs_have_a_fix_target_by_their_weight(topic: str, severity: str, clause: str) -> None:
    terms = _terms(load_shipped("perfana"), topic, severity, "included.1", facts({"plan": "team"}))
    assert {f"perfana/{name}" for name in clause.split()} <= set(terms.clauses)
    assert terms.response_target is not None


def test_what_is_no_bug_or_not_covered_has_no_fix_target() -> None:
    perfana = load_shipped("perfana")
    asked = _terms(perfana, "question", "SEV4", "included.1", facts(), issue_type="advice")
    ended = _terms(perfana, "malfunction", "SEV1", "not-included.1", facts(), scope="outside")
    for terms in (asked, ended):
        assert not {"perfana/fix.1", "perfana/fix.2"} & set(terms.clauses)


@pytest.mark.parametrize(
    ("topic", "record", "signals"),
    [
        ("end_user_support", {}, ()),
        ("malfunction", {"contact_role": "end_user"}, ()),
        ("malfunction", {}, ("end_user",)),
    ],
)
def test_an_end_user_is_redirected_however_that_is_known(
    topic: str, record: dict[str, FactValue], signals: tuple[str, ...]
) -> None:
    """Proven or not: a refusal gives nothing away."""
    perfana = load_shipped("perfana")
    labels = {"severity": "SEV3", "scope": "outside", "issue_type": "bug", "topic": topic}
    for proven in (True, None):
        given = facts(record, proven=proven)
        terms = perfana.terms(labels, (), given, FRIDAY, signals=signals)
        assert "Redirect the sender to their own administrator." in terms.notes
        assert "perfana/not-included.6" in terms.clauses


def test_advice_without_a_contract_is_charged_by_the_tariff() -> None:
    scope = "professional_services"
    terms = _terms(load_shipped("atollon"), "advice_question", "SEV4", "advice.1 advice.2", facts(), scope=scope)
    assert terms.charge == (
        "Advice by the service tariff, charged in started units of 15 minutes for each work entry, at the current "
        "price list; the time counts work, talking with the client, finding the cause, administration, testing "
        "(atollon/advice.2, atollon/invoice.1, atollon/invoice.2)."
    )


def test_a_wish_is_included_with_the_proviso_said_beside_it() -> None:
    terms = _terms(load_shipped("atollon"), "feature_wish", "SEV4", "feature.1", facts(), issue_type="feature_request")
    assert any("selected products, unless agreed otherwise" in note for note in terms.notes)


def test_a_false_alarm_that_an_agent_calls_included_costs_nothing() -> None:
    """penelope/outside.8: USD 250 is a person's word, and no rule charges it alone."""
    penelope = load_shipped("penelope")
    assert _terms(penelope, "false_alarm", "SEV4", "", facts()).charge is None
    assert all(charge.status == "proposed" for charge in penelope.file.charges if charge.kind == "amount")


def test_a_target_without_conditions_holds_for_an_unproven_sender(tmp_path: Path) -> None:
    """Nothing about it rests on who the sender is."""
    monday = datetime(2026, 5, 4, 16, 45, tzinfo=UTC)
    terms = _terms(policy_from(SMALL, tmp_path), "help", "SEV1", "in.1", facts(proven=None), at=monday)
    assert terms.response_target is not None
    assert terms.response_target.due == datetime(2026, 5, 5, 9, 15, tzinfo=UTC)
    assert terms.response_target.within == "30 support minutes"


def test_coverage_that_nothing_decides_says_so(tmp_path: Path) -> None:
    policy = policy_from(SMALL, tmp_path)
    undecided = policy.terms({"severity": "SEV4", "topic": "rest"}, (), facts(), FRIDAY)
    assert undecided.coverage == "Whether the support agreement covers this is not decided."
    assert "no clause" in _terms(policy, "rest", "SEV4", "", facts()).coverage


def test_clauses_of_an_older_policy_that_are_gone_are_left_out() -> None:
    assert "perfana/gone.1" not in _terms(load_shipped("perfana"), "malfunction", "SEV4", "gone.1", facts()).clauses


@pytest.mark.parametrize(
    "at", [FRIDAY, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 24, 23, 30, tzinfo=UTC)]
)
def test_terms_and_facts_survive_json(at: datetime) -> None:
    """Also in the hour that autumn repeats, when a zoned time is unequal even to itself read back."""
    terms = _perfana("enterprise", "SEV1", at=at)
    assert terms.response_target is not None
    assert Terms.from_json(json.loads(json.dumps(terms.to_json()))) == terms
    given = facts({"plan": "team", "seats": 3, "maintenance_until": "2026-05-01"}, history=["malfunction"])
    assert Facts.from_json(json.loads(json.dumps(given.to_json()))) == given
