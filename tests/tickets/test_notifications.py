"""The outbox: written with the event, taken by one at a time, never lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.tickets.making import recording, verdict
from tickets.events import add, happening
from tickets.notifying.notifications import NoSuchNotification, Notification
from tickets.notifying.subscriptions import NOBODY, Subscription, Subscriptions, Wish
from tickets.schema import event
from tickets.store import Store

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LEASE = timedelta(minutes=5)
LEAD = "lead@vendor.example"
OPENED = Subscription("mail", LEAD, (Wish("ticket_opened"),))
LATER = datetime(2100, 1, 1, tzinfo=UTC)
KNOWN = {("mail", LEAD)}


def telling(store: Store, *each: Subscription) -> Store:
    return store.telling(Subscriptions.of(each or (OPENED,)))


def told(store: Store) -> list[tuple[str, str, str]]:
    return sorted((n.event.kind, n.channel, n.target) for n in store.notifications())


def claimed(store: Store, now: datetime = LATER) -> Notification:
    found = store.claim_notification("mail", [LEAD], now, LEASE)
    assert found is not None
    return found


def test_an_event_is_told_to_each_target_that_wants_it_once(store: Store) -> None:
    here = telling(
        store, OPENED, OPENED, Subscription("webhook", "ops", (Wish("ticket_opened"), Wish("state_changed")))
    )
    [recorded] = here.record([recording()])
    assert told(store) == [("ticket_opened", "mail", LEAD), ("ticket_opened", "webhook", "ops")]
    here.set_state(recorded.ticket or 0, "closed", actor="ann")
    assert ("state_changed", "webhook", "ops") in told(store)


def test_severity_and_policy_narrow_what_is_told(store: Store) -> None:
    severe = Subscription("mail", LEAD, (Wish("ticket_opened", frozenset({"SEV1"})),))
    elsewhere = Subscription("webhook", "perfana", (Wish("ticket_opened"),), frozenset({"perfana"}))
    here = telling(store, severe, elsewhere)
    here.record([recording()])
    assert told(store) == []
    here.record([recording(said=verdict(severity="SEV1"))])
    assert told(store) == [("ticket_opened", "mail", LEAD)]


def test_an_event_without_ticket_is_told_by_the_policy_it_names(store: Store) -> None:
    here = telling(
        store,
        Subscription("mail", LEAD, (Wish("policy_adopted"),), frozenset({"penelope"})),
        Subscription("webhook", "other", (Wish("policy_adopted"),), frozenset({"atollon"})),
    )
    here.add_event("policy_adopted", actor="ann", details={"policy": "penelope", "version": "2.0.0"})
    assert told(store) == [("policy_adopted", "mail", LEAD)]


def test_events_keep_their_order_where_some_are_told(store: Store) -> None:
    telling(store).record([recording(uid=uid) for uid in range(1, 6)])
    tickets = [e.ticket for e in store.events() if e.kind == "ticket_opened"]
    assert tickets == sorted((number or 0 for number in tickets), reverse=True)
    assert [n.event.ticket for n in store.notifications()] == tickets


def test_what_is_rolled_back_is_not_told(store: Store) -> None:
    here = telling(store)
    [recorded] = store.record([recording()])

    class Broken(Exception):
        pass

    with pytest.raises(Broken), here._engine.begin() as connection:
        add(connection, [happening("ticket_opened", actor="x", ticket=recorded.ticket)])
        raise Broken
    assert told(store) == []
    with store._engine.connect() as connection:
        assert len(connection.execute(select(event).where(event.c.kind == "ticket_opened")).all()) == 1


def test_a_store_that_records_the_past_tells_nobody(store: Store) -> None:
    telling(store).telling(NOBODY).record([recording()])
    assert told(store) == []


def test_what_was_taken_is_due_again_when_the_lease_ends(store: Store) -> None:
    telling(store).record([recording()])
    now = datetime.now(UTC)
    first = claimed(store, now)
    assert (first.tries, first.state, first.event.kind) == (1, "waiting", "ticket_opened")
    assert store.claim_notification("mail", [LEAD], now, LEASE) is None
    assert store.claim_notification("mail", ["somebody@else.example"], LATER, LEASE) is None
    assert store.claim_notification("webhook", [LEAD], LATER, LEASE) is None
    again = claimed(store, now + LEASE)
    assert (again.id, again.tries) == (first.id, 2)
    # The first taker, late, must not put off what the second one has in hand.
    assert store.notification_failed(first, "slow", next_try=LATER, now=now) is False
    assert store.notification(first.id) == again
    store.notification_sent(again, now)
    done = store.notification(first.id)
    assert done is not None and (done.state, done.done_at, done.next_try) == ("sent", now, None)


def test_a_failure_is_tried_again_then_and_giving_up_leaves_an_event(store: Store) -> None:
    telling(store).record([recording()])
    first = claimed(store, datetime.now(UTC))
    next_try = NOW + timedelta(days=3650)
    assert store.notification_failed(first, "x" * 9000, next_try=next_try, now=NOW)
    waiting = store.notification(first.id)
    assert waiting is not None and waiting.state == "failing" and len(waiting.error) == 500
    assert store.claim_notification("mail", [LEAD], next_try - timedelta(seconds=1), LEASE) is None
    second = claimed(store, next_try)
    assert store.notification_failed(second, "no such user", next_try=None, now=NOW)
    [given_up] = store.notifications(failed=True)
    assert given_up.state == "given_up"
    happened = store.events(given_up.event.ticket)[0]
    assert (happened.kind, happened.at, happened.details["error"]) == ("notification_given_up", NOW, "no such user")
    assert store.claim_notification("mail", [LEAD], LATER, LEASE) is None


def test_a_retry_gives_all_tries_anew_and_refuses_what_was_sent(store: Store) -> None:
    here = telling(store)
    here.record([recording() for _ in range(2)])
    given_up, sent = claimed(store), claimed(store)
    store.notification_failed(given_up, "no", next_try=None, now=NOW)
    store.notification_sent(sent, NOW)
    assert store.retry_notifications(None, NOW, actor="ann") == [given_up.id]
    assert store.retry_notifications(None, NOW, actor="ann") == []
    assert claimed(store, NOW).tries == 1
    assert store.retry_notifications(given_up.id, NOW, actor="ann") == [given_up.id]
    assert store.events()[0].details == {"notifications": [given_up.id]}
    with pytest.raises(NoSuchNotification, match="was sent on"):
        store.retry_notifications(sent.id, NOW, actor="ann")
    with pytest.raises(NoSuchNotification, match="no notification 99"):
        store.retry_notifications(99, NOW, actor="ann")


def test_trouble_is_told_until_a_later_notification_gets_through(store: Store) -> None:
    here = telling(store)
    here.record([recording() for _ in range(3)])
    assert store.notification_troubles(KNOWN) == []
    first, second = claimed(store), claimed(store)
    store.notification_failed(first, "no such user", next_try=None, now=NOW)
    store.notification_failed(second, "greylisted", next_try=NOW, now=NOW)
    [trouble] = store.notification_troubles(KNOWN)
    assert (trouble.channel, trouble.target, trouble.given_up, trouble.failing) == ("mail", LEAD, 1, 0)
    assert trouble.error == "no such user"
    for _ in range(2):
        store.notification_failed(claimed(store, NOW), "greylisted", next_try=NOW, now=NOW)
    [trouble] = store.notification_troubles(KNOWN)
    assert (trouble.given_up, trouble.failing, trouble.error) == (1, 1, "greylisted")
    store.notification_sent(claimed(store, NOW), NOW)
    store.notification_sent(claimed(store), NOW)
    assert store.notification_troubles(KNOWN) == []
    assert store.notifications_waiting() == {}


def test_what_another_target_got_through_is_no_sign_for_this_one(store: Store) -> None:
    here = telling(store, OPENED, Subscription("webhook", "ops", (Wish("ticket_opened"),)))
    here.record([recording()])
    store.notification_failed(claimed(store), "no such user", next_try=None, now=NOW)
    hook = store.claim_notification("webhook", ["ops"], LATER, LEASE)
    assert hook is not None
    store.notification_sent(hook, NOW)
    [trouble] = store.notification_troubles({*KNOWN, ("webhook", "ops")})
    assert (trouble.channel, trouble.target, trouble.given_up) == ("mail", LEAD, 1)


def test_a_target_that_the_settings_no_longer_name_is_no_trouble(store: Store) -> None:
    telling(store).record([recording()])
    store.notification_failed(claimed(store), "no such user", next_try=None, now=NOW)
    assert store.notification_troubles({("webhook", "ops")}) == store.notification_troubles(set()) == []
    assert len(store.notification_troubles(KNOWN)) == 1


def test_of_several_processes_each_notification_is_taken_by_one(url: str) -> None:
    stores = [telling(Store.open(url)) for _ in range(3)]
    stores[0].record([recording() for _ in range(20)])
    taken: list[int] = []
    start = threading.Barrier(len(stores))

    def take(store: Store) -> None:
        start.wait()
        misses = 0
        while misses < 3:  # another may hold the row that was first: nothing for the moment, not for good
            found = store.claim_notification("mail", [LEAD], datetime.now(UTC), LEASE)
            misses = misses + 1 if found is None else 0
            if found is not None:
                taken.append(found.id)
                store.notification_sent(found, datetime.now(UTC))

    threads = [threading.Thread(target=take, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(n.id for n in stores[0].notifications())
    for store in stores:
        store.close()


def test_lists_are_newest_first_and_go_on_below_an_id(store: Store) -> None:
    telling(store).record([recording() for _ in range(5)])
    page = store.notifications(limit=2)
    rest = store.notifications(limit=10, before=page[-1].id)
    ids = [n.id for n in (*page, *rest)]
    assert len(ids) == 5 and ids == sorted(ids, reverse=True)
