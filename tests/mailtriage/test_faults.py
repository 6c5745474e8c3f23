"""Mailboxes polled through a proxy that does wrong what networks and servers can do wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailtriage.office import Office, open_office
from mailtriage.settings import Settings
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import KINDS, STEPS
from tests.servers.scenarios import Outcome, by_chance, every_step_and_fault, run

pytestmark = pytest.mark.dovecot

SCENARIOS = [
    *every_step_and_fault(25, seed=3),
    *(replace(by_chance(f"kept{number}", f"kept/{number}"), keeps_session=True) for number in range(5)),
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = open_office(Settings(data_dir=tmp_path_factory.mktemp("faults")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def outcomes(dovecot: Dovecot, office: Office) -> dict[str, Outcome]:
    """What came of each scenario."""
    return {scenario.name: run(scenario, dovecot, office) for scenario in SCENARIOS}


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_each_mail_has_one_record_and_its_mark_and_the_cursor_is_right_whatever_went_wrong(
    outcomes: dict[str, Outcome], name: str
) -> None:
    assert outcomes[name].wrong == [], outcomes[name].met


def test_something_went_wrong_at_every_step_and_in_every_way(outcomes: dict[str, Outcome]) -> None:
    met = [fault for outcome in outcomes.values() for fault in outcome.met]
    assert {fault.step for fault in met} == set(STEPS)
    assert {fault.kind for fault in met} == set(KINDS)
