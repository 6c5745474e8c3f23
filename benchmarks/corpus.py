"""The mails that the whole trip is measured on, and what the store must hold of them afterwards."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from mailtriage.importing import raw_mail
from mailtriage.starters import shipped_examples
from policies.loader import shipped

HAM = Path(__file__).parents[2] / "shared" / "mail" / "ham"


def mails() -> list[bytes]:
    """The list mail of ``../shared/mail/ham`` and the labelled mails of all policies, as raw bytes."""
    if not HAM.is_dir():
        sys.exit(f"This benchmark reads {HAM}, which is not there.")
    ham = [path.read_bytes() for path in sorted(HAM.iterdir()) if path.is_file()]
    return [*ham, *(raw_mail(example) for policy in shipped() for example in shipped_examples(policy))]


@dataclass(frozen=True, slots=True)
class Holding:
    """What a store holds of a delivered corpus: records by disposition, mails lost and mails recorded twice."""

    dispositions: Counter[str]
    deliveries: int
    lost: int
    twice: int
    unexplained: int

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.dispositions.items()))
        return (
            f"{self.dispositions.total()} recorded ({kinds}); {self.deliveries} deliveries; lost {self.lost}, "
            f"twice {self.twice}, without ticket or reason {self.unexplained}"
        )


def holding(url: str, delivered: Sequence[bytes]) -> Holding:
    """Compares the store at ``url`` with the raw mails that were delivered, by their digests and counts."""
    # A server may store line ends as CRLF, so both forms of a mail count as the same mail.
    wanted = Counter(hashlib.sha256(as_wire(raw)).hexdigest() for raw in delivered)
    engine = create_engine(url)
    with engine.connect() as connection:
        counted = connection.execute(text("SELECT disposition, count(*) FROM message GROUP BY 1"))
        dispositions = Counter({str(kind): int(count) for kind, count in counted})
        found = Counter(connection.execute(text("SELECT digest FROM message")).scalars())
        deliveries = connection.execute(text("SELECT count(*) FROM delivery")).scalar_one()
        unexplained = connection.execute(
            text("SELECT count(*) FROM message WHERE ticket IS NULL AND reason = ''")
        ).scalar_one()
    engine.dispose()
    return Holding(dispositions, deliveries, (wanted - found).total(), (found - wanted).total(), unexplained)


def as_wire(raw: bytes) -> bytes:
    """The mail with CRLF line ends, as a server sends it."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
