"""What one retraining costs from labelled mails to the gate's word: seconds of CPU and peak memory.

    python -m benchmarks.retraining_cost [--sizes 1800 10000] [--profile lean]

The mails are the 1,800 that ship (600 of the policy and 1,200 of the others); beyond that agents' tickets, each made of
the sentences of two shipped mails of the same topic and severity. The champion learned from all but the newest hundred
of those, so that both ways of judging are paid for. Sentence vectors are computed before the clock starts: the program
keeps them. The baseline beside it is a champion whose words while held out were not kept, as those of 0.1: it has to be
fitted again to be judged. Each retraining runs in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from classifier.encoder import installed_encoder
from classifier.example import Example
from classifier.features import Profile
from classifier.held_out import NOTHING_HELD
from classifier.mail import mail_of
from classifier.memory import peak_megabytes, reset_peak
from classifier.sentences import whole
from classifier.training import challenge
from mailtriage.starters import pool_beside, shipped_examples
from policies.loader import load_shipped, shipped

NEWEST = 100
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def tickets(policy: str, count: int) -> list[Example]:
    """So many agents' tickets, the same every time."""
    chance = random.Random(0)
    alike: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for mail in shipped_examples(policy):
        alike[mail.labels["topic"], mail.labels["severity"]].append(mail)
    kinds = sorted(alike)
    made = []
    for number in range(count):
        first, second = (chance.choice(own) for own in [alike[chance.choice(kinds)]] for _ in range(2))
        sentences = [*first.body.split(". "), *second.body.split(". ")]
        body = ". ".join(chance.sample(sentences, max(1, len(sentences) // 2)))
        sender = f"user{number % 7}@company{number % 400}.example"
        ticket = Example(
            f"ticket-{number}",
            first.subject,
            f"{body}\n{number}",
            policy,
            sender,
            BEGAN + timedelta(hours=number),
            first.customer,
            labels=dict(first.labels),
            group=f"conversation-{number}",
            origin="agent",
        )
        made.append(ticket)
    return made


def retraining(size: int, profile: Profile, names: Sequence[str], *, kept: bool) -> tuple[float, float, bool]:
    """Seconds of CPU and megabytes of one retraining, and whether the gate let it through.

    ``kept``: what the champion said of its mails while they were held out was kept.
    """
    policy, pool = load_shipped(names[0]), pool_beside(names[0], names)
    own = shipped_examples(policy.name)
    every = [*own, *tickets(policy.name, max(0, size - len(own) - len(pool)))]
    before = every[:-NEWEST] if len(every) > len(own) + NEWEST else every
    if profile != "lean":
        installed_encoder(profile).encode([whole(m.subject, m.text) for m in map(mail_of, [*every, *pool])])
    champion = replace(challenge(policy, None, before, pool=pool, profile=profile).model, version="champion")
    champion = champion if kept else replace(champion, held=NOTHING_HELD)
    reset_peak()
    start = time.process_time()
    report = challenge(policy, champion, every, pool=pool, profile=profile)
    return time.process_time() - start, peak_megabytes(), report.promoted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1800])
    parser.add_argument("--profile", choices=("lean", "standard", "full"), default="lean")
    parser.add_argument("--baseline", action="store_true", help="fit the champion again as well")
    options = parser.parse_args()
    print(f"{'mails':>8}{'':>28}{'CPU s':>9}{'MB':>8}  gate", flush=True)
    for size in options.sizes:
        for kept in (True, False) if options.baseline else (True,):
            with multiprocessing.get_context("spawn").Pool(1) as worker:
                asked = (size, options.profile, list(shipped()))
                seconds, megabytes, promoted = worker.apply(retraining, asked, {"kept": kept})
            how = "one fit" if kept else "champion fitted again"
            gate = "promoted" if promoted else "refused"
            print(f"{size:8}{how:>28}{seconds:9.0f}{megabytes:8.0f}  {gate}", flush=True)


if __name__ == "__main__":
    main()
