"""Raw mails out of an open folder: a batch at a time, huge ones in parts, and one that will not come by itself."""

from __future__ import annotations

from collections.abc import Sequence

from intake.imap.fetched import Fetched, Listed
from intake.imap.listing import ask, search, still_there
from intake.imap.obstacles import TRIES, Obstacles
from intake.imap.server_words import words_of
from intake.imap.session import Session
from intake.mailbox_settings import MailboxRefused, MailboxThrottled, MailboxUnavailable

PART_BYTES = 8 * 1024 * 1024
"""Longer mails are fetched in parts of this size, each within a timeout of its own."""
TRIES_FOR_HEADER = 2
NEIGHBOURHOOD = 1_000
"""How far around a mail that is refused another one is looked for, to see whether the server gives any."""
NEIGHBOURS = 3
STAND_IN = b"From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\n"
"""How the mail begins that Courier gives in the place of one that another session has removed."""


class Fetcher:
    """Fetches from one session; what broke it is remembered in ``obstacles`` for the next."""

    def __init__(self, session: Session, obstacles: Obstacles) -> None:
        self._session = session
        self._obstacles = obstacles

    def fetch(self, batch: Sequence[Listed]) -> list[Fetched]:
        """The mails of ``batch``; those expunged meanwhile are left out."""
        large = [mail.uid for mail in batch if self._is_large(mail) and not self._suspected(mail)]
        together = [mail.uid for mail in batch if self._comes_with_others(mail)]
        bodies = self._together(together, "BODY.PEEK[]")
        headers = self._together(large, "BODY.PEEK[HEADER]")
        if len(bodies) < len(together):
            # After a wrong literal length one mail may hold another's answer, which then is missing.
            sizes = {mail.uid: mail.size for mail in batch}
            bodies = {uid: body for uid, body in bodies.items() if sizes[uid] in (None, len(body))}
        missing = [uid for uid in (*together, *large) if uid not in bodies and uid not in headers]
        gone = set(missing) - still_there(self._session, sorted(missing)) if missing else set()
        fetched = []
        for mail in batch:
            if mail.uid in gone:
                continue
            if mail.uid in bodies:
                fetched.append(self._fetched(mail, bodies[mail.uid]))
            elif mail.uid in large:
                fetched.append(self._fetched(mail, headers.get(mail.uid, b""), oversize=mail.size))
            elif (alone := self._alone(mail)) is not None:
                fetched.append(alone)
        return fetched

    def _is_large(self, mail: Listed) -> bool:
        return mail.size is not None and mail.size > self._session.settings.max_message_bytes

    def _comes_with_others(self, mail: Listed) -> bool:
        if self._is_large(mail) or (mail.size or 0) > PART_BYTES:
            return False
        return not self._suspected(mail)

    def _suspected(self, mail: Listed) -> bool:
        return self._obstacles.suspected(self._session.uidvalidity, mail.uid)

    def _together(self, uids: Sequence[int], item: str) -> dict[int, bytes]:
        """``item`` of several mails; when the server refuses, of fewer at a time. Those refused alone are left out."""
        if not uids:
            return {}
        try:
            with self._session.talk("fetch mails") as client:
                answers = ask(client, uids, f"({item})")
        except MailboxRefused:
            if len(uids) == 1:
                return {}
            half = len(uids) // 2
            return self._together(uids[:half], item) | self._together(uids[half:], item)
        except MailboxThrottled:
            raise
        except MailboxUnavailable:
            self._obstacles.suspect(self._session.uidvalidity, uids)
            raise
        return {uid: body for uid, answer in answers.items() if (body := _body(answer)) is not None}

    def _alone(self, mail: Listed) -> Fetched | None:
        """One mail by itself; None when it is gone. What the server does not give is at fault, if it gives others."""
        here = self._session.uidvalidity
        if self._is_large(mail):
            header = self._header(mail)
            self._obstacles.passed(here, mail.uid)
            return self._fetched(mail, header, oversize=mail.size)
        if self._obstacles.hopeless(here, mail.uid):
            reason = f"fetching it failed {TRIES} times"
        else:
            try:
                fetched = self._in_parts(mail)
                reason = "it answers without the mail"
            except MailboxRefused as refused:
                fetched, reason = None, words_of(refused.__cause__ or refused)
            except MailboxThrottled:
                raise
            except MailboxUnavailable:
                self._obstacles.failed(here, mail.uid)
                raise
            if fetched is not None or not still_there(self._session, [mail.uid]):
                self._obstacles.passed(here, mail.uid)
                return fetched
        self._make_sure_others_come(mail)
        header = self._header(mail)
        self._obstacles.passed(here, mail.uid)
        fault = f"the server does not give it ({reason}). It is still in the mailbox, unmarked."
        return self._fetched(mail, header, fault=fault)

    def _in_parts(self, mail: Listed) -> Fetched | None:
        parts: list[bytes] = []
        total = 0
        while True:
            part = self._one(mail.uid, f"BODY.PEEK[]<{total}.{PART_BYTES}>")
            if part is None:
                return None
            parts.append(part)
            total += len(part)
            if len(part) != PART_BYTES:  # shorter: the last; longer: all of it, from a server that knows no parts
                return self._fetched(mail, b"".join(parts))
            if total > self._session.settings.max_message_bytes:
                return self._fetched(mail, self._header(mail), oversize=max(total, mail.size or 0))

    def _header(self, mail: Listed) -> bytes:
        """The header, or nothing where it cannot be had either."""
        here = self._session.uidvalidity
        if self._obstacles.hopeless(here, mail.uid, TRIES + TRIES_FOR_HEADER):
            return b""
        try:
            return self._one(mail.uid, "BODY.PEEK[HEADER]") or b""
        except MailboxRefused:
            return b""
        except MailboxThrottled:
            raise
        except MailboxUnavailable:
            self._obstacles.failed(here, mail.uid)
            raise

    def _make_sure_others_come(self, mail: Listed) -> None:
        """Raises :class:`MailboxUnavailable` when the server gives no other mail either: then it is not this mail's
        fault. Where there is no other, a mail must fail several times before it is believed."""
        here = self._session.uidvalidity
        with self._session.talk("look for mails") as client:
            window = f"{max(1, mail.uid - NEIGHBOURHOOD)}:{mail.uid + NEIGHBOURHOOD}"
            near = sorted(search(client, "UID", window), key=lambda uid: abs(uid - mail.uid))
        others = [uid for uid in near if uid != mail.uid and not self._obstacles.suspected(here, uid)]
        if any(self._comes(uid) for uid in others[:NEIGHBOURS]):
            return
        if not others:
            if self._obstacles.hopeless(here, mail.uid):
                return
            self._obstacles.failed(here, mail.uid)
        raise MailboxUnavailable(
            f"Mailbox {self._session.settings.name!r}: {self._session.settings.host} gives no mail of folder "
            f"{self._session.settings.folder!r} just now; mailtriage tries again."
        )

    def _comes(self, uid: int) -> bool:
        try:
            return self._one(uid, "BODY.PEEK[]<0.1>") is not None
        except MailboxRefused:
            return False

    def _one(self, uid: int, item: str) -> bytes | None:
        with self._session.talk("fetch a mail") as client:
            return _body(ask(client, [uid], f"({item})").get(uid, {}))

    def _fetched(self, mail: Listed, raw: bytes, oversize: int | None = None, fault: str | None = None) -> Fetched:
        return Fetched(self._session.delivery(mail.uid), raw, mail.internal_date, oversize, fault)


def _body(answer: dict[bytes, object]) -> bytes | None:
    """The BODY[...] of an answer, whichever part of it was asked for; None where there is none."""
    for name, value in answer.items():
        if name.startswith(b"BODY[") and isinstance(value, bytes) and not value.startswith(STAND_IN):
            return value
    return None
