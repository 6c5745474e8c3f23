"""Deadlines told from the store's rows: once for each due time, by one of several processes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.tickets.making import NOON, recording, terms
from tickets.clocks.deadlines import DeadlineNotice, Kind
from tickets.schema import ticket
from tickets.store import Store

DUE = NOON + timedelta(hours=2)
LONG_AGO = NOON - timedelta(days=30)


def opened(store: Store, due: datetime | None = DUE) -> int:
    [recorded] = store.record([recording(promised=terms(due))])
    assert recorded.ticket is not None
    return recorded.ticket


def change(store: Store, number: int, **values: object) -> None:
    with store._engine.begin() as connection:
        connection.execute(update(ticket).where(ticket.c.number == number).values(**values))


def untold(store: Store, kind: Kind = "missed", until: datetime = NOON + timedelta(days=1)) -> list[int]:
    return [due.ticket for due in store.deadlines_untold(kind, after=LONG_AGO, until=until, limit=10)]


def notice(number: int, due: datetime = DUE, kind: Kind = "missed") -> DeadlineNotice:
    return DeadlineNotice(number, kind, due, {"due_at": due.isoformat(), "late_seconds": 60})


def test_what_is_due_is_found_with_its_promise_soonest_first(store: Store) -> None:
    later, sooner = opened(store), opened(store, NOON + timedelta(hours=1))
    opened(store, None)
    found = store.deadlines_untold("missed", after=LONG_AGO, until=DUE, limit=10)
    assert [due.ticket for due in found] == [sooner, later]
    assert (found[0].within, found[0].calendar, found[0].policy_version) == (
        "2 support hours",
        "penelope hours",
        "1.0.0",
    )
    assert found[0].received_at == NOON
    assert untold(store, until=DUE - timedelta(microseconds=1)) == [sooner]


@pytest.mark.parametrize("values", [{"state": "closed"}, {"answered_at": NOON}, {"paused_at": NOON}, {"due_at": None}])
def test_no_deadline_of_a_ticket_that_waits_for_no_answer(store: Store, values: dict[str, object]) -> None:
    number = opened(store)
    assert untold(store) == [number]
    change(store, number, **values)
    assert untold(store) == []
    assert store.tell_deadlines([notice(number)], DUE) == 0
    assert store.events(number)[0].kind != "deadline_missed"


def test_pages_of_what_is_due_go_on_after_the_last_one_of_the_same_due_time(store: Store) -> None:
    numbers = [opened(store) for _ in range(5)]
    seen: list[int] = []
    last = None
    while page := store.deadlines_untold("near", after=LONG_AGO, until=DUE, limit=2, beyond=last):
        seen += [due.ticket for due in page]
        last = page[-1].due_at, page[-1].ticket
    assert seen == numbers


def test_a_due_time_is_told_once_and_again_when_it_moves_later(store: Store) -> None:
    number = opened(store)
    now = DUE + timedelta(minutes=1)
    assert store.tell_deadlines([notice(number)], now) == 1
    assert store.tell_deadlines([notice(number)], now) == 0
    assert untold(store) == []
    [event] = [e for e in store.events(number) if e.kind == "deadline_missed"]
    assert (event.at, event.details["late_seconds"], event.actor) == (now, 60, "mailtriage")

    change(store, number, due_at=DUE - timedelta(hours=1))
    assert untold(store) == []  # known to be late already
    later = DUE + timedelta(hours=3)
    change(store, number, due_at=later)
    assert untold(store) == [number]
    assert store.tell_deadlines([notice(number, later)], later) == 1


def test_nearness_is_told_again_for_a_due_time_that_moved_either_way(store: Store) -> None:
    number = opened(store)
    assert store.tell_deadlines([notice(number, kind="near")], NOON) == 1
    assert untold(store, "near") == []
    for due in (DUE - timedelta(hours=1), DUE + timedelta(hours=1)):
        change(store, number, due_at=due)
        assert untold(store, "near") == [number]
        assert store.tell_deadlines([notice(number, due, "near")], NOON) == 1


def test_a_notice_of_a_due_time_that_has_moved_meanwhile_is_left_out(store: Store) -> None:
    number = opened(store)
    change(store, number, due_at=DUE + timedelta(hours=1))
    assert store.tell_deadlines([notice(number)], DUE) == 0


def test_of_several_processes_one_tells(url: str) -> None:
    stores = [Store.open(url) for _ in range(3)]
    numbers = [opened(stores[0]) for _ in range(20)]
    told: list[int] = []
    start = threading.Barrier(len(stores))

    def tell(store: Store) -> None:
        start.wait()
        told.append(store.tell_deadlines([notice(number) for number in numbers], datetime.now(UTC)))

    threads = [threading.Thread(target=tell, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(told) == len(numbers)
    events = [e for e in stores[0].events(limit=500) if e.kind == "deadline_missed"]
    assert sorted(e.ticket or 0 for e in events) == numbers
    for store in stores:
        store.close()
