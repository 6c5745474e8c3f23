from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webui import words

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (80, "due in 1 h 20 min"),
        (0, "due now"),
        (59, "due in 59 min"),
        (60, "due in 1 h"),
        (26 * 60 + 5, "due in 26 h"),
        (4 * 24 * 60, "due in 4 days"),
        (-180, "overdue by 3 h"),
        (-9, "overdue by 9 min"),
    ],
)
def test_a_response_target_is_told_by_its_distance(minutes: int, told: str) -> None:
    assert words.due_in(NOW + timedelta(minutes=minutes), NOW) == told


@pytest.mark.parametrize(("minutes", "near"), [(-1, "late"), (0, "late"), (119, "soon"), (121, "calm")])
def test_urgency_follows_the_clock(minutes: int, near: str) -> None:
    assert words.urgency(NOW + timedelta(minutes=minutes), NOW) == near


def test_times_are_told_in_utc_whatever_their_zone() -> None:
    there = datetime.fromisoformat("2026-11-23T00:30:00+02:00")
    assert words.stamp(there) == "22 Nov 2026, 22:30 UTC"


def test_a_clock_that_runs_ahead_is_told_as_just_now() -> None:
    assert words.ago(NOW + timedelta(hours=1), NOW) == "just now"
    assert words.ago(NOW - timedelta(minutes=61), NOW) == "1 h 1 min ago"


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.0, "0\u00a0%"), (0.004, "< 1\u00a0%"), (0.5, "50\u00a0%"), (0.996, "> 99\u00a0%"), (1.0, "100\u00a0%")],
)
def test_certainty_is_never_rounded_up_to_certain(share: float, told: str) -> None:
    assert words.percent(share) == told


@pytest.mark.parametrize(("count", "told"), [(0, "0 B"), (999, "999 B"), (24_600, "25 kB"), (3_400_000, "3.4 MB")])
def test_sizes(count: int, told: str) -> None:
    assert words.size(count) == told


def test_identifiers_read_as_words() -> None:
    assert words.plain("professional_services") == "Professional services"
    assert words.plain("") == ""
