"""Tickets opened from another: linked, read from its mail, in a conversation of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.tickets.making import NOON, facts, mail, recording, terms, verdict
from tickets.faults import ChangedSinceSeen, NoSuchTicket, QuotaSpent, TicketChanged
from tickets.rows import Customer
from tickets.store import Store
from tickets.work.linking import LinkedTicket

LABELS = {"severity": "SEV3", "scope": "included", "issue_type": "configuration_request", "topic": "installation"}


def linked(quotas: Mapping[str, str] | None = None) -> LinkedTicket:
    said = {"issue_type": "configuration_request", "topic": "installation"}
    promised = replace(terms(), quotas=dict(quotas or {}))
    return LinkedTicket(verdict(), LABELS, said, {}, ("penelope/included.4",), facts(), promised, NOON)


def origin(store: Store, customer: Customer | None = None) -> int:
    [done] = store.record([recording(mail("How do I do it?"), customer=customer)])
    assert done.ticket is not None
    return done.ticket


def test_both_tickets_name_each_other_and_the_mail_is_that_of_the_first(store: Store) -> None:
    first = origin(store)
    number = store.open_linked(first, linked(), agent="ann", why="set-up", customer_id=None)
    opened, source = store.ticket(number), store.ticket(first)
    assert opened is not None
    assert source is not None
    assert (opened.origin, opened.topic, opened.state) == (first, "installation", "decided")
    assert opened.conversation != source.conversation
    assert dict(opened.corrected) == {"issue_type": "configuration_request", "topic": "installation"}
    assert [message.text for message in store.messages_of(number)] == ["How do I do it?"]
    assert (store.opened_from(first), store.opened_from(number)) == ([number], [])
    assert store.events(first)[0].details == {"ticket": number, "why": "set-up"}


def test_a_mail_that_joins_it_comes_after_the_mail_it_was_opened_from(store: Store) -> None:
    first = origin(store)
    number = store.open_linked(first, linked(), agent="ann", customer_id=None)
    opened = store.ticket(number)
    assert opened is not None
    store.record([recording(mail("Done."), conversation=opened.conversation, ticket=number)])
    assert [message.text for message in store.messages_of(number)] == ["How do I do it?", "Done."]
    assert len(store.messages_of(first)) == 1


def test_one_opened_from_an_opened_one_is_read_from_the_first(store: Store) -> None:
    first = origin(store)
    second = store.open_linked(first, linked(), agent="ann", customer_id=None)
    third = store.open_linked(second, linked(), agent="ann", customer_id=None)
    assert store.first_origin(third) == first
    assert [message.ticket for message in store.messages_of(third)] == [first]


def test_it_uses_its_customers_quota_or_is_not_opened(store: Store) -> None:
    whose = store.upsert_customer("penelope", "River", [], {"left": 1}, "tests")
    first = origin(store, whose)
    number = store.open_linked(first, linked({"tasks": "left"}), agent="ann", customer_id=whose.id)
    assert [use.quota for use in store.quotas_of(number)] == ["tasks"]
    with pytest.raises(QuotaSpent):
        store.open_linked(first, linked({"tasks": "left"}), agent="ann", customer_id=whose.id)
    assert store.opened_from(first) == [number]


def test_facts_of_another_customer_than_the_tickets_open_nothing(store: Store) -> None:
    whose = store.upsert_customer("penelope", "River", [], {}, "tests")
    first = origin(store)
    with pytest.raises(TicketChanged):
        store.open_linked(first, linked(), agent="ann", customer_id=whose.id)
    with pytest.raises(NoSuchTicket):
        store.open_linked(first + 1, linked(), agent="ann", customer_id=None)


def test_a_request_is_opened_once_by_two_who_saw_the_same(store: Store) -> None:
    first = origin(store)
    seen = store.events(first)[0].id
    number = store.open_linked(first, linked(), agent="ann", customer_id=None, seen=seen)
    with pytest.raises(ChangedSinceSeen):
        store.open_linked(first, linked(), agent="bob", customer_id=None, seen=seen)
    assert store.opened_from(first) == [number]


def test_an_opened_ticket_is_no_example_to_learn_from(store: Store) -> None:
    first = origin(store)
    number = store.open_linked(first, linked(), agent="ann", customer_id=None)
    for each in (first, number):
        store.correct(each, {"severity": "SEV2"}, agent="ann")
    assert [each.ticket.number for each in store.agent_labelled("penelope")] == [first]
