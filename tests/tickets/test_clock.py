"""A ticket's clock: paused, going on, answered; what is due follows from the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text, update

from policies.clock.pause import Pause
from policies.loader import load_shipped
from policies.terms import ResponseTarget, Terms
from policies.versions import as_policies
from tests.tickets.making import NOON, facts, mail, recording, terms, verdict
from tests.tickets.test_races import run_together
from tickets import desk
from tickets.clocks import clock
from tickets.clocks.clock import is_late, state_of
from tickets.connections import writing
from tickets.schema import ticket
from tickets.store import NoSuchTicket, Store

POLICIES = as_policies({"perfana": load_shipped("perfana")})
WEEKDAY = load_shipped("perfana").file.calendars["weekday"].title
DUE = NOON + timedelta(hours=2)
HOUR = timedelta(hours=1)


def promised(due: datetime = DUE, within: str = "2 support hours") -> Terms:
    """Due at 15:00 in Amsterdam, on a Monday."""
    return Terms({}, "covered", None, ResponseTarget(due, within, WEEKDAY))


@pytest.fixture
def counted(store: Store) -> Store:
    """A store that counts by the shipped calendars."""
    return store.counting_by(POLICIES)


def opened(store: Store, conversation: str = "c1", **more: Any) -> int:
    given = {"promised": promised(), "policy": "perfana", "conversation": conversation, **more}
    [done] = store.record([recording(mail(), **given)])
    return done.ticket or 0


def replied(store: Store, number: int, at: datetime) -> None:
    store.record([recording(mail("Here it is."), policy="perfana", conversation="c1", ticket=number, received_at=at)])


def due_at(store: Store, number: int) -> datetime | None:
    found = store.ticket(number)
    assert found is not None
    return found.due_at


def kinds(store: Store, number: int) -> list[str]:
    return [event.kind for event in reversed(store.events(number))]


def details(store: Store, number: int, kind: str) -> Mapping[str, Any]:
    return next(event.details for event in store.events(number) if event.kind == kind)


def test_waiting_stops_the_clock_and_going_on_moves_the_due_time(counted: Store) -> None:
    number = opened(counted)
    assert counted.wait(number, actor="anna", at=NOON + HOUR)
    found = counted.ticket(number)
    assert found is not None
    assert (found.paused_at, found.due_at) == (NOON + HOUR, DUE)
    assert found.target is not None
    assert found.target.paused
    # Monday 14:00 to Tuesday 9:00 in Amsterdam is four support hours; one was left.
    assert counted.resume(number, actor="anna", at=NOON + timedelta(hours=20))
    found = counted.ticket(number)
    assert found is not None
    assert (found.paused_at, found.due_at) == (None, NOON + timedelta(hours=21))
    assert counted.pauses(number) == [Pause(NOON + HOUR, NOON + timedelta(hours=20))]
    assert kinds(counted, number) == ["ticket_opened", "clock_paused", "clock_resumed"]


def test_each_verb_done_twice_is_done_once(counted: Store) -> None:
    number = opened(counted)
    assert [counted.wait(number, actor="anna", at=NOON + n * HOUR) for n in (1, 2)] == [True, False]
    assert [counted.resume(number, actor="anna", at=NOON + n * HOUR) for n in (3, 4)] == [True, False]
    assert [counted.answer(number, by="anna", actor="anna", at=NOON + n * HOUR) for n in (5, 6)] == [True, False]
    assert [counted.take_back_answer(number, actor="anna") for _ in range(2)] == [True, False]
    assert kinds(counted, number) == ["ticket_opened", "clock_paused", "clock_resumed", "answered", "answer_undone"]


def test_a_customers_reply_ends_the_pause_when_it_was_received(counted: Store) -> None:
    number = opened(counted)
    counted.wait(number, actor="anna", at=NOON)
    replied(counted, number, NOON + HOUR)
    assert due_at(counted, number) == DUE + HOUR
    assert kinds(counted, number) == ["ticket_opened", "clock_paused", "reply_joined", "clock_resumed"]
    assert details(counted, number, "clock_resumed")["message"] == counted.messages_of(number)[-1].id


def test_a_reply_received_before_the_pause_was_noted_ends_it_without_length(counted: Store) -> None:
    number = opened(counted)
    counted.wait(number, actor="anna", at=NOON + HOUR)
    replied(counted, number, NOON + timedelta(minutes=30))
    assert due_at(counted, number) == DUE
    assert counted.pauses(number) == [Pause(NOON + HOUR, NOON + HOUR)]


def test_a_reply_without_a_pause_changes_nothing_of_the_clock(counted: Store) -> None:
    number = opened(counted)
    replied(counted, number, NOON + HOUR)
    assert kinds(counted, number) == ["ticket_opened", "reply_joined"]


def test_a_pause_after_the_due_time_moves_nothing(counted: Store) -> None:
    number = opened(counted)
    counted.wait(number, actor="anna", at=DUE)
    counted.resume(number, actor="anna", at=DUE + HOUR)
    assert due_at(counted, number) == DUE


def test_several_pauses_count_together(counted: Store) -> None:
    number = opened(counted)
    for hour in (0, 3, 5):
        counted.wait(number, actor="anna", at=NOON + hour * HOUR)
        counted.resume(number, actor="anna", at=NOON + (hour + 1) * HOUR)
    assert due_at(counted, number) == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert len(counted.pauses(number)) == 3


def test_a_business_day_is_lengthened_by_the_support_time_of_the_pause(counted: Store) -> None:
    number = opened(counted, promised=promised(NOON + timedelta(days=1), "1 business day"))
    counted.wait(number, actor="anna", at=NOON + HOUR)
    counted.resume(number, actor="anna", at=NOON + timedelta(hours=20))
    # Four hours from 13:00 on Tuesday end when support closes.
    assert due_at(counted, number) == datetime(2026, 3, 3, 16, tzinfo=UTC)


def test_a_ticket_without_a_target_may_wait_and_still_has_none(counted: Store) -> None:
    number = opened(counted, promised=terms(None))
    assert counted.wait(number, actor="anna", at=NOON)
    assert counted.resume(number, actor="anna", at=NOON + HOUR)
    assert due_at(counted, number) is None


def test_closed_and_answered_tickets_do_not_wait(counted: Store) -> None:
    number = opened(counted)
    counted.answer(number, by="anna", actor="anna", at=NOON + HOUR)
    assert not counted.wait(number, actor="anna")
    other = opened(counted, "c2")
    counted.set_state(other, "closed", actor="anna")
    assert not counted.wait(other, actor="anna")


def test_an_earlier_answer_takes_the_place_of_a_later_one(counted: Store) -> None:
    number = opened(counted)
    counted.answer(number, by="anna", actor="anna", at=NOON + 3 * HOUR)
    assert details(counted, number, "answered")["late"]
    assert counted.answer(number, by="bram", actor="anna", at=NOON + HOUR)
    found = counted.ticket(number)
    assert found is not None
    assert (found.answered_at, found.answered_by) == (NOON + HOUR, "bram")
    assert not details(counted, number, "answered")["late"]


def test_no_answer_is_earlier_than_its_mail(counted: Store) -> None:
    """The mail server's clock may be ahead."""
    number = opened(counted)
    counted.answer(number, by="anna", actor="anna", at=NOON - HOUR)
    found = counted.ticket(number)
    assert found is not None
    assert found.answered_at == NOON


def test_an_unknown_ticket_is_said(counted: Store) -> None:
    for verb in (counted.wait, counted.resume, counted.take_back_answer):
        with pytest.raises(NoSuchTicket):
            verb(7, actor="anna")


def test_a_correction_recounts_with_the_pauses_so_far_and_undo_too(counted: Store) -> None:
    known = {"plan": "team", "maintenance_until": "2027-01-01"}
    given = facts(NOON, **known)
    policy = POLICIES["perfana"]
    labels = {"severity": "SEV1", "scope": "included", "issue_type": "bug", "topic": "malfunction"}
    said = verdict(severity="SEV1", topic="malfunction")
    made = recording(mail(), policy="perfana", conversation="c1", said=said)
    [done] = counted.record([_with_facts(made, given, policy.terms(labels, (), _proven(given), NOON))])
    number = done.ticket or 0
    assert due_at(counted, number) == DUE
    counted.wait(number, actor="anna", at=NOON)
    counted.resume(number, actor="anna", at=NOON + HOUR)
    desk.correct(counted, policy, number, {"severity": "SEV2"}, agent="anna")
    # Six hours from 13:00 and one of pause: until 11:00 of the next day.
    assert due_at(counted, number) == datetime(2026, 3, 3, 10, tzinfo=UTC)
    counted.wait(number, actor="anna", at=NOON + 2 * HOUR)
    counted.resume(number, actor="anna", at=NOON + 3 * HOUR)
    counted.undo(number, agent="anna")
    assert due_at(counted, number) == DUE + 2 * HOUR
    assert counted.recount() == []


def _proven(given: Any) -> Any:
    return replace(given, sender_proven=True)


def _with_facts(made: Any, given: Any, promised: Terms) -> Any:
    placement = replace(made.placement, facts=_proven(given))
    return replace(made, placement=placement, terms=promised)


def test_racing_agents_pause_and_answer_once(url: str) -> None:
    stores = [Store.open(url).counting_by(POLICIES) for _ in range(4)]
    number = opened(stores[0])
    run_together(*(lambda s=s: s.wait(number, actor="anna", at=NOON) for s in stores))
    run_together(*(lambda s=s: s.resume(number, actor="anna", at=NOON + HOUR) for s in stores))
    run_together(*(lambda s=s: s.answer(number, by="anna", actor="anna", at=NOON + 2 * HOUR) for s in stores))
    assert sorted(kinds(stores[0], number)) == ["answered", "clock_paused", "clock_resumed", "ticket_opened"]
    assert len(stores[0].pauses(number)) == 1
    assert stores[0].recount() == []
    for each in stores:
        each.close()


def test_what_is_due_comes_first_and_paused_tickets_apart(counted: Store) -> None:
    numbers = [opened(counted, f"c{n}", promised=promised(NOON + n * HOUR)) for n in (3, 1, 2, 4)]
    opened(counted, "c5", promised=terms(None))
    counted.answer(numbers[3], by="anna", actor="anna", at=NOON)
    counted.wait(numbers[2], actor="anna", at=NOON)
    assert [each.number for each in counted.due()] == [numbers[1], numbers[0]]
    assert [each.number for each in counted.due("paused")] == [numbers[2]]
    assert counted.due(policy="penelope") == []
    [first] = counted.due(limit=1)
    assert (first.within, first.calendar, first.policy_version) == ("2 support hours", WEEKDAY, "1.0.0")


def test_the_list_of_what_is_due_uses_its_index(counted: Store) -> None:
    explain = "EXPLAIN QUERY PLAN"
    with counted._engine.connect() as connection:
        if counted._engine.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))  # of a table as small as this it would read all
            explain = "EXPLAIN"
        plan = connection.execute(
            text(
                f"{explain} SELECT number FROM ticket WHERE state != 'closed' AND answered_at IS NULL "
                "AND due_at IS NOT NULL AND paused_at IS NULL ORDER BY due_at"
            )
        ).all()
    assert "ix_ticket_due" in str(plan)


def test_recounting_finds_and_mends_what_does_not_follow_from_history(counted: Store) -> None:
    number, other = opened(counted), opened(counted, "c2")
    counted.wait(number, actor="anna", at=NOON)
    counted.resume(number, actor="anna", at=NOON + HOUR)
    counted.answer(other, by="anna", actor="anna", at=NOON + HOUR)
    assert counted.recount() == []
    with writing(counted._engine) as connection:
        connection.execute(update(ticket).where(ticket.c.number == number).values(due_at=NOON, paused_at=NOON))
        connection.execute(update(ticket).where(ticket.c.number == other).values(answered_at=None))
    found = {(each.ticket, each.column) for each in counted.recount()}
    assert found == {(number, "due_at"), (number, "paused_at"), (other, "answered_at")}
    assert due_at(counted, number) == DUE + HOUR
    assert counted.recount() == []
    assert kinds(counted, number)[-1] == "clock_recounted"


def test_a_crash_before_the_last_row_of_a_verb_leaves_none_of_them(
    counted: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = opened(counted)

    class Crash(Exception):
        pass

    def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(clock, "add", crash)
    for verb in (counted.wait, partial(counted.answer, by="anna")):
        with pytest.raises(Crash):
            verb(number, actor="anna", at=NOON)
    found = counted.ticket(number)
    assert found is not None
    assert (found.paused_at, found.answered_at, counted.pauses(number)) == (None, None, [])
    assert counted.recount() == []


def test_without_its_calendar_a_pause_counts_as_the_wall_does(store: Store) -> None:
    number = opened(store)
    store.wait(number, actor="anna", at=NOON + HOUR)
    store.resume(number, actor="anna", at=NOON + timedelta(hours=20))
    assert due_at(store, number) == DUE + timedelta(hours=19)


@pytest.mark.parametrize(
    ("state", "due", "paused", "answered", "says"),
    [
        ("review", DUE, None, None, "running"),
        ("decided", NOON, None, None, "breached"),
        ("review", DUE, NOON, None, "paused"),
        ("review", NOON - HOUR, NOON, None, "breached"),
        ("review", None, NOON, None, "paused"),
        ("review", None, None, None, "no_target"),
        ("review", DUE, NOON, NOON, "answered"),
        ("closed", DUE, None, NOON, "answered"),
        ("closed", DUE, None, None, "closed"),
    ],
)
def test_the_state_of_a_clock(
    state: str, due: datetime | None, paused: datetime | None, answered: datetime | None, says: str
) -> None:
    assert state_of(state, due, paused, answered, NOON) == says


def test_an_answer_while_the_clock_stands_still_is_not_late() -> None:
    assert is_late(NOON, None, NOON + HOUR)
    assert not is_late(NOON, NOON - HOUR, NOON + HOUR)
    assert is_late(NOON, NOON + HOUR, NOON + 2 * HOUR)
    assert not is_late(None, None, NOON)
