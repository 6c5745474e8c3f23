"""Keeps one mailbox's access token alive: renews it ahead of time, once, and remembers why that failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from intake.mailbox_settings import MailboxError
from mailtriage.mailbox_health import retry_after
from mailtriage.oauth.error_words import NOT_AUTHORISED
from mailtriage.oauth.faults import TokenRefused, TokenServerUnavailable
from mailtriage.oauth.grant import Grant
from mailtriage.oauth.stored import StoredToken, TokenFile
from mailtriage.oauth.token_endpoint import TokenEndpoint

SHORTEST_RETRY_SECONDS = 0.25
RETRY_SHARE = 0.1
"""Of the token's life: so that even a short-lived token is tried several times before it is dead."""
LATE_SECONDS = 90.0
"""Longer than any single try takes."""
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last try to renew failed, how many did in a row, and when the next is due (seconds since 1970)."""

    error: MailboxError
    count: int
    next_try: float
    of: StoredToken | None

    @property
    def code(self) -> str:
        """A short word for the page: the server's error code, or our own."""
        return getattr(self.error, "code", "file")


@dataclass(frozen=True, slots=True)
class TokenState:
    """A mailbox's token at the moment ``now``: what is stored, whether it is ``usable``, and what is wrong.

    ``is_late``: it should have been renewed over a minute ago, and nobody did or was refused.
    """

    now: float
    stored: StoredToken | None
    usable: bool
    failure: Failure | None
    is_late: bool

    @property
    def is_dead(self) -> bool:
        """No mail can be fetched: there is no token that works, and none is on its way."""
        return not self.usable and (self.failure is not None or self.is_late)


class TokenKeeper:
    """The access token of one mailbox, shared by all who sign in to it; safe to use from several threads.

    Is an :class:`intake.mailbox_settings.TokenSource`.
    """

    def __init__(self, endpoint: TokenEndpoint, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.mailbox = endpoint.mailbox
        self.endpoint = endpoint
        self.file = TokenFile(folder, endpoint.mailbox)
        self.watched = False
        """Set by who renews it in the background: :meth:`token` then leaves that to them while it has a good one."""
        self._clock = clock
        self._started = clock()
        self._guard = threading.Lock()
        self._failure: Failure | None = None
        self._unwritten: StoredToken | None = None
        self._refused: str | None = None
        table, provider = endpoint.table, endpoint.provider
        identity = (provider.token_url, table.client_id, table.grant, *provider.scopes)
        self._made_for = sha256("\n".join(identity).encode()).hexdigest()

    def token(self) -> str:
        """An access token that is good now.

        One that can still be used is given even if it cannot be renewed. Raises
        :class:`~mailtriage.oauth.faults.TokenRefused` or
        :class:`~intake.mailbox_settings.MailboxUnavailable`.
        """
        stored = self.stored()
        if stored is not None and self._is_usable(stored):
            if not self.watched and stored.is_due(self._clock()):
                self.tend()
                stored = self.stored() or stored
            return stored.access_token
        return self.renew().access_token

    def refused(self, token: str) -> None:
        """The mail server refused ``token``: it is not given out again, and the next :meth:`token` renews."""
        self._refused = _digest(token)

    def tend(self) -> None:
        """Renews if it is time to; a failure is kept for :meth:`failure`, not raised."""
        try:
            stored = self.stored()
            if stored is None or not self._is_fresh(stored):
                self.renew()
        except MailboxError as error:
            self._failed(error)

    def renew(self, *, even_if_fresh: bool = False) -> StoredToken:
        """Asks the token server now, unless another thread or process has just done so, or a try failed just now.

        Raises what :meth:`token` raises.
        """
        try:
            self._leave_alone(even_if_fresh)
            with self.file.locked():
                stored = self.stored()
                if stored is None or even_if_fresh or not self._is_fresh(stored):
                    self._leave_alone(even_if_fresh)  # whoever held the lock may have been refused
                    stored = self._renewed(stored)
        except MailboxError as error:
            self._failed(error)
            raise
        self._succeeded()
        return stored

    def _renewed(self, stored: StoredToken | None) -> StoredToken:
        try:
            return self._write(self._unwritten_or_asked(stored))
        except MailboxError as error:
            self._failed(error)  # before the lock is given back: whoever waits for it must not ask again
            raise

    def keep(self, grant: Grant) -> StoredToken:
        """Stores what a person has just authorised, in place of whatever there was."""
        token = StoredToken.of(grant, self._made_for, self._clock(), None, self._seed_of_file())
        with self.file.locked():
            self.file.write(token)
        self._succeeded()
        return token

    def stored(self) -> StoredToken | None:
        """What is on disk for these settings; None when there is nothing, or only for others."""
        stored = self.file.read()
        return stored if stored is not None and stored.made_for == self._made_for else None

    def failure(self) -> Failure | None:
        """Why the token cannot be renewed; None while it can, or since it was authorised anew."""
        with self._guard:
            failure = self._failure
        if failure is not None and failure.of != self._stored_or_none():
            self._succeeded()
            return None
        return failure

    def state(self) -> TokenState:
        """How the token is doing at this moment; reads the file, asks nobody."""
        stored, failure = self._stored_or_none(), self.failure()
        now = self._clock()
        usable = stored is not None and self._is_usable(stored)
        due_since = max(self._started, stored.renew_at if stored is not None else 0.0)
        is_late = (stored is None or stored.is_due(now)) and now > due_since + LATE_SECONDS
        return TokenState(now, stored, usable, failure, is_late)

    def pause(self) -> float:
        """Seconds until it makes sense to :meth:`tend` again; short, as it may be authorised anew at any moment."""
        now = self._clock()
        stored, failure = self._stored_or_none(), self.failure()
        until = failure.next_try if failure is not None else stored.renew_at if stored is not None else now
        return min(max(until - now, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)

    def _leave_alone(self, ask_anyway: bool) -> None:
        failure = self.failure()
        if failure is not None and self._clock() < failure.next_try and not ask_anyway:
            raise failure.error.with_traceback(None)

    def _is_usable(self, stored: StoredToken) -> bool:
        return stored.lives(self._clock()) and _digest(stored.access_token) != self._refused

    def _is_fresh(self, stored: StoredToken) -> bool:
        return self._is_usable(stored) and not stored.is_due(self._clock())

    def _unwritten_or_asked(self, stored: StoredToken | None) -> StoredToken:
        """The token that could not be written the last time, while nothing newer is stored; else a new one."""
        unwritten = self._unwritten
        if unwritten is not None and (stored is None or stored.obtained_at < unwritten.obtained_at):
            stored = self._write(unwritten)
            if self._is_fresh(stored):
                return stored
        asked_at = self._clock()
        if self.endpoint.table.grant == "client_credentials":
            return StoredToken.of(self.endpoint.for_itself(), self._made_for, asked_at, None, None)
        refresh_token, seed = self._refresh_token(stored)
        before = stored if stored is not None and stored.refresh_token == refresh_token else None
        grant = self.endpoint.refresh(refresh_token)
        if grant.refresh_token is None and before is None:
            grant = Grant(grant.access_token, grant.life, refresh_token, grant.refresh_life)
        return StoredToken.of(grant, self._made_for, asked_at, before, seed)

    def _refresh_token(self, stored: StoredToken | None) -> tuple[str, str | None]:
        """The refresh token to use, and the seed it descends from: a file changed since then comes first."""
        if stored is not None and stored.refresh_token and self._seed_of_file() in (stored.seed, None):
            return stored.refresh_token, stored.seed
        first = self.endpoint.first_refresh_token()
        if first is None:
            raise TokenRefused(self.mailbox, NOT_AUTHORISED, "nobody has authorised mailtriage to read it yet")
        return first, _digest(first)

    def _seed_of_file(self) -> str | None:
        """Which first refresh token is in its file; None when there is no such file, or no longer."""
        try:
            first = self.endpoint.first_refresh_token()
        except TokenRefused:
            return None
        return _digest(first) if first else None

    def _write(self, token: StoredToken) -> StoredToken:
        """On disk before it is used: a rotated refresh token that is lost locks the mailbox (RFC 6749, 10.4)."""
        self._unwritten = token
        self.file.write(token)
        self._unwritten = None
        return token

    def _succeeded(self) -> None:
        with self._guard:
            self._failure = None

    def _failed(self, error: MailboxError) -> None:
        stored = self._stored_or_none()
        with self._guard:
            if self._failure is not None and self._failure.error is error:
                return
            count = self._failure.count + 1 if self._failure else 1
            wait = retry_after(count)
            if stored is not None:
                wait = min(wait, max(RETRY_SHARE * stored.life, SHORTEST_RETRY_SECONDS))
            if isinstance(error, TokenServerUnavailable):
                wait = max(wait, error.retry_after)
            self._failure = Failure(error, count, self._clock() + wait, stored)

    def _stored_or_none(self) -> StoredToken | None:
        try:
            return self.stored()
        except MailboxError:
            return None


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
