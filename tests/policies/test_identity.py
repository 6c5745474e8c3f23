"""What an address that nobody vouches for is entitled to: what its mail alone would get from anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies import identity
from policies.facts import FactValue
from policies.loader import load_shipped, read_policy
from policies.rule import Outcome
from tests.policies.build import RULE, SMALL, facts, observe, policy_from
from tests.policies.random_policy import mails, rules

UNPROVEN = pytest.mark.parametrize("proven", [None, False])

GRANT = """
[[rules]]
id = "full"
title = "The full plan covers the rest"
clauses = ["in.1"]
set.scope = "included"
when.topic = ["rest"]
when.facts = { plan = "full" }
"""
OUTSIDE_REST = SMALL.replace(
    'name = "rest"\ntitle = "The rest"', 'name = "rest"\ntitle = "The rest"\nscope = "outside"\nclauses = ["out.1"]'
)


@UNPROVEN
def test_a_rule_that_grants_by_the_record_is_withheld_and_a_person_is_asked(
    proven: bool | None, tmp_path: Path
) -> None:
    policy = policy_from(OUTSIDE_REST + GRANT, tmp_path)
    outcome = policy.decide(observe("rest", facts({"plan": "full"}, proven=proven)))
    assert outcome.values == {"scope": "outside"}
    assert outcome.clauses == ("small/out.1",)
    assert [rule.id for rule in outcome.withheld] == ["full"]
    assert outcome.fired == ()
    assert outcome.ask == (
        "It would be covered, were the sender proven: The full plan covers the rest. Is the mail the customer's?",
    )


def test_the_proven_sender_beside_it_is_granted_it(tmp_path: Path) -> None:
    outcome = policy_from(OUTSIDE_REST + GRANT, tmp_path).decide(observe("rest", facts({"plan": "full"})))
    assert (outcome.values, outcome.withheld, outcome.ask) == ({"scope": "included"}, (), ())


def test_a_policy_that_trusts_addresses_withholds_nothing(tmp_path: Path) -> None:
    text = (OUTSIDE_REST + GRANT).replace('sender_proof = "required"', 'sender_proof = "trusted"')
    outcome = policy_from(text, tmp_path).decide(observe("rest", facts({"plan": "full"}, proven=False)))
    assert outcome.values == {"scope": "included"}


@UNPROVEN
def test_a_rule_that_denies_by_the_record_applies_all_the_same(proven: bool | None, tmp_path: Path) -> None:
    """Nobody gets more by breaking the proof of his own mail."""
    deny = GRANT.replace('"included"', '"outside"').replace('["rest"]', '["help"]').replace('["in.1"]', '["out.1"]')
    outcome = policy_from(SMALL + deny, tmp_path).decide(observe("help", facts({"plan": "full"}, proven=proven)))
    assert outcome.values == {"scope": "outside"}
    assert outcome.withheld == ()


@UNPROVEN
def test_what_the_mail_itself_says_counts_as_before(proven: bool | None, tmp_path: Path) -> None:
    spoken = GRANT.replace('when.facts = { plan = "full" }', 'when.signals_any = ["loud"]')
    seen = observe("rest", facts({"plan": "full"}, proven=proven), signals=["loud"])
    assert policy_from(OUTSIDE_REST + spoken, tmp_path).decide(seen).values == {"scope": "included"}


@UNPROVEN
def test_a_mail_may_say_what_the_record_would_contradict_and_gains_nothing(proven: bool | None, tmp_path: Path) -> None:
    """``unknown = true`` must be so in the record; not looking at the record does not make it unknown."""
    spoken = GRANT.replace('{ plan = "full" }', "{ plan = { unknown = true } }") + 'when.signals_any = ["loud"]\n'
    seen = observe("rest", facts({"plan": "basic"}, proven=proven), signals=["loud"])
    assert policy_from(OUTSIDE_REST + spoken, tmp_path).decide(seen).values == {"scope": "outside"}


@UNPROVEN
def test_where_the_topic_covers_it_anyway_no_person_is_asked(proven: bool | None, tmp_path: Path) -> None:
    policy = policy_from(SMALL + GRANT.replace('["rest"]', '["help"]'), tmp_path)
    outcome = policy.decide(observe("help", facts({"plan": "full"}, proven=proven)))
    assert outcome.values == {"scope": "included"}
    assert outcome.decided_by == {"scope": "topic"}
    assert outcome.ask == ()


@UNPROVEN
def test_a_final_rule_that_is_withheld_ends_nothing(proven: bool | None, tmp_path: Path) -> None:
    final = GRANT.replace('set.scope = "included"', 'set.scope = "included"\nfinal = true')
    later = RULE.replace('when.topic = ["help"]', 'when.topic = ["rest"]')
    outcome = policy_from(SMALL + final + later, tmp_path).decide(
        observe("rest", facts({"plan": "full"}, proven=proven))
    )
    assert [fired.rule.id for fired in outcome.fired] == ["out"]


SHIPPED_GRANTS: list[tuple[str, str, dict[str, FactValue], list[str] | None, str]] = [
    ("penelope", "installation", {"hosting": "saas"}, [], "professional_services"),
    ("penelope", "unsupported_upgrade", {"hosting": "saas", "product_version": "5.6.0"}, None, "outside"),
    ("atollon", "new_function", {"service_contract": True, "free_tasks_left": 3}, None, "professional_services"),
    ("perfana", "maintenance_expired", {"maintenance_until": "2027-01-01"}, None, "outside"),
]


@UNPROVEN
@pytest.mark.parametrize(("name", "topic", "record", "history", "anybody"), SHIPPED_GRANTS)
def test_the_shipped_policies_grant_an_unproven_sender_what_they_grant_anybody(
    name: str, topic: str, record: dict[str, FactValue], history: list[str] | None, anybody: str, proven: bool | None
) -> None:
    policy = load_shipped(name)
    believed = policy.decide(observe(topic, facts(record, history=history)))
    unproven = policy.decide(observe(topic, facts(record, history=history, proven=proven)))
    assert believed.values["scope"] == "included"
    assert unproven.values["scope"] == anybody
    assert unproven.withheld
    assert any("were the sender proven" in reason for reason in unproven.ask)


@UNPROVEN
@pytest.mark.parametrize("name", ["penelope", "atollon", "perfana"])
def test_no_topic_of_a_shipped_policy_cites_what_only_the_record_grants(name: str, proven: bool | None) -> None:
    policy = load_shipped(name)
    records: list[dict[str, FactValue]] = [
        {"hosting": "vendor", "update_subscription": True, "service_contract": True, "free_tasks_left": 4},
        {"hosting": "client", "update_subscription": True, "service_contract": True, "configured_by": "partner"},
        {"hosting": "saas", "product_version": "5.6", "supported_version": True, "concurrent_licences": 90},
        {"plan": "enterprise", "maintenance_until": "2030-01-01", "product_version": "3.5"},
    ]
    for record in records:
        for topic in policy.topics:
            stranger = policy.decide(observe(topic, facts()))
            claimed = policy.decide(observe(topic, facts(record, history=[], proven=proven)))
            more = set(claimed.clauses) - set(stranger.clauses)
            assert not [clause for clause in more if policy.clauses[clause].scope == "included"], topic


@UNPROVEN
def test_a_spoofed_mail_of_an_enterprise_customer_gets_no_target_no_phone_and_no_weekend(proven: bool | None) -> None:
    policy = load_shipped("perfana")
    saturday = datetime(2026, 5, 9, 3, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    record = {"plan": "enterprise", "maintenance_until": "2026-12-31"}
    labels = {"severity": "SEV1", "scope": "included", "issue_type": "bug", "topic": "production_down"}
    spoofed, real = (
        policy.terms(labels, ("perfana/included.1",), facts(record, proven=told, received=saturday), saturday)
        for told in (proven, True)
    )
    promised = {"perfana/target.enterprise", "perfana/hours.weekday", "perfana/hours.weekend", "perfana/phone.1"}
    assert spoofed.response_target is None
    assert not promised & set(spoofed.clauses)
    assert not any("Phone" in note for note in spoofed.notes)
    assert any("Enterprise plan" in note and "not proven" in note for note in spoofed.notes)
    assert real.response_target is not None
    assert promised <= set(real.clauses)


def test_the_ticket_names_what_was_not_relied_on() -> None:
    policy = load_shipped("atollon")
    given = facts({"service_contract": True, "free_tasks_left": 3}, proven=None)
    outcome = policy.decide(observe("new_function", given))
    labels = {"severity": "SEV4", "scope": "professional_services", "topic": "new_function"}
    labels["issue_type"] = "configuration_request"
    terms = policy.terms(labels, outcome.clauses, given, given.received_at)
    assert (
        "Not relied on, because the receiving server does not vouch for the sender's address: A configuration request "
        "within the free tasks of the service contract (atollon/configuration-request.1, "
        "atollon/configuration-request.4)."
    ) in terms.notes


def test_an_unproven_sender_falls_to_the_target_that_everybody_has(tmp_path: Path) -> None:
    full = SMALL[SMALL.index("[[response_targets]]") :].replace('id = "all"', 'id = "full"')
    full = full.replace('title = "everyone"', 'title = "the full plan"').replace('"30 minutes"', '"10 minutes"')
    full += 'when = { facts = { plan = "full" } }\n'
    start = SMALL.index("[[response_targets]]")
    policy = policy_from(SMALL[:start] + full + SMALL[start:], tmp_path)
    labels = {"severity": "SEV1", "scope": "included", "issue_type": "bug", "topic": "help"}
    within = []
    for proven in (True, None):
        given = facts({"plan": "full"}, proven=proven)
        target = policy.terms(labels, (), given, given.received_at).response_target
        assert target is not None
        within.append(target.within)
    assert within == ["10 support minutes", "30 support minutes"]


def test_an_unproven_sender_is_charged_as_anybody_is(tmp_path: Path) -> None:
    charges = """
[[charges]]
id = "half"
reason = "the full plan's half price"
kind = "amount"
currency = "EUR"
amount = "50"
clauses = []
when = { scope = ["outside"], facts = { plan = "full" } }

[[charges]]
id = "whole"
reason = "the whole price"
kind = "amount"
currency = "EUR"
amount = "100"
clauses = []
when = { scope = ["outside"] }
"""
    policy = policy_from(SMALL + charges, tmp_path)
    labels = {"severity": "SEV4", "scope": "outside", "issue_type": "advice", "topic": "help"}
    prices = []
    for proven in (True, None):
        given = facts({"plan": "full"}, proven=proven)
        prices.append(policy.terms(labels, (), given, given.received_at).charge)
    assert prices == ["EUR 50 for the full plan's half price.", "EUR 100 for the whole price."]


def test_what_a_withheld_rule_asks_a_person_is_asked_all_the_same(tmp_path: Path) -> None:
    asking = GRANT.replace('set.scope = "included"', 'set.scope = "included"\nask = "Is a seat free?"')
    outcome = policy_from(OUTSIDE_REST + asking, tmp_path).decide(observe("rest", facts({"plan": "full"}, proven=None)))
    assert outcome.values == {"scope": "outside"}
    assert outcome.ask[0] == "Is a seat free?"


NAMED: list[tuple[str, str, dict[str, FactValue], str]] = [
    ("penelope", "technical_issue", {"hosting": "saas"}, "self_hosted"),
    ("perfana", "malfunction", {"maintenance_until": "2027-01-01"}, "maintenance_expired"),
    ("perfana", "question", {"contact_role": "system_admin"}, "end_user"),
    ("perfana", "malfunction", {"customised": False}, "customised"),
    ("perfana", "malfunction", {"product_version": "3.6.0"}, "prerelease"),
    ("penelope", "technical_issue", {"product_version": "5.6"}, "unsupported_version"),
]


@UNPROVEN
@pytest.mark.parametrize(("name", "topic", "record", "said"), NAMED)
def test_naming_a_customer_gets_no_more_than_naming_none(
    name: str, topic: str, record: dict[str, FactValue], said: str, proven: bool | None
) -> None:
    policy = load_shipped(name)
    named = policy.decide(observe(topic, facts(record, history=[], proven=proven), signals=[said]))
    nobody = policy.decide(observe(topic, facts(proven=proven), signals=[said]))
    believed = policy.decide(observe(topic, facts(record, history=[]), signals=[said]))
    assert believed.values["scope"] == "included"
    assert named.values["scope"] == nobody.values["scope"] != "included"
    assert any("for anybody" in reason for hit in named.fired for reason in hit.because)


@UNPROVEN
def test_a_final_rule_of_the_record_hides_no_refusal_behind_it(proven: bool | None, tmp_path: Path) -> None:
    final = GRANT.replace('set.scope = "included"', 'ask = "Who?"\nfinal = true').replace('clauses = ["in.1"]\n', "")
    later = RULE.replace('when.topic = ["help"]', 'when.signals_any = ["loud"]')
    policy = policy_from(SMALL + final + later, tmp_path)
    outcome = policy.decide(observe("rest", facts({"plan": "full"}, proven=proven), signals=["loud"]))
    assert outcome.values == {"scope": "outside"}
    assert outcome.ask == ("Who?",)
    assert outcome.ended_by is None
    real = policy.decide(observe("rest", facts({"plan": "full"}), signals=["loud"]))
    assert (real.values, real.ended_by) == ({}, "full")


@UNPROVEN
def test_the_record_moves_an_unproven_mail_to_no_topic_that_is_covered(proven: bool | None, tmp_path: Path) -> None:
    moved = GRANT.replace('set.scope = "included"', 'set.topic = "help"').replace('clauses = ["in.1"]\n', "")
    policy = policy_from(OUTSIDE_REST + moved, tmp_path)
    outcome = policy.decide(observe("rest", facts({"plan": "full"}, proven=proven)))
    assert outcome.values == {"scope": "outside"}
    assert any("were the sender proven" in reason for reason in outcome.ask)
    assert policy.decide(observe("rest", facts({"plan": "full"}))).values == {"topic": "help", "scope": "included"}


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from([["plan", "topic"], ["plan", "signals"], ["version", "topic"], ["until", "signals"]]))
def test_whoever_is_not_proven_is_covered_only_where_the_customer_and_anybody_are(
    data: st.DataObject, kinds: list[str]
) -> None:
    policy = read_policy(data.draw(rules(kinds)).encode(), "random.toml")
    for mail in mails(kinds):
        if mail.facts.sender_proven or not _covered(policy.decide(mail)):
            continue
        assert _covered(policy.decide(identity.stranger(mail)))
        assert _covered(policy.decide(replace(mail, facts=replace(mail.facts, sender_proven=True))))


def _covered(outcome: Outcome) -> bool:
    """Whether nothing turns the request down; without a scope it is left to the text."""
    return outcome.values.get("scope", "included") == "included"


@UNPROVEN
def test_a_charge_is_not_proposed_to_an_unproven_sender_without_saying_so(proven: bool | None) -> None:
    policy = load_shipped("penelope")
    outcome = policy.decide(observe("false_alarm", facts({"hosting": "saas"}, history=[], proven=proven)))
    assert any("The sender is not proven" in reason and "a false alarm" in reason for reason in outcome.ask)
    known = policy.decide(observe("false_alarm", facts({"hosting": "saas"}, history=[])))
    assert not any("not proven" in reason for reason in known.ask)


def test_of_a_self_hosted_false_alarm_self_hosted_is_all_that_is_said() -> None:
    policy = load_shipped("penelope")
    for known, said in ((facts({"hosting": "self_hosted"}), []), (facts(), ["self_hosted"])):
        outcome = policy.decide(observe("false_alarm", known, signals=said))
        labels = {"severity": "SEV4", "issue_type": "advice", "topic": "false_alarm", **outcome.values}
        terms = policy.terms(labels, outcome.clauses, known, known.received_at)
        assert (list(terms.clauses), terms.charge, outcome.ask) == (["penelope/outside.1"], None, ())
