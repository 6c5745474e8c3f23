from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from policies.labels import LABELS
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent
from tickets.store import Store

RESET = "admin password - again, sorry"
DOWN = "No results in any dashboard since the 08:40 deploy"
SLOW = "Reports take four minutes for the whole intake team"
VAGUE = "it does not do what it should"


def test_the_page_tells_the_verdict_with_its_sources(agent: Agent, numbers: dict[str, int]) -> None:
    page = agent.page(f"/tickets/{numbers[RESET]}")
    assert "Sure enough to decide alone. Model: Configuration request, 93\u00a0%." in page
    assert "Set by a rule. Model: Included, 58\u00a0%." in page
    assert "Model: SEV3, 64\u00a0%. Runner-up: SEV1" in page
    assert "this customer had one 68 days ago" in page
    assert '<mark class="on-rule" title="matched by rule second-reset">reset the sysadmin password</mark>' in page
    assert "The two views disagree" in page
    assert "penelope/outside.3" in page
    assert "sender proven" in page


def test_the_page_tells_target_charge_and_versions(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    ticket = store.ticket(numbers[DOWN])
    assert ticket is not None
    assert ticket.terms.response_target is not None
    page = agent.page(f"/tickets/{ticket.number}")
    assert "25 min of support time left" in page
    assert ticket.terms.response_target.within in page
    assert "20261101-1" in page
    for fact in ("All 31 teams", "There is no way around it"):
        assert f"<q>{fact}</q>" in page


def test_what_is_not_known_is_said(agent: Agent, numbers: dict[str, int]) -> None:
    page = agent.page(f"/tickets/{numbers[VAGUE]}")
    assert "Missing: service contract, update subscription." in page
    assert "sender not proven" in page
    assert "no row fits" in page


def test_quotations_and_signatures_are_folded(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    reply = store.messages_of(numbers[SLOW])[-1]
    assert reply.quoted
    page = agent.page(f"/tickets/{numbers[SLOW]}")
    assert re.search(rf'<details class="fold of-quotation" id="quotation-{reply.id}-\d+"><summary>', page)
    assert page.index("six minutes") < page.index("Quoted text, 3 lines") < page.index("We are looking into it")
    assert re.search(r"<summary><bdi>Signature, \d lines</bdi></summary>", agent.page(f"/tickets/{numbers[DOWN]}"))


def test_an_unknown_ticket_is_not_found(agent: Agent) -> None:
    for path in ("/tickets/999", "/tickets/99999999999999999999999", "/tickets/x"):
        response = agent.get(path)
        assert response.status_code == 404
        assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("change", "label", "value"),
    [
        ("severity:SEV1", "severity", "SEV1"),
        ("scope:outside", "scope", "outside"),
        ("issue_type:advice", "issue_type", "advice"),
        ("topic:other", "topic", "other"),
    ],
)
def test_each_label_is_corrected_by_its_button(
    agent: Agent, numbers: dict[str, int], store: Store, change: str, label: str, value: str
) -> None:
    path = f"/tickets/{numbers[RESET]}"
    response = agent.post(f"{path}/correct", seen_on=path, change=change, why="  read\n it again ")
    assert response.headers["Location"] == path
    ticket = store.ticket(numbers[RESET])
    assert ticket is not None
    assert getattr(ticket, label) == value
    (correction,) = store.corrections(ticket.number)
    assert (correction.agent, correction.label, correction.to_value) == ("anna", label, value)
    assert correction.why == "read it again"
    assert 'class="source agent"' in agent.page(path)


def test_the_topic_is_corrected_from_its_list(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    path = f"/tickets/{numbers[SLOW]}"
    agent.post(f"{path}/correct", seen_on=path, change="topic", topic="odbc_account")
    ticket = store.ticket(numbers[SLOW])
    assert ticket is not None
    assert ticket.topic == "odbc_account"


def test_a_label_that_follows_from_a_correction_says_so(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    path = f"/tickets/{numbers[SLOW]}"
    agent.post(f"{path}/correct", seen_on=path, change="topic", topic="database_question")
    ticket = store.ticket(numbers[SLOW])
    assert ticket is not None
    assert ticket.scope == "outside"
    assert "Follows from what an agent corrected." in agent.page(path)


def test_confirming_speaks_for_all_four_labels_and_goes_on(agent: Agent, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    path = f"/tickets/{queue[1]}?at=1"
    response = agent.post(f"/tickets/{queue[1]}/confirm?at=1", seen_on=path)
    assert response.headers["Location"] == f"/tickets/{queue[2]}?at=1"
    ticket = store.ticket(queue[1])
    assert ticket is not None
    assert ticket.state == "decided"
    assert set(ticket.corrected) == set(LABELS)
    assert all(c.from_value == c.to_value for c in store.corrections(queue[1]))


def test_confirming_keeps_to_the_policys_queue(agent: Agent, store: Store) -> None:
    mine = [item.number for item in store.review_queue(policy="penelope")]
    path = f"/tickets/{mine[0]}"
    response = agent.post(f"{path}/confirm?policy=penelope&at=0", seen_on=path)
    assert response.headers["Location"] == f"/tickets/{mine[1]}?policy=penelope&at=0"


def test_after_the_last_ticket_comes_the_queue(agent: Agent, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    path = f"/tickets/{queue[-1]}"
    response = agent.post(f"{path}/confirm?at={len(queue) - 1}", seen_on=path)
    assert response.headers["Location"] == "/"
    assert f"Ticket {queue[-1]} confirmed" in agent.page("/")


def test_confirming_takes_the_topic_that_is_shown(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    """Whoever picks a topic and confirms without setting it means the one that the list shows."""
    path = f"/tickets/{numbers[SLOW]}"
    agent.post(f"{path}/confirm", seen_on=path, topic="odbc_account")
    ticket = store.ticket(numbers[SLOW])
    assert ticket is not None
    assert ticket.topic == "odbc_account"


def test_undo_takes_the_last_decision_back(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    number = numbers[RESET]
    before = store.ticket(number)
    agent.post(f"/tickets/{number}/correct", seen_on=f"/tickets/{number}", change="severity:SEV1")
    response = agent.post(f"/tickets/{number}/undo", seen_on=f"/tickets/{number}")
    assert response.headers["Location"] == f"/tickets/{number}"
    after = store.ticket(number)
    assert after is not None
    assert before is not None
    assert (after.severity, after.state, after.corrected) == (before.severity, "review", {})
    assert "Took the last decision back" in agent.page(f"/tickets/{number}")


def test_undo_reaches_back_to_the_ticket_that_was_left(agent: Agent, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    on = agent.post(f"/tickets/{queue[0]}/confirm?at=0", seen_on=f"/tickets/{queue[0]}").headers["Location"]
    page = agent.page(on)
    assert f'action="/tickets/{queue[0]}/undo"' in page
    agent.post(f"/tickets/{queue[0]}/undo", seen_on=on)
    assert store.review_queue()[0].number == queue[0]


def test_undo_of_what_another_agent_decided_since_is_refused(
    agent: Agent, numbers: dict[str, int], store: Store, policies: Mapping[str, Policy]
) -> None:
    number = numbers[RESET]
    path = f"/tickets/{number}"
    agent.post(f"{path}/correct", seen_on=path, change="severity:SEV1")
    last = str(store.corrections(number)[-1].id)
    store.correct(number, {"severity": "SEV2"}, agent="bram")
    assert agent.post(f"{path}/undo", seen_on=path, last=last).status_code == 409
    ticket = store.ticket(number)
    assert ticket is not None
    assert ticket.severity == "SEV2"


def test_a_stale_page_changes_nothing_and_says_so(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    number = numbers[RESET]
    for act in ("correct", "confirm", "close", "reopen"):
        response = agent.post(f"/tickets/{number}/{act}", seen_on="/tickets/1", seen="1", change="severity:SEV1")
        assert response.status_code == 409
        assert "since you opened the page" in response.text
        assert f'href="/tickets/{number}"' in response.text
    assert store.corrections(number) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("severity:SEV9", "SEV1, SEV2, SEV3, SEV4"),
        ("severity:", "names no label"),
        ("colour:red", "names no label"),
        ("topic:root_cause", "is not a topic of penelope"),
        ("", "names no label"),
    ],
)
def test_a_value_that_the_policy_does_not_have_is_refused_with_what_it_has(
    agent: Agent, numbers: dict[str, int], store: Store, change: str, sentence: str
) -> None:
    path = f"/tickets/{numbers[RESET]}"
    response = agent.post(f"{path}/correct", seen_on=path, change=change)
    assert response.status_code == 400
    assert sentence in response.text
    assert "Back to ticket" in response.text
    assert store.corrections(numbers[RESET]) == []


def test_a_ticket_is_closed_and_reopened(agent: Agent, numbers: dict[str, int], store: Store) -> None:
    path = f"/tickets/{numbers[RESET]}"
    for act, state in (("close", "closed"), ("reopen", "review")):
        assert agent.post(f"{path}/{act}", seen_on=path).status_code == 302
        ticket = store.ticket(numbers[RESET])
        assert ticket is not None
        assert ticket.state == state


def test_a_ticket_of_a_policy_that_is_not_loaded_can_be_read_but_not_decided(
    agent: Agent, numbers: dict[str, int], store: Store
) -> None:
    room = agent.client.application.extensions["mailtriage"]
    kept = {name: policy for name, policy in room.policies.items() if name != "penelope"}
    agent.client.application.extensions["mailtriage"] = replace(room, policies=kept)
    path = f"/tickets/{numbers[RESET]}"
    assert "can be read but not decided" in agent.page(path)
    response = agent.post(f"{path}/confirm", seen_on=path)
    assert response.status_code == 400
    assert "which is not loaded" in response.text


def test_corrections_and_events_are_told(agent: Agent, numbers: dict[str, int]) -> None:
    path = f"/tickets/{numbers[RESET]}"
    agent.post(f"{path}/correct", seen_on=path, change="severity:SEV2", why="whole office")
    page = agent.page(path)
    assert "<s>SEV3</s>" in page
    assert "<q>whole office</q>" in page
    assert "Decided: severity SEV3 → SEV2" in page
    assert "Opened: SEV3, professional services, configuration request" in page


def test_a_mail_without_text_or_subject_has_a_page(agent: Agent, store: Store, policies: Mapping[str, Policy]) -> None:
    bare = seed.Sample("penelope", "x@y.example", "", "\n", seed.SAMPLES[1].labels, seed.timedelta(hours=1))
    page = agent.page(f"/tickets/{seed.add(store, policies, bare).ticket}")
    assert "(no subject)" in page
    assert "This mail has no text." in page
