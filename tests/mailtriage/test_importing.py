"""Mail from files into the store, and no copy of what is there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from classifier.example import Example, read_jsonl
from intake import files
from intake.files import RawMail
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_labelled, import_mails
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


def test_our_own_mail_in_an_archive_is_no_request(make_office: Callable[..., Office]) -> None:
    mailbox = {"name": "a", "policy": "penelope", "host": "127.0.0.1", "username": "u", "password": "p"}
    office = make_office(mailboxes=({**mailbox, "own_addresses": ("Support@Vendor.example",)},))
    raw = b"From: support@vendor.example\r\nTo: a@b.example\r\nSubject: Re: printing\r\n\r\nPlease try again.\r\n"
    assert import_mails([RawMail("x.eml", None, raw)], "penelope", office) == {"set_aside": 1}
