"""Mail read with access tokens from a real Dovecot that asks a real token server about each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from intake.mailbox import MailboxError
from mailtriage import cli
from mailtriage.alerts import mailbox_alerts, token_watchers
from mailtriage.demo import sample_mails
from mailtriage.doctor import examine
from mailtriage.oauth.faults import TokenRefused
from mailtriage.office import Office
from mailtriage.polling import Poller, poll
from mailtriage.settings import load
from mailtriage.up import health
from tests.servers import dovecot as dovecot_server
from tests.servers import token_server
from tests.servers.dovecot import Dovecot
from tests.servers.token_server import CLIENT_ID, CLIENT_SECRET, TokenServer

pytestmark = pytest.mark.dovecot
MAILBOX = """
[[mailboxes]]
name = "{name}"
policy = "penelope"
host = "{host}"
port = {port}
tls = "none"
username = "{name}"
authentication = "{authentication}"
[mailboxes.oauth]
token_url = "{server.token_url}"
device_url = "{server.base}/device"
client_id = "{client}"
client_secret_file = "{folder}/client-secret"
refresh_token_file = "{folder}/refresh-{name}"
"""
BOTH = {"modern": "oauthbearer", "older": "xoauth2"}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[TokenServer, Dovecot]]:
    with token_server.running() as tokens, dovecot_server.running(tokens.introspection_url) as dovecot:
        yield tokens, dovecot


@pytest.fixture
def tokens(servers: tuple[TokenServer, Dovecot]) -> Iterator[TokenServer]:
    server, dovecot = servers
    server.reset()
    for name in BOTH:
        dovecot.reset(name)
    return server


@pytest.fixture
def config(servers: tuple[TokenServer, Dovecot], tokens: TokenServer, tmp_path: Path) -> Path:
    """Settings with one mailbox for each mechanism, authorised by a refresh token in a file."""
    _, dovecot = servers
    (tmp_path / "client-secret").write_text(CLIENT_SECRET)
    text = f'data_dir = "{tmp_path / "data"}"\npoll_seconds = 0.3\n'
    for name, authentication in BOTH.items():
        (tmp_path / f"refresh-{name}").write_text(tokens.authorised(name))
        text += MAILBOX.format(
            name=name, authentication=authentication, host=dovecot.host, port=dovecot.port, server=tokens,
            client=CLIENT_ID, folder=tmp_path,
        )  # fmt: skip
    path = tmp_path / "mailtriage.toml"
    path.write_text(text)
    return path


@pytest.fixture
def office(config: Path, make_office: Callable[..., Office]) -> Office:
    settings = load(config)
    return make_office(**{name: getattr(settings, name) for name in type(settings).model_fields})


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    return int(left.value.code or 0)


def until(condition: Callable[[], bool], what: str, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def test_mail_is_read_with_both_mechanisms(office: Office, servers: tuple[TokenServer, Dovecot]) -> None:
    tokens, dovecot = servers
    for at, table in enumerate(office.settings.mailboxes):
        dovecot.seed(table.name, [sample_mails("penelope")[at]])
        assert poll(table, office).total == 1
        assert poll(table, office).total == 0
    assert len(set(tokens.introspected)) == 2, "Dovecot asked about one token of each mailbox"
    assert len(tokens.asked) == 2


def test_a_token_that_the_mail_server_no_longer_takes_is_replaced(
    office: Office, servers: tuple[TokenServer, Dovecot]
) -> None:
    tokens, dovecot = servers
    table = office.settings.mailboxes[0]
    poll(table, office)
    tokens.forget_access_tokens()
    dovecot.seed(table.name, sample_mails("penelope")[:1])
    assert poll(table, office).total == 1


def test_a_token_for_another_user_is_refused_without_a_word_of_it(office: Office, tokens: TokenServer) -> None:
    table = office.settings.mailboxes[0].model_copy(update={"username": "somebody-else"})
    with pytest.raises(MailboxError) as raised:
        poll(table, office)
    assert "somebody-else" in str(raised.value)
    for token in tokens.introspected:
        assert token not in str(raised.value)


def test_a_mailbox_that_nobody_authorised_says_what_to_run(office: Office, tokens: TokenServer) -> None:
    tokens.revoke("modern")
    with pytest.raises(TokenRefused, match="mailtriage mailboxes authorise modern"):
        poll(office.settings.mailboxes[0], office)


def test_doctor_renews_the_token_and_signs_in_with_it(office: Office, tokens: TokenServer) -> None:
    found = {finding.subject: finding for finding in examine(office.settings)}
    assert found["token of modern"].well and "good until" in found["token of modern"].says
    assert found["mailbox modern"].well and found["mailbox older"].well
    tokens.revoke("older")
    found = {finding.subject: finding for finding in examine(office.settings)}
    assert "invalid_grant" in found["token of older"].says
    assert "authorise older" in found["token of older"].says


class Running:
    """What ``mailtriage up`` runs for its mailboxes: pollers and token watchers."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.stop = threading.Event()
        self.pollers = [Poller(table, office, self.stop) for table in office.settings.each_folder()]
        self.threads = [*token_watchers(office.tokens, self.stop), *self.pollers]

    def __enter__(self) -> Running:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(20)

    def health(self) -> Mapping[str, Any]:
        return health(self.pollers, self.office.tokens)

    def alerts(self) -> dict[str, str]:
        """The codes of the alerts, by mailbox."""
        return {alert.mailbox: alert.code for alert in mailbox_alerts(self.pollers, self.office.tokens)}


def test_mail_goes_on_through_expiry_and_rotation_and_a_refusal_is_told_before_the_token_is_dead(
    office: Office, servers: tuple[TokenServer, Dovecot], config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens, dovecot = servers
    tokens.life = 3.0
    mails = iter([mail for policy in ("penelope", "atollon", "perfana") for mail in sample_mails(policy)])
    delivered = dict.fromkeys(BOTH, 0)

    def deliver_and_hang_up() -> None:
        """Each mailbox gets a mail, and a new session has to be opened to fetch it."""
        for name in BOTH:
            dovecot.seed(name, [next(mails)])
            delivered[name] += 1
            dovecot.kick(name)

    def all_seen() -> bool:
        return all(sum("\\Seen" in flags for flags in dovecot.flags(name).values()) == delivered[name] for name in BOTH)

    def renewed_and_expired() -> None:
        """Waits until the tokens of now are dead and others have taken their place."""
        ends = max(stored.expires_at for name in BOTH if (stored := office.tokens[name].stored()))
        until(
            lambda: time.time() > ends and all(office.tokens[name].state().usable for name in BOTH),
            "the tokens have expired and been renewed",
        )

    with Running(office) as running:
        until(lambda: all(office.tokens[name].stored() for name in BOTH), "the first tokens are there")
        for _ in range(3):
            renewed_and_expired()
            deliver_and_hang_up()
            until(all_seen, "the mails are recorded and marked")
        assert running.alerts() == {}
        assert running.health()["status"] == "ok"
        refresh_tokens = [form["refresh_token"] for form in tokens.asked]
        assert len(set(refresh_tokens)) == len(refresh_tokens) >= 10, "every rotated token was used once"

        tokens.revoke("modern")
        told = running.health()

        def told_in_time() -> bool:
            nonlocal told
            told = running.health()
            return bool(told["alerts"]) and office.tokens["modern"].state().usable

        until(told_in_time, "an alert while the old token still works")
        assert told["status"] == "ok"
        assert [alert["mailbox"] for alert in told["alerts"]] == ["modern"]
        assert any("modern: the token cannot be renewed (invalid_grant); mail stops at" in m for m in caplog.messages)

        until(lambda: running.health()["status"] == "failing", "the token is dead")
        deliver_and_hang_up()
        until(
            lambda: sum("\\Seen" in f for f in dovecot.flags("older").values()) == delivered["older"], "older goes on"
        )
        assert running.alerts() == {"modern": "invalid_grant"}
        assert sum("\\Seen" in f for f in dovecot.flags("modern").values()) == delivered["modern"] - 1

        tokens.agreed.set()
        tokens.device_user = "modern"
        assert call("--config", str(config), "mailboxes", "authorise", "modern") == 0
        until(all_seen, "the mail that waited is recorded, without a restart")
        until(lambda: running.alerts() == {} and running.health()["status"] == "ok", "all is well again")
    said = caplog.text
    for form in tokens.asked:
        for key in ("refresh_token", "client_secret", "device_code"):
            assert form.get(key, "?!") not in said
    assert not any(token in said for token in tokens.introspected)
