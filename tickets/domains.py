"""Addresses and domains as customers are found by them."""

from __future__ import annotations

FREE_MAIL = frozenset(
    {
        "aol.com", "free.fr", "fastmail.com", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
        "googlemail.com", "hey.com", "hotmail.be", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr",
        "hotmail.nl", "hushmail.com", "icloud.com", "inbox.com", "kpnmail.nl", "laposte.net", "libero.it", "live.be",
        "live.co.uk", "live.com", "live.nl", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com",
        "orange.fr", "outlook.be", "outlook.com", "outlook.de", "outlook.fr", "outlook.nl", "pm.me", "proton.me",
        "protonmail.com", "qq.com", "seznam.cz", "t-online.de", "telenet.be", "tutanota.com", "web.de", "xs4all.nl",
        "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com", "yandex.ru", "zeelandnet.nl", "ziggo.nl",
        "163.com",
    }
)  # fmt: skip
"""Domains under which anybody has an address, so that they say nothing of the company."""

MAX_ADDRESS = 320
"""Octets of the longest local part and domain with their ``@`` (RFC 5321, 4.5.3.1)."""

MAX_DOMAIN = 255


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
