"""What of real bounces is recognised and read, what of real list mail is taken for one, and what it costs.

Run ``python -m benchmarks.screening``. It reads ``../shared/mail/sisimai`` (510 bounces and reports, with the status
that another program reads in each) and ``../shared/mail/ham`` (2,499 mails of mailing lists), and prints beside it what
the headers alone tell: a report's content type (RFC 6522) or an empty Return-Path (RFC 3834, 3.3).
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from intake.machine_mail import report, return_path
from intake.message import Message, parse
from intake.screening import Screening, screen

MAIL = Path(__file__).parents[2] / "shared" / "mail"
RECOGNISED = ("bounce", "feedback_report", "receipt")
FALSE = ("bounce", "auto_reply")
REPEATS = 3
NAMED = re.compile(
    rb"^[> \t]*(?:final-recipient|original-recipient|x-failed-recipients|x-actual-recipient|original-rcpt-to):"
    rb"(.*(?:\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
ADDRESS = re.compile(rb"[\w.+=/~%?!#$&*'-]+@[\w.-]*\w")
INVENTED_STATUS = re.compile(r"\d\.0\.9\d\d")
"""What the other program assigns where the mail itself has no status."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One bounce: the mail, what became of it, and what is expected: rows with ``dsn`` and ``reason``."""

    name: str
    raw: bytes
    message: Message
    screening: Screening
    rows: Sequence[dict[str, object]]

    @property
    def failed(self) -> bool:
        """Whether it tells of a recipient that was not reached."""
        return all(row["reason"] not in ("feedback", "delivered") for row in self.rows)

    @property
    def status(self) -> str:
        return next((str(row["dsn"]) for row in self.rows if row["dsn"]), "")


def cases() -> list[Case]:
    """The bounces and reports with what is expected of them."""
    folder = MAIL / "sisimai"
    found = []
    for line in (folder / "expected.jsonl").read_text("utf-8").splitlines():
        expected = json.loads(line)
        raw = (folder / expected["file"]).read_bytes()
        message = parse(raw)
        found.append(Case(expected["case"], raw, message, screen(message), expected["rows"]))
    return found


def by_headers_alone(message: Message) -> bool:
    """The baseline."""
    fields = dict(reversed(message.headers))
    return report.type_of(fields) is not None or return_path.is_null(fields)


def named_in(raw: bytes) -> set[str]:
    """The failed recipients by the fields of the mail and its report, wherever they stand."""
    values = NAMED.findall(raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return {address.decode("latin-1").lower() for value in values for address in ADDRESS.findall(value)}


def said(case: Case) -> set[str]:
    return {address.lower() for address in case.screening.recipients}


def bounces() -> None:
    found = cases()
    missed = [case for case in found if case.screening.kind not in RECOGNISED]
    plain = sum(by_headers_alone(case.message) for case in found)
    print(f"{len(found)} bounces and reports")
    print(f"  recognised            {len(found) - len(missed)} ({1 - len(missed) / len(found):.1%})")
    print(f"  by headers alone      {plain} ({plain / len(found):.1%})")
    for case in missed:
        print(f"    missed {case.name}: {case.screening.kind}, subject {case.message.subject[:50]!r}")

    failures = [case for case in found if case.screening.kind == "bounce" and case.failed]
    fields = [(case, named_in(case.raw)) for case in failures]
    with_field = [(case, named) for case, named in fields if named]
    wrong = [case for case, named in with_field if not said(case) or not said(case) <= named]
    free = [case for case, named in fields if not named]
    nobody = [case for case in free if not case.screening.recipients]
    uneven = [case for case in failures if len(case.screening.recipients) != len(case.rows)]
    print(f"{len(failures)} of them tell of a recipient that was not reached")
    print(f"  {len(with_field)} name it in a field: right in {len(with_field) - len(wrong)}")
    print(f"  {len(free)} name it in words: somebody found in {len(free) - len(nobody)}")
    print(f"  as many recipients as expected in {len(failures) - len(uneven)}")
    for case in dict.fromkeys([*wrong, *nobody, *uneven]):
        print(f"    {case.name}: {', '.join(case.screening.recipients[:4]) or 'nobody'}; {len(case.rows)} expected")

    for title, invented in (("with a status of their own", False), ("with a status that was worked out", True)):
        told = [case for case in failures if case.status and bool(INVENTED_STATUS.match(case.status)) == invented]
        other = [case for case in told if case.screening.permanent is not case.status.startswith("5")]
        print(f"{len(told)} of these {title}: permanent or not agrees in {len(told) - len(other)}")
        for case in other:
            print(f"    {case.name}: {case.status}, here permanent={case.screening.permanent}")


def list_mail() -> None:
    messages = [parse(path.read_bytes()) for path in sorted((MAIL / "ham").iterdir()) if path.is_file()]
    screenings = [screen(message) for message in messages]
    false = [(m, s) for m, s in zip(messages, screenings, strict=True) if s.kind in FALSE]
    plain = sum(by_headers_alone(message) for message in messages)
    print(f"{len(messages)} mails of mailing lists")
    print(f"  taken for a bounce or an automatic reply   {len(false)}")
    print(f"  by headers alone                           {plain}")
    for message, screening in false:
        print(f"    {screening.kind}: {message.subject[:60]!r}: {screening.reason}")
    accepted = [message for message, screening in zip(messages, screenings, strict=True) if screening.accepted]
    cost = 1e6 * _seconds(accepted) / len(accepted)
    print(f"  screening of one of the {len(accepted)} accepted       {cost:.1f} us CPU")


def _seconds(messages: Sequence[Message]) -> float:
    spent = []
    for _ in range(REPEATS):
        start = time.process_time()
        for message in messages:
            screen(message)
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    if not MAIL.is_dir():
        sys.exit(f"This benchmark reads {MAIL}, which is not there.")
    bounces()
    print()
    list_mail()


if __name__ == "__main__":
    main()
