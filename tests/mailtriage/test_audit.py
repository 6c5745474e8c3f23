"""What passes alone is drawn on the way in; what the audit finds is told to people and machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.autonomy import Autonomy
from mailtriage.audit import figures, hold_alerts
from mailtriage.notifying.mail import mail_of
from mailtriage.notifying.message import Message
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.settings import AuditTable, Settings, SettingsError, load
from mailtriage.stopwatch import Stopwatch
from mailtriage.up import watched
from policies.labels import LABELS
from tests.mailtriage.test_cli import Called
from tests.mailtriage.test_pipeline import raw
from tickets.audits import Sampling
from tickets.recording import Recorded
from tickets.rows import How

ALL = Sampling(1.0, key=b"k" * 32)
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ASKED = "Could you please set up an ODBC account for our evaluation team, read only?"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sure(office: Office) -> Counter:
    """A counter whose model decides everything alone and promises 93% of topics."""
    model, policy = office.models.of("penelope"), office.policy("penelope")
    always = dict.fromkeys(policy.topics, 0.0) | {
        str(value): 0.0 for label in LABELS for value in model.heads[label].classes
    }
    autonomy = {
        label: Autonomy(None, 0.5, 0.95, 100, always, 0.93 if label == "topic" else None, 0, ()) for label in LABELS
    }
    return Counter(policy, replace(model, autonomy=autonomy, novelty=None), sampling=ALL)


def run(office: Office, counter: Counter, *subjects: str) -> list[Recorded]:
    batch = [Incoming(raw(subject, ASKED), NOW) for subject in subjects]
    return process(batch, None, counter, office.store, Stopwatch())


def held(office: Office, counter: Counter) -> None:
    """Tickets audited until the topic is held: agents say another one each time."""
    for done in run(office, counter, *(f"odbc {n}" for n in range(8))):
        audit = office.store.audit_of(done.ticket or 0)
        assert audit is not None, "nothing asks for a person"
        said = {**audit.said, "topic": "false_alarm"}
        office.store.correct(done.ticket or 0, said, agent="anna", how=How(blind=True))


def test_every_process_of_an_office_draws_the_same(tmp_path: Path) -> None:
    one, other = (Settings(data_dir=tmp_path, audit=AuditTable(share=0.5)) for _ in range(2))
    drawn = [
        [settings.audit.sampling(settings.reference_key()).draw("penelope", f"mail {n}", {}) for n in range(50)]
        for settings in (one, other)
    ]
    assert drawn[0] == drawn[1]


def test_what_passes_alone_is_drawn_and_a_topic_held_for_it_goes_to_a_person_from_the_next_mail_on(
    office: Office, sure: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    held(office, sure)
    audit = office.store.audits("penelope")[0]
    assert (audit.promised["topic"], audit.promised["scope"]) == (0.93, sure.policy.target_precision["scope"])
    assert (audit.share, audit.model_version) == (1.0, sure.model.version)
    [done] = run(office, sure, "the next one")
    ticket = office.store.ticket(done.ticket or 0)
    assert ticket is not None
    assert ticket.state == "review" and any("held since" in reason for reason in ticket.review_reasons)
    assert all(decision.acted_alone for decision in ticket.verdict.labels.values())

    alerts = hold_alerts(office.store)
    assert {(alert.part, alert.mailbox, alert.kind) for alert in alerts} == {("autonomy", "penelope", "autonomy_held")}
    told = figures(office, datetime.now(UTC))["penelope"]
    assert (told["held"], told["waiting"], told["labels"]["topic"]["judged"]) == (len(alerts), 0, 8)
    assert watched({"status": "ok"}, office)["audit"]["penelope"] == told

    def call(*arguments: str) -> Called:
        capsys.readouterr()
        return Called(capsys, "--data-dir", str(office.settings.data_dir), *arguments)

    [line] = call("audit", "--policy", "penelope", "--json").lines
    assert line["labels"]["topic"]["right"] == 0  # type: ignore[index]
    assert "HELD" in call("audit").out
    number = str(office.store.holds()[0].id)
    assert "decides alone again" in call("audit", "lift", number, "--by", "maria", "--reason", "looked").out
    again = call("audit", "lift", number, "--by", "maria", "--reason", "looked")
    assert (again.status, again.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("event", "details", "says"),
    [
        (
            "autonomy_held",
            {"reason": "1 of 8 audited were right"},
            "topic odbc account decides nothing alone any more: 1",
        ),
        ("autonomy_lifted", {"why": "learned"}, "topic odbc account decides alone again: learned."),
    ],
)
def test_a_mail_tells_what_is_held(event: str, details: dict[str, str], says: str) -> None:
    about = {"policy": "penelope", "label": "topic", "value": "odbc_account", **details}
    mail = mail_of(Message("1", event, NOW, details=about), "us@vendor.example", "lead@vendor.example", NOW)
    assert f"Under penelope, {says}" in " ".join(mail.get_content().split())


def test_the_share_is_a_setting_for_all_or_one_policy(tmp_path: Path) -> None:
    file = tmp_path / "mailtriage.toml"
    file.write_text("[audit]\nshare = 0.05\nshares = {perfana = 0}\n")
    sampling = load(file).audit.sampling(b"")
    assert (sampling.share_of("penelope"), sampling.share_of("perfana")) == (0.05, 0.0)
    file.write_text("[audit]\nshare = 2\n")
    with pytest.raises(SettingsError, match=r"audit\.share"):
        load(file)
