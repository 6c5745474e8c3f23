"""The work on a ticket as its page shows it: only what concerns the ticket, and every step a form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask import Flask
from jinja2 import BytecodeCache

from classifier.registry import Registry
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.seed import Sample
from tickets.rows import Ticket
from tickets.store import Store
from tickets.work.linking import LinkedTicket
from webui import work
from webui.app import create_app
from webui.ticket import unchanged

TASK = [("SEV4", 0.9), ("professional_services", 0.9), ("configuration_request", 0.9), ("new_function", 0.9)]
FREE = [("SEV4", 0.9), ("included", 0.9), ("configuration_request", 0.9), ("new_function", 0.9)]
ADVICE = [("SEV4", 0.9), ("included", 0.9), ("advice", 0.9), ("advice_question", 0.9)]
ALARM = [("SEV4", 0.9), ("outside", 0.9), ("advice", 0.9), ("false_alarm", 0.9)]
BREWERY = {"service_contract": True, "free_tasks_left": 3}


def add(store: Store, policies: Mapping[str, Policy], labels: list[tuple[str, float]], policy: str = "atollon") -> int:
    clauses = ("atollon/configuration-request.4",) if labels is FREE else ("atollon/configuration-request.2",)
    sample = Sample(
        policy,
        "Ann <ann@brewery.example>",
        "A new form",
        "We need a form for tastings.\n",
        labels,
        timedelta(hours=1),
        "Brewery South",
        BREWERY if policy == "atollon" else {"hosting": "saas"},
        clauses=clauses if policy == "atollon" else ("penelope/outside.8",),
    )
    number = seed.add(store, policies, sample).ticket
    assert number is not None
    return number


def page(agent: Agent, number: int) -> str:
    return agent.page(f"/tickets/{number}")


def post(agent: Agent, number: int, what: str, **fields: str) -> int:
    response = agent.post(f"/tickets/{number}/work/{what}", seen_on=f"/tickets/{number}", **fields)
    return response.status_code


@pytest.fixture
def request_number(store: Store, policies: Mapping[str, Policy]) -> int:
    return add(store, policies, TASK)


def test_a_ticket_that_no_work_concerns_shows_none(agent: Agent, store: Store, numbers: dict[str, int]) -> None:
    others = [ticket for ticket in map(store.ticket, numbers.values()) if ticket and ticket.policy != "atollon"]
    assert others
    assert [ticket.number for ticket in others if 'id="work"' in page(agent, ticket.number)] == []


def test_a_charged_request_shows_its_state_and_goes_on_step_by_step(agent: Agent, request_number: int) -> None:
    shown = page(agent, request_number)
    assert "Estimate, approval, work" in shown
    assert "Note the estimate" in shown
    assert "step-send" not in shown
    assert post(agent, request_number, "estimate", kind="consultant", minutes="70") == 302
    assert "amount open: no price for <bdi>consultant</bdi>" in page(agent, request_number)
    assert post(agent, request_number, "step", step="send") == 302
    shown = page(agent, request_number)
    assert "The customer has to act." in shown
    assert "step-decline" in shown
    assert post(agent, request_number, "step", step="approve", said="Jana", note="by phone") == 302
    assert "Approved by the customer (Jana; by phone)" in page(agent, request_number)


def test_a_step_that_may_not_come_next_is_a_conflict_that_names_what_may(agent: Agent, request_number: int) -> None:
    response = agent.post(f"/tickets/{request_number}/work/step", seen_on=f"/tickets/{request_number}", step="start")
    assert response.status_code == 409
    assert "in which you may estimate it" in response.text
    assert "That is not the next step" in response.text


def test_work_before_the_approval_is_a_conflict_that_names_the_clause(agent: Agent, request_number: int) -> None:
    fields = {"minutes": "20", "kind": "consultant", "activity": "work", "day": "2026-05-06"}
    response = agent.post(f"/tickets/{request_number}/work/timesheet", seen_on=f"/tickets/{request_number}", **fields)
    assert response.status_code == 409
    assert "atollon/configuration-request.2" in response.text
    assert "<option>work</option>" not in page(agent, request_number)


def test_time_is_booked_and_taken_out(agent: Agent, store: Store, request_number: int) -> None:
    fields = {"minutes": "20", "kind": "consultant", "activity": "finding the cause", "day": "2026-05-06"}
    assert post(agent, request_number, "timesheet", **fields) == 302
    assert "20 min, 2 started units of 15 min" in page(agent, request_number)
    [entry] = store.timesheet(ticket=request_number)
    assert entry.agent == "anna"
    assert post(agent, request_number, "timesheet/remove", entry=str(entry.id)) == 302
    assert store.timesheet(ticket=request_number) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"minutes": "two"},
        {"minutes": "²"},
        {"minutes": "99999999999"},
        {"day": "yesterday"},
        {"activity": "lunch"},
        {"kind": ""},
    ],
)
def test_what_cannot_be_booked_is_refused(agent: Agent, request_number: int, fields: dict[str, str]) -> None:
    good = {"minutes": "20", "kind": "consultant", "activity": "administration", "day": "2026-05-06"}
    assert post(agent, request_number, "timesheet", **{**good, **fields}) == 400


def test_an_entry_of_another_ticket_is_not_taken_out(
    agent: Agent, store: Store, policies: Mapping[str, Policy], request_number: int
) -> None:
    fields = {"minutes": "20", "kind": "consultant", "activity": "administration", "day": "2026-05-06"}
    post(agent, request_number, "timesheet", **fields)
    other = add(store, policies, FREE)
    [entry] = store.timesheet(ticket=request_number)
    assert post(agent, other, "timesheet/remove", entry=str(entry.id)) == 400
    assert len(store.timesheet(ticket=request_number)) == 1


def test_a_form_of_an_older_page_is_a_conflict(agent: Agent, store: Store, request_number: int) -> None:
    old = f"/tickets/{request_number}"
    shown = page(agent, request_number)
    store.add_event("looked", actor="bram", ticket=request_number)
    assert "looked" not in shown
    token = agent.post(f"{old}/work/step", seen_on="/", step="send", seen="1")
    assert token.status_code == 409


def test_of_two_words_on_a_charge_given_at_once_one_holds(
    agent: Agent, store: Store, policies: Mapping[str, Policy], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = add(store, policies, ALARM, "penelope")

    def checks_and_then_another_decides(number: int) -> tuple[Ticket, Policy]:
        found = unchanged(number)
        store.decide_charge(number, "confirmed", agent="bram", reason="agreed")
        return found

    monkeypatch.setattr(work, "unchanged", checks_and_then_another_decides)
    assert post(agent, number, "charge", word="waived", reason="the first time") == 409
    charge = store.charge(number)
    assert charge is not None
    assert (charge.state, charge.by) == ("confirmed", "bram")


def test_a_free_task_says_what_is_left_and_can_be_given_back(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    number = add(store, policies, FREE)
    shown = page(agent, number)
    assert "free tasks</span> Uses one; 2 left." in shown
    assert "one of the customer" in shown
    assert post(agent, number, "no-request") == 302
    found = store.ticket(number)
    assert found is not None
    assert found.state == "closed"
    assert "Gave back one of the customer&#39;s free tasks; 3 left" in page(agent, number)


def test_a_proposed_charge_is_confirmed_or_waived_with_a_reason(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    number = add(store, policies, ALARM, "penelope")
    assert "Confirm the charge" in page(agent, number)
    assert post(agent, number, "charge", word="confirmed", reason=" ") == 400
    assert post(agent, number, "charge", word="confirmed", reason="agreed <b>by phone</b>") == 302
    shown = page(agent, number)
    assert "agreed &lt;b&gt;by phone&lt;/b&gt;" in shown
    assert "Waive it" in shown
    assert "Confirm the charge" not in shown


def test_a_request_is_opened_from_advice_and_both_show_the_link(
    store: Store, policies: Mapping[str, Policy], registry: Registry, compiled: BytecodeCache
) -> None:
    number = add(store, policies, ADVICE)

    def opens(origin: int, topic: str, agent: str, why: str, seen: int) -> int:
        ticket = store.ticket(origin)
        assert ticket is not None
        linked = linked_to(ticket, policies["atollon"], topic)
        return store.open_linked(origin, linked, agent=agent, why=why, customer_id=ticket.customer_id, seen=seen)

    app: Flask = create_app(store, policies, registry, secret_key=b"tests", open_request=opens, clock=lambda: seed.NOW)
    app.jinja_env.bytecode_cache = compiled
    client = app.test_client()
    sign_in(client)
    agent = Agent(client)
    assert "Open a configuration request" in page(agent, number)
    response = agent.post(f"/tickets/{number}/work/request", seen_on=f"/tickets/{number}", topic="new_function")
    opened = int(response.location.rpartition("/")[2])
    shown = page(agent, opened)
    assert f'Opened from <a href="/tickets/{number}">#{number}</a>' in shown
    assert "We need a form for tastings." in shown
    assert f'Opened from it: <a href="/tickets/{opened}">#{opened}</a>' in page(agent, number)


def linked_to(ticket: Ticket, policy: Policy, topic: str) -> LinkedTicket:
    labels = {"severity": "SEV4", "scope": "professional_services", "issue_type": "configuration_request"}
    labels["topic"] = topic
    clauses = ("atollon/configuration-request.2",)
    return LinkedTicket(
        verdict=ticket.verdict,
        labels=labels,
        said={"issue_type": "configuration_request", "topic": topic},
        derived={},
        clauses=clauses,
        facts=ticket.facts,
        terms=policy.terms(labels, clauses, ticket.facts, seed.NOW),
        opened_at=seed.NOW,
    )


def test_without_a_program_behind_it_the_page_offers_no_request(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    number = add(store, policies, ADVICE)
    assert "Open a configuration request" not in page(agent, number)
    assert post(agent, number, "request", topic="new_function") == 400
