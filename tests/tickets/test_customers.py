"""Whose mail is whose."""

from __future__ import annotations

from datetime import date

import pytest

from tests.tickets.making import NOON, recording, verdict
from tickets.store import Store, StoreError


def test_a_customer_is_created_and_then_updated(store: Store) -> None:
    first = store.upsert_customer("penelope", "River", ["River.Example.", "@lake.example"], {"hosting": "saas"}, "anna")
    assert first.domains == ("lake.example", "river.example")
    second = store.upsert_customer("penelope", "River", ["river.example"], {"concurrent_licences": 5}, "ben")
    assert second.id == first.id
    assert (second.domains, dict(second.facts)) == (("river.example",), {"concurrent_licences": 5})
    assert store.customers("penelope") == [second]
    assert [(e.kind, e.actor) for e in store.events()] == [("customer_saved", "ben"), ("customer_saved", "anna")]


def test_a_customer_saved_as_it_is_leaves_no_event(store: Store) -> None:
    for _ in range(2):
        store.upsert_customer("penelope", "River", ["river.example"], {"hosting": "saas"}, "anna")
    assert len(store.events()) == 1


def test_facts_keep_their_types_and_dates_become_text(store: Store) -> None:
    told = {"a": True, "b": 3, "c": "x", "d": None, "e": date(2026, 1, 2)}
    store.upsert_customer("penelope", "River", [], told, "anna")
    [customer] = store.customers()
    assert dict(customer.facts) == {"a": True, "b": 3, "c": "x", "d": None, "e": "2026-01-02"}


def test_the_same_name_under_two_policies_is_two_customers(store: Store) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    store.upsert_customer("perfana", "River", ["river.example"], {}, "anna")
    assert [c.policy for c in store.customers()] == ["penelope", "perfana"]
    found, _ = store.find_customer("perfana", "x@river.example")
    assert found is not None and found.policy == "perfana"


def test_a_customer_is_found_by_contact_before_domain(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    lake = store.upsert_customer("penelope", "Lake", ["lake.example"], {}, "anna")
    contact = store.upsert_contact(lake.id, "Bob@River.example", "Bob", {"contact_role": "system_admin"}, "anna")
    assert store.find_customer("penelope", " bob@river.EXAMPLE ") == (lake, contact)
    assert store.find_customer("penelope", "carl@river.example") == (river, None)
    assert store.find_customer("penelope", "carl@sea.example") == (None, None)
    assert store.find_customer("atollon", "bob@river.example") == (None, None)


def test_a_domain_that_two_customers_have_says_nothing(store: Store) -> None:
    for name in ("River", "Lake"):
        store.upsert_customer("penelope", name, ["shared.example"], {}, "anna")
    assert store.find_customer("penelope", "bob@shared.example") == (None, None)


def test_a_free_mail_domain_says_nothing(store: Store) -> None:
    customer = store.upsert_customer("penelope", "River", ["gmail.com"], {}, "anna")
    assert store.find_customer("penelope", "bob@gmail.com") == (None, None)
    contact = store.upsert_contact(customer.id, "bob@gmail.com", "Bob", {}, "anna")
    assert store.find_customer("penelope", "bob@gmail.com") == (customer, contact)


def test_a_subdomain_is_another_domain(store: Store) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    assert store.find_customer("penelope", "bob@evil.river.example") == (None, None)
    assert store.find_customer("penelope", "bob@evilriver.example") == (None, None)


def test_an_international_domain_is_found_in_either_spelling(store: Store) -> None:
    customer = store.upsert_customer("penelope", "Bücher", ["bücher.example"], {}, "anna")
    for address in ("a@bücher.example", "a@xn--bcher-kva.example"):
        assert store.find_customer("penelope", address) == (customer, None)


@pytest.mark.parametrize(
    "address", ["", "@", "nobody", "@river.example", "a@", "\x00@\x00", "a@\udcff", "a@" + "x" * 70]
)
def test_what_is_no_address_belongs_to_nobody(store: Store, address: str) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    assert store.find_customer("penelope", address) == (None, None)


def test_many_addresses_are_found_at_once(store: Store) -> None:
    customer = store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    found = store.find_customers("penelope", [f"p{n}@river.example" for n in range(1200)])
    assert len(found) == 1200
    assert all(pair == (customer, None) for pair in found.values())


def test_a_contact_moves_to_the_customer_it_is_saved_with(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", [], {}, "anna")
    lake = store.upsert_customer("penelope", "Lake", [], {}, "anna")
    first = store.upsert_contact(river.id, "bob@x.example", "Bob", {}, "anna")
    second = store.upsert_contact(lake.id, "bob@x.example", "Robert", {}, "anna")
    assert second.id == first.id
    assert store.find_customer("penelope", "bob@x.example") == (lake, second)


def test_a_contact_needs_a_customer_and_an_address(store: Store) -> None:
    with pytest.raises(StoreError, match="no customer 99"):
        store.upsert_contact(99, "bob@x.example", "", {}, "anna")
    customer = store.upsert_customer("penelope", "River", [], {}, "anna")
    with pytest.raises(StoreError, match="mail address"):
        store.upsert_contact(customer.id, "bob", "", {}, "anna")


def test_history_is_the_customers_earlier_tickets_newest_first(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", [], {}, "anna")
    lake = store.upsert_customer("penelope", "Lake", [], {}, "anna")
    for uid, (customer, day, topic) in enumerate(
        [(river, 1, "odbc_account"), (river, 5, "server_down"), (lake, 3, "other"), (river, 9, "installation")], 1
    ):
        when = NOON.replace(day=day)
        store.record([recording(uid=uid, customer=customer, received_at=when, said=verdict(topic=topic))])
    assert store.history("penelope", river.id, NOON.replace(day=9)) == [
        ("server_down", NOON.replace(day=5)),
        ("odbc_account", NOON.replace(day=1)),
    ]
    assert store.history("perfana", river.id, NOON.replace(day=9)) == []


def test_history_goes_by_the_topic_that_an_agent_corrected(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", [], {}, "anna")
    [done] = store.record([recording(uid=1, customer=river)])
    store.correct(done.ticket or 0, {"topic": "server_down"}, agent="anna")
    assert [topic for topic, _ in store.history("penelope", river.id, NOON.replace(day=20))] == ["server_down"]
