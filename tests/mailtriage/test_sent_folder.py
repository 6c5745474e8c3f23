"""The folder of sent mail: read only, all of it ours; what answers a customer stops the clock."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from pydantic import SecretStr, ValidationError

from intake.screening import LOOP_HEADER
from mailtriage import second_look
from mailtriage.office import Office
from mailtriage.polling import poll
from mailtriage.settings import MailboxTable
from tests.servers.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.dovecot

ASKED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANSWERED = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
CUSTOMER = "Anna <anna@river.example>"


def table(server: Dovecot, user: str, **more: object) -> MailboxTable:
    fields = {
        "name": user, "policy": "penelope", "host": server.host, "port": server.port, "tls": "none",
        "username": user, "password": SecretStr(PASSWORD), "sent_folder": "Sent",
        "own_addresses": ("support@vendor.example",), **more,
    }  # fmt: skip
    return MailboxTable.model_validate(fields)


def mail(
    number: str,
    *,
    sender: str = CUSTOMER,
    to: str = "support@vendor.example",
    answers: Sequence[str] = (),
    **headers: str,
) -> bytes:
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, to, "Reports do not open"
    written["Date"], written["Message-ID"] = ASKED, f"<{number}@mail.example>"
    if answers:
        written["In-Reply-To"] = " ".join(f"<{each}@mail.example>" for each in answers)
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(f"Since this morning no report opens for any of us. ({number})\n")
    return written.as_bytes()


def deliver(server: Dovecot, user: str, raw: bytes, at: datetime, folder: str = "INBOX") -> None:
    """Puts a mail into a folder, with the date that the server says it has (INTERNALDATE)."""
    home = server.root / "mail" / user
    maildir = (home if folder == "INBOX" else home / f".{folder}") / "cur"
    before = set(maildir.glob("*"))
    server.seed(user, [raw], folder=folder)
    for path in set(maildir.glob("*")) - before:
        os.utime(path, (at.timestamp(), at.timestamp()))


def asked_and_answered(server: Dovecot, user: str, answer: bytes) -> None:
    deliver(server, user, mail("q1"), ASKED)
    deliver(server, user, answer, ANSWERED, "Sent")


def polled(office: Office, mailbox: MailboxTable) -> None:
    for one in mailbox.each_folder():
        poll(one, office)


def test_an_answer_in_the_sent_folder_is_the_first_response(office: Office, dovecot: Dovecot) -> None:
    """Whatever address it was sent from, on the date that the server has of it."""
    personal = mail("a1", sender="Bram <bram@vendor.example>", to=CUSTOMER, answers=["q1"])
    asked_and_answered(dovecot, "answered", personal)
    polled(office, table(dovecot, "answered"))
    ticket = office.store.ticket(1)
    assert ticket is not None
    assert (ticket.answered_at, ticket.answered_by) == (ANSWERED, "bram@vendor.example")
    assert [m.disposition for m in office.store.messages_of(1)] == ["ticket", "set_aside"]
    assert office.store.recount() == []


def test_sent_mail_is_never_marked_and_opens_no_ticket(office: Office, dovecot: Dovecot) -> None:
    deliver(dovecot, "unmarked", mail("s1", sender="bram@vendor.example", to="somebody@else.example"), ASKED, "Sent")
    polled(office, table(dovecot, "unmarked"))
    assert office.store.counts()["ticket"] == 0
    [aside] = office.store.set_aside()
    assert (aside.kind, aside.reason) == ("own_mail", "It is in the folder of our own sent mail.")
    assert not any(dovecot.flags("unmarked", folder="Sent").values())
    poll(table(dovecot, "unmarked").each_folder()[-1], office)
    assert len(office.store.set_aside()) == 1


def test_sent_mail_that_is_read_before_the_question_counts_when_that_comes(office: Office, dovecot: Dovecot) -> None:
    asked_and_answered(dovecot, "before", mail("a1", sender="bram@vendor.example", to=CUSTOMER, answers=["q1"]))
    inbox, sent = table(dovecot, "before").each_folder()
    poll(sent, office)
    poll(inbox, office)
    ticket = office.store.ticket(1)
    assert ticket is not None
    assert (ticket.answered_at, ticket.answered_by) == (ANSWERED, "bram@vendor.example")
    assert office.store.recount() == []


@pytest.mark.parametrize(
    "answer",
    [
        mail("a1", sender="support@vendor.example", to=CUSTOMER, answers=["q1"], **{LOOP_HEADER: "1"}),
        mail("a1", sender="support@vendor.example", to=CUSTOMER, answers=["q1"], Auto_Submitted="auto-replied"),
        mail("a1", sender="support@vendor.example", to="colleague@vendor.example", answers=["q1"]),
        mail("a1", sender="bram@vendor.example", to="support@vendor.example", answers=["q1"]),
    ],
    ids=["acknowledgement", "automatic reply", "to a colleague", "to ourselves"],
)
def test_what_does_not_go_to_the_customer_is_no_response(
    office: Office, dovecot: Dovecot, answer: bytes, request: pytest.FixtureRequest
) -> None:
    user = f"none{abs(hash(request.node.name)) % 10**6}"
    asked_and_answered(dovecot, user, answer)
    polled(office, table(dovecot, user))
    ticket = office.store.ticket(1)
    assert ticket is not None
    assert ticket.answered_at is None
    assert len(office.store.messages_of(1)) == 2


def test_our_answer_seen_in_the_mailbox_is_the_first_response(office: Office, dovecot: Dovecot) -> None:
    """Without a folder of sent mail: by the copy that the mailbox itself got."""
    deliver(dovecot, "copy", mail("q1"), ASKED)
    answer = mail("a1", sender="support@vendor.example", to=f"{CUSTOMER}, support@vendor.example", answers=["q1"])
    deliver(dovecot, "copy", answer, ANSWERED)
    poll(table(dovecot, "copy", sent_folder=None), office)
    ticket = office.store.ticket(1)
    assert ticket is not None
    assert (ticket.answered_at, ticket.answered_by) == (ANSWERED, "support@vendor.example")


def test_after_a_wrong_click_is_taken_back_the_mail_counts(office: Office, dovecot: Dovecot) -> None:
    asked_and_answered(dovecot, "click", mail("a1", sender="bram@vendor.example", to=CUSTOMER, answers=["q1"]))
    inbox, sent = table(dovecot, "click").each_folder()
    poll(inbox, office)
    office.store.answer(1, by="anna", actor="anna", at=ASKED)
    poll(sent, office)
    assert office.store.take_back_answer(1, actor="anna")
    ticket = office.store.ticket(1)
    assert ticket is not None
    assert (ticket.answered_at, ticket.answered_by) == (ANSWERED, "bram@vendor.example")
    assert office.store.take_back_answer(1, actor="anna")
    assert not office.store.take_back_answer(1, actor="anna")
    assert office.store.recount() == []


def test_a_mail_of_the_sent_folder_that_is_retried_opens_no_ticket(
    office: Office, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = table(dovecot, "retry")
    deliver(dovecot, "retry", mail("q1"), ASKED)
    huge = mail("a1", sender="bram@vendor.example", to=CUSTOMER, answers=["q1"]) + b"x" * 76 + b"\r\n" * 600_000
    deliver(dovecot, "retry", huge, ANSWERED, "Sent")
    polled(office, table(dovecot, "retry", max_message_mb=1))
    [held] = office.store.quarantined()
    monkeypatch.setattr(second_look, "_table", lambda name, office: mailbox)
    done = second_look.retry(held.id, office, actor="anna")
    assert done.disposition == "set_aside"
    ticket = office.store.ticket(1)
    assert ticket is not None
    assert ticket.answered_at == ANSWERED


def test_the_folder_of_sent_mail_is_polled_like_the_others(dovecot: Dovecot) -> None:
    inbox, sent = table(dovecot, "folders", acknowledge="move").each_folder()
    assert (inbox.folder, inbox.acknowledge) == ("INBOX", "move")
    assert (sent.folder, sent.acknowledge, sent.label) == ("Sent", "none", "folders/Sent")
    assert [one.folder for one in sent.each_folder()] == ["Sent"]


@pytest.mark.parametrize(
    "settings", [{"folder": "Sent"}, {"folders": ["INBOX", "Sent"]}, {"acknowledge": "move", "move_to": "Sent"}]
)
def test_the_folder_of_sent_mail_is_none_of_the_others(dovecot: Dovecot, settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        table(dovecot, "clash", **settings)
