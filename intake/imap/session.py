"""A signed-in connection with one folder open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from intake.cursor import Delivery
from intake.imap.connection import Client, faults, hang_up
from intake.imap.login import sign_in
from intake.imap.server_words import Meaning, meaning, words_of
from intake.mailbox_settings import MailboxError, MailboxSettings, MailboxUnavailable

SHOWN_FOLDERS = 20
NEWS = ("EXISTS", "RECENT", "EXPUNGE", "VANISHED")
"""Untagged answers that tell of mail come or gone (RFC 9051, 7.5.1; RFC 7162, 3.2.10)."""


class Session:
    """What the parts of a mailbox talk through. ``uidvalidity`` and ``exists`` are those of the folder at its opening.

    ``fresh`` is true until something may have changed since the folder was opened.
    """

    def __init__(self, settings: MailboxSettings) -> None:
        self.settings = settings
        self.uidvalidity = 0
        self.exists = 0
        self.readonly = settings.acknowledge == "none"
        self.fresh = False
        self.client: Client | None = None
        self._broken = False

    def open(self) -> None:
        """Connects, signs in and opens the folder."""
        client = sign_in(self.settings)
        self._broken = False
        try:
            self._select(client)
        except BaseException as error:
            hang_up(client, politely=not isinstance(error, MailboxUnavailable))
            raise
        self.client = client
        self.forget_told()

    def close(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            hang_up(client, politely=not self._broken)

    def select(self, *, readonly: bool | None = None) -> None:
        """Opens the folder anew: says what is in it now, and under which UIDVALIDITY."""
        if readonly is not None:
            self.readonly = readonly
        with self.talk("open the folder") as client:
            self._select(client)
        self.forget_told()

    @contextmanager
    def talk(self, what: str) -> Iterator[Client]:
        """The client, for commands that do ``what``; failures become a :class:`MailboxError` that says so."""
        if self.client is None:
            raise MailboxError(f"Mailbox {self.settings.name!r} is not open.")
        try:
            with faults(self.settings, what):
                yield self.client
        except MailboxUnavailable:
            # Whatever may still come in on it is of no use, and may be without end.
            self._broken = True
            raise

    def noop(self) -> None:
        """Asks whether the server is there, and for what it has to tell (RFC 9051, 6.1.2)."""
        with self.talk("answer") as client:
            status, words = client.wire.noop()
            if status != "OK":
                raise IMAPClientError(words_of(Exception(words[-1])))

    def told_of(self, *answers: str) -> bool:
        """Whether the server sent one of these untagged answers since :meth:`forget_told`."""
        return self.client is not None and any(each in self.client.wire.untagged_responses for each in answers)

    def forget_told(self) -> None:
        """What the server told so far of mail come and gone is known."""
        if self.client is not None:
            for answer in NEWS:
                self.client.wire.untagged_responses.pop(answer, None)

    def delivery(self, uid: int) -> Delivery:
        """Where the mail of that UID is."""
        return Delivery(self.settings.name, self.settings.folder, self.uidvalidity, uid)

    def uids_of(self, deliveries: Sequence[Delivery]) -> list[int]:
        """The UIDs of those deliveries that are in this folder under this UIDVALIDITY, rising."""
        return sorted({each.uid for each in deliveries if each == self.delivery(each.uid)})

    def _select(self, client: Client) -> None:
        settings = self.settings
        with faults(settings, "open the folder"):
            try:
                answer = client.select_folder(settings.folder, readonly=self.readonly)
            except (IMAPClientAbortError, ProtocolError):
                raise
            except IMAPClientError as error:
                if meaning(words_of(error)) is not Meaning.REFUSED:
                    raise
                raise self._no_folder(client, error) from error
            self.uidvalidity = int(answer.get(b"UIDVALIDITY", 0))
            self.exists = int(answer.get(b"EXISTS", 0))
        if not self.readonly:
            self._check_keyword({flag.lower() for flag in answer.get(b"PERMANENTFLAGS", ())})
        self.fresh = True

    def _check_keyword(self, allowed: set[bytes]) -> None:
        settings = self.settings
        keyword = settings.keyword.encode("ascii", "replace").lower()
        if settings.acknowledge == "keyword" and allowed and b"\\*" not in allowed and keyword not in allowed:
            raise MailboxError(
                f"Mailbox {settings.name!r}: the server keeps no keywords in {settings.folder!r}. "
                'Set acknowledge = "seen" or "move".'
            )

    def _no_folder(self, client: Client, error: IMAPClientError) -> MailboxError:
        names = sorted(str(name) for _, _, name in client.list_folders())
        shown = ", ".join(names[:SHOWN_FOLDERS]) + (", ..." if len(names) > SHOWN_FOLDERS else "")
        return MailboxError(
            f"Mailbox {self.settings.name!r}: folder {self.settings.folder!r} cannot be opened ({words_of(error)}). "
            f"There are: {shown or 'none'}."
        )
