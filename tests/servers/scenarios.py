"""A mailbox polled through faults until all is well again, and what must be true of it all the time."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from intake.mailbox import MailboxError
from mailtriage.office import Office
from mailtriage.polling import poll
from mailtriage.rounds import PollReport, Rounds
from mailtriage.settings import MailboxTable
from tests.servers import proxy
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import KINDS, OF_LITERALS, STEPS, Fault, Kind, Step
from tests.servers.watched import LIMIT, Watched
from tickets.store import StoreError

TIMEOUT_SECONDS = 1.0
PATIENT_SECONDS = 60.0
"""The timeout of the polls without faults, which must end well however slow the machine is."""
ACKNOWLEDGING = ("seen", "move", "keyword")
MOST_TURNS = 3
MARKING: tuple[Step, ...] = ("store", "move")
AT_MARKING: tuple[Kind, ...] = (
    "reset before", "reset after", "close within", "stall", "no", "bad", "bye", "garbage", "flood", "dribble",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """One mailbox's way through trouble: mails before the first poll and before each further one, and the faults.

    ``keeps_session``: one session for all polls, as long as it lasts, instead of one for each.
    """

    name: str
    acknowledge: str
    batch_size: int
    mails: tuple[tuple[bytes, ...], ...]
    faults: tuple[tuple[Fault, ...], ...]
    keeps_session: bool = False

    @property
    def delivered(self) -> list[bytes]:
        return [raw for arrivals in self.mails for raw in arrivals]


@dataclass(slots=True)
class Outcome:
    """What was wrong (nothing, if all went well), which faults took place, and how the faulty polls ended."""

    wrong: list[str] = field(default_factory=list)
    met: list[Fault] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)


def by_chance(name: str, seed: str, wanted: Sequence[tuple[Step, Kind]] = ()) -> Scenario:
    """A scenario that ``seed`` decides; with ``wanted``, one of these faults a poll, the first time its step comes."""
    chance = random.Random(seed)
    steps = [step for step, _ in wanted]
    acknowledge = "move" if "move" in steps else "seen" if "store" in steps else chance.choice(ACKNOWLEDGING)
    pairs = list(wanted) or [_pair(chance, acknowledge) for _ in range(chance.randint(1, 3))]
    faults = [
        tuple(
            Fault(step, kind, 0 if wanted else _turn(chance, step), chance.random())
            for step, kind in (pair, *(() if wanted else _besides(chance, acknowledge)))
        )
        for pair in pairs
    ]
    mails = list(mails_by_chance(name, chance, chance.randint(20, 40)))
    cuts = sorted(chance.randint(len(mails) // 2, len(mails)) for _ in faults)
    arrivals = [tuple(mails[a:b]) for a, b in zip([0, *cuts], [*cuts, len(mails)], strict=True)]
    keeps_session = not wanted and chance.random() < 0.4
    return Scenario(name, acknowledge, chance.randint(3, 10), tuple(arrivals), tuple(faults), keeps_session)


def every_step_and_fault(count: int, seed: int) -> list[Scenario]:
    """So many scenarios (at least 20) that between them want every step and every kind of fault."""
    chance = random.Random(seed)
    kinds = [kind for kind in KINDS if kind not in OF_LITERALS]
    pairs: list[tuple[Step, Kind]] = [("bodies", kind) for kind in KINDS]
    pairs += [(step, kinds[at % len(kinds)]) for at, step in enumerate(STEPS * 3) if step not in ("bodies", *MARKING)]
    chance.shuffle(pairs)
    marking = [(step, kind) for kind in AT_MARKING for step in MARKING]
    # A mailbox is marked in one way only, so no scenario gets two of these.
    groups = [[*pairs[at::count], *marking[at::count]] for at in range(count)]
    return [by_chance(f"box{number}", f"{seed}/{number}", group) for number, group in enumerate(groups)]


def run(scenario: Scenario, server: Dovecot, office: Office) -> Outcome:
    """Polls the scenario's mailbox through its faults, then twice without; checks after each poll."""
    outcome = Outcome()
    watched = Watched(server, scenario.name, scenario.acknowledge, office.settings.store_url())
    before = _open_sockets(), threading.active_count()
    with proxy.running((server.host, server.port), TIMEOUT_SECONDS) as between:
        table = _table(scenario, server.host, between.port, TIMEOUT_SECONDS)
        with closing(Rounds(table, office)) as rounds:
            for arrivals, faults in zip(scenario.mails, scenario.faults, strict=False):
                server.seed(scenario.name, arrivals)
                between.expect(faults)
                try:
                    if scenario.keeps_session:
                        rounds.round(PollReport(scenario.name))
                    else:
                        poll(table, office)
                    outcome.ended["well"] += 1
                except (MailboxError, StoreError) as error:
                    outcome.ended[type(error).__name__] += 1
                except Exception as error:
                    outcome.wrong.append(f"{type(error).__name__} out of a poll: {error}")
                outcome.wrong += watched.wrong_on_the_way()
        outcome.met += between.met
    if (left := (_open_sockets(), threading.active_count())) != before:
        outcome.wrong.append(f"sockets and threads: {before} before, {left} after the faults")
    server.seed(scenario.name, scenario.mails[-1])
    table = _table(scenario, server.host, server.port, PATIENT_SECONDS)
    poll(table, office)
    outcome.wrong += watched.wrong_at_the_end(scenario.delivered)
    again = poll(table, office)
    if again.total or again.known:
        outcome.wrong.append(f"a further poll recorded {again.total} and recognised {again.known}")
    return outcome


def _pair(chance: random.Random, acknowledge: str) -> tuple[Step, Kind]:
    unused = "store" if acknowledge == "move" else "move"
    step = chance.choice([each for each in STEPS if each != unused])
    return step, chance.choice([kind for kind in KINDS if step == "bodies" or kind not in OF_LITERALS])


def _besides(chance: random.Random, acknowledge: str) -> Iterator[tuple[Step, Kind]]:
    """Further faults of the same poll, sometimes."""
    while chance.random() < 0.3:
        yield _pair(chance, acknowledge)


def _turn(chance: random.Random, step: Step) -> int:
    """Which coming of the step: the first of those that come once a session, any of the first of those of batches."""
    return chance.randrange(MOST_TURNS) if step in ("bodies", "store", "move", "noop", "search") else 0


def mails_by_chance(name: str, chance: random.Random, count: int, *, large: bool = True) -> Iterator[bytes]:
    """Cheap mails, for the most part to be set aside; some twins, some broken; with ``large``, one over the limit."""
    over_the_limit = chance.randrange(count) if large else -1
    last = b""
    for number in range(count):
        kind = chance.random()
        body = f"Mail {number} of {name}, {chance.random()}\r\n"
        if number == over_the_limit:
            last = _mail(name, number, body + ("x" * 70 + "\r\n") * (LIMIT // 72))
        elif last and kind < 0.15:
            pass
        elif kind < 0.25:
            last = f"no header at all {name} {number}\r\n)\r\n* BYE\r\n".encode()
        elif kind < 0.35:
            last = _mail(name, number, body + "".join(chance.choices('({\\"\r\n)} é\x80ÿ', k=3000)))
        elif kind < 0.45 and large:
            last = _mail(name, number, body + ("lorem ipsum dolor sit amet {12}\r\n" * 6000))
        elif kind < 0.5:
            last = _mail(name, number, body, bulk=False)
        else:
            last = _mail(name, number, body)
        yield last


def _mail(name: str, number: int, body: str, *, bulk: bool = True) -> bytes:
    header = [
        f"From: Sender {number} <sender{number}@{name}.example>",
        "Date: Mon, 02 Feb 2026 10:00:00 +0100",
        f"Subject: Mail {number}",
        f"Message-ID: <{number}@{name}.example>",
        *(["Precedence: bulk", "List-Unsubscribe: <mailto:off@list.example>"] if bulk else []),
    ]
    lone = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return ("\r\n".join(header) + "\r\n\r\n" + lone + "\r\n").encode("latin-1", "replace")


def _table(scenario: Scenario, host: str, port: int, seconds: float) -> MailboxTable:
    return MailboxTable(
        name=scenario.name,
        policy="penelope",
        host=host,
        port=port,
        tls="none",
        username=scenario.name,
        password=SecretStr(PASSWORD),
        acknowledge=scenario.acknowledge,  # type: ignore[arg-type]
        batch_size=scenario.batch_size,
        max_message_mb=1,
        timeout_seconds=seconds,
    )


def _open_sockets() -> int:
    """How many sockets this process has open."""
    return sum(str(fd.readlink()).startswith("socket:") for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink())
