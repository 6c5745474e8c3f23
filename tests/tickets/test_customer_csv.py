"""Customers from a CSV file."""

from __future__ import annotations

import io

import pytest

from policies.loader import load_folder
from tickets.customer_csv import CustomerFileError, Report, import_csv
from tickets.store import Store

POLICIES = load_folder()


def read(store: Store, text: str, policy: str | None = None, dry_run: bool = False) -> Report:
    return import_csv(store, io.StringIO(text), POLICIES, policy=policy, actor="anna", dry_run=dry_run)


def problems(store: Store, text: str, policy: str | None = None) -> tuple[str, ...]:
    with pytest.raises(CustomerFileError) as caught:
        read(store, text, policy)
    assert store.customers() == []
    assert store.events() == []
    return caught.value.problems


FULL = """\
policy,customer,domains,address,contact_name,hosting,supported_version,product_version,contact_role,plan
penelope,River,river.example;River.test,anna@river.example,Anna,saas,TRUE,5.6,system_admin,
penelope,River,,ben@river.example,Ben,,,,end_user,

perfana,"Lake, Inc.",lake.example,,,,,3.5,,team
"""


def test_customers_contacts_and_facts_are_read(store: Store) -> None:
    assert read(store, FULL) == Report(customers=2, contacts=2, new=2, saved=True)
    river, lake = store.customers()
    assert river.domains == ("river.example", "river.test")
    assert dict(river.facts) == {"hosting": "saas", "supported_version": True, "product_version": "5.6"}
    assert (lake.policy, lake.name, dict(lake.facts)) == (
        "perfana",
        "Lake, Inc.",
        {"product_version": "3.5", "plan": "team"},
    )
    found, contact = store.find_customer("penelope", "ben@river.example")
    assert contact is not None and found == river
    assert (contact.name, dict(contact.facts)) == ("Ben", {"contact_role": "end_user"})
    assert {event.actor for event in store.events()} == {"anna"}


def test_the_same_file_again_changes_nothing(store: Store) -> None:
    read(store, FULL)
    before, events = store.customers(), store.events()
    assert read(store, FULL) == Report(customers=2, contacts=2, new=0, saved=True)
    assert (store.customers(), store.events()) == (before, events)


def test_a_dry_run_saves_nothing(store: Store) -> None:
    assert read(store, FULL, dry_run=True) == Report(customers=2, contacts=2, new=2, saved=False)
    assert store.customers() == []


def test_what_the_file_has_no_column_for_stays(store: Store) -> None:
    read(store, "customer,domains,hosting,product_version\nRiver,river.example,saas,5.6\n", "penelope")
    read(store, "customer,hosting,product_version\nRiver,self_hosted,\n", "penelope")
    [river] = store.customers()
    assert river.domains == ("river.example",)
    assert dict(river.facts) == {"hosting": "self_hosted"}, "an empty cell is an unknown fact"


def test_a_contact_fact_without_contact_is_the_customers(store: Store) -> None:
    read(store, "customer,contact_role\nRiver,end_user\n", "penelope")
    [river] = store.customers()
    assert dict(river.facts) == {"contact_role": "end_user"}


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_what_spreadsheets_write_is_read(store: Store, delimiter: str) -> None:
    text = '\ufeff"Customer",Domain,Hosting\r\n"River","river.example;river.test",saas\r\n'
    text = text.replace(",", delimiter)
    assert read(store, text, "penelope").customers == 1
    [river] = store.customers()
    assert river.domains == ("river.example", "river.test")


def test_errors_name_line_and_column_and_nothing_is_saved(store: Store) -> None:
    text = (
        "policy,customer,domains,address,hosting\n"
        "penelope,Good,good.example,,saas\n"
        "nowhere,River,,,\n"
        "penelope,,,,\n"
        "penelope,River,not a domain,,\n"
        "penelope,River,gmail.com,,\n"
        "penelope,River,,nobody,\n"
        "penelope,River,,,cloud\n"
        "perfana,Lake,,,saas\n"
        "penelope,River\n"
    )
    assert problems(store, text) == (
        "Line 3, column policy: there is no policy 'nowhere'; there are atollon, penelope, perfana.",
        "Line 4, column customer: the name is missing.",
        "Line 5, column domains: 'not a domain' is not a domain.",
        "Line 6, column domains: anybody has an address at gmail.com.",
        "Line 7, column address: 'nobody' is not a mail address.",
        "Line 8, column hosting: 'cloud' is not one of saas, self_hosted.",
        "Line 9, column hosting: the policy perfana has no such fact.",
        "Line 10: 2 cells where the header has 5.",
    )


def test_lines_that_contradict_each_other_are_named(store: Store) -> None:
    text = "customer,address,hosting\nRiver,a@x.example,saas\nRiver,b@x.example,self_hosted\nLake,a@x.example,\n"
    assert problems(store, text, "penelope") == (
        "Line 3, column hosting: 'self_hosted', but line 2 says 'saas'.",
        "Line 4, column address: a@x.example is a contact of River already.",
    )


@pytest.mark.parametrize(
    ("fact", "value"), [("concurrent_licences", "many"), ("concurrent_licences", "5.5"), ("supported_version", "maybe")]
)
def test_a_fact_that_cannot_be_read_is_named(store: Store, fact: str, value: str) -> None:
    [problem] = problems(store, f"customer,{fact}\nRiver,{value}\n", "penelope")
    assert f"Line 2, column {fact}: {value!r}" in problem


def test_a_date_that_is_none_is_named(store: Store) -> None:
    [problem] = problems(store, "customer,maintenance_until\nRiver,31-12-2026\n", "perfana")
    assert "Line 2, column maintenance_until: '31-12-2026'" in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "column customer is missing"),
        ("name,hosting\n", "no column 'name'"),
        ("customer\nRiver\n", "column policy is missing"),
        ("policy,customer,customer\n", "column customer is there twice"),
        ("policy,customer,colour\n", "no column 'colour'"),
        ('policy,customer\npenelope,"River\n', "Line 2"),
        ('policy,customer\npenelope,"River"x\n', "Line 2"),
    ],
)
def test_a_file_that_is_no_list_of_customers_is_refused(store: Store, text: str, says: str) -> None:
    assert any(says in problem for problem in problems(store, text))


def test_many_problems_are_counted_in_one_sentence(store: Store) -> None:
    with pytest.raises(CustomerFileError, match=r"Nothing was imported\. Line 2, .*\(and 3 more\)"):
        read(store, "policy,customer\n" + "x,y\n" * 8)
