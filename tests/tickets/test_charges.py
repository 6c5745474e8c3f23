"""Charges that are only proposed: a person's word on them, and what corrections may not drop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.terms import Terms
from tests.tickets.making import recording, terms
from tests.tickets.test_races import run_together
from tickets.faults import ChangedSinceSeen, NoSuchTicket, StoreError
from tickets.store import Store

ALARM = "USD 250 for a false alarm (penelope/outside.8; proposed, a person confirms it before it is charged)."


def charged(text: str = ALARM) -> Terms:
    return replace(terms(), charge=text, charge_proposed=True)


def opened(store: Store, promised: Terms | None = None) -> int:
    [done] = store.record([recording(promised=promised or charged())])
    assert done.ticket is not None
    return done.ticket


def correct(store: Store, number: int, promised: Terms | None, topic: str = "other") -> None:
    store.correct(number, {"topic": topic}, agent="ann", terms=promised, clauses=())


def state(store: Store, number: int) -> str | None:
    found = store.ticket(number)
    assert found is not None
    return found.charge_state


def test_a_proposed_charge_waits_for_a_persons_word(store: Store) -> None:
    number = opened(store)
    found = store.charge(number)
    assert found is not None
    assert (found.state, found.text, found.by, found.standing) == ("proposed", ALARM, None, True)
    assert [charge.ticket for charge in store.charges("proposed")] == [number]


def test_a_fixed_charge_or_none_waits_for_nobody(store: Store) -> None:
    number = opened(store, replace(terms(), charge="The work, charged by time."))
    assert (state(store, number), store.charge(number)) == (None, None)
    with pytest.raises(StoreError, match="No charge of ticket"):
        store.decide_charge(number, "confirmed", agent="ann", reason="so it is")


@pytest.mark.parametrize("word", ["confirmed", "waived"])
def test_a_person_decides_it_with_a_reason_and_an_event(store: Store, word: str) -> None:
    number = opened(store)
    decided = store.decide_charge(number, word, agent="ann", reason=" agreed by phone ")
    assert (decided.state, decided.by, decided.reason) == (word, "ann", "agreed by phone")
    [event] = [event for event in store.events(number) if event.kind == f"charge_{word}"]
    assert (event.actor, event.details["charge"]) == ("ann", ALARM)
    assert [charge.state for charge in store.charges()] == [word]


def test_a_word_without_reason_and_another_word_are_refused(store: Store) -> None:
    number = opened(store)
    with pytest.raises(StoreError, match="Say why"):
        store.decide_charge(number, "confirmed", agent="ann", reason=" ")
    with pytest.raises(StoreError, match="confirmed or waived"):
        store.decide_charge(number, "proposed", agent="ann", reason="no")
    with pytest.raises(NoSuchTicket):
        store.decide_charge(number + 1, "waived", agent="ann", reason="no")


def test_a_mind_may_be_changed(store: Store) -> None:
    number = opened(store)
    store.decide_charge(number, "confirmed", agent="ann", reason="first")
    assert store.decide_charge(number, "waived", agent="bob", reason="then not").reason == "then not"


def test_a_word_on_a_charge_that_somebody_decided_on_since_is_refused(store: Store) -> None:
    number = opened(store)
    seen = store.events(number)[0].id
    store.decide_charge(number, "confirmed", agent="ann", reason="agreed", seen=seen)
    with pytest.raises(ChangedSinceSeen, match="Look again"):
        store.decide_charge(number, "waived", agent="bob", reason="the first time", seen=seen)
    assert state(store, number) == "confirmed"
    latest = store.events(number)[0].id
    store.decide_charge(number, "waived", agent="bob", reason="the first time", seen=latest)
    assert state(store, number) == "waived"


def test_of_two_words_on_a_charge_at_once_one_holds(url: str) -> None:
    first, second = Store.open(url), Store.open(url)
    number = opened(first)
    seen = first.events(number)[0].id
    refused: list[str] = []

    def say(store: Store, word: str) -> None:
        try:
            store.decide_charge(number, word, agent="ann", reason="so it is", seen=seen)
        except ChangedSinceSeen:
            refused.append(word)

    run_together(lambda: say(first, "confirmed"), lambda: say(second, "waived"))
    assert len(refused) == 1
    assert state(first, number) == ({"confirmed", "waived"} - set(refused)).pop()
    first.close()
    second.close()


def test_a_correction_that_removes_the_charge_removes_the_proposal_and_undo_brings_it_back(store: Store) -> None:
    number = opened(store)
    correct(store, number, terms())
    assert (state(store, number), store.charges()) == (None, [])
    store.undo(number, agent="ann")
    assert state(store, number) == "proposed"


def test_a_correction_that_brings_a_charge_proposes_it(store: Store) -> None:
    number = opened(store, terms())
    correct(store, number, charged())
    assert state(store, number) == "proposed"


def test_a_confirmed_charge_is_not_dropped_by_a_correction_and_a_person_is_asked_once(store: Store) -> None:
    number = opened(store)
    store.decide_charge(number, "confirmed", agent="ann", reason="agreed")
    correct(store, number, terms())
    found, charge = store.ticket(number), store.charge(number)
    assert found is not None
    assert charge is not None
    assert (found.state, found.charge_state) == ("review", "confirmed")
    assert "is it waived?" in found.review_reasons[0]
    assert (charge.text, charge.standing) == (ALARM, False)
    assert "charge_stands" in [event.kind for event in store.events(number)]
    correct(store, number, terms(), topic="installation")
    found = store.ticket(number)
    assert found is not None
    assert (found.state, found.charge_state) == ("decided", "confirmed")


def test_a_charge_that_the_terms_no_longer_name_can_be_waived_and_not_confirmed(store: Store) -> None:
    number = opened(store)
    store.decide_charge(number, "confirmed", agent="ann", reason="agreed")
    correct(store, number, terms())
    with pytest.raises(StoreError, match="only be waived"):
        store.decide_charge(number, "confirmed", agent="ann", reason="again")
    with pytest.raises(StoreError, match="No charge"):
        waived_then_waived(store, number)


def waived_then_waived(store: Store, number: int) -> None:
    assert store.decide_charge(number, "waived", agent="ann", reason="not his").state == "waived"
    store.decide_charge(number, "waived", agent="ann", reason="again")


def test_a_confirmation_of_labels_leaves_the_word_on_the_charge(store: Store) -> None:
    number = opened(store)
    store.decide_charge(number, "waived", agent="ann", reason="the first time")
    correct(store, number, None, topic="technical_issue")
    correct(store, number, charged())
    assert state(store, number) == "waived"


def test_another_charge_than_the_one_waived_is_proposed_anew(store: Store) -> None:
    number = opened(store)
    store.decide_charge(number, "waived", agent="ann", reason="the first time")
    correct(store, number, charged("USD 500 for two false alarms."))
    assert state(store, number) == "proposed"


def test_a_ticket_that_never_was_a_request_is_not_charged(store: Store) -> None:
    number = opened(store)
    store.close_as_no_request(number, agent="ann", why="a test")
    assert store.charges() == []
    store.set_state(number, "review", actor="ann")
    assert state(store, number) == "proposed"
