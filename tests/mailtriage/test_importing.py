"""Mail from files into the store, and no copy of what is there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.example import Example, read_jsonl
from intake import files
from intake import message as messages
from intake.files import RawMail
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_labelled, import_mails, raw_mail, received
from mailtriage.office import Office
from mailtriage.starters import TRAINING_DATA


def labelled(count: int) -> list[Example]:
    lines = (TRAINING_DATA / "penelope.jsonl").read_text("utf-8").splitlines()[:count]
    return read_jsonl(lines, "penelope.jsonl")


def test_a_folder_of_mails_is_recorded_and_a_second_time_known(office: Office) -> None:
    folder = SAMPLES / "penelope"
    counts = import_mails(files.read([folder]), "penelope", office)
    assert counts == {"ticket": 8, "reply": 1, "set_aside": 1}
    assert import_mails(files.read([folder]), "penelope", office) == {"known": 10}


def test_labels_come_in_as_an_agents_word_and_go_out_as_training_data(office: Office) -> None:
    from tickets.labelled import examples

    given = labelled(6)
    counts = import_labelled(given, "penelope", office, agent="ann")
    assert counts["ticket"] == 6
    learned = {example.subject: example for example in examples(office.store, "penelope")}
    for example in given:
        subject = " ".join(example.subject.split())
        assert learned[subject].labels == example.labels
        assert learned[subject].origin == "agent"
    assert import_labelled(given, "penelope", office, agent="ann") == {"known": 6}


def test_progress_counts_every_byte(office: Office) -> None:
    seen: list[int] = []
    import_mails(files.read([SAMPLES / "atollon"]), "atollon", office, seen.append)
    assert sum(seen) == files.size([SAMPLES / "atollon"])


def test_a_labelled_mail_with_many_lines_in_its_subject_is_one_mail(tmp_path: Path, office: Office) -> None:
    line = json.dumps({"id": "x-1", "policy": "penelope", "subject": "two\r\nBcc: a@b.example", "body": "text"})
    [example] = read_jsonl([line], "x.jsonl")
    import_labelled([example], "penelope", office, agent="ann")
    stored = office.store.message(1)
    assert stored is not None
    assert stored.subject == "two Bcc: a@b.example"


def test_a_header_hidden_in_an_encoded_word_of_a_labelled_mail_stays_text() -> None:
    hidden = "=?utf-8?q?two=0D=0ABcc:_a@b.example=0D=0A=0D=0Abody?="
    raw = raw_mail(Example("x-1", hidden, "text", "penelope", sender=f"{hidden} <c@d.example>"))
    assert b"\nBcc:" not in raw and b"\nbody" not in raw
    assert messages.parse(raw).sender.address == "c@d.example"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "date", ["Wed, 1 Jan 1000 00:00:00 +0000", "Tue, 1 Jan 1980 00:00:00 +0000", "Fri, 1 Jan 9999 00:00:00 +0000"]
)
def test_a_mail_from_a_file_with_a_date_that_cannot_be_counts_as_received_now(office: Office, date: str) -> None:
    raw = f"From: a@b.example\r\nSubject: Printing\r\nDate: {date}\r\n\r\nNothing prints.\r\n".encode()
    before = datetime.now(UTC)
    assert import_mails([RawMail("x.eml", None, raw)], "penelope", office) == {"ticket": 1}
    stored = office.store.ticket(1)
    assert stored is not None
    assert before <= stored.created_at <= datetime.now(UTC)


def test_a_mail_from_a_file_counts_as_received_at_its_date() -> None:
    written = datetime(2019, 5, 6, 7, 8, tzinfo=UTC)
    assert received(written) == written


def test_our_own_mail_in_an_archive_is_no_request(make_office: Callable[..., Office]) -> None:
    mailbox = {"name": "a", "policy": "penelope", "host": "127.0.0.1", "username": "u", "password": "p"}
    office = make_office(mailboxes=({**mailbox, "own_addresses": ("Support@Vendor.example",)},))
    raw = b"From: support@vendor.example\r\nTo: a@b.example\r\nSubject: Re: printing\r\n\r\nPlease try again.\r\n"
    assert import_mails([RawMail("x.eml", None, raw)], "penelope", office) == {"set_aside": 1}
