"""Whose mail is whose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from tests.tickets.making import NOON, recording, verdict
from tickets.customer.customer_saving import ContactEntry
from tickets.faults import CustomerChanged, NameTaken, NoSuchCustomer
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
    assert dict(customer.facts) == {"a": True, "b": 3, "c": "x", "e": "2026-01-02"}, "an unknown fact is absent"


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
    past = store.history("penelope", river.id, NOON.replace(day=9))
    assert [(request.topic, request.created_at) for request in past] == [
        ("server_down", NOON.replace(day=5)),
        ("odbc_account", NOON.replace(day=1)),
    ]
    assert store.history("perfana", river.id, NOON.replace(day=9)) == []


def test_history_goes_by_the_topic_that_an_agent_corrected(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", [], {}, "anna")
    [done] = store.record([recording(uid=1, customer=river)])
    store.correct(done.ticket or 0, {"topic": "server_down"}, agent="anna")
    assert [request.topic for request in store.history("penelope", river.id, NOON.replace(day=20))] == ["server_down"]


def test_a_contact_who_left_speaks_for_nobody_from_that_day_on(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    store.upsert_contact(river.id, "bob@river.example", "Bob", {}, "anna", date(2026, 5, 1))
    found = store.who_is("penelope", "bob@river.example")
    assert found.on(date(2026, 4, 30)).customer == river
    left = found.on(date(2026, 5, 1))
    assert (left.customer, left.kind, left.candidates) == (None, "left", (river,))


def test_the_customers_of_a_shared_domain_are_candidates_by_name(store: Store) -> None:
    for name in ("River", "Lake"):
        store.upsert_customer("penelope", name, ["shared.example"], {}, "anna")
    found = store.who_is("penelope", "bob@shared.example")
    assert (found.customer, found.kind, [c.name for c in found.candidates]) == (
        None,
        "shared_domain",
        ["Lake", "River"],
    )


def test_a_domain_below_a_customers_makes_it_a_candidate_alone(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    found = store.who_is("penelope", "bob@mail.river.example")
    assert (found.customer, found.kind, found.candidates) == (None, "subdomain", (river,))
    assert store.who_is("penelope", "bob@evilriver.example").kind == "unknown"
    assert store.who_is("penelope", f"bob@{'a.' * 100}river.example").candidates == (river,)


def test_what_changed_is_in_the_event_with_from_and_to(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", ["a.example"], {"hosting": "saas"}, "anna")
    store.upsert_customer("penelope", "River", ["b.example"], {"hosting": "self_hosted"}, "ben")
    store.upsert_contact(river.id, "bob@x.example", "Bob", {}, "ben")
    contact, change, _ = store.customer_events(river.id)
    assert (change.actor, change.details["changes"]["facts"]) == (
        "ben",
        {"hosting": {"from": "saas", "to": "self_hosted"}},
    )
    assert (change.details["changes"]["domains_added"], change.details["changes"]["domains_removed"]) == (
        ["b.example"],
        ["a.example"],
    )
    assert (contact.kind, contact.details["changes"]["new"]) == ("contact_saved", True)
    assert store.customer_events(river.id + 1) == []


def test_somebody_elses_change_is_not_lost(store: Store) -> None:
    made = store.create_customer("penelope", "River", [], {}, actor="anna")
    mark, number = made.mark, made.customer.id
    edited = store.edit_customer(number, "River", ["river.example"], {}, expected=mark, actor="anna")
    with pytest.raises(CustomerChanged, match="River"):
        store.edit_customer(number, "River", [], {"hosting": "saas"}, expected=mark, actor="ben")
    with pytest.raises(CustomerChanged):
        store.edit_contact(number, ContactEntry("bob@x.example"), expected=mark, actor="ben")
    assert store.customer(number) == edited
    with_bob = store.edit_contact(number, ContactEntry("bob@x.example"), expected=edited.mark, actor="ben")
    assert with_bob.mark != edited.mark
    assert store.edit_customer(number, "River", [], {}, expected=None, actor="ben").customer.domains == ()


def test_of_two_who_edit_at_once_one_is_told(store: Store) -> None:
    record = store.create_customer("penelope", "River", [], {}, actor="anna")

    def edit(licences: int) -> bool:
        facts = {"concurrent_licences": licences}
        try:
            store.edit_customer(record.customer.id, "River", [], facts, expected=record.mark, actor="x")
        except CustomerChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(edit, range(4))) == [False, False, False, True]


def test_a_name_is_taken_once_a_policy(store: Store) -> None:
    store.create_customer("penelope", "River", [], {}, actor="anna")
    lake = store.create_customer("penelope", "Lake", [], {}, actor="anna")
    store.create_customer("perfana", "River", [], {}, actor="anna")
    with pytest.raises(NameTaken):
        store.create_customer("penelope", " River ", [], {}, actor="anna")
    with pytest.raises(NameTaken):
        store.edit_customer(lake.customer.id, "River", [], {}, expected=lake.mark, actor="anna")
    with pytest.raises(NoSuchCustomer):
        store.edit_customer(999, "Sea", [], {}, expected=None, actor="anna")


def test_customers_are_searched_by_name_domain_and_contact(store: Store) -> None:
    river = store.upsert_customer("penelope", "River Clinic", ["river.example"], {}, "anna")
    store.upsert_customer("perfana", "Lake", ["lake.example"], {}, "anna")
    store.upsert_contact(river.id, "bob@x.example", "Bob Percent%", {}, "anna")

    def found(words: str, **more: Any) -> list[str]:
        return [record.customer.name for record in store.search_customers(words, **more)]

    assert found("") == ["Lake", "River Clinic"]
    for words in ("CLINIC", "river.ex", "BOB@x", "percent%"):
        assert found(words) == ["River Clinic"]
    for words in ("_", "\\", "'; DROP TABLE customer;--", "\x00"):
        assert found(words) == []
    assert found("", policy="perfana") == ["Lake"]
    assert found("", limit=1, offset=1) == ["River Clinic"]


def test_the_tickets_of_a_customer_are_listed_newest_first(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", [], {}, "anna")
    for uid, day in ((1, 3), (2, 5)):
        store.record([recording(uid=uid, customer=river, received_at=NOON.replace(day=day))])
    store.record([recording(uid=3)])
    assert [item.created_at.day for item in store.customer_tickets(river.id)] == [5, 3]
