"""Agents' words as labelled mails for training."""

from __future__ import annotations

import json

from classifier.example import Example
from classifier.given import Given, given
from tests.tickets.making import NOON, mail, recording
from tickets.labelled import examples
from tickets.rows import How
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


def test_each_label_tells_who_gave_it_when_and_how(store: Store) -> None:
    [done] = store.record([recording()])
    number = done.ticket or 0
    store.correct(number, {"severity": "SEV1", "topic": "other"}, agent="anna", how=How(blind=True, seconds=4.5))
    store.correct(number, {"severity": "SEV2"}, agent="anna", how=How(blind=False, bulk=True))
    words = {word.label: word for word in store.corrections(number)}
    [example] = examples(store, "penelope")
    told = given(Example.from_json(json.loads(json.dumps(example.to_json()))))
    assert told == {
        "severity": Given("anna", words["severity"].at, blind=False, bulk=True),
        "topic": Given("anna", words["topic"].at, blind=True, seconds=4.5),
    }


def test_of_a_mail_that_no_agent_labelled_nothing_is_told() -> None:
    assert given(Example("a", "b", "c", labels={"severity": "SEV1"})) == {}


def test_the_mails_of_a_customer_are_its_account(store: Store) -> None:
    river = store.upsert_customer("penelope", "River", [], {}, "tests")
    for done in store.record([recording(customer=river), recording()]):
        store.correct(done.ticket or 0, {"severity": "SEV1"}, agent="anna")
    assert [example.account for example in examples(store, "penelope")] == [f"customer {river.id}", None]
