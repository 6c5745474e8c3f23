"""The whole program in one process: mailboxes polled, the page served, the background work done."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from waitress import create_server

from errors import MailtriageError
from mailtriage import second_look
from mailtriage.alerts import mailbox_alerts, public, token_watchers
from mailtriage.audit import figures, hold_alerts
from mailtriage.drift_pages import DriftPages
from mailtriage.jobs import BackgroundWork
from mailtriage.labelling import Labelling
from mailtriage.notifying.threads import Telling
from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.office import Office
from mailtriage.open_request import open_request
from mailtriage.polling import Poller
from mailtriage.promoting import promote, rollback
from mailtriage.word_explanation import Explaining
from webui.alerts import Alert
from webui.app import create_app
from webui.reply_by_mail import Answering
from webui.room import Training

log = logging.getLogger("mailtriage.up")
STOP_SECONDS = 20.0


def up(office: Office, announce: Callable[[str], None]) -> None:
    """Runs until SIGINT or SIGTERM; a batch in flight is finished before the process ends.

    ``announce`` is called with the page's address once everything listens.
    """
    stop = threading.Event()
    pollers = [Poller(table, office, stop) for table in office.settings.each_folder()]
    telling = Telling(office, stop)
    web = office.settings.web
    work = BackgroundWork(office)
    app = create_app(
        office.store,
        office.policies,
        office.registry,
        secret_key=office.settings.web_secret(),
        secure_cookies=web.secure_cookies,
        health=lambda: watched(health(pollers, office.tokens, [*telling.alerts(), *hold_alerts(office.store)]), office),
        alerts=lambda: [
            *mailbox_alerts(pollers, office.tokens),
            *telling.alerts(),
            *hold_alerts(office.store),
        ],
        second_look=second_look.for_pages(office),
        answering=Answering(office.references, office.copy_address),
        open_request=lambda number, topic, agent, why, seen: open_request(
            number, topic, office, agent=agent, why=why, seen=seen
        ),
        explain=Explaining(office).why,
        promote=lambda policy, version, actor, reason: promote(policy, version, office, actor=actor, reason=reason),
        labelling=Labelling(office),
        drifting=DriftPages(office),
        training=Training(
            ask=work.ask, rollback=lambda policy, actor, reason: rollback(policy, office, actor=actor, reason=reason)
        ),
    )
    try:
        server = create_server(app, host=web.host, port=web.port, threads=web.threads, ident=None)
    except OSError as error:
        raise MailtriageError(
            f"The page cannot listen on {web.host}:{web.port} ({error.strerror}); give web.port or --port a free one."
        ) from error
    serving = threading.Thread(target=server.run, name="web", daemon=True)
    work.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    upgrade = second_look.UpgradeRetry(office, stop)
    watchers = token_watchers(office.tokens, stop)
    for thread in (*watchers, *pollers, *telling.threads, serving, upgrade):
        thread.start()
    announce(f"http://{web.host}:{server.effective_port}/")
    try:
        while not stop.wait(1.0):
            pass
    finally:
        stop.set()
        log.info("stopping")
        server.close()
        work.stop()
        ends = time.monotonic() + STOP_SECONDS
        # A token server may be answering with a new refresh token at this moment, and have forgotten the old one.
        for thread in (*watchers, *pollers, *telling.threads, upgrade):
            thread.join(max(0.0, ends - time.monotonic()))


def watched(health: Mapping[str, Any], office: Office) -> Mapping[str, Any]:
    """The same with the figures of the audit, by policy."""
    return {**health, "audit": figures(office, datetime.now(UTC))}


def health(
    pollers: list[Poller], tokens: Mapping[str, TokenKeeper], besides: Sequence[Alert] = ()
) -> Mapping[str, Any]:
    """For ``/healthz``: how each mailbox (each folder, where it has several) is doing, and the alerts.

    ``status`` is ``failing`` once a mailbox has no token that works, or could not be read for a quarter of an hour.
    Notifications that cannot be sent are among the alerts and fail nothing. Anybody may ask, so that no reason is
    given.
    """
    now = datetime.now(UTC)
    failing = any(keeper.state().is_dead for keeper in tokens.values())
    failing = failing or any(poller.health.is_failing(now, poller.began) for poller in pollers)
    return {
        "status": "failing" if failing else "ok",
        "mailboxes": {poller.table.label: poller.health.public(now) for poller in pollers},
        "alerts": public([*mailbox_alerts(pollers, tokens), *besides]),
    }
