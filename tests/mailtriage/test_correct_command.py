"""The commands on labels: corrected one by one and many at once, taken back, disputes settled; a customer erased."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from classifier.registry import Registry
from mailtriage import cli
from mailtriage.replay import ReplayError, Replays
from policies.versions import as_policies
from tests.tickets.making import mail, recording
from tickets.store import Store

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the command line on a data folder of the test's own: exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(["--data-dir", "data", *arguments])
        return int(left.value.code or 0), *capsys.readouterr()

    return called


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three tickets of penelope, two of them on licences, and one of perfana."""
    (tmp_path / "data").mkdir()
    store = Store.open(f"sqlite:///{tmp_path / 'data' / 'mailtriage.db'}")
    texts = (("Licence renewal", "penelope"), ("Licence lost", "penelope"), ("Slow", "penelope"), ("Slow", "perfana"))
    store.record([recording(mail(subject, subject=subject), policy=policy) for subject, policy in texts])
    yield store
    store.close()


def test_one_ticket_is_corrected_confirmed_and_taken_back(call: Call, store: Store) -> None:
    done = call("correct", "1", "--set", "topic=database_question", "--by", "anna", "--reason", "read it")
    assert done[0] == 0
    assert "topic technical_issue -> database_question; scope" not in done[1], "labels come in their usual order"
    assert "topic technical_issue -> database_question" in done[1]
    [word] = store.corrections(1)
    assert (word.agent, word.why, word.how.bulk, word.how.blind) == ("anna", "read it", False, None)
    assert "it is technical_issue" in call("correct", "1", "--take-back", "topic", "--by", "anna")[1]
    assert call("correct", "1", "--confirm", "--by", "anna")[0] == 0
    assert len(store.corrections(1)) == 4


def test_many_tickets_are_found_shown_and_corrected_in_bulk(call: Call, store: Store) -> None:
    told = ("correct", "--search", "licence", "--where", "severity=SEV3", "--set", "severity=SEV4", "--by", "anna")
    status, out, _ = call(*told, "--dry-run")
    assert (status, len(out.splitlines()), store.corrections()) == (0, 2, [])
    assert "severity SEV3 -> SEV4" in out
    status, out, _ = call(*told, "--yes", "--json")
    assert {json.loads(line)["ticket"] for line in out.splitlines()} == {1, 2}
    assert [(word.ticket, word.how.bulk) for word in store.corrections()] == [(2, True), (1, True)]


def test_a_ticket_that_cannot_have_the_value_leaves_the_others_to_be_done(call: Call, store: Store) -> None:
    _, out, _ = call("correct", "3", "4", "--set", "topic=database_question", "--by", "anna", "--yes")
    assert "4  left as it is: 'database_question' is not a topic of perfana" in out
    assert [word.ticket for word in store.corrections()] == [3]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("1",), "Say one of --set"),
        (("1", "2", "--confirm"), "one ticket at a time"),
        (("1", "--set", "mood=good"), "--set 'mood=good' is not KEY=VALUE with one of severity"),
        (("1", "--set", "severity=SEV9"), "'SEV9' is not a severity"),
        (("1", "--take-back", "severity"), "stands no word of an agent on its severity"),
        (("--search", "zebra", "--set", "severity=SEV1"), "No ticket is found"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    call: Call, store: Store, arguments: tuple[str, ...], says: str
) -> None:
    status, _, error = call("correct", *arguments, "--by", "anna")
    assert status == 2
    assert says in error
    assert store.corrections() == []


def test_a_dispute_is_listed_and_settled(call: Call, store: Store) -> None:
    for agent, severity in (("anna", "SEV1"), ("ben", "SEV2")):
        store.correct(3, {"severity": severity}, agent=agent)
    assert "1  penelope ticket 3  severity: anna" in call("disputes", "list")[1]
    assert call("disputes", "list", "--policy", "perfana")[1] == ""
    settled = call("disputes", "settle", "1", "SEV1", "--by", "lea", "--reason", "all are out")
    assert settled[1] == "1  ticket 3: severity is SEV1\n"
    assert call("disputes", "list")[1] == ""
    assert json.loads(call("disputes", "list", "--all", "--json")[1])["why"] == "all are out"
    assert call("disputes", "settle", "1", "SEV2", "--by", "lea", "--reason", "no")[0] == 2
    assert "no dispute 9" in call("disputes", "settle", "9", "SEV2", "--by", "lea", "--reason", "no")[2]


def test_a_customer_is_erased(call: Call, store: Store, tmp_path: Path) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "tests")
    status, out, _ = call("customers", "erase", "River", "--yes", "--json")
    assert (status, json.loads(out)["mails"]) == (0, 3)
    assert store.messages_of(1)[0].text == ""
    assert store.messages_of(4)[0].text == "Slow", "the mail of another policy is not this customer's"
    with pytest.raises(ReplayError, match="erased with its customer"):
        Replays(store, as_policies({}), Registry(tmp_path)).replay(1)
