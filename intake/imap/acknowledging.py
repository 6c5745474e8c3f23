"""Recorded mails marked in their mailbox: seen, moved, or given a keyword."""

from __future__ import annotations

from collections.abc import Sequence

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from intake.cursor import Delivery
from intake.imap.connection import Client
from intake.imap.listing import search
from intake.imap.session import Session

STORE_CHUNK = 500
"""UIDs of one command: RFC 7162, 4 advises lines of at most 8,192 octets."""


class Marker:
    """Marks mails of one session as its settings say."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._target: str | None = None

    def mark(self, deliveries: Sequence[Delivery]) -> None:
        """Marks those of ``deliveries`` that are in this folder; those that are gone meanwhile are passed over."""
        settings = self._session.settings
        if settings.acknowledge == "none":
            return
        uids = self._session.uids_of(deliveries)
        with self._session.talk("mark mails") as client:
            for at in range(0, len(uids), STORE_CHUNK):
                chunk = uids[at : at + STORE_CHUNK]
                if settings.acknowledge == "seen":
                    client.add_flags(chunk, [b"\\Seen"], silent=True)
                elif settings.acknowledge == "keyword":
                    client.add_flags(chunk, [settings.keyword], silent=True)
                else:
                    self._move(client, chunk)

    def _move(self, client: Client, uids: list[int]) -> None:
        """Moves what is still there; a mail that goes in between makes the server refuse the rest, too (RFC 5530)."""
        for last_try in (False, True):
            self._session.noop()
            there = search(client, "UID", ",".join(map(str, uids)))
            if not there:
                return
            try:
                self._move_now(client, there)
            except (IMAPClientAbortError, ProtocolError):
                raise
            except IMAPClientError:
                if last_try:
                    raise
            else:
                return

    def _move_now(self, client: Client, uids: list[int]) -> None:
        """MOVE (RFC 6851), else COPY, \\Deleted and UID EXPUNGE (RFC 4315)."""
        target = self._folder_to_move_to(client)
        if client.has_capability("MOVE"):
            client.move(uids, target)
            return
        client.copy(uids, target)
        client.add_flags(uids, [b"\\Deleted", b"\\Seen"], silent=True)
        if client.has_capability("UIDPLUS"):
            # A plain EXPUNGE would remove what other programs marked as deleted.
            client.uid_expunge(uids)

    def _folder_to_move_to(self, client: Client) -> str:
        """The folder to move to, made when missing; below the personal namespace where the server insists on it."""
        if self._target is None:
            name = self._session.settings.move_to
            if not client.folder_exists(name):
                try:
                    client.create_folder(name)
                except (IMAPClientAbortError, ProtocolError):
                    raise
                except IMAPClientError:
                    prefix = client.namespace().personal[0][0] if client.has_capability("NAMESPACE") else ""
                    if not prefix:
                        raise
                    name = f"{prefix}{name}"
                    if not client.folder_exists(name):
                        client.create_folder(name)
            self._target = name
        return self._target
