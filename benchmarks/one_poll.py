"""One poll in a process of its own, for :mod:`benchmarks.intake`: prints mails, seconds, CPU seconds and peak MiB.

Nothing is imported that the program itself does not need, so the memory is that of the program.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from classifier.assess import Mail, assess
from classifier.memory import peak_megabytes
from mailtriage import pipeline
from mailtriage.office import Office, open_office, settle
from mailtriage.polling import poll
from mailtriage.settings import load
from policies.facts import Facts

POLICY = "penelope"
EXAMPLE = ("Reports are slow", "Since this morning every report takes ten minutes for all of our users.")


def main(file: Path, classify: bool) -> None:
    with closing(open_office(load(file))) as office:
        if not classify:
            decide_all_alike(office)
        settle()
        start, cpu = time.perf_counter(), time.process_time()
        result = poll(office.settings.mailboxes[0], office)
        seconds, spent = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps([result.total, seconds, spent, peak_megabytes(), result.seconds]))


def decide_all_alike(office: Office) -> None:
    """From now on every mail gets the same ready-made verdict: the trip without classifying."""
    mail = Mail(*EXAMPLE, Facts(received_at=datetime.now(UTC)))
    [verdict] = assess(office.models.of(POLICY), office.policy(POLICY), [mail])
    setattr(pipeline, "assess", lambda model, policy, mails: [verdict] * len(mails))  # noqa: B010 - mypy


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "classify")
