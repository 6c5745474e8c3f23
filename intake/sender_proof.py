"""Whether the receiving server vouches for the sender (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

import authres
from authres.core import AuthResError

from intake.alignment import aligned
from intake.message import Message

HEADER = "authentication-results"
MAX_HEADER_CHARACTERS = 10_000
MAX_RESULTS = 20
"""Header fields of one server that are read; a server writes one, or one a method."""

AUTHSERV_ID = re.compile(r"[\s]*(?:\([^()]*\)[\s]*)*([A-Za-z0-9._-]+)")
"""The authserv-id (RFC 8601, 2.5) with the comments that may stand before it."""

ANNOTATIONS = frozenset({HEADER, "received-spf", "dkim-filter", "dmarc-filter", "x-spam-status", "x-virus-scanned"})
"""What filters write between the results of one server."""

FAILED = ("fail", "permerror")

SPEAKS_OF = {"dmarc": (("header", "from"),), "dkim": (("header", "d"), ("header", "i")), "spf": (("smtp", "mailfrom"),)}
"""The property that names the domain proven, by method (RFC 8601, 2.7); the first that is there counts."""

Proof = tuple[bool | None, str]


class Result(NamedTuple):
    """What a server found by one method, and the domains it speaks of."""

    method: str
    value: str
    domains: tuple[str, ...]


class Unreadable(Exception):
    """A header field is not as RFC 8601 has it."""


def prove(message: Message, trusted: Collection[str]) -> Proof:
    """True when a trusted server proved the From domain, False when it says the proof failed, None when nothing is
    known; and the reason as a sentence.

    ``trusted`` are authserv-ids (RFC 8601, 2.5). A sender can write such headers, too, but only below those of the
    server that received the mail: only the topmost counts, and those that follow it directly at the top of the mail.
    The server must remove forged ones (RFC 8601, 5): of a mail for which it wrote none nobody else can tell.
    """
    if not trusted:
        return None, "No server's Authentication-Results are trusted: set trusted_authserv of the mailbox (RFC 8601)."
    if len(message.header_all("from")) > 1:
        return None, "The mail has more than one From, so that no proof says which one it is of (RFC 7489, 6.6.1)."
    if message.sender is None or not message.sender.domain:
        return None, "The mail names no sender to be proven."
    fields = written_by_receiver(message, {name.strip().lower() for name in trusted})
    if not fields:
        return None, "No trusted server has written Authentication-Results (RFC 8601)."
    try:
        results = [result for field in fields for result in _results(field)]
    except Unreadable:
        return None, "The Authentication-Results of the receiving server could not be read (RFC 8601)."
    return _judge(results, _authserv_id(fields[0]).lower(), message.sender.domain.rstrip("."))


def written_by_receiver(message: Message, known: Collection[str]) -> list[str]:
    """The values of the topmost Authentication-Results of a known server, and of those of the same server that go on
    with it directly.

    Where a hop is noted above them, these others may have come with the mail: then the topmost counts alone.
    """
    names = [name for name, _ in message.headers]
    own = (place for place, name in enumerate(names) if name == HEADER and _id_at(message, place).lower() in known)
    first = next(own, None)
    if first is None:
        return []
    if "received" in names[:first]:
        return [message.headers[first][1]]
    spelling = _id_at(message, first)
    run = takewhile(lambda place: names[place] in ANNOTATIONS, range(first, len(names)))
    return [
        message.headers[place][1] for place in run if names[place] == HEADER and _id_at(message, place) == spelling
    ][:MAX_RESULTS]


def _id_at(message: Message, place: int) -> str:
    return _authserv_id(message.headers[place][1])


def _authserv_id(value: str) -> str:
    """The authserv-id as it is written; empty when there is none."""
    found = AUTHSERV_ID.match(value[:MAX_HEADER_CHARACTERS])
    return found[1] if found else ""


def _results(value: str) -> Iterator[Result]:
    """What one header field says; raises :class:`Unreadable`."""
    try:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value[:MAX_HEADER_CHARACTERS]}")
    except (AuthResError, ValueError, IndexError, AttributeError, TypeError, RecursionError) as error:
        raise Unreadable from error
    for result in header.results:
        method = str(result.method).lower()
        yield Result(method, str(result.result or "").lower(), _domains(method, result))


def _domains(method: str, result: authres.AuthenticationResult) -> tuple[str, ...]:
    for wanted in SPEAKS_OF.get(method, ()):
        values = [p.value for p in result.properties if (p.type.lower(), p.name.lower()) == wanted and p.value]
        if values:
            return tuple(str(value).rpartition("@")[2].strip(".<> ").lower() for value in values)
    return ()


def _judge(results: Sequence[Result], server: str, domain: str) -> Proof:
    # DMARC is the server's own judgement on the From domain, made with the list of public suffixes.
    dmarc = next((r.value for r in results if r.method == "dmarc" and domain in r.domains), None)
    if dmarc == "pass":
        return True, f"{server} found DMARC passed for {domain} (RFC 7489)."
    if dmarc == "fail" and any(r.method == "arc" and r.value == "pass" for r in results):
        return None, f"{server} found DMARC failed for {domain}, but an intact ARC chain: it was forwarded (RFC 8617)."
    if dmarc == "fail":
        return False, f"{server} found DMARC failed for {domain} (RFC 7489)."
    for method, value, domains in results:
        if method in ("dkim", "spf") and value == "pass":
            speaking = next((each for each in domains if aligned(each, domain)), None)
            if speaking is not None:
                by = "" if speaking == domain else f", by {speaking}"
                return True, f"{server} found {method.upper()} passed for {domain}{by}."
    failed = [method for method, value, _ in results if method in ("dkim", "spf") and value in FAILED]
    if failed:
        methods = " and ".join(sorted({method.upper() for method in failed}))
        return False, f"{server} found {methods} failed, and nothing passed for {domain}."
    return None, f"{server} could neither prove nor refute {domain}."
