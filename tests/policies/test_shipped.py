"""The three policies that ship: complete against the documents they come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policies.labels import LABELS, Scope, Severity
from policies.loader import load_shipped, shipped
from policies.policy import Policy

SHARED = Path(__file__).parents[2].parent / "shared"

TOPICS = {
    "penelope": "admin_password_reset, user_password_reset, odbc_account, port_information, saas_email_delivery, "
    "technical_issue, server_down, saas_upgrade, server_element_configuration, firewall_setup, customer_email_server, "
    "unsupported_environment, false_alarm, database_question, dashboard_accounts, unsupported_upgrade, installation, "
    "other",
    "perfana": "production_down, degradation, malfunction, question, bug_report, root_cause, maintenance_expired, "
    "eol_version, prerelease_version, customised_version, development_request, third_party_integration, "
    "end_user_support, training, other_language, consultancy, performance_tuning, capacity_planning, "
    "installation_or_upgrade, unsupported_platform, eol_upgrade_help, security_bug, other",
    "atollon": "application_bug, server_connection_error, configuration_error, advice_question, undescribed_problem, "
    "new_object_type, new_function, new_organisation, permission_change, feature_wish, billing_question, other",
}

FACTS = {
    "penelope": {
        "hosting": ("saas", "self_hosted"),
        "product_version": None,
        "supported_version": ("true", "false"),
        "concurrent_licences": None,
        "contact_role": ("system_admin", "end_user"),
    },
    "perfana": {
        "plan": ("free", "team", "enterprise"),
        "maintenance_until": None,
        "product_version": None,
        "customised": ("true", "false"),
        "contact_role": ("system_admin", "account_holder", "end_user"),
    },
    "atollon": {
        "hosting": ("vendor", "client"),
        "update_subscription": ("true", "false"),
        "service_contract": ("true", "false"),
        "free_tasks_left": None,
        "configuration_taken_over": None,
        "configured_by": ("vendor", "partner", "client"),
    },
}


@pytest.fixture(params=shipped())
def policy(request: pytest.FixtureRequest) -> Policy:
    return load_shipped(request.param)


def test_topics_are_those_of_the_shared_format(policy: Policy) -> None:
    assert list(policy.topics) == TOPICS[policy.name].split(", ")


def test_facts_are_those_of_the_shared_format(policy: Policy) -> None:
    assert dict(policy.fact_values) == FACTS[policy.name]


def test_every_clause_of_the_document_is_in_the_file() -> None:
    document = SHARED / "policies" / "clauses.md"
    if not document.is_file():
        pytest.skip("../shared/policies/clauses.md is not here")
    sections = re.split(r"^## (\w+):.*$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name, text in zip(sections[1::2], sections[2::2], strict=True):
        rows = re.findall(r"^\| ([a-z-]+\.[a-z0-9]+) \|.*\| ([A-Z ]+) \|$", text, flags=re.MULTILINE)
        policy = load_shipped(name)
        assert [f"{name}/{identifier}" for identifier, _ in rows] == list(policy.clauses)
        assert [needs.split() for _, needs in rows] == [list(clause.needs) for clause in policy.file.clauses]


def test_clauses_that_name_one_scope_in_the_document_have_it() -> None:
    document = SHARED / "policies" / "clauses.md"
    if not document.is_file():
        pytest.skip("../shared/policies/clauses.md is not here")
    sections = re.split(r"^## (\w+):.*$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    compared = 0
    for name, text in zip(sections[1::2], sections[2::2], strict=True):
        for identifier, cell in re.findall(
            r"^\| ([a-z-]+\.[a-z0-9]+) \|.*\| ([^|]+) \| [A-Z ]+ \|$", text, re.MULTILINE
        ):
            if cell in set(Scope):
                assert load_shipped(name).clauses[f"{name}/{identifier}"].scope == cell, identifier
                compared += 1
    assert compared > 35


def test_sentences_are_one_whole_sentence(policy: Policy) -> None:
    for clause in policy.clauses.values():
        assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", clause.sentence), clause.id
        assert ". " not in clause.sentence, clause.id


def test_every_clause_is_reached_from_a_topic_a_rule_a_target_a_charge_or_a_notice(policy: Policy) -> None:
    file = policy.file
    reached = {f"{policy.name}/{row.clause}" for row in file.severity if row.clause}
    for entry in (*file.topics, *file.rules, *file.response_targets, *file.charges, *file.notices):
        reached.update(f"{policy.name}/{name}" for name in entry.clauses)
    assert set(policy.clauses) - reached == set()


def test_a_topics_scope_is_one_that_its_clauses_decide(policy: Policy) -> None:
    for topic in policy.topics.values():
        decided = {policy.clauses[name].scope for name in topic.clauses} - {None}
        assert not decided or topic.scope in decided, topic.name


def test_signals_and_facts_are_all_used(policy: Policy) -> None:
    used: set[str] = set()
    asked = [entry.when.plain() for entry in (*policy.file.questions, *policy.file.notices)]
    for wanted in (*(rule.conditions for rule in policy.rules), *asked):
        for conditions in (wanted, *wanted.get("any_of", ())):
            for key in ("signals_any", "signals_all", "signals_none"):
                used.update(conditions.get(key, ()))
    assert used == set(policy.signals)


def test_missing_a_sev1_costs_more_than_a_false_page(policy: Policy) -> None:
    costs = policy.severity_costs
    levels = list(Severity)
    for higher, lower in ((a, b) for i, a in enumerate(levels) for b in levels[i + 1 :]):
        assert costs[higher][lower] >= costs[lower][higher] or higher is not Severity.SEV1
        assert costs[higher][higher] == 0
    for level in levels[1:]:
        assert costs[Severity.SEV1][level] > costs[level][Severity.SEV1]


def test_every_label_has_a_target_precision(policy: Policy) -> None:
    assert set(policy.target_precision) == set(LABELS)
    assert all(0.5 < value < 1 for value in policy.target_precision.values())


def test_dutch_is_answered_under_perfana_alone_and_read_under_every_policy(policy: Policy) -> None:
    assert policy.languages == (("en", "nl") if policy.name == "perfana" else ("en",))
    for signal in policy.signals.values():
        assert set(signal.phrases) == {"en", "nl"}
