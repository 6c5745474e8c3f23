"""Every version of a policy that was ever in force is kept as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from policies.policy import Policy
from tickets.policy_versions import Adoption, VersionTaken
from tickets.store import Store


@pytest.fixture
def first(penelope: Policy) -> Adoption:
    return Adoption(penelope, date(2026, 1, 1), "ann", "the agreement of 2026")


def test_a_version_is_kept_byte_for_byte(store: Store, first: Adoption) -> None:
    store.adopt_policies([first])
    [row] = store.policy_versions("penelope")
    assert store.policy_content(row.id) == first.policy.source
    assert (row.version, row.effective, row.digest) == (first.policy.version, first.effective, first.policy.digest)
    assert (row.author, row.reason) == ("ann", "the agreement of 2026")


def test_a_version_is_an_event_with_its_author_and_reason(store: Store, first: Adoption) -> None:
    store.adopt_policies([first])
    [event] = store.events()
    assert (event.kind, event.actor, event.ticket) == ("policy_adopted", "ann", None)
    assert event.details["reason"] == "the agreement of 2026"
    assert (event.details["policy"], event.details["effective"]) == ("penelope", "2026-01-01")


def test_a_version_is_taken_once_and_nothing_of_the_batch_is_written(store: Store, first: Adoption) -> None:
    store.adopt_policies([first])
    other = replace(first, policy=replace(first.policy, name="other"))
    with pytest.raises(VersionTaken, match="is there already"):
        store.adopt_policies([other, first])
    assert [row.policy for row in store.policy_versions()] == ["penelope"]


def test_another_content_under_a_number_that_is_taken_is_refused(store: Store, first: Adoption) -> None:
    store.adopt_policies([first])
    with pytest.raises(VersionTaken, match="raise `version`"):
        store.adopt_policies([replace(first, policy=replace(first.policy, digest="0" * 64))])


def test_what_is_found_again_is_recorded_once(store: Store, first: Adoption) -> None:
    store.record_policies([first])
    before = store.policy_state()
    store.record_policies([first])
    assert store.policy_state() == before
    assert len(store.events()) == 1


def test_the_state_changes_with_every_version(store: Store, first: Adoption) -> None:
    states = [store.policy_state()]
    for version in ("1.0.0", "1.1.0"):
        store.adopt_policies([replace(first, policy=replace(first.policy, version=version))])
        states.append(store.policy_state())
    assert len(set(states)) == 3


def test_versions_come_by_the_day_they_take_effect(store: Store, first: Adoption) -> None:
    for version, day in (("1.2.0", 3), ("1.1.0", 1), ("1.3.0", 2)):
        named = replace(first.policy, version=version)
        store.adopt_policies([replace(first, policy=named, effective=date(2026, 5, day))])
    assert [row.version for row in store.policy_versions("penelope")] == ["1.1.0", "1.3.0", "1.2.0"]
