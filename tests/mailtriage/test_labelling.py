"""Which labels to ask for next, where more would help, which want a second look: a real store, a small model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.card import ModelCard
from classifier.program import program_version
from classifier.registry import Registry
from classifier.teaching import WEIGHTS
from intake.ticket_reference import TicketReferences
from mailtriage import retraining
from mailtriage.cli import main
from mailtriage.commands import labels as commands
from mailtriage.labelling import Labelling
from mailtriage.office import LoadedModels, Office
from mailtriage.settings import Settings
from policies.versions import as_policies
from tests import small_model
from tests.tickets.making import mail, recording, verdict
from tickets import desk
from tickets.store import Store

CARD = ModelCard(
    policy="penelope", version="", created_at=datetime(2026, 1, 1, tzinfo=UTC), profile="lean", examples=60,
    agent_labelled=0, data_digest="", policy_version="1.0.0", program=program_version(), metrics={}, note="", files={},
)  # fmt: skip


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Of one policy, with a small model and no mails that ship but those it learned from."""
    monkeypatch.setattr(retraining, "shipped_examples", lambda name: small_model.examples()[: small_model.LEARNED])
    registry = Registry(tmp_path / "models")
    registry.promote("penelope", registry.add(small_model.model(), CARD).version)
    policies = as_policies({"penelope": small_model.policy()})
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}").counting_by(policies)
    settings = Settings(data_dir=tmp_path)
    yield Office(settings, store, policies, LoadedModels(registry), TicketReferences(b"key" * 11))
    store.close()


def came(office: Office, count: int, start: int = 0) -> list[int]:
    """Tickets of mails that the model does not know, all of them in review."""
    mails = small_model.examples()[small_model.LEARNED :][start : start + count]
    batch = [recording(mail(e.body, subject=e.subject), said=verdict(unsure={"topic": 0.5})) for e in mails]
    return [done.ticket or 0 for done in office.store.record(batch)]


def disagreeing(office: Office) -> tuple[int, int]:
    """Two tickets of one text to which agents gave different topics."""
    [first], [second] = came(office, 1), came(office, 1)
    for number, topic in ((first, "port_information"), (second, "odbc_account")):
        desk.correct(office.store, small_model.policy(), number, {"topic": topic}, agent="anna")
    return first, second


def test_every_waiting_ticket_is_in_the_order_with_its_parts(office: Office) -> None:
    numbers = came(office, 6)
    found = Labelling(office).next("penelope")
    assert sorted(one.item.number for one in found) == numbers
    assert [one.worth.score for one in found] == sorted((one.worth.score for one in found), reverse=True)
    assert set(found[0].to_json()["parts"]) == {*WEIGHTS, "score"}


def test_a_mail_that_came_twice_waits_after_what_is_new(office: Office) -> None:
    first, second, *_ = came(office, 2)
    [again] = came(office, 1)
    order = [one.item.number for one in Labelling(office).next(None)]
    assert order.index(second) < max(order.index(first), order.index(again))


def test_a_label_given_since_is_judged_at_once_and_not_before(office: Office) -> None:
    labelling = Labelling(office)
    assert labelling.suspicious("penelope") == []
    first, second = disagreeing(office)
    found = labelling.suspicious("penelope")
    told = [one.mails for one in found if one.kind == "near_duplicate"]
    assert told == [(f"ticket-{first}", f"ticket-{second}")]
    assert labelling.suspicious("penelope") is found


def test_needed_speaks_of_every_value_of_every_label(office: Office) -> None:
    found = Labelling(office).needed("penelope", 20)
    assert sum(need.portion for need in found) == 20
    assert {need.value for need in found if need.label == "topic"} == set(small_model.policy().topics)


@pytest.mark.parametrize("command", ["next", "needed", "suspicious"])
def test_each_command_prints_a_line_or_an_object_for_each(
    command: str, office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disagreeing(office)
    came(office, 4, start=1)
    monkeypatch.setattr(commands, "office_of", _given(office))
    for arguments in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main(["labels", command, "--policy", "penelope", *arguments])
        printed = capsys.readouterr().out.splitlines()
        assert (ended.value.code, bool(printed)) == (0, True)
    assert all(isinstance(json.loads(line), dict) for line in printed)


def _given(office: Office) -> Callable[[object], AbstractContextManager[Office]]:
    @contextmanager
    def opened(context: object) -> Iterator[Office]:
        yield office

    return opened
