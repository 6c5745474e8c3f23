"""Which machine a name may lead to: looked up once, checked, and then connected to by that very address."""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

from mailtriage.notifying.delivery import NotDelivered

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for an IPv4 one (RFC 6052, 2.1)."""
MOST_TRIED = 4


def addresses_of(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of ``host`` that may be connected to; raises :class:`NotDelivered` when there is none.

    A name that leads to a private address is refused as a whole, so that it cannot lead there the next time.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "no such name"
        raise NotDelivered(f"{host} cannot be looked up ({why})") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(is_public(address) for address in addresses):
        raise NotDelivered(
            f"{host} leads to an address of a private network or of this machine; set allow_private = true for the "
            "webhook if that is meant"
        )
    return addresses[:MOST_TRIED]


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, itself and what it may stand for."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if parsed in NAT64:
        return _is_public(IPv4Address(int(parsed) & 0xFFFFFFFF))
    return all(_is_public(one) for one in (parsed, *_within(parsed)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address.is_site_local:  # RFC 3879: no longer to be used, yet routed by some
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries (6to4, Teredo); one that only maps one is never public."""
    if isinstance(address, IPv4Address):
        return []
    return [one for one in (address.sixtofour, *(address.teredo or ())) if one is not None]
