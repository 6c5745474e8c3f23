"""What each policy's rules make of facts and signals: every fact-driven clause, with its boundaries."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from policies.facts import Facts
from policies.labels import IssueType, Severity
from policies.loader import load_shipped
from policies.rule import Observation
from tests.policies.build import facts, observe, policy_from

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SAAS = {"hosting": "saas", "product_version": "5.6.1"}
TEAM = {
    "plan": "team",
    "maintenance_until": "2026-12-31",
    "product_version": "3.5.2",
    "customised": False,
    "contact_role": "system_admin",
}


def on(day: str, clock: str = "12:00", zone: ZoneInfo = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=zone)


def taken_over(day: str) -> Facts:
    """A mail of 31 May 2026 at noon in Prague from a client who took over on ``day``."""
    return facts({"configuration_taken_over": day}, received=on("2026-05-31", zone=ZoneInfo("Europe/Prague")))


def impact(**values: str) -> dict[str, Any]:
    return {"impact": values}


Case = tuple[Observation, str | None, str]

PENELOPE: dict[str, Case] = {
    "first reset": (observe("admin_password_reset", facts(SAAS, history=[])), "included", "included.1"),
    "reset after other requests": (
        observe("admin_password_reset", facts(SAAS, history=["user_password_reset"])),
        "included",
        "included.1",
    ),
    "reset, history unknown": (observe("admin_password_reset", facts(SAAS)), "included", "included.1"),
    "second reset by history": (
        observe("admin_password_reset", facts(SAAS, history=["admin_password_reset"])),
        "professional_services",
        "outside.3 professional.2",
    ),
    "third reset by history": (
        observe("admin_password_reset", facts(SAAS, history=["admin_password_reset", "admin_password_reset"])),
        "professional_services",
        "outside.3 professional.2",
    ),
    "second reset by its own words": (
        observe("admin_password_reset", facts(SAAS), signals=["second_reset"]),
        "professional_services",
        "outside.3 professional.2",
    ),
    "second reset by its words against an empty history": (
        observe("admin_password_reset", facts(SAAS, history=[]), signals=["second_reset"]),
        "professional_services",
        "outside.3 professional.2",
    ),
    "a user's reset": (
        observe("user_password_reset", facts(SAAS), issue_type=IssueType.CONFIGURATION_REQUEST),
        "professional_services",
        "professional.2",
    ),
    "how to reset a user's password": (
        observe("user_password_reset", facts(SAAS), issue_type=IssueType.ADVICE),
        "included",
        "included.5",
    ),
    "self-hosted": (observe("technical_issue", facts({"hosting": "self_hosted"})), "outside", "outside.1"),
    "self-hosted and a second reset": (
        observe("admin_password_reset", facts({"hosting": "self_hosted"}, history=["admin_password_reset"])),
        "outside",
        "outside.1",
    ),
    "self-hosted and a later installation": (
        observe("installation", facts({"hosting": "self_hosted"}, history=["installation"])),
        "outside",
        "outside.1",
    ),
    "self-hosted and an old version": (
        observe("technical_issue", facts({"hosting": "self_hosted", "product_version": "4.0"})),
        "outside",
        "outside.1",
    ),
    "self-hosted by the text, hosting unknown": (
        observe("technical_issue", facts({"product_version": "5.6"}), signals=["self_hosted"]),
        "outside",
        "outside.1",
    ),
    "self-hosted by the text, SaaS by the record": (
        observe("technical_issue", facts(SAAS), signals=["self_hosted"]),
        "included",
        "included.5",
    ),
    "supported version": (observe("technical_issue", facts(SAAS)), "included", "included.5"),
    "oldest supported version": (
        observe("technical_issue", facts({"hosting": "saas", "product_version": "5.3.0"})),
        "included",
        "included.5",
    ),
    "unsupported version": (
        observe("technical_issue", facts({"hosting": "saas", "product_version": "5.2.9"})),
        "professional_services",
        "outside.7 professional.3",
    ),
    "version unknown": (observe("technical_issue", facts({"hosting": "saas"})), "included", "included.5"),
    "version unknown, unsupported by the text": (
        observe("technical_issue", facts({"hosting": "saas"}), signals=["unsupported_version"]),
        "professional_services",
        "outside.7 professional.3",
    ),
    "supported by the record, unsupported by the text": (
        observe("technical_issue", facts(SAAS), signals=["unsupported_version"]),
        "included",
        "included.5",
    ),
    "old version, declared supported": (
        observe("technical_issue", facts({"hosting": "saas", "product_version": "5.0", "supported_version": True})),
        "included",
        "included.5",
    ),
    "new version, declared unsupported": (
        observe("technical_issue", facts({"hosting": "saas", "product_version": "5.6", "supported_version": False})),
        "professional_services",
        "outside.7 professional.3",
    ),
    "server down on an old version": (
        observe("server_down", facts({"hosting": "saas", "product_version": "5.0"})),
        "included",
        "included.6",
    ),
    "test server down": (observe("server_down", facts(SAAS), **impact(environment="test")), "included", "included.5"),
    "a question on an old version": (
        observe("port_information", facts({"hosting": "saas", "product_version": "5.0"})),
        "included",
        "included.3",
    ),
    "upgrade": (observe("saas_upgrade", facts(SAAS)), "included", "included.7"),
    "upgrade, version unknown": (observe("saas_upgrade", facts({"hosting": "saas"})), "included", "included.7"),
    "upgrade from an unsupported version": (
        observe("saas_upgrade", facts({"hosting": "saas", "product_version": "5.1.4"})),
        "outside",
        "outside.11",
    ),
    "unsupported upgrade": (observe("unsupported_upgrade", facts({"hosting": "saas"})), "outside", "outside.11"),
    "own ODBC account": (observe("odbc_account", facts(SAAS)), "included", "included.2"),
    "shared ODBC account": (
        observe("odbc_account", facts(SAAS), signals=["shared_odbc_account"]),
        "outside",
        "outside.4",
    ),
    "ODBC from anywhere": (observe("odbc_account", facts(SAAS), signals=["no_source_ip"]), "outside", "outside.4"),
    "the ODBC connection whose number is that of the licences": (
        observe("odbc_account", facts(SAAS | {"concurrent_licences": 3}, history=["odbc_account"] * 2)),
        "included",
        "included.2",
    ),
    "the ODBC connection beyond the licences": (
        observe("odbc_account", facts(SAAS | {"concurrent_licences": 3}, history=["odbc_account"] * 3)),
        "outside",
        "included.2",
    ),
    "ODBC connections, requests about other things": (
        observe("odbc_account", facts(SAAS | {"concurrent_licences": 1}, history=["technical_issue"] * 3)),
        "included",
        "included.2",
    ),
    "ODBC connections, licences unknown": (
        observe("odbc_account", facts(SAAS, history=["odbc_account"] * 9)),
        "included",
        "included.2",
    ),
    "ODBC connections, history unknown": (
        observe("odbc_account", facts(SAAS | {"concurrent_licences": 1})),
        "included",
        "included.2",
    ),
    "a shared ODBC account beyond the licences": (
        observe(
            "odbc_account",
            facts(SAAS | {"concurrent_licences": 1}, history=["odbc_account"]),
            signals=["shared_odbc_account"],
        ),
        "outside",
        "outside.4 included.2",
    ),
    "upgrade called unsupported, supported by the record": (
        observe("unsupported_upgrade", facts(SAAS)),
        "included",
        "included.7",
    ),
    "upgrade from a supported version, hosting unknown": (
        observe("unsupported_upgrade", facts({"product_version": "5.6.1"})),
        "included",
        "included.7",
    ),
    "self-hosted is all that is said": (
        observe("firewall_setup", facts({"hosting": "self_hosted"})),
        "outside",
        "outside.1",
    ),
    "first installation": (observe("installation", facts(SAAS, history=[])), "included", ""),
    "installation, history unknown": (observe("installation", facts(SAAS)), "professional_services", "professional.1"),
    "later installation": (
        observe("installation", facts(SAAS, history=["installation"])),
        "professional_services",
        "professional.1",
    ),
    "false alarm": (observe("false_alarm", facts(SAAS)), "outside", "outside.8"),
    "own e-mail server": (observe("customer_email_server", facts(SAAS)), "outside", "outside.6"),
    "firewall": (observe("firewall_setup", facts(SAAS)), "outside", "outside.5"),
    "operating system": (observe("server_element_configuration", facts(SAAS)), "outside", "outside.2"),
    "SQL": (observe("database_question", facts(SAAS)), "outside", "outside.9"),
    "dashboard accounts": (observe("dashboard_accounts", facts(SAAS)), "outside", "outside.10"),
    "e-mail of the SaaS": (observe("saas_email_delivery", facts(SAAS)), "included", "included.4"),
    "old operating system": (
        observe("unsupported_environment", facts(SAAS)),
        "professional_services",
        "outside.7 professional.3",
    ),
}

PERFANA: dict[str, Case] = {
    "all in order": (observe("malfunction", facts(TEAM)), "included", "included.1"),
    "nothing known": (observe("malfunction", facts(language=None)), "included", "included.1"),
    "the last day of maintenance": (
        observe("malfunction", facts(TEAM, received=on("2026-12-31", "23:59"))),
        "included",
        "included.1",
    ),
    "the day after maintenance": (
        observe("malfunction", facts(TEAM, received=on("2027-01-01", "00:00"))),
        "outside",
        "not-included.1",
    ),
    "the last day in Amsterdam is the one that counts": (
        observe("malfunction", facts(TEAM, received=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))),
        "outside",
        "not-included.1",
    ),
    "maintenance unknown, ended by the text": (
        observe("malfunction", facts(TEAM | {"maintenance_until": None}), signals=["maintenance_expired"]),
        "outside",
        "not-included.1",
    ),
    "maintenance valid by the record, ended by the text": (
        observe("malfunction", facts(TEAM), signals=["maintenance_expired"]),
        "included",
        "included.1",
    ),
    "about maintenance, which is valid": (observe("maintenance_expired", facts(TEAM)), "included", "included.1"),
    "about maintenance, unknown": (observe("maintenance_expired", facts()), "outside", "not-included.1"),
    "end user": (observe("malfunction", facts(TEAM | {"contact_role": "end_user"})), "outside", "not-included.6"),
    "end user by the text": (
        observe("malfunction", facts(TEAM | {"contact_role": None}), signals=["end_user"]),
        "outside",
        "not-included.6",
    ),
    "account holder": (
        observe("malfunction", facts(TEAM | {"contact_role": "account_holder"})),
        "included",
        "included.1",
    ),
    "customised": (observe("malfunction", facts(TEAM | {"customised": True})), "outside", "not-included.3"),
    "customised by the text": (
        observe("malfunction", facts(TEAM | {"customised": None}), signals=["customised"]),
        "outside",
        "not-included.3",
    ),
    "snapshot": (
        observe("malfunction", facts(TEAM | {"product_version": "3.6.0-SNAPSHOT"})),
        "outside",
        "not-included.2",
    ),
    "pre-release by the text": (
        observe("malfunction", facts(TEAM | {"product_version": None}), signals=["prerelease"]),
        "outside",
        "not-included.2",
    ),
    "the end-of-life day itself": (
        observe(
            "malfunction",
            facts(
                TEAM | {"product_version": "3.2.1", "maintenance_until": "2030-01-01"},
                received=on("2027-01-21", "23:59"),
            ),
        ),
        "included",
        "included.1",
    ),
    "the day after the end of life": (
        observe(
            "malfunction",
            facts(
                TEAM | {"product_version": "3.2.1", "maintenance_until": "2030-01-01"},
                received=on("2027-01-22", "00:00"),
            ),
        ),
        "outside",
        "not-included.2 eol.1",
    ),
    "upgrading away from an ended version": (
        observe("eol_upgrade_help", facts(TEAM | {"product_version": "2.4.1"})),
        "included",
        "eol.2",
    ),
    "upgrading away without maintenance": (
        observe("eol_upgrade_help", facts(TEAM | {"product_version": "2.4.1", "maintenance_until": "2026-01-01"})),
        "outside",
        "not-included.1",
    ),
    "version not listed yet": (
        observe("malfunction", facts(TEAM | {"product_version": "3.9"})),
        "included",
        "included.1",
    ),
    "German": (observe("malfunction", facts(TEAM, language="de")), "outside", "not-included.8"),
    "Dutch": (observe("malfunction", facts(TEAM, language="nl")), "included", "included.1"),
    "language unknown": (observe("malfunction", facts(TEAM, language=None)), "included", "included.1"),
    "free plan": (observe("bug_report", facts({"plan": "free", "product_version": "3.4.2"})), "included", "included.1"),
    "several clauses": (
        observe(
            "malfunction",
            facts(TEAM | {"maintenance_until": "2026-01-01", "product_version": "2.0", "customised": True}),
        ),
        "outside",
        "not-included.1 not-included.3 not-included.2 eol.1",
    ),
    "training": (observe("training", facts(TEAM)), "outside", "not-included.7"),
    "training without maintenance": (
        observe("training", facts(TEAM | {"maintenance_until": "2026-01-01"})),
        "outside",
        "not-included.1 not-included.7",
    ),
    "tuning asked for by an end user of a beta": (
        observe("performance_tuning", facts(TEAM | {"contact_role": "end_user", "product_version": "3.6.0-beta1"})),
        "outside",
        "not-included.6 not-included.2 not-included.10",
    ),
    "about maintenance, which is valid, by an end user": (
        observe("maintenance_expired", facts(TEAM | {"contact_role": "end_user"})),
        "outside",
        "not-included.6 not-included.1",
    ),
    "about an ended version, which is what is recorded": (
        observe("eol_version", facts(TEAM | {"product_version": "2.4.1"})),
        "outside",
        "not-included.2 eol.1",
    ),
    "upgrading away from a version that is supported": (
        observe("eol_upgrade_help", facts(TEAM)),
        "outside",
        "not-included.12",
    ),
    "upgrading away, version unknown": (
        observe("eol_upgrade_help", facts(TEAM | {"product_version": None})),
        "included",
        "eol.2",
    ),
    "installation on an ended version": (
        observe("installation_or_upgrade", facts(TEAM | {"product_version": "2.4.1"})),
        "outside",
        "not-included.2 eol.1 not-included.12",
    ),
    "unsupported platform": (observe("unsupported_platform", facts(TEAM)), "outside", "not-included.13"),
    "release candidate": (
        observe("malfunction", facts(TEAM | {"product_version": "3.6.0-rc1"})),
        "outside",
        "not-included.2",
    ),
    "Frisian": (observe("malfunction", facts(TEAM, language="fy")), "outside", "not-included.8"),
    "Dutch of Belgium": (observe("malfunction", facts(TEAM, language="nl-BE")), "included", "included.1"),
    "about another language": (observe("other_language", facts(TEAM, language="fr")), "outside", "not-included.8"),
    "development": (observe("development_request", facts(TEAM)), "outside", "not-included.4"),
    "another product": (observe("third_party_integration", facts(TEAM)), "outside", "not-included.5"),
    "consultancy": (observe("consultancy", facts(TEAM)), "outside", "not-included.9"),
    "capacity": (observe("capacity_planning", facts(TEAM)), "outside", "not-included.11"),
    "root cause": (observe("root_cause", facts(TEAM)), "included", "included.1"),
    "other": (observe("other", facts(TEAM)), "included", ""),
}

VENDOR = {"hosting": "vendor", "update_subscription": False}
SUBSCRIBED = {"hosting": "client", "update_subscription": True}
UNSUBSCRIBED = {"hosting": "client", "update_subscription": False}

ATOLLON: dict[str, Case] = {
    "bug, hosted by the vendor": (observe("application_bug", facts(VENDOR)), "included", "bug.1 bug.4"),
    "bug, own hosting, subscribed": (observe("application_bug", facts(SUBSCRIBED)), "included", "bug.1 bug.2"),
    "bug, own hosting, not subscribed": (
        observe("application_bug", facts(UNSUBSCRIBED)),
        "professional_services",
        "bug.1 bug.3",
    ),
    "bug, installation ordered": (
        observe("application_bug", facts(SUBSCRIBED), signals=["install_for_us"]),
        "professional_services",
        "bug.1 bug.3",
    ),
    "bug, only the installation wanted": (
        observe("application_bug", facts(SUBSCRIBED), **impact(kind="request")),
        "professional_services",
        "bug.1 bug.3",
    ),
    "installation ordered, hosted by the vendor": (
        observe("application_bug", facts(VENDOR), signals=["install_for_us"]),
        "included",
        "bug.1 bug.4",
    ),
    "bug, hosting unknown": (observe("application_bug", facts()), "included", "bug.1"),
    "bug, subscription unknown": (observe("application_bug", facts({"hosting": "client"})), "included", "bug.1"),
    "bug, hosting unknown, subscribed": (
        observe("application_bug", facts({"update_subscription": True})),
        "included",
        "bug.1 bug.2",
    ),
    "installation ordered, hosting unknown": (
        observe("application_bug", facts({"update_subscription": False}), signals=["install_for_us"]),
        "included",
        "bug.1",
    ),
    "connection error, own hosting, subscribed": (
        observe("server_connection_error", facts(SUBSCRIBED)),
        "included",
        "bug.5 bug.2",
    ),
    "connection error, own hosting, not subscribed": (
        observe("server_connection_error", facts(UNSUBSCRIBED)),
        "included",
        "bug.5",
    ),
    "connection error": (observe("server_connection_error", facts()), "included", "bug.5"),
    "connection error, hosted by the vendor": (
        observe("server_connection_error", facts(VENDOR)),
        "included",
        "bug.5 bug.4",
    ),
    "configuration, day 0": (
        observe("configuration_error", taken_over("2026-05-31")),
        "included",
        "configuration-error.1 configuration-error.2",
    ),
    "configuration, day 30": (
        observe("configuration_error", taken_over("2026-05-01")),
        "included",
        "configuration-error.1 configuration-error.2",
    ),
    "configuration, day 31": (
        observe("configuration_error", taken_over("2026-04-30")),
        "professional_services",
        "configuration-error.1 configuration-error.3",
    ),
    "configuration, taken over later": (
        observe("configuration_error", taken_over("2026-06-10")),
        "included",
        "configuration-error.1 configuration-error.2",
    ),
    "configuration by the client, day 30": (
        observe(
            "configuration_error",
            facts({"configured_by": "client", "configuration_taken_over": "2026-05-01"}, received=on("2026-05-31")),
        ),
        "professional_services",
        "configuration-error.1",
    ),
    "configuration by the client, day 31": (
        observe(
            "configuration_error",
            facts({"configured_by": "client", "configuration_taken_over": "2026-04-30"}, received=on("2026-05-31")),
        ),
        "professional_services",
        "configuration-error.1 configuration-error.3",
    ),
    "configuration by the client, not taken over": (
        observe("configuration_error", facts({"configured_by": "client"}), signals=["not_taken_over"]),
        "professional_services",
        "configuration-error.1",
    ),
    "configuration by a partner, day 30": (
        observe(
            "configuration_error",
            facts({"configured_by": "partner", "configuration_taken_over": "2026-05-01"}, received=on("2026-05-31")),
        ),
        "included",
        "configuration-error.1 configuration-error.2",
    ),
    "configuration, take-over unknown": (observe("configuration_error", facts()), "included", "configuration-error.1"),
    "configuration, not taken over by the text": (
        observe("configuration_error", facts(), signals=["not_taken_over"]),
        "included",
        "configuration-error.1 configuration-error.2",
    ),
    "advice with a contract": (
        observe("advice_question", facts({"service_contract": True})),
        "included",
        "advice.1 advice.2",
    ),
    "advice without a contract": (
        observe("advice_question", facts({"service_contract": False})),
        "professional_services",
        "advice.1 advice.2",
    ),
    "advice, contract unknown": (observe("advice_question", facts()), "included", "advice.1"),
    "advice to be set up": (
        observe("advice_question", facts({"service_contract": True}), signals=["consultant_needed"]),
        "included",
        "advice.1 advice.2 advice.3",
    ),
    "vague problem": (
        observe("undescribed_problem", facts({"service_contract": True})),
        "included",
        "advice.1 advice.2 complete.1",
    ),
    "vague problem, contract unknown": (observe("undescribed_problem", facts()), "included", "advice.1 complete.1"),
    "request within the quota": (
        observe("new_function", facts({"service_contract": True, "free_tasks_left": 1})),
        "included",
        "configuration-request.1 configuration-request.4",
    ),
    "request at quota zero": (
        observe("new_function", facts({"service_contract": True, "free_tasks_left": 0})),
        "professional_services",
        "configuration-request.1 configuration-request.2",
    ),
    "request without a contract": (
        observe("permission_change", facts({"service_contract": False})),
        "professional_services",
        "configuration-request.1 configuration-request.2",
    ),
    "free tasks left of a contract that has ended": (
        observe("new_function", facts({"service_contract": False, "free_tasks_left": 3})),
        "professional_services",
        "configuration-request.1 configuration-request.2",
    ),
    "request, nothing known": (
        observe("new_object_type", facts()),
        "professional_services",
        "configuration-request.1 configuration-request.2",
    ),
    "long project": (
        observe("new_organisation", facts({"free_tasks_left": 0}), signals=["long_project"]),
        "professional_services",
        "configuration-request.1 configuration-request.2 configuration-request.3",
    ),
    "wish without a subscription": (observe("feature_wish", facts(UNSUBSCRIBED)), "included", "feature.1"),
    "wish": (observe("feature_wish", facts(SUBSCRIBED)), "included", "feature.1"),
    "invoice": (observe("billing_question", facts()), "included", "invoice.1"),
    "which time is billed": (
        observe("billing_question", facts(), signals=["billed_time"]),
        "included",
        "invoice.1 invoice.2",
    ),
}

ALL = [
    pytest.param(name, *case, id=f"{name}: {title}")
    for name, cases in (("penelope", PENELOPE), ("perfana", PERFANA), ("atollon", ATOLLON))
    for title, case in cases.items()
]


@pytest.mark.parametrize(("name", "seen", "scope", "clauses"), ALL)
def test_scope_and_clauses(name: str, seen: Observation, scope: str | None, clauses: str) -> None:
    outcome = load_shipped(name).decide(seen)
    assert outcome.values.get("scope") == scope
    assert outcome.clauses == tuple(f"{name}/{identifier}" for identifier in clauses.split())


@pytest.mark.parametrize(
    ("name", "seen", "missing"),
    [
        ("penelope", observe("admin_password_reset", facts(SAAS)), ("history",)),
        ("penelope", observe("technical_issue", facts({"product_version": "5.6"})), ("hosting",)),
        ("penelope", observe("technical_issue", facts({"hosting": "saas"})), ("product_version",)),
        ("penelope", observe("database_question", facts({"hosting": "saas"})), ()),
        ("perfana", observe("malfunction", facts(TEAM, language=None)), ("language",)),
        ("perfana", observe("eol_upgrade_help", facts(TEAM | {"product_version": None})), ("product_version",)),
        ("atollon", observe("configuration_error", facts()), ("configured_by", "configuration_taken_over")),
        ("atollon", observe("application_bug", facts({"hosting": "client"})), ("update_subscription",)),
        ("atollon", observe("billing_question", facts()), ()),
    ],
)
def test_facts_that_a_rule_would_have_needed_are_named(name: str, seen: Observation, missing: tuple[str, ...]) -> None:
    assert load_shipped(name).decide(seen).missing_facts == missing


def test_no_fact_at_all_denies_nothing_that_the_topic_grants() -> None:
    """Unknown facts never deny: with no record and no signal every topic keeps its own scope."""
    for name in ("penelope", "perfana", "atollon"):
        policy = load_shipped(name)
        for topic in policy.topics.values():
            outcome = policy.decide(observe(topic.name, facts(language=None)))
            assert outcome.values.get("scope") == topic.scope, topic.name


def test_a_false_alarm_asks_a_person() -> None:
    policy = load_shipped("penelope")
    assert policy.decide(observe("false_alarm", facts(SAAS))).ask
    assert not policy.decide(observe("false_alarm", facts({"hosting": "self_hosted"}))).ask
    assert not policy.decide(observe("server_down", facts(SAAS))).ask


def test_more_odbc_connections_than_licences_ask_a_person_and_unknown_licences_are_named() -> None:
    policy = load_shipped("penelope")
    beyond = facts(SAAS | {"concurrent_licences": 2}, history=["odbc_account"] * 2)
    unknown = facts(SAAS, history=["odbc_account"] * 2)
    assert any("concurrent licences" in reason for reason in policy.decide(observe("odbc_account", beyond)).ask)
    outcome = policy.decide(observe("odbc_account", unknown))
    assert (outcome.ask, outcome.missing_facts) == ((), ("concurrent_licences",))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("atollon", observe("feature_wish", facts(UNSUBSCRIBED))),
        ("perfana", observe("malfunction", facts(TEAM, language="de"))),
        ("perfana", observe("eol_upgrade_help", facts(TEAM))),
    ],
)
def test_what_the_record_cannot_settle_is_put_to_a_person(name: str, seen: Observation) -> None:
    assert load_shipped(name).decide(seen).ask


def test_the_end_of_life_may_be_counted_from_the_series_own_release(tmp_path: Path) -> None:
    """perfana/eol.1 by the document's sentence: 3.2 came out on 2023-10-17, so it ends on that day of 2025."""
    source = load_shipped("perfana").source.decode()
    policy = policy_from(source.replace('counted_from = "successor"', 'counted_from = "own_release"'), tmp_path)
    scopes = [
        policy.decide(
            observe("malfunction", facts(TEAM | {"product_version": "3.2.1"}, received=on(day, "23:59")))
        ).values["scope"]
        for day in ("2025-10-17", "2025-10-18")
    ]
    assert scopes == ["included", "outside"]


def test_paging_for_something_small_asks_a_person_and_paging_for_an_outage_does_not() -> None:
    policy = load_shipped("penelope")
    paged = ["emergency_page"]
    small = observe("technical_issue", facts(SAAS), signals=paged, severity=Severity.SEV4)
    outage = observe("server_down", facts(SAAS), signals=paged, severity=Severity.SEV1)
    assert policy.decide(small).ask
    assert not policy.decide(outage).ask


def test_a_language_that_turns_a_mail_away_is_looked_at_by_a_person() -> None:
    assert load_shipped("perfana").decide(observe("malfunction", facts(TEAM, language="fr"))).ask


def test_a_server_error_is_a_bug_whatever_the_text_suggests() -> None:
    outcome = load_shipped("atollon").decide(observe("server_connection_error", facts(), issue_type=IssueType.ADVICE))
    assert outcome.values["issue_type"] == "bug"


@pytest.mark.parametrize("name", ["penelope", "perfana", "atollon"])
def test_what_is_over_in_words_and_in_impact_is_lowered_and_in_words_alone_is_not(name: str) -> None:
    policy = load_shipped(name)
    seen = {"signals": ["resolved"], "severity": Severity.SEV1}
    both = policy.decide(observe("other", facts(), **seen, impact={"state": "resolved"}))
    words = policy.decide(observe("other", facts(), **seen, impact={"state": "ongoing"}))
    assert both.values.get("severity") == "SEV4"
    assert "severity" not in words.values
