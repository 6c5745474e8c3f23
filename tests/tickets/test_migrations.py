"""The schema: what the migrations make is what the tables say, on both databases."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tests.tickets.making import recording
from tickets.connections import connect, parsed, writing
from tickets.migrating import MIGRATIONS, revision_of
from tickets.schema import REVISION, metadata
from tickets.store import Store, StoreError


def is_ours(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """The search index differs by database and is made by hand."""
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", None)
    return not (table or "").startswith("message_words")


def differences(connection: Connection) -> list[object]:
    """What Alembic would change to get from the database to the tables."""
    options = {"compare_type": True, "include_object": is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_migrations_and_tables_agree(empty_url: str) -> None:
    Store.open(empty_url).close()
    engine = connect(parsed(empty_url))
    with engine.connect() as connection:
        assert differences(connection) == []
        assert revision_of(connection) == REVISION
        connection.execute(text("SELECT count(*) FROM message_words"))
    engine.dispose()


def test_a_table_that_lacks_a_column_is_noticed(empty_url: str) -> None:
    """So that the test above can fail."""
    Store.open(empty_url).close()
    engine = connect(parsed(empty_url))
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE customer DROP COLUMN facts"))
        assert len(differences(connection)) == 1
    engine.dispose()


OLD_MESSAGE = """
INSERT INTO message (id, policy, disposition, reason, kind, digest, identity, sameness, sender_name, sender_address,
subject, received_at, text, new_text, quoted, signature, attachments, defects)
VALUES (:id, 'penelope', 'quarantined', :reason, '', 'd', 'i', 's', '', '', '', '2026-01-01T00:00:00.000000Z',
'', '', '', '', '[]', '[]')
"""


def test_mails_quarantined_by_their_header_alone_are_known_as_such_after_the_upgrade(empty_url: str) -> None:
    engine = connect(parsed(empty_url))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        upgrade(config, "0001")
        for number, reason in ((1, "too large: 60 MB."), (2, "parsing failed: ValueError: too large: 1")):
            connection.execute(text(OLD_MESSAGE), {"id": number, "reason": reason})
    engine.dispose()
    store = Store.open(empty_url)
    assert [mail.step for mail in store.quarantined()] == [None, "fetching"]
    assert store.quarantined_ids(not_by="0.2.0", whole=True) == [2]
    store.close()


def test_the_newest_revision_is_the_one_named_with_the_tables() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_many_openers_of_an_empty_database_all_find_it_migrated(empty_url: str) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def open_and_count() -> None:
        try:
            start.wait()
            store = Store.open(empty_url)
            assert store.counts()["ticket"] == 0
            store.close()
        except BaseException as error:
            failures.append(error)

    openers = [threading.Thread(target=open_and_count) for _ in range(6)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert failures == []


def test_a_store_opened_again_has_what_was_written(url: str) -> None:
    first = Store.open(url)
    first.record([recording(uid=1)])
    first.close()
    second = Store.open(url)
    assert second.counts()["ticket"] == 1
    second.close()


def test_a_database_of_a_newer_program_is_refused(empty_url: str) -> None:
    Store.open(empty_url).close()
    engine = connect(parsed(empty_url))
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer mailtriage"):
        Store.open(empty_url)


def test_a_database_of_another_program_is_left_alone(empty_url: str) -> None:
    engine = connect(parsed(empty_url))
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE ticket (id integer)"))
    engine.dispose()
    with pytest.raises(StoreError, match="another program"):
        Store.open(empty_url)


def test_a_migration_that_fails_leaves_an_empty_database(empty_url: str) -> None:
    """A table is in the way of the last statements; nothing of the schema may remain."""
    engine = connect(parsed(empty_url))
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE message_words (id integer)"))
    with pytest.raises(StoreError):
        Store.open(empty_url)
    with engine.connect() as connection:
        assert revision_of(connection) is None
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE message_words"))
    engine.dispose()
    Store.open(empty_url).close()


def test_migrations_are_packaged() -> None:
    assert (Path(MIGRATIONS) / "versions" / "__init__.py").exists()
