"""What passes alone is drawn by chance, judged blind, and what is not credible any more is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.labels import LABELS
from tests.tickets.making import LABELS as SAID
from tests.tickets.making import mail, recording, verdict
from tickets.audit_report import report
from tickets.audits import Sampling
from tickets.holds import NoSuchHold
from tickets.notifying.subscriptions import Subscription, Subscriptions, Wish
from tickets.recording import Draw
from tickets.rows import How, Ticket
from tickets.store import Recording, Store, StoreError

PROMISED = dict.fromkeys(LABELS, 0.95)
ALWAYS = Draw(0.02, PROMISED)
BLIND = How(blind=True, seconds=12.0)


def drawn(**more: object) -> Recording:
    return replace(recording(**more), audit=ALWAYS)  # type: ignore[arg-type]


def opened(store: Store, **more: object) -> int:
    """A ticket whose mail is drawn; its number."""
    [done] = store.record([drawn(**more)])
    return done.ticket or 0


def read(store: Store, number: int) -> Ticket:
    found = store.ticket(number)
    assert found is not None
    return found


def judged(store: Store, right: int, wrong: int, **said: Any) -> list[int]:
    """Audits answered, the wrong ones last: their topic is said to be another one."""
    numbers = [done.ticket or 0 for done in store.record([drawn(said=verdict(**said)) for _ in range(right + wrong)])]
    for place, number in enumerate(numbers):
        answers = {**SAID, **said} | ({"topic": "other"} if place >= right else {})
        store.correct(number, answers, agent="anna", how=BLIND)
    return numbers


def test_the_same_mail_is_drawn_again_by_whoever_has_the_key() -> None:
    one, other = Sampling(0.3, key=b"k" * 32), Sampling(0.3, key=b"k" * 32)
    draws = [one.draw("penelope", f"mail {n}", PROMISED) for n in range(1000)]
    assert draws == [other.draw("penelope", f"mail {n}", PROMISED) for n in range(1000)]
    assert 250 < sum(draw is not None for draw in draws) < 350
    stranger = Sampling(0.3, key=b"x" * 32)
    assert draws != [stranger.draw("penelope", f"mail {n}", PROMISED) for n in range(1000)]


def test_a_policy_may_have_a_share_of_its_own() -> None:
    sampling = Sampling(0.0, {"perfana": 1.0})
    assert sampling.draw("penelope", "m", PROMISED) is None
    assert sampling.draw("perfana", "m", PROMISED) == Draw(1.0, PROMISED)


def test_what_passed_alone_is_drawn_with_its_ticket_and_goes_on_as_if_it_were_not(store: Store) -> None:
    number = opened(store)
    audit = store.audit_of(number)
    assert audit is not None
    assert (audit.open, audit.said, audit.share, audit.promised) == (True, SAID, 0.02, PROMISED)
    ticket = read(store, number)
    assert (ticket.state, ticket.due_at is not None, ticket.paused_at) == ("decided", True, None)
    assert "audit_drawn" in [event.kind for event in store.events(number)]
    assert [each.number for each in store.open_audits()] == [number]


def test_a_mail_recorded_again_is_drawn_once(store: Store) -> None:
    message = mail()
    first = store.record([drawn(message=message, uid=7)])
    again = store.record([drawn(message=message, uid=7)])
    assert (first[0].ticket, again[0].known) == (again[0].ticket, True)
    assert len(store.audits("penelope")) == 1


@pytest.mark.parametrize("asks", [{"unsure": {"topic": 0.4}}, {"ask": ("SEV1 is always looked at",)}])
def test_what_a_person_looks_at_anyway_is_not_drawn(store: Store, asks: dict[str, object]) -> None:
    number = opened(store, said=verdict(**asks))  # type: ignore[arg-type]
    assert store.audit_of(number) is None


def test_a_blind_word_on_all_four_labels_answers_the_audit_and_corrects_the_ticket(store: Store) -> None:
    number = opened(store)
    made = store.correct(number, {**SAID, "severity": "SEV1"}, agent="anna", how=BLIND)
    audit = store.audit_of(number)
    assert audit is not None and audit.answers is not None
    assert (audit.answered_by, audit.right("severity"), audit.right("topic"), audit.all_right) == (
        "anna", False, True, False,
    )  # fmt: skip
    assert read(store, number).severity == "SEV1"
    assert all(word.how.blind for word in made)
    [event] = [event for event in store.events(number) if event.kind == "audit_answered"]
    assert event.details["wrong"] == {"severity": {"said": "SEV3", "answer": "SEV1"}}
    assert store.audits_waiting() == 0


def test_a_word_on_some_labels_or_of_one_who_has_seen_them_leaves_the_audit_open(store: Store) -> None:
    number = opened(store)
    store.correct(number, {"severity": "SEV1"}, agent="anna", how=BLIND)
    store.correct(number, SAID, agent="anna", how=How(blind=False))
    audit = store.audit_of(number)
    assert audit is not None and audit.open


@pytest.mark.parametrize("state", ["closed", "review", "decided"])
def test_answering_leaves_the_ticket_in_its_state(store: Store, state: str) -> None:
    number = opened(store)
    store.set_state(number, state, actor="anna")
    store.correct(number, SAID, agent="ben", how=BLIND)
    assert read(store, number).state == state


def test_open_audits_stand_in_the_queue_after_what_is_urgent_without_their_labels(store: Store) -> None:
    urgent, mild = (
        store.record([recording(said=verdict(severity=level, unsure={"topic": 0.4}))])[0].ticket
        for level in ("SEV2", "SEV4")
    )
    number = opened(store)
    queue = store.review_queue()
    assert [item.number for item in queue] == [urgent, number, mild]
    assert [item.audit for item in queue] == [False, True, False]
    hidden = queue[1]
    assert (hidden.severity, hidden.scope, hidden.issue_type, hidden.topic, hidden.review_reasons) == (
        "",
        "",
        "",
        "",
        (),
    )
    for offset in range(4):
        assert [i.number for i in store.review_queue(offset=offset, limit=2)] == [urgent, number, mild][
            offset : offset + 2
        ]
    [found] = [item for item in store.search() if item.number == number]
    assert found.audit and found.topic == ""


def test_the_report_tells_accuracy_by_label_value_and_month(store: Store) -> None:
    judged(store, 6, 2)
    judged(store, 4, 0, severity="SEV4")
    opened(store)
    found = report(store, "penelope", datetime.now(UTC))
    topic = next(each for each in found.labels if each.label == "topic")
    severity = next(each for each in found.labels if each.label == "severity")
    assert (topic.accuracy.right, topic.accuracy.judged, topic.accuracy.drawn, topic.promised) == (10, 12, 13, 0.95)
    assert [(value, one.right, one.judged) for value, one in severity.values] == [("SEV3", 8, 8), ("SEV4", 4, 4)]
    assert (found.whole.right, found.whole.judged, found.waiting, len(found.months)) == (10, 12, 1, 1)
    assert found.months[0].month == f"{datetime.now(UTC):%Y-%m}"
    earlier = report(store, "penelope", datetime.now(UTC) + timedelta(days=200))
    assert (earlier.whole.drawn, earlier.months[0].whole.judged) == (0, 12)
    assert report(store, "perfana", datetime.now(UTC)).months == ()


def test_what_is_right_as_promised_is_not_held(store: Store) -> None:
    judged(store, 18, 1)
    assert store.holds() == []


def test_what_is_not_credible_any_more_is_held_and_told(store: Store) -> None:
    wish = Subscription("webhook", "chat", (Wish("autonomy_held"),))
    store = store.telling(Subscriptions.of([wish]))
    numbers = judged(store, 4, 12)
    held = store.holds("penelope")
    assert {(hold.label, hold.value) for hold in held} <= {("topic", None), ("topic", "technical_issue")}
    whole = next(hold for hold in held if hold.value is None)
    assert whole.evidence["promised"] == 0.95 > whole.evidence["credible_at_most"]
    assert set(whole.evidence["wrong"]) <= set(numbers)
    [event] = [e for e in store.events() if e.kind == "autonomy_held" and e.details["value"] is None]
    assert event.details["policy"] == "penelope"
    assert "autonomy_held" in {one.event.kind for one in store.notifications()}


def test_a_held_label_sends_tickets_to_a_person_at_once_and_leaves_the_verdict_as_it_was(store: Store) -> None:
    judged(store, 4, 12)
    other = Store(store._engine)
    [done] = other.record([recording()])
    ticket = read(store, done.ticket or 0)
    assert ticket.state == "review"
    assert any("topic is held" in reason for reason in ticket.review_reasons)
    assert ticket.verdict == verdict()
    [elsewhere] = store.record([recording(policy="perfana", said=verdict())])
    assert read(store, elsewhere.ticket or 0).policy == "perfana"


def test_a_hold_on_one_value_leaves_the_others_alone(store: Store) -> None:
    judged(store, 12, 0)
    judged(store, 3, 7, topic="odbc_account")
    assert {(hold.label, hold.value) for hold in store.holds()} == {("topic", "odbc_account")}
    states = [
        read(store, store.record([recording(said=verdict(topic=topic))])[0].ticket or 0).state
        for topic in ("odbc_account", "technical_issue")
    ]
    assert states == ["review", "decided"]


def test_a_person_lifts_a_hold_with_a_reason_and_the_count_begins_anew(store: Store) -> None:
    judged(store, 4, 12)
    for hold in store.holds():
        with pytest.raises(StoreError, match="why"):
            store.lift_hold(hold.id, actor="maria", why="  ")
        lifted = store.lift_hold(hold.id, actor="maria", why="the new product is learned")
        assert (lifted.stands, lifted.lifted_by, lifted.why) == (False, "maria", "the new product is learned")
        with pytest.raises(NoSuchHold):
            store.lift_hold(hold.id, actor="maria", why="again")
    assert store.holds() == []
    [done] = store.record([recording()])
    assert read(store, done.ticket or 0).state == "decided"
    judged(store, 0, 1)
    assert store.holds() == [], "what was looked at does not count again"
    assert len(store.holds(standing_only=False)) >= 1
    assert "autonomy_lifted" in [event.kind for event in store.events()]
