"""The customers' pages: found, shown, edited, imported; and whose a ticket is."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import TOKEN, Agent, sign_in
from tickets.customer.customer_csv import Report
from tickets.rows import CustomerRecord
from tickets.store import Store
from webui import customer_files

MARK = re.compile(r'name="mark" value="([^"]+)"')
CONTENT = re.compile(r'name="content" value="([^"]+)"')
NAMES = re.compile(r"data-row[^>]*><bdi>([^<]*)</bdi>")


@pytest.fixture
def lead(app: Flask, store: Store) -> Agent:
    """Lena, who may edit customers."""
    seed.add_lead(store)
    client = app.test_client()
    sign_in(client, "lena")
    return Agent(client)


@pytest.fixture
def bank(store: Store) -> CustomerRecord:
    [found] = store.customers_named("Nordbanken", "perfana")
    return found


def form(agent: Agent, path: str) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    page = agent.page(path)
    found = {"csrf_token": TOKEN.search(page), "mark": MARK.search(page)}
    return {name: match[1] for name, match in found.items() if match}


def test_customers_are_listed_searched_and_chosen_by_policy(agent: Agent) -> None:
    assert "Nordbanken" in NAMES.findall(agent.page("/customers/"))
    assert NAMES.findall(agent.page("/customers/?q=NORDBANKEN.ex")) == ["Nordbanken"]
    assert "Nordbanken" not in NAMES.findall(agent.page("/customers/?policy=penelope"))
    assert "No customer matches" in agent.page("/customers/?q=zebra")
    assert agent.get("/customers/?policy=nowhere").status_code == 404
    assert 'href="/customers/"' in agent.page("/")


@pytest.mark.parametrize("query", ['"', "%", "_", "\\", "'; DROP TABLE customer;--", "\x00", "x" * 3000])
def test_any_text_is_a_legal_search(agent: Agent, query: str) -> None:
    assert agent.client.get("/customers/", query_string={"q": query}).status_code == 200


def test_a_customer_has_a_page_with_facts_contacts_tickets_and_changes(
    agent: Agent, bank: CustomerRecord, store: Store
) -> None:
    told = {"contact_role": "end_user"}
    store.upsert_contact(bank.customer.id, "ola@x.example", "Ola", told, "lena", date(2026, 5, 1))
    page = agent.page(f"/customers/{bank.customer.id}")
    for shown in (
        "enterprise",
        "nordbanken.example",
        "Ola",
        "left on 2026-05-01",
        "end user",
        "No results in any dash",
    ):
        assert shown in page
    assert "Contact ola@x.example added: name Ola; left on 2026-05-01; role of the contact end user" in page
    assert "/edit" not in page, "an agent reads"
    assert agent.get("/customers/999").status_code == 404


def test_what_strangers_wrote_is_text(agent: Agent, store: Store) -> None:
    bad = store.upsert_customer("perfana", "<script>alert(1)</script>", [], {"product_version": "<b>5"}, "anna")
    store.upsert_contact(bad.id, '"><img>@x.example', "<i>", {}, "anna")
    page = agent.page(f"/customers/{bad.id}") + agent.page("/customers/")
    for tag in ("<script>alert", "<b>5", "<img>", "<i>"):
        assert tag not in page


def test_a_lead_edits_a_customer(lead: Agent, bank: CustomerRecord, store: Store) -> None:
    path = f"/customers/{bank.customer.id}/edit"
    fields = {
        **form(lead, path),
        "name": "Nordbanken AB",
        "domains": "nordbanken.example\nnb.example, NB2.example",
        "fact.plan": "team",
        "fact.customised": "",
        "fact.maintenance_until": "2028-01-31",
    }
    done = lead.client.post(path, data=fields)
    assert done.headers["Location"] == f"/customers/{bank.customer.id}"
    after = store.customer(bank.customer.id)
    assert after is not None
    assert after.customer.name == "Nordbanken AB"
    assert after.customer.domains == ("nb.example", "nb2.example", "nordbanken.example")
    assert dict(after.customer.facts) == {"plan": "team", "maintenance_until": "2028-01-31"}
    [event, *_] = store.customer_events(bank.customer.id)
    assert event.actor == "lena"
    assert event.details["changes"]["facts"]["plan"] == {"from": "enterprise", "to": "team"}
    assert "renamed from Nordbanken" in lead.page(f"/customers/{bank.customer.id}")


def test_the_inputs_are_of_the_facts_types(lead: Agent) -> None:
    page = lead.page("/customers/new?policy=atollon")
    assert re.search(r'<select id="fact.hosting"', page)
    assert re.search(r'name="fact.configuration_taken_over" type="date"', page)
    assert re.search(r'name="fact.free_tasks_left" type="number"', page)
    assert page.count('<option value="">Unknown</option>') >= 3


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    lead: Agent, bank: CustomerRecord, store: Store
) -> None:
    path = f"/customers/{bank.customer.id}/edit"
    fields = {**form(lead, path), "name": " ", "domains": "not/a/domain", "fact.maintenance_until": "soon"}
    refused = lead.client.post(path, data=fields)
    assert refused.status_code == 400
    assert re.search(r'id="name"[^>]*aria-invalid="true"[^>]*aria-describedby="fault-name"', refused.text)
    assert "The name is missing." in refused.text
    assert "&#39;not/a/domain&#39; is not a domain." in refused.text
    assert "&#39;soon&#39; is not a date" in refused.text
    assert 'value="soon"' in refused.text
    assert store.customer(bank.customer.id) == bank


def test_a_change_that_somebody_else_made_meanwhile_is_shown_first(
    lead: Agent, bank: CustomerRecord, store: Store
) -> None:
    path = f"/customers/{bank.customer.id}/edit"
    fields = {**form(lead, path), "name": "Nordbanken", "fact.plan": "free"}
    store.edit_customer(bank.customer.id, "Nordbanken", [], {"plan": "team"}, expected=None, actor="bram")
    refused = lead.client.post(path, data=fields)
    assert refused.status_code == 409
    assert "Somebody else has changed this customer" in refused.text
    assert "team" in refused.text
    after = store.customer(bank.customer.id)
    assert after is not None and dict(after.customer.facts) == {"plan": "team"}
    new_mark = MARK.search(refused.text)
    assert new_mark
    assert lead.client.post(path, data={**fields, "mark": new_mark[1]}).status_code == 302


def test_a_customer_is_added_once(lead: Agent, store: Store) -> None:
    fields = {**form(lead, "/customers/new?policy=penelope"), "policy": "penelope", "name": "New", "domains": ""}
    assert lead.client.post("/customers/new", data=fields).status_code == 302
    [made] = store.customers_named("New")
    assert made.customer.policy == "penelope"
    assert "called New already" in lead.client.post("/customers/new", data=fields).text


def test_a_contact_is_added_changed_and_moved(lead: Agent, bank: CustomerRecord, store: Store) -> None:
    path = f"/customers/{bank.customer.id}/contact"
    fields = {**form(lead, path), "address": "Ola@X.example", "name": "Ola", "fact.contact_role": "end_user"}
    assert lead.client.post(path, data=fields).status_code == 302
    known = f"{path}?address=ola@x.example"
    changed = {**form(lead, known), "name": "Ola N.", "left_on": "2026-05-01"}
    assert lead.client.post(known, data=changed).status_code == 302
    after = store.customer(bank.customer.id)
    assert after is not None
    [contact] = after.contacts
    assert (contact.name, dict(contact.facts), contact.left_on) == ("Ola N.", {}, date(2026, 5, 1))
    other = store.upsert_customer("perfana", "Other", [], {}, "anna")
    there = f"/customers/{other.id}/contact"
    taken = lead.client.post(there, data={**form(lead, there), "address": "ola@x.example"})
    assert taken.status_code == 409
    assert "is a contact of Nordbanken" in taken.text
    moved = lead.client.post(there, data={**form(lead, there), "address": "ola@x.example", "move": "1"})
    assert moved.status_code == 302
    assert store.who_is("perfana", "ola@x.example").customer == other


def test_agents_edit_nothing(agent: Agent, bank: CustomerRecord, store: Store) -> None:
    number = bank.customer.id
    for path in ("/customers/new", f"/customers/{number}/edit", f"/customers/{number}/contact", "/customers/import"):
        assert agent.get(path).status_code == 403
        assert agent.post(path, seen_on="/", name="x").status_code == 403
    assert agent.get("/customers/export.csv").status_code == 403
    assert agent.post("/customers/import/apply", seen_on="/").status_code == 403
    assert store.customer(number) == bank


def upload(lead: Agent, text: str, **fields: str) -> tuple[int, str]:
    told = {**form(lead, "/customers/import"), **fields, "file": (io.BytesIO(text.encode()), "customers.csv")}
    response = lead.client.post("/customers/import", data=told, content_type="multipart/form-data")
    return response.status_code, response.text


FILE = 'customer,domains,plan\r\nNordbanken,nordbanken.example,team\r\n"Sea, side",sea.example,free\r\n'


def hidden(page: str, **more: str) -> dict[str, str]:
    found = {"csrf_token": TOKEN.search(page), "mark": MARK.search(page), "content": CONTENT.search(page)}
    return {**{name: match[1] for name, match in found.items() if match}, **more}


def test_a_file_is_looked_at_and_then_saved(lead: Agent, store: Store, bank: CustomerRecord) -> None:
    status, page = upload(lead, FILE, policy="perfana")
    assert status == 200
    assert re.search(r"enterprise</bdi>.*→.*<strong><bdi>team</bdi>", page)
    assert store.customer(bank.customer.id) == bank, "looking saves nothing"
    done = lead.client.post("/customers/import/apply", data=hidden(page, policy="perfana"))
    assert done.headers["Location"] == "/customers/"
    assert store.customers_named("Nordbanken")[0].customer.facts["plan"] == "team"
    assert store.customers_named("Sea, side"), "the file is what was looked at, byte for byte"


def test_what_would_change_otherwise_by_now_is_shown_again(lead: Agent, store: Store, bank: CustomerRecord) -> None:
    _, page = upload(lead, FILE, policy="perfana")
    store.upsert_customer("perfana", "Nordbanken", [], {"plan": "free"}, "bram")
    again = lead.client.post("/customers/import/apply", data=hidden(page, policy="perfana"))
    assert again.status_code == 409
    assert "Something has changed since you looked" in again.text
    assert store.customers_named("Nordbanken")[0].customer.facts["plan"] == "free"
    assert lead.client.post("/customers/import/apply", data=hidden(again.text, policy="perfana")).status_code == 302


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Choose a CSV file"),
        ("customer,plan\nNordbanken,gold\n", "Line 2, column plan: &#39;gold&#39; is not one of"),
        ("x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(lead: Agent, text: str, says: str) -> None:
    status, page = upload(lead, text, policy="perfana")
    assert status == 400
    assert says in page


def test_a_file_that_gives_used_tasks_back_warns_before_it_is_saved(lead: Agent, store: Store) -> None:
    for name, left in (("Brewery South", 1), ("Brewery North", 3)):
        store.upsert_customer("atollon", name, [], {"free_tasks_left": left}, "bram")
    file = "customer,free_tasks_left\nBrewery South,3\nBrewery North,3\n"
    _, page = upload(lead, file, policy="atollon")
    assert "gives used tasks back to <bdi>Brewery South</bdi>: look" in page
    assert page.count("goes up from 1 to 3") == 1


def test_a_file_of_a_megabyte_is_read(lead: Agent) -> None:
    rows = "".join(f"Customer number {n} of {'the large file ' * 6},d{n}.example\n" for n in range(9_000))
    assert len(rows) > 1_000_000
    status, page = upload(lead, f"customer,domains\n{rows}", policy="perfana")
    assert status == 200
    assert "The first 200 of 9000 are shown" in page


def test_a_file_of_more_lines_than_the_page_saves_names_the_command(lead: Agent, store: Store) -> None:
    file = "customer\n" + "".join(f"C{n}\n" for n in range(10_000))
    status, page = upload(lead, file, policy="perfana")
    assert status == 400
    assert "more than 10000 lines: use" in page
    before = store.customers()
    sent = {"content": b64encode(file.encode()).decode(), "mark": "x", "policy": "perfana"}
    assert lead.post("/customers/import/apply", seen_on="/customers/import", **sent).status_code == 400
    assert store.customers() == before


def test_a_change_between_the_last_look_and_the_saving_is_shown_again(
    lead: Agent, store: Store, bank: CustomerRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, page = upload(lead, "policy,customer,plan\nperfana,Nordbanken,\n")
    looked_at = customer_files._plan

    def looks_and_then_another_saves(content: bytes) -> Report:
        report = looked_at(content)
        facts = {**bank.customer.facts, "plan": "team"}
        store.upsert_customer("perfana", "Nordbanken", bank.customer.domains, facts, "bram")
        return report

    monkeypatch.setattr(customer_files, "_plan", looks_and_then_another_saves)
    response = lead.client.post("/customers/import/apply", data=hidden(page))
    assert response.status_code == 409
    [now] = store.customers_named("Nordbanken", "perfana")
    assert now.customer.facts["plan"] == "team"


def test_an_upload_changed_on_its_way_is_refused(lead: Agent) -> None:
    _, page = upload(lead, FILE, policy="perfana")
    for content in ("!!!", "/////w=="):
        sent = {**hidden(page, policy="perfana"), "content": content}
        assert lead.client.post("/customers/import/apply", data=sent).status_code == 400


def test_the_export_is_the_file_that_changes_nothing(lead: Agent) -> None:
    exported = lead.get("/customers/export.csv?policy=perfana")
    assert exported.content_type == "text/csv; charset=utf-8"
    assert exported.text.startswith("\ufeff")
    status, page = upload(lead, exported.text)
    assert (status, "The file changes nothing" in page) == (200, True)


def unknown(store: Store, policies: Mapping[str, Policy], **facts: object) -> int:
    """A ticket of nobody's: the first sample from an address that no customer has."""
    sample = replace(seed.SAMPLES[0], company="", ago=timedelta(hours=1), sender="Eve <eve@else.example>")
    made = seed.recording_of(store, sample, policies[sample.policy], message_id="unknown@seed.example")
    assert made.placement is not None
    known = replace(made.placement.facts, customer={}, history=None, sender_proven=None, **facts)
    done = store.record([replace(made, placement=replace(made.placement, facts=known, customer=None))])[0]
    assert done.ticket is not None
    return done.ticket


def test_the_ticket_names_the_candidates_and_a_person_chooses(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    store.upsert_customer("perfana", "Alpha", [], {"plan": "team"}, "anna")
    number = unknown(
        store, policies, sender="shared_domain", candidates=("Alpha", "Nordbanken"), proof="mx found it so."
    )
    page = agent.page(f"/tickets/{number}")
    assert re.search(r"May be <bdi>Alpha</bdi> or <bdi>Nordbanken</bdi>", page)
    assert "mx found it so." in page
    assert 'value="add_contact"' not in page
    path = f"/tickets/{number}/assign"
    done = agent.post(path, seen_on=f"/tickets/{number}", named="Alpha", vouch="1")
    assert done.headers["Location"] == f"/tickets/{number}"
    ticket = store.ticket(number)
    assert ticket is not None
    assert (ticket.customer_name, ticket.facts.proof) == ("Alpha", "Vouched for by anna.")
    shown = agent.page(f"/tickets/{number}")
    assert "Assigned to Alpha; vouched for by anna" in shown
    assert "sender proven" in shown


def test_a_lead_assigns_and_makes_a_contact_of_the_sender(
    lead: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    number = unknown(store, policies, sender="unknown")
    assert "The sender is unknown" in lead.page(f"/tickets/{number}")
    lead.post(f"/tickets/{number}/assign", seen_on=f"/tickets/{number}", customer="Nordbanken", add_contact="1")
    found, contact = store.find_customer("perfana", "eve@else.example")
    assert found is not None and contact is not None
    assert (found.name, contact.name) == ("Nordbanken", "Eve")


def test_an_agent_makes_no_contact_and_nobody_assigns_to_nobody(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    number = unknown(store, policies)
    path, seen_on = f"/tickets/{number}/assign", f"/tickets/{number}"
    assert agent.post(path, seen_on=seen_on, customer="Nordbanken", add_contact="1").status_code == 403
    assert agent.post(path, seen_on=seen_on, customer="Nobody").status_code == 400
    assert agent.post(path, seen_on=seen_on).status_code == 400
    ticket = store.ticket(number)
    assert ticket is not None and ticket.customer_id is None


def test_a_stale_page_assigns_nothing(agent: Agent, store: Store, policies: Mapping[str, Policy]) -> None:
    number = unknown(store, policies)
    store.set_state(number, "closed", actor="bram")
    response = agent.post(f"/tickets/{number}/assign", seen_on="/tickets/1", customer="Nordbanken")
    assert response.status_code == 409


def test_nothing_is_shown_without_a_session(stranger: FlaskClient) -> None:
    for path in ("/customers/", "/customers/1", "/customers/export.csv"):
        assert "/sign-in" in stranger.get(path).headers["Location"]
