"""The severity tables against the examples of the labelling guide."""

from __future__ import annotations

import pytest

from policies.labels import IMPACT_VALUES
from policies.loader import load_shipped, shipped

FAULT = {"kind": "fault", "environment": "production", "state": "ongoing", "deadline": "false"}

GUIDE = {
    "production down": ("SEV1", FAULT | {"function": "dead", "affected": "all"}),
    "a core function dead for many": (
        "SEV1",
        FAULT | {"function": "dead", "affected": "group", "workaround": "painful"},
    ),
    "data being lost": ("SEV1", FAULT | {"function": "partial", "affected": "group", "data": "lost"}),
    "data exposed": ("SEV1", FAULT | {"function": "unknown", "affected": "all", "data": "exposed"}),
    "a test system down": ("SEV3", FAULT | {"function": "dead", "affected": "all", "environment": "test"}),
    "one user locked out": ("SEV3", FAULT | {"function": "dead", "affected": "one", "workaround": "none"}),
    "down and back": ("SEV4", FAULT | {"function": "dead", "affected": "all", "state": "resolved"}),
    "data lost, now repaired": ("SEV4", FAULT | {"affected": "all", "data": "lost", "state": "resolved"}),
    "very slow for many": ("SEV2", FAULT | {"function": "degraded", "affected": "all", "workaround": "painful"}),
    "a core function fails for a group": ("SEV2", FAULT | {"function": "degraded", "affected": "group"}),
    "a dead function, easily got round": (
        "SEV2",
        FAULT | {"function": "dead", "affected": "group", "workaround": "easy"},
    ),
    "slow, but easily got round": ("SEV3", FAULT | {"function": "degraded", "affected": "group", "workaround": "easy"}),
    "a side function": ("SEV3", FAULT | {"function": "partial", "affected": "group", "workaround": "painful"}),
    "slow for one": ("SEV3", FAULT | {"function": "degraded", "affected": "one"}),
    "claimed dead without any evidence": ("SEV2", FAULT | {"function": "dead", "environment": "unknown"}),
    "told too vaguely": ("SEV3", FAULT | {"function": "unknown", "environment": "unknown"}),
    "a request with a date at risk": ("SEV3", {"kind": "request", "function": "none", "deadline": "true"}),
    "a question": ("SEV4", {"kind": "question", "function": "none", "affected": "none"}),
    "a wish": ("SEV4", {"kind": "wish", "function": "none"}),
    "a cosmetic fault": ("SEV4", FAULT | {"function": "cosmetic", "affected": "all"}),
    "an outage that is planned": ("SEV4", FAULT | {"function": "dead", "affected": "all", "state": "future"}),
    "thanks": ("SEV4", {"kind": "other", "function": "none", "state": "resolved"}),
    "a question about the test system": ("SEV4", {"kind": "question", "function": "none", "environment": "test"}),
    "nothing read at all": ("SEV4", {}),
}


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize(("level", "impact"), GUIDE.values(), ids=GUIDE)
def test_the_guides_examples_get_their_severity(name: str, level: str, impact: dict[str, str]) -> None:
    assert all(value in IMPACT_VALUES[key] for key, value in impact.items())
    severity, row = load_shipped(name).severity_from_impact(impact)
    assert severity == level
    assert row


def test_perfanas_rows_name_their_clause() -> None:
    severity, row = load_shipped("perfana").severity_from_impact(GUIDE["production down"][1])
    assert (severity, row) == ("SEV1", "a core function is dead in production for all or a group (perfana/sev.1)")


def test_perfanas_sev1_is_production_ongoing_and_for_many() -> None:
    """perfana/sev.1 as the guide spells it out: each part is needed."""
    policy = load_shipped("perfana")
    down = FAULT | {"function": "dead", "affected": "all"}
    for change in ({"environment": "test"}, {"state": "resolved"}, {"state": "future"}, {"affected": "one"}):
        assert policy.severity_from_impact(down | change)[0] != "SEV1"
