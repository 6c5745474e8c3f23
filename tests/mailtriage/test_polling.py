"""A real mailbox, polled into a real store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from intake.mailbox import Mailbox, MailboxError, MailboxUnavailable
from mailtriage import pipeline, rounds
from mailtriage.demo import sample_mails
from mailtriage.office import Office
from mailtriage.polling import poll
from mailtriage.settings import MailboxTable
from tests.servers.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.dovecot


def table(server: Dovecot, user: str, **more: object) -> MailboxTable:
    fields = {
        "name": user, "policy": "penelope", "host": server.host, "port": server.port, "tls": "none",
        "username": user, "password": SecretStr(PASSWORD), "batch_size": 4, **more,
    }  # fmt: skip
    return MailboxTable.model_validate(fields)


def test_every_mail_is_recorded_once_and_marked(office: Office, dovecot: Dovecot) -> None:
    dovecot.seed("every", sample_mails("penelope"))
    report = poll(table(dovecot, "every"), office)
    assert report.total == 10
    assert report.recorded == {"ticket": 8, "reply": 1, "set_aside": 1}
    assert all("\\Seen" in flags for flags in dovecot.flags("every").values())
    again = poll(table(dovecot, "every"), office)
    assert (again.total, again.known) == (0, 0)


def test_a_new_uidvalidity_brings_nothing_twice(office: Office, dovecot: Dovecot) -> None:
    dovecot.seed("renumbered", sample_mails("penelope"))
    poll(table(dovecot, "renumbered"), office)
    dovecot.set_uidvalidity("renumbered", 4_000_000)
    again = poll(table(dovecot, "renumbered"), office)
    assert (again.total, again.known) == (0, 10)


def test_a_crash_after_the_commit_leaves_a_mark_to_be_made_at_the_next_poll(
    office: Office, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.seed("crash", sample_mails("penelope"))
    with monkeypatch.context() as patch:

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Mailbox, "acknowledge", crash)
        with pytest.raises(KeyboardInterrupt):
            poll(table(dovecot, "crash"), office)
    assert not any("\\Seen" in flags for flags in dovecot.flags("crash").values())
    poll(table(dovecot, "crash"), office)
    assert all("\\Seen" in flags for flags in dovecot.flags("crash").values())
    assert office.store.unacknowledged("crash", "INBOX") == []
    assert sum(office.store.counts().get(kind, 0) for kind in ("reply", "set_aside", "quarantined", "duplicate")) == 2


def test_a_mail_over_the_limit_stays_unmarked_and_does_not_stop_the_others(office: Office, dovecot: Dovecot) -> None:
    huge = b"From: a@b.example\r\nSubject: huge\r\n\r\n" + b"x" * 76 + b"\r\n" * 1_200_000
    dovecot.seed("huge", [sample_mails("penelope")[0], huge, sample_mails("penelope")[1]])
    report = poll(table(dovecot, "huge", max_message_mb=1), office)
    assert report.recorded == {"ticket": 2, "quarantined": 1}
    unmarked = [uid for uid, flags in dovecot.flags("huge").items() if "\\Seen" not in flags]
    assert len(unmarked) == 1
    poll(table(dovecot, "huge", max_message_mb=1), office)
    assert [uid for uid, flags in dovecot.flags("huge").items() if "\\Seen" not in flags] == unmarked


def test_a_wrong_password_is_said_without_the_password(office: Office, dovecot: Dovecot) -> None:
    with pytest.raises(MailboxError) as raised:
        poll(table(dovecot, "wrong", password=SecretStr("not-the-password")), office)
    assert "password" in str(raised.value)
    assert "not-the-password" not in str(raised.value)


def test_an_unreachable_server_is_a_fault_to_be_tried_again(office: Office, dovecot: Dovecot) -> None:
    with pytest.raises(MailboxUnavailable):
        poll(table(dovecot, "away", port=1), office)


def test_an_expired_certificate_is_refused(office: Office, dovecot: Dovecot) -> None:
    from tests.servers.dovecot import EXPIRED_HOST

    expired = table(
        dovecot, "expired", host=EXPIRED_HOST, port=dovecot.tls_port, tls="implicit",
        ca_file=Path(dovecot.expired_certificate),
    )  # fmt: skip
    with pytest.raises(MailboxError, match="expired"):
        poll(expired, office)


def test_another_model_put_in_force_decides_the_next_batch(
    make_office: Callable[..., Office], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running poll picks the new model up between two batches; each ticket names the one that decided it."""
    office = make_office()
    dovecot.seed("models", sample_mails("penelope"))
    first = office.registry.current("penelope")
    card = office.registry.versions("penelope")[0]
    second = office.registry.add(office.models.of("penelope"), card).version
    real = pipeline.process

    def process_and_promote(*arguments: object) -> object:
        done = real(*arguments)  # type: ignore[arg-type]
        office.registry.promote("penelope", second)
        return done

    monkeypatch.setattr(rounds, "process", process_and_promote)
    poll(table(dovecot, "models"), office)
    versions = [ticket.verdict.versions.model for n in range(1, 9) if (ticket := office.store.ticket(n))]
    assert versions[0] == first
    assert versions[-1] == second
    assert sorted(set(versions)) == sorted({first, second})
