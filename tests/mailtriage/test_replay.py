"""A stored ticket is decided again, years later, or mailtriage says which part is gone."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classifier.example import Example
from intake import files
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_labelled, import_mails
from mailtriage.office import Office
from mailtriage.policies_in_force import PoliciesInForce
from mailtriage.replay import ReplayError, replay
from mailtriage.starters import shipped_examples
from policies.labels import LABELS
from policies.versions import Fixed
from tests.alone import alone_above
from tests.mailtriage.changing import changed, from_day
from tickets.columns import json_text

ASKING = """
[[rules]]
id = "asks"
title = "Everything is looked at"
when = { language_in = ["en", "nl"] }
ask = "A person looks at every mail."
"""
SEVERE = """
[[rules]]
id = "severe"
title = "Everything is severe"
when = { language_in = ["en", "nl"] }
raise_to = "SEV1"
"""


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


def test_a_policy_version_that_was_never_recorded_is_named(filled: Office) -> None:
    newer = Fixed({"perfana": changed("perfana", "99.0.0")})
    result = replay(1, replace(filled, policies=newer))
    assert not result.same
    assert result.now is None
    assert [part.split(":")[0] for part in result.gone] == ["policy perfana 1.1.0"]


def test_every_part_that_is_gone_is_named(filled: Office) -> None:
    shutil.rmtree(filled.registry.root / "perfana")
    result = replay(1, replace(filled, policies=Fixed({"perfana": changed("perfana", "99.0.0")})))
    assert [part.split()[0] for part in result.gone] == ["policy", "model"]


def test_a_verdict_that_another_program_gave_names_it_when_it_differs(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.assess.program_version", lambda: "99.0")
    result = replay(1, filled)
    assert not result.same
    assert [part.split(" (")[0] for part in result.gone] == [f"mailtriage {result.then.versions.program}"]


def test_tickets_of_before_after_and_between_changes_get_their_verdicts_byte_for_byte(filled: Office) -> None:
    assert isinstance(filled.policies, PoliciesInForce)
    shipped = filled.models.of("perfana")
    for number, (version, rule) in enumerate((("2.0.0", ASKING), ("3.0.0", SEVERE)), start=1):
        filled.policies.adopt(from_day(changed("perfana", version, rule), f"2026-01-0{number}"))
        autonomy = alone_above(shipped, 0.99, but=frozenset(LABELS) if number == 1 else frozenset())
        card = filled.registry.card("perfana", shipped.version)
        added = filled.registry.add(replace(shipped, autonomy=autonomy), card)
        filled.registry.promote("perfana", added.version)
        import_labelled(later_mails(number), "perfana", filled, "ann")
    items = filled.store.search(policy="perfana", limit=100)
    versions = {ticket.verdict.versions for item in items if (ticket := filled.store.ticket(item.number))}
    assert len(versions) == 3
    replays = [replay(item.number, filled) for item in items]
    assert [found.gone for found in replays if not found.same] == []
    with closing(sqlite3.connect(filled.settings.data_dir / "mailtriage.db")) as connection:
        written = dict(connection.execute("SELECT number, verdict FROM ticket"))
    assert {r.ticket: json_text(r.now.to_json()) for r in replays if r.now} == written


def later_mails(number: int) -> list[Example]:
    """Three shipped mails as new ones, received today."""
    return [
        replace(example, id=f"{example.id}-{number}", received=datetime.now(UTC), labels={}, sender=f"{at}@x.example")
        for at, example in enumerate(shipped_examples("perfana")[:3])
    ]


def test_a_ticket_that_is_not_there_is_said(office: Office) -> None:
    with pytest.raises(ReplayError, match="no ticket 7"):
        replay(7, office)
