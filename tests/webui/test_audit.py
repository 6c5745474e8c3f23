"""An audit is judged blind: until all four labels are said, no page says what was decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from policies.labels import LABELS
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.test_api import Program, program
from tickets.recording import Draw
from tickets.rows import How
from tickets.store import Store

PROMISED = dict.fromkeys(LABELS, 0.95)
SURE = [("SEV2", 0.99), ("included", 0.99), ("bug", 0.99), ("technical_issue", 0.99)]
OTHER = [("SEV4", 0.93), ("outside", 0.97), ("advice", 0.95), ("database_question", 0.91)]
ANSWER = {"severity": "SEV3", "scope": "included", "issue_type": "bug", "topic": "technical_issue"}


def drawn(
    store: Store, policies: Mapping[str, Policy], labels: list[tuple[str, float]] = SURE, *, sample: int = 2
) -> int:
    """A ticket that passed alone and was drawn; its number."""
    mail = replace(seed.SAMPLES[sample], labels=labels, ask=(), subject="Slow reports")
    made = seed.recording_of(store, mail, policies[mail.policy], message_id=f"{labels[0][0]}@audit.example")
    [done] = store.record([replace(made, audit=Draw(0.02, PROMISED))])
    assert done.ticket is not None
    return done.ticket


def hold_topic(store: Store, policies: Mapping[str, Policy]) -> None:
    """Eight audits, each of which an agent finds to be about something else."""
    sample = replace(seed.SAMPLES[2], labels=SURE, ask=())
    made = [
        replace(
            seed.recording_of(store, sample, policies["penelope"], message_id=f"wrong-{n}@audit.example"),
            audit=Draw(0.02, PROMISED),
        )
        for n in range(8)
    ]
    answer = ANSWER | {"severity": "SEV2", "topic": "other"}
    for done in store.record(made):
        store.correct(done.ticket or 0, answer, agent="anna", how=How(blind=True))


@pytest.fixture
def number(store: Store, policies: Mapping[str, Policy]) -> int:
    return drawn(store, policies)


def comparable(page: str, number: int) -> str:
    """The page without what differs from ticket to ticket by its number alone."""
    page = re.sub(r'name="(csrf_token|seen|opened)" value="[^"]*"', "", page)
    page = re.sub(r"(/mail/|[a-z]-|at=)\d+", r"\1N", page)
    page = re.sub(r'<nav class="steps".*?</nav>', "", page, flags=re.DOTALL)
    return re.sub(rf"(#|tickets/|data-ticket=\"){number}\b", r"\1N", page)


def test_the_page_of_an_open_audit_is_the_same_whatever_was_decided(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    one, other = (drawn(store, policies, labels) for labels in (SURE, OTHER))
    shown = [comparable(agent.page(f"/tickets/{each}"), each) for each in (one, other)]
    assert shown[0] == shown[1]
    assert "twelve people are affected" in shown[0].lower(), "the mail is there"
    assert "5.6.1" in shown[0], "the customer's facts are there"
    main = shown[0].partition("<main")[2].partition("</main>")[0]
    assert not re.search(r"<mark|\bchecked|\bselected|penelope/included", main)


def test_lists_show_an_open_audit_without_its_labels(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    down = [("SEV1", 0.99), ("included", 0.99), ("bug", 0.99), ("production_down", 0.99)]
    number = drawn(store, policies, down, sample=0)
    for path in ("/", "/search?q=slow", "/due"):
        rows = agent.page(path).split('<li class="row')[1:]
        [row] = [row for row in rows if re.search(rf'/tickets/{number}["?]', row)]
        assert "Audit" in row
        assert not re.search("sev1|production down", row, re.IGNORECASE)


def test_what_was_decided_cannot_be_looked_up_or_corrected_beside_the_audit(agent: Agent, number: int) -> None:
    assert agent.get(f"/tickets/{number}/words").status_code == 409
    page = f"/tickets/{number}"
    assert agent.post(f"{page}/correct", seen_on=page, change="severity:SEV1").status_code == 409
    assert agent.post(f"{page}/confirm", seen_on=page).status_code == 409


def test_after_all_four_labels_both_words_stand_side_by_side(agent: Agent, store: Store, number: int) -> None:
    page = f"/tickets/{number}"
    assert agent.post(f"{page}/audit", seen_on=page, severity="SEV3").status_code == 400
    opened = (seed.NOW - timedelta(seconds=30)).isoformat()
    assert agent.post(f"{page}/audit", seen_on=page, opened=opened, **ANSWER).status_code == 302
    shown = agent.page(page)
    told = re.sub(r"<[^>]+>|\s+", " ", shown[shown.index('id="audited"') :])
    assert re.search(r"Severity\s+SEV2\s+SEV3\s+other", told)
    assert re.search(r"Topic\s+(\w[\w ]*?)\s+\1\s+same", told)
    assert "Judged blind" in shown
    ticket = store.ticket(number)
    assert ticket is not None and (ticket.severity, ticket.state) == ("SEV3", "decided")
    assert all(word.how == How(blind=True, seconds=30.0) for word in store.corrections(number))
    assert agent.get(f"{page}/words").status_code != 409


def test_an_audit_is_answered_once(agent: Agent, number: int) -> None:
    page = f"/tickets/{number}"
    agent.post(f"{page}/audit", seen_on=page, **ANSWER)
    assert agent.post(f"{page}/audit", seen_on=page, **ANSWER).status_code == 400


def test_the_page_tells_the_figures_and_what_waits(agent: Agent, store: Store, number: int) -> None:
    empty = agent.page("/audit?policy=perfana")
    assert "Nothing was drawn yet" in empty
    agent.post(f"/tickets/{number}/audit", seen_on=f"/tickets/{number}", **ANSWER)
    page = agent.page("/audit?policy=penelope&days=36500")
    assert "1 of 1" in page and "0 of 1" in page and "By month" in page
    assert agent.get("/audit?policy=nothing").status_code == 404


def test_a_hold_is_shown_and_a_lead_lifts_it(
    app: Flask, agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    hold_topic(store, policies)
    [hold, *_] = store.holds()
    assert "decides nothing alone since" in agent.page("/audit")
    assert agent.post(f"/audit/holds/{hold.id}/lift", seen_on="/audit", why="looked").status_code == 403
    seed.add_lead(store)
    client = app.test_client()
    assert sign_in(client, "lena").status_code == 302
    lead = Agent(client)
    assert lead.post(f"/audit/holds/{hold.id}/lift", seen_on="/audit", why="").status_code == 400
    assert lead.post(f"/audit/holds/{hold.id}/lift", seen_on="/audit", why="the words are learned").status_code == 302
    assert hold.id not in [each.id for each in store.holds()]
    assert "the words are learned" in lead.page("/audit")


@pytest.fixture
def api(app: Flask, store: Store) -> Program:
    return program(app, store, "lead")


def test_programs_judge_audits_as_blind_as_people(api: Program, number: int) -> None:
    waiting = api.get("/api/v1/audits").json
    assert waiting is not None and [each["ticket"] for each in waiting["audits"]] == [number]
    assert "SEV2" not in api.get("/api/v1/audits").text + api.get(f"/api/v1/audits/{number}").text
    refused = api.send("POST", f"/api/v1/audits/{number}", {"labels": {"severity": "SEV3"}})
    assert refused.status_code == 422
    seen = api.send("POST", f"/api/v1/tickets/{number}/corrections", {"labels": {"severity": "SEV3"}})
    assert seen.status_code == 409
    answered = api.send("POST", f"/api/v1/audits/{number}", {"labels": ANSWER, "seconds": 20})
    assert answered.json is not None
    assert (answered.json["said"]["severity"], answered.json["answers"]["severity"]) == ("SEV2", "SEV3")
    assert api.send("POST", f"/api/v1/audits/{number}", {"labels": ANSWER}).status_code == 409
    assert api.get("/api/v1/audits/999999").status_code == 404


def test_programs_read_the_figures_and_lift_holds(
    api: Program, app: Flask, store: Store, policies: Mapping[str, Policy]
) -> None:
    hold_topic(store, policies)
    found = api.get("/api/v1/audit?policy=penelope&days=3650").json
    assert found is not None
    [report] = found["reports"]
    assert (report["labels"]["topic"]["right"], report["labels"]["topic"]["judged"]) == (0, 8)
    listed = api.get("/api/v1/holds").json
    assert listed is not None
    hold = listed["holds"][0]["id"]
    reader = program(app, store, "agent")
    assert reader.send("POST", f"/api/v1/holds/{hold}/lift", {"why": "no"}).status_code == 403
    assert api.send("POST", f"/api/v1/holds/{hold}/lift", {"why": "looked at all eight"}).status_code == 200
    assert api.send("POST", f"/api/v1/holds/{hold}/lift", {"why": "again"}).status_code == 409
