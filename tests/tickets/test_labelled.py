"""Agents' words as labelled mails for training."""

from __future__ import annotations

from tests.tickets.making import NOON, mail, recording
from tickets.labelled import examples
from tickets.store import Store


def test_an_example_has_the_new_text_the_facts_and_only_what_agents_said(store: Store) -> None:
    message = mail("It is slow.", subject="Slow", quoted="> old words")
    [done] = store.record([recording(message, conversation="c1"), recording()][:1])
    store.correct(done.ticket or 0, {"severity": "SEV2"}, agent="anna", derived={"scope": "outside"})
    store.correct(done.ticket or 0, {"topic": "technical_issue"}, agent="ben")
    [example] = examples(store, "penelope")
    assert (example.id, example.subject, example.body) == (f"ticket-{done.ticket}", "Slow", "It is slow.")
    assert example.labels == {"severity": "SEV2", "topic": "technical_issue"}
    assert (example.group, example.origin, example.policy) == ("c1", "agent", "penelope")
    assert (example.sender, example.received) == ("anna@river.example", NOON)
    assert example.history == (("odbc_account", 3),)
    assert example.clauses is None
    assert not example.impact


def test_a_corrected_correction_counts_with_its_last_word_and_an_undone_one_not(store: Store) -> None:
    first, second = (done.ticket or 0 for done in store.record([recording(), recording()]))
    for severity in ("SEV1", "SEV2"):
        store.correct(first, {"severity": severity}, agent="anna")
    store.correct(second, {"severity": "SEV1"}, agent="anna")
    store.undo(second, agent="anna")
    [example] = examples(store, "penelope")
    assert (example.id, example.labels) == (f"ticket-{first}", {"severity": "SEV2"})
    assert examples(store, "perfana") == []
