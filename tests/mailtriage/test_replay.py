"""A stored ticket is decided again, years later, or mailtriage says which part is gone."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from intake import files
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_mails
from mailtriage.office import Office
from mailtriage.replay import ReplayError, replay


@pytest.fixture
def filled(office: Office) -> Office:
    import_mails(files.read([SAMPLES / "perfana"]), "perfana", office)
    return office


def test_every_ticket_gets_the_same_verdict_again(filled: Office) -> None:
    numbers = [item.number for item in filled.store.search(policy="perfana")]
    assert len(numbers) == 8
    assert all(replay(number, filled).same for number in numbers)


def test_a_model_that_is_gone_is_named(filled: Office) -> None:
    version = filled.registry.current("perfana") or ""
    shutil.rmtree(filled.registry.root / "perfana" / version)
    result = replay(1, filled)
    assert not result.same
    assert any(version in part for part in result.gone)


def test_a_policy_of_another_version_is_named(filled: Office) -> None:
    newer = replace(filled.policies["perfana"], version="99")
    result = replay(1, replace(filled, policies={**filled.policies, "perfana": newer}))
    assert any("now 99" in part for part in result.gone)


def test_a_ticket_that_is_not_there_is_said(office: Office) -> None:
    with pytest.raises(ReplayError, match="no ticket 7"):
        replay(7, office)
