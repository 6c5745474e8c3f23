"""A rule is tried on recorded tickets: what it would change is what it really changes, and nothing is written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from classifier.assess import assess
from classifier.example import Example
from classifier.mail import Mail
from classifier.redeciding import Decision, as_decided
from mailtriage.backtest import Backtest, backtest
from mailtriage.cli import main
from mailtriage.importing import import_labelled
from mailtriage.office import Office, open_office
from mailtriage.policies_in_force import PoliciesInForce
from mailtriage.settings import Settings
from mailtriage.starters import shipped_examples
from policies.candidate import with_rules
from policies.loader import read_policy
from policies.policy import Policy
from tests.mailtriage.changing import changed, from_day
from tickets.decided import Decided

ODBC = b"""
before = "over-or-planned"

[signals.odbc_words]
title = "ODBC is spoken of"
phrases.en = ["odbc"]

[[rules]]
id = "odbc-is-service"
title = "ODBC is a service"
when = { signals_any = ["odbc_words"] }
set = { scope = "professional_services" }
raise_to = "SEV2"
"""
SELF_HOSTED = b"""
before = "over-or-planned"

[signals.any_word]
title = "A common word"
phrases.en = ["the"]

[[rules]]
id = "self-hosted-looked-at"
title = "A person looks at self-hosted"
when = { facts = { hosting = "self_hosted" }, signals_any = ["any_word"] }
ask = "Is it self-hosted?"
"""
ASKING = """
[[rules]]
id = "asks"
title = "Everything is looked at"
when = { language_in = ["en", "nl"] }
ask = "A person looks at every mail."
"""
COUNT = 24


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with labelled mails of penelope and their customers, each with the word of ann; to be copied."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    with closing(open_office(Settings(data_dir=folder))) as office:
        record(office, "penelope")
    return folder


@pytest.fixture
def filled(template: Path, make_office: Callable[..., Office], tmp_path: Path) -> Office:
    """An office of its own on a copy of the template."""
    shutil.copytree(template, tmp_path / "data")
    return make_office()


def mails(policy: str) -> list[Example]:
    """Mails that ship, those of self-hosted customers and about ODBC among them."""
    odbc = [e for e in shipped_examples(policy) if e.labels["topic"] == "odbc_account"]
    own = [e for e in shipped_examples(policy) if e.customer.get("hosting") == "self_hosted"]
    some = {example.id: example for example in [*odbc[:4], *own[:4], *shipped_examples(policy)]}
    return list(some.values())[:COUNT]


def record(office: Office, policy: str) -> None:
    examples = mails(policy)
    for example in examples:
        domain = (example.sender or "").rpartition("@")[2]
        office.store.upsert_customer(policy, domain, [domain], example.customer, "ann")
    import_labelled(examples, policy, office, "ann")


def tried(office: Office, candidate: Policy, **options: Any) -> Backtest:
    return backtest(office.store, office.policies, office.registry, candidate, **options)


def really(office: Office, policy: Policy, numbers: Sequence[int]) -> dict[int, Decision]:
    """What model and text make of these tickets under ``policy``."""
    mails = []
    for number in numbers:
        ticket, opening = office.store.ticket(number), office.store.messages_of(number)[0]
        assert ticket
        mails.append(Mail(opening.subject, opening.new_text or opening.text, ticket.facts))
    verdicts = assess(office.models.of(policy.name), policy, mails)
    return {number: as_decided(verdict.to_json()) for number, verdict in zip(numbers, verdicts, strict=True)}


def edit(office: Office, statement: str) -> None:
    with closing(sqlite3.connect(office.settings.data_dir / "mailtriage.db")) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("rules", [ODBC, SELF_HOSTED])
def test_every_ticket_is_decided_as_it_really_would_be(filled: Office, rules: bytes) -> None:
    candidate = with_rules(filled.policy("penelope"), rules, "rule.toml")
    told: dict[int, Decision] = {}

    def watch(ticket: Decided, before: Decision, after: Decision) -> None:
        told[ticket.number] = after

    found = tried(filled, candidate, watch=watch)
    assert told == really(filled, candidate, list(told))
    assert found.tickets == len(told) == COUNT
    assert any(tally.fired > tally.fired_before for tally in found.change.rules.values())
    assert found.not_exact == 0


def test_the_report_counts_what_changes_by_rule_and_label(filled: Office) -> None:
    candidate = with_rules(filled.policy("penelope"), ODBC, "rule.toml")
    found = tried(filled, candidate, examples=2)
    before, after = (really(filled, p, range(1, COUNT + 1)) for p in (filled.policy("penelope"), candidate))
    moved = [n for n in before if before[n].values["scope"] != after[n].values["scope"]]
    tally = found.change.rules["odbc-is-service"]
    assert tally.fired == sum("odbc-is-service" in decision.fired for decision in after.values())
    assert tally.fired_before == 0
    shifts = [shift for (label, _, _), shift in tally.shifts.items() if label == "scope"]
    assert sum(shift.count for shift in shifts) == len(moved) > 0
    assert all(set(shift.tickets) <= set(moved) and len(shift.tickets) <= 2 for shift in shifts)
    assert found.drift.changed == 0


def test_agents_are_asked_what_they_had_said(filled: Office) -> None:
    candidate = with_rules(filled.policy("penelope"), ODBC, "rule.toml")
    found = tried(filled, candidate)
    labelled = {n: example.labels for n, example in enumerate(mails("penelope"), start=1)}
    before, after = (really(filled, policy, list(labelled)) for policy in (filled.policy("penelope"), candidate))
    for (old, new), shift in found.change.labels["scope"].items():
        here = [n for n in labelled if (before[n].values["scope"], after[n].values["scope"]) == (old, new)]
        assert shift.spoken == shift.count == len(here)
        assert shift.agreed_before == sum(labelled[n]["scope"] == old for n in here)
        assert shift.would_agree == sum(labelled[n]["scope"] == new for n in here)


def test_coverage_and_charge_follow(filled: Office) -> None:
    found = tried(filled, with_rules(filled.policy("penelope"), ODBC, "rule.toml"))
    scopes = found.change.labels["scope"]
    assert sum(shift.count for shift in found.change.coverage.values()) >= sum(s.count for s in scopes.values())
    assert any("at a price to be quoted" in after for _, after in found.change.charge)


def test_the_text_is_read_only_where_the_facts_let_the_rule_hold(filled: Office) -> None:
    tickets = [filled.store.ticket(number) for number in range(1, COUNT + 1)]
    self_hosted = sum(ticket.facts.customer.get("hosting") == "self_hosted" for ticket in tickets if ticket)
    found = tried(filled, with_rules(filled.policy("penelope"), SELF_HOSTED, "rule.toml"))
    assert 0 < found.texts_read < COUNT
    assert found.texts_read <= self_hosted
    assert found.texts_gone == 0


def test_a_text_that_is_gone_is_counted(filled: Office) -> None:
    edit(filled, "UPDATE message SET disposition = 'duplicate' WHERE ticket = 1")
    found = tried(filled, with_rules(filled.policy("penelope"), ODBC, "rule.toml"))
    assert (found.texts_read, found.texts_gone) == (COUNT - 1, 1)


def test_the_policy_in_force_changes_nothing_of_what_it_decided(filled: Office) -> None:
    found = tried(filled, filled.policy("penelope"))
    assert (found.tickets, found.drift.changed, found.change.tickets) == (COUNT, 0, 0)
    assert found.versions == {"1.1.0": COUNT}


def test_what_comes_of_the_version_in_force_is_told_apart_from_the_new_rule(filled: Office) -> None:
    assert isinstance(filled.policies, PoliciesInForce)
    filled.policies.adopt(from_day(changed("penelope", "1.2.0", ASKING), "2026-11-01"))
    later = [
        replace(example, id=f"{example.id}-b", sender=f"b-{example.sender}", received=datetime(2026, 11, 9, tzinfo=UTC))
        for example in mails("penelope")[:5]
    ]
    import_labelled(later, "penelope", filled, "ann")
    present = filled.policy("penelope")
    candidate = with_rules(present, ODBC, "rule.toml")
    told: dict[int, tuple[Decision, Decision]] = {}

    def watch(ticket: Decided, before: Decision, after: Decision) -> None:
        told[ticket.number] = before, after

    found = tried(filled, candidate, watch=watch)
    assert found.versions == {"1.1.0": COUNT, "1.2.0": 5}
    assert {n: before for n, (before, _) in told.items()} == really(filled, present, list(told))
    assert {n: after for n, (_, after) in told.items()} == really(filled, candidate, list(told))
    asked = found.drift.rules["asks"]
    assert asked.fired_before == sum("asks" in before.fired for n, (before, _) in told.items() if n > COUNT)
    assert asked.fired == sum("asks" in before.fired for before, _ in told.values()) > COUNT / 2
    assert found.drift.looks.keys() <= {("alone", "review")}
    assert "asks" not in {rule for rule, tally in found.change.rules.items() if tally.shifts}


def test_a_version_that_was_never_recorded_is_looked_at_in_the_text(filled: Office) -> None:
    edit(filled, """UPDATE ticket SET verdict = replace(verdict, '"policy":"1.1.0"', '"policy":"0.9.0"')""")
    told: dict[int, Decision] = {}
    found = tried(filled, filled.policy("penelope"), watch=lambda row, before, after: told.update({row.number: after}))
    assert found.versions == {"0.9.0": COUNT}
    assert found.texts_read == COUNT
    assert told == really(filled, filled.policy("penelope"), list(told))


def test_verdicts_without_reading_are_counted_apart(filled: Office) -> None:
    edit(filled, "UPDATE ticket SET verdict = json_set(verdict, '$.reading', NULL) WHERE number <= 10")
    candidate = with_rules(filled.policy("penelope"), ODBC, "rule.toml")
    found = tried(filled, candidate)
    assert (found.tickets, found.not_exact) == (COUNT, 10)
    assert found.to_json()["exact"] == COUNT - 10


def test_another_program_is_not_taken_at_its_word(filled: Office) -> None:
    edit(filled, """UPDATE ticket SET verdict = json_set(verdict, '$.versions.program', '0.0.1')""")
    found = tried(filled, filled.policy("penelope"))
    assert found.drift.changed == 0
    assert found.tickets == COUNT


@pytest.mark.parametrize(("since", "until"), [(None, "2026-05-31"), ("2026-06-01", None), ("2026-05-01", "2026-05-31")])
def test_days_bound_the_tickets(filled: Office, since: str | None, until: str | None) -> None:
    first = date.fromisoformat(since) if since else None
    last = date.fromisoformat(until) if until else None
    zone = ZoneInfo(filled.policy("penelope").file.time_zone)
    days = [
        ticket.created_at.astimezone(zone).date()
        for number in range(1, COUNT + 1)
        if (ticket := filled.store.ticket(number))
    ]
    expected = sum((first is None or first <= day) and (last is None or day <= last) for day in days)
    assert tried(filled, filled.policy("penelope"), since=first, until=last).tickets == expected


def test_other_terms_are_seen_without_another_label(office: Office) -> None:
    record(office, "perfana")
    present = office.policy("perfana")
    required, trusted = b'sender_proof = "required"', b'sender_proof = "trusted"'
    assert required in present.source
    candidate = read_policy(present.source.replace(required, trusted), "trusting")
    found = tried(office, candidate)
    promised = {after for before, after in found.change.target if before == "none"}
    assert promised & {"1 hour", "2 hours", "1 business day", "2 business days"}


def run(capsys: pytest.CaptureFixture[str], office: Office, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--data-dir", str(office.settings.data_dir), "policy", "backtest", *map(str, arguments)])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_the_command_tells_what_would_change(
    filled: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = tmp_path / "odbc.toml"
    rule.write_bytes(ODBC)
    code, out, err = run(capsys, filled, "--policy", "penelope", "--rule", rule)
    assert code == 0
    assert out.startswith(f"{COUNT} tickets of penelope decided again ({COUNT} by 1.1.0)\n")
    assert "odbc-is-service: fires on " in out
    assert "agents spoke on" in out
    assert "deciding again" in err
    code, out, _ = run(capsys, filled, "--policy", "penelope", "--rule", rule, "--json")
    report = json.loads(out)
    assert report["tickets"] == report["exact"] == COUNT
    assert [r["id"] for r in report["change"]["rules"] if r["changed"]] == ["odbc-is-service"]


def test_the_command_tries_a_whole_file(filled: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "penelope.toml"
    file.write_bytes(changed("penelope", "1.2.0", ASKING).source)
    code, out, _ = run(capsys, filled, "--file", file, "--json")
    assert code == 0
    report = json.loads(out)
    assert (report["in_force"], report["candidate"]) == ("1.1.0", "1.2.0")
    [asks] = [rule for rule in report["change"]["rules"] if rule["id"] == "asks"]
    assert asks["fired"] > asks["fired_before"] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--policy NAME"),
        (("--policy", "nobody"), "nobody"),
        (("--policy", "penelope", "--rule", "missing.toml"), "missing.toml"),
        (("--file", "a.toml", "--rule", "b.toml"), "not both"),
    ],
)
def test_mistakes_are_said(
    office: Office, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, _, err = run(capsys, office, *arguments)
    assert code == 2
    assert says in err
