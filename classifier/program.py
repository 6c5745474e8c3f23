"""Which version of the program runs."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

UNKNOWN = "0+unknown"


@cache
def program_version() -> str:
    """The installed version of mailtriage; ``0+unknown`` when it runs from files that were not installed."""
    try:
        return version("mailtriage")
    except PackageNotFoundError:
        return UNKNOWN
