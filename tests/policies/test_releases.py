"""Which versions are supported on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policies.loader import load_shipped
from policies.releases import EndOfLife, Releases, Series

PERFANA: Releases = load_shipped("perfana").file.releases
PENELOPE: Releases = load_shipped("penelope").file.releases
A_DAY = date(2026, 5, 6)


@pytest.mark.parametrize("day", [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 365, 7)] + [date(2026, 12, 31)])
def test_throughout_2026_perfana_3_2_to_3_6_are_supported_and_1_and_2_are_not(day: date) -> None:
    for minor in range(2, 7):
        assert PERFANA.status(f"3.{minor}.1", day) == "supported"
    for version in ("1.0", "1.9.3", "2.0.0", "2.4.1", "1", "2", "3.1.9", "0.9"):
        assert PERFANA.status(version, day) == "end_of_life"


def test_the_anniversary_is_the_last_supported_day() -> None:
    """3.3 was released on 2025-01-21, so 3.2 is supported until two years after."""
    last = PERFANA.last_supported_day("3.2")
    assert last == date(2027, 1, 21)
    assert PERFANA.status("3.2.4", last) == "supported"
    assert PERFANA.status("3.2.4", last + timedelta(days=1)) == "end_of_life"
    assert PERFANA.last_supported_day("3.6") is None


def test_the_count_may_start_at_the_series_own_release() -> None:
    own = PERFANA.model_copy(update={"end_of_life": EndOfLife(years=2, counted_from="own_release")})
    assert own.last_supported_day("3.2") == date(2025, 10, 17)
    assert own.status("3.2.1", date(2025, 10, 18)) == "end_of_life"


def test_two_years_after_29_february_is_28_february() -> None:
    leap = Releases(
        fact="v",
        end_of_life=EndOfLife(years=2),
        series=(Series(name="1", released=date(2022, 1, 1)), Series(name="2", released=date(2024, 2, 29))),
    )
    assert leap.last_supported_day("1") == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("3.6.0-SNAPSHOT", "prerelease"),
        ("3.7.0-snapshot", "prerelease"),
        ("3.6.3-rc1", "prerelease"),
        ("3.7.0-beta1", "prerelease"),
        ("3.6.0rc1", "prerelease"),
        ("3.6.0.rc1", "prerelease"),
        ("3.6.0 beta 2", "prerelease"),
        ("3.6.0_beta", "prerelease"),
        ("3.6.0-dev", "prerelease"),
        ("3.6.0b1", None),
        ("3.6.0-M1", None),
        ("3.6.0-search", None),
        ("3.5 or 3.6", None),
        ("v3.5.2", "supported"),
        ("3.5.2-hotfix.2", "supported"),
        ("3.5.2-77", "supported"),
        ("3.5.x", "supported"),
        ("3.5.2 build 77", "supported"),
        ("3.7.0", None),
        ("4", None),
        ("3", None),
        ("latest", None),
        ("", None),
        ("3.x", None),
    ],
)
def test_perfana_versions_by_suffix_and_those_the_list_does_not_know(version: str, status: str | None) -> None:
    assert PERFANA.status(version, A_DAY) == status


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("5.3", "supported"),
        ("5.6.1", "supported"),
        ("5.2.8", "end_of_life"),
        ("4.12", "end_of_life"),
        ("4", "end_of_life"),
        ("5", None),
        ("5.7", None),
        ("5.10", None),
    ],
)
def test_penelope_5_3_to_5_6_are_supported_and_older_ones_are_not(version: str, status: str | None) -> None:
    assert PENELOPE.status(version, A_DAY) == status


def test_a_version_between_two_listed_series_has_ended_when_the_later_one_has() -> None:
    listed = (Series(name="1"), Series(name="3"), Series(name="5"))
    gaps = Releases(fact="v", oldest_supported="5", series=listed)
    assert gaps.status("2.1", A_DAY) == "end_of_life"
    assert gaps.status("4.0", A_DAY) is None


def test_without_an_end_of_life_rule_no_day_is_the_last() -> None:
    assert PENELOPE.last_supported_day("5.3") is None
