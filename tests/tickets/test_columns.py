"""What a mail may put into a database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.making import mail, recording
from tickets.columns import in_utc, json_text, storable
from tickets.store import Store

TEXTS = st.text(st.characters(exclude_categories=()))


@given(value=st.recursive(TEXTS | st.integers() | st.booleans() | st.none(), st.lists, max_leaves=10))
def test_json_holds_no_nul_and_no_surrogate_and_reads_back(value: object) -> None:
    written = json_text({"key": value})
    assert storable(written) == written
    assert json.loads(written) == {"key": cleaned(value)}


def cleaned(value: object) -> object:
    """What should be read back."""
    if isinstance(value, str):
        return storable(value)
    return [cleaned(item) for item in value] if isinstance(value, list) else value


def test_backslashes_before_a_nul_stay() -> None:
    for text in ("\\u0000", "\\\x00", "\\\\u0000", "\x00\x00", "\\\\\x00u0000"):
        assert json.loads(json_text([text])) == [text.replace("\x00", "\ufffd")], repr(text)


def test_dates_and_mappings_are_written_and_other_things_refused() -> None:
    assert json_text(MappingProxyType({"a": date(2026, 1, 2), "b": ("x",)})) == '{"a":"2026-01-02","b":["x"]}'
    with pytest.raises(TypeError, match="bytes"):
        json_text([b"x"])


def test_a_naive_time_is_utc() -> None:
    assert in_utc(datetime(2026, 1, 2, 3)) == datetime(2026, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "edge",
    [
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_a_date_at_the_edge_of_the_calendar_is_stored(store: Store, edge: datetime) -> None:
    [done] = store.record([recording(mail(date=edge))])
    stored = store.message(done.message)
    assert stored is not None
    assert stored.sent_at == edge.replace(tzinfo=UTC)


def test_what_no_database_holds_is_replaced_and_nothing_is_lost(store: Store) -> None:
    hostile = "a\x00b\udcffc"
    message = mail(
        hostile, subject=hostile, sender=f"{hostile}@x.example", name=hostile, message_id=hostile, to=[f"{hostile}@y"],
        quoted=hostile, html=hostile, raw=b"a\x00b\xff",
    )  # fmt: skip
    [done] = store.record([recording(message)])
    stored = store.message(done.message)
    assert stored is not None
    assert {stored.subject, stored.sender_name, stored.html, stored.message_id} == {"a\ufffdb\ufffdc"}
    assert store.raw(done.message) == b"a\x00b\xff"
    with store.looking_up("penelope") as lookups:
        assert hostile in lookups.carriers([hostile])
