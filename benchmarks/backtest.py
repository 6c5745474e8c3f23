"""A new rule tried on many recorded tickets, and every mail really decided again to see whether that was exact.

Run ``python -m benchmarks.backtest --tickets 100000`` (``--postgres`` for PostgreSQL; ``--different N`` for N different
mails, which the tickets repeat, since really deciding takes far longer than trying the rule).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.decided_mails import varied
from classifier.assess import Mail, assess
from classifier.example import Example
from classifier.redeciding import Decision, as_decided
from intake import message as messages
from intake.screening import Screening
from mailtriage.backtest import backtest
from mailtriage.importing import batches, raw_mail
from mailtriage.office import Office, open_office
from mailtriage.settings import Settings
from policies.candidate import with_rules
from policies.policy import Policy
from tests.servers import postgres
from tickets import schema
from tickets.connections import writing
from tickets.decided import Decided
from tickets.message_rows import insert_all, message_row
from tickets.openings import opening
from tickets.recording import Placement, Recording

POLICY = "penelope"
ROWS = 1000
RULES = b"""
before = "over-or-planned"

[signals.tried_restore]
title = "A backup or a restore is spoken of"
phrases.en = ["backup", "backups", "restore", "restored", "export"]
phrases.nl = ["reservekopie", "terugzetten"]

[[rules]]
id = "tried-restore"
title = "Restoring data is a service of its own"
set.scope = "professional_services"
raise_to = "SEV2"
when = { facts = { hosting = "saas" }, signals_any = ["tried_restore"] }

[[rules]]
id = "tried-often"
title = "Who asks often is looked at"
ask = "The third ODBC account in the history."
when = { history = { topics = ["odbc_account"], at_least = 2 }, topic = ["odbc_account", "user_password_reset"] }
"""


@dataclass(frozen=True, slots=True)
class Known:
    """One of the different mails: what is classified of it, its rows, and what agents said."""

    mail: Mail
    ticket: dict[str, Any]
    message: dict[str, Any]
    said: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--different", type=int, help="so many different mails (default: as many as tickets)")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--profile", default="lean", choices=["lean", "standard", "full"])
    parser.add_argument("--models", type=Path, help="the models folder of an installation, instead of training")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if arguments.models:
            shutil.copytree(arguments.models, folder / "data" / "models")
        url = stack.enter_context(postgres.server().fresh_database()) if arguments.postgres else None
        settings = Settings(data_dir=folder / "data", database_url=url, profile=arguments.profile)
        office = stack.enter_context(closing(open_office(settings)))
        known = fill(office, arguments.tickets, arguments.different or arguments.tickets)
        run_command(folder, url, arguments.profile, arguments.tickets)
        check(office, known)


def fill(office: Office, tickets: int, different: int) -> list[Known]:
    """Records ``tickets`` tickets, made by really deciding ``different`` mails; those mails."""
    start = time.perf_counter()
    known = [one for batch in batches(varied(POLICY, different)) for one in decided(office, batch)]
    print(f"{len(known)} mails decided in {time.perf_counter() - start:.0f} s", flush=True)
    start = time.perf_counter()
    for first in range(0, tickets, ROWS):
        write(office, known, range(first, min(first + ROWS, tickets)))
    kind = "SQLite" if office.settings.database_url is None else "PostgreSQL"
    print(f"{tickets} tickets written to {kind} in {time.perf_counter() - start:.0f} s", flush=True)
    return known


def decided(office: Office, examples: Sequence[Example]) -> Iterator[Known]:
    """Decides mails as the pipeline does."""
    policy, model = office.policy(POLICY), office.models.of(POLICY)
    read = [messages.parse(raw_mail(example)) for example in examples]
    facts = [replace(e.facts, language=m.language) for e, m in zip(examples, read, strict=True)]
    mails = [Mail(m.subject, m.new_text or m.text, f) for m, f in zip(read, facts, strict=True)]
    for example, message, mail, verdict in zip(examples, read, mails, assess(model, policy, mails), strict=True):
        labels = {label: decision.value for label, decision in verdict.labels.items()}
        terms = policy.terms(labels, verdict.clauses, mail.facts, mail.facts.received_at)
        recording = Recording(
            policy=POLICY,
            message=message,
            screening=Screening("accept", "a mail"),
            placement=Placement("", None, None, mail.facts),
            verdict=verdict,
            terms=terms,
            delivery=None,
            quarantine=None,
            received_at=mail.facts.received_at,
        )
        ticket = opening(recording, mail.facts.received_at, {})
        yield Known(mail, ticket, message_row(recording, "ticket", "", None, datetime.now(UTC)), dict(example.labels))


def write(office: Office, known: Sequence[Known], places: range) -> None:
    """The rows that the recorder would write of these tickets and their mails; numbers count from 1."""
    tickets, mails = [], []
    for place in places:
        one, conversation = known[place % len(known)], uuid4().hex
        own = {"conversation": conversation}
        tickets.append({**one.ticket, **own, "number": place + 1, "corrected": one.said})
        mails.append({**one.message, **own, "id": place + 1, "ticket": place + 1, "sameness": uuid4().hex})
    with writing(office.store._engine) as connection:
        insert_all(connection, schema.ticket, tickets)
        insert_all(connection, schema.message, mails)


def run_command(folder: Path, url: str | None, profile: str, tickets: int) -> None:
    """Times ``mailtriage policy backtest`` in a process of its own, and its memory."""
    rule = folder / "rule.toml"
    rule.write_bytes(RULES)
    environment = {**os.environ, "MAILTRIAGE_PROFILE": profile} | ({"MAILTRIAGE_DATABASE_URL": url} if url else {})
    command = [sys.executable, "-m", "mailtriage", "--data-dir", str(folder / "data"), "policy", "backtest"]
    start = time.perf_counter()
    with subprocess.Popen([*command, "--policy", POLICY, "--rule", str(rule)], env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    print(
        f"\nthe command: {seconds:.1f} s ({usage.ru_utime + usage.ru_stime:.1f} s of processor), "
        f"{tickets / seconds:.0f} tickets/s, peak memory {usage.ru_maxrss / 1024:.0f} MB, exit {process.returncode}",
        flush=True,
    )


def check(office: Office, known: Sequence[Known]) -> None:
    """Really decides every different mail by the candidate, and compares all that the backtest said of each ticket."""
    candidate = with_rules(office.policy(POLICY), RULES, "rule.toml")
    start = time.perf_counter()
    really = [verdict for batch in batches(known) for verdict in really_decided(office, candidate, batch)]
    print(f"{len(really)} mails really decided again in {time.perf_counter() - start:.0f} s", flush=True)
    mismatches, changed = [], 0

    def compare(row: Decided, before: Decision, after: Decision) -> None:
        nonlocal changed
        if after != really[(row.number - 1) % len(really)]:
            mismatches.append(row.number)
        changed += before.values != after.values

    start = time.perf_counter()
    found = backtest(office.store, office.policies, office.registry, candidate, watch=compare)
    seconds = time.perf_counter() - start
    print(
        f"in this process: {seconds:.1f} s, {found.tickets / seconds:.0f} tickets/s, {found.texts_read} texts read; "
        f"{changed} tickets get another label; mismatches {len(mismatches)} of {found.tickets} {mismatches[:10]}"
    )


def really_decided(office: Office, candidate: Policy, known: Sequence[Known]) -> list[Decision]:
    verdicts = assess(office.models.of(POLICY), candidate, [one.mail for one in known])
    return [as_decided(verdict.to_json()) for verdict in verdicts]


if __name__ == "__main__":
    main()
