"""What agents say of labels, on the pages and by the API: how they came to say it, taken back, in dispute, in bulk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.test_api import body, program, refused
from tickets import desk
from tickets.rows import Correction, Dispute
from tickets.store import Store

RESET = "admin password - again, sorry"
SLOW = "Reports take four minutes for the whole intake team"
API = "/api/v1"


@pytest.fixture
def number(numbers: dict[str, int]) -> int:
    return numbers[RESET]


@pytest.fixture
def lead(app: Flask, store: Store) -> Agent:
    """Lea, a lead, signed in."""
    anna = store.user("anna")
    assert anna is not None
    store.add_user("lea", anna.password_hash, "lead", actor="seed")
    client = app.test_client()
    assert sign_in(client, "lea").status_code == 302
    return Agent(client)


@pytest.fixture
def disputed(store: Store, policies: Mapping[str, Policy], number: int) -> Dispute:
    """Anna says SEV1, Bram SEV2."""
    for agent, severity, why in (("anna", "SEV1", "<b>all</b> are out"), ("bram", "SEV2", "one is out")):
        desk.correct(store, policies["penelope"], number, {"severity": severity}, agent=agent, why=why)
    [found] = store.disputes()
    return found


def said(store: Store, number: int) -> Correction:
    return store.corrections(number)[-1]


@pytest.mark.parametrize(
    ("opened", "seconds"),
    [
        ((seed.NOW - timedelta(seconds=12)).isoformat(), 12.0),
        ((seed.NOW - timedelta(hours=2)).isoformat(), None),
        ((seed.NOW + timedelta(hours=2)).isoformat(), None),
        ("2026-11-23T10:00:00", None),
        ("yesterday", None),
    ],
)
def test_a_word_on_the_page_is_not_blind_and_tells_the_seconds_where_they_can_be_known(
    agent: Agent, store: Store, number: int, opened: str, seconds: float | None
) -> None:
    path = f"/tickets/{number}"
    agent.post(f"{path}/correct", seen_on=path, change="severity:SEV1", opened=opened)
    how = said(store, number).how
    assert (how.blind, how.seconds, how.bulk) == (False, seconds, False)


def test_the_page_carries_the_moment_it_was_opened(agent: Agent, number: int) -> None:
    assert f'name="opened" value="{seed.NOW.isoformat()}"' in agent.page(f"/tickets/{number}")


def test_one_of_two_words_is_taken_back_by_its_button(agent: Agent, store: Store, number: int) -> None:
    path = f"/tickets/{number}"
    before = store.ticket(number)
    for change in ("severity:SEV1", "issue_type:advice"):
        agent.post(f"{path}/correct", seen_on=path, change=change)
    words = re.findall(r'name="word" value="(\d+)"', agent.page(path))
    assert len(words) == 2
    agent.post(f"{path}/take-back", seen_on=path, word=words[-1])
    after = store.ticket(number)
    assert before is not None and after is not None
    assert (after.severity, after.corrected) == (before.severity, {"issue_type": "advice"})
    page = agent.page(path)
    assert "Took back: Severity as anna had said it" in page
    assert len(re.findall(r'name="word"', page)) == 1


def test_a_word_is_not_taken_back_from_a_page_that_is_old(agent: Agent, store: Store, number: int) -> None:
    path = f"/tickets/{number}"
    agent.post(f"{path}/correct", seen_on=path, change="severity:SEV1")
    assert agent.post(f"{path}/take-back", seen_on=path, word=str(said(store, number).id), seen="1").status_code == 409
    assert store.corrections(number)


def test_a_dispute_shows_both_values_who_why_and_the_mail(lead: Agent, disputed: Dispute) -> None:
    page = lead.page("/disputes")
    for told in ("SEV1, as anna says", "SEV2, as bram says", "one is out", "&lt;b&gt;all&lt;/b&gt; are out"):
        assert told in page
    assert "sysadmin password" in page
    assert f'href="/tickets/{disputed.ticket}"' in page
    assert "In dispute: anna says SEV1, bram says SEV2." in lead.page(f"/tickets/{disputed.ticket}")
    assert '<dt>In dispute</dt><dd><a href="/disputes">1</a></dd>' in lead.page("/")


@pytest.mark.parametrize(("fields", "value"), [({"value": "SEV1"}, "SEV1"), ({"value": "", "another": "SEV4"}, "SEV4")])
def test_a_lead_settles_a_dispute(
    lead: Agent, disputed: Dispute, store: Store, fields: Mapping[str, str], value: str
) -> None:
    words = re.search(r'name="words" value="([^"]+)"', lead.page("/disputes"))
    assert words
    path = f"/disputes/{disputed.id}/settle"
    lead.post(path, seen_on="/disputes", words=words[1], why="a whole site", **fields)
    assert store.disputes() == []
    settled = store.dispute(disputed.id)
    assert settled is not None
    assert (settled.settled_by, settled.settled_value) == ("lea", value)
    assert "Nothing is in dispute" in lead.page("/disputes")
    assert "Settled the dispute on the severity" in lead.page(f"/tickets/{disputed.ticket}")


def test_a_dispute_that_changed_meanwhile_is_not_settled(lead: Agent, disputed: Dispute, store: Store) -> None:
    old = lead.post(f"/disputes/{disputed.id}/settle", seen_on="/disputes", words="1-7-open", value="SEV1")
    assert old.status_code == 409
    assert store.disputes() == [disputed]


def test_an_agent_sees_a_dispute_and_does_not_settle_it(agent: Agent, disputed: Dispute, store: Store) -> None:
    assert "A lead or an administrator settles it." in agent.page("/disputes")
    path = f"/tickets/{disputed.ticket}"
    assert agent.post(f"/disputes/{disputed.id}/settle", seen_on=path, value="SEV1").status_code == 403
    assert store.disputes() == [disputed]


def test_the_api_corrects_tells_and_takes_back(app: Flask, store: Store, number: int) -> None:
    agent = program(app, store, "agent")
    path = f"{API}/tickets/{number}/corrections"
    made = agent.send("POST", path, {"labels": {"severity": "SEV1"}, "why": "all", "blind": True, "seconds": 7})
    assert made.status_code == 201
    [word] = body(agent.get(path))["corrections"]
    assert (word["agent"], word["to_value"], word["blind"], word["seconds"]) == ("agent", "SEV1", True, 7.0)
    assert agent.send("DELETE", f"{path}/{word['id']}").status_code == 200
    assert body(agent.get(path)) == {"corrections": []}
    refused(agent.send("DELETE", f"{path}/{word['id']}"), 400)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"labels": {}},
        {"labels": {"severity": 1}},
        {"labels": {"severity": "SEV1"}, "blind": "yes"},
        {"labels": {"severity": "SEV1"}, "seconds": -1},
        {"labels": {"severity": "SEV1"}, "seconds": True},
        {"labels": {"severity": "SEV1"}, "seconds": float("inf")},
        {"labels": {"severity": "SEV1"}, "why": 3},
    ],
)
def test_a_field_that_is_wrong_corrects_nothing(app: Flask, store: Store, number: int, sent: Mapping[str, Any]) -> None:
    response = program(app, store, "agent").send("POST", f"{API}/tickets/{number}/corrections", sent)
    assert response.status_code in (400, 422)
    assert store.corrections(number) == []


def test_many_tickets_are_shown_first_and_then_corrected_in_bulk(
    app: Flask, store: Store, numbers: dict[str, int]
) -> None:
    agent = program(app, store, "agent")
    mine = [numbers[RESET], numbers[SLOW]]
    sent = {"tickets": [*mine, 999], "labels": {"topic": "database_question"}, "why": "all one cause"}
    shown = body(agent.send("POST", f"{API}/corrections", {**sent, "dry_run": True}))
    assert (shown["saved"], store.corrections()) == (False, [])
    done = body(agent.send("POST", f"{API}/corrections", sent))
    assert done["tickets"] == shown["tickets"]
    assert "no ticket 999" in done["tickets"][2]["refused"]
    assert [change["labels"]["topic"]["to"] for change in done["tickets"][:2]] == ["database_question"] * 2
    assert [(word.ticket, word.how.bulk, word.why) for word in store.corrections()] == [
        (each, True, "all one cause") for each in mine
    ]


def test_the_api_tells_disputes_and_leads_settle_them(app: Flask, store: Store, disputed: Dispute) -> None:
    agent, lead = program(app, store, "agent"), program(app, store, "lead")
    [told] = body(agent.get(f"{API}/disputes"))["disputes"]
    assert (told["first"]["to_value"], told["second"]["agent"]) == ("SEV1", "bram")
    path = f"{API}/disputes/{disputed.id}/settle"
    refused(agent.send("POST", path, {"value": "SEV1"}), 403)
    refused(lead.send("POST", path, {"value": "SEV9"}), 400)
    assert body(lead.send("POST", path, {"value": "SEV1", "why": "all"}))["settled_value"] == "SEV1"
    refused(lead.send("POST", path, {"value": "SEV2"}), 409)
    assert body(agent.get(f"{API}/disputes?policy=perfana&all=1")) == {"disputes": []}
    assert len(body(agent.get(f"{API}/disputes?all=1"))["disputes"]) == 1


def test_a_customer_is_erased_by_a_lead_who_types_its_name(
    lead: Agent, agent: Agent, store: Store, number: int
) -> None:
    ticket = store.ticket(number)
    assert ticket is not None and ticket.customer_id is not None
    path = f"/customers/{ticket.customer_id}"
    assert agent.post(f"{path}/erase", seen_on=path, name=ticket.customer_name or "").status_code == 403
    lead.post(f"{path}/erase", seen_on=path, name="somebody")
    assert store.messages_of(number)[0].text
    lead.post(f"{path}/erase", seen_on=path, name=ticket.customer_name or "")
    assert store.messages_of(number)[0].text == ""
    assert ticket.sender_address not in lead.page(f"/tickets/{number}")
    assert "Erased, with" in lead.page(path)


def test_the_api_erases_what_was_looked_at(app: Flask, store: Store, number: int) -> None:
    lead = program(app, store, "lead")
    ticket = store.ticket(number)
    assert ticket is not None
    path = f"{API}/customers/{ticket.customer_id}"
    refused(lead.send("POST", f"{path}/erase"), 428)
    refused(lead.send("POST", f"{path}/erase", If_Match='"old"'), 412)
    mark = lead.get(path).headers["ETag"]
    assert number in body(lead.send("POST", f"{path}/erase", If_Match=mark))["tickets"]
