"""Complaints, reports and receipts that carry no request."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from intake.message import parse
from intake.screening import screen

Mail = Callable[..., bytes]

WITH_MAIL = """\
From: {sender}
Subject: {subject}
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See the mail.

--b
Content-Type: message/rfc822

Subject: Your ticket

Hello

--b--
"""


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("staff@hotmail.com", "complaint about message from 192.0.2.1"),
        ("jmrp@example.com", "complaint about message from 192.0.2.1"),
        ("fbl-no-reply@example.com", "Report"),
        ("abuse@example.com", "Email Feedback Report for IP 192.0.2.1"),
        ("1234@reports.spamcop.net", "[SpamCop (192.0.2.1) id:1]Your ticket"),
    ],
)
def test_the_forms_of_feedback_loops_are_known(sender: str, subject: str) -> None:
    assert screen(parse(WITH_MAIL.format(sender=sender, subject=subject).encode())).kind == "feedback_report"


def test_a_mail_that_a_person_attached_is_no_complaint() -> None:
    raw = WITH_MAIL.format(sender="bo@example.com", subject="Complaint about your answer")
    assert screen(parse(raw.encode())).accepted


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"content_type": "multipart/report; report-type=tlsrpt; boundary=b"}, "RFC 8460"),
        ({"tls_report_domain": "example.com"}, "RFC 8460"),
        ({"x_apple_unsubscribe": "true", "auto_submitted": "auto-replied"}, "X-Apple-Unsubscribe"),
    ],
)
def test_other_reports_name_what_tells_them(mail: Mail, fields: dict[str, str], named: str) -> None:
    screening = screen(parse(mail("--b--", **fields)))
    assert screening.kind == "feedback_report"
    assert named in screening.reason


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Read: Login", "Your message\n\n   To: Support\n   Subject: Login\n\nwas read on Monday."),
        ("Gelezen: Login", "Uw bericht aan Support is gelezen op maandag."),
        ("Gelesen: Login", "Ihre Nachricht an Support wurde am Montag gelesen."),
        ("Lu : Login", "Votre message a été lu le lundi."),
        ("Not read: Login", "Your message to Bo was deleted without being read on Monday."),
    ],
)
def test_the_receipts_of_outlook_are_known_by_subject_and_text(mail: Mail, subject: str, text: str) -> None:
    raw = mail(text, subject=subject, content_type="text/plain; charset=utf-8")
    assert screen(parse(raw)).kind == "receipt"
    assert screen(parse(mail("Which of these is wanted?", subject=subject))).accepted


def test_a_receipt_is_known_by_its_content_class(mail: Mail) -> None:
    assert screen(parse(mail(content_class="urn:content-classes:mdn"))).kind == "receipt"
