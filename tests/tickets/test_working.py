"""Work on a ticket: its steps in order, its timesheet, its invoice; before the approval nothing is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.labels import LABELS
from policies.loader import load_shipped, read_policy
from policies.policy import Policy
from policies.versions import Fixed
from tests.tickets.making import facts, recording, verdict
from tickets.faults import StoreError, TicketChanged
from tickets.rows import Customer, Ticket
from tickets.store import Store
from tickets.work import working
from tickets.work.invoicing import invoice_of_month, invoice_of_ticket
from tickets.work.timesheet import NewEntry
from tickets.work.working import NoSuchWork, NotNow

ATOLLON = load_shipped("atollon")
CHARGED = ("atollon/configuration-request.1", "atollon/configuration-request.2")
LONG = (*CHARGED, "atollon/configuration-request.3")
DAY = date(2026, 5, 6)


def priced() -> Policy:
    text = ATOLLON.source.decode().replace(
        "[prices]\n", '[prices]\ncurrency = "EUR"\nper_unit = { consultant = "25.00", developer = "30.50" }\n', 1
    )
    return read_policy(text.encode(), "atollon.toml")


def ticket_of(
    store: Store, scope: str = "professional_services", clauses: tuple[str, ...] = CHARGED, **more: Any
) -> Ticket:
    labels: dict[str, Any] = {"severity": "SEV4", "scope": scope, "issue_type": "configuration_request"}
    labels |= {"topic": "new_function"}
    labels |= more.pop("labels", {})
    customer: Customer | None = more.pop("customer", None)
    known = replace(facts(), customer=dict(customer.facts) if customer else {}, sender_proven=True)
    promised = ATOLLON.terms(labels, clauses, known, known.received_at)
    made = recording(policy="atollon", said=verdict(**labels), promised=promised, customer=customer)
    assert made.placement is not None
    [done] = store.record([replace(made, placement=replace(made.placement, facts=known))])
    found = store.ticket(done.ticket or 0)
    assert found is not None
    assert {label: getattr(found, label) for label in LABELS} == labels
    return found


def go(store: Store, ticket: Ticket, *steps: str) -> str:
    for name in steps:
        if name == "estimate":
            working.estimate(store, ATOLLON, ticket, {"consultant": 70}, agent="ann")
        else:
            working.step(store, ATOLLON, ticket, name, agent="ann")
    now = working.standing(store, ATOLLON, ticket)
    assert now is not None
    return now.state


def entry(minutes: int = 20, activity: str = "work", kind: str = "consultant", day: date = DAY) -> NewEntry:
    return NewEntry(day, minutes, kind, activity)


def book(store: Store, ticket: Ticket, given: NewEntry, policy: Policy = ATOLLON) -> int:
    return working.book(store, policy, ticket, given, agent="ann").id


def test_a_request_stands_at_the_beginning_until_a_step_is_taken(store: Store) -> None:
    ticket = ticket_of(store)
    now = working.standing(store, ATOLLON, ticket)
    assert now is not None
    assert (now.state, now.order, dict(now.steps)) == ("requested", None, {"estimate": "estimated"})


def test_each_step_is_an_event_that_says_who_took_it_and_what_the_customer_said(store: Store) -> None:
    ticket = ticket_of(store)
    assert go(store, ticket, "estimate", "send") == "awaiting_approval"
    working.step(store, ATOLLON, ticket, "approve", agent="ann", said_by="Jana", note="by phone")
    moved = [event for event in reversed(store.events(ticket.number)) if event.kind == "work_moved"]
    assert [(event.details["step"], event.details["from"], event.details["to"]) for event in moved] == [
        ("estimate", "requested", "estimated"),
        ("send", "estimated", "awaiting_approval"),
        ("approve", "awaiting_approval", "approved"),
    ]
    assert (moved[2].actor, moved[2].details["said_by"], moved[2].details["note"]) == ("ann", "Jana", "by phone")


def test_an_estimate_is_kept_with_its_units_and_open_where_a_price_is_missing(store: Store) -> None:
    ticket = ticket_of(store)
    order = working.estimate(store, ATOLLON, ticket, {"consultant": 70}, agent="ann")
    assert order.estimate == {
        "minutes": {"consultant": 70},
        "units": 5,
        "amount": None,
        "currency": None,
        "missing_prices": ["consultant"],
    }
    order = working.estimate(store, priced(), ticket, {"consultant": 70, "developer": 15}, agent="ann")
    assert order.estimate is not None
    assert (order.estimate["amount"], order.estimate["currency"]) == ("155.50", "EUR")


def test_a_step_out_of_order_is_refused_and_names_what_may_come_next(store: Store) -> None:
    ticket = ticket_of(store)
    with pytest.raises(NotNow, match='"Requested", in which you may estimate it'):
        go(store, ticket, "start")
    go(store, ticket, "estimate", "send")
    with pytest.raises(NotNow, match="approval, note that the customer declined or estimate it"):
        go(store, ticket, "done")
    go(store, ticket, "approve", "start", "done")
    with pytest.raises(NotNow, match='the last state, "Done"'):
        go(store, ticket, "approve")


def test_a_longer_project_is_handed_over_and_a_refusal_leads_back_to_work(store: Store) -> None:
    ticket = ticket_of(store, clauses=LONG)
    assert go(store, ticket, "estimate", "send", "approve", "start", "hand_over", "decline") == "in_work"
    assert go(store, ticket, "hand_over", "accept", "done") == "done"


def test_a_declined_estimate_needs_another(store: Store) -> None:
    ticket = ticket_of(store)
    assert go(store, ticket, "estimate", "send", "decline") == "declined"
    with pytest.raises(NotNow):
        go(store, ticket, "approve")
    assert go(store, ticket, "estimate", "send", "approve") == "approved"


def test_what_is_in_no_procedure_takes_no_step(store: Store) -> None:
    ticket = ticket_of(store, "included", ("atollon/bug.1",), labels={"issue_type": "bug", "topic": "application_bug"})
    assert working.standing(store, ATOLLON, ticket) is None
    with pytest.raises(NotNow, match="in no procedure"):
        working.step(store, ATOLLON, ticket, "start", agent="ann")


def test_of_two_agents_who_take_a_step_at_once_one_is_told(store: Store) -> None:
    ticket = ticket_of(store)
    move: Mapping[str, Any] = {"procedure": "p", "estimate": None, "details": {}, "agent": "ann"}
    store.move_work(ticket.number, None, state="estimated", **move)
    with pytest.raises(TicketChanged):
        store.move_work(ticket.number, None, state="estimated", **move)


def test_work_is_not_booked_before_the_approval_and_the_clause_is_named(store: Store) -> None:
    ticket = ticket_of(store)
    for steps in ((), ("estimate",), ("send",)):
        go(store, ticket, *steps)
        with pytest.raises(NotNow, match=r"before the customer has approved the estimate \(atollon/configuration-req"):
            book(store, ticket, entry())
    book(store, ticket, entry(activity="finding the cause"))
    book(store, ticket, entry(activity="talking with the client"))
    go(store, ticket, "approve")
    book(store, ticket, entry())
    assert len(store.timesheet(ticket=ticket.number)) == 3


def test_a_ticket_in_no_procedure_books_at_once(store: Store) -> None:
    labels = {"issue_type": "advice", "topic": "advice_question"}
    book(store, ticket_of(store, clauses=("atollon/advice.2",), labels=labels), entry())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (entry(0), "from 1 to 1440"),
        (entry(1441), "from 1 to 1440"),
        (entry(activity="lunch"), "no activity of atollon; it has work, talking"),
        (entry(kind=" "), "Name the kind of work"),
        (entry(day=working.today(ATOLLON) + timedelta(days=1)), "still to come"),
    ],
)
def test_what_cannot_have_been_worked_is_refused(store: Store, given: NewEntry, says: str) -> None:
    with pytest.raises(NoSuchWork, match=says):
        book(store, ticket_of(store, "included", ()), given)


def test_a_price_list_says_which_kinds_of_work_there_are(store: Store) -> None:
    ticket = ticket_of(store)
    go(store, ticket, "estimate", "send", "approve")
    with pytest.raises(NoSuchWork, match="it has consultant, developer"):
        book(store, ticket, entry(kind="magician"), priced())


def test_a_policy_without_prices_books_nothing(store: Store, penelope: Policy) -> None:
    with pytest.raises(NoSuchWork, match="no \\[prices\\]"):
        book(store, ticket_of(store), entry(), penelope)


def test_an_entry_is_taken_out_once_and_an_event_remains(store: Store) -> None:
    ticket = ticket_of(store, "included", ())
    number = book(store, ticket, entry())
    store.remove_time(number, agent="bob")
    assert store.timesheet(ticket=ticket.number) == []
    assert [event.kind for event in store.events(ticket.number)][:2] == ["time_removed", "time_booked"]
    with pytest.raises(StoreError, match="no entry"):
        store.remove_time(number, agent="bob")


def test_a_month_of_a_customer_has_the_days_from_its_first_to_its_last(store: Store) -> None:
    whose = store.upsert_customer("atollon", "Brewery South", [], {}, "tests")
    ticket = ticket_of(store, "included", (), customer=whose)
    other = ticket_of(store, "included", ())
    for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)):
        book(store, ticket, entry(day=day))
    book(store, other, entry(day=date(2026, 5, 2)))
    found = invoice_of_month(store, Fixed({"atollon": ATOLLON}), "atollon", whose.id, date(2026, 5, 20))
    assert [line.day for line in found.lines] == [date(2026, 5, 1), date(2026, 5, 31)]


def test_charged_work_is_priced_and_a_free_task_says_which_clause_makes_it_free(store: Store) -> None:
    policies = Fixed({"atollon": priced()})
    whose = store.upsert_customer("atollon", "Brewery South", [], {"free_tasks_left": 1}, "tests")
    free = ticket_of(store, "included", ("atollon/configuration-request.4",), customer=whose)
    charged = ticket_of(store, customer=whose)
    go(store, charged, "estimate", "send", "approve")
    for ticket in (free, charged):
        book(store, ticket, entry(16))
    found = invoice_of_month(store, policies, "atollon", whose.id, DAY)
    assert [(line.ticket, line.amount) for line in found.lines] == [
        (free.number, Decimal(0)),
        (charged.number, Decimal("50.00")),
    ]
    assert found.lines[0].free == "one of the customer's free tasks (atollon/configuration-request.4)"
    assert found.lines[1].free is None


def test_work_that_the_contract_includes_is_free_and_says_why(store: Store) -> None:
    labels = {"issue_type": "bug", "topic": "application_bug"}
    ticket = ticket_of(store, "included", ("atollon/bug.4",), labels=labels)
    book(store, ticket, entry())
    [line] = invoice_of_ticket(store, Fixed({"atollon": ATOLLON}), ticket).lines
    assert line.amount == Decimal(0)
    assert line.free is not None
    assert "atollon/bug.4" in line.free


def test_the_clock_stands_still_while_the_customer_has_to_act(store: Store) -> None:
    ticket = ticket_of(store)

    def paused() -> bool:
        found = store.ticket(ticket.number)
        return found is not None and found.paused_at is not None

    go(store, ticket, "estimate", "send")
    assert paused()
    go(store, ticket, "approve")
    assert not paused()
