"""A recorded ticket is explained from what was stored with it, under the policy that decided it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.verdict import FactReading, LabelDecision, Reading, RuleHit, Verdict, Versions
from intake import files
from mailtriage.demo import SAMPLES
from mailtriage.explanation import NotExplained, explain, explained
from mailtriage.importing import import_mails
from mailtriage.office import Office
from policies.clock.pause import Pause
from policies.facts import Facts
from policies.labels import IMPACT_VALUES, LABELS
from policies.loader import load_shipped
from policies.policy import Policy
from policies.rule import Observation
from tests.mailtriage.test_cli import Called
from tickets.rows import Ticket

RECEIVED = datetime(2026, 5, 8, 14, 30, tzinfo=UTC)
READ = {"kind": "fault", "function": "degraded", "affected": "group", "environment": "production"}
SAID = {"severity": "SEV2", "scope": "included", "issue_type": "bug", "topic": "malfunction"}


def _verdict(
    policy: Policy, values: Mapping[str, str], signals: Mapping[str, tuple[str, ...]], facts: Facts
) -> Verdict:
    impact = {fact: READ.get(fact, values_[-1]) for fact, values_ in IMPACT_VALUES.items()}
    outcome = policy.decide(Observation(values["topic"], None, None, None, impact, frozenset(signals), facts))
    return Verdict(
        policy=policy.name,
        labels={
            label: LabelDecision(values[label], "model", SAID[label], 0.83, ((SAID[label], 0.83),), True)
            for label in LABELS
        },
        impact={fact: FactReading(value, 0.9, None) for fact, value in impact.items()},
        severity_by_table="SEV2",
        severity_by_head="SEV3",
        clauses=outcome.clauses,
        evidence={},
        rule_hits=tuple(RuleHit(hit.rule.id, hit.rule.clauses, {}, hit.because) for hit in outcome.fired),
        missing_facts=(),
        ask=(),
        language="en",
        versions=Versions("model-7", policy.version, "0.1.0"),
        reading=Reading({}, {}, 0.0, 1.0, {}, signals),
    )


def _ticket(
    policy: Policy,
    customer: Mapping[str, str | bool],
    *,
    signals: Mapping[str, tuple[str, ...]] | None = None,
    corrected: Mapping[str, str] | None = None,
    **values: str,
) -> Ticket:
    """A ticket whose sender is proven, decided by the model but for ``values``."""
    facts = Facts(RECEIVED, dict(customer), (), sender_proven=True, language="en")
    decided = {**SAID, **values}
    verdict = _verdict(policy, decided, signals or {}, facts)
    labels = {**decided, **(corrected or {})}
    terms = policy.terms(labels, verdict.clauses, facts, RECEIVED, impact=READ, signals=frozenset(signals or {}))
    due = terms.response_target.due if terms.response_target else None
    return Ticket(
        number=3,
        policy=policy.name,
        conversation="c",
        state="review",
        review_reasons=(),
        subject="Runs are slow",
        sender_name="Ann",
        sender_address="ann@example.org",
        customer_id=1,
        customer_name="Example",
        **labels,
        clauses=tuple(terms.clauses),
        created_at=RECEIVED,
        due_at=due,
        verdict=verdict,
        facts=facts,
        terms=terms,
        corrected=corrected or {},
    )


@pytest.fixture(scope="module")
def perfana() -> Policy:
    return load_shipped("perfana")


ENTERPRISE = {
    "plan": "enterprise",
    "maintenance_until": "2027-01-01",
    "product_version": "3.6",
    "contact_role": "system_admin",
}


def test_labels_name_their_source_and_what_the_model_said(perfana: Policy) -> None:
    ticket = _ticket(perfana, ENTERPRISE, corrected={"severity": "SEV1", "topic": "malfunction"})
    told = {label.label: label for label in explained(ticket, perfana, {}, []).labels}
    assert told["severity"].source == "agent"
    assert told["severity"].says == "changed by an agent; the model said SEV2 (83%)"
    assert told["topic"].says == "confirmed by an agent; the model said malfunction (83%)"
    assert told["scope"].source == "topic"
    assert told["issue_type"].source == "model"


def test_the_line_of_the_target_and_the_counting_are_told(perfana: Policy) -> None:
    told = explained(_ticket(perfana, {**ENTERPRISE, "plan": "team"}), perfana, {}, [])
    assert [line.state for line in told.targets] == ["applied", "not_read", "not_read"]
    assert told.due[0] == "promised to the Team plan for SEV2: 6 support hours"
    assert told.due[2:] == (
        "Friday 2026-05-08 16:30 to Friday 2026-05-08 17:00: 30 min",
        "Monday 2026-05-11 08:00 to Monday 2026-05-11 13:30: 5 h 30 min",
        "due Monday 2026-05-11 13:30: 6 support hours after it came",
    )


def test_pauses_are_told_with_what_they_moved(perfana: Policy) -> None:
    pause = Pause(datetime(2026, 5, 11, 6, 0, tzinfo=UTC), datetime(2026, 5, 11, 7, 0, tzinfo=UTC))
    told = explained(_ticket(perfana, {**ENTERPRISE, "plan": "team"}), perfana, {}, [pause])
    assert told.due[-1].endswith("1 h of support time: due Monday 2026-05-11 14:30")


def test_rules_are_told_in_order_with_words_and_reasons(perfana: Policy) -> None:
    signals = {"end_user": ("as an end user",)}
    known = {key: value for key, value in ENTERPRISE.items() if key not in ("contact_role", "product_version")}
    ticket = _ticket(perfana, known, signals=signals, scope="outside")
    told = explained(ticket, perfana, signals, [])
    assert [rule.id for rule in told.rules] == [rule.id for rule in perfana.rules]
    rules = {rule.id: rule for rule in told.rules}
    assert rules["end-user"].state == "applied"
    assert rules["end-user"].words == ("as an end user",)
    assert rules["end-of-life"].says == "not known: product version"
    assert "it is -238 days since the end of the maintenance agreement" in rules["maintenance-expired"].says
    assert {label.label: label.source for label in told.labels}["scope"] == "rule"


def test_every_clause_says_what_cites_it(perfana: Policy) -> None:
    told = explained(_ticket(perfana, ENTERPRISE), perfana, {}, [])
    cited = {clause.id: clause.cited_by for clause in told.clauses}
    assert cited["perfana/included.1"] == ("the topic 'malfunction'",)
    assert cited["perfana/target.enterprise"] == ("the response target 'enterprise'",)
    assert cited["perfana/fix.2"] == ("the notice 'scheduled-fix'",)
    assert all(clause.sentence for clause in told.clauses)


def test_a_charge_says_which_line_fits() -> None:
    penelope = load_shipped("penelope")
    ticket = _ticket(penelope, {}, topic="installation", scope="professional_services")
    told = explained(ticket, penelope, {}, [])
    assert {line.id: line.state for line in told.charges}["professional-services"] == "applied"
    assert told.charge is not None


def test_a_policy_version_that_is_gone_is_said(perfana: Policy) -> None:
    ticket = _ticket(perfana, ENTERPRISE)
    newer = load_shipped("perfana")
    assert explained(ticket, newer, {}, []).remarks == ()
    [remark] = explained(ticket, replace(newer, version="9.9.9"), {}, []).remarks
    assert "is not recorded; it is explained under 9.9.9" in remark


def test_a_recorded_ticket_is_explained_by_its_own_words(office: Office) -> None:
    import_mails(files.read([SAMPLES / "perfana"]), "perfana", office)
    for item in office.store.search(policy="perfana"):
        told = explain(item.number, office)
        ticket = office.store.ticket(item.number)
        assert ticket is not None
        applied = [rule.id for rule in told.rules if rule.state == "applied"]
        assert applied == [hit.rule for hit in ticket.verdict.rule_hits]
        assert {clause.id for clause in told.clauses} == set(ticket.terms.clauses)
        assert not any("what was known when" in source for clause in told.clauses for source in clause.cited_by)
        json.dumps(told.to_json())
    with pytest.raises(NotExplained, match="no ticket 99"):
        explain(99, office)


def test_the_command_tells_a_ticket_and_refuses_what_there_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Called(capsys, "import", str(SAMPLES / "atollon"), "--policy", "atollon").status == 0
    told = Called(capsys, "policy", "explain", "1")
    assert told.status == 0
    assert told.out.startswith("Ticket 1: ")
    assert "Decided by policy atollon " in told.out
    [data] = Called(capsys, "policy", "explain", "1", "--json").lines
    assert data["ticket"] == 1
    for wrong in ("77", "x", "0"):
        refused = Called(capsys, "policy", "explain", wrong)
        assert refused.status == 2
        assert len(refused.err.splitlines()) == 1
