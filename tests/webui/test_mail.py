from __future__ import annotations

import re

import pytest

from tests.webui.conftest import Agent
from tests.webui.seed import PIXEL
from tickets.rows import StoredMessage
from tickets.store import Store
from webui.headers import MAIL_POLICY
from webui.mail import saved_name

SLOW = "Reports take four minutes for the whole intake team"


@pytest.fixture
def mail(store: Store, numbers: dict[str, int]) -> StoredMessage:
    """A mail with an HTML version, an inline picture and two attachments."""
    return store.messages_of(numbers[SLOW])[0]


def test_the_html_version_is_sanitised_under_a_policy_of_its_own(agent: Agent, mail: StoredMessage) -> None:
    response = agent.get(f"/mail/{mail.id}/html")
    assert response.headers["Content-Security-Policy"] == MAIL_POLICY
    assert "<b>every report</b>" in response.text
    assert 'src="data:image/png;base64,' in response.text
    for gone in ("script", "tracker.example", "phish.example"):
        assert gone not in response.text


def test_the_page_shows_the_html_version_in_a_closed_frame(agent: Agent, mail: StoredMessage) -> None:
    (frame,) = re.findall(r"<iframe[^>]*>", agent.page(f"/tickets/{mail.ticket}"))
    assert 'sandbox=""' in frame
    assert f'src="/mail/{mail.id}/html"' in frame


def test_a_mail_without_html_has_no_frame(agent: Agent, store: Store) -> None:
    assert agent.get(f"/mail/{store.messages_of(1)[0].id}/html").status_code == 404


def test_attachments_are_saved_and_never_shown(agent: Agent, mail: StoredMessage) -> None:
    names = [part["name"] for part in mail.attachments]
    assert {"slow-reports.pdf", "timings.csv", "logo.png"} <= set(names)
    contents = {"slow-reports.pdf": b"%PDF-1.4 slow", "logo.png": PIXEL}
    for index, name in enumerate(names):
        response = agent.get(f"/mail/{mail.id}/attachments/{index}")
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"] == f"attachment; filename={name}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == MAIL_POLICY
        assert name not in contents or response.data == contents[name]


@pytest.mark.parametrize("path", ["attachments/99", "attachments/-1", "attachments/../../etc/passwd", "attachments/x"])
def test_there_is_no_way_to_another_file(agent: Agent, mail: StoredMessage, path: str) -> None:
    assert agent.get(f"/mail/{mail.id}/{path}").status_code == 404


def test_the_raw_mail_is_saved_as_it_came(agent: Agent, mail: StoredMessage, store: Store) -> None:
    response = agent.get(f"/mail/{mail.id}/raw")
    assert response.data == store.raw(mail.id)
    assert response.headers["Content-Disposition"] == f"attachment; filename=mail-{mail.id}.eml"


def test_what_was_set_aside_is_listed_with_its_reason(agent: Agent) -> None:
    page = agent.page("/set-aside")
    assert "Auto-Submitted: auto-replied (RFC 3834, 5)" in page
    assert "Undelivered Mail Returned to Sender" in page


def test_a_mail_set_aside_has_a_page_of_its_own(agent: Agent, store: Store) -> None:
    aside = store.set_aside()[-1]
    page = agent.page(f"/mail/{aside.id}")
    assert "I am out of the office until Thursday." in page
    assert f'href="/mail/{aside.id}/raw"' in page


def test_a_mail_of_a_ticket_is_shown_there(agent: Agent, mail: StoredMessage) -> None:
    assert agent.get(f"/mail/{mail.id}").headers["Location"] == f"/tickets/{mail.ticket}#mail-{mail.id}"


def test_an_unknown_mail_is_not_found(agent: Agent) -> None:
    for path in ("/mail/999", "/mail/999/raw", "/mail/999/html", "/mail/999/attachments/0"):
        assert agent.get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\cmd.exe", "cmd.exe"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("...", "attachment"),
        ("", "attachment"),
        ("Prüfbericht.pdf", "Prüfbericht.pdf"),
    ],
)
def test_a_saved_name_is_a_plain_file_name(name: str, saved: str) -> None:
    assert saved_name(name, "attachment") == saved
