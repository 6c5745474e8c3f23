"""Two agents who disagree on a label, and the lead who settles it."""

from __future__ import annotations

import pytest

from policies.policy import Policy
from tests.tickets.making import recording
from tickets.desk import correct
from tickets.disputes import NoSuchDispute
from tickets.labelled import examples
from tickets.rows import Dispute
from tickets.store import Store
from tickets.taking_back import take_back


def opened(store: Store) -> int:
    [done] = store.record([recording()])
    return done.ticket or 0


@pytest.fixture
def disputed(store: Store, penelope: Policy) -> Dispute:
    """Anna says SEV1 and a topic, Ben SEV2 and the same topic."""
    number = opened(store)
    correct(store, penelope, number, {"severity": "SEV1", "topic": "server_down"}, agent="anna", why="all are out")
    correct(store, penelope, number, {"severity": "SEV2", "topic": "server_down"}, agent="ben", why="one is out")
    [found] = store.disputes()
    return found


def test_two_agents_who_give_different_values_open_a_dispute(store: Store, disputed: Dispute) -> None:
    assert (disputed.label, disputed.first.agent, disputed.second.agent) == ("severity", "anna", "ben")
    assert (disputed.first.to_value, disputed.second.to_value) == ("SEV1", "SEV2")
    assert (disputed.first.why, disputed.second.why) == ("all are out", "one is out")
    assert store.disputed("penelope") == {(disputed.ticket, "severity")}
    assert store.disputed("perfana") == set()
    [event, *_] = store.events(disputed.ticket)
    assert (event.kind, event.details["label"]) == ("dispute_opened", "severity")


def test_an_agent_who_thinks_again_disputes_nothing(store: Store, penelope: Policy) -> None:
    number = opened(store)
    for severity in ("SEV1", "SEV2"):
        correct(store, penelope, number, {"severity": severity}, agent="anna")
    correct(store, penelope, number, {"severity": "SEV2"}, agent="ben")
    assert store.disputes(open_only=False) == []


def test_a_label_in_dispute_is_no_training_example_and_the_others_are(store: Store, disputed: Dispute) -> None:
    [example] = examples(store, "penelope")
    assert example.labels == {"topic": "server_down"}


def test_a_mail_whose_only_label_is_in_dispute_is_none_at_all(store: Store, penelope: Policy) -> None:
    number = opened(store)
    for agent, severity in (("anna", "SEV1"), ("ben", "SEV2")):
        correct(store, penelope, number, {"severity": severity}, agent=agent)
    assert examples(store, "penelope") == []


def test_what_a_lead_settles_is_the_label(store: Store, penelope: Policy, disputed: Dispute) -> None:
    correct(
        store, penelope, disputed.ticket, {"severity": "SEV1"}, agent="lea", why="a whole site", settles=disputed.id
    )
    assert store.disputes() == []
    [settled] = store.disputes(open_only=False)
    assert (settled.settled_by, settled.settled_value) == ("lea", "SEV1")
    assert settled.to_json()["why"] == "a whole site"
    [example] = examples(store, "penelope")
    assert example.labels["severity"] == "SEV1"
    ticket = store.ticket(disputed.ticket)
    assert ticket is not None and ticket.severity == "SEV1"


def test_a_dispute_is_settled_once(store: Store, penelope: Policy, disputed: Dispute) -> None:
    correct(store, penelope, disputed.ticket, {"severity": "SEV1"}, agent="lea", settles=disputed.id)
    with pytest.raises(NoSuchDispute, match="it is settled"):
        correct(store, penelope, disputed.ticket, {"severity": "SEV2"}, agent="lea", settles=disputed.id)
    assert [word.to_value for word in store.corrections(disputed.ticket)][-1] == "SEV1", "nothing was written"


def test_a_dispute_of_another_ticket_or_label_is_not_settled_by_it(
    store: Store, penelope: Policy, disputed: Dispute
) -> None:
    other = opened(store)
    for number, change in ((other, {"severity": "SEV1"}), (disputed.ticket, {"topic": "server_down"})):
        with pytest.raises(NoSuchDispute):
            correct(store, penelope, number, change, agent="lea", settles=disputed.id)


def test_agents_who_come_to_agree_end_it_themselves(store: Store, penelope: Policy, disputed: Dispute) -> None:
    correct(store, penelope, disputed.ticket, {"severity": "SEV2"}, agent="anna")
    assert store.disputes() == []
    [ended] = store.disputes(open_only=False)
    assert (ended.settled_by, ended.settled_value) == (None, None)
    assert examples(store, "penelope")[0].labels["severity"] == "SEV2"


@pytest.mark.parametrize(("gone", "left"), [("first", "SEV2"), ("second", "SEV1")])
def test_a_word_taken_back_ends_its_dispute(
    store: Store, penelope: Policy, disputed: Dispute, gone: str, left: str
) -> None:
    take_back(store, penelope, disputed.ticket, word=getattr(disputed, gone).id, agent="lea")
    assert store.disputes() == []
    ticket = store.ticket(disputed.ticket)
    assert ticket is not None and ticket.severity == left
    assert examples(store, "penelope")[0].labels["severity"] == left


def test_a_settlement_taken_back_opens_the_dispute_again(store: Store, penelope: Policy, disputed: Dispute) -> None:
    correct(store, penelope, disputed.ticket, {"severity": "SEV3"}, agent="lea", settles=disputed.id)
    store.undo(disputed.ticket, agent="lea")
    assert store.disputes() == [disputed]


def test_an_agent_against_a_settlement_disputes_with_the_lead(
    store: Store, penelope: Policy, disputed: Dispute
) -> None:
    correct(store, penelope, disputed.ticket, {"severity": "SEV1"}, agent="lea", settles=disputed.id)
    correct(store, penelope, disputed.ticket, {"severity": "SEV4"}, agent="ben")
    [again] = store.disputes()
    assert (again.first.agent, again.second.agent) == ("lea", "ben")
