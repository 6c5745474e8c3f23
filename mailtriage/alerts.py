"""What is wrong with the mailboxes, in time: for the page, for /healthz and for the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mailtriage.oauth.error_words import NOT_AUTHORISED, authorise
from mailtriage.oauth.keeper import TokenKeeper, TokenState
from mailtriage.oauth.watcher import TokenWatcher
from mailtriage.polling import Poller
from webui.alerts import Alert

log = logging.getLogger("mailtriage.alerts")
WARN_BEFORE = timedelta(days=14)
REPEAT_AFTER = timedelta(days=1)

TOKEN_NOT_RENEWED = "token_not_renewed"  # noqa: S105 - the name of an alert
REFRESH_TOKEN_ENDS = "refresh_token_ends"  # noqa: S105
CLIENT_SECRET_ENDS = "client_secret_ends"  # noqa: S105
MAILBOX_FAILS = "mailbox_fails"


def token_alerts(keeper: TokenKeeper) -> list[Alert]:
    """What is wrong, or soon will be, with the token of one mailbox."""
    state = keeper.state()
    found = (_renewal(keeper, state), _refresh_token(keeper, state), _client_secret(keeper, state))
    return [alert for alert in found if alert is not None]


def mailbox_alerts(pollers: Iterable[Poller], keepers: Mapping[str, TokenKeeper]) -> list[Alert]:
    """What is wrong with all mailboxes; a token that cannot be renewed is told once, not again as a failed poll."""
    alerts = [alert for keeper in keepers.values() for alert in token_alerts(keeper)]
    told = {alert.mailbox for alert in alerts if alert.kind == TOKEN_NOT_RENEWED}
    for poller in pollers:
        name, problem = poller.table.name, poller.health.problem
        if problem and name not in told:
            says = problem.removeprefix(f"Mailbox {name!r}: ").rstrip(".")
            alerts.append(Alert(poller.table.label, MAILBOX_FAILS, MAILBOX_FAILS, says))
    return alerts


def public(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """The alerts as anybody may read them: which mailbox (or notifications by what, or which policy's autonomy), what
    kind and until when, without a word of why."""
    return [
        {
            alert.part: alert.mailbox,
            "kind": alert.kind,
            "mail_stops": alert.mail_stops.isoformat() if alert.mail_stops else None,
        }
        for alert in alerts
    ]


def sentence(alert: Alert, now: datetime) -> str:
    """The alert in words, for the log."""
    stops = ""
    if alert.mail_stops is not None:
        verb = "stopped" if alert.is_about_the_past(now) else "stops"
        stops = f"; mail {verb} at {alert.mail_stops:%Y-%m-%d %H:%M:%S} UTC"
    joined = {"mailbox": alert.mailbox, "autonomy": f"autonomy under {alert.mailbox}"}
    name = joined.get(alert.part, f"{alert.part} by {alert.mailbox}")
    return f"{name}: {alert.says}{stops}. {alert.remedy}".rstrip()


class AlertLog:
    """Writes each alert to the log when it comes up and once a day while it lasts, and says when it is over."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str, str, bool], datetime] = {}

    def note(self, alerts: Iterable[Alert], now: datetime) -> None:
        there = {(a.mailbox, a.kind, a.code, a.is_about_the_past(now)): a for a in alerts}
        for key, alert in there.items():
            last = self._logged.get(key)
            if last is None or now - last >= REPEAT_AFTER:
                log.warning("%s%s", sentence(alert, now), f" [{alert.detail}]" if alert.detail else "")
                self._logged[key] = now
        for key in self._logged.keys() - there.keys():
            del self._logged[key]
            mailbox, kind, *_ = key
            if not any(alert.mailbox == mailbox and alert.kind == kind for alert in there.values()):
                log.warning("%s: well again (%s is over)", mailbox, kind)


def token_watchers(keepers: Mapping[str, TokenKeeper], stop: threading.Event) -> list[TokenWatcher]:
    """A thread for each token, not yet started, that renews it and logs its alerts until ``stop`` is set."""

    def watcher(keeper: TokenKeeper) -> TokenWatcher:
        book = AlertLog()
        return TokenWatcher(keeper, stop, lambda kept: book.note(token_alerts(kept), datetime.now(UTC)))

    return [watcher(keeper) for keeper in keepers.values()]


def _renewal(keeper: TokenKeeper, state: TokenState) -> Alert | None:
    if state.failure is None and not state.is_late:
        return None
    code, remedy, detail = "late", "Look into the log; mailtriage goes on trying.", ""
    if state.failure is not None:
        code = state.failure.code
        remedy = getattr(state.failure.error, "remedy", str(state.failure.error))
        detail = getattr(state.failure.error, "says", "")
    says = f"the token cannot be renewed ({code})"
    if code == NOT_AUTHORISED:
        says = "nobody has authorised mailtriage to read this mailbox yet"
    stops = None
    if state.stored is not None:
        stops = _moment(state.stored.expires_at if state.usable else min(state.now, state.stored.expires_at))
    return Alert(keeper.mailbox, TOKEN_NOT_RENEWED, code, says, remedy, stops, detail)


def _refresh_token(keeper: TokenKeeper, state: TokenState) -> Alert | None:
    stored = state.stored
    if stored is None or stored.refresh_expires_at is None or stored.refresh_obtained_at is None:
        return None
    # Servers with short sessions give a new refresh token, of half an hour perhaps, each time: that is no alert.
    half = (stored.refresh_expires_at - stored.refresh_obtained_at) / 2
    if state.now < stored.refresh_expires_at - min(WARN_BEFORE.total_seconds(), half):
        return None
    ends = _moment(stored.refresh_expires_at)
    remedy = authorise(keeper.mailbox)
    if ends <= _moment(state.now):
        says = f"the authorisation ended on {ends:%Y-%m-%d}"
        return Alert(keeper.mailbox, REFRESH_TOKEN_ENDS, "ended", says, remedy)
    return Alert(keeper.mailbox, REFRESH_TOKEN_ENDS, "ends", "the authorisation ends soon", remedy, ends)


def _client_secret(keeper: TokenKeeper, state: TokenState) -> Alert | None:
    ends: date | None = keeper.endpoint.table.secret_expires
    today = _moment(state.now).date()
    if ends is None or today < ends - WARN_BEFORE:
        return None
    remedy = "Make a new one at the provider, put it in its file and set secret_expires anew."
    if ends <= today:
        says = f"by the settings, the client secret expired on {ends.isoformat()}"
        return Alert(keeper.mailbox, CLIENT_SECRET_ENDS, "ended", says, remedy)
    midnight = datetime(ends.year, ends.month, ends.day, tzinfo=UTC)
    return Alert(keeper.mailbox, CLIENT_SECRET_ENDS, "ends", "the client secret expires soon", remedy, midnight)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
