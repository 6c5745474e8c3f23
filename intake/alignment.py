"""Whether one domain may speak for another (RFC 7489, 3.1), by the list of public suffixes."""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList


def aligned(proven: str, domain: str) -> bool:
    """Whether what is proven of ``proven`` holds for ``domain``: they are the same, or one is below the other.

    Two domains that are both below a third do not align: who runs one of them may not be who runs the other. Where
    a receiving server has judged DMARC, its word comes first.
    """
    proven, domain = proven.rstrip("."), domain.rstrip(".")
    if proven == domain:
        return bool(proven)
    shorter, longer = sorted((proven, domain), key=len)
    return longer.endswith(f".{shorter}") and not is_shared(shorter)


def is_shared(domain: str) -> bool:
    """Whether anybody may get a domain below ``domain``: it is a public suffix (publicsuffix.org)."""
    return _list().privatesuffix(domain) is None


@cache
def _list() -> PublicSuffixList:
    """The list as it ships with the library; nothing is downloaded."""
    return PublicSuffixList()
