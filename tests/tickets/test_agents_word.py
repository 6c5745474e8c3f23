"""What an agent's word changes by the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from errors import MailtriageError
from policies.labels import LABELS
from policies.loader import load_shipped, read_policy
from policies.policy import Policy
from policies.terms import Terms
from tests.policies.build import SMALL
from tests.tickets.making import NOON, facts, mail, recording, verdict
from tickets import desk
from tickets.customer.assigning import assign
from tickets.desk import CorrectionError, correct
from tickets.rows import Correction, Ticket
from tickets.store import NoSuchTicket, Store, TicketChanged


@pytest.fixture(scope="session")
def atollon() -> Policy:
    return load_shipped("atollon")


def opened(
    store: Store,
    policy: str = "penelope",
    customer: Mapping[str, Any] | None = None,
    text: str = "It does not start.",
    **labels: str,
) -> int:
    """A ticket; its number."""
    written = recording(mail(text), said=verdict(**labels), policy=policy)
    assert written.placement is not None
    placement = replace(written.placement, facts=replace(facts(**(customer or {})), history=()))
    [done] = store.record([replace(written, placement=placement)])
    return done.ticket or 0


def read(store: Store, number: int) -> Ticket:
    found = store.ticket(number)
    assert found is not None
    return found


def test_a_confirmation_leaves_terms_and_clauses(store: Store, penelope: Policy) -> None:
    number = opened(store)
    before = read(store, number)
    correct(store, penelope, number, {"severity": "SEV3", "topic": "technical_issue"}, agent="anna")
    after = read(store, number)
    assert (after.terms, after.clauses, after.due_at) == (before.terms, before.clauses, before.due_at)
    assert after.corrected == {"severity": "SEV3", "topic": "technical_issue"}


def test_a_new_topic_brings_its_scope_clauses_and_terms(store: Store, penelope: Policy) -> None:
    number = opened(store, scope="included")
    [made] = correct(store, penelope, number, {"topic": "database_question"}, agent="anna")
    topic = penelope.topics["database_question"]
    assert topic.scope is not None and topic.scope != "included"
    ticket = read(store, number)
    assert made.label == "topic"
    assert ticket.scope == topic.scope
    assert set(topic.clauses) <= set(ticket.clauses)
    assert set(ticket.clauses) == set(ticket.terms.clauses)
    assert ticket.corrected == {"topic": "database_question"}


def test_a_new_issue_type_brings_its_scope_and_terms_and_back(store: Store, penelope: Policy) -> None:
    given = {"topic": "user_password_reset", "issue_type": "configuration_request", "scope": "professional_services"}
    number = opened(store, customer={"hosting": "saas"}, **given)
    correct(store, penelope, number, {"issue_type": "advice"}, agent="anna")
    ticket = read(store, number)
    assert (ticket.scope, ticket.terms.charge) == ("included", None)
    correct(store, penelope, number, {"issue_type": "configuration_request"}, agent="anna")
    ticket = read(store, number)
    assert ticket.scope == "professional_services"
    assert ticket.terms.charge is not None


def test_a_new_topic_brings_the_issue_type_that_its_rule_decides(store: Store, atollon: Policy) -> None:
    given = {"topic": "permission_change", "issue_type": "configuration_request", "scope": "professional_services"}
    number = opened(store, "atollon", **given)
    correct(store, atollon, number, {"topic": "server_connection_error"}, agent="anna")
    ticket = read(store, number)
    assert ticket.issue_type == "bug"
    assert "atollon/bug.5" in ticket.clauses
    assert ticket.corrected == {"topic": "server_connection_error"}, "what follows is no agent's word"


def test_an_issue_type_that_an_agent_has_set_stands_against_a_rule(store: Store, atollon: Policy) -> None:
    number = opened(store, "atollon", topic="permission_change", issue_type="configuration_request")
    correct(store, atollon, number, {"issue_type": "advice"}, agent="anna")
    correct(store, atollon, number, {"topic": "server_connection_error"}, agent="ben")
    assert read(store, number).issue_type == "advice"


RAISING = """
[[rules]]
id = "loud"
title = "Loud help is urgent"
clauses = ["in.1"]
when.topic = ["help"]
raise_to = "SEV2"
"""


def test_a_rule_raises_from_the_agents_severity_if_there_is_one_and_else_from_the_models(store: Store) -> None:
    policy = read_policy((SMALL + RAISING).encode(), "small.toml")
    number = opened(store, "small", topic="rest", severity="SEV4")
    correct(store, policy, number, {"topic": "help"}, agent="anna")
    assert read(store, number).severity == "SEV2"
    correct(store, policy, number, {"topic": "rest"}, agent="anna")
    assert read(store, number).severity == "SEV4", "without the rule it is the model's again"
    correct(store, policy, number, {"severity": "SEV3"}, agent="anna")
    correct(store, policy, number, {"topic": "help"}, agent="anna")
    assert read(store, number).severity == "SEV3", "an agent's word stands"


def test_a_correction_worked_out_before_an_assignment_takes_the_new_customers_terms(
    store: Store, atollon: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.upsert_customer("atollon", "First", ["river.example"], {"service_contract": True}, "tests")
    other = store.upsert_customer("atollon", "Other", [], {"service_contract": False}, "tests")
    message = mail("Please help.")
    [placement] = desk.place(store, atollon, [message], [NOON])
    given = {"topic": "permission_change", "issue_type": "configuration_request", "scope": "professional_services"}
    said = verdict(severity="SEV4", **given)
    base = recording(message, uid=1, said=said, policy="atollon", customer=placement.customer)
    [done] = store.record([replace(base, placement=placement)])
    number = done.ticket or 0
    assert read(store, number).customer_id == first.id
    write = store.correct
    tries: list[object] = []

    def meanwhile(*given: Any, **more: Any) -> list[Correction]:
        tries.append(given)
        if len(tries) == 1:
            record = store.customer(other.id)
            assert record is not None
            before, after = read(store, number), assign(store, atollon, number, record, agent="ben")
            assert [getattr(after, label) for label in LABELS] == [getattr(before, label) for label in LABELS]
        return write(*given, **more)

    monkeypatch.setattr(store, "correct", meanwhile)
    correct(store, atollon, number, {"severity": "SEV3"}, agent="anna")
    ticket = read(store, number)
    assert len(tries) == 2
    assert (ticket.customer_id, ticket.facts.customer) == (other.id, {"service_contract": False})
    labels = {label: getattr(ticket, label) for label in LABELS}
    moment = ticket.facts.received_at
    impact = ticket.verdict.impact_values
    fresh = atollon.terms(labels, ticket.clauses, ticket.facts, moment, impact=impact, signals=frozenset())
    assert ticket.terms == Terms.from_json(fresh.to_json()), "the terms are those of the other customer"


def test_a_scope_set_with_the_topic_stands(store: Store, penelope: Policy) -> None:
    number = opened(store)
    correct(store, penelope, number, {"topic": "database_question", "scope": "included"}, agent="anna")
    ticket = read(store, number)
    assert (ticket.topic, ticket.scope) == ("database_question", "included")
    assert not any(penelope.clauses[c].scope not in (None, "included") for c in ticket.clauses)


def test_a_scope_set_before_the_topic_stands(store: Store, penelope: Policy) -> None:
    number = opened(store)
    correct(store, penelope, number, {"scope": "professional_services"}, agent="anna")
    correct(store, penelope, number, {"topic": "odbc_account"}, agent="ben")
    assert read(store, number).scope == "professional_services"


@pytest.mark.parametrize(
    ("customer", "scope", "clause"),
    [
        ({"hosting": "self_hosted"}, "outside", "penelope/outside.1"),
        ({"hosting": "saas"}, "professional_services", "penelope/professional.2"),
    ],
)
def test_a_new_topic_follows_the_facts_of_the_ticket(
    store: Store, penelope: Policy, customer: dict[str, str], scope: str, clause: str
) -> None:
    number = opened(store, customer=customer, scope="included")
    correct(store, penelope, number, {"topic": "user_password_reset"}, agent="anna")
    ticket = read(store, number)
    assert ticket.scope == scope
    assert clause in ticket.clauses


@pytest.mark.parametrize(
    ("text", "scope"),
    [("Please reset our admin password.", "included"), ("We need a second reset.", "professional_services")],
)
def test_a_new_topic_follows_the_signals_in_the_mail(store: Store, penelope: Policy, text: str, scope: str) -> None:
    number = opened(store, text=text)
    correct(store, penelope, number, {"topic": "admin_password_reset"}, agent="anna")
    assert read(store, number).scope == scope


def test_a_rule_may_cite_clauses_of_more_than_its_own_scope(store: Store, penelope: Policy) -> None:
    """A second reset is outside (one clause) and therefore a professional service (another)."""
    number = opened(store, text="We need a second reset.")
    correct(store, penelope, number, {"topic": "admin_password_reset"}, agent="anna")
    assert {"penelope/outside.3", "penelope/professional.2"} <= set(read(store, number).clauses)


def test_a_new_severity_changes_the_response_target_and_no_other_label(store: Store, penelope: Policy) -> None:
    number = opened(store, severity="SEV4", topic="server_down")
    correct(store, penelope, number, {"severity": "SEV4", "issue_type": "bug"}, agent="anna")
    correct(store, penelope, number, {"severity": "SEV1"}, agent="anna")
    ticket = read(store, number)
    assert (ticket.severity, ticket.topic, ticket.scope) == ("SEV1", "server_down", "included")
    target = ticket.terms.response_target
    assert ticket.due_at == (target.due if target else None)


def test_undo_restores_terms_and_derived_labels(store: Store, penelope: Policy) -> None:
    number = opened(store)
    before = read(store, number)
    correct(store, penelope, number, {"topic": "database_question", "severity": "SEV1"}, agent="anna")
    store.undo(number, agent="anna")
    assert read(store, number) == before


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"severity": "SEV5"}, "SEV1, SEV2, SEV3, SEV4"),
        ({"scope": "covered"}, "included, outside, professional_services"),
        ({"issue_type": "Bug"}, "configuration_error"),
        ({"topic": "production_down"}, "odbc_account"),
        ({"mood": "good"}, "severity, scope, issue_type, topic"),
        ({"severity": "SEV1", "topic": ""}, "is not a topic of penelope"),
    ],
)
def test_a_label_or_value_that_the_policy_lacks_is_refused(
    store: Store, penelope: Policy, changes: dict[str, str], says: str
) -> None:
    number = opened(store)
    with pytest.raises(CorrectionError, match=says):
        correct(store, penelope, number, changes, agent="anna")
    assert store.corrections() == []


def test_an_unknown_ticket_and_one_of_another_policy_are_refused(store: Store, penelope: Policy) -> None:
    with pytest.raises(NoSuchTicket):
        correct(store, penelope, 99, {"severity": "SEV1"}, agent="anna")
    other = opened(store, policy="perfana")
    with pytest.raises(MailtriageError, match="under the policy perfana"):
        correct(store, penelope, other, {"severity": "SEV1"}, agent="anna")


def test_two_agents_at_once_both_count_and_the_terms_fit_the_labels(
    store: Store, penelope: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first agent's terms are worked out the second one writes: they are worked out again."""
    number = opened(store)
    write, interfered = store.correct, []

    def interfering(*args: Any, **kwargs: Any) -> Any:
        if not interfered:
            interfered.append(write(number, {"severity": "SEV1"}, agent="ben"))
        return write(*args, **kwargs)

    monkeypatch.setattr(store, "correct", interfering)
    correct(store, penelope, number, {"topic": "database_question"}, agent="anna")
    ticket = read(store, number)
    assert ticket.corrected == {"severity": "SEV1", "topic": "database_question"}
    labels = {label: getattr(ticket, label) for label in ("severity", "scope", "issue_type", "topic")}
    assert ticket.terms == penelope.terms(labels, ticket.clauses, ticket.facts, ticket.facts.received_at)


def test_an_agent_who_is_always_overtaken_is_told(
    store: Store, penelope: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = opened(store)

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        raise TicketChanged(number)

    monkeypatch.setattr(store, "correct", overtaken)
    with pytest.raises(TicketChanged, match="look at it again"):
        correct(store, penelope, number, {"severity": "SEV1"}, agent="anna")
