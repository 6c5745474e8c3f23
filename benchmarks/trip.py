"""The whole trip on real mail: delivered to Dovecot, polled into SQLite and PostgreSQL, polled again.

Run ``python -m benchmarks.trip`` (``--lean`` for the lean profile, ``--policy`` for another policy).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.corpus import holding, mails
from benchmarks.place import serving, settings_file
from mailtriage.office import open_office
from mailtriage.polling import poll
from mailtriage.settings import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lean", action="store_true")
    parser.add_argument("--policy", default="perfana")
    arguments = parser.parse_args()
    delivered = mails()
    print(f"{len(delivered)} mails, {sum(map(len, delivered)) / 1e6:.1f} MB, profile {profile(arguments.lean)}")
    with ExitStack() as stack:
        place = stack.enter_context(serving())
        place.dovecot.seed("team", delivered)
        for name, url in (("SQLite", None), ("PostgreSQL", place.postgres_url())):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            file = settings_file(folder, place.dovecot, url, arguments.policy, profile(arguments.lean))
            office = stack.enter_context(closing(open_office(load(file))))
            start = time.perf_counter()
            first = poll(office.settings.mailboxes[0], office)
            seconds = time.perf_counter() - start
            second = poll(office.settings.mailboxes[0], office)
            print(f"\n{name}: {holding(office.settings.store_url(), delivered)}")
            print(f"second poll: {second.total} recorded, {second.known} seen again")
            print(f"{seconds:.1f} s, {first.total / seconds:.1f} mails/s; share of time:")
            for step, spent in sorted(first.seconds.items(), key=lambda pair: -pair[1]):
                print(f"  {step:12} {spent:8.2f} s {spent / seconds:6.1%}")


def profile(lean: bool) -> str:
    return "lean" if lean else "standard"


if __name__ == "__main__":
    main()
