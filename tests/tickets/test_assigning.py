"""A ticket that an agent gives to a customer is decided again with what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from classifier.verdict import Reading
from policies.policy import Policy
from tests.tickets.making import LABELS, NOON, mail, recording, verdict
from tickets import desk
from tickets.connections import bare_writing
from tickets.customer.assigning import AssignmentError, assign
from tickets.customer.customer_values import fit_name
from tickets.rows import CustomerRecord, Ticket
from tickets.schema import ticket
from tickets.store import Store, StoreError

READING = Reading({}, {}, 0.5, 1.0, dict.fromkeys(LABELS, True), {})


def opened(
    store: Store, penelope: Policy, *, topic: str = "technical_issue", text: str = "Hello.", uid: int = 1
) -> int:
    """A ticket of a mail as the desk places it, read as of that topic and otherwise harmless."""
    message = mail(text)
    [placement] = desk.place(store, penelope, [message], [NOON])
    said = replace(verdict(topic=topic, scope="included"), reading=READING)
    base = recording(message, uid=uid, said=said, customer=placement.customer)
    [done] = store.record([replace(base, placement=placement)])
    assert done.ticket is not None
    return done.ticket


def record_of(store: Store, name: str) -> CustomerRecord:
    [found] = store.customers_named(name)
    return found


def ticket_of(store: Store, number: int) -> Ticket:
    found = store.ticket(number)
    assert found is not None
    return found


def test_an_unknown_sender_is_told_and_the_ticket_waits_for_no_choice(store: Store, penelope: Policy) -> None:
    ticket = ticket_of(store, opened(store, penelope))
    assert (ticket.facts.sender, ticket.customer_name, ticket.facts.candidates) == ("unknown", None, ())
    assert "trusted_authserv" in ticket.facts.proof
    assert ticket.state == "decided"


def test_a_sender_of_two_customers_waits_for_a_persons_choice(store: Store, penelope: Policy) -> None:
    for name in ("Beta", "Alpha"):
        store.upsert_customer("penelope", name, ["river.example"], {"hosting": "saas"}, "anna")
    ticket = ticket_of(store, opened(store, penelope))
    assert (ticket.state, ticket.customer_id) == ("review", None)
    assert ticket.review_reasons == ("may be Alpha or Beta: choose the customer",)
    assert dict(ticket.facts.customer) == {}, "nothing of either is taken"


def test_a_mail_of_a_contact_who_left_has_no_customer(store: Store, penelope: Policy) -> None:
    river = store.upsert_customer("penelope", "River", ["river.example"], {"hosting": "saas"}, "anna")
    store.upsert_contact(river.id, "anna@river.example", "Anna", {}, "anna", date(2026, 3, 2))
    ticket = ticket_of(store, opened(store, penelope))
    assert (ticket.customer_id, ticket.facts.sender, dict(ticket.facts.customer)) == (None, "left", {})
    assert ticket.facts.history is None
    assert ticket.review_reasons == ("the sender has left River: choose the customer",)


def test_assigning_decides_again_by_the_customers_facts(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    store.upsert_customer("penelope", "River", [], {"hosting": "self_hosted"}, "anna")
    before = ticket_of(store, number)
    done = assign(store, penelope, number, record_of(store, "River"), agent="ben")
    assert (done.customer_name, done.facts.sender) == ("River", "assigned")
    assert (before.scope, done.scope) == ("included", "outside")
    assert "penelope/outside.1" in done.clauses
    assert set(done.terms.clauses) >= {"penelope/outside.1"}
    assert done.verdict.labels["scope"].source == "rule"
    assert done.verdict.labels["scope"].model_value == "included", "what the model thought stays beside it"
    assert done.facts.read_with == before.facts


def test_assigning_is_one_event_with_before_and_after(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    store.upsert_customer("penelope", "River", [], {"hosting": "self_hosted"}, "anna")
    earlier = len(store.events(number))
    assign(store, penelope, number, record_of(store, "River"), agent="ben")
    event, *rest = store.events(number)
    assert len(rest) == earlier
    assert (event.kind, event.actor) == ("customer_assigned", "ben")
    assert event.details["customer"] == {"from": None, "to": "River"}
    assert event.details["changes"] == {"scope": {"from": "included", "to": "outside"}}
    assert event.details["facts"]["to"]["customer"] == {"hosting": "self_hosted"}


def test_the_customers_history_counts(store: Store, penelope: Policy) -> None:
    """A second password reset is no longer included."""
    river = store.upsert_customer("penelope", "River", [], {"hosting": "saas"}, "anna")
    said = verdict(topic="admin_password_reset")
    store.record([recording(uid=7, customer=river, received_at=NOON.replace(day=1), said=said)])
    number = opened(store, penelope, topic="admin_password_reset", text="Please reset the sysadmin password.")
    done = assign(store, penelope, number, record_of(store, "River"), agent="ben")
    assert done.facts.history is not None and [past.topic for past in done.facts.history] == ["admin_password_reset"]
    assert "penelope/outside.3" in done.clauses
    assert done.scope == "professional_services"


def test_an_agents_word_stands(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    desk.correct(store, penelope, number, {"scope": "included", "severity": "SEV2"}, agent="anna")
    store.upsert_customer("penelope", "River", [], {"hosting": "self_hosted"}, "anna")
    done = assign(store, penelope, number, record_of(store, "River"), agent="ben")
    assert (done.scope, done.severity) == ("included", "SEV2")
    assert dict(done.corrected) == {"scope": "included", "severity": "SEV2"}
    assert "penelope/outside.1" not in done.clauses, "it would decide against the agent"


def test_what_was_corrected_before_is_not_taken_back_to_another_customers_terms(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    desk.correct(store, penelope, number, {"severity": "SEV2"}, agent="anna")
    store.upsert_customer("penelope", "River", [], {}, "anna")
    assign(store, penelope, number, record_of(store, "River"), agent="ben")
    with pytest.raises(StoreError, match="given to a customer since"):
        store.undo(number, agent="anna")
    desk.correct(store, penelope, number, {"severity": "SEV1"}, agent="anna")
    store.undo(number, agent="anna")
    assert ticket_of(store, number).severity == "SEV2"


def test_assigning_proves_no_sender_and_vouching_does(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    store.upsert_customer("penelope", "River", [], {}, "anna")
    assigned = assign(store, penelope, number, record_of(store, "River"), agent="ben")
    assert assigned.facts.sender_proven is None
    vouched = assign(store, penelope, number, record_of(store, "River"), agent="ben", vouched_by="ben")
    assert (vouched.facts.sender_proven, vouched.facts.proof) == (True, "Vouched for by ben.")
    assert vouched.facts.read_with is not None and vouched.facts.read_with.sender == "unknown"


def test_a_vouch_is_not_passed_on_and_can_be_taken_back(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    before = ticket_of(store, number).facts
    for name in ("River", "Lake"):
        store.upsert_customer("penelope", name, [], {}, "anna")
    for other in ("Lake", "River"):
        vouched = assign(store, penelope, number, record_of(store, "River"), agent="ben", vouched_by="ben")
        assert vouched.facts.sender_proven is True
        assigned = assign(store, penelope, number, record_of(store, other), agent="ben")
        assert (assigned.facts.sender_proven, assigned.facts.proof) == (before.sender_proven, before.proof)


def test_a_ticket_with_facts_of_an_earlier_release_can_be_assigned_and_vouched_for(
    store: Store, penelope: Policy
) -> None:
    number = opened(store, penelope)
    store.upsert_customer("penelope", "River", [], {}, "anna")
    with bare_writing(store._engine) as connection:
        facts = dict(connection.execute(select(ticket.c.facts)).scalar_one())
        for key in ("proof", "sender", "candidates", "read_with"):
            del facts[key]
        connection.execute(update(ticket).values(facts=facts))
    done = assign(store, penelope, number, record_of(store, "River"), agent="ben", vouched_by="ben")
    assert (done.customer_name, done.facts.sender_proven) == ("River", True)


def test_a_senders_name_that_no_contact_may_bear_is_made_fit() -> None:
    assert fit_name("Anna\r\n\u2028 B\x1bc" + "x" * 300) == "Anna B c" + "x" * 247


def test_the_choice_that_was_asked_for_is_no_reason_any_more(store: Store, penelope: Policy) -> None:
    for name in ("Beta", "Alpha"):
        store.upsert_customer("penelope", name, ["river.example"], {}, "anna")
    number = opened(store, penelope)
    done = assign(store, penelope, number, record_of(store, "Beta"), agent="ben")
    assert (done.review_reasons, done.facts.candidates, done.customer_name) == ((), (), "Beta")


def test_the_sender_becomes_a_contact_where_that_is_asked(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    river = store.upsert_customer("penelope", "River", [], {}, "anna")
    assign(store, penelope, number, record_of(store, "River"), agent="ben")
    assert store.find_customer("penelope", "anna@river.example") == (None, None)
    assign(store, penelope, number, record_of(store, "River"), agent="ben", add_contact=True)
    found, contact = store.find_customer("penelope", "anna@river.example")
    assert contact is not None and (found, contact.name) == (river, "Anna")


def test_a_ticket_goes_to_customers_of_its_own_policy(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    store.upsert_customer("perfana", "River", [], {}, "anna")
    with pytest.raises(AssignmentError, match="under perfana"):
        assign(store, penelope, number, record_of(store, "River"), agent="ben")
    assert ticket_of(store, number).customer_id is None


def test_a_colleague_who_left_joins_only_what_they_took_part_in(store: Store, penelope: Policy) -> None:
    river = store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    first = mail(sender="carl@river.example")
    [placement] = desk.place(store, penelope, [first], [NOON])
    [done] = store.record([replace(recording(first, uid=1), placement=placement)])
    answer = mail(sender="bob@river.example", in_reply_to=[str(first.message_id)])
    assert desk.place(store, penelope, [answer], [NOON])[0].ticket == done.ticket
    store.upsert_contact(river.id, "bob@river.example", "Bob", {}, "anna", date(2026, 3, 1))
    assert desk.place(store, penelope, [answer], [NOON])[0].ticket is None
    own = mail(sender="carl@river.example", in_reply_to=[str(first.message_id)])
    store.upsert_contact(river.id, "carl@river.example", "Carl", {}, "anna", date(2026, 3, 1))
    assert desk.place(store, penelope, [own], [NOON])[0].ticket == done.ticket
