"""A mailbox's tokens on disk: one file in ``DATA_DIR/tokens``, its owner's alone, replaced as a whole."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from intake.mailbox_settings import MailboxUnavailable
from mailtriage.oauth.faults import TokenServerUnavailable
from mailtriage.oauth.grant import Grant

RENEW_AT = 0.5
"""The share of an access token's life after which it is renewed: the other half is for noticing that it fails."""
SAME_END_SECONDS = 60.0
LARGEST_FILE = 256 * 1024
LOCK_SECONDS = 60.0
LOCK_LOOK_SECONDS = 0.05


class TokenFileError(MailboxUnavailable):
    """A token file cannot be read or written: says which and why."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What is kept for one mailbox. Times are seconds since 1970, by this machine's clock.

    ``made_for`` identifies the settings it was made for; ``seed`` the first refresh token it descends from, where that
    came from a file. Without ``refresh_token`` the client asks for itself.
    """

    made_for: str
    access_token: str = field(repr=False)
    obtained_at: float
    expires_at: float
    refresh_token: str | None = field(default=None, repr=False)
    refresh_obtained_at: float | None = None
    refresh_expires_at: float | None = None
    seed: str | None = None

    @classmethod
    def of(
        cls, grant: Grant, made_for: str, asked_at: float, before: StoredToken | None, seed: str | None
    ) -> StoredToken:
        """The grant that was asked for at ``asked_at``; what it does not renew stays as it was ``before``."""
        ends = asked_at + grant.refresh_life if grant.refresh_life else None
        same = before is not None and grant.refresh_token in (None, before.refresh_token)
        if before is not None and same and (ends is None or not _is_later(ends, before.refresh_expires_at)):
            since, ends = before.refresh_obtained_at, before.refresh_expires_at or ends
        else:
            since = asked_at
        return cls(
            made_for=made_for,
            access_token=grant.access_token,
            obtained_at=asked_at,
            # Counted from the question, as the answer may have taken its time.
            expires_at=asked_at + grant.life,
            refresh_token=grant.refresh_token or (before.refresh_token if before else None),
            refresh_obtained_at=since,
            refresh_expires_at=ends,
            seed=seed,
        )

    @property
    def life(self) -> float:
        return self.expires_at - self.obtained_at

    @property
    def renew_at(self) -> float:
        return self.obtained_at + RENEW_AT * self.life

    def lives(self, now: float) -> bool:
        """Whether the access token still works, by the clock."""
        return now < self.expires_at

    def is_due(self, now: float) -> bool:
        """Whether it is time to renew; also when the clock has gone back to before the token was made."""
        return now >= self.renew_at or now < self.obtained_at


def _is_later(ends: float, before: float | None) -> bool:
    """Whether a refresh token was given more time; some servers count the same end down instead."""
    return before is not None and ends > before + SAME_END_SECONDS


class TokenFile:
    """The file of one mailbox's tokens, and the lock that lets one process at a time renew them."""

    def __init__(self, folder: Path, mailbox: str) -> None:
        self.mailbox = mailbox
        self.path = folder / f"{mailbox}.json"
        self._lock = folder / f"{mailbox}.lock"

    def read(self) -> StoredToken | None:
        """What is stored; None when there is nothing. Raises :class:`TokenFileError`."""
        try:
            with self.path.open("rb") as file:
                content = json.loads(file.read(LARGEST_FILE))
            return StoredToken(**content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error("read", error.strerror) from error
        except (ValueError, TypeError) as error:
            raise TokenFileError(
                f"Mailbox {self.mailbox!r}: {self.path} is no token file; remove it, then run: "
                f"mailtriage mailboxes authorise {self.mailbox}"
            ) from error

    def write(self, token: StoredToken) -> None:
        """Replaces the file; after a crash either the old or the new one is there. Raises :class:`TokenFileError`."""
        try:
            self._make_folder()
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.mailbox}-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(asdict(token), file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(name).unlink()
                raise
            self._sync_folder()
        except OSError as error:
            raise self._error("written", error.strerror) from error

    def prepare(self) -> None:
        """Makes the folder, so that what is asked of a person can be kept afterwards; raises as :meth:`write` does."""
        try:
            self._make_folder()
        except OSError as error:
            raise self._error("written", error.strerror) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Held by one thread of one process at a time; whoever waits for over a minute is told so."""
        deadline = time.monotonic() + LOCK_SECONDS
        self.prepare()
        try:
            lock = self._lock.open("a")
        except OSError as error:
            raise self._error("written", error.strerror) from error
        with lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise TokenServerUnavailable(
                            self.mailbox, "locked", "another process has been renewing the token for a minute"
                        ) from None
                    time.sleep(LOCK_LOOK_SECONDS)
            yield

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.parent.chmod(0o700)

    def _sync_folder(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _error(self, what: str, why: str | None) -> TokenFileError:
        return TokenFileError(
            f"Mailbox {self.mailbox!r}: {self.path} cannot be {what} ({why}); give it to the user who runs mailtriage."
        )
