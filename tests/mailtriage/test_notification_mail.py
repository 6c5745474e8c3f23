"""Notifications by mail, given to a real SMTP server."""

from __future__ import annotations

import base64
import logging
import socket
import threading
from pathlib import Path

import pytest

from intake import message as messages
from intake.screening import screen
from mailtriage.notifying.delivery import NotDelivered
from mailtriage.notifying.mail import MailChannel, mail_of
from mailtriage.notifying.tables import SmtpTable
from mailtriage.office import Office
from tests.mailtriage.telling import LEAD, MONDAY, SENDER, Ticking, message, smtp
from tests.servers import smtp_server
from tests.servers.imap_server import free_port, make_certificate

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    make_certificate(folder)
    return folder


def channel(**table: object) -> MailChannel:
    return MailChannel(SmtpTable.model_validate(table), Ticking())


def test_a_mail_says_what_is_due_when_in_the_zone_of_the_policy(office: Office, tmp_path: Path) -> None:
    with smtp_server.running() as server:
        said = channel(**smtp(server, tmp_path)).deliver(message(office), LEAD)
    assert said == f"127.0.0.1 took the mail to {LEAD}"
    [mail] = server.mails
    [(sender, recipients, _)] = server.received
    assert (sender, recipients) == (SENDER, [LEAD])
    assert mail["To"] == LEAD and mail["From"].addresses[0].addr_spec == SENDER
    assert mail["Date"].datetime == MONDAY
    assert mail["Message-ID"] == "<11111111-2222-5333-8444-555555555555@vendor.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "[SEV3] first response overdue: ticket 1, Help"
    text = mail.get_content()
    assert mail.get_content_type() == "text/plain"
    assert "was due Mon 2 March 2026 16:00 (Europe/Amsterdam); this was noticed 1 h 6 min later." in text
    assert "https://triage.example/tickets/1" in text
    assert "THE BODY" not in text and "log in" not in text


@pytest.mark.parametrize(
    ("event", "details", "says"),
    [
        (
            "deadline_near",
            {"due_at": "2026-03-02T15:00:00+00:00", "support_seconds_left": 1860},
            "The first response is due Mon 2 March 2026 16:00 (Europe/Amsterdam); 31 min of support time are left.",
        ),
        (
            "deadline_missed",
            {"due_at": "2026-03-02T15:00:00+00:00", "late_seconds": 59},
            "The first response was due Mon 2 March 2026 16:00 (Europe/Amsterdam).",
        ),
        (
            "policy_adopted",
            {"policy": "penelope", "version": "2.0.0\r\n", "effective": "2026-04-01"},
            "Policy penelope 2.0.0 was adopted; it holds from 2026-04-01 on.",
        ),
        ("reply_joined", {"message": 1}, "The customer wrote again, Mon 2 March 2026 16:00 (Europe/Amsterdam)."),
    ],
)
def test_the_first_line_says_what_happened(office: Office, event: str, details: dict[str, object], says: str) -> None:
    mail = mail_of(message(office, event=event, details=details), SENDER, LEAD, MONDAY)
    assert mail.get_content().splitlines()[0] == says


def test_our_own_notification_coming_back_is_set_aside(office: Office) -> None:
    mail = mail_of(message(office), SENDER, LEAD, MONDAY)
    assert screen(messages.parse(mail.as_bytes())).kind == "own_mail"


@pytest.mark.parametrize(
    "subject",
    [
        "Help\r\nBcc: everybody@example.org",
        "Help\n\n<script>body</script>",
        "Help\x00\x85\u2028X-Header: 1",
        "\u202egpj.exe" + "x" * 5000,
        "Prijs \u20ac \udcff",
    ],
)
def test_no_subject_of_a_stranger_adds_a_header_or_a_line(office: Office, subject: str) -> None:
    mail = mail_of(message(office, subject=subject), SENDER, LEAD, MONDAY)
    read = messages.parse(mail.as_bytes())
    assert {name.lower() for name, _ in read.headers} == {
        "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress",
        "x-mailtriage-loop", "content-type", "content-transfer-encoding", "mime-version",
    }  # fmt: skip
    assert len(read.subject) < 200
    assert "\u202e" not in read.subject + read.text
    assert all(len(line) <= 998 for line in mail.as_bytes().split(b"\r\n"))


@pytest.mark.parametrize("form", ["=?utf-8?b?{b64}?=", "=?utf-8?q?{hex}?=", "=\u200b?utf-8?b?{b64}?\u200b="])
def test_a_header_hidden_in_an_encoded_subject_stays_text(office: Office, tmp_path: Path, form: str) -> None:
    evil = b"Down\r\nBcc: victim@evil.example\r\n\r\nClick http://evil.example"
    inner = form.format(b64=base64.b64encode(evil).decode(), hex="".join(f"={byte:02X}" for byte in evil))
    outer = f"=?utf-8?b?{base64.b64encode(inner.encode()).decode()}?="
    subject = messages.parse(f"Subject: {outer}\r\n\r\nhello".encode()).subject
    with smtp_server.running() as server:
        told = message(office, subject=subject, event="ticket_opened")
        channel(**smtp(server, tmp_path)).deliver(told, LEAD)
    [(_, recipients, content)] = server.received
    assert recipients == [LEAD]
    assert b"\nBcc:" not in content and b"\nClick" not in content
    assert messages.parse(content).subject.startswith("[SEV")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_goes_encrypted_with_a_login(
    office: Office, tmp_path: Path, certificate: Path, tls: smtp_server.Tls
) -> None:
    with smtp_server.running(tls, certificate, auth=tls == "starttls") as server:
        table = smtp(server, tmp_path, tls=tls, ca_file=certificate / "good.pem", signs_in=tls == "starttls")
        assert "answers, TLS" in channel(**table).check()
        assert server.received == []
        channel(**table).deliver(message(office), LEAD)
    assert len(server.received) == 1


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    office: Office, tmp_path: Path, certificate: Path, tls: smtp_server.Tls
) -> None:
    with (
        smtp_server.running(tls, certificate) as server,
        pytest.raises(NotDelivered, match=r"certificate of 127\.0\.0\.1:.* is not accepted"),
    ):
        channel(**smtp(server, tmp_path, tls=tls)).deliver(message(office), LEAD)
    assert server.received == []


def test_a_server_without_starttls_gets_neither_mail_nor_password(office: Office, tmp_path: Path) -> None:
    with smtp_server.running(auth=True) as server, pytest.raises(NotDelivered, match="does not offer what is set"):
        channel(**smtp(server, tmp_path, tls="starttls", signs_in=True)).deliver(message(office), LEAD)
    assert server.received == []


def test_a_refused_login_is_told_without_the_password_that_the_server_repeats(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with smtp_server.running(auth=True) as server:
        server.refusal = "535 wrong: PASSWORD"
        table = smtp(server, tmp_path, signs_in=True)
        table["password_file"].write_text("not-the-password\n")
        with pytest.raises(NotDelivered, match=r"does not let mailtriage in \(535") as caught:
            channel(**table).deliver(message(office), LEAD)
    assert not caught.value.for_good
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]  # the server's
    told = f"{caught.value!r} {caught.value.__cause__!r} {logged} {channel(**table).table!r}"
    assert "not-the-password" not in told


@pytest.mark.parametrize(("answer", "for_good"), [("550 5.1.1 no such user", True), ("451 4.7.1 greylisted", False)])
def test_a_refused_address_is_given_up_only_when_it_is_refused_for_good(
    office: Office, tmp_path: Path, answer: str, for_good: bool
) -> None:
    with smtp_server.running() as server:
        server.answers[LEAD] = answer
        with pytest.raises(NotDelivered, match=f"refuses the address {LEAD} \\({answer}") as caught:
            channel(**smtp(server, tmp_path)).deliver(message(office), LEAD)
        server.answers.clear()
        server.data_answer = answer
        with pytest.raises(NotDelivered, match="refuses the mail") as again:
            channel(**smtp(server, tmp_path)).deliver(message(office), LEAD)
    assert caught.value.for_good == again.value.for_good == for_good


def test_what_is_no_smtp_server_or_no_server_is_a_failure_that_is_tried_again(office: Office, tmp_path: Path) -> None:
    table = {"host": "127.0.0.1", "port": free_port(), "tls": "none", "from": SENDER, "timeout_seconds": 0.2}
    with pytest.raises(NotDelivered, match="cannot be reached"):
        channel(**table).deliver(message(office), LEAD)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        table["port"] = silent.getsockname()[1]
        with pytest.raises(NotDelivered, match=r"falls silent .*timed out"):
            channel(**table).check()

        def babble() -> None:
            connection, _ = silent.accept()
            connection, _ = silent.accept()
            with connection:
                connection.sendall(b"\xff\x00HTTP/1.1 400\r\n")

        thread = threading.Thread(target=babble, daemon=True)
        thread.start()
        with pytest.raises(NotDelivered, match=r"127\.0\.0\.1") as caught:
            channel(**table).check()
        thread.join(5)
    assert not caught.value.for_good


def test_the_same_event_bears_the_same_id_in_every_try(office: Office, tmp_path: Path) -> None:
    told = message(office)
    with smtp_server.running() as server:
        way = channel(**smtp(server, tmp_path))
        way.deliver(told, LEAD)
        way.deliver(told, LEAD)
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


def test_a_password_that_cannot_be_read_is_a_failure_that_names_its_key(tmp_path: Path) -> None:
    with smtp_server.running() as server:
        table = smtp(server, tmp_path, signs_in=True)
        table["password_file"].unlink()
        with pytest.raises(NotDelivered, match=r"smtp\.password_file: cannot read"):
            channel(**table).check()
