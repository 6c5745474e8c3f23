"""A database of the first schema, with mail in it, opened by this program."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import Connection, column, insert, inspect, select, table, text

from intake.cursor import Cursor
from policies.policy import Policy
from tests.tickets.making import NOON, delivered, mail, recording
from tests.tickets.placing import taken
from tickets.connections import connect, is_sqlite, parsed, reading, writing
from tickets.message_rows import index
from tickets.migrating import MIGRATIONS
from tickets.schema import metadata
from tickets.store import Store

FIRST = mail("The narwhal does not start.", message_id="first@river.example", name="Anna", sender="Anna@River.example")
REPLY = mail("It still does not.", message_id="reply@river.example", in_reply_to=("first@river.example",))
HEADER = mail("", subject="Pictures", message_id="large@river.example")
CURSOR = Cursor("support", "INBOX", 1, 3)
KEYS = {"ticket": "number", "message": "id", "delivery": "id", "event": "id", "customer": "id", "contact": "id"}


@pytest.fixture
def upgraded(empty_url: str, tmp_path: Path) -> Iterator[Store]:
    """What a store of this program holds, written into the tables of the first schema and opened again."""
    today = f"sqlite:///{tmp_path / 'today.db'}"
    store = Store.open(today)
    store.upsert_contact(
        store.upsert_customer("penelope", "River", ["river.example"], {"hosting": "own"}, "ann").id,
        "anna@river.example", "Anna", {}, "ann",
    )  # fmt: skip
    store.record(
        [
            recording(FIRST, uid=1, conversation="c1"),
            recording(REPLY, uid=2, conversation="c1"),
            recording(HEADER, uid=3, quarantine="too large: 60 MB. It is still in the mailbox, unmarked."),
        ],
        CURSOR,
    )
    store.correct(1, {"severity": "SEV2"}, agent="ann")
    store.close()
    here, there = connect(parsed(today)), connect(parsed(empty_url))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with reading(here) as source, writing(there) as target:
        config.attributes["connection"] = target
        upgrade(config, "0001")
        for name in metadata.tables:
            if inspect(target).has_table(name):
                copy(source, target, name)
        index(target, {1: FIRST, 2: REPLY})
    here.dispose()
    there.dispose()
    store = Store.open(empty_url)
    yield store
    store.close()


def copy(source: Connection, target: Connection, name: str) -> None:
    """The rows of one table, as far as the first schema has their columns, with raw mails as it packed them."""
    known = {each["name"] for each in inspect(target).get_columns(name)}
    kept = [each for each in metadata.tables[name].columns if each.name in known]
    rows = [dict(row._mapping) for row in source.execute(select(*kept))]
    deflated = name == "raw_mail" and "deflated" in known
    if deflated:
        raws = {1: FIRST.raw, 2: REPLY.raw, 3: HEADER.raw}
        rows = [row | {"deflated": zlib.compress(raws[row["message_id"]], 1)} for row in rows]
    columns = [column(each.name, each.type) for each in kept] + [column("deflated")] * deflated
    if rows:
        target.execute(insert(table(name, *columns)), rows)
    if rows and name in KEYS and not is_sqlite(target):
        largest = f"SELECT max({KEYS[name]}) FROM {name}"
        target.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', '{KEYS[name]}'), ({largest}))"))


def test_what_the_first_schema_held_is_read_as_before(upgraded: Store) -> None:
    found = upgraded.ticket(1)
    assert found is not None
    assert (found.state, found.severity, found.previous) == ("decided", "SEV2", None)
    assert found.verdict.labels["severity"].model_value == "SEV3"
    assert [(mail.subject, mail.new_text) for mail in upgraded.messages_of(1)] == [
        ("Help", "The narwhal does not start."),
        ("Help", "It still does not."),
    ]
    assert {(mail.spans, mail.forwarded) for mail in upgraded.messages_of(1)} == {((), None)}
    assert [upgraded.raw(number) for number in (1, 2, 3)] == [FIRST.raw, REPLY.raw, HEADER.raw]
    assert [item.number for item in upgraded.search("narwhal")] == [1]
    assert [correction.to_value for correction in upgraded.corrections(1)] == ["SEV2"]
    assert upgraded.cursor("support", "INBOX") == CURSOR
    assert upgraded.counts() | {"ticket": 1, "reply": 1, "quarantined": 1, "decided": 1} == upgraded.counts()


def test_a_mail_of_the_first_schema_is_recognised(upgraded: Store) -> None:
    again = recording(FIRST, delivery=delivered(9, uidvalidity=2))
    copied = recording(REPLY, delivery=delivered(1, mailbox="sales"))
    moved, second = upgraded.record([again, copied])
    assert (moved.message, moved.known) == (1, True)
    assert (second.message, second.disposition) == (4, "duplicate")


def test_new_mail_goes_on_with_conversations_and_numbers_of_the_first_schema(upgraded: Store, penelope: Policy) -> None:
    answer = mail("Any news?", sender="anna@river.example", references=("first@river.example",))
    other = mail("Something else.", sender="bert@lake.example")
    joined, opened = taken(upgraded, penelope, answer, other)
    assert (joined.message, joined.ticket, joined.disposition) == (4, 1, "reply")
    assert (opened.message, opened.ticket, opened.disposition) == (5, 2, "ticket")
    assert [correction.to_value for correction in upgraded.undo(1, agent="ann")] == ["SEV2"]


def test_a_mail_quarantined_under_the_first_schema_is_made_a_ticket(upgraded: Store) -> None:
    [header] = upgraded.quarantined()
    assert (header.step, header.program_version) == ("fetching", None)
    whole = mail("The pictures.", subject="Pictures", message_id="large@river.example", raw=HEADER.raw + b"\r\nAll.")
    done = upgraded.reconsider(upgraded.held(3, "quarantined"), recording(whole), actor="ann")
    assert (done.message, done.disposition, done.ticket) == (3, "ticket", 2)
    assert upgraded.raw(3) == whole.raw
    assert upgraded.unacknowledged("support", "INBOX")[-1] == delivered(3)


def test_senders_of_the_first_schema_count_as_floods_do(upgraded: Store) -> None:
    [*mails] = upgraded.recent_mails(
        {"anna@river.example": 0}, since=NOON.replace(hour=11), until=NOON.replace(hour=13), newest=5
    )
    assert len(mails) == 2
