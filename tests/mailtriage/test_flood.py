"""The loop guard on a mail's trip: which mails it holds back, and where it is off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.files import RawMail
from intake.machine_mail.flood import Flood
from mailtriage.importing import import_mails
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.settings import FloodTable, Settings, SettingsError, load
from mailtriage.stopwatch import Stopwatch
from tickets.recording import Recorded

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def raw(number: int, **more: str) -> bytes:
    headers = {
        "From": "loop@river.example",
        "Subject": "Re: Ports",
        "Message-ID": f"<{number}@river.example>",
        "Date": "Fri, 20 Nov 2026 10:00:00 +0000",
        **more,
    }
    return (
        "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items()) + f"\r\nNumber {number}\r\n"
    ).encode()


def run(office: Office, mails: list[bytes], limit: Flood | None) -> list[Recorded]:
    counter = Counter(office.policy("penelope"), office.models.of("penelope"), flood=limit)
    return process([Incoming(mail, NOW) for mail in mails], None, counter, office.store, Stopwatch())


def test_what_is_too_many_is_set_aside_with_its_reason_and_the_rest_become_tickets(office: Office) -> None:
    first = run(office, [raw(1), raw(2)], Flood(3, 10))
    then = run(office, [raw(3), raw(4), raw(5, From="ann@river.example")], Flood(3, 10))
    assert [done.disposition for done in first + then] == ["ticket"] * 3 + ["set_aside", "ticket"]
    stored = office.store.message(then[1].message)
    assert stored is not None
    assert stored.reason.startswith("loop@river.example sent more than 3 mails in 10 minutes")
    assert stored.kind == "flood"


def test_answers_of_a_flooding_sender_in_a_conversation_are_set_aside_too(office: Office) -> None:
    mails = [raw(1), *(raw(n, In_Reply_To="<1@river.example>") for n in (2, 3))]
    assert [done.disposition for done in run(office, mails, Flood(2, 10))] == ["ticket", "reply", "set_aside"]


def test_mails_fetched_again_are_recognised_and_no_flood(office: Office) -> None:
    mails = [raw(n) for n in range(4)]
    run(office, mails, Flood(4, 10))
    again = run(office, mails, Flood(4, 10))
    assert all(done.known and done.disposition == "ticket" for done in again)


def test_an_import_of_old_mail_is_not_counted(make_office: Callable[..., Office]) -> None:
    office = make_office(flood=FloodTable(messages=1))
    mails = [RawMail(f"{n}.eml", None, raw(n)) for n in range(3)]
    assert import_mails(mails, "penelope", office) == {"ticket": 3}


def test_the_settings_switch_it_off_and_name_who_is_exempt(tmp_path: Path) -> None:
    assert Settings().flood.limit() == Flood(30, 10, frozenset())
    assert FloodTable(messages=0).limit() is None
    file = tmp_path / "mailtriage.toml"
    file.write_text('[flood]\nmessages = 5\nminutes = 2\nexempt = ["Forms@Example.org"]\n', "utf-8")
    assert load(file).flood.limit() == Flood(5, 2, frozenset({"forms@example.org"}))
    file.write_text("[flood]\nminutes = 0\n", "utf-8")
    with pytest.raises(SettingsError, match=r"flood\.minutes"):
        load(file)
