"""A mailbox polled through a proxy that cuts, delays, floods and lies at every step: nothing lost, nothing twice.

Run ``python -m benchmarks.faults`` (``--scenarios 200``, ``--seed 1``, ``--only NUMBER``). Leaves with 1 when a mail is
lost, recorded twice or wrongly marked, a cursor is wrong, an error is none that users are told of, or a socket or
thread is left over.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from mailtriage.office import open_office
from mailtriage.settings import Settings
from tests.servers import dovecot, scenarios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="this scenario alone")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    numbers = range(arguments.scenarios) if arguments.only is None else [arguments.only]
    steps: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    mails = bad = 0
    began = time.monotonic()
    with dovecot.running() as server, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data")
        with closing(open_office(settings)) as office:
            for number in numbers:
                scenario = scenarios.by_chance(f"box{number}", f"{arguments.seed}/{number}")
                outcome = scenarios.run(scenario, server, office)
                mails += len(scenario.delivered)
                steps.update(fault.step for fault in outcome.met)
                kinds.update(fault.kind for fault in outcome.met)
                ended += outcome.ended
                bad += bool(outcome.wrong)
                for sentence in outcome.wrong:
                    print(f"scenario {number} ({scenario.acknowledge}): {sentence}; after {outcome.met}", flush=True)
    print(f"{len(numbers)} scenarios, {mails} mails, {steps.total()} faults in {time.monotonic() - began:.0f} s")
    print(f"at: {counted(steps)}\nkinds: {counted(kinds)}\npolls through faults ended: {counted(ended)}")
    print(f"scenarios in which something was wrong: {bad}")
    sys.exit(1 if bad else 0)


def counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


if __name__ == "__main__":
    main()
