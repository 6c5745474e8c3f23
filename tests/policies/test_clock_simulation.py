"""The support clock against a simulation minute by minute, over random calendars, holidays, targets and pauses."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.policies import clock_cases
from tests.policies.clock_cases import Case

CASES = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@settings(CASES, max_examples=1000)
@given(case=clock_cases.cases(clock_cases.SEASONS))
def test_the_clock_agrees_with_every_minute(case: Case) -> None:
    """Support time between two instants, hours targets and business days, with pauses."""
    assert clock_cases.by_clock(case) == clock_cases.by_minutes(case)


@CASES
@given(case=clock_cases.cases(clock_cases.SEASONS, kinds=("hours",), least_pauses=1))
def test_no_support_time_passes_while_paused(case: Case) -> None:
    assert clock_cases.by_clock(case) == clock_cases.by_minutes(case)


@CASES
@given(case=clock_cases.cases(clock_cases.SEASONS, kinds=("days",)))
def test_business_days_end_at_the_same_wall_time_and_are_moved_on_by_pauses(case: Case) -> None:
    assert clock_cases.by_clock(case) == clock_cases.by_minutes(case)


@pytest.mark.parametrize("zone", clock_cases.ZONES)
def test_every_change_of_daylight_saving_time_is_met(zone: str) -> None:
    """The seasons that cases are drawn from hold a change of each zone's offset, where it has one at all."""
    unchanging = zone in ("Asia/Kolkata", "Asia/Kathmandu", "UTC")
    assert any(clock_cases.changes_in(zone, season) for season in clock_cases.SEASONS) != unchanging
