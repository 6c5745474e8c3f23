"""A policy holds from its day on, in its own time zone, in every process; older tickets keep the version of then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from classifier.example import Example
from intake import files
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_labelled, import_mails
from mailtriage.office import Office
from mailtriage.policies_in_force import PoliciesInForce, record_found
from policies.loader import load_shipped
from policies.versions import Fixed, UnknownVersion
from tests.mailtriage.changing import changed, from_day
from tickets import desk
from tickets.policy_versions import Adoption, VersionTaken
from tickets.store import Store

AMSTERDAM_MIDNIGHT = datetime(2026, 6, 14, 22, tzinfo=UTC)
"""15 June 2026 begins in Amsterdam, where it is summer."""
ALWAYS = """
[[rules]]
id = "ask-about-all"
title = "Everything is looked at"
when = { language_in = ["en", "nl"] }
ask = "A person looks at every mail."
"""


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.present = datetime(2026, 6, 1, tzinfo=UTC)
        self.seconds = 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}")
    record_found(store, None)
    yield store
    store.close()


@pytest.fixture
def policies(store: Store, clock: Clock) -> PoliciesInForce:
    return PoliciesInForce(store, clock=lambda: clock.present, ticking=lambda: clock.seconds)


def test_the_shipped_policies_are_in_force_from_the_start(policies: PoliciesInForce) -> None:
    assert list(policies) == ["atollon", "penelope", "perfana"]
    assert len(policies) == 3
    assert policies["perfana"] == load_shipped("perfana")
    assert "nobody" not in policies
    with pytest.raises(KeyError):
        policies["nobody"]


def test_a_version_takes_effect_at_midnight_of_its_own_time_zone(policies: PoliciesInForce) -> None:
    policies.adopt(from_day(changed("perfana", "2.0.0"), "2026-06-15"))
    before = datetime.fromtimestamp(AMSTERDAM_MIDNIGHT.timestamp() - 1, UTC)
    assert policies.at("perfana", before).version == "1.1.0"
    assert policies.at("perfana", AMSTERDAM_MIDNIGHT).version == "2.0.0"


def test_what_is_in_force_changes_as_time_goes_by(policies: PoliciesInForce, clock: Clock) -> None:
    policies.adopt(from_day(changed("perfana", "2.0.0"), "2026-06-15"))
    assert policies["perfana"].version == "1.1.0"
    assert [row.version for row in policies.coming("perfana")] == ["2.0.0"]
    clock.present = AMSTERDAM_MIDNIGHT
    assert policies["perfana"].version == "2.0.0"
    assert policies["perfana"].effective == date(2026, 6, 15)
    assert policies.coming("perfana") == []


@pytest.mark.parametrize("moment", [datetime.min, datetime.max, datetime(1999, 1, 1, tzinfo=UTC)])
def test_any_moment_has_a_version(policies: PoliciesInForce, moment: datetime) -> None:
    policies.adopt(from_day(changed("perfana", "2.0.0"), "2026-06-15"))
    expected = "2.0.0" if moment.year == 9999 else "1.1.0"
    assert policies.at("perfana", moment).version == expected


def test_of_two_versions_of_one_day_the_later_one_counts(policies: PoliciesInForce) -> None:
    for version in ("2.0.0", "2.0.1"):
        policies.adopt(from_day(changed("perfana", version), "2026-06-15"))
    assert policies.at("perfana", AMSTERDAM_MIDNIGHT).version == "2.0.1"


def test_what_another_process_adopted_is_noticed_a_second_later(
    policies: PoliciesInForce, store: Store, clock: Clock
) -> None:
    assert policies["perfana"].version == "1.1.0"
    store.adopt_policies([from_day(changed("perfana", "2.0.0"), "2026-05-01")])
    clock.seconds = 0.9
    assert policies["perfana"].version == "1.1.0"
    clock.seconds = 1.0
    assert policies["perfana"].version == "2.0.0"


def test_a_content_is_parsed_once(policies: PoliciesInForce, clock: Clock) -> None:
    first = policies["penelope"]
    clock.seconds = 60.0
    assert policies["penelope"] is first
    assert policies.version("penelope", first.version) is first


def test_every_version_can_be_had_by_its_number(policies: PoliciesInForce) -> None:
    policies.adopt(from_day(changed("perfana", "2.0.0"), "2026-06-15"))
    assert [policies.version("perfana", number).version for number in ("1.1.0", "2.0.0")] == ["1.1.0", "2.0.0"]
    with pytest.raises(UnknownVersion, match=r"9\.9\.9"):
        policies.version("perfana", "9.9.9")
    assert policies.that_decided("perfana", "9.9.9", AMSTERDAM_MIDNIGHT).version == "2.0.0"


def test_a_plain_mapping_has_one_version_each() -> None:
    fixed = Fixed({"perfana": load_shipped("perfana")})
    assert fixed.at("perfana", AMSTERDAM_MIDNIGHT) is fixed["perfana"] is fixed.version("perfana", "1.1.0")
    with pytest.raises(UnknownVersion):
        fixed.version("perfana", "2.0.0")


def own_folder(tmp_path: Path, source: bytes) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir(exist_ok=True)
    (folder / "perfana.toml").write_bytes(source)
    return folder


def test_an_own_file_stands_in_for_the_shipped_policy_from_the_start(tmp_path: Path) -> None:
    own = changed("perfana", "1.1.0", title="Perfana, as we sell it")
    store = Store.open(f"sqlite:///{tmp_path / 'own.db'}")
    record_found(store, own_folder(tmp_path, own.source))
    assert PoliciesInForce(store)["perfana"].title == "Perfana, as we sell it"
    assert [row.reason for row in store.policy_versions("perfana")] == ["found in policies_dir"]
    record_found(store, None)  # the shipped file has the same number by now, and what is recorded holds
    assert PoliciesInForce(store)["perfana"].title == "Perfana, as we sell it"
    store.close()


def test_an_own_file_edited_without_a_new_version_is_refused(store: Store, tmp_path: Path) -> None:
    folder = own_folder(tmp_path, changed("perfana", "1.1.0", title="Quietly changed").source)
    with pytest.raises(VersionTaken, match=r"raise `version`.*mailtriage policy adopt"):
        record_found(store, folder)
    assert PoliciesInForce(store)["perfana"] == load_shipped("perfana")


def test_an_own_file_with_a_new_version_takes_effect_on_the_day_it_is_found(store: Store, tmp_path: Path) -> None:
    record_found(store, own_folder(tmp_path, changed("perfana", "1.2.0").source))
    policies = PoliciesInForce(store)
    assert policies["perfana"].version == "1.2.0"
    assert policies.history("perfana")[-1].effective == policies.today(policies["perfana"])


def test_an_own_file_with_a_coming_day_waits_for_it(store: Store, tmp_path: Path) -> None:
    record_found(store, own_folder(tmp_path, changed("perfana", "1.2.0", effective="2199-01-01").source))
    policies = PoliciesInForce(store)
    assert policies["perfana"].version == "1.1.0"
    assert [row.effective.year for row in policies.coming("perfana")] == [2199]


def test_mails_are_decided_by_the_version_of_the_moment_they_were_received(office: Office) -> None:
    assert isinstance(office.policies, PoliciesInForce)
    office.policies.adopt(from_day(changed("penelope", "1.2.0", ALWAYS), "2026-06-15"))
    examples = [
        Example(
            id=f"mail-{day}",
            subject=f"Which port {day}",
            body="Which ports does Penelope need to be open?",
            policy="penelope",
            sender=f"ann{day}@customer.example",
            received=datetime(2026, 6, day, 12, tzinfo=UTC),
        )
        for day in (14, 15, 13, 16)
    ]
    import_labelled(examples, "penelope", office, "ann")
    tickets = [office.store.ticket(number) for number in (1, 2, 3, 4)]
    decided = [ticket.verdict.versions.policy for ticket in tickets if ticket]
    assert decided == ["1.1.0", "1.2.0", "1.1.0", "1.2.0"]
    asked = ["A person looks at every mail." in ticket.review_reasons for ticket in tickets if ticket]
    assert asked == [False, True, False, True]


def test_a_correction_follows_the_version_that_decided_the_ticket(office: Office) -> None:
    assert isinstance(office.policies, PoliciesInForce)
    import_mails(files.read([SAMPLES / "perfana"]), "perfana", office)
    office.policies.adopt(from_day(changed("perfana", "3.0.0", title="Another one"), "2026-01-02"))
    ticket = office.store.ticket(1)
    assert ticket
    assert office.policy("perfana").version == "3.0.0"
    assert office.policy_of(ticket).version == "1.1.0"
    desk.correct(office.store, office.policy_of(ticket), 1, {"severity": "SEV1"}, agent="ann")


def test_a_recorded_policy_needs_no_file(make_office: Callable[..., Office], tmp_path: Path) -> None:
    own = changed("perfana", "1.1.0", title="Perfana, as we sell it")
    make_office(policies_dir=own_folder(tmp_path, own.source))
    assert make_office().policy("perfana").title == "Perfana, as we sell it"


def test_a_shipped_file_that_differs_from_what_is_recorded_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'older.db'}")
    older = changed("perfana", "1.1.0", title="As an older program had it")
    store.adopt_policies([Adoption(older, older.effective, "mailtriage", "shipped with mailtriage 0.0.1")])
    with caplog.at_level(logging.INFO, "mailtriage.policies"):
        record_found(store, None)
    assert "perfana 1.1.0 ships with another content" in caplog.text
    assert PoliciesInForce(store)["perfana"].title == "As an older program had it"
    store.close()


def test_what_ships_never_displaces_a_version_of_ones_own(tmp_path: Path) -> None:
    """Neither when an upgrade ships a higher one, nor when the program once starts without the own file."""
    store = Store.open(f"sqlite:///{tmp_path / 'own.db'}")
    own = changed("penelope", "0.9.0")
    record_found(store, own_folder(tmp_path, own.source))
    record_found(store, None)
    assert PoliciesInForce(store)["penelope"].version == "0.9.0"
    assert {row.version for row in PoliciesInForce(store).history("penelope")} == {"0.9.0"}
    assert PoliciesInForce(store)["perfana"].version == load_shipped("perfana").version
    store.close()
