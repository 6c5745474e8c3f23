"""Addresses and domains as customers are found by them."""

from __future__ import annotations

import re

from intake.free_mail import FREE_MAIL as FREE_MAIL

MAX_ADDRESS = 320
"""Octets of the longest local part and domain with their ``@`` (RFC 5321, 4.5.3.1)."""

MAX_DOMAIN = 255

MAX_LABELS_ABOVE = 8
"""So many domains above one are looked at; a hostile address may have a hundred labels."""

HOST = re.compile(r"(?=.{1,255}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A domain of at least two labels (RFC 1035, 2.3.1; the underscore is met in the wild)."""

ADDRESS = re.compile(r"[^\s@;,<>\x00-\x1f\x7f]+@[^\s@;,<>\x00-\x1f\x7f]+")


def folded_address(address: str) -> str:
    """An address as it is compared."""
    return address.strip().lower()


def folded_domain(domain: str) -> str:
    """A domain as it is compared: lower case, without a leading ``@`` or a final dot, in its ASCII form (RFC 5890)."""
    plain = domain.strip().lower().removeprefix("@").rstrip(".")
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


def domain_of(address: str) -> str:
    """The domain of an address that may speak for a company; empty for free mail and for what is no address."""
    local, at, domain = folded_address(address).rpartition("@")
    found = folded_domain(domain) if local and at else ""
    return "" if found in FREE_MAIL else found


def domains_above(domain: str) -> tuple[str, ...]:
    """The domains that ``domain`` is below, the nearest first, down to two labels; free mail is none of them."""
    labels = domain.split(".")
    above = (".".join(labels[cut:]) for cut in range(1, len(labels) - 1))
    return tuple(each for each in above if each not in FREE_MAIL)[-MAX_LABELS_ABOVE:]


def is_address(address: str) -> bool:
    """Whether a folded address can be a contact's."""
    return bool(ADDRESS.fullmatch(address)) and len(address) <= MAX_ADDRESS


def domain_fault(domain: str) -> str | None:
    """What is wrong with a folded domain as a customer's, as a sentence; None when nothing is."""
    if not HOST.fullmatch(domain):
        return f"{domain!r} is not a domain."
    if domain in FREE_MAIL:
        return f"anybody has an address at {domain}."
    return None
