"""Several programs on one database, and a program that is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from intake.cursor import Cursor
from tests.tickets.making import delivered, mail, recording
from tickets.store import Recorded, Recording, Store

ROOT = Path(__file__).parents[2]


def run_together(*works: object) -> None:
    """Runs functions in threads that start at the same moment; raises what they raise."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: object) -> None:
        try:
            start.wait()
            work()  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_pollers_that_overlap_record_every_delivery_once(url: str) -> None:
    batch = [recording(mail(), uid=uid) for uid in range(1, 61)]
    results: list[Recorded] = []

    def poll(seed: int) -> None:
        store, order = Store.open(url), batch.copy()
        random.Random(seed).shuffle(order)
        for start in range(0, len(order), 12):
            results.extend(store.record(order[start : start + 12], Cursor("support", "INBOX", 1, start + 12)))
        store.close()

    run_together(*(lambda seed=seed: poll(seed) for seed in range(3)))
    store = Store.open(url)
    counts = store.counts()
    assert (counts["ticket"], counts["duplicate"], counts["reply"]) == (60, 0, 0)
    assert Counter(done.known for done in results) == {False: 60, True: 120}
    assert len({done.message for done in results}) == 60
    store.close()


def test_one_mail_recorded_from_two_mailboxes_at_once_is_one_ticket(url: str) -> None:
    messages = [mail() for _ in range(20)]

    def poll(mailbox: str, order: list[int]) -> None:
        store = Store.open(url)
        for n in order:
            store.record([recording(messages[n], delivery=delivered(n + 1, mailbox=mailbox))])
        store.close()

    run_together(lambda: poll("support", list(range(20))), lambda: poll("sales", list(range(20))))
    store = Store.open(url)
    counts = store.counts()
    assert (counts["ticket"], counts["duplicate"]) == (20, 20)
    store.close()


def test_deliveries_moved_by_two_pollers_at_once_are_moved_once(url: str) -> None:
    messages = [mail() for _ in range(30)]
    store = Store.open(url)
    store.record([recording(message, delivery=delivered(n, 1)) for n, message in enumerate(messages, 1)])
    moved = [recording(message, delivery=delivered(n, 2)) for n, message in enumerate(messages, 101)]
    results: list[Recorded] = []

    def poll(batch: list[Recording]) -> None:
        mine = Store.open(url)
        for start in range(0, len(batch), 5):
            results.extend(mine.record(batch[start : start + 5]))
        mine.close()

    run_together(lambda: poll(moved), lambda: poll(moved[::-1]))
    assert all(done.known for done in results)
    assert store.counts()["ticket"] == 30
    assert store.counts()["duplicate"] == 0
    store.close()


def test_replies_recorded_at_once_all_join_and_none_of_their_reasons_is_lost(url: str) -> None:
    store = Store.open(url)
    [opened] = store.record([recording(conversation="c1")])

    def reply() -> None:
        store.record([recording(conversation="c1", ticket=opened.ticket)])

    run_together(*[reply] * 6)
    assert len(store.messages_of(opened.ticket or 0)) == 7
    store.close()


def test_agents_who_correct_at_once_all_count(url: str) -> None:
    store = Store.open(url)
    [opened] = store.record([recording()])
    number = opened.ticket or 0
    changes = [{"severity": "SEV1"}, {"scope": "outside"}, {"issue_type": "advice"}, {"topic": "other"}]
    run_together(*(lambda change=change: store.correct(number, change, agent="anna") for change in changes))
    ticket = store.ticket(number)
    assert ticket is not None
    assert ticket.corrected == {key: value for change in changes for key, value in change.items()}
    store.close()


RECORDER = """
import sys
from intake.cursor import Cursor
from tests.tickets.making import mail, recording
from tickets.store import Store

store = Store.open(sys.argv[1])
mails = [recording(mail("text " * 200), uid=uid) for uid in range(1, 2001)]
cursor = store.cursor("support", "INBOX")
begin = cursor.uid if cursor else 0
print("ready", flush=True)
for start in range(begin, 2000, 10):
    store.record(mails[start:start + 10], Cursor("support", "INBOX", 1, start + 10))
"""


@pytest.mark.parametrize("moment", [0.2])
def test_a_program_killed_while_it_records_leaves_whole_batches(url: str, moment: float) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen([sys.executable, "-c", RECORDER, url], env=environment, stdout=subprocess.PIPE, cwd=ROOT)
    assert program.stdout is not None
    assert program.stdout.readline() == b"ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        program.wait(moment)
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    store = Store.open(url)
    cursor, counts = store.cursor("support", "INBOX"), store.counts()
    assert counts["ticket"] == (cursor.uid if cursor else 0)
    assert counts["ticket"] % 10 == 0
    assert len(store.events(limit=100_000)) == counts["ticket"] * 11 // 10
    store.record([recording(uid=uid) for uid in range(counts["ticket"] + 1, counts["ticket"] + 3)])
    store.check()
    store.close()
