"""One label taken back: the ticket is what it would have been had that never been said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from policies.labels import LABELS
from policies.loader import load_shipped
from policies.policy import Policy
from tests.tickets.making import facts, mail, recording, verdict
from tickets.customer.assigning import assign
from tickets.desk import correct
from tickets.rows import Ticket
from tickets.store import Store, StoreError
from tickets.taking_back import take_back


@pytest.fixture(scope="session")
def atollon() -> Policy:
    return load_shipped("atollon")


def opened(store: Store, policy: str = "penelope", **labels: Any) -> int:
    """A ticket in review; its number."""
    written = recording(mail(), said=replace(verdict(**labels), ask=("look",)), policy=policy)
    assert written.placement is not None
    placement = replace(written.placement, facts=replace(facts(), history=()))
    [done] = store.record([replace(written, placement=placement)])
    return done.ticket or 0


def read(store: Store, number: int) -> Ticket:
    found = store.ticket(number)
    assert found is not None
    return found


def as_told(ticket: Ticket) -> dict[str, Any]:
    """All that words on labels change."""
    kept = ("state", "review_reasons", "clauses", "due_at", "terms", "corrected", *LABELS)
    return {name: getattr(ticket, name) for name in kept}


def test_without_its_only_word_a_ticket_is_what_it_was(store: Store, penelope: Policy) -> None:
    number = opened(store)
    before = read(store, number)
    correct(store, penelope, number, {"topic": "database_question"}, agent="anna")
    assert read(store, number).scope != before.scope
    gone = take_back(store, penelope, number, label="topic", agent="ben")
    assert (gone.label, gone.agent) == ("topic", "anna")
    assert read(store, number) == before
    assert store.corrections(number) == []
    [event, *_] = store.events(number)
    assert (event.kind, event.actor) == ("correction_undone", "ben")
    assert event.details["changes"] == {"topic": {"from": "database_question", "to": "technical_issue"}}
    assert event.details["derived"] == {"scope": before.scope}


WORDS = (
    {"topic": "database_question"},
    {"severity": "SEV1", "issue_type": "advice"},
    {"scope": "included"},
    {"topic": "server_down"},
)


@pytest.mark.parametrize("order", list(permutations(range(len(WORDS))))[::13])
def test_whatever_word_is_taken_back_the_rest_is_as_if_it_was_never_said(
    store: Store, penelope: Policy, order: tuple[int, ...]
) -> None:
    """Every word of every batch in turn, on a ticket of its own, beside one on which it never was said."""
    said = [WORDS[position] for position in order]
    for gone, label in [(at, label) for at, words in enumerate(said) for label in words]:
        number, never = opened(store), opened(store)
        ids: dict[tuple[int, str], int] = {}
        for at, words in enumerate(said):
            for made in correct(store, penelope, number, words, agent="anna"):
                ids[at, made.label] = made.id
            left = {name: value for name, value in words.items() if (at, name) != (gone, label)}
            correct(store, penelope, never, left, agent="anna")
        take_back(store, penelope, number, word=ids[gone, label], agent="anna")
        assert as_told(read(store, number)) == as_told(read(store, never))
        while store.corrections(number):
            store.undo(number, agent="anna")
            store.undo(never, agent="anna")
            assert as_told(read(store, number)) == as_told(read(store, never))


def test_an_earlier_word_on_the_same_label_is_in_force_again(store: Store, penelope: Policy) -> None:
    number = opened(store)
    for severity in ("SEV1", "SEV2"):
        correct(store, penelope, number, {"severity": severity}, agent="anna")
    take_back(store, penelope, number, label="severity", agent="anna")
    ticket = read(store, number)
    assert (ticket.severity, ticket.corrected, ticket.state) == ("SEV1", {"severity": "SEV1"}, "decided")
    take_back(store, penelope, number, label="severity", agent="anna")
    assert (read(store, number).severity, read(store, number).state) == ("SEV3", "review")


def test_a_ticket_closed_since_stays_closed(store: Store, penelope: Policy) -> None:
    number = opened(store)
    correct(store, penelope, number, {"severity": "SEV1"}, agent="anna")
    store.set_state(number, "closed", actor="anna")
    take_back(store, penelope, number, label="severity", agent="anna")
    assert (read(store, number).state, read(store, number).severity) == ("closed", "SEV3")


def test_a_word_from_before_an_assignment_leaves_the_new_customers_decision(store: Store, atollon: Policy) -> None:
    given = {"topic": "permission_change", "issue_type": "configuration_request", "scope": "professional_services"}
    number, never = opened(store, "atollon", **given), opened(store, "atollon", **given)
    correct(store, atollon, number, {"severity": "SEV2", "topic": "server_connection_error"}, agent="anna")
    correct(store, atollon, never, {"severity": "SEV2"}, agent="anna")
    made = store.upsert_customer("atollon", "Other", [], {"service_contract": False}, "tests")
    record = store.customer(made.id)
    assert record is not None
    for each in (number, never):
        assign(store, atollon, each, record, agent="ben")
    take_back(store, atollon, number, label="topic", agent="anna")
    assert as_told(read(store, number)) == as_told(read(store, never))


@pytest.mark.parametrize("asked", [{"label": "severity"}, {"word": 1}, {"word": 99}])
def test_a_word_that_does_not_stand_is_not_taken_back(store: Store, penelope: Policy, asked: Mapping[str, Any]) -> None:
    number = opened(store)
    [made] = correct(store, penelope, number, {"severity": "SEV1"}, agent="anna")
    take_back(store, penelope, number, word=made.id, agent="anna")
    with pytest.raises(StoreError, match="stands no"):
        take_back(store, penelope, number, agent="anna", **asked)
