"""What is told about a token, to whom and when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mailtriage.alerts import AlertLog, public, token_alerts
from mailtriage.oauth.keeper import TokenKeeper
from tests.mailtriage.tokens import NOON, Clock, keeper
from tests.servers.token_server import TokenServer


def test_a_refresh_token_near_its_end_is_told_14_days_before(
    support: TokenKeeper, server: TokenServer, clock: Clock
) -> None:
    server.refresh_life = 90 * 86400.0
    server.rotates = True
    support.token()
    server.rotates = False
    clock.now = NOON + 75 * 86400
    support.token()
    assert token_alerts(support) == []
    clock.now = NOON + 76.5 * 86400
    support.token()
    [alert] = token_alerts(support)
    assert alert.kind == "refresh_token_ends"
    assert alert.mail_stops is not None and alert.mail_stops.timestamp() == NOON + 90 * 86400
    clock.now = NOON + 91 * 86400
    assert "authorisation ended on" in token_alerts(support)[-1].says


def test_refresh_tokens_that_are_short_but_always_renewed_are_no_alert(
    support: TokenKeeper, server: TokenServer, clock: Clock
) -> None:
    server.life, server.refresh_life = 300.0, 1800.0
    for _ in range(20):
        support.token()
        assert token_alerts(support) == []
        clock.now += 151


def test_a_client_secret_near_its_end_is_told(server: TokenServer, tmp_path: Path, clock: Clock) -> None:
    refresh_token = server.authorised("support")
    for ends, says in [
        (date(2027, 1, 31), "expires soon"), (date(2027, 1, 15), "expired on 2027-01-15"), (date(2027, 3, 1), None),
    ]:  # fmt: skip
        clock.now = 1_800_600_000.0  # 22 January 2027
        ending = keeper(server, tmp_path, clock, refresh_token=refresh_token, secret_expires=ends)
        ending.token()
        found = [alert.says for alert in token_alerts(ending)]
        assert found == [] if says is None else says in found[0]


def test_a_renewal_that_never_comes_is_told(support: TokenKeeper, server: TokenServer, clock: Clock) -> None:
    """Even a watcher that hangs is noticed: what the page says is worked out from the time, not told by the watcher."""
    support.token()
    clock.now = NOON + 1800 + 80
    assert token_alerts(support) == []
    clock.now = NOON + 1800 + 100
    [alert] = token_alerts(support)
    assert (alert.code, support.state().is_dead) == ("late", False)
    clock.now = NOON + 3700
    assert support.state().is_dead


def test_an_alert_is_logged_once_a_day_and_again_when_it_changes(
    support: TokenKeeper, server: TokenServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    support.token()
    server.revoke("support")
    book = AlertLog()

    def logged_in(count: int, *, seconds: float = 60) -> list[str]:
        caplog.clear()
        for _ in range(count):
            clock.now += seconds
            support.tend()
            book.note(token_alerts(support), moment(clock.now))
        return [record.message for record in caplog.records]

    logged = logged_in(40)
    assert len(logged) == 1
    assert (
        "support: the token cannot be renewed (invalid_grant); mail stops at 2027-01-15 09:00:00 UTC. Run" in logged[0]
    )
    assert [("stopped at" in line) for line in logged_in(30)] == [True]
    assert len(logged_in(3 * 24, seconds=3600)) == 3
    (support.file.path.parent.parent / "refresh-token").write_text(server.authorised("support"))
    assert any("well again" in line for line in logged_in(10))


def test_the_public_form_of_an_alert_gives_no_reason(support: TokenKeeper, server: TokenServer, clock: Clock) -> None:
    support.token()
    server.revoke("support")
    clock.now += 2000
    support.tend()
    assert public(token_alerts(support)) == [
        {"mailbox": "support", "kind": "token_not_renewed", "mail_stops": "2027-01-15T09:00:00+00:00"}
    ]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
