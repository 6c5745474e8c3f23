"""Conversations over the whole trip: from raw bytes to tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.stopwatch import Stopwatch
from tickets.recording import Recorded

OWN = "support@vendor.example"
Record = Callable[[bytes], Recorded]


def mail(number: int, sender: str, to: str, *, text: str = "It does not start.", **fields: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    date = f"Mon, 2 Mar 2026 12:{number:02}:00 +0000"
    return f"From: {sender}\nTo: {to}\nDate: {date}\nMessage-ID: <{number}@x>\n{more}\n{text} {number}\n".encode()


@pytest.fixture
def record(office: Office) -> Record:
    counter = Counter(office.policy("penelope"), office.models.of("penelope"), (OWN,), references=office.references)

    def record(raw: bytes) -> Recorded:
        return process([Incoming(raw, datetime.now(UTC))], None, counter, office.store, Stopwatch())[0]

    return record


def test_our_own_answer_and_an_absence_notice_are_kept_with_the_ticket(office: Office, record: Record) -> None:
    opened = record(mail(1, "anna@river.example", OWN, Subject="Printing"))
    ours = record(mail(2, OWN, "anna@river.example", Subject="Re: Printing", In_Reply_To="<1@x>", Cc=OWN))
    absent = record(
        mail(3, "anna@river.example", OWN, Subject="Away", In_Reply_To="<2@x>", Auto_Submitted="auto-replied")
    )
    reply = record(mail(4, "anna@river.example", OWN, Subject="Re: Printing", In_Reply_To="<2@x>"))
    assert [done.disposition for done in (opened, ours, absent, reply)] == ["ticket", "set_aside", "set_aside", "reply"]
    assert {done.ticket for done in (opened, ours, absent, reply)} == {opened.ticket}
    assert len(office.store.messages_of(opened.ticket or 0)) == 4


def test_bulk_mail_is_part_of_no_conversation(record: Record) -> None:
    opened = record(mail(1, "anna@river.example", OWN, Subject="Printing"))
    listed = record(mail(2, "anna@river.example", OWN, In_Reply_To="<1@x>", Precedence="bulk"))
    assert (opened.disposition, listed.disposition, listed.ticket) == ("ticket", "set_aside", None)


def test_a_signed_number_and_a_thread_index_are_read_from_the_raw_mail(office: Office, record: Record) -> None:
    index = "AcKZmb0OImTf/ku2T8W6LS2DZNwkQg=="
    opened = record(mail(1, "anna@river.example", OWN, Subject="Printing", Thread_Index=index))
    tag = office.references.subject_tag(opened.ticket or 0)
    tagged = record(mail(2, "anna@river.example", OWN, Subject=f"RE: printing {tag.lower()}"))
    indexed = record(mail(3, "anna@river.example", OWN, Subject="RE: Printing", Thread_Index=index))
    stranger = record(mail(4, "eve@evil.example", OWN, Subject=f"RE: Printing {tag}", Thread_Index=index))
    assert {opened.ticket, tagged.ticket, indexed.ticket} == {opened.ticket}
    assert (stranger.disposition, stranger.ticket) == ("ticket", (opened.ticket or 0) + 1)


def test_an_answer_after_closing_opens_a_follow_up(office: Office, record: Record) -> None:
    opened = record(mail(1, "anna@river.example", OWN, Subject="Printing"))
    office.store.set_state(opened.ticket or 0, "closed", actor="anna")
    again = record(mail(2, "anna@river.example", OWN, Subject="Re: Printing", In_Reply_To="<1@x>"))
    follow_up = office.store.ticket(again.ticket or 0)
    assert follow_up is not None and follow_up.previous == opened.ticket
