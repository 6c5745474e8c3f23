"""A model put in force by hand, and which mails made it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.card import ModelCard
from classifier.registry import RegistryError
from classifier.snapshot import snapshot
from classifier.snapshot_folder import SnapshotError
from mailtriage.cli import main
from mailtriage.live_mix import live_mix
from mailtriage.office import Office
from mailtriage.promoting import ReasonNeeded, promote, rollback
from mailtriage.provenance import mails_of
from mailtriage.retraining import training_data
from mailtriage.starters import shipped_examples, shipped_snapshot, snapshots_of
from tests import small_model
from tickets.store import Store

REFUSAL = "Severity cost 1.200 against 0.400 on 90 held-back mails: worse, so the new model is refused."


@pytest.fixture
def refused(office: Office) -> str:
    """A version of penelope that the gate refused, with its snapshot."""
    data = snapshot(small_model.examples()[:3], shipped_examples("perfana")[:2])
    snapshots_of(office.registry, "penelope").keep(data)
    card = ModelCard(
        version="",
        policy="penelope",
        profile="lean",
        created_at=datetime.now(UTC),
        program="0.1.0",
        policy_version="1",
        examples=3,
        agent_labelled=0,
        data_digest=data.digest,
        metrics={},
        files={},
        note=REFUSAL,
        promoted=False,
    )
    shipped = office.registry.card("penelope", str(office.registry.current("penelope")))
    return office.registry.add(small_model.model(), replace(card, program=shipped.program)).version


@pytest.fixture
def call(office: Office, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs ``mailtriage models``; the exit code, and all that is said."""

    def called(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["--data-dir", str(office.settings.data_dir), "models", *words])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    return called


def test_against_the_gate_a_reason_is_needed_and_both_are_an_event(office: Office, refused: str) -> None:
    before = office.registry.current("penelope")
    with pytest.raises(ReasonNeeded, match="Severity cost"):
        promote("penelope", refused, office, actor="anna", reason="  ")
    assert office.registry.current("penelope") == before
    promote("penelope", refused, office, actor="anna", reason="the old labels\nare wrong")
    assert office.registry.current("penelope") == refused
    assert rollback("penelope", office, actor="bert", reason="too many pages") == before
    back, put = office.store.events(limit=2)
    assert (put.kind, put.actor, put.details["reason"]) == ("model_promoted", "anna", "the old labels are wrong")
    assert (put.details["before"], put.details["version"], put.details["against_gate"]) == (before, refused, True)
    assert (back.kind, back.actor, back.details["reason"]) == ("model_rolled_back", "bert", "too many pages")
    assert (back.details["before"], back.details["version"]) == (refused, before)
    # One that cannot be used is never put in force.
    (office.registry.folder("penelope") / refused / "arrays.npz").write_bytes(b"other")
    with pytest.raises(RegistryError, match="not the file"):
        promote("penelope", refused, office, actor="anna", reason="because")
    assert office.registry.current("penelope") == before
    assert office.store.events(limit=1) == [back]


def test_the_commands_say_what_is_missing_who_did_it_and_which_mails_made_a_model(
    office: Office, refused: str, call: Callable[..., tuple[int, str]]
) -> None:
    code, said = call("promote", "penelope", refused)
    assert code == 2 and "--reason" in said
    code, said = call("promote", "penelope", refused, "--reason", "tried by hand", "--by", "anna")
    assert (code, said) == (0, f"penelope: {refused} is in force\n")
    gone = small_model.examples()[1]
    code, said = call("mails", "penelope")
    assert code == 0
    assert f"{small_model.examples()[0].digest}  {small_model.examples()[0].id}  (training_data)  severity " in said
    assert "(training_data, of perfana)" in said
    assert snapshots_of(office.registry, "penelope").erase([gone.id]) == 1
    code, said = call("mails", "penelope", refused, "--json")
    told = [json.loads(line) for line in said.splitlines()]
    assert [mail["erased"] for mail in told] == [mail["digest"][:16] == gone.digest for mail in told]
    assert sum(mail["erased"] for mail in told) == 1
    assert gone.id not in {example.id for example in training_data("penelope", office)}
    code, said = call("rollback", "penelope", "--by", "anna")
    assert code == 0 and "is in force again" in said
    assert [event.actor for event in office.store.events(limit=2)] == ["anna", "anna"]


def test_a_starter_is_made_of_the_mails_that_ship_or_nobody_can_say(office: Office) -> None:
    card = office.registry.card("penelope", str(office.registry.current("penelope")))
    same = replace(card, data_digest=shipped_snapshot("penelope", office.policies).digest)
    found = mails_of(same, office.registry, office.policies)
    assert len([mail for mail in found if not mail.pool]) == len(shipped_examples("penelope"))
    with pytest.raises(SnapshotError, match="The next training keeps it"):
        mails_of(replace(card, data_digest="ab" * 32), office.registry, office.policies)


def test_few_live_tickets_say_nothing_of_the_mix_and_many_give_their_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}")
    assert live_mix("penelope", store) is None
    tallies = {"topic": {"other": 15, "server_down": 45}, "scope": {"included": 60}}
    monkeypatch.setattr(Store, "label_tallies", lambda *_: tallies)
    assert live_mix("penelope", store) == {"topic": {"other": 0.25, "server_down": 0.75}, "scope": {"included": 1.0}}
    store.close()
