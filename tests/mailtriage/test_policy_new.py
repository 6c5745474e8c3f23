"""A policy of one's own: the starter, the guide's commands as they stand there, and the model of the worked example."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.registry import Registry, RegistryError
from classifier.written import ENOUGH, labelled, wanting
from mailtriage.office import Office, open_office
from mailtriage.own_mails import own_mails
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.retraining import retrain
from mailtriage.settings import Settings
from mailtriage.starters import TrainingError, starter_models
from mailtriage.stopwatch import Stopwatch
from policies import loader
from policies.trial.examples import load_examples
from tests.mailtriage.test_cli import Called

DOCS = Path(__file__).parents[2] / "docs"
MEERKOET = DOCS / "examples" / "meerkoet"
BLOCK = re.compile(r"^```(?P<kind>console|diff)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("languages", [[], ["nl", "en"], ["de"]])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Amsterdam", "Asia/Kathmandu", "America/St_Johns"])
def test_what_is_written_has_no_problem_no_conflict_and_examples_for_every_clause(
    languages: list[str], zone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [part for language in languages for part in ("--language", language)]
    assert Called(capsys, "policy", "new", "mine", "--time-zone", zone, *chosen).status == 0
    file = "my-policies/mine.toml"
    assert Called(capsys, "policy", "check", file).out == "no problem\n"
    assert "no conflict" in Called(capsys, "policy", "conflicts", file).out
    tested = Called(capsys, "policy", "test", file)
    assert tested.status == 0, tested.out
    assert "not reached" not in tested.out
    assert "0 with fewer than 3 examples" in tested.out
    assert loader.load(Path(file)).languages == tuple(languages or ["en"])


def test_the_next_commands_are_told_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    written = Called(capsys, "policy", "new", "mine", "--into", "drafts")
    commands = [shlex.split(line) for line in written.out.splitlines()[1:]]
    assert len(commands) == 3
    for program, *arguments in commands:
        assert program == "mailtriage"
        assert Called(capsys, *arguments).status == 0


def test_titles_are_kept_letter_by_letter(capsys: pytest.CaptureFixture[str]) -> None:
    title = 'Größe "$name" \\ & Söhne'
    assert Called(capsys, "policy", "new", "mine", "--title", title, "--vendor", "V").status == 0
    data = tomllib.loads(Path("my-policies/mine.toml").read_text("utf-8"))
    assert (data["title"], data["vendor"]) == (title, "V")


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("my-policies/examples").mkdir(parents=True)
    Path("my-policies/examples/mine.toml").write_text("mine", encoding="utf-8")
    refused = Called(capsys, "policy", "new", "mine")
    assert refused.status == 2
    assert "is there already" in refused.err
    assert not Path("my-policies/mine.toml").exists()
    assert Path("my-policies/examples/mine.toml").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Mine"], "a policy's name"),
        (["../mine"], "a policy's name"),
        (["penelope"], "ships with the program"),
        (["mine", "--time-zone", "Amsterdam"], "Europe/Amsterdam"),
        (["mine", "--language", "English"], "two letters"),
        (["mine", "--title", "two\nlines"], "one line"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = Called(capsys, "policy", "new", *arguments)
    assert refused.status == 2
    assert says in refused.err
    assert refused.err.count("\n") == 1
    assert not Path("my-policies").exists()


def test_templates_are_not_taken_for_policies() -> None:
    assert set(loader.load_folder()) == {"atollon", "penelope", "perfana"}


def test_the_guide_says_what_the_commands_really_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every console block of the guide is run in order, and every diff block applied, as a reader would do it."""
    monkeypatch.setenv("MAILTRIAGE_PROFILE", "lean")
    shipped_models(tmp_path / "mailtriage-data")
    shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    for kind, text in BLOCK.findall((DOCS / "policies.md").read_text("utf-8")):
        if kind == "diff":
            apply(text)
            continue
        for command, wanted in commands(text):
            called = Called(capsys, *shlex.split(command))
            assert called.status == 0, f"{command}\n{called.out}{called.err}"
            assert doctest.OutputChecker().check_output(wanted, called.out, LOOSELY), f"{command}\n{called.out}"


def shipped_models(data_dir: Path) -> None:
    """The models that ship, so that no lean ones of the shipped policies are trained here."""
    Registry(data_dir / "models").install_starters(starter_models("standard"), loader.shipped())


def commands(block: str) -> Iterator[tuple[str, str]]:
    for part in block.split("$ mailtriage ")[1:]:
        command, _, wanted = part.partition("\n")
        yield command, wanted or "...\n"


def apply(block: str) -> None:
    """Replaces what the lines with - say by what those with + say, in the file that --- names."""
    for part in block.split("--- ")[1:]:
        name, _, lines = part.partition("\n")
        file = Path(name)
        text = file.read_text("utf-8")
        for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", lines, re.MULTILINE):
            before, after = (re.sub(r"^[-+]", "", each, flags=re.MULTILINE) for each in (old, new))
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with the worked example among its policies, and the lean model that it makes of it at its start."""
    folder = tmp_path_factory.mktemp("hosting")
    shutil.copytree(MEERKOET, folder / "policies")
    shipped_models(folder / "data")
    office = open_office(Settings(data_dir=folder / "data", policies_dir=folder / "policies", profile="lean"))
    yield office
    office.close()


def test_a_policy_without_shipped_mails_decides_with_a_model_of_its_examples(hosting: Office) -> None:
    raw = (MEERKOET / "mails" / "down.eml").read_bytes()
    counter = Counter(hosting.policy("meerkoet"), hosting.models.of("meerkoet"))
    [recorded] = process([Incoming(raw, datetime.now(UTC))], None, counter, hosting.store, Stopwatch())
    assert recorded.ticket is not None
    ticket = hosting.store.ticket(recorded.ticket)
    assert ticket is not None
    values = {label: decided.value for label, decided in ticket.verdict.labels.items()}
    assert values == {"severity": "SEV1", "scope": "included", "issue_type": "bug", "topic": "hardware_network"}
    assert ticket.state == "review"


def test_a_model_of_examples_alone_decides_nothing_without_a_person(hosting: Office) -> None:
    model = hosting.models.of("meerkoet")
    assert model.acts_alone == ()


def test_examples_become_legal_labelled_mails_and_those_of_unproven_senders_say_nothing_of_the_scope() -> None:
    policy = loader.load(MEERKOET / "meerkoet.toml")
    examples = load_examples(MEERKOET / "examples" / "meerkoet.toml", policy)
    mails = {mail.id: mail for mail in labelled(examples, policy)}
    assert len(mails) == len(examples)
    assert "scope" not in mails["meerkoet-example-business-not-proven"].labels
    day = mails["meerkoet-example-last-day"]
    assert day.labels["severity"] == "SEV2"
    assert day.customer["contract_until"] == "2026-03-10"
    assert len(day.digest) == 16


def test_what_is_wanting_names_each_topic_with_too_few_mails_and_how_many_to_write() -> None:
    policy = loader.load(MEERKOET / "meerkoet.toml")
    mails = labelled(load_examples(MEERKOET / "examples" / "meerkoet.toml", policy), policy)
    assert list(wanting(mails, policy)) == []
    fewer = [mail for mail in mails if mail.labels["topic"] != "abuse"]
    [said] = wanting([*fewer, next(mail for mail in mails if mail.labels["topic"] == "abuse")], policy)
    assert said.startswith("Topic abuse")
    assert f"write {ENOUGH - 1} more" in said


def test_examples_that_cannot_be_read_leave_their_policy_without_a_model_and_stop_nothing(
    tmp_path: Path, make_office: Callable[..., Office], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(MEERKOET, tmp_path / "policies")
    (tmp_path / "policies" / "examples" / "meerkoet.toml").write_text("policy = 3", encoding="utf-8")
    office = make_office(policies_dir=tmp_path / "policies")
    assert "meerkoet stays without a model" in caplog.text
    assert office.models.of("penelope").policy == "penelope"
    with pytest.raises(RegistryError, match="There is no model for meerkoet"):
        office.models.of("meerkoet")


def test_training_without_a_mail_says_where_to_write_some(tmp_path: Path, make_office: Callable[..., Office]) -> None:
    (tmp_path / "policies").mkdir()
    shutil.copyfile(MEERKOET / "meerkoet.toml", tmp_path / "policies" / "meerkoet.toml")
    office = make_office(policies_dir=tmp_path / "policies")
    with pytest.raises(TrainingError, match="write examples beside its file"):
        retrain("meerkoet", office, actor="test")


def test_a_policy_that_ships_mails_learns_from_no_examples(office: Office) -> None:
    assert own_mails(office.policy("perfana"), office.settings) == []
