"""Free tasks: counted down with the ticket, given back once, never below zero, never one for two."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from policies.facts import FactValue
from policies.terms import Terms
from tests.tickets.making import facts, mail, recording, terms
from tickets.faults import QuotaSpent
from tickets.rows import Customer
from tickets.store import Store
from tickets.work.consequences import QUOTA_GONE

FREE = {"free-tasks": "free_tasks_left"}


def customer(store: Store, left: FactValue = 1, name: str = "Brewery South") -> Customer:
    known = {} if left is None else {"free_tasks_left": left}
    return store.upsert_customer("penelope", name, [], known, "tests")


def left(store: Store, whose: Customer) -> FactValue:
    record = store.customer(whose.id)
    assert record is not None
    return record.customer.facts.get("free_tasks_left")


def using(quotas: Mapping[str, str] = FREE) -> Terms:
    return replace(terms(), quotas=dict(quotas))


def opened(store: Store, whose: Customer | None, promised: Terms | None = None) -> int:
    [done] = store.record([recording(customer=whose, promised=promised or using())])
    assert done.ticket is not None
    return done.ticket


def standing(store: Store, number: int) -> list[str]:
    return [use.quota for use in store.quotas_of(number)]


def kinds(store: Store, number: int) -> list[str]:
    return [event.kind for event in reversed(store.events(number))]


def correct(store: Store, number: int, promised: Terms | None, topic: str = "other") -> None:
    store.correct(number, {"topic": topic}, agent="ann", terms=promised, clauses=())


def test_a_new_ticket_counts_its_customers_fact_down_and_says_so(store: Store) -> None:
    whose = customer(store, 3)
    number = opened(store, whose)
    assert left(store, whose) == 2
    assert standing(store, number) == ["free-tasks"]
    assert kinds(store, number) == ["ticket_opened", "quota_used"]
    assert store.events(number)[0].details == {"quota": "free-tasks", "left": 2}


def test_what_was_known_when_the_ticket_was_decided_stays_with_it(store: Store) -> None:
    whose = customer(store)
    told = recording(customer=whose, promised=using())
    assert told.placement is not None
    told = replace(told, placement=replace(told.placement, facts=facts(free_tasks_left=1)))
    [done] = store.record([told])
    found = store.ticket(done.ticket or 0)
    assert found is not None
    assert found.facts.customer == {"free_tasks_left": 1}


def test_with_none_left_nothing_of_the_batch_is_written(store: Store) -> None:
    whose = customer(store, 1)
    with pytest.raises(QuotaSpent) as spent:
        store.record([recording(customer=whose, promised=using()), recording(customer=whose, promised=using())])
    assert spent.value.left == {(whose.id, "free_tasks_left"): 1}
    assert left(store, whose) == 1
    assert store.counts()["decided"] == 0


@pytest.mark.parametrize("written", [0, -2, None, "many", True])
def test_a_record_that_has_none_is_never_counted_below_it(store: Store, written: FactValue) -> None:
    whose = customer(store, written)
    with pytest.raises(QuotaSpent):
        opened(store, whose)
    assert left(store, whose) == written


def test_a_number_written_as_text_is_counted(store: Store) -> None:
    whose = customer(store, "2")
    opened(store, whose)
    assert left(store, whose) == 1


def test_a_reply_and_an_unknown_customer_use_nothing(store: Store) -> None:
    whose = customer(store, 1)
    first = recording(customer=whose, promised=terms())
    assert first.placement is not None
    [done] = store.record([first])
    again = recording(
        mail("More"), conversation=first.placement.conversation, ticket=done.ticket, customer=whose, promised=using()
    )
    assert store.record([again])[0].disposition == "reply"
    opened(store, None)
    assert left(store, whose) == 1


def test_a_correction_that_takes_the_ticket_out_of_it_gives_back_once(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    correct(store, number, terms())
    assert (left(store, whose), standing(store, number)) == (1, [])
    correct(store, number, terms(), topic="installation")
    assert left(store, whose) == 1
    assert kinds(store, number).count("quota_returned") == 1


def test_a_correction_that_brings_the_ticket_into_it_uses_one(store: Store) -> None:
    whose = customer(store, 2)
    number = opened(store, whose, terms())
    correct(store, number, using())
    assert (left(store, whose), standing(store, number)) == (1, ["free-tasks"])


def test_a_correction_or_confirmation_within_it_goes_on_using_the_same_one_at_zero(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    correct(store, number, using(), topic="installation")
    correct(store, number, None, topic="installation")
    assert (left(store, whose), standing(store, number)) == (0, ["free-tasks"])


def test_a_correction_into_it_with_none_left_is_refused_with_what_is_left(store: Store) -> None:
    whose = customer(store, 0)
    number = opened(store, whose, terms())
    with pytest.raises(QuotaSpent) as spent:
        correct(store, number, using())
    assert spent.value.left == {(whose.id, "free_tasks_left"): 0}
    assert store.corrections(number) == []


def test_undoing_gives_back_and_undoing_that_uses_again(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    correct(store, number, terms())
    store.undo(number, agent="ann")
    assert (left(store, whose), standing(store, number)) == (0, ["free-tasks"])


def test_undoing_when_another_ticket_has_used_the_last_asks_a_person(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    correct(store, number, terms())
    opened(store, whose)
    store.undo(number, agent="ann")
    found = store.ticket(number)
    assert found is not None
    assert (found.state, found.review_reasons) == ("review", (QUOTA_GONE,))
    assert (found.terms.quotas, standing(store, number), left(store, whose)) == ({}, [], 0)


def test_closing_keeps_what_was_used(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    store.set_state(number, "closed", actor="ann")
    assert (left(store, whose), standing(store, number)) == (0, ["free-tasks"])
    store.set_state(number, "review", actor="ann")
    assert left(store, whose) == 0


def test_closing_as_no_request_gives_back_and_opening_again_uses_one(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    store.close_as_no_request(number, agent="ann", why="sent twice")
    store.close_as_no_request(number, agent="ann")
    assert (left(store, whose), standing(store, number)) == (1, [])
    store.set_state(number, "review", actor="ann")
    assert (left(store, whose), standing(store, number)) == (0, ["free-tasks"])


def test_opening_again_with_none_left_asks_a_person(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    store.close_as_no_request(number, agent="ann")
    opened(store, whose)
    store.set_state(number, "decided", actor="ann")
    found = store.ticket(number)
    assert found is not None
    assert (found.state, found.review_reasons, left(store, whose)) == ("review", (QUOTA_GONE,), 0)


def test_each_customer_has_its_own(store: Store) -> None:
    one, other = customer(store, 1), customer(store, 1, "Brewery North")
    store.record([recording(customer=each, promised=using()) for each in (one, other)])
    assert (left(store, one), left(store, other)) == (0, 0)


def test_uses_are_listed_with_what_was_given_back(store: Store) -> None:
    whose = customer(store, 2)
    first, second = opened(store, whose), opened(store, whose)
    correct(store, first, terms())
    listed = store.quota_uses([whose.id])
    assert [(use.ticket, use.returned_at is None) for use in listed] == [(first, False), (second, True)]


def test_of_many_writers_at_once_as_many_get_one_as_there_are(store: Store) -> None:
    whose = customer(store, 3)
    outcomes: list[str] = []

    def write() -> None:
        try:
            opened(store, whose)
            outcomes.append("used")
        except QuotaSpent:
            outcomes.append("spent")

    run([write] * 8)
    assert (outcomes.count("used"), outcomes.count("spent"), left(store, whose)) == (3, 5, 0)


def test_of_many_who_give_back_the_same_one_counts(store: Store) -> None:
    whose = customer(store, 1)
    number = opened(store, whose)
    run([lambda: store.close_as_no_request(number, agent="ann")] * 6)
    assert left(store, whose) == 1


def run(work: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
