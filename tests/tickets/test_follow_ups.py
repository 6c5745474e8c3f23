"""A mail that comes after its ticket was closed opens the next one, which says of which it is the next."""

from __future__ import annotations

import threading

import pytest

from intake.screening import Screening
from tests.tickets.making import delivered, mail, recording, verdict
from tickets.rows import Ticket
from tickets.store import FollowedUp, Recorded, Store


def read(store: Store, number: int | None) -> Ticket:
    ticket = store.ticket(number or 0)
    assert ticket is not None
    return ticket


@pytest.fixture
def closed(store: Store) -> int:
    """A ticket of the conversation c1 that was closed."""
    [opened] = store.record([recording(conversation="c1")])
    assert opened.ticket is not None
    store.set_state(opened.ticket, "closed", actor="anna")
    return opened.ticket


def follow_up(store: Store, **kept: object) -> Recorded:
    return store.record([recording(conversation="c1", **kept)])[0]  # type: ignore[arg-type]


def test_a_reply_to_a_closed_ticket_opens_a_new_one_linked_to_it(store: Store, closed: int) -> None:
    new = follow_up(store, said=verdict(topic="server_down"))
    assert (new.disposition, new.ticket) == ("ticket", closed + 1)
    assert (read(store, closed).state, read(store, closed).previous) == ("closed", None)
    assert (read(store, new.ticket).previous, read(store, new.ticket).topic) == (closed, "server_down")
    assert read(store, new.ticket).conversation == read(store, closed).conversation
    assert [len(store.messages_of(number)) for number in (closed, closed + 1)] == [1, 1]
    assert (store.follow_ups(closed), store.follow_ups(closed + 1)) == ([new.ticket], [])


def test_a_ticket_closed_after_the_mail_was_placed_is_followed_up(store: Store, closed: int) -> None:
    assert follow_up(store, ticket=closed).ticket == closed + 1


def test_both_tickets_say_so_in_their_events(store: Store, closed: int) -> None:
    new = follow_up(store)
    assert store.events(closed)[0].kind == "followed_up"
    assert store.events(closed)[0].details == {"by": new.ticket}
    assert [event.kind for event in store.events(new.ticket)] == ["ticket_opened"]


def test_the_next_reply_joins_the_follow_up(store: Store, closed: int) -> None:
    new = follow_up(store)
    assert [follow_up(store).ticket, follow_up(store, ticket=closed).ticket] == [new.ticket, new.ticket]


def test_two_replies_of_one_batch_make_one_follow_up(store: Store, closed: int) -> None:
    first, second = store.record([recording(conversation="c1"), recording(conversation="c1")])
    assert [first.disposition, second.disposition] == ["ticket", "reply"]
    assert first.ticket == second.ticket == closed + 1


def test_a_follow_up_goes_on_with_the_newest_closed_ticket(store: Store, closed: int) -> None:
    second = follow_up(store).ticket or 0
    store.set_state(second, "closed", actor="anna")
    third = follow_up(store)
    assert read(store, third.ticket).previous == second
    assert (store.follow_ups(closed), store.follow_ups(second)) == ([second], [third.ticket])


def test_a_mail_set_aside_stays_with_the_closed_ticket(store: Store, closed: int) -> None:
    aside = follow_up(store, screening=Screening("auto_reply", "Auto-Submitted: auto-replied (RFC 3834)"))
    assert (aside.disposition, aside.ticket) == ("set_aside", closed)
    assert read(store, closed).state == "closed"


def test_a_conversation_of_its_own_has_nothing_before_it(store: Store, closed: int) -> None:
    [other] = store.record([recording()])
    assert read(store, other.ticket).previous is None


def test_an_agent_may_open_a_closed_ticket_again(store: Store, closed: int) -> None:
    store.set_state(closed, "review", actor="anna")
    assert follow_up(store).ticket == closed


def test_a_closed_ticket_stays_closed_while_its_follow_up_is_open(store: Store, closed: int) -> None:
    new = follow_up(store).ticket or 0
    with pytest.raises(FollowedUp, match=f"stays closed while ticket {new} of"):
        store.set_state(closed, "review", actor="anna")
    assert read(store, closed).state == "closed"
    store.set_state(new, "closed", actor="anna")
    store.set_state(closed, "review", actor="anna")
    with pytest.raises(FollowedUp):
        store.set_state(new, "decided", actor="anna")


def test_a_label_of_a_closed_ticket_can_be_corrected_while_its_follow_up_is_open(store: Store, closed: int) -> None:
    follow_up(store)
    store.correct(closed, {"severity": "SEV1"}, agent="anna")
    assert (read(store, closed).severity, read(store, closed).state) == ("SEV1", "closed")
    store.undo(closed, agent="anna")
    assert (read(store, closed).severity, read(store, closed).state) == ("SEV3", "closed")


def test_replies_recorded_at_once_make_one_follow_up(url: str) -> None:
    store = Store.open(url)
    [opened] = store.record([recording(conversation="c1")])
    store.set_state(opened.ticket or 0, "closed", actor="anna")
    start, failures = threading.Barrier(5), []

    def reply(uid: int) -> None:
        try:
            start.wait()
            store.record([recording(mail(), conversation="c1", delivery=delivered(uid))])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=reply, args=(uid,)) for uid in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (store.counts()["ticket"], store.counts()["reply"]) == (2, 4)
    [number] = store.follow_ups(opened.ticket or 0)
    assert len(store.messages_of(number)) == 5
    store.close()


def test_a_ticket_closed_while_its_replies_come_is_closed_or_followed_up(url: str) -> None:
    """Whoever is first, no closed ticket gets a reply that nobody sees."""
    store = Store.open(url)
    start = threading.Barrier(2)
    opened = [done.ticket or 0 for done in store.record([recording(conversation=f"c{n}") for n in range(12)])]

    def close() -> None:
        start.wait()
        for number in opened:
            store.set_state(number, "closed", actor="anna")

    closing = threading.Thread(target=close)
    closing.start()
    start.wait()
    replies = [store.record([recording(conversation=f"c{n}", ticket=opened[n])])[0] for n in range(12)]
    closing.join()
    for number, reply in zip(opened, replies, strict=True):
        events = [event.kind for event in reversed(store.events(number))]
        if reply.ticket == number:
            assert events == ["ticket_opened", "reply_joined", "state_changed"]
        else:
            assert events == ["ticket_opened", "state_changed", "followed_up"]
            assert read(store, reply.ticket).previous == number
    store.close()
