"""``mailtriage mailboxes``: what is set, and the first refresh token by device code and by browser."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from mailtriage import cli
from mailtriage.oauth.authorise import NotAuthorised, by_browser, by_device
from mailtriage.oauth.faults import TokenRefused
from mailtriage.oauth.keeper import TokenKeeper
from tests.mailtriage.tokens import keeper
from tests.servers.token_server import CLIENT_ID, CLIENT_SECRET, TokenServer

SETTINGS = """
data_dir = "{folder}/data"
[[mailboxes]]
name = "plain"
policy = "penelope"
host = "imap.example.org"
username = "plain@example.org"
password = "hunter2-hunter2"
[[mailboxes]]
name = "support"
policy = "penelope"
host = "imap.example.org"
username = "support@example.org"
authentication = "xoauth2"
[mailboxes.oauth]
token_url = "{base}/token"
device_url = "{base}/device"
authorisation_url = "{base}/authorise"
client_id = "{client}"
client_secret_file = "{folder}/client-secret"
"""


@pytest.fixture
def config(server: TokenServer, tmp_path: Path) -> str:
    (tmp_path / "client-secret").write_text(CLIENT_SECRET)
    text = SETTINGS.format(folder=tmp_path, base=server.base, client=CLIENT_ID)
    (tmp_path / "mailtriage.toml").write_text(text)
    return str(tmp_path / "mailtriage.toml")


@pytest.fixture
def support(server: TokenServer, tmp_path: Path) -> TokenKeeper:
    urls = {"device_url": f"{server.base}/device", "authorisation_url": f"{server.base}/authorise"}
    return keeper(server, tmp_path, **urls)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    return int(left.value.code or 0), *capsys.readouterr()


def test_the_mailboxes_are_listed_with_their_tokens_and_no_secret(
    config: str, server: TokenServer, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "--config", config, "mailboxes", "list", "--json")
    plain, support = (json.loads(line) for line in out.splitlines())
    assert status == 0
    assert (plain["mailbox"], plain["folder"], plain["authentication"]) == ("plain", "INBOX", "login")
    assert (support["authentication"], support["token_expires"]) == ("xoauth2", None)
    server.agreed.set()
    call(capsys, "--config", config, "mailboxes", "authorise", "support")
    _, out, _ = call(capsys, "--config", config, "mailboxes", "list", "--json")
    assert json.loads(out.splitlines()[1])["token_expires"].endswith("+00:00")
    _, text, _ = call(capsys, "--config", config, "mailboxes", "list")
    assert "support: support@example.org at imap.example.org, folder INBOX, xoauth2, token good until" in text
    assert "hunter2" not in out + text
    assert CLIENT_SECRET not in out + text


def test_a_mailbox_is_authorised_by_a_code_typed_in_elsewhere(
    config: str, server: TokenServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.agreed.set()
    server.hesitates = 2
    status, out, _ = call(capsys, "--config", config, "mailboxes", "authorise", "support")
    assert status == 0
    assert f"{server.base}/device-page" in out and "ABCD-EFGH" in out
    assert len(server.asked) == 3, "it waited until the person had agreed"
    path = tmp_path / "data" / "tokens" / "support.json"
    stored = json.loads(path.read_text())
    assert stored["refresh_token"] and stored["refresh_token"] not in out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_mailbox_is_authorised_in_a_browser_on_this_machine(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.echo", Browser())
    status, _, _ = call(capsys, "--config", config, "mailboxes", "authorise", "support", "--flow", "browser")
    assert status == 0
    assert json.loads((tmp_path / "data" / "tokens" / "support.json").read_text())["refresh_token"]


class Browser:
    """Opens the address it is told, as a person would, and follows where it is sent."""

    def __init__(self, **changed: str) -> None:
        self.changed = changed
        self.asked: dict[str, list[str]] = {}
        self.status: list[int] = []

    def __call__(self, line: str = "", **_: object) -> None:
        if "/authorise?" in line:
            threading.Thread(target=self.open, args=(line.strip(),), daemon=True).start()

    def open(self, address: str) -> None:
        self.asked = parse_qs(urlsplit(address).query)
        sent_to = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
        parts = urlsplit(sent_to)
        there = f"{parts.scheme}://{parts.netloc}"
        elsewhere = {"path": f"{there}/favicon.ico", "state": f"{there}/?code=stolen&state=guessed"}
        for url in (*elsewhere.values(), f"{there}/?{self.changed.get('query', parts.query)}"):
            self.status.append(requests.get(url, timeout=5).status_code)


def test_the_browser_flow_uses_pkce_and_takes_only_its_own_answer(support: TokenKeeper) -> None:
    browser = Browser()
    grant = by_browser(support.endpoint, "support@example.org", browser, wait_seconds=10)
    assert grant.refresh_token
    assert browser.asked["code_challenge_method"] == ["S256"]
    assert browser.asked["login_hint"] == ["support@example.org"]
    assert urlsplit(browser.asked["redirect_uri"][0]).hostname == "127.0.0.1"
    assert browser.status[:2] == [404, 404], "another path, and a state that is not ours"


def test_nobody_at_the_browser_is_said(support: TokenKeeper) -> None:
    with pytest.raises(NotAuthorised, match="did not come back in time"):
        by_browser(support.endpoint, "support@example.org", lambda _: None, wait_seconds=0.2)


def test_a_person_who_declines_in_the_browser_is_said(support: TokenKeeper) -> None:
    def decline(line: str) -> None:
        if "/authorise?" in line:
            asked = {name: value[0] for name, value in parse_qs(urlsplit(line.strip()).query).items()}
            answer = f"{asked['redirect_uri']}?error=access_denied&state={asked['state']}"
            threading.Thread(target=requests.get, args=(answer,), kwargs={"timeout": 5}, daemon=True).start()

    with pytest.raises(NotAuthorised, match="access_denied"):
        by_browser(support.endpoint, "support@example.org", decline, wait_seconds=10)


def test_a_code_that_the_server_refuses_is_said(support: TokenKeeper, server: TokenServer) -> None:
    server.refuses = "access_denied"
    with pytest.raises(TokenRefused, match="access_denied"):
        by_device(support.endpoint, lambda _: None)


def test_a_device_code_that_nobody_types_in_ends(support: TokenKeeper, server: TokenServer) -> None:
    server.device_code_lasts = 0.3
    with pytest.raises(NotAuthorised, match="in time"):
        by_device(support.endpoint, lambda _: None)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["authorise", "nobody"], "there are: plain, support"),
        (["authorise", "plain"], "signs in with a password"),
    ],
)
def test_what_cannot_be_authorised_is_one_line(
    config: str, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = call(capsys, "--config", config, "mailboxes", *arguments)
    assert status == 2
    assert says in err


@pytest.mark.parametrize(
    ("without", "flow", "says"),
    [
        (("device_url", "authorisation_url"), [], "device_url or authorisation_url"),
        (("device_url",), ["--flow", "device"], "Set device_url"),
    ],
)
def test_a_flow_without_its_endpoint_says_which_setting_it_needs(
    config: str, without: tuple[str, ...], flow: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Path(config).read_text().splitlines()
    Path(config).write_text("\n".join(line for line in lines if not line.startswith(without)))
    status, _, err = call(capsys, "--config", config, "mailboxes", "authorise", "support", *flow)
    assert status == 2
    assert says in err
