"""A ticket's clock on its page, and the list of what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from policies.clock.calendar import SupportClock
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import SEEN, Agent
from tickets.connections import writing
from tickets.schema import ticket
from tickets.store import Store
from webui.clock import FURTHEST_COUNTED

DOWN = seed.SAMPLES[0].subject
VAGUE = seed.SAMPLES[5].subject
MINUTE = timedelta(minutes=1)


def press(agent: Agent, number: int, act: str) -> str:
    """Presses a button of the ticket's clock; the page that follows."""
    path = f"/tickets/{number}"
    response = agent.post(f"{path}/{act}", seen_on=path)
    assert response.headers["Location"] == path
    return agent.page(path)


def test_the_page_tells_what_is_left_what_was_promised_and_where(agent: Agent, numbers: dict[str, int]) -> None:
    page = agent.page(f"/tickets/{numbers[DOWN]}")
    assert "25 min of support time left." in page
    assert "1 support hour" in page
    assert "Monday 23 November, 11:25, Europe/Amsterdam" in page
    assert "Friday 17:00 to Monday 8:00" in page


def test_waiting_and_going_on_are_told_with_the_time_that_passed(
    agent: Agent, numbers: dict[str, int], store: Store
) -> None:
    number = numbers[DOWN]
    page = press(agent, number, "wait")
    assert f"Ticket {number} waits for the customer." in page
    assert "Waits for the customer since 23 Nov 2026, 10:00 UTC. 25 min of support time left when it goes on." in page
    assert "clock paused" in page
    assert ">Resume<" in page
    assert "Waits for the customer: the clock stands still" in page
    store.resume(number, actor="mailtriage", at=seed.NOW + 30 * MINUTE)
    page = agent.page(f"/tickets/{number}")
    assert "30 min of support time" in page
    assert "55 min of support time left." in page
    assert "the first response is now due 23 Nov 2026, 10:55 UTC" in page


def test_an_answer_is_noted_and_taken_back(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    number = numbers[DOWN]
    page = press(agent, number, "answered")
    assert "Answered on 23 Nov 2026, 10:00 UTC by anna. In time." in page
    assert "First response on 23 Nov 2026, 10:00 UTC, in time, by the word of anna" in page
    assert ">Waiting for the customer<" not in page
    assert "was answered before" in press(agent, number, "answered")
    page = press(agent, number, "unanswered")
    assert "25 min of support time left." in page
    assert "Took back that anna answered on 23 Nov 2026, 10:00 UTC" in page
    ticket = store.ticket(number)
    assert ticket is not None
    assert ticket.answered_at is None


def test_a_ticket_that_is_overdue_says_by_how_much_support_time(
    agent: Agent, numbers: dict[str, int], store: Store, policies: Mapping[str, Policy]
) -> None:
    late = replace(seed.SAMPLES[0], subject="late", ago=timedelta(hours=2), sender="x@nordbanken.example")
    number = seed.add(store, policies, late).ticket
    assert "Overdue by 1 h of support time." in agent.page(f"/tickets/{number}")
    page = press(agent, number or 0, "answered")
    assert "Too late." in page
    assert "answered late" in page


@pytest.mark.parametrize("act", ["wait", "resume", "answered", "unanswered"])
def test_a_page_that_is_no_longer_true_changes_no_clock(
    agent: Agent, numbers: dict[str, int], store: Store, act: str
) -> None:
    number = numbers[DOWN]
    path = f"/tickets/{number}"
    stale = SEEN.search(agent.page(path))
    assert stale is not None
    if act == "resume":
        store.wait(number, actor="bob", at=seed.NOW)
    else:
        store.answer(number, by="bob", actor="bob", at=seed.NOW)
    before = store.events(number)
    assert agent.post(f"{path}/{act}", seen_on=path, seen=stale[1]).status_code == 409
    assert store.events(number) == before


@pytest.mark.parametrize(
    ("due", "says", "short"),
    [
        (seed.NOW - timedelta(days=59), " h of support time.", "overdue by "),
        (seed.NOW - timedelta(days=400), "Overdue by 400 days.", "overdue by 400 days<"),
        (datetime(1, 1, 1, 12, tzinfo=UTC), "Overdue by 739941 days.", "overdue by 739941 days<"),
        (datetime(9999, 1, 1, tzinfo=UTC), " days left.", " days left<"),
    ],
)
def test_support_time_is_counted_for_two_months_alone(
    agent: Agent,
    numbers: dict[str, int],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    due: datetime,
    says: str,
    short: str,
) -> None:
    number = numbers[DOWN]
    with writing(store._engine) as connection:
        connection.execute(update(ticket).where(ticket.c.number == number).values(due_at=due))
    counted: list[timedelta] = []
    between = SupportClock.between

    def counting(self: SupportClock, start: datetime, end: datetime) -> timedelta:
        counted.append(end - start)
        return between(self, start, end)

    monkeypatch.setattr(SupportClock, "between", counting)
    assert says in agent.page(f"/tickets/{number}")
    assert short in agent.page("/due")
    agent.page("/")
    assert max(counted, default=timedelta(0)) <= FURTHEST_COUNTED


def test_a_ticket_without_a_target_says_so_and_may_wait(agent: Agent, numbers: dict[str, int]) -> None:
    page = agent.page(f"/tickets/{numbers[VAGUE]}")
    assert "No response target is promised." in page
    assert "Waits for the customer since" in press(agent, numbers[VAGUE], "wait")


def test_a_closed_ticket_has_no_clock_that_runs(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    store.set_state(numbers[DOWN], "closed", actor="anna")
    page = agent.page(f"/tickets/{numbers[DOWN]}")
    assert "Closed without a noted answer." in page
    assert ">Waiting for the customer<" not in page


@pytest.mark.parametrize("act", ["wait", "resume", "answered", "unanswered"])
def test_an_unknown_ticket_has_no_clock(agent: Agent, act: str) -> None:
    assert agent.post(f"/tickets/999/{act}", seen_on="/tickets/1").status_code == 404


def test_what_is_due_is_listed_with_the_support_time_left(
    agent: Agent, numbers: dict[str, int], store: Store, policies: Mapping[str, Policy]
) -> None:
    late = replace(seed.SAMPLES[0], subject="late", ago=timedelta(hours=2), sender="x@nordbanken.example")
    overdue = seed.add(store, policies, late).ticket
    waiting = seed.add(store, policies, replace(late, subject="waiting", ago=timedelta(minutes=10))).ticket or 0
    store.wait(waiting, actor="anna", at=seed.NOW)
    page = agent.page("/due")
    first, second, paused = (page.index(f'href="/tickets/{n}"') for n in (overdue, numbers[DOWN], waiting))
    assert first < second < page.index("Waiting for the customer</h2>") < paused
    assert '<span class="due late">overdue by 1 h</span>' in page
    assert '<span class="due soon">25 min left</span>' in page
    assert '<span class="due none">50 min left</span>' in page
    assert "promised within 1 support hour" in page


def test_what_is_due_under_one_policy_alone(agent: Agent, numbers: dict[str, int]) -> None:
    assert DOWN in agent.page("/due?policy=perfana")
    assert "Nothing is due under Atollon" in agent.page("/due?policy=atollon")
    assert agent.get("/due?policy=nobody").status_code == 404


def test_nothing_due_is_said(agent: Agent, store: Store) -> None:
    for item in store.due():
        store.answer(item.number, by="anna", actor="anna")
    assert "Nothing is due" in agent.page("/due")


def test_the_clock_is_on_the_page_for_those_who_signed_in_alone(stranger: object, agent: Agent) -> None:
    assert stranger.get("/due").status_code == 302  # type: ignore[attr-defined]
    assert 'href="/due"' in agent.page("/")


def test_the_review_queue_says_what_is_answered_or_waits(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    assert "due in 25 min" in agent.page("/")
    store.wait(numbers[DOWN], actor="anna", at=seed.NOW)
    page = agent.page("/")
    assert "clock paused" in page
    assert "due in 25 min" not in page
    store.answer(numbers[DOWN], by="anna", actor="anna", at=seed.NOW)
    assert '<span class="due calm">answered</span>' in agent.page("/")
