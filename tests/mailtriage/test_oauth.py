"""Access tokens: renewed ahead of time, once, kept safe, and never silently dead."""

from __future__ import annotations

import json
import logging
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from intake.mailbox_settings import MailboxError, MailboxUnavailable
from mailtriage.alerts import AlertLog, token_alerts
from mailtriage.oauth.answer import LARGEST_ANSWER
from mailtriage.oauth.faults import TokenRefused, TokenServerUnavailable
from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.oauth.stored import StoredToken, TokenFileError
from tests.mailtriage.tokens import NOON, Clock, keeper
from tests.servers.token_server import CLIENT_ID, CLIENT_SECRET, Answer, TokenServer

ROOT = Path(__file__).parents[2]


def test_a_token_is_asked_for_once_and_kept_for_its_owner_alone(
    support: TokenKeeper, server: TokenServer, tmp_path: Path
) -> None:
    first = support.token()
    assert [support.token() for _ in range(3)] == [first] * 3
    assert server.questions == ["refresh_token"]
    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "tokens" / "support.json").stat().st_mode) == 0o600


def test_a_token_is_renewed_at_half_of_its_life(support: TokenKeeper, server: TokenServer, clock: Clock) -> None:
    first = support.token()
    clock.now = NOON + 1799
    assert support.token() == first
    clock.now = NOON + 1801
    assert support.token() != first
    assert len(server.asked) == 2


def test_another_process_goes_on_from_the_rotated_token(
    support: TokenKeeper, server: TokenServer, tmp_path: Path, clock: Clock
) -> None:
    for _ in range(3):
        support.token()
        clock.now += 2000
    first = (tmp_path / "refresh-token").read_text().strip()
    later = keeper(server, tmp_path, clock, refresh_token=first)
    assert later.token()
    assert len({form["refresh_token"] for form in server.asked}) == len(server.asked) == 4


def test_a_server_that_does_not_rotate_keeps_its_refresh_token(
    support: TokenKeeper, server: TokenServer, clock: Clock
) -> None:
    server.rotates = False
    for _ in range(3):
        support.token()
        clock.now += 2000
    assert len(server.asked) == 3
    assert len({form["refresh_token"] for form in server.asked}) == 1


def test_many_threads_renew_once(support: TokenKeeper, server: TokenServer) -> None:
    server.delay = 0.2
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: support.token(), range(8)))
    assert len(set(tokens)) == len(server.asked) == 1


def test_many_processes_renew_once(support: TokenKeeper, server: TokenServer, tmp_path: Path) -> None:
    server.delay = 0.5
    program = (
        "import sys; from pathlib import Path; from mailtriage.oauth.keeper import TokenKeeper\n"
        "from mailtriage.oauth.table import OAuthTable; from mailtriage.oauth.token_endpoint import TokenEndpoint\n"
        "table = OAuthTable.model_validate_json(sys.argv[1])\n"
        "print(TokenKeeper(TokenEndpoint('support', table), Path(sys.argv[2])).token())"
    )
    arguments = [sys.executable, "-c", program, support.endpoint.table.model_dump_json(), str(tmp_path / "tokens")]
    running = [subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = {process.communicate(timeout=60)[0] for process in running}
    assert len(printed) == len(server.asked) == 1
    assert printed != {""}


def test_a_lock_that_is_not_given_back_is_told(support: TokenKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtriage.oauth.stored.LOCK_SECONDS", 0.1)
    with support.file.locked():
        support.tend()
    failure = support.failure()
    assert failure is not None and failure.code == "locked"


def test_threads_that_waited_for_one_that_was_refused_do_not_ask_again(
    support: TokenKeeper, server: TokenServer
) -> None:
    server.delay, server.refuses = 0.2, "invalid_grant"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: support.tend(), range(8)))
    assert len(server.asked) == 1


def test_a_rotated_token_that_could_not_be_written_is_not_lost(
    support: TokenKeeper, server: TokenServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: StoredToken) -> None:
        raise TokenFileError("Mailbox 'support': no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(support.file, "write", full)
        with pytest.raises(MailboxUnavailable, match="no space left"):
            support.token()
    clock.now += 400
    assert support.token()
    assert len(server.asked) == 1, "what the server gave was written, not asked for again"


def test_a_refusal_says_what_to_run_and_the_old_token_goes_on(
    support: TokenKeeper, server: TokenServer, clock: Clock
) -> None:
    first = support.token()
    server.revoke("support")
    clock.now = NOON + 2000
    assert support.token() == first
    [alert] = token_alerts(support)
    assert (alert.mailbox, alert.kind, alert.code) == ("support", "token_not_renewed", "invalid_grant")
    assert alert.says == "the token cannot be renewed (invalid_grant)"
    assert alert.remedy == "Run: mailtriage mailboxes authorise support"
    assert alert.mail_stops is not None and alert.mail_stops.timestamp() == NOON + 3600
    assert not support.state().is_dead
    clock.now = NOON + 3601
    with pytest.raises(TokenRefused, match="mailtriage mailboxes authorise support") as raised:
        support.token()
    assert first not in str(raised.value)
    assert support.state().is_dead
    [alert] = token_alerts(support)
    assert alert.mail_stops is not None and alert.mail_stops.timestamp() == NOON + 3600


def test_a_refusal_is_over_when_somebody_authorises_anew_in_another_process(
    support: TokenKeeper, server: TokenServer, clock: Clock, tmp_path: Path
) -> None:
    support.token()
    server.revoke("support")
    clock.now = NOON + 4000
    with pytest.raises(TokenRefused):
        support.token()
    other = keeper(server, tmp_path, clock, refresh_token=server.authorised("support"))
    other.keep(other.endpoint.refresh(other.endpoint.first_refresh_token() or ""))
    assert support.token() == other.token()
    assert token_alerts(support) == []


def test_a_new_first_refresh_token_in_the_file_is_taken_up(
    support: TokenKeeper, server: TokenServer, clock: Clock, tmp_path: Path
) -> None:
    support.token()
    server.revoke("support")
    (tmp_path / "refresh-token").write_text(server.authorised("support"))
    clock.now = NOON + 4000
    assert support.token()


def test_the_file_of_the_first_refresh_token_may_go_once_it_was_used(
    support: TokenKeeper, server: TokenServer, clock: Clock, tmp_path: Path
) -> None:
    support.token()
    (tmp_path / "refresh-token").unlink()
    clock.now = NOON + 2000
    support.token()
    assert support.failure() is None
    assert len(server.asked) == 2


def test_a_refused_server_is_not_asked_again_at_once(support: TokenKeeper, server: TokenServer, clock: Clock) -> None:
    server.refuses = "invalid_client"
    for _ in range(50):
        with pytest.raises(TokenRefused, match="client secret"):
            support.token()
    assert len(server.asked) == 1
    for _ in range(3600):
        clock.now += 1
        support.tend()
    assert 12 <= len(server.asked) <= 40


def test_a_token_that_the_mail_server_refuses_is_not_given_out_again(support: TokenKeeper, server: TokenServer) -> None:
    first = support.token()
    support.refused(first)
    second = support.token()
    assert second != first
    assert support.token() == second


def test_a_clock_that_went_back_makes_the_token_due(support: TokenKeeper, server: TokenServer, clock: Clock) -> None:
    first = support.token()
    clock.now = NOON - 86400
    assert support.token() != first


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(500, b"oops"), "http_500"),
        (Answer(503, b'{"access_token": "a", "expires_in": 3600}'), "http_503"),
        (Answer(429, b"slower", {"Retry-After": "120"}), "http_429"),
        (Answer(200, b"<html>Sign in to the network</html>", {"Content-Type": "text/html"}), "bad_answer"),
        (Answer(200, b""), "bad_answer"),
        (Answer(404, b"no such page", {"Content-Type": "text/plain"}), "http_404"),
        (Answer(200, b'{"access_token": "a"', JSON), "bad_answer"),
        (Answer(200, b"[]"), "bad_answer"),
        (Answer(200, b"[" * 100_000), "bad_answer"),
        (Answer(200, b'{"expires_in": 3600}'), "bad_answer"),
        (Answer(200, b'{"access_token": "a\\u0001b"}'), "bad_answer"),
        (Answer(200, b'{"access_token": {"a": 1}}'), "bad_answer"),
        (Answer(200, b'{"access_token": "a", "token_type": "mac"}'), "bad_answer"),
        (Answer(200, b'{"access_token": "a", "expires_in": [1]}'), "bad_answer"),
        (Answer(200, b'{"access_token": "a", "refresh_token": "b\\r\\nc"}'), "bad_answer"),
        (Answer(200, b'{"access_token": "' + b"a" * LARGEST_ANSWER + b'"}'), "too_large"),
        (Answer(302, b'{"access_token": "a"}', {"Location": "http://127.0.0.1:1/"}), "redirect"),
        (Answer(200, b'{"access_token": "a"}', JSON | {"Content-Encoding": "gzip"}), "broken_answer"),
        (Answer(400, b'{"error": "temporarily_unavailable"}'), "temporarily_unavailable"),
    ],
)
def test_what_is_no_answer_is_a_fault_to_be_tried_again(
    support: TokenKeeper, server: TokenServer, clock: Clock, answer: Answer, code: str
) -> None:
    first = support.token()
    clock.now = NOON + 2000
    server.answer = answer
    assert support.token() == first, "the old token still works"
    failure = support.failure()
    assert failure is not None and failure.code == code
    clock.now = NOON + 4000
    with pytest.raises(TokenServerUnavailable, match="goes on trying"):
        support.token()
    server.answer = None
    clock.now = NOON + 5000
    assert support.token()
    assert support.failure() is None


def test_a_server_that_asks_to_be_left_alone_is(support: TokenKeeper, server: TokenServer, clock: Clock) -> None:
    server.answer = Answer(429, b"", {"Retry-After": "1000"})
    support.tend()
    for _ in range(999):
        clock.now += 1
        support.tend()
    assert len(server.asked) == 0
    server.answer = None
    clock.now += 2
    support.tend()
    assert len(server.asked) == 1


def test_a_server_that_stalls_is_given_up(server: TokenServer, tmp_path: Path) -> None:
    hurried = keeper(server, tmp_path, timeout_seconds=0.3, refresh_token="r")
    server.stalls.set()
    with pytest.raises(TokenServerUnavailable, match="does not answer in time"):
        hurried.token()


def test_a_server_that_is_not_there_is_a_fault_to_be_tried_again(server: TokenServer, tmp_path: Path) -> None:
    away = keeper(server, tmp_path, token_url="http://127.0.0.1:1/token", refresh_token="r")
    with pytest.raises(TokenServerUnavailable, match="cannot be reached"):
        away.token()


@pytest.mark.parametrize(
    ("expires_in", "life"),
    [("3599", 3599), (1e12, 400 * 86400), (0, 3600), (-5, 3600), (None, 3600), (86400, 86400)],
)
def test_the_life_of_a_token_is_what_the_server_says_or_an_hour(
    support: TokenKeeper, server: TokenServer, expires_in: object, life: float
) -> None:
    server.answer = Answer(200, json.dumps({"access_token": "a", "expires_in": expires_in}).encode())
    support.token()
    stored = support.stored()
    assert stored is not None and stored.life == life


def test_secrets_are_in_no_message_and_no_repr(
    support: TokenKeeper, server: TokenServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = (tmp_path / "refresh-token").read_text().strip()
    access = support.token()
    stored = support.stored()
    assert stored is not None and stored.refresh_token is not None
    server.refuses = "invalid_grant"
    with pytest.raises(TokenRefused) as raised:
        support.renew(even_if_fresh=True)
    assert "no token for ***" in str(raised.value), "the server repeats the refresh token in its description"
    AlertLog().note(token_alerts(support), token_alerts(support)[0].mail_stops or pytest.fail("no time"))
    said = " ".join([str(raised.value), caplog.text, repr(stored), repr(support.state()), repr(support.failure())])
    assert "invalid_grant" in said
    for secret in (first, access, stored.refresh_token, CLIENT_SECRET):
        assert secret not in said


def test_a_client_asks_for_itself_with_its_secret_in_the_header(server: TokenServer, tmp_path: Path) -> None:
    itself = keeper(
        server, tmp_path, grant="client_credentials", client_authentication="basic", scopes=("imap", "mail")
    )
    assert itself.token()
    assert server.asked[0]["grant_type"] == "client_credentials"
    assert server.asked[0]["scope"] == "imap mail"


def test_a_public_client_has_no_secret(server: TokenServer, tmp_path: Path) -> None:
    server.secret = None
    public_client = keeper(server, tmp_path, client_secret_file=None, refresh_token=server.authorised("support"))
    assert public_client.token()
    assert "client_secret" not in server.asked[0]
    assert server.asked[0]["client_id"] == CLIENT_ID


def test_a_token_made_for_other_settings_is_not_used(support: TokenKeeper, server: TokenServer, tmp_path: Path) -> None:
    support.token()
    other = keeper(server, tmp_path, scopes=("other",))
    with pytest.raises(TokenRefused, match="nobody has authorised"):
        other.token()


def test_a_token_file_that_is_none_is_named(support: TokenKeeper, tmp_path: Path) -> None:
    support.token()
    (tmp_path / "tokens" / "support.json").write_text('{"access_token": 5')
    with pytest.raises(MailboxError, match=r"support\.json is no token file"):
        support.token()
    assert support.state().usable is False
