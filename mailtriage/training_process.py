"""A training in a process of its own: bounded in memory and time, so that it does not take the page down with it.

Run as ``python -m mailtriage.training_process RUN``, with the settings as a line of JSON on standard input. It ends
when that is closed, which it is by the death of who started it.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time

from errors import MailtriageError
from mailtriage.following import LOST, end_lost, out_of_memory, too_long
from mailtriage.office import Office, open_office
from mailtriage.retraining import retrain
from mailtriage.settings import Settings
from mailtriage.training_turn import TrainingBusy
from tickets.training_runs import RunEnded, TrainingRun

log = logging.getLogger("mailtriage.training")
PROCESS = (sys.executable, "-m", "mailtriage.training_process")
WATCH_SECONDS = 0.5
FAILED, BUSY, NO_MEMORY = 1, 3, 4
MEBIBYTE = 1024 * 1024
STOPPED = "The program was stopped meanwhile."
CANCELLED = "It was cancelled."


def train_apart(run: TrainingRun, office: Office, stop: threading.Event) -> TrainingRun:
    """Trains in a process of its own until that is done; the run as it ended, waiting still where others train now.

    The process is killed when the run is cancelled, when it takes longer than the settings allow, and when ``stop`` is
    set. Then, and when it dies by itself, the run ends as failed, with what to do.
    """
    process = subprocess.Popen([*PROCESS, str(run.id)], stdin=subprocess.PIPE, text=True)  # noqa: S603 - this program
    try:
        _tell(process, office.settings)
        why = _watch(process, run, office, stop)
    finally:
        process.kill()
        process.wait()
    now = office.store.training_run(run.id)
    if not now.live or process.returncode == BUSY:
        return now
    try:
        return end_lost(now, office.store, office.registry, why or _death(process.returncode, office.settings))
    except RunEnded:  # by whoever got the lock in between
        return office.store.training_run(run.id)


def _tell(process: subprocess.Popen[str], settings: Settings) -> None:
    if process.stdin is None:
        raise ValueError("the process must be told its settings")
    try:
        process.stdin.write(json.dumps(settings.model_dump(mode="json")) + "\n")
        process.stdin.flush()
    except BrokenPipeError:  # it died at once: its exit code says why
        log.warning("the training process ended before it was told what to do")


def _watch(process: subprocess.Popen[str], run: TrainingRun, office: Office, stop: threading.Event) -> str | None:
    """Why the process has to be ended; None when it ended by itself."""
    longest = office.settings.retraining.longest_minutes
    ends = time.monotonic() + longest * 60
    while process.poll() is None:
        if stop.wait(WATCH_SECONDS):
            return STOPPED
        if time.monotonic() > ends:
            return too_long(longest)
        try:
            if office.store.training_run(run.id).cancelled_by:
                return CANCELLED
        except MailtriageError as error:
            log.warning("training run %d: %s", run.id, error)
    return None


def _death(code: int, settings: Settings) -> str:
    if code == NO_MEMORY:
        return out_of_memory(settings.retraining.memory_mb)
    if code < 0:
        name = signal.Signals(-code).name
        return f"{LOST} (Signal {name}: too little memory ends so too; memory_mb of [retraining] is its limit.)"
    return "The process that trained could not go on; the program's log says why."


def main() -> int:
    """Trains the run named on the command line; its exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    settings = Settings(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _bound_memory(settings.retraining.memory_mb)
    try:
        office = open_office(settings, train_own=False)
        run = office.store.training_run(int(sys.argv[1]))
        retrain(run.policy, office, actor=run.actor, seed=run.seed, run=run)
    except TrainingBusy:
        return BUSY
    except MemoryError:
        return NO_MEMORY
    except MailtriageError as error:
        log.warning("not retrained: %s", error)
        return FAILED
    return 0


def _die_with_parent() -> None:
    sys.stdin.read()
    os._exit(FAILED)


def _bound_memory(megabytes: int) -> None:
    """Limits the memory that is written to: unlike the address space (RLIMIT_AS), of which libraries reserve much that
    they never use. Where the system keeps to no such limit (macOS) there is none."""
    if megabytes:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = megabytes * MEBIBYTE
        limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


if __name__ == "__main__":
    sys.exit(main())
