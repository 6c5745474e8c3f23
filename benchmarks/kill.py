"""The poller killed (SIGKILL) at random moments, again and again, while mail arrives: nothing lost, nothing twice.

Run ``python -m benchmarks.kill`` (``--kills 200``, ``--postgres``, ``--seed 0``). Three mailboxes, acknowledged by
\\Seen, by moving and by a keyword, are polled by a process that is forked with everything imported and loaded, so that
its life is the trip. Half of the kills fall at any moment, half within a chosen step. Leaves with 1 when a mail is
lost, recorded twice or wrongly marked, when a cursor is wrong, or when a poller ended by itself.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from benchmarks.place import serving
from mailtriage import rounds
from mailtriage.office import open_office
from mailtriage.polling import poll
from mailtriage.settings import MailboxTable, Settings
from mailtriage.stopwatch import Stopwatch
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scenarios import ACKNOWLEDGING, mails_by_chance
from tests.servers.watched import Watched

STEPS = (
    "starting",
    "connect",
    "fetch",
    "parse",
    "screen",
    "place",
    "assess",
    "terms",
    "record",
    "acknowledge",
    "between",
)
AIMED = ("fetch", "parse", "place", "record", "record", "acknowledge", "acknowledge")
"""Where half of the kills fall; twice as many where something is written."""
ARRIVALS = 12
"""Mails that come to each mailbox before each poller, and again while it runs."""
LONGEST_LIFE = 2.0
AIMING_SECONDS = 20.0
WITHIN_STEP = 0.004


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    at: Counter[str] = Counter()
    wrong: list[str] = []
    with serving() as place, tempfile.TemporaryDirectory() as folder:
        settings = settings_for(place.dovecot, Path(folder), place.postgres_url() if arguments.postgres else None)
        warm_up(settings, Path(folder), place.dovecot)
        watched = [Watched(place.dovecot, name, name, settings.store_url()) for name in ACKNOWLEDGING]
        began = time.monotonic()
        delivered: dict[str, list[bytes]] = {name: [] for name in ACKNOWLEDGING}
        for number in range(arguments.kills):
            arrive(place.dovecot, delivered, f"before{number}", chance)
            poller = Poller(settings)
            wait_for_the_moment(chance, poller, partial(arrive, place.dovecot, delivered, f"during{number}", chance))
            step = poller.step
            found = [] if poller.kill() else ["the poller had ended by itself"]
            found += [f"{each.user}: {what}" for each in watched for what in each.wrong_on_the_way()]
            at[step] += 1
            wrong += found
            for what in found:
                print(f"kill {number + 1}, at {step}: {what}", flush=True)
        with closing(open_office(settings)) as office:
            for table in settings.mailboxes:
                poll(table, office)
        at_the_end = [
            f"{each.user}: {what}" for each in watched for what in each.wrong_at_the_end(delivered[each.user])
        ]
        print(*at_the_end, sep="\n", end="\n" if at_the_end else "")
        recorded = sum(len(each.held().digests) for each in watched)
    mails = sum(map(len, delivered.values()))
    spread = ", ".join(f"{step} {count}" for step, count in sorted(at.items()))
    print(f"{arguments.kills} kills in {time.monotonic() - began:.0f} s, at: {spread}")
    print(f"{mails} mails delivered, {recorded} recorded; wrong: {len(wrong) + len(at_the_end)}")
    sys.exit(1 if wrong or at_the_end else 0)


def settings_for(server: Dovecot, folder: Path, url: str | None) -> Settings:
    """Three mailboxes, one for each way to acknowledge, of users of the same names."""
    tables = tuple(
        MailboxTable(
            name=name,
            policy="perfana",
            host=server.host,
            port=server.port,
            tls="none",
            username=name,
            password=SecretStr(PASSWORD),
            acknowledge=name,  # type: ignore[arg-type]
            batch_size=10,
            max_message_mb=1,
        )
        for name in ACKNOWLEDGING
    )
    return Settings(data_dir=folder / "data", profile="lean", database_url=url, mailboxes=tables)


def warm_up(settings: Settings, folder: Path, server: Dovecot) -> None:
    """Has this process load what a poll needs and train the lean models, with a store and a mailbox of their own."""
    table = settings.mailboxes[0].model_copy(update={"username": "warm"})
    server.seed("warm", list(mails_by_chance("warm", random.Random(0), ARRIVALS)))
    elsewhere = settings.model_copy(update={"data_dir": folder / "warm", "database_url": None})
    with closing(open_office(elsewhere)) as office:
        poll(table, office)
    shutil.copytree(elsewhere.models_dir, settings.models_dir)


def arrive(server: Dovecot, delivered: dict[str, list[bytes]], wave: str, chance: random.Random) -> None:
    """Mails come to each mailbox."""
    for name, mails in delivered.items():
        new = list(mails_by_chance(f"{wave}.{name}", chance, ARRIVALS, large=False))
        server.seed(name, new)
        mails += new


class Poller:
    """A process that polls the mailboxes again and again, and tells in a byte at which step it is."""

    def __init__(self, settings: Settings) -> None:
        self._step = mmap.mmap(-1, 1)
        self._process = os.fork()
        if self._process == 0:
            try:
                poll_for_ever(settings, self._step)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)

    @property
    def step(self) -> str:
        return STEPS[self._step[0]]

    def kill(self) -> bool:
        """Kills it and says whether it still ran."""
        os.kill(self._process, signal.SIGKILL)
        _, status = os.waitpid(self._process, 0)
        return os.WIFSIGNALED(status)


def poll_for_ever(settings: Settings, step: mmap.mmap) -> None:
    """What the process does; it tells of each step by its place in :data:`STEPS`."""

    class Telling(Stopwatch):
        @contextmanager
        def __call__(self, name: str) -> Iterator[None]:
            step[0] = STEPS.index(name)
            with super().__call__(name):
                yield
            step[0] = STEPS.index("between")

    rounds.__dict__["Stopwatch"] = Telling
    office = open_office(settings)
    while True:
        for table in settings.mailboxes:
            poll(table, office)


def wait_for_the_moment(chance: random.Random, poller: Poller, mail_comes: Callable[[], None]) -> None:
    """Any moment of its life, the start included, or one within a chosen step; mail comes meanwhile."""
    if chance.random() < 0.5:
        life = LONGEST_LIFE * chance.random() ** 3  # more often early: the start is short
        time.sleep(life / 2)
        mail_comes()
        time.sleep(life / 2)
        return
    step = chance.choice(AIMED)
    mail_comes()
    ends = time.monotonic() + AIMING_SECONDS
    while poller.step != step and time.monotonic() < ends:
        time.sleep(0.0002)
    time.sleep(chance.uniform(0, WITHIN_STEP))


if __name__ == "__main__":
    main()
