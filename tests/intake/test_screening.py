"""Which mails are set aside, and that the others are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from intake.message import parse
from intake.screening import LOOP_HEADER, Screening, screen

Mail = Callable[..., bytes]

DSN = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: support@example.com
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type={type}; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: {part}

{report}
--b
Content-Type: message/rfc822

From: support@example.com
To: gone@example.org
Subject: Your ticket

--b--
"""

FAILED = """\
Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; gone@example.org
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; other@example.org
Original-Recipient: rfc822;other-alias@example.org
Action: failed
Status: 5.2.2
"""


def screened(raw: bytes | str, own: tuple[str, ...] = ()) -> Screening:
    return screen(parse(raw.encode() if isinstance(raw, str) else raw), own)


def report(body: str, kind: str = "delivery-status", part: str = "message/delivery-status") -> str:
    return DSN.format(type=kind, part=part, report=body)


def test_a_mail_of_a_person_is_accepted(mail: Mail) -> None:
    screening = screened(mail("Nobody can log in.", subject="Login"))
    assert screening.accepted
    assert screening.kind == "accept"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"auto_submitted": "auto-replied"}, "RFC 3834"),
        ({"auto_submitted": "auto-generated (vacation)"}, "RFC 3834"),
        ({"x_autoreply": "yes"}, "X-Autoreply"),
        ({"x_autorespond": "Out of office"}, "X-Autorespond"),
        ({"precedence": "auto_reply"}, "Precedence"),
        ({"subject": "Automatic reply: Login", "x_auto_response_suppress": "All"}, "X-Auto-Response-Suppress"),
        ({"subject": "Afwezig: Login", "return_path": "<>"}, "Return-Path"),
        ({"subject": "Out of office Re: Login", "precedence": "bulk"}, "Precedence"),
    ],
)
def test_automatic_replies_are_set_aside_with_the_header_that_says_so(
    mail: Mail, fields: dict[str, str], named: str
) -> None:
    screening = screened(mail("I am away.", **fields))
    assert screening.kind == "auto_reply"
    assert named in screening.reason


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatic reply: Login", "I am out of the office until Monday."),
        ("Afwezig", "Ik ben tot en met maandag afwezig."),
        ("Abwesenheitsnotiz: Login", "Ich bin bis Montag nicht im Büro."),
        ("Réponse automatique : Login", "Je suis absent jusqu'à lundi."),
    ],
)
def test_an_absence_notice_is_known_by_subject_and_text(mail: Mail, subject: str, text: str) -> None:
    assert screened(mail(text, subject=subject)).kind == "auto_reply"


@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "no"},
        {"x_autoreply": "no"},
        {"x_auto_response_suppress": "DR, OOF, AutoReply"},
        {"subject": "Out of office hours: who answers the phone?"},
        {"subject": "Delivery failed: our own mails are not delivered", "in_reply_to": "<1@x>"},
        {"return_path": "<>", "subject": "Login"},
        {"subject": "Undeliverable mail"},
    ],
)
def test_a_single_hint_sets_nothing_aside(mail: Mail, fields: dict[str, str]) -> None:
    assert screened(mail("Please help us, the export is empty.", **fields)).accepted


def test_a_bounce_names_the_failed_recipients_and_that_they_failed_for_good() -> None:
    screening = screened(report(FAILED))
    assert screening.kind == "bounce"
    assert "RFC 3464" in screening.reason
    assert screening.recipients == ("gone@example.org", "other@example.org")
    assert screening.permanent is True


@pytest.mark.parametrize(
    ("action", "status", "permanent"),
    [("delayed", "4.4.7", False), ("failed", "4.2.2", False), ("failed", "5.1.1", True)],
)
def test_a_delay_is_not_permanent(action: str, status: str, permanent: bool) -> None:
    body = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; gone@example.org\nAction: {action}\nStatus: {status}\n"
    assert screened(report(body)).permanent is permanent


@pytest.mark.parametrize(
    ("text", "recipient", "permanent"),
    [
        (
            "Hi. This is the qmail-send program at example.com.\nI'm afraid I wasn't able to deliver your message.\n\n"
            "<gone@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
            "gone@example.org",
            True,
        ),
        (
            "A message that you sent could not be delivered.\n\n  gone@example.org\n    SMTP error: 550 unknown user\n",
            "gone@example.org",
            True,
        ),
        ("Delivery is delayed.\n\n  gone@example.org\n\nIt will be retried for 4 days.\n", "gone@example.org", False),
    ],
)
def test_bounces_without_a_report_are_known_by_sender_and_text(
    mail: Mail, text: str, recipient: str, permanent: bool
) -> None:
    screening = screened(mail(text, **{"from": "MAILER-DAEMON@example.com", "subject": "failure notice"}))
    assert (screening.kind, screening.recipients, screening.permanent) == ("bounce", (recipient,), permanent)


def test_a_feedback_report_is_not_a_bounce() -> None:
    body = "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n"
    screening = screened(report(body, "feedback-report", "message/feedback-report"))
    assert screening.kind == "feedback_report"
    assert "RFC 5965" in screening.reason


def test_a_read_receipt_is_told_apart() -> None:
    body = "Reporting-UA: x\nFinal-Recipient: rfc822; bo@example.com\nDisposition: manual-action/MDN-sent; displayed\n"
    screening = screened(report(body, "disposition-notification", "message/disposition-notification"))
    assert screening.kind == "receipt"
    assert "RFC 8098" in screening.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"precedence": "bulk"},
        {"precedence": "list"},
        {"precedence": "junk"},
        {"list_id": "News <news.example.com>"},
        {"list_unsubscribe": "<mailto:off@example.com>"},
    ],
)
def test_bulk_and_list_mail_is_set_aside_as_such(mail: Mail, fields: dict[str, str]) -> None:
    assert screened(mail(**fields)).kind == "bulk"


LIST = "List-Id: <talk.example.com>\nList-Post: <mailto:talk@example.com>\n"


def test_a_bounce_in_free_form_that_a_list_passed_on_is_list_mail() -> None:
    free = "From: MAILER-DAEMON@example.com\nSubject: failure notice\n\n<gone@example.org>: no such user\n"
    assert screened(free).kind == "bounce"
    assert screened(LIST + free).kind == "bulk"
    assert screened(LIST + report(FAILED)).kind == "bounce"


@pytest.mark.parametrize(
    "fields",
    [
        {"list_id": "<talk.example.com>", "list_post": "<mailto:talk@example.com>"},
        {"list_id": "Help <support.example.com>", "precedence": "list"},
        {"precedence": "list"},
        {"list_id": "<talk.example.com>", "list_unsubscribe": "<mailto:off@example.com>"},
    ],
)
def test_an_answer_addressed_to_us_is_accepted_through_whatever_list_it_came(
    mail: Mail, fields: dict[str, str]
) -> None:
    own = ("Support@example.com",)
    answer = {"in_reply_to": "<1@example.com>", "to": "talk@example.com, support@example.com", **fields}
    assert screened(mail(**answer), own).accepted
    assert screened(mail(**{**answer, "to": "talk@example.com"}), ("us@example.com",)).kind == "bulk"
    assert screened(mail(**answer)).kind == "bulk"


@pytest.mark.parametrize(
    "fields",
    [
        {"list_id": "Support <support.example.com>", "list_unsubscribe": "<mailto:off@example.com>"},
        {"list_post": "<mailto:support@example.com>", "precedence": "list", "list_id": "<9a8b.groups>"},
    ],
)
def test_a_request_through_a_group_that_is_our_own_address_is_accepted(mail: Mail, fields: dict[str, str]) -> None:
    assert screened(mail(to="support@example.com", **fields), ("support@example.com",)).accepted


def test_an_answer_marked_as_bulk_stays_bulk(mail: Mail) -> None:
    fields = {"in_reply_to": "<1@x>", "to": "support@example.com", "precedence": "bulk"}
    assert screened(mail(**fields), ("support@example.com",)).kind == "bulk"


def test_our_own_mail_is_known_by_address_and_by_its_loop_header(mail: Mail) -> None:
    own = ("Support@Example.com",)
    assert screened(mail(**{"from": "Support <support@example.com>"}), own).kind == "own_mail"
    assert screened(mail(**{LOOP_HEADER: "1"})).kind == "own_mail"
    assert screened(mail(), own).accepted
