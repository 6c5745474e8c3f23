"""A shipped policy's free tasks at the desk: what a correction makes of work, of what is left, and of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policies.labels import IssueType, Severity
from policies.loader import read_policy
from policies.rule import Observation
from policies.versions import Fixed
from tests.tickets.making import facts, recording, verdict
from tests.tickets.test_quotas import left, standing
from tests.tickets.test_working import ATOLLON, book, entry, go, priced, ticket_of
from tickets import desk
from tickets.customer.assigning import assign
from tickets.rows import Customer, Ticket
from tickets.store import Store
from tickets.work import working
from tickets.work.invoicing import invoice_of_month, invoice_of_ticket
from tickets.work.working import NotNow

FREE_NOW = ("included", "free-task", 0)
SAID = {"severity": "SEV4", "issue_type": "configuration_request"}


def brewery(store: Store, free: int) -> Customer:
    known = {"service_contract": True, "free_tasks_left": free}
    return store.upsert_customer("atollon", "Brewery South", [], known, "tests")


def decided(store: Store, whose: Customer, topic: str = "permission_change", *, proven: bool = True) -> Ticket:
    """A ticket of the customer, decided by the shipped policy from its record as it is now."""
    record = store.customer(whose.id)
    assert record is not None
    known = replace(facts(), customer=dict(record.customer.facts), history=(), sender_proven=proven)
    seen = Observation(topic, IssueType.CONFIGURATION_REQUEST, Severity.SEV4, None, {}, (), known)
    outcome = ATOLLON.decide(seen)
    labels: dict[str, Any] = {**SAID, "topic": topic, "scope": outcome.values.get("scope", "professional_services")}
    promised = ATOLLON.terms(labels, outcome.clauses, known, known.received_at)
    made = recording(policy="atollon", said=verdict(**labels), promised=promised, customer=record.customer)
    assert made.placement is not None
    [done] = store.record([replace(made, placement=replace(made.placement, facts=known))])
    return read(store, done.ticket or 0)


def read(store: Store, number: int) -> Ticket:
    found = store.ticket(number)
    assert found is not None
    return found


def corrected(store: Store, ticket: Ticket, **changes: str) -> Ticket:
    desk.correct(store, ATOLLON, ticket.number, changes, agent="ann")
    return read(store, ticket.number)


def state(store: Store, ticket: Ticket) -> str:
    now = working.standing(store, ATOLLON, ticket)
    assert now is not None
    return now.state


def test_a_free_task_that_is_charged_after_all_needs_its_estimate_and_approval(store: Store) -> None:
    ticket = decided(store, brewery(store, 1))
    go(store, ticket, "start")
    book(store, ticket, entry(30))
    ticket = corrected(store, ticket, scope="professional_services")
    assert (ticket.terms.procedure, state(store, ticket)) == ("configuration-request", "requested")
    with pytest.raises(NotNow, match="before the customer has approved"):
        book(store, ticket, entry(30))
    assert ticket.state == "review"
    assert any(
        reason.startswith("30 minutes were booked while nothing was charged") for reason in ticket.review_reasons
    )


def test_nobody_is_asked_about_free_minutes_where_none_are_booked_any_more(store: Store) -> None:
    ticket = decided(store, brewery(store, 1))
    store.remove_time(book(store, ticket, entry(30, "work")) if go(store, ticket, "start") else 0, agent="ann")
    assert corrected(store, ticket, scope="professional_services").state == "decided"


def test_steps_that_were_really_taken_count_in_another_procedure(store: Store) -> None:
    ticket = decided(store, brewery(store, 1), "new_function")
    ticket = corrected(store, ticket, scope="professional_services")
    assert go(store, ticket, "estimate", "send", "approve") == "approved"
    ticket = corrected(store, ticket, scope="included")
    assert (ticket.terms.procedure, state(store, ticket)) == ("free-task", "requested")
    ticket = corrected(store, ticket, scope="professional_services")
    assert state(store, ticket) == "approved"


def test_a_correction_to_included_uses_a_task_that_is_left_by_now(store: Store) -> None:
    whose = brewery(store, 1)
    first, second = decided(store, whose), decided(store, whose)
    assert second.scope == "professional_services"
    corrected(store, first, topic="advice_question")
    second = corrected(store, second, scope="included")
    assert (second.scope, second.terms.procedure, left(store, whose)) == FREE_NOW
    assert standing(store, second.number) == ["free-tasks"]
    second = corrected(store, second, severity="SEV3")
    assert (second.scope, second.terms.procedure, left(store, whose)) == FREE_NOW


def test_a_corrected_topic_is_decided_with_what_the_customer_has_bought_since(store: Store) -> None:
    whose = brewery(store, 0)
    ticket = decided(store, whose, "new_function")
    brewery(store, 5)
    ticket = corrected(store, ticket, topic="permission_change")
    assert (ticket.scope, standing(store, ticket.number), left(store, whose)) == ("included", ["free-tasks"], 4)


def test_what_a_ticket_uses_stays_with_it_though_the_record_counts_no_longer(store: Store) -> None:
    whose = brewery(store, 1)
    ticket = decided(store, whose)
    store.upsert_customer("atollon", "Brewery South", [], {"service_contract": True}, "tests")
    ticket = corrected(store, ticket, severity="SEV3")
    assert (ticket.scope, standing(store, ticket.number)) == ("included", ["free-tasks"])


@pytest.mark.parametrize(
    ("free", "proven", "why"), [(0, True, "none is known to be left"), (2, False, "the sender is not proven")]
)
def test_work_that_an_agent_includes_without_a_free_task_says_so(
    store: Store, free: int, proven: bool, why: str
) -> None:
    whose = brewery(store, free)
    ticket = corrected(store, decided(store, whose, proven=proven), scope="included")
    assert (standing(store, ticket.number), left(store, whose)) == ([], free)
    assert f"Uses none of the customer's free tasks: {why}." in ticket.terms.notes


def test_undoing_a_correction_of_what_was_no_request_uses_nothing_until_it_is_opened(store: Store) -> None:
    whose = brewery(store, 1)
    ticket = decided(store, whose)
    corrected(store, ticket, severity="SEV3")
    store.close_as_no_request(ticket.number, agent="ann")
    store.undo(ticket.number, agent="ann")
    assert (read(store, ticket.number).state, left(store, whose)) == ("closed", 1)
    store.set_state(ticket.number, "decided", actor="ann")
    assert (left(store, whose), standing(store, ticket.number)) == (0, ["free-tasks"])


def test_undoing_what_had_opened_a_ticket_that_was_no_request_gives_back(store: Store) -> None:
    whose = brewery(store, 1)
    ticket = decided(store, whose)
    store.close_as_no_request(ticket.number, agent="ann")
    assert corrected(store, ticket, severity="SEV3").state == "decided"
    assert left(store, whose) == 0
    store.undo(ticket.number, agent="ann")
    assert (read(store, ticket.number).state, left(store, whose)) == ("closed", 1)


def test_assigning_what_was_no_request_uses_nothing_until_it_is_opened(store: Store) -> None:
    whose = brewery(store, 1)
    ticket = decided(store, whose)
    store.close_as_no_request(ticket.number, agent="ann")
    record = store.customer(whose.id)
    assert record is not None
    ticket = assign(store, ATOLLON, ticket.number, record, agent="ann", vouched_by="ann")
    assert (ticket.state, ticket.scope, left(store, whose)) == ("closed", "included", 1)
    store.set_state(ticket.number, "decided", actor="ann")
    assert left(store, whose) == 0


def test_a_correction_that_leaves_what_was_no_request_closed_uses_nothing(store: Store) -> None:
    whose = brewery(store, 1)
    ticket = decided(store, whose)
    store.close_as_no_request(ticket.number, agent="ann")
    again = recording(conversation=ticket.conversation, policy="atollon")
    [after] = store.record([again])
    assert after.ticket != ticket.number
    assert corrected(store, ticket, severity="SEV3").state == "closed"
    assert left(store, whose) == 1


def test_the_clock_goes_on_when_a_correction_ends_what_it_waited_for(store: Store) -> None:
    counting = store.counting_by(Fixed({"atollon": ATOLLON}))
    ticket = decided(counting, brewery(store, 0))
    go(counting, ticket, "estimate", "send")
    assert read(counting, ticket.number).paused_at is not None
    ticket = corrected(counting, ticket, severity="SEV3")
    assert ticket.paused_at is not None
    ticket = corrected(counting, ticket, topic="application_bug", issue_type="bug")
    assert (ticket.terms.procedure, ticket.paused_at) == (None, None)
    assert [pause.ended_at is not None for pause in counting.pauses(ticket.number)] == [True]
    assert counting.events(ticket.number)[0].kind == "clock_resumed"


def test_the_clock_stays_as_an_agent_stopped_it(store: Store) -> None:
    counting = store.counting_by(Fixed({"atollon": ATOLLON}))
    ticket = decided(counting, brewery(store, 0))
    counting.wait(ticket.number, actor="ann")
    assert corrected(counting, ticket, topic="application_bug", issue_type="bug").paused_at is not None


def test_work_that_is_priced_by_quote_or_by_no_charge_line_has_an_open_amount(store: Store) -> None:
    text = priced().source.decode()
    by_quote = text.replace('reason = "the work"\nkind = "by_time"', 'reason = "the work"\nkind = "quote"')
    assert by_quote != text
    ticket = ticket_of(store)
    go(store, ticket, "estimate", "send", "approve")
    book(store, ticket, entry())
    policy = read_policy(by_quote.encode(), "atollon.toml")
    [line] = (found := invoice_of_ticket(store, Fixed({"atollon": policy}), ticket)).lines
    assert (line.amount, line.free, found.missing) == (None, None, ())
    assert line.apart == ticket.terms.charge
    store.correct(ticket.number, {"scope": "outside"}, agent="ann", terms=None, clauses=())
    [line] = invoice_of_ticket(store, Fixed({"atollon": priced()}), read(store, ticket.number)).lines
    assert (line.amount, line.free) == (None, None)


def test_a_request_rounded_as_a_whole_is_rounded_once_over_the_months(store: Store) -> None:
    text = priced().source.decode().replace('rounded_per = "work_entry"', 'rounded_per = "request"')
    policies = Fixed({"atollon": read_policy(text.encode(), "atollon.toml")})
    whose = brewery(store, 0)
    ticket = decided(store, whose)
    go(store, ticket, "estimate", "send", "approve")
    april, may = date(2026, 4, 30), date(2026, 5, 1)
    for day in (april, may):
        book(store, ticket, entry(5, day=day))
    whole = invoice_of_ticket(store, policies, ticket).total
    months = [invoice_of_month(store, policies, "atollon", whose.id, day).total for day in (april, may)]
    assert (whole.units, whole.amount) == (1, Decimal("25.00"))
    assert [(month.minutes, month.units, month.amount) for month in months] == [(5, 1, Decimal("25.00")), (5, 0, 0)]
