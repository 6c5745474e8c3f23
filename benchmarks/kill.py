"""The poller killed (SIGKILL) at random moments of one big poll, restarted each time: nothing lost, nothing twice.

Run ``python -m benchmarks.kill`` (``--kills 20``, ``--postgres``, ``--seed 0``).
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.corpus import holding, mails
from benchmarks.place import serving, settings_file
from mailtriage.settings import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--standard", action="store_true", help="with the sentence encoder (slower); default: lean")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    delivered = mails()
    with serving() as place, tempfile.TemporaryDirectory() as folder:
        place.dovecot.seed("team", delivered)
        url = place.postgres_url() if arguments.postgres else None
        profile = "standard" if arguments.standard else "lean"
        file = settings_file(Path(folder), place.dovecot, url, "perfana", profile, batch_size=50)
        command = [sys.executable, "-m", "mailtriage", "--config", str(file), "poll", "--once"]
        store_url = load(file).store_url()
        killed = 0
        while killed < arguments.kills:
            process = subprocess.Popen(command)
            begun = len(delivered) if killed else 0
            wait_until_recording(store_url, process, begun)
            time.sleep(chance.uniform(0.0, 1.0))
            if process.poll() is None:
                process.kill()
            process.wait()
            killed += 1
            print(f"kill {killed:3}: {recorded(store_url)} recorded so far", flush=True)
        subprocess.run(command, check=True)
        print(holding(store_url, delivered))
        unmarked = [uid for uid, flags in place.dovecot.flags("team").items() if "\\Seen" not in flags]
        print(f"left unmarked in the mailbox: {len(unmarked)}")


def wait_until_recording(url: str, process: subprocess.Popen[bytes], begun: int) -> None:
    """Until the process has recorded something more than before it started, so that the kill falls into the poll."""
    before = recorded(url)
    while process.poll() is None and recorded(url) == before:
        time.sleep(0.02)


def recorded(url: str) -> int:
    """Messages in the store; 0 while it has no tables."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM message")).scalar_one())
    except Exception:
        return 0
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
