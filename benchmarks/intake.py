"""How many mails a second one process takes in, beside mbsync and a plain script that do less.

Run ``make bench-intake`` or ``python -m benchmarks.intake`` (``--mails 20000``, ``--lean`` to classify as well,
``--postgres``, ``--profile`` for the functions that cost most, ``--memory 100000`` for peak memory on a large mailbox).

The corpus is generated (:mod:`benchmarks.synthetic`) and lies in Dovecot. "Without classifying" records each mail with
one ready-made verdict; all else is the real trip: fetched, parsed, screened, threaded, and stored on SQLite with
``synchronous = FULL``. A rate "a core" counts the CPU seconds of the measured process, not those of Dovecot.
"""

from __future__ import annotations

import argparse
import atexit
import cProfile
import email
import email.policy
import hashlib
import imaplib
import json
import pstats
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks import one_poll
from benchmarks.corpus import holding
from benchmarks.place import Place, serving, settings_file
from benchmarks.synthetic import corpus
from mailtriage.office import open_office
from mailtriage.settings import load
from tests.servers.dovecot import PASSWORD

BATCH = 200
SHOWN_FUNCTIONS = 45
SMALL = b"From: a%d@customer.example\r\nSubject: Printing\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nNumber %d.\r\n"


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run: mails taken in, wall and CPU seconds, peak memory in MiB, wall seconds by step."""

    mails: int
    seconds: float
    cpu: float
    memory: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        shares = ", ".join(
            f"{step} {spent / self.seconds:.0%}" for step, spent in sorted(self.steps.items(), key=lambda p: -p[1])
        )
        return (
            f"{self.mails / self.cpu:8.0f} mails/s a core, {self.mails / self.seconds:8.0f} by the clock"
            + (f", peak {self.memory:.0f} MiB" if self.memory else "")
            + (f" ({shares})" if shares else "")
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--lean", action="store_true", help="classify too, with the lean model")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--memory", type=int, default=0, help="also a mailbox of so many small mails")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    mails = list(corpus(arguments.mails))
    print(f"{len(mails)} mails, {sum(map(len, mails)) / 1e6:.0f} MB")
    with serving() as place:
        place.dovecot.seed("team", mails)
        if arguments.profile:
            print_profile(place, mails, classify=arguments.lean)
            return
        runs: dict[str, list[Run]] = {}
        for _ in range(arguments.rounds):
            runs.setdefault("mailtriage, without classifying", []).append(spawned(place, mails, classify=False))
            if arguments.postgres:
                runs.setdefault("  on PostgreSQL", []).append(spawned(place, mails, classify=False, postgres=True))
            if arguments.lean:
                runs.setdefault("mailtriage, lean classifier", []).append(spawned(place, mails, classify=True))
            runs.setdefault("plain script, one by one", []).append(plain(place, len(mails)))
            if shutil.which("mbsync"):
                runs.setdefault("mbsync to Maildir, FSync yes", []).append(mbsync(place, len(mails)))
        for name, several in runs.items():
            report(name, several)
        if not shutil.which("mbsync"):
            print("mbsync is not installed (Debian: isync); left out")
        if arguments.memory:
            small = [SMALL % (at // 10, at) for at in range(arguments.memory)]
            place.dovecot.reset("team")
            place.dovecot.seed("team", small)
            report(f"a mailbox of {len(small)} small mails", [spawned(place, small, classify=False)])


def report(name: str, several: list[Run]) -> None:
    """The run of median CPU time, and how far the others lie from it."""
    ordered = sorted(several, key=lambda run: run.cpu)
    spread = f" [{several[0].mails / ordered[-1].cpu:.0f}-{several[0].mails / ordered[0].cpu:.0f}]"
    print(f"{name:34}{ordered[len(ordered) // 2]}{spread if len(several) > 1 else ''}")


def spawned(place: Place, mails: list[bytes], *, classify: bool, postgres: bool = False) -> Run:
    """One whole poll into an empty store, in a process of its own so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = place.postgres_url() if postgres else None
        file = installed(Path(folder), place, url)
        command = [sys.executable, "-m", "benchmarks.one_poll", str(file), "classify" if classify else "alike"]
        run = Run(*json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
        held = holding(load(file).store_url(), mails)
        if held.lost or held.twice or run.mails != len(mails):
            raise SystemExit(f"not all mails are there once: {held}")
        return run


def installed(folder: Path, place: Place, url: str | None) -> Path:
    """The settings file of a new installation with an empty store and the lean models; they are trained once."""
    file = settings_file(folder, place.dovecot, url, one_poll.POLICY, "lean", batch_size=BATCH)
    shutil.copytree(lean_models(), load(file).models_dir)
    return file


@cache
def lean_models() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mailtriage-lean-"))
    atexit.register(shutil.rmtree, folder)
    open_office(load(None, data_dir=folder, profile="lean")).close()
    return folder / "models"


def print_profile(place: Place, mails: list[bytes], *, classify: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = installed(Path(folder), place, None)
        profile = cProfile.Profile()
        profile.runcall(one_poll.main, file, classify)
        pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN_FUNCTIONS)


def plain(place: Place, count: int) -> Run:
    """What a short script does: imaplib mail by mail, the standard library's parser, one transaction a mail."""
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder, "plain.db"))) as database:
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE mail (digest TEXT UNIQUE, message_id TEXT, subject TEXT, body TEXT, raw BLOB)")
        start, cpu = time.perf_counter(), time.process_time()
        some = min(count, 500)
        for raw in one_by_one(place, some):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            body = message.get_body(("plain", "html"))
            row = (message["message-id"], message["subject"], body.get_content() if body else "", raw)
            with database:
                database.execute("INSERT INTO mail VALUES (?, ?, ?, ?, ?)", (hashlib.sha256(raw).hexdigest(), *row))
        return Run(some, time.perf_counter() - start, time.process_time() - cpu)


def one_by_one(place: Place, count: int) -> Iterator[bytes]:
    client = imaplib.IMAP4(place.dovecot.host, place.dovecot.port)
    client.login("team", PASSWORD)
    client.select("INBOX", readonly=True)
    for number in range(1, count + 1):
        _, answer = client.fetch(str(number), "(BODY.PEEK[])")
        yield answer[0][1]  # type: ignore[index, misc]
    client.logout()


def mbsync(place: Place, count: int) -> Run:
    """mbsync pulls the mailbox into a Maildir: fetching and fsync alone, nothing read or decided."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "mbsyncrc")
        Path(folder, "mail").mkdir()
        configuration.write_text(
            f"IMAPStore far\nHost {place.dovecot.host}\nPort {place.dovecot.port}\nUser team\nPass {PASSWORD}\n"
            f"SSLType None\n\nMaildirStore near\nPath {folder}/mail/\nInbox {folder}/inbox\n\n"
            f"Channel pull\nFar :far:\nNear :near:\nPatterns INBOX\nSync Pull\nCreate Near\nSyncState {folder}/\n",
            encoding="utf-8",
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(["mbsync", "-q", "-c", str(configuration), "pull"], check=True)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(count, seconds, cpu)


if __name__ == "__main__":
    main()
