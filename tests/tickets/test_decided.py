"""Decided tickets are gone through in chunks, with no more than deciding them again needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from classifier.verdict import Verdict
from tests.tickets.making import NOON, recording
from tickets import decided_book
from tickets.rows import Ticket
from tickets.store import Store


def record(store: Store, count: int) -> list[Ticket]:
    """So many tickets of penelope, a day after one another."""
    for day in range(count):
        store.record([recording(received_at=NOON + timedelta(days=day))], None)
    return [ticket for number in range(1, count + 1) if (ticket := store.ticket(number))]


def test_every_ticket_comes_once_by_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decided_book, "CHUNK", 2)
    tickets = record(store, 5)
    chunks = list(store.decided("penelope"))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    rows = [row for chunk in chunks for row in chunk]
    assert [row.number for row in rows] == [ticket.number for ticket in tickets]
    assert store.count_decided("penelope") == 5


def test_a_row_is_the_ticket_as_it_was_decided(store: Store) -> None:
    [ticket] = record(store, 1)
    store.correct(ticket.number, {"severity": "SEV1"}, agent="ann")
    [[row]] = store.decided("penelope")
    assert Verdict.from_json(row.verdict) == ticket.verdict
    assert row.facts == ticket.facts.to_json()
    assert row.corrected == {"severity": "SEV1"}
    assert row.received_at == ticket.created_at


def test_days_and_policy_bound_the_tickets(store: Store) -> None:
    record(store, 4)
    since, until = NOON + timedelta(days=1), NOON + timedelta(days=3)
    assert store.count_decided("penelope", since, until) == 2
    [chunk] = store.decided("penelope", since, until)
    assert [row.number for row in chunk] == [2, 3]
    assert list(store.decided("perfana")) == []
    assert store.count_decided("perfana") == 0


def test_the_opening_mails_are_what_was_classified(store: Store) -> None:
    tickets = record(store, 2)
    openings = [store.messages_of(ticket.number)[0] for ticket in tickets]
    expected = {o.ticket: (o.subject, o.new_text or o.text) for o in openings}
    assert store.opening_texts([1, 2, 99]) == expected
