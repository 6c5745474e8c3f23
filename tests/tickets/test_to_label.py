"""Tickets that wait for a label, with how unsure the model was of them."""

from __future__ import annotations

import pytest

from policies.loader import load_shipped
from tests.tickets.making import mail, recording, verdict
from tickets import desk
from tickets.store import Store


@pytest.fixture
def number(store: Store) -> int:
    return (
        store.record(
            [recording(mail("Nothing opens since noon.", subject="Down"), said=verdict(unsure={"topic": 0.6}))]
        )[0].ticket
        or 0
    )


def test_a_waiting_ticket_comes_with_its_text_and_its_doubt(store: Store, number: int) -> None:
    [one] = store.to_label(policy="penelope")
    assert (one.item.number, one.item.subject, one.text) == (number, "Down", "Nothing opens since noon.")
    assert 0.0 < one.uncertain <= 1.0


def test_a_label_on_which_an_agent_spoke_leaves_no_doubt(store: Store, number: int) -> None:
    [before] = store.to_label()
    ticket = store.ticket(number)
    assert ticket is not None
    desk.correct(store, load_shipped("penelope"), number, {"topic": ticket.topic}, agent="anna")
    store.set_state(number, "review", actor="anna")
    [after] = store.to_label()
    assert after.uncertain < before.uncertain


def test_what_waits_under_another_policy_is_left_out(store: Store, number: int) -> None:
    assert store.to_label(policy="perfana") == []
