"""Customers from a CSV file."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select

from policies.loader import load_folder
from tests.tickets.test_races import run_together
from tickets.customer import customer_writing
from tickets.customer.csv_cells import guarded, unguarded
from tickets.customer.customer_csv import CustomerFileError, Report, import_csv, read_csv
from tickets.customer.customer_export import export_csv
from tickets.customer.customer_saving import Entry
from tickets.faults import ImportChanged
from tickets.rows import CustomerRecord
from tickets.schema import customer
from tickets.store import Store, StoreError

POLICIES = load_folder()


def read(store: Store, text: str, policy: str | None = None, dry_run: bool = False) -> Report:
    return import_csv(store, io.StringIO(text), POLICIES, policy=policy, actor="anna", dry_run=dry_run)


def counted(report: Report) -> tuple[int, int, int, bool]:
    """Customers, contacts, new customers, and whether they were saved."""
    return report.customers, report.contacts, report.new, report.saved


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
    assert counted(read(store, FULL)) == (2, 2, 2, True)
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
    assert counted(read(store, FULL)) == (2, 2, 0, True)
    assert (store.customers(), store.events()) == (before, events)


def test_a_dry_run_saves_nothing(store: Store) -> None:
    assert counted(read(store, FULL, dry_run=True)) == (2, 2, 2, False)
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


def test_a_dry_run_says_what_the_real_run_then_does(store: Store) -> None:
    read(store, FULL)
    text = (
        "policy,customer,domains,address,contact_name,left_on,hosting\n"
        "penelope,River,river.example;new.example,,,,self_hosted\n"
        "penelope,River,,ben@river.example,Benjamin,2026-05-01,\n"
        "penelope,Sea,,anna@river.example,Anna,,\n"
    )
    planned = read(store, text, dry_run=True)
    assert [list(change.sentences()) for change in planned.changes] == [
        [
            "domain new.example added",
            "domain river.test removed",
            "hosting saas -> self_hosted",
            "contact ben@river.example: name Ben -> Benjamin",
            "contact ben@river.example: left on unknown -> 2026-05-01",
        ],
        ["contact anna@river.example moves here from River"],
    ]
    assert [(change.name, change.new) for change in planned.changes] == [("River", False), ("Sea", True)]
    done = read(store, text)
    assert (done.changes, done.saved, planned.saved) == (planned.changes, True, False)
    assert read(store, text).changes == ()
    _, ben = store.find_customer("penelope", "ben@river.example")
    assert ben is not None
    assert (ben.left_on, dict(ben.facts)) == (date(2026, 5, 1), {"contact_role": "end_user"}), "no column, so it stays"


def test_customers_that_a_file_does_not_name_stay(store: Store) -> None:
    read(store, FULL)
    assert read(store, "policy,customer\npenelope,River\n").unchanged == 1
    assert [c.name for c in store.customers()] == ["River", "Lake, Inc."]
    assert len(store.customer_records("penelope")[0].contacts) == 2


def test_a_customers_own_role_is_not_taken_by_lines_of_contacts(store: Store) -> None:
    read(store, "customer,contact_role\nRiver,end_user\n", "penelope")
    read(store, "customer,address,contact_role\nRiver,a@river.example,system_admin\n", "penelope")
    [river] = store.customers()
    assert dict(river.facts) == {"contact_role": "end_user"}


def test_nothing_is_saved_when_saving_fails_in_the_middle(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(connection: Connection, happenings: Sequence[Mapping[str, Any]]) -> None:
        assert connection.scalar(select(func.count()).select_from(customer)) == 2, "the customers are written by then"
        raise StoreError("The disk is full.")

    monkeypatch.setattr(customer_writing, "add", failing)
    with pytest.raises(StoreError):
        read(store, "policy,customer\npenelope,River\npenelope,Sea\n")
    assert store.customers() == []
    assert store.events() == []


def exported(store: Store) -> str:
    stream = io.StringIO(newline="")
    assert export_csv(store.customer_records(), POLICIES, stream) == []
    return stream.getvalue()


def test_what_is_exported_is_read_back_as_it_was(store: Store) -> None:
    read(store, FULL)
    store.upsert_contact(store.customers()[0].id, "left@river.example", "L", {}, "anna", date(2026, 1, 31))
    before, text = store.customer_records(), exported(store)
    assert read(store, text).changes == ()
    assert store.customer_records() == before


def test_what_changes_after_a_file_is_read_is_not_taken_back(store: Store) -> None:
    """What the file has no column for is as it is when it is saved, not as it was when it was read."""
    river = store.upsert_customer("penelope", "River", ["river.example"], {"hosting": "saas", "left": 3}, "anna")
    store.upsert_contact(river.id, "ben@river.example", "Ben", {"contact_role": "end_user"}, "anna")
    text = "customer,address,product_version\nRiver,,5.6\nRiver,ben@river.example,\n"
    entries = read_csv(io.StringIO(text), POLICIES, policy="penelope")
    store.upsert_customer("penelope", "River", ["new.example"], {"hosting": "self_hosted", "left": 2}, "bob")
    store.upsert_contact(river.id, "ben@river.example", "Benjamin", {"contact_role": "system_admin"}, "bob")
    [change] = store.import_customers(entries, "anna")
    assert list(change.sentences()) == ["product_version unknown -> 5.6"]
    record = record_of(store, river.id)
    assert record.customer.domains == ("new.example",)
    assert dict(record.customer.facts) == {"hosting": "self_hosted", "left": 2, "product_version": "5.6"}
    [ben] = record.contacts
    assert (ben.name, dict(ben.facts)) == ("Benjamin", {"contact_role": "system_admin"})


def test_what_is_saved_while_a_file_is_saved_is_kept(url: str) -> None:
    """Each of two counts what it counts: neither writes the other's number back."""
    first, second = Store.open(url), Store.open(url)
    river = first.upsert_customer("penelope", "River", [], {}, "anna")

    def save(store: Store, fact: str) -> None:
        for number in range(15):
            told = {fact: number}
            store.import_customers([Entry("penelope", "River", (), told, spoken=frozenset(told))], "anna")

    run_together(lambda: save(first, "one"), lambda: save(second, "two"))
    assert dict(record_of(first, river.id).customer.facts) == {"one": 14, "two": 14}
    first.close()
    second.close()


def test_a_file_that_would_change_something_else_than_was_looked_at_changes_nothing(store: Store) -> None:
    read(store, "customer,hosting\nRiver,saas\n", "penelope")
    text = "customer,hosting\nRiver,self_hosted\nSea,saas\n"
    looked_at = read(store, text, "penelope", dry_run=True)
    store.upsert_customer("penelope", "River", [], {}, "bob")
    before = store.customers()
    with pytest.raises(ImportChanged):
        import_csv(store, io.StringIO(text), POLICIES, policy="penelope", actor="anna", expected=looked_at)
    assert store.customers() == before
    looked_at = read(store, text, "penelope", dry_run=True)
    saved = import_csv(store, io.StringIO(text), POLICIES, policy="penelope", actor="anna", expected=looked_at)
    assert saved.changes == looked_at.changes


def test_a_header_of_very_many_columns_is_refused_at_once(store: Store) -> None:
    assert problems(store, "customer" + "," * 100_000 + "\n") == (
        "Line 1: 100001 columns, and a file of customers has 200 at most.",
    )


def test_many_customers_are_written_with_few_statements(store: Store) -> None:
    text = "customer,domains,address,hosting\n"
    text += "".join(f"C{n},c{n}.example,a@c{n}.example,saas\n" for n in range(300))
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(store._engine, "before_cursor_execute", count)
    try:
        assert counted(read(store, text, "penelope")) == (300, 300, 300, True)
        assert counted(read(store, text.replace("saas", "self_hosted"), "penelope")) == (300, 300, 0, True)
    finally:
        event.remove(store._engine, "before_cursor_execute", count)
    assert len(statements) < 60
    assert len(store.customer_records()) == 300
    assert {c.facts["hosting"] for c in store.customers()} == {"self_hosted"}
    kinds = [each.kind for each in store.events(limit=2000)]
    assert (kinds.count("customer_saved"), kinds.count("contact_saved")) == (600, 300)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('customer\n"Ri\nver"\n', "column customer: the name has a line break"),
        ("customer\nRi\x1bver\n", "column customer: the name has a line break"),
        ('customer,address,contact_name\nRiver,a@x.example,"A\u2028B"\n', "column contact_name: the name has a line"),
        (f"customer,domains\nRiver,{';'.join(f'd{n}.example' for n in range(201))}\n", "more than 200 domains"),
        (
            "customer,domains\n" + "".join(f"River,d{n}.example\n" for n in range(201)),
            "Line 202, column domains: River has more than 200 domains",
        ),
        ("customer,address,left_on\nRiver,a@x.example,20260101\n", "column left_on: '20260101' is not a date"),
        ("customer,address,left_on\nRiver,a@x.example,2026-W01\n", "column left_on: '2026-W01' is not a date"),
        ("customer,address,left_on\nRiver,a@x.example,2026-02-30\n", "column left_on: '2026-02-30' is not a date"),
    ],
)
def test_what_the_page_refuses_a_file_does_not_bring(store: Store, text: str, says: str) -> None:
    [problem] = problems(store, text, "penelope")
    assert says in problem


def record_of(store: Store, number: int) -> CustomerRecord:
    found = store.customer(number)
    assert found is not None
    return found


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from("=+-@';,\""),
    max_size=12,
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "hosting": st.sampled_from(["saas", "self_hosted"]),
        "product_version": st.sampled_from(["5.6", "-5", "=1+1", "@x", "'5", "''=5"]),
        "supported_version": st.booleans(),
        "concurrent_licences": st.integers(-5, 10**9),
        "contact_role": st.sampled_from(["system_admin", "end_user"]),
    },
)
PEOPLE = st.dictionaries(
    st.sampled_from(["a@x.example", "=b@x.example", "-c@y.example", "+d@gmail.com", "'e@x.example"]),
    st.tuples(TEXT, st.sampled_from([None, "system_admin"]), st.dates() | st.none()),
    max_size=3,
)
DOMAINS = st.sets(st.sampled_from(["x.example", "y.example", "xn--bcher-kva.example", "_a.b-c.example"]))
COMPANIES = st.lists(st.tuples(TEXT.filter(str.strip), DOMAINS, FACTS, PEOPLE), max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(companies=COMPANIES)
def test_export_import_export_is_the_same(migrated_file: Path, tmp_path: Path, companies: list[Any]) -> None:
    """Whatever the names, also those that a spreadsheet would take for formulas."""
    first, second = (opened_copy(migrated_file, tmp_path / f"{name}.db") for name in ("first", "second"))
    with closing(first), closing(second):
        for name, domains, facts, people in companies:
            customer = first.upsert_customer("penelope", name, domains, facts, "anna")
            for address, (called, role, left_on) in people.items():
                told = {"contact_role": role} if role else {}
                first.upsert_contact(customer.id, address, called, told, "anna", left_on)
        text = exported(first)
        for line in csv.reader(io.StringIO(text, newline="")):
            assert not [cell for cell in line if cell[:1] in set("=+-@\t\r\n")]
        read(second, text)
        assert exported(second) == text
        assert plain(second) == plain(first)


def plain(store: Store) -> list[Any]:
    """The records without the numbers that the store gave them."""
    return [
        (
            r.customer.name,
            r.customer.domains,
            r.customer.facts,
            [(c.address, c.name, c.facts, c.left_on) for c in r.contacts],
        )
        for r in store.customer_records()
    ]


def opened_copy(migrated_file: Path, path: Path) -> Store:
    path.unlink(missing_ok=True)
    shutil.copy(migrated_file, path)
    return Store.open(f"sqlite:///{path}")


def test_what_a_file_cannot_bring_back_is_said(store: Store) -> None:
    store.upsert_customer("penelope", "River", [], {"colour": "red", "hosting": "saas"}, "anna")
    stream = io.StringIO()
    [left_out] = export_csv(store.customer_records(), POLICIES, stream)
    assert "River: colour 'red'" in left_out


@pytest.mark.parametrize(
    "cell", ["=1", "'=1", "''=1", "'t Hof", "plain", "", "-", "a;=cmd()", "a,+b", "a\n=b", "\t=", "＝1", "a;'=b", "'"]
)
def test_a_guarded_cell_is_no_formula_and_is_read_back(cell: str) -> None:
    written = guarded(cell)
    assert not re.search(r"(?:^|[;,\t\r\n])[=+\-@\t\r\n\uff1d]", written)
    assert unguarded(written) == cell


def test_an_old_export_that_gives_used_tasks_back_is_told_of_before_and_after(store: Store) -> None:
    text = "policy,customer,domains,free_tasks_left\natollon,South,,3\natollon,North,,3\natollon,New,,3\n"
    south, north = ({"free_tasks_left": number} for number in (1, 3))
    whose = store.upsert_customer("atollon", "South", [], south, "anna")
    store.upsert_customer("atollon", "North", [], north, "anna")
    for dry_run in (True, False):
        report = read(store, text, dry_run=dry_run)
        [(policy, name)] = report.given_back
        assert (policy, name) == ("atollon", "South")
        [warning] = report.to_json()["warnings"]
        assert warning["customer"] == "South"
        assert warning["says"].startswith("free_tasks_left goes up from 1 to 3: what tickets have used of the free")
    store.upsert_customer("atollon", "South", [], {"free_tasks_left": 5}, "anna")
    assert read(store, text).given_back == {}
    record = store.customer(whose.id)
    assert record is not None and record.customer.facts == {"free_tasks_left": 3}
