"""Labels that want a second look, and where more would help."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from classifier.confident import counted_as, disagreements
from classifier.example import Example
from classifier.given import KEY
from classifier.labellers import agents, classes
from classifier.near_duplicates import near_duplicates
from classifier.needed import needed
from classifier.second_opinion import Opinion, opinions
from classifier.suspicious import FLOOD, flooding, suspicious
from policies.policy import Policy
from tests import small_model

AGENTS = ("anna", "ben", "carl")
SLIPS = ("firewall_setup", "other", "odbc_account", "false_alarm", "port_information")


def labelled(number: int, agent: str = "anna", customer: int = 0, **labels: str) -> Example:
    """A ticket's mail on which an agent spoke."""
    told = {label: {"agent": agent, "at": "2026-11-23T10:00:00+00:00"} for label in labels}
    return Example(
        f"ticket-{number}", "a subject", f"text {number}", labels=labels, origin="agent",
        account=f"customer {customer}", extra={KEY: told},
    )  # fmt: skip


def opinion(example: Example, said: str, sure: float, label: str = "topic") -> Opinion:
    """What a model says of it that holds ``said`` for so probable and what was given for the rest."""
    given = example.labels[label]
    rest = {given: 1.0 - sure} if given != said else {"other": 1.0 - sure}
    return Opinion(example, label, given, said, {said: sure, **rest}, given == said)


def fair(count: int, start: int = 0, **more: str) -> list[Opinion]:
    """Opinions on labels of three agents that are right, with one honest mistake in ten."""
    found = []
    for number in range(start, start + count):
        value = "saas_upgrade" if number % 2 else "server_down"
        example = labelled(number, AGENTS[number % 3], customer=number % 7, topic=value, **more)
        found.append(opinion(example, SLIPS[number // 10 % len(SLIPS)] if number % 10 == 0 else value, 0.9))
    return found


def test_a_label_that_the_model_contradicts_with_confidence_is_doubted() -> None:
    wrong = opinion(labelled(99, topic="saas_upgrade"), "server_down", 0.97)
    [found] = [one for one in disagreements([*fair(40), wrong]) if one.mails == ("ticket-99",)]
    assert (found.given, found.suggested) == ("saas_upgrade", "server_down")
    assert "server_down (97%, saas_upgrade 3%)" in found.reason


def test_a_contradiction_without_confidence_is_none() -> None:
    unsure = opinion(labelled(99, topic="saas_upgrade"), "server_down", 0.6)
    assert all(one.mails != ("ticket-99",) for one in disagreements([*fair(40), unsure]))


def test_a_value_that_nobody_gave_yet_claims_no_mail() -> None:
    assert counted_as({"new": 0.9, "old": 0.1}, {"old": 0.05}) is None


def test_an_agent_who_is_always_wrong_stands_out_and_the_others_do_not() -> None:
    carl = [opinion(labelled(200 + i, "carl", topic="saas_upgrade"), "installation", 0.9) for i in range(20)]
    dora = [opinion(labelled(300 + i, "dora", topic="saas_upgrade"), "saas_upgrade", 0.9) for i in range(60)]
    [found] = agents([*dora, *carl])
    assert (found.kind, found.who, len(found.mails)) == ("agent", "carl", 20)
    assert agents(fair(90)) == []


def test_an_agent_who_gets_the_hard_mails_does_not_stand_out() -> None:
    easy = [opinion(labelled(i, "anna", topic="saas_upgrade"), "saas_upgrade", 0.98) for i in range(60)]
    hard = [
        opinion(labelled(100 + i, "ben", topic="saas_upgrade"), "installation" if i % 2 else "saas_upgrade", 0.51)
        for i in range(30)
    ]
    slips = [opinion(labelled(200 + i, "anna", topic="saas_upgrade"), "installation", 0.6) for i in range(3)]
    assert agents([*easy, *hard, *slips]) == []


def test_a_class_that_agents_always_name_otherwise_stands_out() -> None:
    wrong = [opinion(labelled(100 + i, AGENTS[i % 3], topic="saas_upgrade"), "installation", 0.9) for i in range(15)]
    [found] = classes([*fair(90), *wrong])
    assert (found.kind, found.given, found.suggested) == ("class", "saas_upgrade", "installation")


def test_what_the_model_gets_wrong_of_other_mails_too_is_its_own_fault() -> None:
    wrong = [opinion(labelled(100 + i, topic="saas_upgrade"), "installation", 0.9) for i in range(15)]
    own = [
        replace(one, example=replace(one.example, id=f"pen-{i}", origin="training_data", extra={}))
        for i, one in enumerate(wrong)
    ]
    assert classes([*fair(90), *wrong, *own]) == []


def test_one_customers_flood_is_told() -> None:
    flood = [labelled(i, customer=99, topic="installation") for i in range(2 * FLOOD)]
    others = [labelled(100 + i, customer=i % 6, topic="server_down") for i in range(30)]
    [found] = flooding([*flood, *others])
    assert (found.kind, found.who, found.given, len(found.mails)) == (
        "customer", "account customer 99", "installation", 2 * FLOOD,
    )  # fmt: skip
    assert flooding(others) == []
    assert flooding([*flood, *(replace(e, account="customer 5", id=f"x{e.id}") for e in flood)]) == []


def test_near_duplicates_with_different_labels_are_told_once() -> None:
    model, mails = small_model.model(), small_model.examples()
    first = replace(mails[0], id="ticket-1", origin="agent", labels={"topic": "saas_upgrade"})
    second = replace(first, id="ticket-2", labels={"topic": "installation"}, body=first.body + " ")
    found = near_duplicates([*mails[1:20], first, second], model)
    assert [(one.kind, one.mails, one.given, one.suggested) for one in found] == [
        ("near_duplicate", ("ticket-1", "ticket-2"), "saas_upgrade", "installation")
    ]
    assert near_duplicates([first, replace(second, labels=first.labels)], model) == []


def test_labels_that_came_with_the_mails_may_differ_between_rewrites() -> None:
    model, mails = small_model.model(), small_model.examples()
    twin = replace(mails[0], id="twin", labels={"topic": "installation"})
    assert near_duplicates([mails[0], twin], model) == []


@pytest.fixture(scope="module")
def shuffled() -> Sequence[Example]:
    """Mails that the small model does not know, labelled by agents, one in three with any topic."""
    draw = random.Random(0)
    topics = sorted(small_model.policy().topics)
    return [
        labelled(i, topic=draw.choice(topics)) if i % 3 == 0 else labelled(i, topic=e.labels["topic"])
        for i, e in enumerate(small_model.examples()[small_model.LEARNED :])
    ]


def test_patterns_come_before_single_mails_and_disputes_are_told(shuffled: Sequence[Example]) -> None:
    found = suspicious(small_model.policy(), shuffled, small_model.model(), disputed=[("ticket-3", "severity")])
    assert [one.mails for one in found if one.kind == "dispute"] == [("ticket-3",)]
    order = ["agent", "class", "customer", "dispute", "near_duplicate", "disagreement"]
    assert [one.kind for one in found] == sorted((one.kind for one in found), key=order.index)


def test_the_model_is_asked_out_of_fold_where_it_learned_and_reads_where_it_did_not() -> None:
    policy, model, mails = small_model.policy(), small_model.model(), small_model.examples()
    known = opinions(policy, mails[:5], model)
    held = model.held.prediction(mails[0].id).probabilities["topic"]
    told = next(o for o in known if o.example.id == mails[0].id and o.label == "topic")
    assert told.probabilities == held
    read = opinions(policy, [replace(mails[0], id="ticket-7")], model)
    assert next(o for o in read if o.label == "topic").probabilities != held


def test_what_is_wrong_often_and_comes_often_needs_labels_first(policy: Policy) -> None:
    good = [opinion(labelled(i, topic="server_down"), "server_down", 0.9) for i in range(40)]
    bad = [
        opinion(labelled(100 + i, topic="odbc_account"), "odbc_account" if i < 2 else "server_down", 0.9)
        for i in range(8)
    ]
    needs = [need for need in needed(policy, [*good, *bad], labels=50) if need.label == "topic"]
    assert needs[0].value == "odbc_account"
    assert needs[0].reason.startswith(
        "topic odbc_account: 8 mails, 6 of them wrong while held back (mostly taken for server_down); 50 more"
    )
    every = needed(policy, [*good, *bad], labels=50)
    assert sum(need.portion for need in every) == 50
    assert all(0 <= need.gain <= need.share for need in every)


def test_what_comes_often_now_counts_and_not_what_was_labelled(policy: Policy) -> None:
    wrong = [
        opinion(labelled(i, topic="odbc_account" if i % 2 else "installation"), "server_down", 0.9) for i in range(20)
    ]
    mix = {"topic": {"odbc_account": 0.9, "installation": 0.1}}
    gains = {need.value: need.gain for need in needed(policy, wrong, mix=mix) if need.label == "topic"}
    assert gains["odbc_account"] > 3 * gains["installation"]


def test_a_value_without_mails_says_so(policy: Policy) -> None:
    assert all(need.mails == 0 and "no mail yet" in need.reason for need in needed(policy, []))
