"""``mailtriage notifications``, what ``doctor`` and ``poll`` make of them, and their settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailtriage import cli
from mailtriage.commands import running
from mailtriage.doctor import examine
from mailtriage.notifying.deliverer import deliverers
from mailtriage.notifying.threads import tell_once
from mailtriage.office import open_office
from mailtriage.settings import SettingsError, load
from tests.mailtriage.telling import LEAD, opened
from tests.servers import smtp_server, webhook_server
from tests.servers.smtp_server import SmtpServer
from tests.servers.webhook_server import SECRET, WebhookServer


@pytest.fixture
def hook() -> Iterator[WebhookServer]:
    with webhook_server.running() as server:
        yield server


@pytest.fixture
def mails() -> Iterator[SmtpServer]:
    with smtp_server.running() as server:
        yield server


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: WebhookServer, mails: SmtpServer) -> Path:
    """A settings file, in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text(SECRET)
    path = tmp_path / "mailtriage.toml"
    path.write_text(f"""
data_dir = "data"
[web]
address = "https://triage.example/"
[smtp]
host = "127.0.0.1"
port = {mails.port}
tls = "none"
from = "triage@vendor.example"
[[smtp.notify]]
to = ["{LEAD}"]
[[webhooks]]
name = "ops"
url = "{hook.url}"
secret_file = "secret"
allow_private = true
max_tries = 1
""")
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def a_failure(hook: WebhookServer) -> int:
    """A ticket whose missed deadline was told by mail, and given up by webhook."""
    office = open_office(load())
    number = opened(office, datetime.now(UTC) - timedelta(minutes=3))
    hook.statuses = [500]
    tell_once(office)
    office.close()
    return number


def test_the_list_says_what_was_told_and_what_was_not(
    hook: WebhookServer, mails: SmtpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    number = a_failure(hook)
    assert "https://triage.example/tickets/" in mails.mails[0].get_content()
    status, out, _ = call(capsys, "notifications", "list", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert {(row["channel"], row["target"], row["state"]) for row in rows} == {
        ("mail", LEAD, "sent"),
        ("webhook", "ops", "given_up"),
    }
    assert all((row["ticket"], row["event"]) == (number, "deadline_missed") for row in rows)
    _, failed, _ = call(capsys, "notifications", "list", "--failed")
    assert f"given_up  deadline_missed of ticket {number}, webhook ops, 1 tries: 127.0.0.1 answers 500" in failed
    assert len(failed.splitlines()) == 1
    assert SECRET not in out + failed and "team=a" not in out + failed


def test_a_retry_sends_what_was_given_up(hook: WebhookServer, capsys: pytest.CaptureFixture[str]) -> None:
    a_failure(hook)
    office = open_office(load())
    [given_up] = office.store.notifications(failed=True)
    status, out, _ = call(capsys, "notifications", "retry", str(given_up.id))
    assert (status, out) == (0, f"to be sent again: {given_up.id}\n")
    for deliverer in deliverers(office):
        deliverer.deliver_one()
    assert len(hook.received) == 2
    office.close()
    assert "to be sent again: none" in call(capsys, "notifications", "retry", "--all")[1]
    status, _, err = call(capsys, "notifications", "retry", str(given_up.id))
    assert status != 0 and "was sent on" in err
    for wrong in ([], ["1", "--all"]):
        status, _, err = call(capsys, "notifications", "retry", *wrong)
        assert status != 0 and "Say which" in err


def test_a_test_sends_a_sample_and_says_what_the_server_answered(
    hook: WebhookServer, mails: SmtpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "notifications", "test", "mail")
    assert (status, out) == (0, f"sent  {LEAD}: 127.0.0.1 took the mail to {LEAD}\n")
    assert "only tries whether notifications arrive" in mails.mails[0].get_content()
    status, out, _ = call(capsys, "notifications", "test", "webhook", "ops")
    assert (status, out) == (0, "sent  ops: 127.0.0.1 answers 204 No Content\n")
    assert hook.received[0].json | {"event": "test", "ticket": None, "verdict": None} == hook.received[0].json
    assert hook.received[0].is_signed
    hook.statuses = [403]
    status, out, _ = call(capsys, "notifications", "test", "webhook", "ops")
    assert status == 1 and out.startswith("WRONG ops: 127.0.0.1 answers 403")
    mails.answers[LEAD] = "550 no"
    status, out, _ = call(capsys, "notifications", "test", "mail", LEAD)
    assert status == 1 and "refuses the address" in out
    assert "there are: ops" in call(capsys, "notifications", "test", "webhook")[2]
    assert f"there are: {LEAD}" in call(capsys, "notifications", "test", "mail", "x@y.example")[2]


def test_doctor_tries_the_servers_and_sends_nothing(hook: WebhookServer, mails: SmtpServer) -> None:
    found = {finding.subject: finding for finding in examine(load())}
    assert found["notifications by mail"].well and found["notifications by webhook ops"].well
    assert found["notifications"].says == "2 targets, 0 wait to be sent"
    assert hook.received == [] and mails.received == []


def test_doctor_says_what_cannot_be_told(settings: Path, hook: WebhookServer) -> None:
    a_failure(hook)
    settings.write_text(settings.read_text().replace('secret_file = "secret"', 'secret_file = "nowhere"'))
    found = {finding.subject: finding for finding in examine(load())}
    assert "secret_file: cannot read nowhere" in found["notifications by webhook ops"].says
    assert "1 were given up" in found["notifications"].says
    settings.write_text(settings.read_text() + 'policies = ["perfona"]\n')
    found = {finding.subject: finding for finding in examine(load())}
    assert "No policy is called 'perfona'" in found["notifications"].says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[deadlines]\nwarn_at = 'soon'", "deadlines.warn_at: 'soon' is neither a share nor a time"),
        ("[deadlines]\nwarn_at = '0%'", "deadlines.warn_at"),
        ("[deadlines]\nwarn_at_least = '25%'", "deadlines.warn_at_least: '25%' is not a time"),
        ("[deadlines]\nlook_every_seconds = 0", "deadlines.look_every_seconds"),
        ("[web]\naddress = 'triage.example'", "web.address: 'triage.example' is not an address"),
        ("[web]\naddress = 'https://x\\r\\nBcc: y'", "web.address"),
        ("[smtp]\nhost = 'h'\nfrom = 'x'", "smtp.from: 'x' is not an address"),
        ("[smtp]\nhost = 'h'\nfrom = 'a@b.example\\r\\nBcc: c@d.example'", "smtp.from"),
        ("[smtp]\nhost = 'h'\nfrom = 'a@b.example'\ntls = 'none'", "smtp: tls"),
        ("[smtp]\nhost = 'h'\nfrom = 'a@b.example'\nusername = 'u'", "smtp: username goes with exactly one"),
        ("[smtp]\nhost = 'h'\nfrom = 'a@b.example'\n[[smtp.notify]]\nto = ['x']", "smtp.notify.0.to.0"),
        ("[[webhooks]]\nname = 'A'\nurl = 'https://x/'\nsecret_env = 'S'", "webhooks.0.name"),
        ("[[webhooks]]\nname = 'a'\nsecret_env = 'S'", "webhooks.0: give either url or url_file"),
        ("[[webhooks]]\nname = 'a'\nurl = 'https://x/'", "webhooks.0: give either secret_file or secret_env"),
        ("[[webhooks]]\nname = 'a'\nurl = 'http://x/'\nsecret_env = 'S'", "url must begin with https://"),
        (
            "[[webhooks]]\nname = 'a'\nurl = 'https://x/'\nsecret_env = 'S'\nevents = ['deadline_mised']",
            "names no event",
        ),
        ("[[webhooks]]\nname = 'a'\nurl = 'https://x/'\nsecret_env = 'S'\nevents = ['ticket_opened SEV9']", "SEV9"),
        (
            "[[webhooks]]\nname = 'a'\nurl = 'https://x/'\nsecret_env = 'S'\nevents = ['policy_adopted SEV1']",
            "policy_adopted is of no ticket",
        ),
        ("[[webhooks]]\nname = 'a'\nurl = 'https://x/'\nsecret_env = 'S'\n" * 2, "two webhooks have the same name"),
    ],
)
def test_a_mistake_in_the_settings_is_named_by_its_key(settings: Path, text: str, says: str) -> None:
    settings.write_text(text)
    with pytest.raises(SettingsError) as raised:
        load()
    assert says in str(raised.value)


def test_poll_once_tells_as_well(hook: WebhookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(running, "tell_once", called.append)
    monkeypatch.setattr(running, "chosen", lambda settings, names: [])
    with pytest.raises(SystemExit):
        cli.main(["poll", "--once"])
    assert len(called) == 1
