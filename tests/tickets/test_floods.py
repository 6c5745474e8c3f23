"""Too many mails of one sender: what is counted, over programs, restarts and batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from intake.machine_mail.flood import Flood
from intake.message import Message
from intake.screening import Screening
from tests.tickets.making import NOON, mail, recording
from tickets.floods import too_many
from tickets.store import Store

LIMIT = Flood(messages=3, minutes=10)


def mails(count: int, sender: str | None = "loop@river.example") -> list[Message]:
    return [mail(f"number {n}", sender=sender) for n in range(count)]


def minutes(*after: float) -> list[datetime]:
    return [NOON + timedelta(minutes=each) for each in after]


def record(store: Store, messages: Sequence[Message], times: Sequence[datetime], kind: Screening | None = None) -> None:
    more = {} if kind is None else {"screening": kind}
    store.record([recording(m, received_at=at, **more) for m, at in zip(messages, times, strict=True)])


def test_the_mails_beyond_the_limit_are_too_many(store: Store) -> None:
    assert too_many(store, LIMIT, mails(5), minutes(0, 1, 2, 3, 4)) == [False, False, False, True, True]


def test_mails_further_apart_than_the_minutes_are_not(store: Store) -> None:
    assert too_many(store, LIMIT, mails(5), minutes(0, 4, 8, 12, 16)) == [False] * 5
    assert too_many(store, LIMIT, mails(4), minutes(0, 0, 0, 10)) == [False] * 4


def test_the_order_of_arrival_decides_not_that_of_the_batch(store: Store) -> None:
    assert too_many(store, LIMIT, mails(4), minutes(9, 0, 1, 2)) == [True, False, False, False]


def test_what_another_program_recorded_is_counted(store: Store) -> None:
    record(store, mails(3), minutes(0, 1, 2))
    assert too_many(store, LIMIT, mails(1), minutes(3)) == [True]
    assert too_many(store, LIMIT, mails(1), minutes(13)) == [False]
    assert too_many(store, LIMIT, mails(1, "other@river.example"), minutes(3)) == [False]


def test_a_flood_stays_set_aside_until_it_ebbs(store: Store) -> None:
    record(store, mails(3), minutes(0, 1, 2), LIMIT.screening(mails(1)[0].sender or pytest.fail("no sender")))
    assert too_many(store, LIMIT, mails(1), minutes(3)) == [True]


def test_what_machines_sent_is_not_counted(store: Store) -> None:
    record(store, mails(3), minutes(0, 1, 2), Screening("bulk", "Precedence: bulk"))
    assert too_many(store, LIMIT, mails(1), minutes(3)) == [False]


def test_a_mail_fetched_again_is_neither_counted_nor_too_many(store: Store) -> None:
    again = mails(3)
    record(store, again, minutes(0, 1, 2))
    assert too_many(store, LIMIT, [*again, *again], minutes(0, 1, 2, 3, 4, 5)) == [False] * 6
    assert too_many(store, LIMIT, [*again, *mails(1)], minutes(0, 1, 2, 3)) == [False] * 3 + [True]


def test_a_copy_in_the_same_batch_is_counted_once(store: Store) -> None:
    once = mail("once", sender="loop@river.example")
    assert too_many(store, LIMIT, [once] * 6, minutes(0, 1, 2, 3, 4, 5)) == [False] * 6


def test_mails_without_sender_are_not_counted(store: Store) -> None:
    assert too_many(store, LIMIT, mails(5, None), minutes(0, 1, 2, 3, 4)) == [False] * 5


def test_an_exempt_sender_may_send_any_number(store: Store) -> None:
    limit = Flood(3, 10, frozenset({"loop@river.example"}))
    assert too_many(store, limit, mails(5, "Loop@River.example"), minutes(0, 1, 2, 3, 4)) == [False] * 5


@pytest.mark.parametrize("sender", ["\0loop@river.example", "\ud800@river.example", "x" * 400 + "@river.example"])
def test_a_hostile_sender_is_counted_as_any_other(store: Store, sender: str) -> None:
    record(store, mails(3, sender), minutes(0, 1, 2))
    assert too_many(store, LIMIT, mails(1, sender), minutes(3)) == [True]


def test_the_edge_of_the_calendar_is_no_fault(store: Store) -> None:
    assert too_many(store, LIMIT, mails(1), [datetime.min]) == [False]
    assert too_many(store, LIMIT, mails(1), [datetime.max.replace(tzinfo=UTC)]) == [False]


def test_the_reason_names_sender_and_numbers() -> None:
    reason = LIMIT.screening(mails(1)[0].sender or pytest.fail("no sender")).reason
    assert "loop@river.example" in reason
    assert "more than 3 mails in 10 minutes" in reason
