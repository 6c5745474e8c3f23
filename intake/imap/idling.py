"""Waiting for new mail by IDLE (RFC 2177)."""

from __future__ import annotations

import selectors
import threading
import time

from imapclient.exceptions import IMAPClientError

from intake.imap.session import NEWS, Session

RENEWAL_SECONDS = 9 * 60.0
"""Servers may hang up after 30 minutes, and home routers forget a silent connection after ten."""
STOP_CHECK_SECONDS = 1.0
"""How often a wait looks whether it is to end; a socket and an event cannot be waited for together."""


def wait(session: Session, seconds: float, stop: threading.Event) -> bool:
    """Waits for at most ``seconds`` until the server tells of mail come or gone; whether it did.

    After each IDLE the server must answer a NOOP within its timeout: an IDLE on a dead connection is silent for ever.
    """
    if session.told_of("EXISTS"):
        return True
    session.forget_told()
    session.fresh = False
    ends = time.monotonic() + seconds
    while not stop.is_set() and (left := ends - time.monotonic()) > 0:
        _idle(session, min(left, RENEWAL_SECONDS), stop)
        session.noop()
        if session.told_of(*NEWS):
            return True
    return False


def _idle(session: Session, seconds: float, stop: threading.Event) -> None:
    """One IDLE, ended by news, after ``seconds``, or by ``stop``."""
    ends = time.monotonic() + seconds
    with session.talk("wait for new mail (IDLE)") as client:
        wire = client.wire
        tag = wire._command("IDLE")
        while wire._get_response() is not None:
            if wire.tagged_commands[tag]:
                raise IMAPClientError(f"IDLE: {wire.tagged_commands.pop(tag)}")
            wire._check_bye()
        # IMAPClient's idle_check reads from a non-blocking socket: it loses half lines and overlooks the end of the
        # connection. Here nothing is read but what is there.
        with selectors.DefaultSelector() as incoming:
            incoming.register(wire.sock, selectors.EVENT_READ)
            while not stop.is_set() and not session.told_of(*NEWS) and (left := ends - time.monotonic()) > 0:
                if wire.anything():
                    wire._get_response()
                    wire._check_bye()
                else:
                    incoming.select(min(left, STOP_CHECK_SECONDS))
        wire.send(b"DONE\r\n")
        while not wire.tagged_commands[tag]:
            wire._get_response()
            wire._check_bye()
        wire.tagged_commands.pop(tag)
