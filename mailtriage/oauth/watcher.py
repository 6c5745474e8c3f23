"""Renews one mailbox's token while the program runs, however long a session with the mail server stays open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mailtriage.oauth.keeper import TokenKeeper

log = logging.getLogger("mailtriage.oauth")


class TokenWatcher(threading.Thread):
    """Tends a token until ``stop`` is set; calls ``look`` after each round, to have alerts noted.

    Each mailbox has its own, so that one token server that hangs keeps no other token from being renewed.
    """

    def __init__(self, keeper: TokenKeeper, stop: threading.Event, look: Callable[[TokenKeeper], None]) -> None:
        super().__init__(name=f"token-{keeper.mailbox}", daemon=True)
        self.keeper = keeper
        self.stop = stop
        self._look = look

    def run(self) -> None:
        self.keeper.watched = True
        while not self.stop.is_set():
            try:
                self.keeper.tend()
                self._look(self.keeper)
                pause = self.keeper.pause()
            except Exception:  # a thread that dies silently would let the token die silently
                log.exception("%s: looking after the token failed", self.keeper.mailbox)
                pause = 60.0
            self.stop.wait(pause)
        self.keeper.watched = False
