"""The support clock against a simulation minute by minute: how often they differ, and how fast each is.

Run ``python -m benchmarks.clock`` (``--cases N``, ``--seed N``). A case is a random calendar (zone, windows, holidays,
half days), a start and a target with pauses, or two instants; the simulation is that of the tests.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from policies.clock.calendar import SupportClock
from policies.clock.pause import Pause
from policies.loader import load_shipped
from policies.promises import Within
from tests.policies import clock_cases
from tests.policies.clock_cases import Case
from tests.policies.minutes import Words

BATCH = 5000
"""Cases of one run of hypothesis, which slows down over many."""
EACH = 20
"""Cases of each calendar, for drawing takes longer than counting."""
ROUNDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    kinds: Counter[str] = Counter()
    zones: set[str] = set()
    differing: list[Case] = []
    by_clock = by_minutes = made = 0.0
    for cases in batches(arguments.cases, arguments.seed):
        clocks = [SupportClock(clock_cases.calendar_of(case.words)) for case in cases]
        begun = time.perf_counter()
        ours = [clock_cases.by_clock(case, clock) for case, clock in zip(cases, clocks, strict=True)]
        halfway = time.perf_counter()
        theirs = [clock_cases.by_minutes(case) for case in cases]
        by_clock, by_minutes = by_clock + halfway - begun, by_minutes + time.perf_counter() - halfway
        made += len(cases)
        kinds.update(case.kind for case in cases)
        zones.update(case.words.zone for case in cases)
        differing += [case for case, one, other in zip(cases, ours, theirs, strict=True) if one != other]
    for case in differing[:10]:
        print(f"differs: {case}: {clock_cases.by_clock(case)} against {clock_cases.by_minutes(case)}")
    told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    print(f"{made:,.0f} cases ({told}) in {len(zones)} time zones: {len(differing)} differences")
    print(f"clock {made / by_clock:,.0f} cases/s, simulation {made / by_minutes:,.0f} cases/s")
    print(f"a due time over a year with a pause each day: {year_of_pauses() * 1000:.1f} ms")


def batches(count: int, first_seed: int) -> Iterator[list[Case]]:
    """So many cases, in lists of :data:`BATCH`."""
    for number, done in enumerate(range(0, count, BATCH)):
        yield drawn(min(BATCH, count - done), first_seed + number)
        print(f"\r{min(done + BATCH, count):,} of {count:,} cases", end="", flush=True)
    print()


def drawn(count: int, with_seed: int) -> list[Case]:
    """So many random cases: calendars by hypothesis, :data:`EACH` cases of each."""
    cases: list[Case] = []
    calendars = -(-count // EACH)

    @seed(with_seed)
    @settings(max_examples=calendars, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(words=clock_cases.calendars(), number=st.integers(0, 2**64))
    def draw(words: Words, number: int) -> None:
        cases.extend(clock_cases.several(words, clock_cases.YEARS, Random(number), EACH))

    while len(cases) < count:  # hypothesis ends before, where it thinks that it has seen enough
        draw()
    return cases[:count]


def year_of_pauses() -> float:
    """Seconds that one due time takes for a ticket that waits for its customer, but for a minute of each day."""
    clock = SupportClock(load_shipped("perfana").file.calendars["enterprise"])
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    days = [start + timedelta(days=day) for day in range(365)]
    pauses = [Pause(day, day + timedelta(hours=23, minutes=59)) for day in days]
    within = Within.model_validate("8 hours")
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        due = clock.due(start, within, pauses)
        if due is None or due < days[-1]:
            raise ValueError("it was to take a year")
    return (time.perf_counter() - begun) / ROUNDS


if __name__ == "__main__":
    main()
