"""The whole program in one process: mailboxes polled, the page served, the background work done."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

from waitress import create_server

from errors import MailtriageError
from mailtriage.jobs import BackgroundWork
from mailtriage.office import Office
from mailtriage.polling import Poller
from webui.app import create_app

log = logging.getLogger("mailtriage.up")
STOP_SECONDS = 20.0


def up(office: Office, announce: Callable[[str], None]) -> None:
    """Runs until SIGINT or SIGTERM; a batch in flight is finished before the process ends.

    ``announce`` is called with the page's address once everything listens.
    """
    stop = threading.Event()
    pollers = [Poller(table, office, stop) for table in office.settings.mailboxes]
    web = office.settings.web
    app = create_app(
        office.store,
        office.policies,
        office.registry,
        secret_key=office.settings.web_secret(),
        secure_cookies=web.secure_cookies,
        health=lambda: health(pollers),
    )
    try:
        server = create_server(app, host=web.host, port=web.port, threads=web.threads, ident=None)
    except OSError as error:
        raise MailtriageError(
            f"The page cannot listen on {web.host}:{web.port} ({error.strerror}); give web.port or --port a free one."
        ) from error
    work = BackgroundWork(office)
    serving = threading.Thread(target=server.run, name="web", daemon=True)
    work.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    for thread in (*pollers, serving):
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
        for poller in pollers:
            poller.join(STOP_SECONDS)


def health(pollers: list[Poller]) -> Mapping[str, Any]:
    """For ``/healthz``: each mailbox with its last good poll and, when something is wrong, what."""
    return {
        poller.table.name: {
            "last_poll": poller.health.last_poll.isoformat() if poller.health.last_poll else None,
            "problem": poller.health.problem,
        }
        for poller in pollers
    }
