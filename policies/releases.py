"""Which versions of the product are supported on a day."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from policies.part import Day, Part
from policies.when import VersionStatus

_VERSION = re.compile(r"\s*[vV]?(?P<numbers>\d{1,6}(?:\.\d{1,6}){0,5})(?P<suffix>.*)", re.DOTALL)

_SEPARATORS = r"[\s._+()-]"
_BUILD = re.compile(rf"{_SEPARATORS}*[a-z]*{_SEPARATORS}*\d{{0,18}}{_SEPARATORS}*")
_SAME_RELEASE = frozenset(
    ["", "x", "build", "hotfix", "patch", "fix", "update", "sp", "rev", "revision", "final", "ga", "release", "lts"]
)
"""Words behind a version that leave it what it is: ``3.6.0-hotfix.2``, ``3.5.2 build 77``, ``3.2.x``."""

Numbers = tuple[int, ...]
Suffix = Annotated[str, StringConstraints(pattern=r"[A-Za-z]", max_length=40)]


class Series(Part):
    """A release series (``3.2`` stands for every 3.2.x) and the day of its first release."""

    name: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
    released: Day | None = None

    @property
    def numbers(self) -> Numbers:
        return _numbers(self.name)


@lru_cache(1000)
def _numbers(name: str) -> Numbers:
    return tuple(int(part) for part in name.split("."))


class EndOfLife(Part):
    """A series is supported until so many years after a first release: its successor's or its own."""

    years: Annotated[int, Field(ge=1, le=50)]
    counted_from: Literal["successor", "own_release"] = "successor"


class Releases(Part):
    """The release list: either ``oldest_supported`` or an ``end_of_life`` rule says what is supported.

    A version older than the oldest series listed is at end of life; one that is newer than the newest, or is not
    specific enough ("3") or has a suffix that nobody listed, is not known.
    """

    fact: str
    override_fact: str | None = None
    prerelease_suffixes: Annotated[tuple[Suffix, ...], Field(strict=False)] = ()
    oldest_supported: str | None = None
    end_of_life: EndOfLife | None = None
    series: Annotated[tuple[Series, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _consistent(self) -> Releases:
        numbers = [entry.numbers for entry in self.series]
        if numbers != sorted(set(numbers)):
            raise ValueError("list the series once each, the oldest first")
        if (self.oldest_supported is None) == (self.end_of_life is None):
            raise ValueError("give either oldest_supported or end_of_life")
        names = [entry.name for entry in self.series]
        if self.oldest_supported is not None and self.oldest_supported not in names:
            raise ValueError(f"oldest_supported {self.oldest_supported!r} is not listed; allowed: {', '.join(names)}")
        undated = [entry.name for entry in self.series if entry.released is None]
        if self.end_of_life is not None and undated:
            raise ValueError(f"the end_of_life rule needs the release date of: {', '.join(undated)}")
        return self

    def status(self, version: str, on: date) -> VersionStatus | None:
        """Whether ``version`` is supported on that day; None when the list cannot say."""
        match = _VERSION.fullmatch(version)
        if match is None:
            return None
        suffix = match["suffix"].lower()
        if any(_marks(mark, suffix) for mark in self.prerelease_suffixes):
            return "prerelease"
        if not _is_same_release(suffix):
            return None
        wanted = tuple(int(part) for part in match["numbers"].split("."))
        if wanted < self.series[0].numbers[: len(wanted)]:
            return "end_of_life"
        agreeing = [position for position, entry in enumerate(self.series) if _agree(entry.numbers, wanted)]
        if agreeing:
            possible = {self._series_status(position, on) for position in agreeing}
            # "3" may be any 3.x, also one that is not listed: only when all that are listed have ended has it ended.
            vague = any(len(self.series[position].numbers) > len(wanted) for position in agreeing)
            return None if len(possible) > 1 or (vague and "supported" in possible) else possible.pop()
        # Between two listed series: it is not newer than the next one, so an end of that one is an end of it too.
        later = [position for position, entry in enumerate(self.series) if entry.numbers > wanted]
        if later and self._series_status(later[0], on) == "end_of_life":
            return "end_of_life"
        return None

    def _series_status(self, position: int, on: date) -> VersionStatus:
        entry = self.series[position]
        if self.end_of_life is None:
            oldest = next(s.numbers for s in self.series if s.name == self.oldest_supported)
            return "supported" if entry.numbers >= oldest else "end_of_life"
        last = self.last_supported_day(entry.name)
        return "supported" if last is None or on <= last else "end_of_life"

    def last_supported_day(self, name: str) -> date | None:
        """The last day a listed series is supported under the end-of-life rule; None while no end is set.

        The anniversary itself still counts ("for two years after"), in the customer's favour.
        """
        rule = self.end_of_life
        if rule is None:
            return None
        position = [entry.name for entry in self.series].index(name)
        counted = position + 1 if rule.counted_from == "successor" else position
        start = self.series[counted].released if counted < len(self.series) else None
        return _years_after(start, rule.years) if start is not None else None


def _marks(mark: str, suffix: str) -> bool:
    """Whether ``mark`` is a word of the suffix, however it is set apart: ``-rc`` in ``rc1``, ``.RC-1``, ``_rc 1``."""
    letters = f"{_SEPARATORS}*".join(map(re.escape, re.sub(_SEPARATORS, "", mark.lower())))
    return re.search(rf"(?<![^\W\d_]){letters}(?![^\W\d_])", suffix) is not None


def _is_same_release(suffix: str) -> bool:
    """Whether a suffix is a build number, or says that the release was mended: at most one such word and number."""
    return _BUILD.fullmatch(suffix) is not None and re.sub(r"[^a-z]", "", suffix) in _SAME_RELEASE


def _agree(series: Numbers, version: Numbers) -> bool:
    """Whether one is the other with more places: 3.2.1 belongs to 3.2, and "3" may be any 3.x."""
    shared = min(len(series), len(version))
    return series[:shared] == version[:shared]


def _years_after(day: date, years: int) -> date:
    """The same day of the month so many years on; 28 February for a 29th that does not exist."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
