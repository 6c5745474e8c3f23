"""Real mails changed at random, parsed and screened: nothing may be raised, no mail may take over 5 s.

Run ``python -m benchmarks.mutations [FOLDER]`` (``--count``, ``--seed``, ``--jobs``); it exits with 1 where
anything was raised. The same seed gives the same mails; ``--only N`` makes and reads the one of that number.
"""

from __future__ import annotations

import argparse
import base64
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from intake.content import tnef
from intake.message import parse, to_json
from intake.screening import screen

FOLDER = Path(__file__).parents[2] / "shared" / "mail"
NO_MAIL = frozenset({".json", ".jsonl", ".md"})
WORST_SECONDS = 5.0
LARGEST = 300_000
"""Bytes of a mail that is mutated: larger ones spend the time on copying."""

CHARSETS = (
    b"utf-8", b"us-ascii", b"iso-8859-1", b"windows-1251", b"koi8-r", b"gb18030", b"iso-2022-jp", b"utf-7", b"utf-16",
    b"x-unknown", b"big5", b"hz", b"euc-kr", b"", b"\xff", b"idna", b"unicode_escape",
)  # fmt: skip
ENCODINGS = (b"base64", b"quoted-printable", b"8bit", b"x-uuencode", b"binary", b"nonsense")
TYPES = (
    b"text/plain", b"text/html", b"multipart/mixed; boundary=\"x\"", b"message/rfc822", b"application/ms-tnef",
    b"application/pkcs7-mime", b"text/calendar", b"multipart/signed", b"multipart/digest", b"image/png; name=a.pdf",
)  # fmt: skip
Mutation = Callable[[bytearray, bytes, random.Random], bytearray]


def _flip(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 30)):
        if mail:
            mail[chance.randrange(len(mail))] = chance.randrange(256)
    return mail


def _cut(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return mail[: chance.randint(0, len(mail))]


def _remove(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    at = chance.randint(0, len(mail))
    del mail[at : at + chance.randint(1, 2000)]
    return mail


def _repeat(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    at = chance.randint(0, len(mail))
    chunk = mail[at : at + chance.choice((3, 40, 400))]
    mail[at:at] = chunk * min(chance.choice((2, 50, 2000)), LARGEST // max(1, len(chunk)))
    return mail


def _swap_headers(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return bytearray(other.partition(b"\n\n")[0] + b"\n\n") + mail.partition(b"\n\n")[2]


def _mix_headers(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    lines = other.partition(b"\n\n")[0].split(b"\n") + bytes(mail.partition(b"\n\n")[0]).split(b"\n")
    chance.shuffle(lines)
    return bytearray(b"\n".join(lines) + b"\n\n") + mail.partition(b"\n\n")[2]


def _nest(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    boundary = chance.choice((b"b", b"b--", b"=_x", b"----=_NextPart"))
    kind = chance.choice((b"mixed", b"alternative", b"related", b"signed", b"digest", b"report"))
    parts = [bytes(mail), other] if chance.random() < 0.5 else [other, bytes(mail)] * chance.randint(1, 4)
    head = b"Subject: nested\nContent-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\n\n'
    return bytearray(head + b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts))


def _charset(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return _after(mail, b"charset=", chance.choice(CHARSETS), chance)


def _encoding(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return _after(mail, b"Content-Transfer-Encoding: ", chance.choice(ENCODINGS), chance)


def _type(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return _after(mail, b"Content-Type: ", chance.choice(TYPES), chance)


def _after(mail: bytearray, mark: bytes, value: bytes, chance: random.Random) -> bytearray:
    places = mail.count(mark)
    if not places:
        mail[0:0] = b"Content-Type: text/plain; charset=x\nContent-Transfer-Encoding: 8bit\n"
        return _after(mail, mark, value, chance)
    at = -1
    for _ in range(chance.randint(1, places)):
        at = mail.find(mark, at + 1)
    mail[at + len(mark) : at + len(mark) + chance.randint(0, 12)] = value
    return mail


def _base64(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    at = mail.find(b"base64")
    at = at if at >= 0 else chance.randint(0, len(mail))
    for _ in range(chance.randint(1, 20)):
        place = min(len(mail), at + chance.randint(0, 3000))
        mail[place:place] = chance.choice((b"=", b"==", b"!", b"\n\n", b"\x00", b"-", b" "))
    return mail


def _lines(mail: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return bytearray(mail.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n ", b"\n> "))))


MUTATIONS: tuple[Mutation, ...] = (
    _flip, _cut, _remove, _repeat, _swap_headers, _mix_headers, _nest, _charset, _encoding, _type, _base64, _lines,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading some mutations came to."""

    read: int
    raised: tuple[tuple[int, str], ...]
    slow: int
    worst_seconds: float
    worst: int
    megabytes: int


def seeds(folder: Path) -> list[bytes]:
    """The raw mails of ``folder``, expectations and very large ones left out."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in NO_MAIL)
    return [_as_mail(raw) for path in paths if len(raw := path.read_bytes()) <= LARGEST]


def _as_mail(raw: bytes) -> bytes:
    """A ``winmail.dat`` that lies there by itself, in a mail."""
    if not raw.startswith(tnef.SIGNATURE):
        return raw
    head = b"Subject: tnef\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(raw)


def mutation(mails: list[bytes], seed: int, number: int) -> bytes:
    """Mutation ``number`` of ``seed``: one mail with one to four changes."""
    chance = random.Random(seed * 1_000_003 + number)
    mail = bytearray(chance.choice(mails))
    for _ in range(chance.randint(1, 4)):
        mail = chance.choice(MUTATIONS)(mail, chance.choice(mails), chance)[: 4 * LARGEST]
    return bytes(mail)


def read(folder: Path, seed: int, first: int, last: int) -> Outcome:
    """Parses, screens and prints (as JSON) the mutations from ``first`` to before ``last``."""
    mails = seeds(folder)
    raised: list[tuple[int, str]] = []
    slow, worst_seconds, worst = 0, 0.0, first
    for number in range(first, last):
        raw = mutation(mails, seed, number)
        start = time.process_time()
        try:
            message = parse(raw)
            screening = screen(message)
            str(to_json(message, {"kind": screening.kind})).encode()
        except Exception:
            raised.append((number, traceback.format_exc(limit=-3)))
        seconds = time.process_time() - start
        slow += seconds > WORST_SECONDS
        if seconds > worst_seconds:
            worst_seconds, worst = seconds, number
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Outcome(last - first, tuple(raised), slow, worst_seconds, worst, megabytes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", type=int)
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"Nothing was measured: {arguments.folder}, the mails to mutate, is not on this machine.")
        return
    first, last = (arguments.only, arguments.only + 1) if arguments.only is not None else (0, arguments.count)
    steps = [first + (last - first) * step // arguments.jobs for step in range(arguments.jobs + 1)]
    ranges = list(pairwise(steps))
    with ProcessPoolExecutor(arguments.jobs) as pool:
        futures = [pool.submit(read, arguments.folder, arguments.seed, *each) for each in ranges]
        outcomes = [future.result() for future in futures]
    raised = [each for outcome in outcomes for each in outcome.raised]
    worst = max(outcomes, key=lambda outcome: outcome.worst_seconds)
    for number, text in raised[:20]:
        print(f"seed {arguments.seed}, mutation {number}:\n{text}")
    print(f"{sum(outcome.read for outcome in outcomes)} mutations of the mails in {arguments.folder}")
    print(f"exceptions: {len(raised)}")
    print(f"slowest: {worst.worst_seconds:.2f} s (seed {arguments.seed}, mutation {worst.worst})")
    print(f"over {WORST_SECONDS:.0f} s: {sum(outcome.slow for outcome in outcomes)}")
    print(f"peak memory: {max(outcome.megabytes for outcome in outcomes)} MB a process, mails of the folder included")
    sys.exit(bool(raised))


if __name__ == "__main__":
    main()
