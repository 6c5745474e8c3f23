"""Whether the receiving server vouches for the sender (RFC 8601)."""

from __future__ import annotations

from collections.abc import Collection

import authres
from authres.core import AuthResError

from intake.message import Message

MAX_HEADER_CHARACTERS = 10_000


def prove(message: Message, trusted: Collection[str]) -> tuple[bool | None, str]:
    """True when a trusted server proved the From domain, False when it says the proof failed, None when nothing is
    known; and the reason as a sentence.

    ``trusted`` are authserv-ids (RFC 8601, 2.5). Only the topmost result of a trusted server counts: a sender can
    write such headers, too, but only below those of the server that received the mail.
    """
    if message.sender is None or not message.sender.domain:
        return None, "The mail names no sender to be proven."
    known = {name.strip().lower() for name in trusted}
    for value in message.header_all("authentication-results"):
        if value.partition(";")[0].split("/")[0].strip().partition(" ")[0].lower() not in known:
            continue
        try:
            header = authres.AuthenticationResultsHeader.parse(
                f"Authentication-Results: {value[:MAX_HEADER_CHARACTERS]}"
            )
        except (AuthResError, ValueError, IndexError, AttributeError, RecursionError):
            return None, "The Authentication-Results of the receiving server could not be read (RFC 8601)."
        return _judge(header, message.sender.domain)
    return None, "No trusted server has written Authentication-Results (RFC 8601)."


def _judge(header: authres.AuthenticationResultsHeader, domain: str) -> tuple[bool | None, str]:
    results = [(r.method, (r.result or "").lower(), _domains(r)) for r in header.results]
    for method, result, domains in results:
        if method == "dmarc" and (not domains or any(_aligned(each, domain) for each in domains)):
            if result == "pass":
                return True, f"{header.authserv_id} found DMARC passed for {domain} (RFC 7489)."
            if result == "fail":
                return False, f"{header.authserv_id} found DMARC failed for {domain} (RFC 7489)."
    for method, result, domains in results:
        if method in ("dkim", "spf") and result == "pass" and any(_aligned(each, domain) for each in domains):
            return True, f"{header.authserv_id} found {method.upper()} passed for {domain}."
    failed = [method for method, result, _ in results if method in ("dkim", "spf") and result in ("fail", "permerror")]
    if failed:
        methods = " and ".join(sorted({method.upper() for method in failed}))
        return False, f"{header.authserv_id} found {methods} failed, and nothing passed for {domain}."
    return None, f"{header.authserv_id} could neither prove nor refute {domain}."


def _domains(result: authres.AuthenticationResult) -> list[str]:
    """The domains a result speaks of: header.from, header.d, header.i, smtp.mailfrom."""
    values = [p.value for p in result.properties if p.name in ("from", "d", "i", "mailfrom") and p.value]
    return [str(value).rpartition("@")[2].strip(".<> ").lower() for value in values]


def _aligned(proven: str, domain: str) -> bool:
    """Relaxed alignment (RFC 7489, 3.1), without a list of public suffixes: the same domain, or one below the other."""
    shorter = min(proven, domain, key=len)
    return proven == domain or ("." in shorter and (domain.endswith(f".{proven}") or proven.endswith(f".{domain}")))
