"""Bounces of many mail systems: which recipient, and whether for good."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from intake.message import parse
from intake.screening import Screening, screen

Mail = Callable[..., bytes]

GONE = "gone@example.org"


def screened(raw: bytes) -> Screening:
    return screen(parse(raw))


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Undeliverable: Login", f"Your message couldn't be delivered.\n\n{GONE}\nThe address wasn't found."),
        ("Onbestelbaar: Login", f"Uw bericht kon niet worden bezorgd aan de volgende geadresseerden:\n\n{GONE}\n"),
        ("Unzustellbar: Login", f"Ihre Nachricht konnte nicht zugestellt werden:\n\n{GONE}\n"),
        ("Non remis : Login", f"Votre message n'a pas pu être remis :\n\n{GONE}\n"),
        ("No se puede entregar: Login", f"No se pudo entregar el mensaje a:\n\n{GONE}\n"),
        ("Non recapitabile: Login", f"Impossibile recapitare il messaggio a:\n\n{GONE}\n"),
        ("Não é possível entregar: Login", f"Não foi possível entregar a mensagem a:\n\n{GONE}\n"),
        ("Niedostarczone: Login", f"Wiadomość nie została dostarczona:\n\n{GONE}\n"),
        ("Не удается доставить: Login", f"Сообщение не удалось доставить:\n\n{GONE}\n"),
        ("DELIVERY FAILURE: User not listed in directory", f"Your message\n\n  Subject: Login\n\nto {GONE}\n"),
        (
            "Mail delivery failed: returning message to sender",
            f"The following address failed:\n\n  {GONE}\n    unknown\n",
        ),
        ("Delivery Status Notification (Failure)", f"Delivery to the following recipients failed.\n\n       {GONE}\n"),
        ("Message Delivery Failure", f"Failed Recipient: {GONE}\nReason: unknown user\n"),
        ("Undeliverable Mail", f"User mailbox exceeds allowed size: {GONE}\n"),
        ("[Postmaster] Email Delivery Failure", f"addressed to email address :\n-- {GONE}\ncould not be delivered.\n"),
        ("配信不能: Login", f"次の宛先への配信に失敗しました:\n\n{GONE}\n"),
    ],
)
def test_the_notice_of_a_mail_system_is_known_in_many_tongues(mail: Mail, subject: str, text: str) -> None:
    fields = {"from": "postmaster@example.org", "to": "support@example.com", "subject": subject}
    screening = screened(mail(text, content_type="text/plain; charset=utf-8", **fields))
    assert (screening.kind, screening.recipients, screening.permanent) == ("bounce", (GONE,), True)


@pytest.mark.parametrize(
    ("text", "permanent"),
    [
        (f"<{GONE}>: host mx.example.org said: 550 5.1.1 unknown (in reply to RCPT TO command)", True),
        (f"<{GONE}>: host mx.example.org said: 452 4.2.2 mailbox full", False),
        (f"<{GONE}>: mailbox is full. Giving up.", True),
        (f"<{GONE}>: could not be delivered for 4 hours. It will be retried until it is 5 days old.", False),
        (f"<{GONE}>: no further delivery attempts will be made.", True),
        (f"<{GONE}>: Questions? Call 480-624-2500.", True),
        (f"<{GONE}>: ERROR_CODE :421, Host not reachable.", False),
    ],
)
def test_a_notice_without_a_report_says_whether_it_failed_for_good(mail: Mail, text: str, permanent: bool) -> None:
    screening = screened(mail(text, **{"from": "MAILER-DAEMON@example.org", "subject": "failure notice"}))
    assert (screening.recipients, screening.permanent) == ((GONE,), permanent)


@pytest.mark.parametrize(
    ("text", "recipients"),
    [
        (
            "554 <a@example.org>... Host unknown\n550 5.1.1 <b@example.net>... User unknown\n",
            ("a@example.org", "b@example.net"),
        ),
        ("Unknown user: a@example.org\n\nUnknown user: b@example.net\n", ("a@example.org", "b@example.net")),
        ("a@example.org<mailto:a@example.org>\nThe address was not found.\n", ("a@example.org",)),
        ("c=US;a= ;p=X;o=Y;dda:SMTP=a@example.org; on Fri, 4 Oct 2002\ndid not reach\n", ("a@example.org",)),
        ("a@example.org: unknown\nPlease ask postmaster@example.net\n", ("a@example.org",)),
        ("<postmaster@example.org>: unknown\n", ("postmaster@example.org",)),
    ],
)
def test_the_recipients_are_those_that_the_notice_names(mail: Mail, text: str, recipients: tuple[str, ...]) -> None:
    raw = mail(text, **{"from": "MAILER-DAEMON@example.org", "subject": "failure notice"})
    assert screened(raw).recipients == recipients


def test_who_writes_to_himself_is_the_failed_recipient(mail: Mail) -> None:
    fields = {"from": "MAILER-DAEMON@example.org", "to": "bo@example.org", "subject": "failure notice"}
    text = "<bo@example.org>:\n552 disk quota exceeded\n\n--- Below this line is a copy of the message.\n"
    assert screened(mail(text, **fields)).recipients == ("bo@example.org",)


REPORT = """\
From: postmaster@example.org
Subject: Report
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

{groups}
--b--
"""


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "deliverable"])
def test_a_report_of_success_names_no_failed_recipient(action: str) -> None:
    groups = f"Final-Recipient: rfc822; {GONE}\nAction: {action}\nStatus: 2.1.5\n"
    screening = screened(REPORT.format(groups=groups).encode())
    assert (screening.kind, screening.recipients, screening.permanent) == ("bounce", (), None)
    assert action in screening.reason


def test_a_report_of_both_names_the_recipient_that_failed() -> None:
    groups = (
        "Final-Recipient: rfc822; ann@example.org\nAction: delivered\nStatus: 2.0.0\n\n"
        f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1\n"
    )
    screening = screened(REPORT.format(groups=groups).encode())
    assert (screening.recipients, screening.permanent) == ((GONE,), True)


def test_a_name_inside_the_reporting_system_is_told_by_the_address_we_wrote_to() -> None:
    groups = (
        f"Original-Recipient: rfc822;{GONE}\nFinal-Recipient: rfc822;gone@ims-daemon\nAction: failed\nStatus: 5.0.0\n"
    )
    assert screened(REPORT.format(groups=groups).encode()).recipients == (GONE,)


def ses(name: str, **more: object) -> str:
    return json.dumps({"notificationType": name, "mail": {"source": "support@example.com"}, **more})


BOUNCED = ses("Bounce", bounce={"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": GONE}]})


@pytest.mark.parametrize(
    "body", [BOUNCED, json.dumps({"Type": "Notification", "Message": BOUNCED}) + "\n--\nUnsubscribe"]
)
def test_the_notices_of_amazon_ses_are_read(mail: Mail, body: str) -> None:
    screening = screened(mail(body, subject="AWS Notification Message"))
    assert (screening.kind, screening.recipients, screening.permanent) == ("bounce", (GONE,), True)


def test_a_complaint_that_amazon_ses_passes_on_is_a_feedback_report(mail: Mail) -> None:
    assert screened(mail(ses("Complaint"))).kind == "feedback_report"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{}",
        "[1]",
        "{" * 5000,
        '{"notificationType": 1, "mail": {}}',
        '{"notificationType":"Bounce"}',
        BOUNCED[:-1],
    ],
)
def test_other_json_is_the_text_of_a_mail(mail: Mail, body: str) -> None:
    assert screened(mail(body, subject="Our configuration")).accepted


def test_a_list_manager_that_refuses_a_mail_is_known_by_its_words_and_its_header(mail: Mail) -> None:
    text = "You are not a member of this mailing list <talk@example.org>."
    assert screened(mail(text, x_mlserver="fml 4.0")).kind == "bounce"
    assert screened(mail(text)).accepted


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"subject": "Fwd: Undeliverable: Login"},
            "See below: your message could not be delivered.\n\nReceived: from x\n",
        ),
        ({"subject": "RE: Mail delivery failed"}, "User unknown again!\n\nReceived: from x by y\n"),
        ({"subject": "Delivery failure"}, "Hi, your notifications cannot be delivered here: 550 5.7.1 rejected."),
        ({"subject": "Mail delivery failed"}, "Which mailbox is full? We got: mailbox full."),
        ({"subject": "Returned mail", "in_reply_to": "<1@x>"}, "Your message could not be delivered, says our server."),
        ({"subject": "Login", "from": "System Administrator <bo@example.com>"}, "Unknown user, says the page."),
    ],
)
def test_a_person_who_writes_of_a_bounce_is_heard(mail: Mail, fields: dict[str, str], text: str) -> None:
    assert screened(mail(text, **fields)).accepted


@pytest.mark.parametrize("address", ["postmaster@example.com", "delivery@example.com", "nobody@example.com"])
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"subject": "Delivery problem with the export"}, "The export arrives a day late."),
        ({"subject": "Error in the mail module"}, "Since the update the page is blank."),
        ({"subject": "Login"}, "Unknown user, says the page."),
        ({"subject": "Re: Undeliverable", "in_reply_to": "<1@x>"}, "Your message could not be delivered, as you see."),
    ],
)
def test_a_person_at_an_address_that_mail_systems_use_too_is_heard(
    mail: Mail, address: str, fields: dict[str, str], text: str
) -> None:
    assert screened(mail(text, **{"from": address, **fields})).accepted


@pytest.mark.parametrize("text", ["Backup of srv1: permanent error on tape 3", "error while scanning page 2"])
def test_a_device_that_sends_from_nowhere_is_heard(mail: Mail, text: str) -> None:
    assert screened(b"Return-Path: <>\r\n" + mail(text, **{"from": "backup@example.com", "subject": "srv1"})).accepted


def test_a_mail_system_that_answers_under_our_subject_is_known_by_its_text_and_what_it_quotes(mail: Mail) -> None:
    text = f"Error: 550 no such user here\n\nMessage details:\n  MAIL FROM: support@example.com\n  RCPT TO: {GONE}\n"
    screening = screened(mail(text, **{"from": "post_master@example.org", "subject": "Re: Login"}))
    assert (screening.kind, screening.recipients) == ("bounce", (GONE,))


def test_a_report_that_a_gateway_took_for_text_is_read(mail: Mail) -> None:
    text = "For assistance write to <help@example.org>\n\n--b\n"
    text += f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 4.2.2\n"
    screening = screened(mail(text, **{"from": "MAILER-DAEMON@example.org", "subject": "failure notice"}))
    assert (screening.recipients, screening.permanent) == ((GONE,), False)


def test_a_bounce_wrapped_into_a_bounce_names_its_recipient() -> None:
    inner = REPORT.format(groups=f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1\n")
    outer = (
        "From: MAILER-DAEMON@example.org\nSubject: failure notice\nContent-Type: multipart/mixed; boundary=o\n\n"
        f"--o\n\nDelivery failed.\n--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    )
    assert screened(outer.encode()).recipients == (GONE,)


@pytest.mark.parametrize(
    "unit", ["@", "a@", "<", "user <a@", "-", "your message ", "550 ", "> ", "\n<a@b>\n \t", "{", "To: "]
)
def test_no_text_however_odd_is_a_fault(mail: Mail, unit: str) -> None:
    text = unit * (20_000 // len(unit))
    fields = {"from": "MAILER-DAEMON@example.org", "subject": text[:900].replace("\n", " "), "x_mlserver": "fml"}
    assert screened(mail(text, **fields)).kind in ("bounce", "accept")
