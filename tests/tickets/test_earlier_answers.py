"""First responses in mails of ours that were recorded before the program noted any."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import inspect

from intake.message import Message, parse
from intake.screening import Screening
from tests.tickets.making import NOON, recording
from tests.tickets.test_upgrading import copy
from tickets.connections import connect, parsed, reading, writing
from tickets.migrating import MIGRATIONS
from tickets.recording import Recording
from tickets.schema import metadata
from tickets.store import Store

HOUR = timedelta(hours=1)
OURS = Screening("own_mail", "It was sent from our own address.")
ASKED = "From: Anna <anna@river.example>\nTo: support@vendor.example\nMessage-ID: <{id}@river.example>\n\nHelp.\n"
SENT = "From: support@vendor.example\nTo: {to}\nMessage-ID: <{id}@vendor.example>\n{more}\nTry again.\n"


def asked(conversation: str, at: datetime = NOON) -> Recording:
    return recording(_mail(ASKED, id=conversation), conversation=conversation, received_at=at)


def sent(conversation: str, to: str, at: datetime, more: str = "") -> Recording:
    """A mail of ours as a program recorded it that noted no answers."""
    message = _mail(SENT, id=f"{conversation}.{at:%H%M}", to=to, more=more)
    return recording(message, conversation=conversation, screening=OURS, received_at=at)


def _mail(text: str, **fields: str) -> Message:
    return parse(text.format(**fields).encode())


def recorded(store: Store) -> dict[str, int]:
    """Tickets by conversation: two answered by mail, the others not."""
    numbers = {}
    for name in ("answered", "by_reply_to", "elsewhere", "before", "automatic", "silent"):
        [one] = store.record([asked(name)])
        numbers[name] = one.ticket or 0
    reply_to = (
        ASKED.replace("Anna <anna", "Form <form")
        .replace("Help.", "Again.")
        .replace("To:", "Reply-To: bob@river.example\nTo:", 1)
    )
    store.record([recording(_mail(reply_to, id="again"), conversation="by_reply_to", ticket=numbers["by_reply_to"])])
    store.record(
        [
            sent("answered", "Anna@River.example", NOON + 2 * HOUR),
            sent("answered", "anna@river.example", NOON + HOUR),
            sent("by_reply_to", "bob@river.example", NOON + HOUR),
            sent("elsewhere", "supplier@parts.example", NOON + HOUR),
            sent("before", "anna@river.example", NOON - HOUR),
            sent("automatic", "anna@river.example", NOON + HOUR, "Auto-Submitted: auto-replied\n"),
        ]
    )
    return numbers


def answered(store: Store, numbers: dict[str, int]) -> dict[str, tuple[datetime | None, str | None]]:
    found = {name: store.ticket(number) for name, number in numbers.items()}
    return {n: (t.answered_at, t.answered_by) for n, t in found.items() if t is not None and t.answered_at is not None}


def test_recounting_notes_the_answers_that_our_mails_gave(store: Store) -> None:
    numbers = recorded(store)
    assert answered(store, numbers) == {}
    found = {(each.ticket, each.column) for each in store.recount()}
    us = "support@vendor.example"
    assert answered(store, numbers) == {"answered": (NOON + HOUR, us), "by_reply_to": (NOON + HOUR, us)}
    assert found == {(numbers[n], c) for n in ("answered", "by_reply_to") for c in ("answered_at", "answered_by")}
    assert {each.number for each in store.due()} == {numbers[n] for n in ("elsewhere", "before", "automatic", "silent")}
    assert store.recount() == []


def test_an_answer_that_was_taken_back_stays_so(store: Store) -> None:
    numbers = recorded(store)
    store.recount()
    assert store.take_back_answer(numbers["answered"], actor="ann")
    assert store.recount() == []
    assert set(answered(store, numbers)) == {"by_reply_to"}


def test_after_the_upgrade_what_was_answered_by_mail_is_answered(empty_url: str, tmp_path: Path) -> None:
    today = f"sqlite:///{tmp_path / 'today.db'}"
    store = Store.open(today)
    numbers = recorded(store)
    store.close()
    here, there = connect(parsed(today)), connect(parsed(empty_url))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with reading(here) as source, writing(there) as target:
        config.attributes["connection"] = target
        upgrade(config, "0002")
        for name in metadata.tables:
            if inspect(target).has_table(name):
                copy(source, target, name)
    here.dispose()
    there.dispose()
    store = Store.open(empty_url)
    assert set(answered(store, numbers)) == {"answered", "by_reply_to"}
    assert store.events(numbers["answered"])[0].kind == "answered"
    assert numbers["answered"] not in {each.number for each in store.due()}
    assert store.recount() == []
    store.close()
