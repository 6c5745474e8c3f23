"""An agent's word: recorded, standing beside the verdict, and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.terms import Terms
from tests.tickets.making import NOON, mail, recording, terms, verdict
from tickets.rows import Ticket
from tickets.store import NoSuchTicket, Store, StoreError, TicketChanged


def opened(store: Store, **more: object) -> int:
    """A ticket in review; its number."""
    said = verdict(unsure={"severity": 0.5})
    [done] = store.record([recording(said=said, conversation="c1", **more)])  # type: ignore[arg-type]
    return done.ticket or 0


def read(store: Store, number: int) -> Ticket:
    found = store.ticket(number)
    assert found is not None
    return found


def test_a_correction_says_who_when_from_what_to_what_and_why(store: Store) -> None:
    number = opened(store)
    [made] = store.correct(number, {"severity": "SEV1"}, agent="anna", why="nobody can log in")
    assert (made.ticket, made.label, made.from_value, made.from_source) == (number, "severity", "SEV3", "model")
    assert (made.to_value, made.agent, made.why) == ("SEV1", "anna", "nobody can log in")
    assert made.at.tzinfo is not None
    assert store.corrections(number) == [made]
    ticket = read(store, number)
    assert (ticket.severity, ticket.corrected) == ("SEV1", {"severity": "SEV1"})
    assert ticket.verdict.labels["severity"].value == "SEV3", "the verdict stays what it was"
    [event, *_] = store.events(number)
    assert (event.kind, event.actor) == ("corrected", "anna")
    assert event.details["changes"] == {"severity": {"from": "SEV3", "to": "SEV1"}}


def test_a_corrected_ticket_is_decided_and_its_reasons_are_gone(store: Store) -> None:
    number = opened(store)
    assert read(store, number).state == "review"
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    assert (read(store, number).state, read(store, number).review_reasons) == ("decided", ())


def test_a_confirmation_is_a_correction_to_the_same_value(store: Store) -> None:
    number = opened(store)
    [made] = store.correct(number, {"scope": "included"}, agent="anna")
    assert made.from_value == made.to_value == "included"
    assert read(store, number).corrected == {"scope": "included"}


def test_a_second_correction_comes_from_an_agent(store: Store) -> None:
    number = opened(store)
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    [second] = store.correct(number, {"severity": "SEV2"}, agent="ben")
    assert (second.from_value, second.from_source) == ("SEV1", "agent")


def test_new_terms_and_clauses_are_written_with_the_correction(store: Store) -> None:
    number = opened(store)
    promised = Terms({"penelope/out.1": "Not covered."}, "not covered", "EUR 100", terms(NOON).response_target)
    store.correct(number, {"scope": "outside"}, agent="anna", terms=promised, clauses=["penelope/out.1"])
    ticket = read(store, number)
    assert (ticket.terms, ticket.clauses, ticket.due_at) == (promised, ("penelope/out.1",), NOON)


def test_a_label_that_follows_is_not_the_agents_word(store: Store) -> None:
    number = opened(store)
    made = store.correct(number, {"topic": "other"}, agent="anna", derived={"scope": "outside"})
    assert [c.label for c in made] == ["topic"]
    ticket = read(store, number)
    assert (ticket.scope, ticket.corrected) == ("outside", {"topic": "other"})
    [later] = store.correct(number, {"scope": "included"}, agent="anna")
    assert (later.from_value, later.from_source) == ("outside", "rule")


def test_undo_takes_back_the_last_batch_with_all_that_followed(store: Store) -> None:
    number = opened(store)
    before = read(store, number)
    made = store.correct(
        number, {"topic": "other", "severity": "SEV1"}, agent="anna", derived={"scope": "outside"}, terms=terms(None)
    )
    assert store.undo(number, agent="ben") == made
    assert read(store, number) == before
    assert store.corrections(number) == []
    assert [e.kind for e in store.events(number)] == ["correction_undone", "corrected", "ticket_opened"]


def test_undo_goes_back_step_by_step(store: Store) -> None:
    number = opened(store)
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    store.correct(number, {"severity": "SEV2", "topic": "other"}, agent="anna")
    store.undo(number, agent="anna")
    assert (read(store, number).severity, read(store, number).corrected) == ("SEV1", {"severity": "SEV1"})
    store.undo(number, agent="anna")
    assert (read(store, number).severity, read(store, number).corrected) == ("SEV3", {})
    assert store.undo(number, agent="anna") == []


def test_undo_keeps_a_reply_that_came_meanwhile_in_review(store: Store) -> None:
    number = opened(store)
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    store.record([recording(conversation="c1", ticket=number)])
    store.undo(number, agent="anna")
    ticket = read(store, number)
    assert ticket.state == "review"
    assert "customer replied" in ticket.review_reasons
    assert "severity unsure (0.50)" in ticket.review_reasons


def test_undo_of_a_decided_ticket_does_not_take_a_reply_out_of_review(store: Store) -> None:
    [done] = store.record([recording(conversation="c1")])
    number = done.ticket or 0
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    store.record([recording(conversation="c1", ticket=number)])
    store.undo(number, agent="anna")
    assert (read(store, number).state, read(store, number).review_reasons) == ("review", ("customer replied",))


def test_undo_leaves_a_ticket_closed_that_was_closed_meanwhile(store: Store) -> None:
    number = opened(store)
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    store.set_state(number, "closed", actor="anna")
    store.undo(number, agent="anna")
    assert (read(store, number).severity, read(store, number).state) == ("SEV3", "closed")


def test_a_correction_worked_out_from_old_labels_is_refused(store: Store) -> None:
    number = opened(store)
    seen = read(store, number)
    store.correct(number, {"severity": "SEV1"}, agent="anna")
    with pytest.raises(TicketChanged):
        store.correct(number, {"scope": "outside"}, agent="ben", expected=seen)
    assert read(store, number).scope == "included"
    store.correct(number, {"scope": "outside"}, agent="ben", expected=read(store, number))
    assert read(store, number).scope == "outside"


def test_a_correction_worked_out_before_a_confirmation_is_refused(store: Store) -> None:
    number = opened(store)
    seen = read(store, number)
    store.correct(number, {"scope": "included"}, agent="anna")
    with pytest.raises(TicketChanged):
        store.correct(number, {"topic": "other"}, agent="ben", derived={"scope": "outside"}, expected=seen)
    assert read(store, number).scope == "included"


def test_unknown_tickets_labels_and_states_are_refused(store: Store) -> None:
    number = opened(store)
    for missing in (0, -1, 999, 10**30):
        with pytest.raises(NoSuchTicket):
            store.correct(missing, {"severity": "SEV1"}, agent="anna")
        with pytest.raises(NoSuchTicket):
            store.undo(missing, agent="anna")
        with pytest.raises(NoSuchTicket):
            store.set_state(missing, "closed", actor="anna")
        assert (
            store.ticket(missing) is store.message(missing) is store.raw(missing) is store.user_by_id(missing) is None
        )
        assert store.messages_of(missing) == store.corrections(missing) == store.events(missing) == []
    with pytest.raises(StoreError, match="no label 'colour'"):
        store.correct(number, {"colour": "red"}, agent="anna")
    with pytest.raises(StoreError, match="never 'gone'"):
        store.set_state(number, "gone", actor="anna")
    with pytest.raises(StoreError, match="never 'gone'"):
        store.correct(number, {"severity": "SEV1"}, agent="anna", state="gone")


def test_no_change_writes_nothing(store: Store) -> None:
    number = opened(store)
    assert store.correct(number, {}, agent="anna") == []
    assert len(store.events(number)) == 1


def test_a_state_change_is_an_event_and_the_same_state_is_none(store: Store) -> None:
    number = opened(store)
    store.set_state(number, "closed", actor="anna")
    store.set_state(number, "closed", actor="anna")
    assert [e.kind for e in store.events(number)] == ["state_changed", "ticket_opened"]
    assert read(store, number).review_reasons == ()


def test_corrections_since_an_id_are_the_newer_ones_that_stand(store: Store) -> None:
    number = opened(store)
    [first] = store.correct(number, {"severity": "SEV1"}, agent="anna")
    [second] = store.correct(number, {"scope": "outside"}, agent="anna")
    [_] = store.correct(number, {"topic": "other"}, agent="anna")
    store.undo(number, agent="anna")
    assert store.corrections() == [first, second]
    assert store.corrections(since_id=first.id) == [second]


def test_only_tickets_with_an_agents_word_are_learnt_from_with_their_opening_mail(store: Store) -> None:
    spoken = opened(store)
    store.record(
        [recording(mail("And another thing"), conversation="c1", ticket=spoken, received_at=NOON - timedelta(9))]
    )
    store.record([recording()])
    [undone] = [d.ticket or 0 for d in store.record([recording()])]
    [other] = [d.ticket or 0 for d in store.record([recording(policy="perfana")])]
    for number in (spoken, undone, other):
        store.correct(number, {"severity": "SEV1"}, agent="anna")
    store.correct(spoken, {"scope": "included"}, agent="anna")
    store.undo(undone, agent="anna")
    [labelled] = store.agent_labelled("penelope")
    ticket, opening = labelled.ticket, labelled.opening
    assert ticket.number == spoken
    assert ticket.corrected == {"severity": "SEV1", "scope": "included"}
    assert opening == store.messages_of(spoken)[0]
    assert opening.new_text == "It does not start."


def test_learning_reads_through_more_tickets_than_one_question_gives(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.standing.CHUNK", 2)
    done = store.record([recording() for _ in range(5)])
    for d in done:
        store.correct(d.ticket or 0, {"severity": "SEV1"}, agent="anna")
    assert [each.ticket.number for each in store.agent_labelled("penelope")] == [d.ticket for d in done]


def test_events_of_ones_own_are_kept_in_order(store: Store) -> None:
    number = opened(store)
    store.add_event("trained", actor="mailtriage", details={"kind": "x", "actor": "y", "weird": "a\x00b\udcff"})
    store.add_event("seen", actor="anna", ticket=number)
    [seen, trained, *_] = store.events()
    assert (trained.kind, dict(trained.details)) == ("trained", {"kind": "x", "actor": "y", "weird": "a\ufffdb\ufffd"})
    assert store.events(number, limit=1) == [seen]
    assert seen.at >= trained.at


def test_an_event_of_a_ticket_that_does_not_exist_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        store.add_event("seen", actor="anna", ticket=99)
    assert store.events() == []
