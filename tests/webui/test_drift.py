"""The page on drift: weeks, what differs in them, and a kind of mail made a topic by a lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest
from flask import Flask
from jinja2 import BytecodeCache

from classifier.drift import Part, Shift
from classifier.registry import Registry
from classifier.snapshot_folder import SnapshotError
from classifier.weekly import Drift, Week
from policies.adding import NewTopic
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.test_api import body, program, refused
from tickets.bulk import Change
from tickets.store import Store
from webui.app import create_app
from webui.drifting import Cluster, TopicGiven
from webui.week_bars import HEIGHT, bars_of

QUIET = Shift("language", 0.01, 0.02, 0.7, (), ())
WORDS = Shift("words", 0.3, 0.1, 0.001, (Part("<b>bicycle</b>", 0.0, 0.21),), ("1",))
TOPIC = Shift("topic", 0.3, 0.1, 0.001, (Part("bug_report", 0.05, 0.4),), ("2",))
WEEKS = (
    Week(date(2026, 11, 23), False, 31, 2, {"words": WORDS, "language": QUIET, "topic": TOPIC}, {"words": WORDS}),
    Week(date(2026, 11, 16), True, 28, 0, {"words": QUIET}, {}),
)
MAILS = tuple((number, f"<i>bike {number}</i>") for number in range(7, 15))
CLUSTER = Cluster(7, "perfana", MAILS, ("lease", "bike"), "en", "lease_bike", "Lease, bike", seed.NOW)
GIVEN = TopicGiven("perfana", "lease_bike", "1.2.0", (Change(7), Change(8, refused="Ticket 8 was erased.")))


@dataclass
class Drifts:
    """Drift as the program would tell it, and what was asked of it."""

    asked: list[tuple[str, Sequence[int], NewTopic, str, str]] = field(default_factory=list)

    def weeks(self, policy: str, count: int) -> Drift:
        if policy != "perfana":
            raise SnapshotError("There is no model yet: run `mailtriage train`.")
        return Drift(policy, "v1", 600, WEEKS[:count], None, {"1": "<script>", "2": "crash"})

    def clusters(self, policy: str) -> Sequence[Cluster]:
        return [CLUSTER] if policy == "perfana" else []

    def give(self, policy: str, tickets: Sequence[int], topic: NewTopic, author: str, reason: str) -> TopicGiven:
        self.asked.append((policy, tickets, topic, author, reason))
        return GIVEN


@pytest.fixture
def drifts() -> Drifts:
    return Drifts()


@pytest.fixture
def drift_app(
    store: Store, policies: Mapping[str, Policy], registry: Registry, compiled: BytecodeCache, drifts: Drifts
) -> Flask:
    app = create_app(store, policies, registry, secret_key=b"tests", drifting=drifts, clock=lambda: seed.NOW)
    app.jinja_env.bytecode_cache = compiled
    return app


@pytest.fixture
def agent(drift_app: Flask) -> Agent:
    client = drift_app.test_client()
    sign_in(client)
    return Agent(client)


@pytest.fixture
def lead(drift_app: Flask, store: Store) -> Agent:
    seed.add_lead(store)
    client = drift_app.test_client()
    assert sign_in(client, name="lena").status_code == 302
    return Agent(client)


def test_the_weeks_say_what_differs_and_link_the_mails_that_show_it(agent: Agent) -> None:
    page = agent.page("/drift")
    for said in ("2026-11-23", "so far", "Words", "new</span> 0.200", "differs</span> 0.200", "Bug report", "→"):
        assert said in page
    assert 'href="/tickets/1"' in page and "&lt;script&gt;" in page and "&lt;b&gt;bicycle" in page
    assert "<script>" not in page.replace("<script src", "")
    assert "There is no model yet" in page
    assert page.count('<svg class="week-bars"') == 3
    assert "2026-11-16" not in agent.page("/drift?policy=perfana&weeks=1")
    assert agent.get("/drift?policy=nowhere").status_code == 404


def test_bars_stand_in_the_drawing_and_those_that_are_shifts_are_told_apart() -> None:
    drawn = bars_of(WEEKS, "words")
    assert drawn is not None
    assert [bar.shifted for bar in drawn.bars] == [False, True]
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in drawn.bars)
    assert 0 < drawn.line < HEIGHT and drawn.summary.startswith("1 of 2 weeks is a shift")
    assert bars_of(WEEKS, "certainty") is None


def test_a_lead_makes_the_mails_chosen_a_topic(lead: Agent, drifts: Drifts) -> None:
    page = lead.page("/drift?policy=perfana")
    assert page.count('type="checkbox" name="ticket"') == len(CLUSTER.mails)
    assert 'value="lease_bike"' in page and "perfana/not-included.1" in page
    fields = {"policy": "perfana", "ticket": "7", "name": "bikes", "title": "Bikes", "scope": "outside", "why": "new"}
    done = lead.post("/drift/topic", seen_on="/drift", **fields, clause="perfana/not-included.1", do="new")
    assert done.status_code == 302
    topic = NewTopic("bikes", "Bikes", "outside", ("perfana/not-included.1",))
    assert drifts.asked == [("perfana", [7], topic, "lena", "new")]
    page = lead.page(done.headers["Location"])
    assert "1 ticket has the topic lease_bike, new in perfana 1.2.0" in page and "Ticket 8 was erased" in page
    lead.post("/drift/topic", seen_on="/drift", **fields, existing="bug_report", do="existing")
    assert drifts.asked[-1][2] == NewTopic("bug_report", "", "outside")


def test_an_agent_sees_clusters_and_makes_no_topic_of_them(agent: Agent, drifts: Drifts) -> None:
    page = agent.page("/drift")
    assert "&lt;i&gt;bike 7" in page and "Make it a topic" not in page and 'name="ticket"' not in page
    assert agent.post("/drift/topic", seen_on="/", policy="perfana", ticket="7").status_code == 403
    assert drifts.asked == []


def test_a_program_that_does_not_look_says_so(app: Flask) -> None:
    client = app.test_client()
    sign_in(client)
    assert "does not look at drift" in client.get("/drift").text
    assert 'href="/drift"' not in client.get("/").text


def test_programs_read_weeks_and_clusters_and_make_topics(drift_app: Flask, store: Store, drifts: Drifts) -> None:
    caller, agent = program(drift_app, store, "lead"), program(drift_app, store, "agent")
    [found] = body(agent.get("/api/v1/drift?policy=perfana"))["drift"]
    assert found["weeks"][0]["unlike_before"] == ["words"]
    assert found["weeks"][0]["training"]["topic"]["mails"] == ["2"]
    [cluster] = body(agent.get("/api/v1/drift/clusters"))["clusters"]
    assert (cluster["cluster"], cluster["size"], cluster["name"]) == (7, 8, "lease_bike")
    sent = {"policy": "perfana", "tickets": [7, 8], "name": "bikes", "title": "Bikes", "clauses": ["not-included.1"]}
    refused(agent.send("POST", "/api/v1/drift/topics", sent), 403)
    for wrong in ({"tickets": ["7"]}, {"clauses": "x"}, {"name": 5}, {"policy": "nowhere"}, {"colour": 1}):
        refused(caller.send("POST", "/api/v1/drift/topics", {**sent, **wrong}), 422)
    made = caller.send("POST", "/api/v1/drift/topics", sent)
    assert made.status_code == 201 and body(made)["labelled"] == 1 and body(made)["policy_version"] == "1.2.0"
    topic = NewTopic("bikes", "Bikes", None, ("not-included.1",))
    assert drifts.asked == [("perfana", [7, 8], topic, "lead", "")]
    refused(caller.get("/api/v1/drift?policy=nowhere"), 422)
