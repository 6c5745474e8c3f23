"""Tickets decided before, between and after two changes of the policy and two of the model, all decided again.

Run ``python -m benchmarks.replay`` (``--tickets 1000``). The first model is the starter that ships, with sentence
embeddings; the others are trained on halves of its mails, without, which takes seconds.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.backtest import RULES
from benchmarks.decided_mails import varied
from classifier.example import Example
from classifier.model import train
from mailtriage.importing import import_labelled
from mailtriage.office import Office, open_office
from mailtriage.policies_in_force import PoliciesInForce
from mailtriage.replay import Replays
from mailtriage.settings import Settings
from mailtriage.starters import shipped_examples
from policies.loader import read_policy
from policies.policy import Policy
from tickets.columns import json_text
from tickets.policy_versions import Adoption

POLICY = "penelope"
PHASES = 5
LOOKED_AT = b"""
[[rules]]
id = "benchmark-looked-at"
title = "What system administrators ask for is looked at"
ask = "A system administrator asks."
when = { facts = { contact_role = "system_admin" } }
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data")
        with closing(open_office(settings)) as office:
            numbers = fill(office, arguments.tickets)
        # Opened anew: nothing is left of what decided them but what was stored.
        with closing(open_office(settings)) as office:
            again(office, numbers)


def fill(office: Office, count: int) -> list[int]:
    """Records ``count`` tickets in five parts, with a change before each but the first; their numbers."""
    changes = [None, adopt_rules, train_anew, adopt_question, train_anew]
    mails = list(varied(POLICY, count))
    share = -(-count // PHASES)
    for phase, change in enumerate(changes):
        if change is not None:
            change(office, phase)
        start = time.perf_counter()
        # Received while it is in force: now, a second after one another.
        part = [
            replace(mail, received=datetime.now(UTC) + timedelta(seconds=at), labels={})
            for at, mail in enumerate(mails[phase * share : (phase + 1) * share])
        ]
        import_labelled(part, POLICY, office, "benchmark")
        seconds = time.perf_counter() - start
        decided_by = f"policy {office.policy(POLICY).version} and model {office.models.of(POLICY).version}"
        print(f"{len(part)} tickets by {decided_by} in {seconds:.0f} s", flush=True)
    return [row.number for chunk in office.store.decided(POLICY) for row in chunk]


def adopt_rules(office: Office, phase: int) -> None:
    adopt(office, phase, RULES.replace(b'before = "over-or-planned"\n', b""))


def adopt_question(office: Office, phase: int) -> None:
    adopt(office, phase, LOOKED_AT)


def adopt(office: Office, phase: int, addition: bytes) -> None:
    """The policy in force with more rules, in force from today on."""
    present = office.policy(POLICY)
    source = present.source.replace(f'version = "{present.version}"'.encode(), f'version = "1.{phase}.0"'.encode(), 1)
    changed: Policy = read_policy(source + addition, f"{POLICY} 1.{phase}.0")
    if not isinstance(office.policies, PoliciesInForce):
        raise TypeError("an open office keeps its policies in its store")
    office.policies.adopt(Adoption(changed, office.policies.today(changed), "benchmark", "a change"))


def train_anew(office: Office, phase: int) -> None:
    """Another model, of half of the mails that ship, fitted under the policy in force."""
    examples: list[Example] = shipped_examples(POLICY)[phase % 2 :: 2]
    model = train(office.policy(POLICY), examples, profile="lean", seed=phase)
    present = office.registry.card(POLICY, office.registry.current(POLICY) or "")
    card = replace(present, created_at=datetime.now(UTC), policy_version=office.policy(POLICY).version)
    office.registry.promote(POLICY, office.registry.add(model, card).version)


def again(office: Office, numbers: list[int]) -> None:
    """Replays every ticket, and compares with what is in the database, byte for byte."""
    with closing(sqlite3.connect(office.settings.data_dir / "mailtriage.db")) as connection:
        written: dict[int, str] = dict(connection.execute("SELECT number, verdict FROM ticket"))
    replays = Replays(office.store, office.policies, office.registry)
    start = time.perf_counter()
    results = [replays.replay(number) for number in numbers]
    seconds = time.perf_counter() - start
    identical = sum(r.now is not None and json_text(r.now.to_json()) == written[r.ticket] for r in results)
    parts = Counter((r.then.versions.policy, r.then.versions.model) for r in results)
    print(f"decided by {len(parts)} pairs of policy and model: {', '.join(map(str, parts.values()))} tickets")
    print(f"identical {identical} of {len(results)}, byte for byte; {seconds:.1f} s, {len(results) / seconds:.0f}/s")
    for result in [r for r in results if not r.same][:10]:
        print(f"  ticket {result.ticket} differs; no longer there: {', '.join(result.gone) or 'nothing'}")


if __name__ == "__main__":
    main()
