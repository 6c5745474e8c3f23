"""Notifications by mail: a plain message that machines know for one, given to the SMTP server of the settings."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from intake.screening import LOOP_HEADER
from mailtriage.header_text import header_text
from mailtriage.notifying.delivery import NotDelivered, said
from mailtriage.notifying.message import SAMPLE, Message
from mailtriage.notifying.tables import SmtpTable
from mailtriage.secret_file import SettingsError
from webui.words import distance, plain

LONGEST_SUBJECT = 100
MINUTE = timedelta(minutes=1)
HAPPENED = {
    "ticket_opened": "A ticket was opened",
    "reply_joined": "The customer wrote again",
    "followed_up": "The customer wrote again after the ticket was closed",
    "corrected": "An agent decided or confirmed labels",
    "state_changed": "The ticket was moved to another state",
    "message_quarantined": "A mail could not be processed and is in quarantine",
}
PERMANENT = range(500, 600)
"""Replies that say not to try again as it is (RFC 5321, 4.2.1)."""


class MailChannel:
    """Sends messages to addresses, each in a session of its own; the password is read anew for each."""

    def __init__(self, table: SmtpTable, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.table = table
        self._clock = clock

    def deliver(self, message: Message, target: str) -> str:
        mail = mail_of(message, self.table.sender, target, self._clock())
        with self._session() as session:
            self._give(session, mail, target)
        return f"{self.table.host} took the mail to {target}"

    def check(self) -> str:
        with self._session() as session:
            session.noop()
        signed_in = f", signed in as {self.table.username}" if self.table.username else ""
        return f"{self.table.host}:{self.table.effective_port} answers, TLS {self.table.tls}{signed_in}"

    def _give(self, session: smtplib.SMTP, mail: EmailMessage, target: str) -> None:
        try:
            session.send_message(mail, self.table.sender, [target])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = error.recipients[target]
            raise self._refused(f"refuses the address {target}", code, answer) from None
        except smtplib.SMTPSenderRefused as error:
            raise self._refused(f"refuses the sender {self.table.sender}", error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPDataError as error:
            raise self._refused("refuses the mail", error.smtp_code, error.smtp_error) from None

    def _refused(self, what: str, code: int, answer: bytes | str) -> NotDelivered:
        return NotDelivered(f"{self.table.host} {what} ({code} {said(answer)})", for_good=code in PERMANENT)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A session, encrypted and signed in as set; what goes wrong in it becomes :class:`NotDelivered`."""
        try:
            password = self.table.password()
        except SettingsError as error:
            raise NotDelivered(str(error)) from None
        secrets = _forms_of(self.table.username, password)
        at = f"{self.table.host}:{self.table.effective_port}"
        try:
            with self._connected() as session:
                if self.table.tls == "starttls":
                    session.starttls(context=self._context())
                if self.table.username is not None:
                    session.login(self.table.username, password or "")
                yield session
        except NotDelivered:
            raise
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(
                f"the certificate of {at} is not accepted ({error.verify_message}); have it renewed, use the name "
                "it was made for, or name the CA that signed it in smtp.ca_file"
            ) from None
        except ssl.SSLError as error:
            raise NotDelivered(f"{at} does not speak TLS as expected ({error.reason}); check smtp.tls") from None
        except smtplib.SMTPNotSupportedError as error:
            raise NotDelivered(f"{at} does not offer what is set ({said(error, *secrets)})") from None
        except smtplib.SMTPAuthenticationError as error:
            answer = said(error.smtp_error, *secrets)
            raise NotDelivered(f"{at} does not let {self.table.username} in ({error.smtp_code} {answer})") from None
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"{at} answers {error.smtp_code} {said(error.smtp_error, *secrets)}") from None
        except smtplib.SMTPException as error:
            raise NotDelivered(f"{at} hangs up or falls silent ({said(error, *secrets)})") from None
        except TimeoutError:
            raise NotDelivered(f"{at} does not answer within {self.table.timeout_seconds:g} seconds") from None
        except (OSError, ValueError) as error:  # ValueError: an answer that is not SMTP
            why = getattr(error, "strerror", None) or type(error).__name__
            raise NotDelivered(f"{at} cannot be reached ({said(why, *secrets)})") from None

    def _connected(self) -> smtplib.SMTP:
        table = self.table
        if table.tls == "implicit":
            return smtplib.SMTP_SSL(
                table.host, table.effective_port, timeout=table.timeout_seconds, context=self._context()
            )
        return smtplib.SMTP(table.host, table.effective_port, timeout=table.timeout_seconds)

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(self.table.ca_file) if self.table.ca_file else None)
        except (OSError, ssl.SSLError):
            raise NotDelivered(f"smtp.ca_file {self.table.ca_file} cannot be read as certificates") from None


def mail_of(message: Message, sender: str, recipient: str, now: datetime) -> EmailMessage:
    """The mail that tells ``message``; no text of it comes from the body of a customer's mail."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"mailtriage <{sender}>"
    mail["To"] = recipient
    mail["Subject"] = subject_of(message)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5.1
    mail["X-Auto-Response-Suppress"] = "All"  # what Exchange goes by instead
    mail[LOOP_HEADER] = message.id
    mail.set_content("\n".join(lines_of(message)) + "\n", cte="quoted-printable")
    return mail


def subject_of(message: Message) -> str:
    """One line for the subject: what it is about, the ticket, and its subject, cut and without control characters."""
    ticket = message.ticket
    if ticket is None:
        return f"mailtriage: {_heading(message)}"
    return f"[{ticket.severity}] {_heading(message)}: ticket {ticket.number}, {_shown(ticket.subject)}"


def lines_of(message: Message) -> list[str]:
    """The text: what happened, to which ticket of whom, what is due when, and where to look."""
    lines = [f"{_sentence(message)}", ""]
    ticket = message.ticket
    if ticket is not None:
        lines += [
            f"Ticket:    {ticket.number} ({ticket.policy}), {_state(message)}",
            f"Subject:   {_shown(ticket.subject)}",
            f"Severity:  {ticket.severity}",
            f"Scope:     {plain(ticket.scope).lower()}",
            f"Customer:  {_shown(ticket.customer_name) if ticket.customer_name else 'no customer record'}",
            f"From:      {_shown(ticket.sender_address) or 'no address'}",
            f"Received:  {message.local(ticket.created_at)}",
        ]
        if ticket.due_at is not None:
            lines.append(f"Due:       {message.local(ticket.due_at)}")
        if ticket.answered_at is not None:
            lines.append(f"Answered:  {message.local(ticket.answered_at)}")
        if message.link is not None:
            lines += ["", message.link]
    return [*lines, "", "-- ", "Sent by mailtriage; answers to this mail are not read."]


def _state(message: Message) -> str:
    ticket = message.ticket
    if ticket is not None and ticket.paused_at is not None:
        return f"{ticket.state}, waiting for the customer"
    return ticket.state if ticket is not None else ""


def _heading(message: Message) -> str:
    headings = {
        "deadline_near": "first response due soon",
        "deadline_missed": "first response overdue",
        "ticket_opened": "new",
        "reply_joined": "the customer wrote again",
        "autonomy_held": "a label decides nothing alone any more",
        "autonomy_lifted": "a label decides alone again",
        SAMPLE: "a test of notifications",
    }
    return headings.get(message.event, plain(message.event).lower())


def _sentence(message: Message) -> str:
    details = message.details
    match message.event:
        case "deadline_near":
            due = message.local(datetime.fromisoformat(str(details["due_at"])))
            left = distance(timedelta(seconds=details["support_seconds_left"]))
            return f"The first response is due {due}; {left} of support time are left."
        case "deadline_missed":
            due = message.local(datetime.fromisoformat(str(details["due_at"])))
            late = timedelta(seconds=details["late_seconds"])
            noticed = f"; this was noticed {distance(late)} later" if late >= MINUTE else ""
            return f"The first response was due {due}{noticed}."
        case "policy_adopted":
            policy, version, day = (_shown(str(details.get(key, ""))) for key in ("policy", "version", "effective"))
            return f"Policy {policy} {version} was adopted; it holds from {day} on."
        case "autonomy_held":
            return f"{_what_is_held(details)} decides nothing alone any more: {details.get('reason')}."
        case "autonomy_lifted":
            return f"{_what_is_held(details)} decides alone again: {_shown(str(details.get('why')))}."
        case "test":
            return "This mail only tries whether notifications arrive."
        case _:
            happened = HAPPENED.get(message.event, plain(message.event))
            return f"{happened}, {message.local(message.at)}."


def _what_is_held(details: Mapping[str, Any]) -> str:
    """``Under penelope, topic odbc account``: the label, or the value of it, that a hold is on."""
    words = (str(details.get(key) or "").replace("_", " ") for key in ("label", "value"))
    return _shown(f"Under {details.get('policy')}, {' '.join(word for word in words if word)}")


def _shown(text: str) -> str:
    """Text of strangers on one line: cut, without control characters, marks that turn the direction of writing, and
    encoded words."""
    shown = header_text("".join(char if char.isprintable() else " " for char in text[: 4 * LONGEST_SUBJECT]))
    return shown if len(shown) <= LONGEST_SUBJECT else f"{shown[: LONGEST_SUBJECT - 1]}…"


def _forms_of(username: str | None, password: str | None) -> tuple[str, ...]:
    """The password as it is, and as AUTH PLAIN and LOGIN write it (RFC 4616), should a server repeat what it got."""
    if password is None:
        return ()
    plain_auth = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
    return plain_auth, base64.b64encode(password.encode()).decode(), password
