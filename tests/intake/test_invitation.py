"""Calendar objects are said in a few lines, and cost nothing when they are made to."""

from __future__ import annotations

import pytest

from intake.content.invitation import summarise
from intake.message import parse

REQUEST = """BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
{rule}
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Review\\, weekly
DTSTART;TZID=W. Europe Standard Time:20260302T100000
DTEND;TZID=W. Europe Standard Time:20260302T110000
LOCATION:Room 1
ORGANIZER;CN=Ann Lee:mailto:ann@example.com
ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.com
{more}
END:VEVENT
END:VCALENDAR
"""


def calendar(method: str = "REQUEST", rule: str = "X-A:b", more: str = "X-B:c") -> bytes:
    return REQUEST.format(method=method, rule=rule, more=more).replace("\n", "\r\n").encode()


def test_an_invitation_says_what_when_where_and_who() -> None:
    assert summarise(calendar(more="RRULE:FREQ=WEEKLY")) == (
        "Invitation: Review, weekly\nWhen: 2026-03-02 10:00 - 11:00 (W. Europe Standard Time), repeated\n"
        "Where: Room 1\nOrganizer: Ann Lee <ann@example.com>\nAttendees: Bob <bob@example.com>"
    )


@pytest.mark.parametrize(
    ("method", "line"),
    [
        ("CANCEL", "Cancellation: Review, weekly"),
        ("REPLY", "Bob <bob@example.com> has accepted."),
        ("COUNTER", "Proposal of another time: Review, weekly"),
        ("SOMETHING", "Calendar entry: Review, weekly"),
    ],
)
def test_the_method_is_said(method: str, line: str) -> None:
    assert line in (summarise(calendar(method)) or "").split("\n")


@pytest.mark.parametrize(
    ("times", "when"),
    [
        ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260303", "2026-03-02"),
        ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260305", "2026-03-02 - 2026-03-04"),
        ("DTSTART:20260302T100000Z\nDTEND:20260303T110000Z", "2026-03-02 10:00 - 2026-03-03 11:00 (UTC)"),
        ("DTSTART:20260302T100000", "2026-03-02 10:00"),
    ],
)
def test_times_are_shown_with_their_zone(times: str, when: str) -> None:
    event = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\n{times}\nEND:VEVENT\nEND:VCALENDAR\n"
    assert f"When: {when}" in (summarise(event.encode()) or "").split("\n")


def test_a_broken_time_costs_that_line_alone() -> None:
    event = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:still here\nDTSTART:2026x\nEND:VEVENT\nEND:VCALENDAR\n"
    assert summarise(event) == "Calendar entry: still here"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"BEGIN:VCALENDAR",
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        b"BEGIN:VTIMEZONE\n" * 1000,
        b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 5000,
        b"BEGIN:VCALENDAR\nBEGIN:VT\xc4\xb1MEZONE\nEND:VCALENDAR\n",
        b"x" * 300_000,
    ],
    ids=["nothing", "text", "cut", "empty", "zones", "deep", "a zone in disguise", "large"],
)
def test_what_is_no_calendar_has_no_summary(content: bytes) -> None:
    assert summarise(content) is None


def test_a_zone_that_changes_each_second_is_not_expanded() -> None:
    assert "10:00 - 11:00" in (summarise(calendar(rule="RRULE:FREQ=SECONDLY")) or "")


def test_the_invitation_is_the_text_only_where_there_is_no_other() -> None:
    alone = parse(b"Content-Type: text/calendar; method=REQUEST\r\n\r\n" + calendar())
    assert alone.text.startswith("Invitation: Review, weekly\nWhen: ")
    assert alone.attachments[0].summary == alone.text
    beside = parse(
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nPlease come\r\n--b\r\n"
        b"Content-Type: text/calendar; method=REQUEST\r\n\r\n" + calendar() + b"\r\n--b--\r\n"
    )
    assert beside.text == "Please come"
    assert (beside.attachments[0].summary or "").startswith("Invitation: Review, weekly")


def test_a_file_called_ics_is_summarised_whatever_its_declared_type() -> None:
    message = parse(b"Content-Type: application/octet-stream; name=invite.ics\r\n\r\n" + calendar())
    assert message.attachments[0].summary
    assert message.attachments[0].real_type == "text/calendar"
