"""A mail that the database refuses: it goes into quarantine, the others of its batch are recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from intake.cursor import Cursor
from intake.span import Span
from tests.tickets.making import NOON, mail, recording
from tickets import recorder, salvage
from tickets.recording import LONGEST_REASON, Fault, Recording
from tickets.rows import Customer
from tickets.store import Store, StoreError

GONE = Customer(4711, "penelope", "Gone", (), {})


def refused_by_a_reference() -> Recording:
    """Names a customer that is not there."""
    return recording(mail("poison"), uid=2, customer=GONE)


def refused_by_its_kind() -> Recording:
    """Holds what cannot be written as JSON."""
    return recording(replace(mail("poison"), spans=(Span(object(), 0, 1),)), uid=2)  # type: ignore[arg-type]


def refused_before_it_is_written() -> Recording:
    """Its row cannot even be made."""
    return recording(replace(mail("poison"), attachments=(None,)), uid=2)  # type: ignore[arg-type]


POISONS = [refused_by_a_reference, refused_by_its_kind, refused_before_it_is_written]


@pytest.mark.parametrize("poison", POISONS, ids=lambda made: made.__name__)
def test_a_refused_mail_costs_itself_alone(store: Store, poison: Callable[[], Recording]) -> None:
    refused, cursor = poison(), Cursor("support", "INBOX", 1, 3)
    done = store.record([recording(uid=1), refused, recording(uid=3)], cursor)
    assert [each.disposition for each in done] == ["ticket", "quarantined", "ticket"]
    assert store.cursor("support", "INBOX") == cursor
    stored = store.message(done[1].message)
    assert stored is not None
    assert stored.step == "recording"
    assert stored.reason.startswith("recording failed: ")
    assert stored.program_version == Fault("recording", "").program
    assert stored.received_at == NOON
    assert store.raw(done[1].message) == refused.message.raw


def test_a_refused_mail_that_is_fetched_again_is_known(store: Store) -> None:
    batch = [refused_by_a_reference()]
    [first] = store.record(batch)
    assert store.record(batch) == [replace(first, known=True)]


def test_mails_after_a_refused_one_still_join_and_repeat_those_before_it(store: Store) -> None:
    first, copy = mail(), mail()
    copy = replace(first, raw=copy.raw, digest=copy.digest)
    done = store.record(
        [
            recording(first, uid=1, conversation="c1"),
            refused_by_a_reference(),
            recording(uid=3, conversation="c1"),
            recording(copy, uid=4, same_as=first.identity),
        ]
    )
    assert [each.disposition for each in done] == ["ticket", "quarantined", "reply", "duplicate"]
    assert done[2].ticket == done[0].ticket


def test_a_fault_that_the_mail_had_before_is_the_one_that_is_kept(store: Store) -> None:
    header = replace(mail(), attachments=(None,))  # type: ignore[arg-type]
    [done] = store.record([recording(header, uid=2, quarantine=Fault("fetching", "too large"))])
    stored = store.message(done.message)
    assert stored is not None
    assert (stored.step, stored.reason) == ("fetching", "too large")


def test_the_reason_is_never_as_long_as_the_mail(store: Store) -> None:
    assert len(salvage.fault_of(ValueError("x" * 10_000)).says) == LONGEST_REASON


def test_an_outage_while_mails_are_recorded_one_by_one_stops_the_batch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = recorder.record, []

    def breaking(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 3:
            raise OperationalError("INSERT", {}, Exception("disk I/O error"), connection_invalidated=True)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder, "record", breaking)
    with pytest.raises(StoreError):
        store.record([recording(uid=1), refused_by_a_reference(), recording(uid=3)], Cursor("support", "INBOX", 1, 3))
    assert len(calls) == 3
    assert set(store.counts().values()) == {0}
    assert store.cursor("support", "INBOX") is None


def test_a_whole_batch_of_refused_mails_is_quarantined(store: Store) -> None:
    batch = [recording(uid=uid, customer=GONE) for uid in range(1, 6)]
    assert [done.disposition for done in store.record(batch)] == ["quarantined"] * 5
    assert store.counts()["quarantined"] == 5
