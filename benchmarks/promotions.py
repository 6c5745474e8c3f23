"""Promotions and rollbacks under load: two workers on one PostgreSQL record mail while the model in force changes.

Run ``python -m benchmarks.promotions`` (``--changes 10``, ``--mails 600``, ``--seed 0``). The model in force changes
each time that a share of the mails is recorded. Every ticket must name exactly one model version, one that existed; the
tickets of one batch the same; a ticket decided again by the version that it names must come out the same; no mail may
fail. Leaves with 1 when anything is wrong. Beside it: how many tickets would name a wrong version, had it been looked
up when the batch was recorded.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from multiprocessing import Queue
from pathlib import Path

from benchmarks.small_office import POLICY, small_office, small_settings
from classifier.program import program_version
from classifier.registry import ModelCard, Registry
from mailtriage.office import Office
from mailtriage.pipeline import Counter as Deciding
from mailtriage.pipeline import Incoming, process
from mailtriage.promoting import promote, rollback
from mailtriage.replay import Replays
from mailtriage.settings import Settings
from mailtriage.stopwatch import Stopwatch
from tests import small_model
from tests.servers import postgres
from tests.small_model import policy

WORKERS = 2
VERSIONS = 3
BATCH = 5
REPLAYED = 60
LONGEST_BATCH = 120.0


@dataclass(frozen=True)
class Batch:
    """The tickets of one batch, the version that decided it, and the one in force when it had been recorded."""

    tickets: tuple[int, ...]
    decided_by: str
    in_force_after: str | None


@dataclass(frozen=True)
class Found:
    """What a run found: what is wrong (sentences), tickets by version, and the tickets a later look would misname."""

    wrong: tuple[str, ...]
    by_version: Counter[str]
    misnamed: int


def mail(worker: int, number: int) -> bytes:
    """A mail of its own, with one of the labelled texts."""
    examples = small_model.examples()
    text = examples[number % len(examples)]
    message = EmailMessage()
    message["From"] = f"Sam <sam{worker}-{number}@customer{number % 7}.example>"
    message["To"] = "support@example.org"
    message["Subject"] = " ".join(text.subject.split())
    message["Message-ID"] = f"<{worker}-{number}@customer.example>"
    message.set_content(text.body)
    return message.as_bytes()


def record(settings: Settings, worker: int, mails: int, told: Queue[Batch | None]) -> None:
    """What a worker does: batch after batch, each decided by the model in force when it begins."""
    with closing(small_office(settings)) as office:
        for start in range(0, mails, BATCH):
            deciding = Deciding(
                office.policy(POLICY), office.models.of(POLICY), references=office.references, policies=office.policies
            )
            numbers = range(start, min(start + BATCH, mails))
            incoming = [Incoming(mail(worker, number), datetime.now(UTC)) for number in numbers]
            done = process(incoming, None, deciding, office.store, Stopwatch())
            tickets = tuple(one.ticket for one in done if one.ticket is not None)
            told.put(Batch(tickets, deciding.model.version, office.registry.current(POLICY)))
    told.put(None)


def versions_in(registry: Registry) -> list[str]:
    """Adds models that are as sure of their decisions as none of the others is; their versions."""
    model, made = small_model.model(), []
    for number in range(VERSIONS):
        heads = {name: replace(head, temperature=head.temperature * (1 + number)) for name, head in model.heads.items()}
        card = ModelCard("", POLICY, "lean", datetime.now(UTC), program_version(), policy().version, 0, 0, "", {}, {})
        made.append(registry.add(replace(model, heads=heads), card).version)
    registry.promote(POLICY, made[0])
    return made


def change(settings: Settings, changes: int, mails: int, chance: random.Random) -> Found:
    """Lets the workers record while what is in force changes; what was found afterwards."""
    versions = versions_in(Registry(settings.models_dir))
    context = multiprocessing.get_context("fork")  # before any connection is opened
    told: Queue[Batch | None] = context.Queue()
    workers = [context.Process(target=record, args=(settings, number, mails, told)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    with closing(small_office(settings)) as office:
        batches: list[Batch] = []
        changed = ended = 0
        while ended < WORKERS:
            batch = told.get(timeout=LONGEST_BATCH)
            if batch is None:
                ended += 1
                continue
            batches.append(batch)
            recorded = sum(len(batch.tickets) for batch in batches)
            if changed < changes and recorded >= (changed + 1) * WORKERS * mails / (changes + 2):
                change_once(office, versions, changed, chance)
                changed += 1
        for worker in workers:
            worker.join()
        wrong = [f"worker {number} ended with {w.exitcode}" for number, w in enumerate(workers) if w.exitcode != 0]
        if changed < changes:
            wrong.append(f"only {changed} changes were made while the workers recorded")
        return judged(office, batches, versions, WORKERS * mails, wrong)


def change_once(office: Office, versions: Sequence[str], number: int, chance: random.Random) -> None:
    """Every third time back to the version before, else another one."""
    if number % 3 == 2:
        rollback(POLICY, office, actor="benchmark", reason="to see what happens")
        return
    others = [version for version in versions if version != office.registry.current(POLICY)]
    promote(POLICY, chance.choice(others), office, actor="benchmark", reason="to see what happens")


def judged(office: Office, batches: Sequence[Batch], versions: Sequence[str], mails: int, wrong: list[str]) -> Found:
    """Each ticket held against the batch that it was decided in, and some of them decided again."""
    named: dict[int, str] = {}
    for chunk in office.store.decided(POLICY):
        named |= {ticket.number: ticket.verdict["versions"]["model"] for ticket in chunk}
    decided_by = {ticket: batch.decided_by for batch in batches for ticket in batch.tickets}
    if len(named) != mails:
        wrong.append(f"{len(named)} tickets of {mails} mails")
    wrong += [
        f"ticket {number} names {version}, which never was"
        for number, version in named.items()
        if version not in versions
    ]
    wrong += [
        f"ticket {number} names {version}, its batch was decided by {decided_by.get(number)}"
        for number, version in named.items()
        if decided_by.get(number) != version
    ]
    if office.store.counts().get("quarantined"):
        wrong.append(f"{office.store.counts()['quarantined']} mails failed")
    replays = Replays(office.store, office.policies, office.registry)
    for number in sorted(named)[:: max(1, len(named) // REPLAYED)]:
        if not replays.replay(number).same:
            wrong.append(f"ticket {number} comes out otherwise by the version that it names")
    misnamed = sum(len(batch.tickets) for batch in batches if batch.in_force_after != batch.decided_by)
    return Found(tuple(wrong), Counter(named.values()), misnamed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--mails", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, postgres.server().fresh_database() as url:
        settings = small_settings(Path(folder), url)
        found = change(settings, arguments.changes, arguments.mails, random.Random(arguments.seed))
    print(f"{arguments.changes} promotions and rollbacks while {WORKERS} workers recorded {arguments.mails} mails each")
    for version, tickets in sorted(found.by_version.items()):
        print(f"  {tickets} tickets by {version}")
    for fault in found.wrong:
        print(f"  {fault}")
    print(f"wrong: {len(found.wrong)}; a version looked up at recording would be wrong for {found.misnamed} tickets")
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
